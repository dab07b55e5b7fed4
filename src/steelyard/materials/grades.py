"""Checked liquidus and solidus by composition, and tabulated grades for which the formulas do not hold."""

import tomllib
from functools import lru_cache
from pathlib import Path

from steelyard.errors import ValidityError
from steelyard.materials.steel import liquidus_temperature, solidus_temperature
from steelyard.physics.constants import ZERO_CELSIUS

LIMITS = {
    "C": 0.012, "Si": 0.02, "Mn": 0.02, "P": 0.002, "S": 0.002, "Cu": 0.01, "Ni": 0.035, "Cr": 0.03, "Al": 0.015,
    "Mo": 0.01, "V": 0.005, "N": 0.0005,
}  # fmt: skip
"""Greatest mass fractions of a low-alloy steel for which the liquidus formula may be used (assumed: the range of the
seven grades and the Fe–C alloys with which it was compared, rounded up)."""


def _checked(composition: dict[str, float], what: str) -> None:
    for element, fraction in composition.items():
        if element not in LIMITS:
            raise ValidityError(f"{what}: element {element!r} is not in the formula; known are {', '.join(LIMITS)}")
        if not 0.0 <= fraction <= LIMITS[element]:
            raise ValidityError(
                f"{what}: {element} {100 * fraction:g} % is outside 0–{100 * LIMITS[element]:g} % of low-alloy steel, "
                f"where the formula holds; use a tabulated grade: steelyard.materials.grades.grade(name)"
            )


def liquidus(composition: dict[str, float]) -> float:
    """Return the liquidus [K] of a carbon or low-alloy steel; composition: mass fractions by element symbol.

    Raises ValidityError outside the formula's range (e.g. 304 stainless, for which it is 20 K wrong).

    >>> round(liquidus({"C": 0.0045, "Si": 0.0025, "Mn": 0.007}) - 273.15)  # C45, CALPHAD 1495
    1496
    """
    _checked(composition, "liquidus")
    names = ("C", "Si", "Mn", "P", "S", "Cu", "Ni", "Cr", "Al")
    return float(liquidus_temperature(*(composition.get(name, 0.0) for name in names)))


def solidus(composition: dict[str, float]) -> float:
    """Return the solidus [K] of a carbon or low-alloy steel; as `liquidus`.

    >>> round(solidus({"C": 0.0080}) - 273.15)
    1383
    """
    _checked(composition, "solidus")
    names = ("C", "Si", "Mn", "P", "S", "Ni", "Cr", "Al")
    return float(solidus_temperature(*(composition.get(name, 0.0) for name in names)))


@lru_cache(maxsize=1)
def _table() -> dict[str, dict]:
    return tomllib.loads((Path(__file__).parent / "grades.toml").read_text(encoding="utf-8"))


def grade(name: str) -> dict[str, float]:
    """Return the tabulated grade: {"liquidus": K, "solidus": K, element: mass fraction}.

    Raises ValidityError when the table does not have it.

    >>> round(grade("304")["liquidus"] - 273.15), round(grade("304")["solidus"] - 273.15)
    (1454, 1414)
    """
    if name not in _table():
        raise ValidityError(f"grade {name!r} is not tabulated; tabulated are: {', '.join(_table())}")
    entry = _table()[name]
    elements = {element: percent / 100.0 for element, percent in entry["percent"].items()}
    return {
        "liquidus": entry["liquidus_c"] + ZERO_CELSIUS,
        "solidus": entry["solidus_c"] + ZERO_CELSIUS,
        **elements,
    }
