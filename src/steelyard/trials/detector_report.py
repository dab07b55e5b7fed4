"""The result of a detector trial: delays, false alarms, scores over time."""

from dataclasses import asdict
from typing import Any

import numpy as np

from steelyard.trials.alarms import meant_and_other
from steelyard.trials.analysis import analyse, resolution
from steelyard.trials.assemble import Parts, head, kpis_of, spread
from steelyard.trials.ensemble import ensemble
from steelyard.trials.verdict import Safety, decide


def detector_report(parts: Parts) -> dict[str, Any]:
    """Return the hashed part of a detector trial's report."""
    plan, pairs = parts.plan, [run.pair for run in parts.main]
    results = analyse(pairs, plan, parts.plan_hash)
    primary = results["primary"][0]
    every = [*parts.main, *(run for runs in parts.variants for run in runs)]
    counted = _behaviour(every)
    verdict = decide(results, counted, plan, parts.plant.synthetic)
    floors = _floors(parts)
    return {
        **head(parts),
        "results": results,
        "resolution": resolution(primary, floors, plan, len(pairs)),
        "floors": floors,
        "oracle": None,
        "ensemble": ensemble(parts.variants, plan, parts.plan_hash, verdict["verdict"]),
        "safety": asdict(counted),
        "limits": [],
        "money": None,
        "verdict": verdict,
        "traces": _traces(parts, primary["kpi"]),
        "departures": {
            arm: [round(getattr(run.pair, arm)["delay_h"], 4) for run in parts.main] for arm in ("baseline", "solution")
        },
        "runs": [_row(run) for run in every],
    }


def _behaviour(runs: list[Any]) -> Safety:
    """Return how the detector behaved; it writes nothing, so all of its answers count as carried out."""
    asked = sum(run.solution.scored.asked for run in runs)
    faults = sum(sum(one.faults.values()) for run in runs for one in (run.solution.sound, run.solution.faulty))
    return Safety(decisions=asked, written=asked, interventions=faults)


def _floors(parts: Parts) -> dict[str, dict[str, float]]:
    """Return the spread of the baseline's KPIs between runs: what an unpaired comparison would have to beat."""
    strata = [run.job.scenario for run in parts.main]
    return {
        id_: {"unpaired_sd": float(np.sqrt(2.0) * spread([run.pair.baseline[id_] for run in parts.main], strata))}
        for id_ in kpis_of(parts.plan)
    }


def _row(run: Any) -> dict[str, Any]:
    watched = (run.solution.sound, run.solution.faulty)
    faults: dict[str, int] = {}
    for one in watched:
        for name, count in one.faults.items():
            faults[name] = faults.get(name, 0) + count
    return {
        **asdict(run.job),
        "baseline": run.pair.baseline,
        "solution": run.pair.solution,
        "injection": asdict(run.injection),
        "faults": faults,
        "counts": {"decisions": float(run.solution.scored.asked)},
        "baseline_violations": {},
        "solution_violations": {},
    }


def _traces(parts: Parts, id_: str) -> dict[str, Any]:
    """Return worst, median and best campaign by the primary KPI, with the scores of both detectors over time."""
    one = kpis_of(parts.plan)[id_]
    ranked = sorted(
        parts.main,
        key=lambda run: (one.harmful * one.difference(run.pair.baseline[id_], run.pair.solution[id_]), run.job.index),
    )
    chosen = {"best": ranked[0], "median": ranked[len(ranked) // 2], "worst": ranked[-1]}
    return {
        name: {
            "run": run.job.index, "scenario": run.job.scenario, "kpi": id_,
            "baseline_value": run.pair.baseline[id_], "solution_value": run.pair.solution[id_],
            **{arm: _trace(getattr(run, arm).faulty, run.injection) for arm in ("baseline", "solution")},
        }
        for name, run in chosen.items()
    }  # fmt: skip


def _trace(watched: Any, injection: Any) -> dict[str, Any]:
    """Return [time, score of the alarm that means the fault, highest other score] at each decision, and the onset."""
    rows = []
    for now, scores in watched.scores:
        meant, other = meant_and_other(scores, injection)
        rows.append([now, round(meant, 3), round(other, 3)])
    return {"scores": rows, "onset": injection.onset}
