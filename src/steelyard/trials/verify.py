"""Verify a report: the same plan, files and seeds again, compared bit for bit; what differs is named.

Covered is everything in report.json but `facts` (wall clock, machine, isolation), and report.html beside it.
"""

import json
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from steelyard.errors import DataError, SteelyardError
from steelyard.trials.canonical import digest, plain
from steelyard.trials.executor import Progress
from steelyard.trials.plan import ON_THE_WIRE, TrialPlan, plan_from_record
from steelyard.trials.report import HTML_NAME, load, render, report_digest
from steelyard.trials.wording import trouble

MOST_DIFFERENCES = 20
PARTS = {
    "rerun": {
        "en": "the trial run again: plan, verdict, primary and the whole result, bit for bit",
        "ko": "재실행 결과: 계획, 판정, 주 KPI 및 전체 결과 (비트 단위)",
    },
    "hashes": {
        "en": "report.json in itself: hashes, verdict and primary against the result",
        "ko": "report.json 자체: 해시, 결과와 판정·주 KPI의 일치",
    },
    "page": {
        "en": "report.html: its sha256, and the page rendered again from report.json",
        "ko": "report.html: sha256 및 report.json에서 다시 만든 페이지",
    },
    "facts": {
        "en": "facts: wall clock, machine, versions, isolation, places and messages (they also stand on the page)",
        "ko": "facts: 실제 시각, 컴퓨터, 버전, 격리, 파일 위치, 메시지 (페이지에도 표시됨)",
    },
}


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


def _of_plans(report: dict[str, Any], plan: TrialPlan) -> list[str]:
    """Return what the files that stand there now make different in the plan."""
    return differences(plain(report["result"]["plan"]), plain(plan.record()), "plan")


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
    """Re-run the trial in a report.json and compare everything in it but `facts`, and the page beside it.

    `places` overrides where solution, baseline, twin and prices are (else where they were, else beside the report).
    Returns verified, plan_hash, result_hash, rerun_hash, differences, `compared` and `not_compared` (parts of the
    report; see `PARTS`), page ("same", "differs" or "absent"). Raises DataError when a file is missing or the report
    cannot be read.
    """
    report = load(path)
    page, about_page = compare_page(report, path.with_name(HTML_NAME))
    answer = {
        "verified": False, "report": str(path), "plan_hash": report["plan_hash"], "result_hash": report["result_hash"],
        "rerun_hash": "", "differences": [*_within(report), *about_page], "page": page,
        "compared": ["hashes", *(["page"] if page != "absent" else [])],
        "not_compared": ["rerun", *(["page"] if page == "absent" else []), "facts"],
    }  # fmt: skip
    if len(answer["differences"]) > len(about_page):
        return answer
    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(report, path, places or {}, Path(folder))
        if plan.hash() != report["plan_hash"]:
            return {**answer, "differences": _of_plans(report, plan) + about_page}
        again = _run(plan, store, progress, threads)
    found = [*differences(_covered(report), _covered(again)), *_sealed(report), *about_page]
    return {
        **answer,
        "verified": not found,
        "rerun_hash": again["result_hash"],
        "differences": found[:MOST_DIFFERENCES],
        "compared": ["rerun", *answer["compared"]],
        "not_compared": answer["not_compared"][1:],
        "versions": {"report": _facts(report).get("versions", {}), "here": again["facts"]["versions"]},
    }


def _within(report: dict[str, Any]) -> list[str]:
    """Return what in a report does not fit the rest of it; nothing has to run for that."""
    result = report["result"]
    if not isinstance(result, dict) or digest(result) != report["result_hash"]:
        return ["result_hash: the report was changed after it was written (result)"]
    try:
        fits = short_keys(result)
    except (KeyError, TypeError, IndexError) as error:
        return [f"result: it is not the result of a trial ({error!r})"]
    found: list[str] = differences({key: report.get(key) for key in fits}, fits)
    if report.get("report") != HTML_NAME:
        found.append(f"report: {_short(report.get('report'))} → {_short(HTML_NAME)}")
    return found


def _sealed(report: dict[str, Any]) -> list[str]:
    if report.get("report_hash") == report_digest(report):
        return []
    return ["report_hash: the report was changed after it was written (outside facts)"]


def short_keys(result: dict[str, Any]) -> dict[str, Any]:
    """Return the short keys around a result that follow from it: verdict, primary, plan_hash."""
    primary = result["results"]["primary"][0]
    return {
        "verdict": result["verdict"]["verdict"],
        "primary": {key: primary[key] for key in ("kpi", "effect", "low", "high", "unit")},
        "plan_hash": result["plan_hash"],
    }


def _covered(report: dict[str, Any]) -> dict[str, Any]:
    """Return what a re-run must give again: everything but facts, and what `write` adds."""
    return {key: value for key, value in report.items() if key not in ("facts", "report", "page", "report_hash")}


def compare_page(report: dict[str, Any], path: Path) -> tuple[str, list[str]]:
    """Return "same", "differs" or "absent" for the page at `path`, and the differences in words.

    The page must have the sha256 that the report names, and be what the report gives when it is rendered again.
    """
    if not path.is_file():
        return "absent", []
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {trouble(error)}; make it readable or move it away") from error
    page = report.get("page")
    if not isinstance(page, dict) or page.get("language") not in ("en", "ko"):
        return "differs", [f"page: the report does not name language and sha256 of its page ({path.name})"]
    if sha256(text).hexdigest() != page.get("sha256"):
        return "differs", [f"page: {path.name} was changed after it was written"]
    try:
        html = _rendered(report, page["language"])
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError, SteelyardError) as error:
        return "differs", [f"page: {path.name} cannot be made from this report ({type(error).__name__})"]
    if html.encode() != text:
        return "differs", [f"page: {path.name} is not what this report gives; was it written by another version?"]
    return "same", []


def _rendered(report: dict[str, Any], lang: str) -> str:
    from jinja2 import TemplateError

    try:
        return render(report, lang)
    except TemplateError as error:
        raise ValueError(str(error)) from error


def _facts(report: dict[str, Any]) -> dict[str, Any]:
    facts = report.get("facts")
    return facts if isinstance(facts, dict) else {}


def _plan(report: dict[str, Any], path: Path, places: dict[str, str], folder: Path) -> TrialPlan:
    try:
        return _plan_of(report, path, places, folder)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: the plan in this report cannot be read ({error!r}); it is from another version"
        ) from error


def _plan_of(report: dict[str, Any], path: Path, places: dict[str, str], folder: Path) -> TrialPlan:
    places_then = _facts(report).get("places")
    known = places_then if isinstance(places_then, dict) else {}
    result = report["result"]
    found: dict[str, str] = {}
    for name in ("solution", "baseline", "twin", "prices"):
        label = _named(result["plan"], name)
        if name == "solution" and label == ON_THE_WIRE:
            raise DataError(
                f"{path}: the solution of this trial answered over the wire and its files were never here, so the "
                "trial cannot be run again; what stands in the report can still be compared with its hashes"
            )
        if not label or label.startswith("reference:") or (name == "prices" and not label.endswith(".toml")):
            continue
        beside = path.parent / Path(label).name
        candidates = [Path(str(place)) for place in (places.get(name), known.get(name)) if place] + [beside]
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
    return plan_from_record(result["plan"], path.parent, found)


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
