"""The twin's own doubt: the trial again in plausible variants of the plant; in which share does the verdict hold?"""

from typing import Any

from steelyard.trials import safety
from steelyard.trials.analysis import compare, guardrail, harm
from steelyard.trials.catalogue import catalogue
from steelyard.trials.plan import TrialPlan
from steelyard.trials.statistics import binomial_interval

RESAMPLES = 1999


def _holds(verdict: str, primary: list[dict[str, Any]], rails: list[dict[str, Any]], unsafe: bool) -> bool:
    """Return whether the best estimates of all primary KPIs in one variant point to the same verdict.

    As in the verdict itself: one clear improvement and no harm above a margin is "better", one primary harmed is worse.
    """
    harms = [(harm(one)[0], one["margin"]) for one in primary]
    broken = unsafe or any(rail["harm"] > rail["margin"] for rail in rails)
    if verdict == "better":
        return any(mean < 0.0 for mean, _ in harms) and all(mean <= margin for mean, margin in harms) and not broken
    if verdict == "not worse":
        return all(mean <= margin for mean, margin in harms) and not broken
    if verdict == "worse":
        return any(mean > 0.0 for mean, _ in harms) or broken
    return unsafe if verdict == "unsafe" else not broken


def _variant(runs: list[Any], draw: int, plan: TrialPlan, seed: str, verdict: str) -> dict[str, Any]:
    kpis, limits = catalogue(plan.trial.kind, plan.plant.process), plan.subject.limits
    pairs = [run.pair for run in runs]
    label = f"{seed}/draw {draw}"
    primary = [guardrail(compare(kpis[one.kpi], pairs, plan, label), one.margin, plan) for one in plan.primary]
    rails = [
        guardrail(compare(kpis[rail.kpi], pairs, plan, label, rail.against), rail.margin, plan)
        for rail in plan.guardrails
    ]
    unsafe = any(
        safety.hard(run.solution.violations, limits) > safety.hard(run.baseline.violations, limits) for run in runs
    )
    return {
        "draw": draw,
        "runs": len(runs),
        "effect": primary[0]["effect"],
        "low": primary[0]["low"],
        "high": primary[0]["high"],
        "unsafe": unsafe,
        "broken": [rail["kpi"] for rail in rails if rail["harm"] > rail["margin"]],
        "holds": _holds(verdict, primary, rails, unsafe),
    }


def ensemble(variants: list[list[Any]], plan: TrialPlan, seed: str, verdict: str) -> dict[str, Any] | None:
    """Return each variant's effect and the share of plausible plants in which the verdict holds; None without variants.

    A variant gets fewer runs than the main trial, so "holds" goes by its best estimates and counted violations.
    """
    if not variants:
        return None
    rows = [_variant(runs, draw, plan, seed, verdict) for draw, runs in enumerate(variants)]
    hits = sum(row["holds"] for row in rows)
    low, high = binomial_interval(hits, len(rows))
    return {
        "kpi": plan.primary[0].kpi,
        "draws": rows,
        "holds": hits,
        "share": hits / len(rows),
        "share_low": low,
        "share_high": high,
    }
