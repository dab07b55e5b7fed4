"""Additions to the ladle: a wide file of amounts beside a wide file of times, one row a heat, one column a material."""

import re
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.ledger import WHOLE_ROW, Ledger
from steelyard.hub.mapping import FileMap, pick_columns
from steelyard.hub.ranges import Range
from steelyard.hub.reading import RawTable, integers, times
from steelyard.hub.source import median_of, note_unread, number_in

if TYPE_CHECKING:
    import polars as pl

Pair = tuple[RawTable, RawTable]


def additions(
    raws: Pair, entries: tuple[FileMap, FileMap], stem: str, ledger: Ledger, ranges: dict[str, Range]
) -> "pl.DataFrame":
    """Return (key, time, material, amount) of one pair of files, e.g. bulk.csv and bulk_time.csv.

    Both must hold the same heats and the same non-empty pattern, key by key; DataError where they do not.
    """
    columns = _materials(raws, entries, stem, ledger)
    amounts = _wide(raws[0], entries[0], columns[0], ledger, False)
    moments = _wide(raws[1], entries[1], columns[1], ledger, True)
    materials = tuple(name for name in columns[0] if name != "key")
    _same_heats(raws, amounts, moments)
    _same_pattern(raws, amounts, moments, columns)
    amounts = _plausible(raws[0], amounts, columns[0], materials, stem, ledger, ranges)
    ledger.close(raws[0], amounts, materials)
    ledger.close(raws[1], moments, materials)
    return _long(amounts, moments, materials)


def _materials(
    raws: Pair, entries: tuple[FileMap, FileMap], stem: str, ledger: Ledger
) -> tuple[dict[str, str], dict[str, str]]:
    """Return (ours → theirs) for key and materials of the two files; both must know the same materials."""
    found = []
    for raw, entry in zip(raws, entries, strict=True):
        theirs = set(entry.columns.values())
        own = [name for name in raw.header if re.fullmatch(rf"{stem}_[0-9]+", name) and name not in theirs]
        needed = ("key", *sorted({*own, *(n for n in entry.columns if n != "key")}, key=_number))
        strange = [name for name in (*entry.columns, *entry.units) if name != "key" and not _is_slot(name, stem)]
        if strange:
            raise DataError(f"{raw.path}: {strange[0]!r} is no material slot; slots are {stem}_1, {stem}_2, … (--map)")
        columns, unread = pick_columns(raw, entry, needed)
        if len(columns) < 2:
            raise raw.refuse(
                1, None, f"no column {stem}_1, {stem}_2 …", f'state them: [files.{stem}.columns] {stem}_1 = "…"'
            )
        note_unread(raw, unread, ledger)
        found.append(columns)
    odd = sorted(set(found[0]) ^ set(found[1]))
    if odd:
        raise raws[1].refuse(
            1, odd[0], f"this material is in one of {raws[0].name}, {raws[1].name} only", "export both again"
        )
    return found[0], found[1]


def _is_slot(name: str, stem: str) -> bool:
    return re.fullmatch(rf"{stem}_[0-9]+", name) is not None


def _number(name: str) -> int:
    tail = name.rsplit("_", 1)[-1]
    return int(tail) if tail.isdecimal() else 0


def _wide(raw: RawTable, entry: FileMap, columns: dict[str, str], ledger: Ledger, is_time: bool) -> "pl.DataFrame":
    """Return a wide file as a frame: at, key, one column a material; exact duplicate rows dropped and listed."""
    import polars as pl

    data: dict[str, pl.Series] = {"key": integers(raw, columns["key"])}
    for ours, theirs in columns.items():
        if ours != "key":
            data[ours] = times(raw, theirs, entry.format) if is_time else number_in(raw, entry, ours, theirs, "kg")
    frame = pl.DataFrame({"at": list(range(len(raw.rows)))} | data)
    materials = tuple(name for name in columns if name != "key")
    ledger.open(raw, sum(int(frame[name].is_not_null().sum()) for name in materials))
    frame = ledger.drop_rows(
        raw, frame, ~frame.drop("at").to_struct().is_first_distinct(), WHOLE_ROW, "duplicate_row", materials
    )
    again = frame.filter(~frame["key"].is_first_distinct())
    if again.height:
        raise raw.refuse(
            raw.rows[again["at"][0]],
            columns["key"],
            f"heat {raw.heat(again['key'][0])} stands a second time with other values",
            "one row per heat: remove or merge one of them",
        )
    return frame


def _same_heats(raws: Pair, amounts: "pl.DataFrame", moments: "pl.DataFrame") -> None:
    """DataError when a heat is in one of the two files only."""
    for raw, other, frame, partner in ((raws[0], raws[1], amounts, moments), (raws[1], raws[0], moments, amounts)):
        lonely = frame.filter(~frame["key"].is_in(partner["key"].implode()))
        if lonely.height:
            raise raw.refuse(
                raw.rows[lonely["at"][0]],
                None,
                f"heat {raw.heat(lonely['key'][0])} is missing in {other.name} ({lonely.height} such heats)",
                f"one of the two files was cut or belongs to another export: export {raw.name} and "
                f"{other.name} together",
            )


def _same_pattern(raws: Pair, amounts: "pl.DataFrame", moments: "pl.DataFrame", columns: tuple[dict, dict]) -> None:
    """DataError when an amount has no time or a time no amount."""
    both = amounts.sort("key"), moments.sort("key")
    for name in columns[0]:
        if name == "key":
            continue
        amount_given, time_given = both[0][name].is_not_null(), both[1][name].is_not_null()
        odd = amount_given != time_given
        if odd.any():
            at = int(odd.arg_max() or 0)
            which = 1 if amount_given[at] else 0  # the file in which the cell is empty
            raise raws[which].refuse(
                raws[which].rows[both[which]["at"][at]],
                columns[which][name],
                f"heat {raws[0].heat(both[0]['key'][at])}: empty here, but given in {raws[1 - which].name} "
                f"({int(odd.sum())} such cells)",
                "every amount needs its time; were rows or columns of one file shifted? Export both again",
            )


def _plausible(
    raw: RawTable,
    frame: "pl.DataFrame",
    columns: dict[str, str],
    materials: tuple[str, ...],
    stem: str,
    ledger: Ledger,
    ranges: dict[str, Range],
) -> "pl.DataFrame":
    """Drop amounts outside the declared range, value by value; DataError when so many are out that it is the unit."""
    limits = ranges[f"{stem}_amount"]
    for name in materials:
        given = frame[name].drop_nulls()
        bad = given.filter((given < limits.low) | (given > limits.high))
        ledger.refuse_many(
            raw,
            columns[name],
            bad.len(),
            given.len(),
            f"plausible are {limits.span}, median is {median_of(given):g}",
            limits.unit,
        )
        frame = ledger.drop_values(raw, frame, frame[name] < limits.low, name, columns[name], limits.below)
        frame = ledger.drop_values(raw, frame, frame[name] > limits.high, name, columns[name], limits.above)
    return frame


def _long(amounts: "pl.DataFrame", moments: "pl.DataFrame", materials: tuple[str, ...]) -> "pl.DataFrame":
    """Return the two wide frames as one long table."""
    import polars as pl

    amount = amounts.unpivot(materials, index="key", variable_name="material", value_name="amount").drop_nulls("amount")
    moment = moments.unpivot(materials, index="key", variable_name="material", value_name="time").drop_nulls("time")
    joined = amount.join(moment, on=["key", "material"], how="left")
    return joined.select("key", pl.col("time").cast(pl.Datetime("us")), "material", pl.col("amount").cast(pl.Float64))
