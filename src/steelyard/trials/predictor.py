"""A predictor trial: two soft sensors meet the same recorded heats in time order; the next dip is the truth.

Unit of analysis: a block of consecutive heats, since neighbouring heats and the dips of one heat are alike.
"""

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import DataError
from steelyard.trials.analysis import Pair, analyse, resolution
from steelyard.trials.assemble import seal_report
from steelyard.trials.executor import Progress, run_lanes
from steelyard.trials.plan import TrialPlan
from steelyard.trials.predictor_kpi import CATALOGUE, ScoredDips, evaluate
from steelyard.trials.recorded import DIP_SIGNAL, RecordedHeat, load_heats, moments
from steelyard.trials.verdict import Safety, decide
from steelyard.trials.wording import number, sentence

RECORDED = "recorded"


@dataclass(frozen=True)
class Estimate:
    """One scored dip: the heat, the number of dips before it, the reading [°C] and the estimate (None: no answer)."""

    key: int
    number: int
    measured: float
    value: float | None
    low: float
    high: float


def scored_heats(heats: list[RecordedHeat], plan: TrialPlan) -> tuple[list[RecordedHeat], list[RecordedHeat], int]:
    """Return the heats to learn from, the heats to score, and the first scored key; DataError when too few remain."""
    from_key = plan.data.from_key or heats[(3 * len(heats)) // 4].key
    scored = [
        heat for heat in heats if heat.key >= from_key and (not plan.data.until_key or heat.key <= plan.data.until_key)
    ]
    scored = [heat for heat in scored if len(heat.dips) > 1]
    learn = [heat for heat in heats if heat.key < from_key]
    learn = learn[-plan.data.learn_heats :] if plan.data.learn_heats else learn
    if len(scored) < 4 * plan.data.block_heats:
        raise DataError(
            f"plan: only {len(scored)} heats with two dips from key {from_key} on; 4 blocks need at least "
            f"{4 * plan.data.block_heats}; choose an earlier [data] from_key or smaller block_heats"
        )
    return learn, scored, from_key


def replay(host: Any, learn: list[RecordedHeat], scored: list[RecordedHeat], sheet: dict[str, Any]) -> list[Estimate]:
    """Show all heats in time order to a hosted predictor and collect its estimates of the scored dips.

    Each dip is estimated from what was known just before it, then shown. The first dip of a heat is not scored.
    """
    host.start({"seed_label": "recorded heats", "plant": sheet})
    origin = (learn or scored)[0].begin()
    wanted = {heat.key for heat in scored}
    known = list(dict.fromkeys(name for heat in (*learn, *scored) for m in moments(heat, origin) for name in m.after))
    reads = [name for name in host.hello.reads if not name.endswith("[*]")]
    if any(name.endswith("[*]") for name in host.hello.reads):
        reads = list(dict.fromkeys([*reads, *known]))
    found: list[Estimate] = []
    for heat in (*learn, *scored):
        for moment in moments(heat, origin):
            is_dip = not math.isnan(moment.dip)
            if is_dip and heat.key in wanted and moment.number > 0:
                shown = {name: moment.signals.get(name, math.nan) for name in reads}
                answer = host.predict(moment.time_s, shown, DIP_SIGNAL).estimate
                found.append(
                    Estimate(heat.key, moment.number, moment.dip, answer.value, answer.low, answer.high)
                    if answer is not None
                    else Estimate(heat.key, moment.number, moment.dip, None, math.nan, math.nan)
                )
            host.observe(moment.time_s, {name: moment.after.get(name, math.nan) for name in reads})
    return found


def score(estimates: list[Estimate], baseline: list[Estimate]) -> ScoredDips:
    """Return errors and intervals; a missing answer takes the baseline's estimate and counts as outside."""
    values = [
        one.value if one.value is not None else base.value if base.value is not None else one.measured + 50.0
        for one, base in zip(estimates, baseline, strict=True)
    ]
    measured = np.array([one.measured for one in estimates])
    missing = np.array([one.value is None for one in estimates])
    low = np.array([one.low for one in estimates])
    high = np.array([one.high for one in estimates])
    width = np.where(missing, 0.0, high - low)
    return ScoredDips(np.array(values) - measured, ~missing & (low <= measured) & (measured <= high), width, missing)


def run_predictor_trial(
    plan: TrialPlan, store: Any, progress: Progress | None = None, threads: int | None = None
) -> dict[str, Any]:
    """Run a predictor trial on a recorded data set of `store` and return its report.

    Raises DataError for a plan or data set that cannot be used, SolutionError for a solution that cannot introduce
    itself; faults during the replay are counted.
    """
    begun, plan_hash = time.time(), plan.hash()
    heats = load_heats(store, plan.data.name)
    learn, scored, from_key = scored_heats(heats, plan)
    sheet = {"name": plan.data.name, "nominal_mass_t": 100.0}
    paths = [plan.baseline_path(), plan.solution_path()]
    hosts: dict[int, Any] = {}

    def open_lane(lane: int) -> Any:
        hosts[lane] = _host(plan, paths[lane], lane)
        return hosts[lane]

    def work(host: Any, job: int) -> list[Estimate]:
        host.open()
        _check_kind(host, paths[job])
        return replay(host, learn, scored, sheet)

    both = run_lanes([0, 1], 2, open_lane, work, progress, threads)
    facts = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "seconds": time.time() - begun,
        "solution_timing": [hosts[1].timing()],
        "isolation": hosts[1].isolation,
        "reasons": {"1": hosts[1].reasons} if hosts[1].reasons else {},
        "places": plan.places(),
    }
    info = store.info(plan.data.name)
    result = _result(plan, plan_hash, info, (learn, scored, from_key), both, hosts[1])
    return seal_report(result, facts)


