"""Heat numbers that hold letters (H1, 24A0013): heats are numbered by time, what the plant calls them is kept."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.ledger import Ledger
from steelyard.hub.mapping import Mapping
from steelyard.hub.reading import RawTable, as_shown, times

if TYPE_CHECKING:
    import polars as pl

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.0+)?")
_NAME = re.compile(r"(?=.*[0-9])(?![+-]?[0-9]*\.[0-9]+$)[\w./ -]{1,40}")
_TIMES = {"arc": ("heating_start", "heating_end"), "temp": ("time",), "bulk_time": (), "wire_time": ()}


def name_heats(raws: dict[str, RawTable], how: Mapping, ledger: Ledger) -> "pl.DataFrame | None":
    """Give every heat with a name its number, in the order of its first time over all files; return (key, label).

    None when the keys are numbers: these stay as they are. DataError: numbers and names are mixed, a cell is neither,
    or two names differ in capitals, blanks or leading zeros only.
    """
    import polars as pl

    cells = {name: raw.cells.get(how.file(name).columns.get("key", "key"), []) for name, raw in raws.items()}
    every = {cell for column in cells.values() for cell in column}
    numbers = {cell for cell in every if _NUMBER.fullmatch(cell)}
    names = {cell for cell in every - numbers if _NAME.fullmatch(cell)}
    if not names:
        return None
    if numbers:
        few, many = sorted((numbers, names), key=len)
        _refuse_cell(raws, how, cells, few, f"stands among heat numbers such as {min(many)!r}")
    if every - names:
        _refuse_cell(raws, how, cells, every - names, "stands where the number or name of a heat must stand")
    _refuse_alike(names)
    first = _first_times(raws, how, cells)
    order = sorted(names, key=lambda name: (name not in first, first.get(name, datetime.min), name))
    keys = {name: at for at, name in enumerate(order, 1)}
    for raw in raws.values():
        raw.keys = keys
    ledger.labels = {at: name for name, at in keys.items()}
    last = len(order)
    ledger.note(
        "heat_names",
        f"the heats have names, not numbers: they are numbered 1 to {last} by time (1 = {order[0]}, {last} = "
        f"{order[-1]}); table heats holds both",
        f"히트 번호에 문자가 있어 시간순으로 1부터 {last}까지 번호를 매겼습니다(1 = {order[0]}, {last} = {order[-1]}). "
        "heats 표에 둘 다 있습니다",
        heats=last,
    )
    return pl.DataFrame({"key": list(keys.values()), "label": order}, schema={"key": pl.Int64, "label": pl.String})


def _refuse_cell(
    raws: dict[str, RawTable], how: Mapping, cells: dict[str, list[str]], odd: set[str], what: str
) -> None:
    """Raise DataError at the first of these cells."""
    for name, column in cells.items():
        at = next((at for at, cell in enumerate(column) if cell in odd), None)
        if at is not None:
            raise raws[name].refuse(
                raws[name].rows[at],
                how.file(name).columns.get("key", "key"),
                f"{as_shown(column[at])} {what}",
                "write all heats in one way in every file: all as numbers (1, 2, 3 …) or all as names (H1, H2, H3 …)",
            )


def _refuse_alike(names: set[str]) -> None:
    """DataError when two names may be one heat."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        plain = re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"\s+", "", name)).casefold()
        if plain in seen:
            raise DataError(
                f"heats {seen[plain]!r} and {name!r}: one heat or two? They differ in capitals, blanks or leading "
                "zeros only; write each heat in the same way in every file"
            )
        seen[plain] = name


def _first_times(raws: dict[str, RawTable], how: Mapping, cells: dict[str, list[str]]) -> dict[str, datetime]:
    """Return name → first time over all files."""
    first: dict[str, datetime] = {}
    for file, fixed in _TIMES.items():
        raw, entry = raws[file], how.file(file)
        slots = [c for c in raw.header if re.fullmatch(rf"{file.removesuffix('_time')}_[0-9]+", c)]
        mapped = [theirs for ours, theirs in entry.columns.items() if ours != "key"]
        wanted = [entry.columns.get(ours, ours) for ours in fixed] if fixed else dict.fromkeys([*slots, *mapped])
        for column in wanted:
            if column in raw.cells and cells[file]:
                for name, moment in zip(cells[file], times(raw, column, entry.format).to_list(), strict=True):
                    if moment is not None and moment < first.get(name, datetime.max):
                        first[name] = moment
    return first
