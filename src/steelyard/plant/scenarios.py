"""Scenarios of a plant: what happens to it, declared in TOML beside the process or the line."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.errors import ParameterError
from steelyard.plant.wire_file import WireFault, read_wire
from steelyard.processes.catalogue import house

LINES = Path(__file__).resolve().parent / "lines"
HOUR = 3600.0


@dataclass(frozen=True)
class Course:
    """How a fault comes: begins between `earliest` and `latest` [s], as the seed draws, and grows over `growth` [s]."""

    earliest: float
    latest: float
    growth: float


@dataclass(frozen=True)
class Scenario:
    """One scenario: `faults` name → severity, `courses` of those that come later, tags, length in heats or bars.

    `wire` are the faults between the board and its readers; the plant itself does not know of them.
    """

    id: str
    version: int
    process: str
    title: dict[str, str]
    description: dict[str, str]
    tags: tuple[str, ...]
    faults: dict[str, float]
    heats: int
    warm_up: int
    courses: dict[str, Course] = field(default_factory=dict)
    wire: tuple[WireFault, ...] = ()


def scenarios(process: str) -> dict[str, Scenario]:
    """Return the scenarios of a process by id, in the order of their names."""
    return {s.id: s for s in map(_read, _files(process))}


def folder_of(process: str) -> Path:
    """Return where the files of a line or of a process lie."""
    return LINES / process if (LINES / process).is_dir() else house(process).folder


def scenario(process: str, name: str) -> Scenario:
    """Return one scenario; ParameterError that lists the known ones when there is none."""
    known = {path.stem: path for path in _files(process)}
    if name not in known:
        raise ParameterError(f"{process} has no scenario {name!r}; scenarios are: {', '.join(known)}")
    return _read(known[name])


def _files(process: str) -> list[Path]:
    return sorted((folder_of(process) / "scenarios").glob("*.toml"))


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
            faults={str(k): _severity(v) for k, v in raw.get("faults", {}).items()},
            heats=int(raw["bars"] if "bars" in raw else raw["heats"]),
            warm_up=int(raw["warm_up"]),
            courses={str(k): _course(v) for k, v in raw.get("faults", {}).items() if isinstance(v, dict)},
            wire=read_wire(raw.get("wire", {}), str(path)),
        )
    except (KeyError, TypeError, ValueError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path}: not a scenario: {error}") from error


def _severity(entry: Any) -> float:
    return float(entry["severity"]) if isinstance(entry, dict) else float(entry)


def _course(entry: dict[str, Any]) -> Course:
    start = entry.get("start_h", 0.0)
    earliest, latest = start if isinstance(start, list) else (start, start)
    if not 0.0 <= float(earliest) <= float(latest):
        raise ValueError(f"start_h = {start!r}: a number, or [earliest, latest], not negative")
    return Course(float(earliest) * HOUR, float(latest) * HOUR, float(entry.get("growth_h", 0.0)) * HOUR)


def apply_faults(process: str, faults: dict[str, float], furnace: dict, practice: dict, arrival: dict) -> None:
    """Change the parameter values in place for each fault at its severity (0 to 1); ParameterError when unknown."""
    known = house(process).module("faults").FAULTS
    for name, severity in faults.items():
        if name not in known:
            raise ParameterError(f"{process} has no fault {name!r}; faults are: {', '.join(known)}")
        if not 0.0 <= severity <= 1.0:
            raise ParameterError(f"fault {name!r} has severity {severity!r}; it lies between 0 and 1")
        known[name](furnace, practice, arrival, severity)
