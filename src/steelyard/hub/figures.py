"""Figures as people write them: decimal points, decimal commas, and separators between thousands."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"


def looks_plain(text: "pl.Series") -> "pl.Series":
    """Return where a cell is a number written with ASCII digits and a decimal point."""
    return text.str.contains(_PLAIN)


def grouping(text: "pl.Series", decimal: str) -> str:
    """Return how a column uses the other mark (a comma where `decimal` is a point, and the reverse).

    "none": it does not stand there, or not between groups of three digits. "thousands": it separates thousands, which
    a decimal mark or a second group in the same column proves. "doubtful": 1,595 may be 1595 or 1.595.
    """
    mark, point = (",", r"\.") if decimal == "." else (r"\.", ",")
    given = text.drop_nulls()
    marked = given.filter(given.str.contains(mark))
    groups = rf"^[+-]?[1-9][0-9]{{0,2}}({mark}[0-9]{{3}})+({point}[0-9]+)?$"
    if not marked.len() or not marked.str.contains(groups).all():
        return "none"
    two = marked.str.contains(rf"{mark}[0-9]{{3}}{mark}").any()
    return "thousands" if two or given.str.contains(rf"^[+-]?[0-9.,]*{point}[0-9]*$").any() else "doubtful"


def pointed(text: "pl.Series", decimal: str, thousands: bool) -> "pl.Series":
    """Return the cells with a decimal point and without thousands separators; what does not belong is marked with §."""
    mark = "," if decimal == "." else "."
    plain = text.str.replace_all(mark, "" if thousands else "§", literal=True)
    return plain.str.replace_all(",", ".", literal=True) if decimal == "," else plain
