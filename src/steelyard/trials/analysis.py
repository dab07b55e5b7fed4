"""From paired runs to results: every KPI with its interval, guardrails, per-scenario table, resolution."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from steelyard.trials import statistics as st
from steelyard.trials.catalogue import catalogue
from steelyard.trials.kpi import Kpi
from steelyard.trials.plan import TrialPlan


@dataclass(frozen=True)
class Pair:
    """One paired run: where, with which seed, and the KPIs of both arms."""

    index: int
    scenario: str
    seed: int
    baseline: dict[str, float]
    solution: dict[str, float]


def _differences(pairs: list[Pair], one: Kpi, against: float | None) -> list[float]:
    if against is None:
        return [one.difference(pair.baseline[one.id], pair.solution[one.id]) for pair in pairs]
    return [pair.solution[one.id] - against for pair in pairs]


def _scenario_mean(pairs: list[Pair], kpi: str, arm: str) -> float:
    names = sorted({pair.scenario for pair in pairs})
    groups = [[getattr(pair, arm)[kpi] for pair in pairs if pair.scenario == name] for name in names]
    return float(np.mean([np.mean(group) for group in groups]))


def compare(one: Kpi, pairs: list[Pair], plan: TrialPlan, seed: str, against: float | None = None) -> dict[str, Any]:
    """Return the comparison of one KPI over the paired runs; `effect` is solution minus baseline in the KPI's unit.

    For a KPI with a target it is the change of the distance from it; with `against` it is solution minus that value.
    """
    strata = [pair.scenario for pair in pairs]
    differences = _differences(pairs, one, against)
    interval = st.paired(
        differences, strata, seed=st.seed_from(seed, one.id), confidence=1.0 - plan.statistics.alpha,
        harmful=one.harmful, resamples=plan.statistics.resamples,
    )  # fmt: skip
    baseline = _scenario_mean(pairs, one.id, "baseline")
    found = asdict(interval)
    effect = found.pop("mean")
    return {
        "kpi": one.id,
        "unit": one.unit,
        "trend": one.trend,
        "target": one.target,
        "against": against,
        "baseline": baseline,
        "solution": _scenario_mean(pairs, one.id, "solution"),
        "effect": effect,
        "effect_percent": 100.0 * effect / abs(baseline) if baseline and one.target is None else None,
        **found,
        "sd": st.pooled_sd(differences, strata),
        "pairing": st.variance_reduction(
            [pair.baseline[one.id] for pair in pairs], [pair.solution[one.id] for pair in pairs], strata
        ),
    }


def harm(result: dict[str, Any]) -> tuple[float, float, float]:
    """Return (mean, low, high) of the harm: the difference turned so that positive is worse.

    A KPI with a target is harmed by moving away from it. Against a fixed value the mean's distance from the target
    counts, less that value's own distance; against the baseline each pair's distances have been compared already.
    """
    if result["target"] is not None and result["against"] is not None:
        shift = result["against"] - result["target"]
        mean, low, high = (result[end] + shift for end in ("effect", "low", "high"))
        ends = sorted((abs(low), abs(high)))
        nearest = 0.0 if low <= 0.0 <= high else ends[0]
        return abs(mean) - abs(shift), nearest - abs(shift), ends[1] - abs(shift)
    sign = -1.0 if result["trend"] == "higher" else 1.0
    ends = sorted((sign * result["low"], sign * result["high"]))
    return sign * result["effect"], ends[0], ends[1]


def guardrail(result: dict[str, Any], margin: float, plan: TrialPlan) -> dict[str, Any]:
    """Return a guardrail's state: held, broken or unclear, with the runs needed to make it clear."""
    mean, low, high = harm(result)
    state = st.non_inferior(low, high, margin)
    needed = None
    if state == "unclear":
        needed = st.needed_runs(result["sd"], margin - mean, plan.statistics.alpha, plan.statistics.power)
    return {**result, "margin": margin, "harm": mean, "harm_high": high, "state": state, "needed_runs": needed}


def per_scenario(pairs: list[Pair], kpis: dict[str, Kpi], plan: TrialPlan, seed: str) -> list[dict[str, Any]]:
    """Return each scenario's own comparison of every KPI."""
    rows = []
    for name in sorted({pair.scenario for pair in pairs}):
        inside = [pair for pair in pairs if pair.scenario == name]
        results = {id_: compare(one, inside, plan, f"{seed}/{name}") for id_, one in kpis.items()}
        rows.append({"scenario": name, "runs": len(inside), "results": results})
    return rows


def resolution(
    primary: dict[str, Any], floors: dict[str, dict[str, float]], plan: TrialPlan, runs: int
) -> dict[str, Any]:
    """Return the smallest effect this suite can tell from zero: planned (before the trial) and reached (after it).

    `floors[kpi]` holds the spread of one pair's difference before any solution was seen: `paired_sd` baseline against
    the same baseline with its own decisions disturbed, `unpaired_sd` baseline against baseline under other seeds.
    """
    alpha, power = plan.statistics.alpha, plan.statistics.power
    planned = floors.get(primary["kpi"], {})
    return {
        "kpi": primary["kpi"],
        "unit": primary["unit"],
        "runs": runs,
        "alpha": alpha,
        "power": power,
        "planned_paired": _floor(planned.get("paired_sd"), runs, alpha, power),
        "planned_unpaired": _floor(planned.get("unpaired_sd"), runs, alpha, power),
        "reached": st.detectable(primary["sd"], runs, alpha, power),
        "needed_runs_for_effect": st.needed_runs(primary["sd"], primary["effect"], alpha, power),
    }


def _floor(sd: float | None, runs: int, alpha: float, power: float) -> float | None:
    return None if sd is None else st.detectable(sd, runs, alpha, power)


def analyse(pairs: list[Pair], plan: TrialPlan, plan_hash: str) -> dict[str, Any]:
    """Return all results of a trial: primary (Holm), guardrails, every KPI, per scenario."""
    kpis = catalogue(plan.trial.kind, plan.plant.process)
    every = {id_: compare(one, pairs, plan, plan_hash) for id_, one in kpis.items()}
    primary = []
    adjusted = st.holm([every[target.kpi]["p_value"] for target in plan.primary])
    for target, p_holm in zip(plan.primary, adjusted, strict=True):
        result = guardrail(every[target.kpi], target.margin, plan)
        primary.append({**result, "p_holm": p_holm, "finding": _finding(result, p_holm, plan.statistics.alpha)})
    rails = [
        guardrail(
            every[target.kpi] if target.against is None
            else compare(kpis[target.kpi], pairs, plan, plan_hash, target.against),
            target.margin, plan,
        )
        for target in plan.guardrails
    ]  # fmt: skip
    return {
        "primary": primary,
        "guardrails": rails,
        "kpis": every,
        "scenarios": per_scenario(pairs, kpis, plan, plan_hash),
    }


def _finding(result: dict[str, Any], p_holm: float, alpha: float) -> str:
    """Return better, worse, not worse or unclear for one primary KPI."""
    _, low, high = harm(result)
    if high < 0.0 and p_holm <= alpha:
        return "better"
    if low > 0.0 and p_holm <= alpha:
        return "worse"
    return "not worse" if result["state"] == "held" else "unclear"
