"""Grooves and stands as plants write them: ``r1=6 r2=26 depth=7.25`` becomes columns in mm and degrees."""

from typing import TYPE_CHECKING

from steelyard.hub.reading import RawTable, as_shown
from steelyard.hub.source import Source

if TYPE_CHECKING:
    import polars as pl

GROOVES = (
    "round",
    "false round",
    "swedish oval",
    "circular oval",
    "oval 3-radii",
    "oval 3-radii flanked",
    "box",
    "diamond",
    "square",
    "flat",
)
DIMENSIONS = {
    "r1": "r1_mm",
    "r2": "r2_mm",
    "r3": "r3_mm",
    "depth": "depth_mm",
    "usable_width": "usable_width_mm",
    "ground_width": "ground_width_mm",
    "flank_deg": "flank_deg",
}
UNITS = {column: "deg" if column.endswith("deg") else "mm" for column in DIMENSIONS.values()}


def groove_columns(raw: RawTable, groove: str, dimensions: str) -> "dict[str, pl.Series]":
    """Return the columns `groove`, r1_mm … flank_deg (null where not stated).

    DataError with row and column for an unknown groove or a dimension that is not ``name=number``.
    """
    import polars as pl

    found: dict[str, list[float | None]] = {column: [] for column in DIMENSIONS.values()}
    for at, (kind, cell) in enumerate(zip(raw.cells[groove], raw.cells[dimensions], strict=True)):
        if kind not in GROOVES:
            remedy = f"grooves are: {', '.join(GROOVES)}"
            raise raw.refuse(raw.rows[at], groove, f"{as_shown(kind)} is no groove that is known here", remedy)
        stated = _dimensions(raw, at, dimensions, cell)
        for name, column in DIMENSIONS.items():
            found[column].append(stated.get(name))
    columns = {"groove": pl.Series("groove", raw.cells[groove], dtype=pl.String)}
    return columns | {name: pl.Series(name, values, dtype=pl.Float64) for name, values in found.items()}


def _dimensions(raw: RawTable, at: int, column: str, cell: str) -> dict[str, float]:
    """Return name → number of one cell."""
    remedy = f"write name=number with the names {', '.join(DIMENSIONS)}, separated by blanks, in mm and degrees"
    stated: dict[str, float] = {}
    for part in cell.split():
        name, _, number = part.partition("=")
        try:
            value = float(number)
        except ValueError as error:
            raise raw.refuse(raw.rows[at], column, f"{as_shown(part)} is not name=number", remedy) from error
        if name not in DIMENSIONS or name in stated or not 0.0 <= value < 1e4:
            raise raw.refuse(raw.rows[at], column, f"{as_shown(part)} is no dimension of a groove", remedy)
        stated[name] = value
    if not stated:
        raise raw.refuse(raw.rows[at], column, "no dimension stands here", remedy)
    return stated


def positive(source: Source, ours: str, unit: str, empty: bool = False) -> "pl.Series":
    """Return a column of positive numbers; DataError at the first that is zero, negative, or (not `empty`) missing."""
    values = source.number(ours, unit)
    bad = (values <= 0.0).fill_null(not empty)
    if bad.any():
        at = int(bad.arg_max() or 0)
        theirs = source.columns[ours]
        shown = as_shown(source.raw.cells[theirs][at])
        raise source.raw.refuse(
            source.raw.rows[at], theirs, f"{shown} where a number above zero must stand", "correct the cell"
        )
    return values