def _host(plan: TrialPlan, path: Path | None, lane: int) -> Any:
    from steelyard.solutions.host import Host

    assert path is not None
    return Host(path, timeout_s=plan.runs.decision_timeout_s)


def _check_kind(host: Any, path: Path | None) -> None:
    if host.hello.kind != "predictor":
        raise DataError(f"{path}: says it is a {host.hello.kind}; a predictor trial takes predictors")


def _blocks(estimates: list[Estimate], scored: list[RecordedHeat], size: int) -> list[list[int]]:
    """Return the places of the estimates of each block of consecutive heats; a short rest joins the last block."""
    order = {heat.key: i // size for i, heat in enumerate(scored)}
    last = max(1, len(scored) // size) - 1
    blocks: list[list[int]] = [[] for _ in range(last + 1)]
    for place, one in enumerate(estimates):
        blocks[min(last, order[one.key])].append(place)
    return blocks


def _take(dips: ScoredDips, places: list[int]) -> ScoredDips:
    return ScoredDips(*(getattr(dips, name)[places] for name in ("error", "inside", "width", "unanswered")))


def _result(plan: TrialPlan, plan_hash: str, info: dict, split: tuple, both: list, host: Any) -> dict[str, Any]:
    learn, scored, from_key = split
    baseline, solution = score(both[0], both[0]), score(both[1], both[0])
    blocks = _blocks(both[1], scored, plan.data.block_heats)
    pairs = [
        Pair(i, RECORDED, 0, evaluate(_take(baseline, places)), evaluate(_take(solution, places)))
        for i, places in enumerate(blocks)
    ]
    results = analyse(pairs, plan, plan_hash)
    primary = results["primary"][0]
    spreads = {
        kpi: {"unpaired_sd": float(np.sqrt(2.0) * np.std([pair.baseline[kpi] for pair in pairs], ddof=1))}
        for kpi in CATALOGUE
    }
    faults = {name: int(count) for name, count in host.faults.items() if name != "fallback"}
    keys = [f"{both[1][places[0]].key}–{both[1][places[-1]].key}" for places in blocks]
    return {
        "plan": plan.record(),
        "plan_hash": plan_hash,
        "solution": asdict(host.hello),
        "plant": {
            "label": plan.data.name, "sheet": {}, "card": [], "values_hash": info["hash"],
            "identity": {"kind": "recorded heats", "hash": info["hash"][:16]},
        },
        "scenarios": [],
        "data_hash": info["hash"],
        "data_facts": _data_facts(learn, scored, both[1]),
        "split": sentence(
            "{learn} heats before key {key} shown to learn from, {scored} heats from it on scored; never shuffled",
            "히트 {key} 이전 {learn}개는 학습용으로 제시, {key}부터 {scored}개를 채점; 순서를 섞지 않음",
            learn=str(len(learn)), key=str(from_key), scored=str(len(scored)),
        ),
        "leak_checks": leak_checks(solution, baseline),
        "robustness": by_dip(both[1], solution, baseline),
        "results": results,
        "resolution": resolution(primary, spreads, plan, len(pairs)),
        "verdict": decide(results, Safety(), plan),
        "safety": asdict(Safety()),
        "traces": _traces(pairs, blocks, both, keys, primary),
        "departures": {"baseline": _rounded(baseline.error), "solution": _rounded(solution.error)},
        "runs": [
            {"index": pair.index, "scenario": RECORDED, "seed": 0, "draw": None, "keys": keys[pair.index],
             "baseline": pair.baseline, "solution": pair.solution, "faults": faults if pair.index == 0 else {}}
            for pair in pairs
        ],
    }  # fmt: skip


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 3) for value in values]


