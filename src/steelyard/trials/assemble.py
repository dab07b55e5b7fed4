"""From runs to the report: results, floor, bound, ensemble, money, verdict; what is hashed apart from wall-clock."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from steelyard.trials import analysis, safety
from steelyard.trials.analysis import Pair, analyse
from steelyard.trials.campaign import evaluate_arm, run_baseline
from steelyard.trials.canonical import digest, plain
from steelyard.trials.catalogue import catalogue
from steelyard.trials.ensemble import ensemble
from steelyard.trials.kpi import Kpi
from steelyard.trials.money import worth
from steelyard.trials.plan import TrialPlan
from steelyard.trials.statistics import pooled_sd
from steelyard.trials.subjects.base import Subject
from steelyard.trials.verdict import Safety, decide

REPORT_FORMAT = "steelyard-trial-report/1"


@dataclass(frozen=True)
class Parts:
    """What a finished campaign trial is made of."""

    plan: TrialPlan
    plan_hash: str
    plant: Any
    root: int
    seal: Any
    hello: dict[str, Any]
    main: list[Any]
    variants: list[list[Any]]


BEHAVIOUR = ("decisions", "written", "interventions")


def safety_of(runs: list[Any], subject: Subject) -> Safety:
    """Return what the monitor counted; a run is worse when the solution has more hard violations than the baseline."""
    counted = [
        (run.job.index, *(safety.hard(arm.violations, subject.limits) for arm in (run.baseline, run.solution)))
        for run in runs
    ]
    return Safety(
        sum(solution for _, _, solution in counted),
        sum(baseline for _, baseline, _ in counted),
        tuple(index for index, baseline, solution in counted if solution > baseline),
        *(int(sum(run.solution.counts.get(name, 0.0) for run in runs)) for name in BEHAVIOUR),
    )


def floors(parts: Parts) -> dict[str, dict[str, float]]:
    """Return the spread of one pair's difference for each KPI, known before any solution was seen.

    Baseline against itself with common random numbers differs by exactly nothing, so it says nothing about what can be
    resolved. `paired_sd` is therefore baseline against the same baseline, same products, whose own luck is mirrored
    (same distribution, other decisions), where the process can be; `unpaired_sd` compares baseline runs of other seeds.
    """
    plan, count = parts.plan, min(parts.plan.runs.floor_campaigns, len(parts.main))
    if count < 2:
        return {}
    mirrored = [_mirrored(parts, run) for run in parts.main[:count]]
    strata = [run.job.scenario for run in parts.main]
    found = {}
    for id_, one in kpis_of(plan).items():
        found[id_] = {
            "unpaired_sd": float(np.sqrt(2.0) * spread([run.pair.baseline[id_] for run in parts.main], strata))
        }
        differences = [
            one.difference(run.pair.baseline[id_], other[id_])
            for other, run in zip(mirrored, parts.main, strict=False)
            if other is not None
        ]
        if differences:
            found[id_]["paired_sd"] = spread(differences, strata[:count])
    return found


def kpis_of(plan: TrialPlan) -> dict[str, Kpi]:
    """Return the KPIs of a plan's trial by id."""
    return catalogue(plan.trial.kind, plan.plant.process)


def _mirrored(parts: Parts, run: Any) -> dict[str, float] | None:
    world = parts.plant.open_mirrored(run.job.seed, run.job.scenario)
    return None if world is None else _alone(parts.plan, world)


def _alone(plan: TrialPlan, world: Any) -> dict[str, float]:
    """Return the KPIs of a run of the baseline alone."""
    arm = run_baseline(world, plan.runs.warmup_products, plan.runs.products)
    return evaluate_arm(arm, plan.prices().values, plan.subject)


def spread(values: list[float], strata: list[str]) -> float:
    """Return the spread of values within scenarios; over all of them where a scenario has only one."""
    least = min(strata.count(name) for name in set(strata))
    return pooled_sd(values, strata if least > 1 else None)


def oracle(parts: Parts) -> dict[str, Any] | None:
    """Return the KPIs of a baseline that knows the truth, and the baseline's own there; None without such an oracle."""
    plan = parts.plan
    if not (plan.runs.oracle and plan.subject.oracle):
        return None
    runs = parts.main[: max(plan.runs.floor_campaigns, len(plan.suite.scenarios))]
    known = [_alone(plan, parts.plant.open_oracle(run.job.seed, run.job.scenario)) for run in runs]
    mean = {id_: float(np.mean([one[id_] for one in known])) for id_ in kpis_of(plan)}
    base = {id_: float(np.mean([run.pair.baseline[id_] for run in runs])) for id_ in mean}
    return {"runs": len(runs), "kpis": mean, "baseline": base}


