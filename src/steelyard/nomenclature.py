"""The words of the house in Korean: what the nomenclature page says of each declared quantity."""

import re
from functools import cache
from pathlib import Path

from steelyard.errors import DataError

UNITS = (
    "ladle_furnace", "operator", "reheating_furnace", "descaling", "bar_rolling", "cooling_bed", "line", "live",
    "replay",
)  # fmt: skip
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
    """Return the Korean words of every quantity that the nomenclature names: by ``quantity`` or ``unit.quantity``."""
    text = nomenclature_page().read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| ([^|]+) \|", text, re.MULTILINE)
    return {name: words.strip() for name, words in rows}


def korean_of(signal_name: str) -> str:
    """Return the Korean words of a signal, ``unit.quantity`` or ``unit.quantity[label]``; empty when it has none.

    The row of ``unit.quantity`` comes first: it stands where the quantity means something of its own in this unit.
    Names of other units (those of a data set) have no Korean here, whatever their quantity is called.

    >>> korean_of("ladle_furnace.argon_flow")
    '아르곤 유량'
    >>> korean_of("line.waiting")
    '압연기 대기 여부, 1: 빌릿이 없거나 너무 차가움'
    >>> korean_of("pump_7.argon_flow")
    ''
    """
    own = signal_name.partition("[")[0]
    unit, _, quantity_name = own.partition(".")
    if unit not in UNITS:
        return ""
    words = korean_words()
    return words.get(own) or words.get(quantity_name, "")
