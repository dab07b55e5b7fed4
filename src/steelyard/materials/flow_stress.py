"""Hensel–Spittel coefficients by grade, read from flow_stress.toml; every set names its source."""

import tomllib
from functools import lru_cache
from pathlib import Path

from steelyard.errors import ParameterError, ValidityError
from steelyard.units import to_si

COEFFICIENTS = ("a", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9")
"""Names in the order in which `physics.flow_stress.hensel_spittel` takes them."""


@lru_cache(maxsize=1)
def _table() -> dict[str, dict]:
    return tomllib.loads((Path(__file__).parent / "flow_stress.toml").read_text(encoding="utf-8"))


def _entry(grade: str) -> dict:
    table = _table()
    if grade not in table:
        raise ValidityError(f"no flow stress is tabulated for grade {grade!r}; tabulated are: {', '.join(table)}")
    entry = table[grade]
    unknown = sorted(set(entry["value"]) - set(COEFFICIENTS))
    if unknown or not entry.get("source"):
        said = f"unknown coefficients {', '.join(unknown)}" if unknown else "no source"
        raise ParameterError(f"materials/flow_stress.toml: [{grade}] has {said}")
    return entry


def flow_stress_grades() -> tuple[str, ...]:
    """Return the grades with tabulated coefficients."""
    return tuple(_table())


def flow_stress_coefficients(grade: str) -> dict[str, float]:
    """Return {"a": Pa, "m1" … "m9"} of one grade in the order of `COEFFICIENTS`.

    Raises ValidityError for an unknown grade, ParameterError for a bad table.

    >>> from steelyard.physics.flow_stress import hensel_spittel
    >>> round(hensel_spittel(1273.15, 0.3, 10.0, *flow_stress_coefficients("C20").values()) / 1e6, 1)  # case V19
    133.9
    """
    entry = _entry(grade)
    values = {name: float(entry["value"].get(name, 0.0)) for name in COEFFICIENTS}
    return {**values, "a": to_si(values["a"], entry["unit"])}


def flow_stress_source(grade: str) -> str:
    """Return where the coefficients of one grade come from."""
    return str(_entry(grade)["source"])
