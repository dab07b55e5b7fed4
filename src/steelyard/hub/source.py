"""One file of a data set while it is read, and what every reader does with it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.errors import UnitError
from steelyard.hub.ledger import WHOLE_ROW, Ledger
from steelyard.hub.mapping import FileMap
from steelyard.hub.ranges import Range
from steelyard.hub.reading import RawTable, numbers
from steelyard.units import UNITS, convert

if TYPE_CHECKING:
    import polars as pl


@dataclass
class Source:
    """One file while it is read: text, mapping, the ledger and the table of plausible ranges."""

    raw: RawTable
    entry: FileMap
    ledger: Ledger
    ranges: dict[str, Range]
    columns: dict[str, str]

    def number(self, ours: str, target_unit: str) -> "pl.Series":
        """Return a column of numbers in the unit of this hub."""
        return number_in(self.raw, self.entry, ours, self.columns[ours], target_unit).alias(ours)


def number_in(raw: RawTable, entry: FileMap, ours: str, theirs: str, target: str) -> "pl.Series":
    """Return a column of numbers in the unit `target`; DataError names the units that measure the same."""
    values = numbers(raw, theirs, entry.format.decimal)
    stated = entry.units.get(ours, target)
    if stated == target:
        return values
    try:
        return convert(values, stated, target)
    except UnitError as error:
        fitting = ", ".join(symbol for symbol, unit in UNITS.items() if unit.si == UNITS[target].si)
        raise raw.refuse(
            None,
            theirs,
            f"{stated!r} is no unit of it; units are: {fitting}",
            f"correct {ours} under [{entry.section}.units] in the mapping file",
        ) from error


def note_unread(raw: RawTable, unread: list[str], ledger: Ledger) -> None:
    """Note the columns that nobody reads."""
    if unread:
        ledger.note(
            "unread_columns",
            f"{raw.name}: these columns are not read: {', '.join(unread)}",
            f"{raw.name}: 다음 열은 읽지 않습니다: {', '.join(unread)}",
            columns=unread,
        )


def frame_of(raw: RawTable, **columns: "pl.Series") -> "pl.DataFrame":
    """Return a frame with `at` (position in the file) and the given columns."""
    import polars as pl

    return pl.DataFrame({"at": list(range(len(raw.rows)))} | columns)


def drop_duplicates(source: Source, frame: "pl.DataFrame", values: tuple[str, ...]) -> "pl.DataFrame":
    """Drop rows whose every value equals an earlier row's."""
    again = ~frame.drop("at").to_struct().is_first_distinct()
    return source.ledger.drop_rows(source.raw, frame, again, WHOLE_ROW, "duplicate_row", values)


def keep_plausible(
    source: Source, frame: "pl.DataFrame", ours: str, name: str, rows: tuple[str, ...] = ()
) -> "pl.DataFrame":
    """Drop values of column `name` outside its declared range: whole rows when `rows` names the counted columns."""
    limits, column = source.ranges[name], source.columns[ours]
    low, high = frame[name] < limits.low, frame[name] > limits.high
    bad = frame.filter((low | high).fill_null(False))[name]
    source.ledger.refuse_many(
        source.raw,
        column,
        bad.len(),
        int(frame[name].is_not_null().sum()),
        f"plausible are {limits.span}, median is {median_of(frame[name]):g}",
        limits.unit,
    )
    for which, reason in (("low", limits.below), ("high", limits.above)):
        now = frame[name] < limits.low if which == "low" else frame[name] > limits.high
        if rows:
            frame = source.ledger.drop_rows(source.raw, frame, now, column, reason, rows)
        else:
            frame = source.ledger.drop_values(source.raw, frame, now, name, column, reason)
    return frame


def refuse_twice(raw: RawTable, frame: "pl.DataFrame", column: str) -> None:
    """DataError when a key stands twice with different values in a file of one row per heat."""
    again = frame.filter(~frame["key"].is_first_distinct())
    if again.height:
        raise raw.refuse(
            raw.rows[again["at"][0]],
            column,
            f"heat {raw.heat(again['key'][0])} stands a second time with other values",
            "one row per heat: remove or merge one of them",
        )


def median_of(values: "pl.Series") -> float:
    """Return the median of a column, nan when it holds nothing."""
    middle = values.median()
    return float(middle) if isinstance(middle, int | float) else float("nan")


def count(frame: "pl.DataFrame", values: tuple[str, ...]) -> int:
    """Return the number of non-empty cells in these columns."""
    return sum(int(frame[name].is_not_null().sum()) for name in values)
