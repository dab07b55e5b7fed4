"""The words of the house in Korean: what the nomenclature page says of each declared quantity."""

import re
from functools import cache
from pathlib import Path

from steelyard.errors import DataError

HERE = Path(__file__).resolve().parent


def nomenclature_page() -> Path:
    """Return the page: docs/reference of a checkout, else the copy in the installed package; DataError without any."""
    checkout = HERE.parents[1] / "docs" / "reference" / "nomenclature.md"
    page = checkout if checkout.is_file() else HERE / "nomenclature.md"
    if not page.is_file():
        raise DataError(f"no nomenclature at {page}; reinstall steelyard, or run from a checkout")
    return page


@cache
def korean_words() -> dict[str, str]:
    """Return the Korean words of every quantity that the nomenclature names."""
    text = nomenclature_page().read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| ([^|]+) \|", text, re.MULTILINE))


def korean(quantity_name: str) -> str:
    """Return the Korean words of a quantity, e.g. ``arc_power``; empty when the nomenclature does not name it.

    >>> korean("arc_power")
    '아크 전력'
    """
    return korean_words().get(quantity_name, "").strip()


def korean_of(signal_name: str) -> str:
    """Return the Korean words of a signal, ``unit.quantity`` or ``unit.quantity[label]``.

    >>> korean_of("ladle_furnace.argon_flow")
    '아르곤 유량'
    """
    return korean(signal_name.partition(".")[2].partition("[")[0])
