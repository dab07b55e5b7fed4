"""A validation case as it lies in tests/validation: what is given, what was published, how close is close enough."""

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.errors import DataError

KINDS = ("exact", "published measurement", "published simulation", "plant data", "requirement")
NEEDED = ("id", "title", "source", "kind", "calls", "published", "tolerance")
WAYS = ("absolute", "relative", "factor", "range", "at most", "at least")


@dataclass(frozen=True)
class Case:
    """One case: `published` values by name, `tolerance` {value, kind, unit, reason} with exceptions by name."""

    id: str
    process: str
    title: str
    source: str
    kind: str
    calls: str
    published: dict[str, Any]
    tolerance: dict[str, Any]
    given: dict[str, Any] = field(default_factory=dict)
    needs: str = ""
    path: str = ""
    known_miss: dict[str, Any] = field(default_factory=dict)
    """{reason, within, got by name} of a case that the model does not meet: told in every run, never claimed."""

    def tolerance_of(self, name: str) -> dict[str, Any]:
        """Return the tolerance of one published value: its own, else that of the case."""
        own = self.tolerance.get(name)
        return {**self.tolerance, **own} if isinstance(own, dict) else self.tolerance

    def missed_as_stated(self, got: dict[str, Any]) -> bool:
        """Return whether `got` is what the known miss states, `within` in the case's unit: no better and no worse."""
        stated, limit = self.known_miss["got"], {"kind": "absolute", "value": self.known_miss["within"]}
        return all(name in got and close(got[name], value, limit) for name, value in stated.items())

    def holds(self, got: dict[str, Any]) -> bool:
        """Return whether every published value is met; a value that was not computed is not met."""
        return all(
            name in got and close(got[name], published, self.tolerance_of(name))
            for name, published in self.published.items()
        )


def close(got: Any, published: Any, tolerance: dict[str, Any]) -> bool:
    """Return whether `got` (a number or a list) is as near to `published` as `tolerance` asks.

    >>> close([1.0, 2.0], [1.1, 2.05], {"kind": "absolute", "value": 0.11})
    True
    >>> close(float("nan"), 1.0, {"kind": "absolute", "value": 1e9})
    False
    """
    way, size = tolerance.get("kind", "absolute"), float(tolerance.get("value", 0.0))
    if way == "range":
        numbers = got if isinstance(got, list) else [got]
        return all(math.isfinite(number) and published[0] <= number <= published[1] for number in numbers)
    if isinstance(published, list):
        same = isinstance(got, list) and len(got) == len(published)
        return same and all(_near(a, b, way, size) for a, b in zip(got, published, strict=True))
    return not isinstance(got, list) and _near(got, published, way, size)


def _near(got: float, published: float, way: str, size: float) -> bool:
    rounding = 1e-9 * max(1.0, abs(published))
    if not math.isfinite(got):
        return False
    if way == "absolute":
        return abs(got - published) <= size + rounding
    if way == "relative":
        return abs(got - published) <= size * abs(published) + rounding
    if way == "factor":
        return got > 0.0 and published / size <= got <= published * size
    return got <= published + rounding if way == "at most" else got >= published - rounding


def _check_miss(case: Case) -> Case:
    """Refuse a known miss without reason or figures, and one that hides a point which is met."""
    miss = case.known_miss
    if not miss:
        return case
    if not miss.get("reason") or not miss.get("within") or set(miss.get("got", {})) != set(case.published):
        raise DataError(f"{case.path}: a known miss states reason, within, and got for every published value")
    for name, published in case.published.items():
        points = published if isinstance(published, list) else [published]
        stated = miss["got"][name] if isinstance(published, list) else [miss["got"][name]]
        if len(stated) != len(points) or any(
            close(s, p, case.tolerance_of(name)) for s, p in zip(stated, points, strict=True)
        ):
            raise DataError(f"{case.path}: {name}: a point that is met does not belong into a known miss")
    return case


def load_case(path: Path) -> Case:
    """Read one case file; DataError names the file and what is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a validation case: {error}") from error
    missing = [name for name in NEEDED if not raw.get(name)]
    if missing:
        raise DataError(f"{path}: a validation case needs {', '.join(missing)}")
    if raw["kind"] not in KINDS:
        raise DataError(f"{path}: kind {raw['kind']!r} is not one of: {', '.join(KINDS)}")
    ways = [raw["tolerance"], *(t for t in raw["tolerance"].values() if isinstance(t, dict))]
    for way in ways:
        if way.get("kind", raw["tolerance"].get("kind")) not in WAYS:
            raise DataError(f"{path}: tolerance kind must be one of: {', '.join(WAYS)}")
    if not raw["tolerance"].get("reason"):
        raise DataError(f"{path}: the tolerance has no reason")
    return _check_miss(Case(
        raw["id"], path.parent.name, raw["title"], raw["source"], raw["kind"], raw["calls"], raw["published"],
        raw["tolerance"], raw.get("given", {}), raw.get("needs", ""), str(path),
        raw.get("known_miss", {}),
    ))  # fmt: skip
