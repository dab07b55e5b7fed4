"""Verify a report: the same plan, files and seeds again, compared bit for bit; what differs is named."""

import json
import tempfile
from pathlib import Path
from typing import Any

from steelyard.errors import DataError, SteelyardError
from steelyard.trials.canonical import digest
from steelyard.trials.executor import Progress
from steelyard.trials.plan import TrialPlan, plan_from_record
from steelyard.trials.report import load

MOST_DIFFERENCES = 20


def differences(old: Any, new: Any, place: str = "") -> list[str]:
    """Return where two plain values differ, as "place: old → new", the first `MOST_DIFFERENCES`.

    >>> differences({"a": [1, 2]}, {"a": [1, 3]})
    ['a[1]: 2 → 3']
    """
    if isinstance(old, dict) and isinstance(new, dict):
        found: list[str] = []
        for key in sorted(set(old) | set(new)):
            found += differences(old.get(key), new.get(key), f"{place}.{key}" if place else str(key))
            if len(found) >= MOST_DIFFERENCES:
                break
        return found[:MOST_DIFFERENCES]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        found = []
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            found += differences(a, b, f"{place}[{i}]")
            if len(found) >= MOST_DIFFERENCES:
                break
        return found[:MOST_DIFFERENCES]
    return [] if old == new and type(old) is type(new) else [f"{place}: {_short(old)} → {_short(new)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def verify(
    path: Path,
    places: dict[str, str] | None = None,
    store: Any = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> dict[str, Any]:
    """Re-run the trial in a report.json and compare.

    `places` overrides where solution, baseline, twin and prices are (else where they were, else beside the report).
    Returns verified, plan_hash, result_hash, rerun_hash, differences. Raises DataError when a file is missing or the
    report cannot be read.
    """
    report = load(path)
    result = report["result"]
    answer = {
        "verified": False, "report": str(path), "plan_hash": report["plan_hash"], "result_hash": report["result_hash"],
        "rerun_hash": "", "differences": [],
    }  # fmt: skip
    if digest(result) != report["result_hash"]:
        return {**answer, "differences": [f"result_hash: the report was changed after it was written ({path.name})"]}
    if result["verdict"]["verdict"] != report["verdict"]:
        return {**answer, "differences": [f"verdict: {report['verdict']} → {result['verdict']['verdict']}"]}
    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(report, path, places or {}, Path(folder))
        if plan.hash() != report["plan_hash"]:
            return {**answer, "differences": differences(result["plan"], plan.record(), "plan")}
        again = _run(plan, store, progress, threads)
    return {
        **answer,
        "verified": again["result_hash"] == report["result_hash"],
        "rerun_hash": again["result_hash"],
        "differences": differences(result, again["result"]),
        "versions": {"report": report["facts"]["versions"], "here": again["facts"]["versions"]},
    }


def _plan(report: dict[str, Any], path: Path, places: dict[str, str], folder: Path) -> TrialPlan:
    known = dict(report["facts"].get("places", {}))
    result = report["result"]
    found: dict[str, str] = {}
    for name in ("solution", "baseline", "twin", "prices"):
        label = _named(result["plan"], name)
        if not label or label.startswith("reference:") or (name == "prices" and not label.endswith(".toml")):
            continue
        beside = path.parent / Path(label).name
        candidates = [Path(place) for place in (places.get(name), known.get(name)) if place] + [beside]
        chosen = next((place for place in candidates if place.exists()), None)
        if chosen is None:
            raise DataError(
                f"{path}: the {name} {label!r} of this report is not at {candidates[0]}; put it there or name it: "
                f"--{name} FILE"
            )
        found[name] = str(chosen.resolve())
    seal = (result.get("seeds") or {}).get("seal")
    if seal:
        target = folder / "seal.json"
        target.write_text(json.dumps(seal), encoding="utf-8")
        found["seal"] = str(target)
    try:
        return plan_from_record(result["plan"], path.parent, found)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: the plan in this report cannot be read ({error!r}); it is from another version"
        ) from error


def _named(plan: dict[str, Any], name: str) -> str:
    if name == "twin":
        return str(plan["plant"]["twin"])
    return str(plan["money"]["prices"] if name == "prices" else plan[name]["path"])


def _run(plan: TrialPlan, store: Any, progress: Progress | None, threads: int | None) -> dict[str, Any]:
    from steelyard.trials.run import run_plan

    try:
        return run_plan(plan, store, progress, threads)
    except SteelyardError as error:
        raise type(error)(f"the trial cannot be run again: {error}") from error
