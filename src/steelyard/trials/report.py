"""The report: one HTML file without outside resources, and the JSON beside it that a re-run is compared with."""

import json
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials import pictures
from steelyard.trials.canonical import digest
from steelyard.trials.validity import CARD_NAMES, SHIPPED_CARD, control_list, limits_of_validity
from steelyard.trials.view import View
from steelyard.trials.wording import number, trouble

HTML_NAME, JSON_NAME = "report.html", "report.json"


def render(report: dict[str, Any], lang: str = "en") -> str:
    """Return the report as one HTML page in `lang` ("en" or "ko"); everything from outside is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = str(files("steelyard.trials") / "templates")
    world = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    world.filters["svg"] = Markup
    view = View(report, lang)
    style = Markup((Path(folder) / "report.css").read_text(encoding="utf-8"))
    html = world.get_template("report.html.jinja").render(page(view), v=view, lang=lang, style=style, t=view.label)
    return html.replace(" %", "\u00a0%")


def page(view: View) -> dict[str, Any]:
    """Return what the template needs, already formatted."""
    result, report = view.result, view.report
    results = result["results"]
    return {
        "report": report,
        "result": result,
        "plan": result["plan"],
        "verdict": result["verdict"],
        "primary": [view.comparison(row) for row in results["primary"]],
        "guardrails": [view.comparison(row) for row in results["guardrails"]],
        "kpis": [view.comparison(row) for row in results["kpis"].values()],
        "statistics": pictures.statistics(view),
        "money": pictures.money(view),
        "ensemble": pictures.ensemble(view),
        "oracle": pictures.oracle(view),
        "forest": pictures.forest(view),
        "strip": pictures.strip(view),
        "distribution": pictures.distribution(view),
        "timeplots": pictures.timeplots(view),
        "reads": grouped(result["solution"]["reads"]),
        "card": card(view),
        "identity": "; ".join(view.pick(text) for text in result["plant"]["identity"].values()),
        "limits": [view.pick(text) for text in limits_of_validity(result)],
        "control": [(view.pick(question), view.pick(answer)) for question, answer in control_list(result)],
        "violations": violations(view),
        "facts": facts(view),
        "faults": faults(result),
        "advice": advice(result),
        "runs": run_rows(view),
        "scenarios": scenario_rows(view),
        "runs_hint": runs_hint(view),
        "warmup": warmup(view),
        "injected": ", ".join(view.plan["detection"]["faults"]) if view.kind == "detector" else "",
        "floor": view.value(
            view.primary["kpi"], result["resolution"]["planned_paired"] or result["resolution"]["reached"]
        ),
    }


def runs_hint(view: View) -> str:
    """Return how many runs of which length there were, or how many blocks of recorded products."""
    if view.kind == "predictor":
        dips = len(view.result["departures"]["solution"])
        return view.label("blocks_hint", block=view.planned("data", "block_products"), dips=dips)
    campaigns = view.plan["runs"]["campaigns"]
    if view.kind == "detector":
        return view.label("runs_hint_detector", campaigns=campaigns, hours=f"{view.plan['detection']['hours']:g}")
    return view.label("runs_hint", campaigns=campaigns, products=view.planned("runs", "products"))


def warmup(view: View) -> str:
    """Return how long the warm-up was."""
    if view.kind == "detector":
        return f"{view.plan['detection']['warmup_h']:g} h"
    return view.label("warmup_of", products=view.planned("runs", "warmup_products")) if view.simulated else ""


def grouped(names: list[str]) -> list[str]:
    """Return signal names with the slots of one array as one line.

    >>> grouped(["a.b", "a.c[x]", "a.c[y]"])
    ['a.b', 'a.c[…] ×2']
    """
    stems: dict[str, int] = {}
    for name in names:
        stem = name.split("[")[0] + "[…]" if "[" in name else name
        stems[stem] = stems.get(stem, 0) + 1
    return [f"{stem} ×{count}" if count > 1 else stem for stem, count in stems.items()]


def card(view: View) -> list[dict[str, Any]]:
    """Return the credibility card: name, level 0 to 4, evidence."""
    entries = view.result["plant"].get("card") or SHIPPED_CARD
    rows = []
    for entry in entries:
        highest, evidence = 4, view.pick(entry["evidence"])
        if entry["id"] == "validation" and view.subject.unmeasured and view.kind != "predictor":
            highest, evidence = 1, f"{evidence}; {view.pick(view.subject.unmeasured)}"
        name = view.pick(entry.get("name") or CARD_NAMES.get(entry["id"], entry["id"]))
        rows.append({"name": name, "level": max(0, min(highest, int(entry["level"]))), "evidence": evidence})
    return rows


def violations(view: View) -> list[dict[str, Any]]:
    """Return each limit with its violations in both arms, over all runs."""
    runs = view.result["runs"]
    return [
        {
            "name": view.pick(limit["name"]),
            "level": view.label(limit["level"]),
            "hard": limit["level"] == "hard",
            "limit": limit["limit"],
            "source": limit["source"],
            "baseline": sum(run["baseline_violations"].get(limit["id"], 0) for run in runs),
            "solution": sum(run["solution_violations"].get(limit["id"], 0) for run in runs),
        }
        for limit in view.result.get("limits", [])
    ]


def faults(result: dict[str, Any]) -> dict[str, int]:
    """Return the faults of the solution over all runs, those that happened."""
    total: dict[str, int] = {}
    for run in result["runs"]:
        for name, count in run.get("faults", {}).items():
            total[name] = total.get(name, 0) + int(count)
    return {name.replace("_", " "): count for name, count in total.items() if count}


def advice(result: dict[str, Any]) -> str:
    """Return how many proposals stood at decisions and how many were followed."""
    given = sum(run.get("advice_given", 0.0) for run in result["runs"])
    taken = sum(run.get("advice_taken", 0.0) for run in result["runs"])
    return f"{number(given, 0)} / {number(taken, 0)}" if given else ""


def facts(view: View) -> dict[str, Any]:
    """Return the wall-clock facts, which are not hashed."""
    known = view.report["facts"]
    timings = known.get("solution_timing") or [{}]
    requests = sum(row.get("requests", 0) for row in timings)
    spent = sum(row.get("requests", 0) * row.get("mean_us", 0.0) for row in timings)
    return {
        "started": known.get("started", ""),
        "seconds": number(known.get("seconds"), 1),
        "isolation": view.isolation(known.get("isolation", {})),
        "connection": view.connection(known.get("connection") or {}),
        "ratio": ratio(view),
        "answer": f"{number(spent / requests / 1000.0)} ms, {number(requests, 0)}×" if requests else "–",
        "versions": ", ".join(f"{name} {version}" for name, version in known.get("versions", {}).items()),
        "messages": [f"{run}: {reason}" for run, rows in known.get("reasons", {}).items() for reason in rows][:12],
    }


def ratio(view: View) -> str:
    """Return plant seconds per second of computing, for the arm with the solution; empty when it is not known."""
    decisions = sum(run.get("counts", {}).get("decisions", 0.0) for run in view.result["runs"])
    spent = view.report["facts"].get("seconds") or 0.0
    interval = view.result["solution"].get("interval_s", 0.0)
    return f"{number(decisions * interval / spent, 0)} : 1" if decisions and spent else ""


def run_rows(view: View) -> list[dict[str, Any]]:
    """Return the raw results of each paired run of the main part."""
    kpi = view.primary["kpi"]
    return [
        {
            "number": run["index"] + 1,
            "scenario": view.scenario(run["scenario"]) if view.simulated else run.get("keys", ""),
            "seed": run["seed"],
            "baseline": number(run["baseline"][kpi], 3),
            "solution": number(run["solution"][kpi], 3),
            "effect": number(run["solution"][kpi] - run["baseline"][kpi], 3, signed=True),
        }
        for run in view.result["runs"]
        if run.get("draw") is None
    ]


def scenario_rows(view: View) -> list[dict[str, Any]]:
    """Return each scenario with its story and the comparison of the primary KPI and the first guardrails."""
    stories = {story["id"]: story for story in view.result["scenarios"]}
    kpi = view.primary["kpi"]
    rows = []
    for found in view.result["results"]["scenarios"]:
        story = stories.get(found["scenario"])
        if story is None:
            continue
        rows.append(
            {
                "title": view.pick(story["title"]),
                "id": f"{story['id']} v{story['version']}",
                "description": view.pick(story["description"]),
                "faults": ", ".join(_wrong_with(story, view)) or view.label("none"),
                "runs": found["runs"],
                "primary": view.comparison(found["results"][kpi]),
            }
        )
    return rows


def _wrong_with(story: dict[str, Any], view: View) -> list[str]:
    """Return the faults of a scenario: those of the plant, of the wire, and how often nothing reached the solution."""
    found = [f"{name} {value:g}" for name, value in story["faults"].items()]
    found += dict.fromkeys(view.label(f"wire_{one['kind']}") for one in story.get("wire", []))
    counts = [run.get("counts", {}) for run in view.result["runs"] if run["scenario"] == story["id"]]
    unasked, asked = (sum(one.get(name, 0.0) for one in counts) for name in ("unasked", "decisions"))
    return [*found, view.label("unasked", share=number(100.0 * unasked / (unasked + asked), 0))] if unasked else found


def prepare(folder: Path) -> None:
    """See that a report can be written into `folder`, before the work is done; DataError when it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".steelyard-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from error


