"""The result of a predictor trial: scores by blocks of products, what leaked, where the error is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from steelyard.trials.analysis import Pair, analyse, resolution
from steelyard.trials.assemble import introduction
from steelyard.trials.catalogue import catalogue
from steelyard.trials.kpi import Kpi
from steelyard.trials.labels import labels, texts
from steelyard.trials.plan import TrialPlan
from steelyard.trials.predictor_kpi import ScoredValues, evaluate
from steelyard.trials.subjects.base import Records
from steelyard.trials.verdict import Safety, decide
from steelyard.trials.wording import number, sentence

RECORDED = "recorded"


@dataclass(frozen=True)
class Estimate:
    """One scored measurement: product, number of those before it, its value, and the estimate (None: no answer)."""

    key: int
    number: int
    measured: float
    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Replayed:
    """What a finished replay left: plan, data, and the estimates of both predictors in the same order."""

    plan: TrialPlan
    plan_hash: str
    data_hash: str
    learn: list[Any]
    scored: list[Any]
    from_key: int
    baseline: list[Estimate]
    solution: list[Estimate]
    synthetic: bool = False


def score(estimates: list[Estimate], baseline: list[Estimate], records: Records) -> ScoredValues:
    """Return errors and intervals; a missing answer takes the baseline's estimate and counts as outside."""
    values = [
        one.value if one.value is not None else base.value if base.value is not None else _missed(one, records)
        for one, base in zip(estimates, baseline, strict=True)
    ]
    measured, low, high = (np.array([getattr(one, end) for one in estimates]) for end in ("measured", "low", "high"))
    missing = np.array([one.value is None for one in estimates])
    width, error = np.where(missing, 0.0, high - low), np.array(values) - measured
    inside = ~missing & (low <= measured) & (measured <= high)
    if records.relative:
        error, width = 100.0 * error / measured, 100.0 * width / measured
    return ScoredValues(error, inside, width, missing)


def _missed(one: Estimate, records: Records) -> float:
    return one.measured + records.missing * (one.measured / 100.0 if records.relative else 1.0)


def _blocks(estimates: list[Estimate], scored: list[Any], size: int) -> list[list[int]]:
    """Return the places of the estimates of each block of consecutive products; a short rest joins the last block."""
    order = {one.key: i // size for i, one in enumerate(scored)}
    last = max(1, len(scored) // size) - 1
    blocks: list[list[int]] = [[] for _ in range(last + 1)]
    for place, one in enumerate(estimates):
        blocks[min(last, order[one.key])].append(place)
    return blocks


def _take(scores: ScoredValues, places: list[int]) -> ScoredValues:
    return ScoredValues(*(getattr(scores, name)[places] for name in ("error", "inside", "width", "unanswered")))


def predictor_result(replayed: Replayed, host: Any) -> dict[str, Any]:
    """Return the hashed part of a predictor trial's report."""
    plan, both = replayed.plan, (replayed.baseline, replayed.solution)
    records, kpis = plan.subject.records, catalogue("predictor", plan.plant.process)
    assert records is not None
    baseline, solution = score(both[0], both[0], records), score(both[1], both[0], records)
    blocks = _blocks(both[1], replayed.scored, plan.data.block_products)
    pairs = [
        Pair(i, RECORDED, 0, *(evaluate(kpis, _take(scores, places)) for scores in (baseline, solution)))
        for i, places in enumerate(blocks)
    ]
    results = analyse(pairs, plan, replayed.plan_hash)
    primary = results["primary"][0]
    keys = [f"{both[1][places[0]].key}–{both[1][places[-1]].key}" for places in blocks]
    faults = {name: int(count) for name, count in host.faults.items() if name != "fallback"}
    return {
        **_head(replayed, host),
        "leak_checks": leak_checks(solution, baseline, plan),
        "robustness": by_number(both[1], solution, baseline, plan),
        "results": results,
        "resolution": resolution(primary, _spreads(pairs), plan, len(pairs)),
        "verdict": decide(results, Safety(), plan, replayed.synthetic),
        "safety": asdict(Safety()),
        "traces": _traces(pairs, blocks, both, keys, kpis[primary["kpi"]]),
        "departures": {"baseline": _rounded(baseline.error), "solution": _rounded(solution.error)},
        "runs": [
            {"index": pair.index, "scenario": RECORDED, "seed": 0, "draw": None, "keys": keys[pair.index],
             "baseline": pair.baseline, "solution": pair.solution, "faults": faults if pair.index == 0 else {}}
            for pair in pairs
        ],
    }  # fmt: skip


def _head(replayed: Replayed, host: Any) -> dict[str, Any]:
    plan, process = replayed.plan, replayed.plan.plant.process
    return {
        "plan": plan.record(),
        "plan_hash": replayed.plan_hash,
        "solution": introduction(host.hello),
        "plant": {
            "label": plan.data.name, "sheet": {}, "card": [], "values_hash": replayed.data_hash,
            "identity": {"kind": texts("recorded", process)},
        },
        "scenarios": [],
        "data_hash": replayed.data_hash,
        "data_facts": _data_facts(replayed, process),
        "split": texts(
            "split", process, learn=len(replayed.learn), key=replayed.from_key, scored=len(replayed.scored)
        ),
    }  # fmt: skip


def _spreads(pairs: list[Pair]) -> dict[str, dict[str, float]]:
    """Return the spread of the baseline's KPI between blocks: what an unpaired comparison would have to beat."""
    values = {kpi: [pair.baseline[kpi] for pair in pairs] for kpi in pairs[0].baseline}
    return {kpi: {"unpaired_sd": float(np.sqrt(2.0) * np.std(row, ddof=1))} for kpi, row in values.items()}


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 3) for value in values]