def _data_facts(learn: list[RecordedHeat], scored: list[RecordedHeat], dips: list[Estimate]) -> dict[str, str]:
    return {
        "heats / 히트": f"{len(learn)} + {len(scored)}",
        "keys / 히트 번호": f"{scored[0].key} – {scored[-1].key}",
        "period / 기간": f"{scored[0].begin():%Y-%m-%d} – {scored[-1].begin():%Y-%m-%d}",
        "scored dips / 채점 측온": str(len(dips)),
    }


def leak_checks(solution: ScoredDips, baseline: ScoredDips) -> list[dict[str, str]]:
    """Return the leaks that were looked for, with what was found."""
    exact = [100.0 * float(np.mean(np.abs(dips.error) < 0.5)) for dips in (solution, baseline)]
    suspicious = exact[0] > 40.0
    return [
        {
            "en": "Order: heats by their first event, events by time; a test changes the future of a record and "
            "requires the same messages up to that moment.",
            "ko": "순서: 히트는 첫 사건 순, 사건은 시간 순. 미래를 바꿔도 그 시점까지의 메시지가 같음을 시험함.",
        },
        {
            "en": "Totals that are known only after a heat (its gas, its final temperature) are never sent.",
            "ko": "히트 종료 후에만 알 수 있는 합계(가스량, 최종 온도)는 보내지 않음.",
        },
        sentence(
            "Estimates within 0.5 K of the reading: {a} % (baseline {b} %), {note}.",
            "측온값 0.5 K 이내 추정: {a} % (기준 {b} %), {note}.",
            a=number(exact[0], 1),
            b=number(exact[1], 1),
            note={
                "en": "more than a probe allows: a LEAK is likely"
                if suspicious
                else "no more than a probe of 3 K allows",
                "ko": "측온 오차로 설명 불가: 누설 의심" if suspicious else "3 K 측온 오차로 설명 가능",
            },
        ),
    ]


def by_dip(estimates: list[Estimate], solution: ScoredDips, baseline: ScoredDips) -> list[dict[str, str]]:
    """Return the error by the place of the dip in its heat: early dips are poor (unmixed ladle)."""
    places = np.array([one.number for one in estimates])
    rows = []
    for low, high, en, ko in (
        (1, 1, "second dip", "2번째 측온"),
        (2, 2, "third dip", "3번째 측온"),
        (3, 99, "later dips", "이후 측온"),
    ):
        inside = (places >= low) & (places <= high)
        if inside.any():
            rows.append(
                sentence(
                    "{name}: {b} K → {s} K over {n} dips",
                    "{name}: {b} K → {s} K, 측온 {n}회",
                    name={"en": en, "ko": ko},
                    b=number(float(np.mean(np.abs(baseline.error[inside])))),
                    s=number(float(np.mean(np.abs(solution.error[inside])))),
                    n=str(int(inside.sum())),
                )
            )
    return rows


def _traces(pairs: list[Pair], blocks: list[list[int]], both: list, keys: list[str], primary: dict) -> dict[str, Any]:
    kpi = primary["kpi"]
    sign = -1.0 if primary["trend"] == "higher" else 1.0
    ranked = sorted(pairs, key=lambda pair: (sign * (pair.solution[kpi] - pair.baseline[kpi]), pair.index))
    chosen = {"best": ranked[0], "median": ranked[len(ranked) // 2], "worst": ranked[-1]}
    found = {}
    for name, pair in chosen.items():
        points = []
        for place in blocks[pair.index]:
            base, one = both[0][place], both[1][place]
            if one.value is None or base.value is None:
                continue
            points.append(
                {"measured": one.measured, "baseline": round(base.value, 2), "solution": round(one.value, 2),
                 "low": round(one.low, 2), "high": round(one.high, 2)}
            )  # fmt: skip
        found[name] = {
            "run": pair.index, "scenario": RECORDED, "kpi": kpi, "keys": keys[pair.index],
            "baseline_value": pair.baseline[kpi], "solution_value": pair.solution[kpi], "points": points,
        }  # fmt: skip
    return found
