"""Scenarios of a plant: what happens to it, declared in TOML beside the process."""

import tomllib
from dataclasses import dataclass
from typing import Any

from steelyard.errors import ParameterError
from steelyard.processes.catalogue import house


@dataclass(frozen=True)
class Scenario:
    """One scenario: `faults` name → severity, `changes` to arrival values (factor or shift), tags, length in heats."""

    id: str
    version: int
    process: str
    title: dict[str, str]
    description: dict[str, str]
    tags: tuple[str, ...]
    faults: dict[str, float]
    heats: int
    warm_up: int


def scenarios(process: str) -> dict[str, Scenario]:
    """Return the scenarios of a process by id, in the order of their names."""
    return {s.id: s for s in map(_read, sorted((house(process).folder / "scenarios").glob("*.toml")))}


def scenario(process: str, name: str) -> Scenario:
    """Return one scenario; ParameterError that lists the known ones when there is none."""
    known = scenarios(process)
    if name not in known:
        raise ParameterError(f"{process} has no scenario {name!r}; scenarios are: {', '.join(known)}")
    return known[name]


def _read(path: Any) -> Scenario:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Scenario(
            id=path.stem,
            version=int(raw["version"]),
            process=str(raw["process"]),
            title=dict(raw["title"]),
            description=dict(raw["description"]),
            tags=tuple(raw["tags"]),
            faults={str(k): float(v) for k, v in raw.get("faults", {}).items()},
            heats=int(raw["heats"]),
            warm_up=int(raw["warm_up"]),
        )
    except (KeyError, TypeError, ValueError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path}: not a scenario: {error}") from error


def apply_faults(process: str, faults: dict[str, float], furnace: dict, practice: dict, arrival: dict) -> None:
    """Change the parameter values in place for each fault at its severity (0 to 1); ParameterError when unknown."""
    known = house(process).module("faults").FAULTS
    for name, severity in faults.items():
        if name not in known:
            raise ParameterError(f"{process} has no fault {name!r}; faults are: {', '.join(known)}")
        if not 0.0 <= severity <= 1.0:
            raise ParameterError(f"fault {name!r} has severity {severity!r}; it lies between 0 and 1")
        known[name](furnace, practice, arrival, severity)