def write(report: dict[str, Any], folder: Path, lang: str = "en") -> Path:
    """Write report.json and report.html into `folder` and return the path of the page.

    Sets `report["report"]` to that path. The JSON also names language and sha256 of the page, and `report_hash`, the
    sha256 over all but `facts`. Each file is there whole or not at all. DataError when the folder cannot be written.
    """
    prepare(folder)
    target = folder / HTML_NAME
    stored = {**report, "report": HTML_NAME}
    html = render(json.loads(json.dumps(stored)), lang)  # from what a reader of the JSON will have
    stored["page"] = {"language": lang, "sha256": sha256(html.encode()).hexdigest()}
    stored["report_hash"] = report_digest(stored)
    text = json.dumps(stored, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    try:
        _replace({folder / JSON_NAME: text, target: html})
    except OSError as error:
        raise _unwritable(folder, error) from error
    report["report"] = str(target)
    return target


def report_digest(report: dict[str, Any]) -> str:
    """Return the sha256 over everything in a report.json but `facts` and the digest itself."""
    return digest({key: value for key, value in report.items() if key not in ("facts", "report_hash")})


def _replace(texts: dict[Path, str]) -> None:
    """Write files beside their places first, then move them there; what is left over is removed."""
    new = {path: path.with_name(f".{path.name}.new") for path in texts}
    try:
        for path, text in texts.items():
            new[path].write_bytes(text.encode())
        for path, made in new.items():
            made.replace(path)
    finally:
        for made in new.values():
            made.unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError) -> DataError:
    return DataError(f"{folder}: the report cannot be written: {trouble(error)}; choose another --out")


def load(path: Path) -> dict[str, Any]:
    """Read a report.json; DataError when it is none."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: cannot be read as a trial report: {trouble(error)}; give the report.json of a trial"
        ) from error
    if not isinstance(report, dict) or not {"result", "result_hash", "plan_hash"} <= set(report):
        raise DataError(f"{path}: this is not a trial report (result, result_hash, plan_hash); give its report.json")
    return report


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: one reader would take the first value, another one the second."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in found if names.count(key) > 1)!r} stands in it twice")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not a number in JSON")
