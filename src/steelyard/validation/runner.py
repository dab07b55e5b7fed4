"""Runs every validation case: loads the files, calls the procedures, compares with what was published."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from steelyard.errors import DataError, SteelyardError
from steelyard.validation.case import Case, load_case

HERE = Path(__file__).resolve().parent
_ABSENT, _OUTSIDE = "measured data {} not present (never shipped)", "outside the tolerance"
_CHANGED = "the known miss is no longer what its file states; claim what is met now, or state what is worse"
Procedure = Callable[[dict[str, Any]], dict[str, Any]]
Progress = Callable[..., None]


def case_folder() -> Path:
    """Return the folder of the case files: tests/validation of a checkout, else the copy in the installed package."""
    checkout = HERE.parents[2] / "tests" / "validation"
    folder = checkout if checkout.is_dir() else HERE / "cases"
    if not folder.is_dir():
        raise DataError(f"no validation cases at {folder}; reinstall steelyard, or run from a checkout")
    return folder


def data_folder() -> Path | None:
    """Return the folder of measured data (never shipped): STEELYARD_SHARED_DATA, else ../shared/data of a checkout."""
    chosen = os.environ.get("STEELYARD_SHARED_DATA")
    folder = Path(chosen) if chosen else HERE.parents[3] / "shared" / "data"
    return folder if folder.is_dir() else None


def load_cases(folder: Path | None = None) -> list[Case]:
    """Return every case below `folder` by process and id; DataError when a file is bad or an id doubled."""
    cases = [load_case(path) for path in sorted((folder or case_folder()).rglob("*.toml"))]
    ids = [case.id for case in cases]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise DataError(f"these case ids occur twice: {', '.join(doubled)}")
    return sorted(cases, key=lambda case: (case.process, _natural(case.id)))


def _natural(text: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def procedures() -> dict[str, Procedure]:
    """Return every procedure by the name that cases call."""
    from steelyard.validation.procedures_bar_rolling import PROCEDURES as BAR_ROLLING
    from steelyard.validation.procedures_finishing import PROCEDURES as FINISHING
    from steelyard.validation.procedures_hub import PROCEDURES as HUB
    from steelyard.validation.procedures_ladle_furnace import PROCEDURES as LADLE_FURNACE
    from steelyard.validation.procedures_materials import PROCEDURES as MATERIALS
    from steelyard.validation.procedures_physics import PROCEDURES as PHYSICS
    from steelyard.validation.procedures_reheating_furnace import PROCEDURES as REHEATING_FURNACE
    from steelyard.validation.procedures_rolling import PROCEDURES as ROLLING

    return {**BAR_ROLLING, **HUB, **FINISHING, **MATERIALS, **PHYSICS, **REHEATING_FURNACE, **ROLLING, **LADLE_FURNACE}


def run_case(case: Case, known: dict[str, Procedure] | None = None) -> dict[str, Any]:
    """Run one case: {id, process, kind, passed, result, expected, got, tolerance, title, source, reason, known_miss}.

    passed is None, with a reason, only where measured data that a licence keeps out are absent; an unknown procedure or
    an error of the model is a failed row. result says it in a word: passed, failed, not run, or missed for a known miss
    (passed is False there too); a known miss that has become better or worse than its file states is failed.
    """
    known = procedures() if known is None else known
    row = {
        "id": case.id,
        "process": case.process,
        "kind": case.kind,
        "passed": False,
        "result": "failed",
        "expected": case.published,
        "got": {},
        "tolerance": case.tolerance,
        "title": case.title,
        "source": case.source,
        "reason": "",
        "known_miss": case.known_miss.get("reason", ""),
    }
    if case.calls not in known:
        return {**row, "reason": f"there is no procedure {case.calls!r}; {case.path} calls it"}
    given = dict(case.given)
    if case.needs:
        root = data_folder()
        if root is None or not (root / case.needs).exists():
            return {**row, "passed": None, "result": "not run", "reason": f"skipped: {_ABSENT.format(case.needs)}"}
        given["data"] = root / case.needs
    try:
        got = known[case.calls](given)
    except (SteelyardError, KeyError, ValueError, ArithmeticError) as error:
        return {**row, "reason": f"{type(error).__name__}: {error}"}
    return {**row, "got": got, **_judged(case, got)}


def _judged(case: Case, got: dict[str, Any]) -> dict[str, Any]:
    """Return passed, result and reason of what came out."""
    holds = case.holds(got)
    if not case.known_miss:
        return {"passed": holds, "result": "passed" if holds else "failed", "reason": "" if holds else _OUTSIDE}
    if case.missed_as_stated(got):
        return {"passed": False, "result": "missed", "reason": f"known miss: {case.known_miss['reason']}"}
    return {"passed": False, "result": "failed", "reason": f"{_CHANGED}: stated {case.known_miss['got']}"}


def run_cases(process: str | None = None, progress: Progress | None = None) -> Iterator[dict[str, Any]]:
    """Yield the row of every case, or of those of one process; DataError when the process has none."""
    cases = load_cases()
    chosen = [case for case in cases if process in (None, case.process)]
    if not chosen:
        have = ", ".join(sorted({case.process for case in cases}))
        raise DataError(f"there are no validation cases for {process!r}; there are for: {have}")
    known = procedures()
    for number, case in enumerate(chosen):
        if progress:
            progress(number / len(chosen), case.id)
        yield run_case(case, known)


def validate(process: str | None = None, progress: Progress | None = None) -> list[dict[str, Any]]:
    """Return the rows of `run_cases` as a list."""
    return list(run_cases(process, progress))