def traces(parts: Parts, primary: dict[str, Any]) -> dict[str, Any]:
    """Return worst, median and best run by the primary KPI, with the time plots of both arms."""
    id_ = primary["kpi"]
    one = kpis_of(parts.plan)[id_]
    ranked = sorted(
        parts.main,
        key=lambda run: (one.harmful * one.difference(run.pair.baseline[id_], run.pair.solution[id_]), run.job.index),
    )
    chosen = {"best": ranked[0], "median": ranked[len(ranked) // 2], "worst": ranked[-1]}
    found = {}
    step = max(1, round(parts.hello["interval_s"]))
    for name, run in chosen.items():
        world = parts.plant.open(run.job.seed, run.job.scenario)
        base = run_baseline(world, parts.plan.runs.warmup_products, parts.plan.runs.products, trace_s=step)
        found[name] = {
            "run": run.job.index, "scenario": run.job.scenario, "kpi": id_,
            "baseline_value": run.pair.baseline[id_], "solution_value": run.pair.solution[id_],
            "baseline": base.trace, "solution": run.solution.trace,
        }  # fmt: skip
    return found


def money(parts: Parts, results: dict[str, Any]) -> dict[str, Any]:
    """Return what the effect on cost and CO2 is worth in a year, and where the cost goes."""
    plan, own = parts.plan, parts.plan.subject
    cost, co2, prices = results["kpis"][own.cost], results["kpis"][own.co2], plan.prices()
    logs = {arm: [getattr(run, arm).log for run in parts.main] for arm in ("baseline", "solution")}
    tonnes = plan.money.products_per_year * float(np.mean(np.concatenate(logs["baseline"])[own.mass])) / 1e3
    saving = (-cost["effect"], -cost["high"], -cost["low"])
    shares = {arm: own.cost_split(found, prices.values) for arm, found in logs.items()}
    found = worth(saving, tonnes, plan.money.price_won, plan.money.running_won_per_year, plan.money.payback_years)
    carbon = {name: -co2[end] * tonnes / 1e3 for name, end in (("mean", "effect"), ("low", "high"), ("high", "low"))}
    return {**found, "co2_saving_t_per_year": carbon, "cost_parts_won_per_t": shares, "prices": prices.record()}


def run_rows(runs: list[Any], advised: bool) -> list[dict[str, Any]]:
    """Return the raw data of the runs: seeds, KPIs of both arms, violations, faults."""
    return [
        {
            **asdict(run.job),
            "baseline": run.pair.baseline,
            "solution": run.pair.solution,
            "baseline_violations": run.baseline.violations,
            "solution_violations": run.solution.violations,
            "faults": run.solution.faults,
            "counts": run.solution.counts,
            **(
                {name: float(np.sum(run.solution.log[name])) for name in ("advice_given", "advice_taken")}
                if advised
                else {}
            ),
        }
        for run in runs
    ]


def report(parts: Parts, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the whole report as plain data; everything under `result` is hashed and must come out again."""
    plan, pairs = parts.plan, [run.pair for run in parts.main]
    results = analyse(pairs, plan, parts.plan_hash)
    every = [*parts.main, *(run for runs in parts.variants for run in runs)]
    counted = safety_of(every, plan.subject)
    primary = results["primary"][0]
    spreads = floors(parts)
    verdict = decide(results, counted, plan, parts.plant.synthetic)
    result = {
        **head(parts),
        "results": results,
        "resolution": analysis.resolution(primary, spreads, plan, len(pairs)),
        "floors": spreads,
        "oracle": oracle(parts),
        "ensemble": ensemble(parts.variants, plan, parts.plan_hash, verdict["verdict"]),
        "safety": asdict(counted),
        "limits": safety.declaration(plan.subject.limits, plan.subject.board_limits),
        "money": money(parts, results),
        "verdict": verdict,
        "traces": traces(parts, primary),
        "departures": {
            arm: [round(float(e), 3) for run in parts.main for e in plan.subject.errors(getattr(run, arm).log)]
            for arm in ("baseline", "solution")
        },
        "runs": run_rows(every, plan.subject.advice),
    }
    return seal_report(result, facts)


def head(parts: Parts) -> dict[str, Any]:
    """Return what the trial was about: plan, solution, plant, scenarios, seeds."""
    from steelyard.plant.scenarios import scenario

    plan, plant = parts.plan, parts.plant
    stories = [_told(scenario(plan.plant.process, name)) for name in plan.suite.scenarios]
    return {
        "plan": plan.record(),
        "plan_hash": parts.plan_hash,
        "solution": parts.hello,
        "plant": {
            "label": plant.label, "sheet": plant.sheet(), "values_hash": plant.values_hash(), "card": plant.card,
            "identity": plant.identity,
        },
        "scenarios": stories,
        "seeds": {"root": parts.root, "seal": asdict(parts.seal) if parts.seal else None},
        "kpi_declarations": [one.declaration() for one in kpis_of(plan).values()],
    }  # fmt: skip


def _told(story: Any) -> dict[str, Any]:
    """Return a scenario as plain data; time courses and faults of the wire are left out where it has none."""
    return {key: value for key, value in asdict(story).items() if key not in ("courses", "wire") or value}


def seal_report(result: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the report around a result: short keys for other programs, the result, its hash, the wall-clock facts."""
    result = plain(result)
    primary = result["results"]["primary"][0]
    return {
        "format": REPORT_FORMAT,
        "verdict": result["verdict"]["verdict"],
        "primary": {key: primary[key] for key in ("kpi", "effect", "low", "high", "unit")},
        "report": "",
        "plan_hash": result["plan_hash"],
        "result_hash": digest(result),
        "result": result,
        "facts": plain({**facts, "versions": versions()}),
    }


def introduction(hello: Any) -> dict[str, Any]:
    """Return how a solution introduced itself as plain data; what its kind does not have is left out."""
    return {key: value for key, value in asdict(hello).items() if key != "alarms" or value}


def versions() -> dict[str, str]:
    """Return the versions of what computed the result."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in ("steelyard", "numpy", "scipy", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


__all__ = ["Pair", "Parts", "head", "introduction", "report", "seal_report", "versions"]