def _data_facts(replayed: Replayed, process: str) -> list[Any]:
    learn, scored = replayed.learn, replayed.scored
    period = f"{scored[0].begin():%Y-%m-%d} – {scored[-1].begin():%Y-%m-%d}"
    return [
        [texts("fact_products", process), f"{len(learn)} / {len(scored)}"],
        [texts("fact_keys", process), f"{scored[0].key} – {scored[-1].key}"],
        [texts("fact_period", process), period],
        [texts("fact_values", process), str(len(replayed.solution))],
    ]


def leak_checks(solution: ScoredValues, baseline: ScoredValues, plan: TrialPlan) -> list[dict[str, str]]:
    """Return the leaks that were looked for, with what was found."""
    records, process = plan.subject.records, plan.plant.process
    assert records is not None
    exact = [100.0 * float(np.mean(np.abs(scores.error) < records.near)) for scores in (solution, baseline)]
    found = labels(process)
    note = found["leak_suspicious" if exact[0] > records.suspicious else "leak_plausible"]
    said = found["leak_exact"]
    return [
        found["leak_order"],
        found["leak_totals"],
        sentence(said["en"], said["ko"], a=number(exact[0], 1), b=number(exact[1], 1), note=note),
    ]


def by_number(
    estimates: list[Estimate], solution: ScoredValues, baseline: ScoredValues, plan: TrialPlan
) -> list[dict[str, str]]:
    """Return the error by the place of the measurement in its product."""
    records, said = plan.subject.records, labels(plan.plant.process)["by_number"]
    assert records is not None
    places = np.array([one.number for one in estimates])
    rows = []
    for low, high, name in records.groups:
        inside = (places >= low) & (places <= high)
        if inside.any():
            b, s = (number(float(np.mean(np.abs(scores.error[inside])))) for scores in (baseline, solution))
            rows.append(sentence(said["en"], said["ko"], name=name, b=b, s=s, n=str(int(inside.sum()))))
    return rows


def _traces(pairs: list[Pair], blocks: list[list[int]], both: tuple, keys: list[str], one: Kpi) -> dict[str, Any]:
    kpi = one.id
    ranked = sorted(
        pairs, key=lambda pair: (one.harmful * one.difference(pair.baseline[kpi], pair.solution[kpi]), pair.index)
    )
    chosen = {"best": ranked[0], "median": ranked[len(ranked) // 2], "worst": ranked[-1]}
    found = {}
    for name, pair in chosen.items():
        points = []
        for place in blocks[pair.index]:
            base, mine = both[0][place], both[1][place]
            if mine.value is None or base.value is None:
                continue
            points.append(
                {"measured": mine.measured, "baseline": round(base.value, 2), "solution": round(mine.value, 2),
                 "low": round(mine.low, 2), "high": round(mine.high, 2)}
            )  # fmt: skip
        found[name] = {
            "run": pair.index, "scenario": RECORDED, "kpi": kpi, "keys": keys[pair.index],
            "baseline_value": pair.baseline[kpi], "solution_value": pair.solution[kpi], "points": points,
        }  # fmt: skip
    return found
