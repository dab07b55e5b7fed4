"""The result of a predictor trial: scores by blocks of heats, what leaked, where the error is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from steelyard.trials.analysis import Pair, analyse, resolution
from steelyard.trials.plan import TrialPlan
from steelyard.trials.predictor_kpi import CATALOGUE, ScoredDips, evaluate
from steelyard.trials.recorded import RecordedHeat
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


@dataclass(frozen=True)
class Replayed:
    """What a finished replay left: plan, data, and the estimates of both predictors in the same order."""

    plan: TrialPlan
    plan_hash: str
    data_hash: str
    learn: list[RecordedHeat]
    scored: list[RecordedHeat]
    from_key: int
    baseline: list[Estimate]
    solution: list[Estimate]
    synthetic: bool = False


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


def predictor_result(replayed: Replayed, host: Any) -> dict[str, Any]:
    """Return the hashed part of a predictor trial's report."""
    plan, both = replayed.plan, (replayed.baseline, replayed.solution)
    baseline, solution = score(both[0], both[0]), score(both[1], both[0])
    blocks = _blocks(both[1], replayed.scored, plan.data.block_heats)
    pairs = [
        Pair(i, RECORDED, 0, evaluate(_take(baseline, places)), evaluate(_take(solution, places)))
        for i, places in enumerate(blocks)
    ]
    results = analyse(pairs, plan, replayed.plan_hash)
    primary = results["primary"][0]
    keys = [f"{both[1][places[0]].key}–{both[1][places[-1]].key}" for places in blocks]
    faults = {name: int(count) for name, count in host.faults.items() if name != "fallback"}
    return {
        **_head(replayed, host),
        "leak_checks": leak_checks(solution, baseline),
        "robustness": by_dip(both[1], solution, baseline),
        "results": results,
        "resolution": resolution(primary, _spreads(pairs), plan, len(pairs)),
        "verdict": decide(results, Safety(), plan, replayed.synthetic),
        "safety": asdict(Safety()),
        "traces": _traces(pairs, blocks, both, keys, primary),
        "departures": {"baseline": _rounded(baseline.error), "solution": _rounded(solution.error)},
        "runs": [
            {"index": pair.index, "scenario": RECORDED, "seed": 0, "draw": None, "keys": keys[pair.index],
             "baseline": pair.baseline, "solution": pair.solution, "faults": faults if pair.index == 0 else {}}
            for pair in pairs
        ],
    }  # fmt: skip


def _head(replayed: Replayed, host: Any) -> dict[str, Any]:
    plan = replayed.plan
    return {
        "plan": plan.record(),
        "plan_hash": replayed.plan_hash,
        "solution": asdict(host.hello),
        "plant": {
            "label": plan.data.name, "sheet": {}, "card": [], "values_hash": replayed.data_hash,
            "identity": {"kind": {"en": "recorded heats", "ko": "기록된 히트"}},
        },
        "scenarios": [],
        "data_hash": replayed.data_hash,
        "data_facts": _data_facts(replayed.learn, replayed.scored, replayed.solution),
        "split": sentence(
            "{learn} heats before key {key} shown to learn from, {scored} heats from it on scored; never shuffled",
            "히트 {key} 이전 {learn}개는 학습용으로 제시, {key}부터 {scored}개를 채점; 순서를 섞지 않음",
            learn=str(len(replayed.learn)), key=str(replayed.from_key), scored=str(len(replayed.scored)),
        ),
    }  # fmt: skip


def _spreads(pairs: list[Pair]) -> dict[str, dict[str, float]]:
    """Return the spread of the baseline's KPI between blocks: what an unpaired comparison would have to beat."""
    values = {kpi: [pair.baseline[kpi] for pair in pairs] for kpi in CATALOGUE}
    return {kpi: {"unpaired_sd": float(np.sqrt(2.0) * np.std(row, ddof=1))} for kpi, row in values.items()}


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 3) for value in values]


def _data_facts(learn: list[RecordedHeat], scored: list[RecordedHeat], dips: list[Estimate]) -> list[Any]:
    period = f"{scored[0].begin():%Y-%m-%d} – {scored[-1].begin():%Y-%m-%d}"
    return [
        [{"en": "Heats to learn from, scored", "ko": "학습용 / 채점 히트"}, f"{len(learn)} / {len(scored)}"],
        [{"en": "Keys scored", "ko": "채점 히트 번호"}, f"{scored[0].key} – {scored[-1].key}"],
        [{"en": "Period scored", "ko": "채점 기간"}, period],
        [{"en": "Dips scored", "ko": "채점 측온 수"}, str(len(dips))],
    ]


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


def _traces(pairs: list[Pair], blocks: list[list[int]], both: tuple, keys: list[str], primary: dict) -> dict[str, Any]:
    kpi = primary["kpi"]
    one = CATALOGUE[kpi]
    ranked = sorted(
        pairs, key=lambda pair: (one.harmful * one.difference(pair.baseline[kpi], pair.solution[kpi]), pair.index)
    )
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
