"""The credibility card of a twin: seven questions, each with a level 0-4 and the evidence behind it.

**Levels** 0 nothing; 1 argued; 2 checked in part; 3 checked with figures inside the stated limits; 4 checked by
others or over long use. A level is computed from evidence where it can be; it is never raised by hand.
**Source** the factors of ASME V&V 40-2018 and NASA-STD-7009A, as design/trials.md lists them.
"""

from typing import Any

import numpy as np

from steelyard.processes.ladle_furnace.model import heat_content, place_ladle
from steelyard.twin.records import Heats
from steelyard.twin.replay import STEP, play, play_into, script_of, start_of, template_of
from steelyard.twin.twin import Twin

SAMPLE = 40
SLOPE_TOLERANCE = 0.15  # of the robust slope of the records: the causal check
SMALLEST_GAP, LARGEST_CHANGE = 5e-3, 0.5
FACTORS = (
    "code_verification", "solution_verification", "validation", "input_pedigree", "uncertainty", "robustness",
    "use_history",
)  # fmt: skip
Text = dict[str, str]
CODE = {
    "en": "kernel laws run as validation cases against analytic values and published numbers (steelyard validate); "
    "filter "
    "and fit recover known parameters from synthetic heats (tests/twin)",
    "ko": "커널의 법칙은 해석해와 공개된 값에 대한 검증 사례로 실행되고(steelyard validate), 필터와 보정은 합성 "
    "히트에서 알려진 "
    "파라미터를 되찾습니다(tests/twin)",
}
ROBUST = {
    "en": "doubtful dips and unrecorded events are hypotheses of the filter; what is learned fades to nothing "
    "outside its "
    "data; the number of threads does not change a byte",
    "ko": "의심스러운 측온과 기록되지 않은 사건은 필터의 가설로 다루고, 학습된 부분은 자료 밖에서 사라지며, 스레드 "
    "수는 한 바이트도 "
    "바꾸지 않습니다",
}
UNUSED = {"en": "no use on a plant yet", "ko": "아직 현장에서 쓰인 적이 없습니다"}


def credibility_card(twin: Twin, heats: Heats) -> dict[str, Any]:
    """Return the card: factor → {level, evidence {en, ko}, figures}. See `with_agreement` for errors on unseen "
    "heats."""
    halving, closure = step_halving(twin, heats), energy_closure(twin, heats)
    rows = twin.estimates()
    known = sum(row["identified"] for row in rows)
    blocks = twin.figures["held_out_blocks"]
    gaps = {"step_halving_k": halving, "closure": closure}
    sound = halving <= LARGEST_CHANGE and closure <= SMALLEST_GAP
    answers = (
        _level(2, CODE, {}),
        _level(3 if sound else 1, _numerics(halving, closure), gaps),
        _level(2, _held_out(blocks["interval_mae_k"], blocks["final_mae_k"]), dict(blocks)),
        _level(2, _pedigree(twin), {"heats": twin.heats}),
        _level(3, _doubt(len(rows), known), {"identified": known, "of": len(rows)}),
        _level(2, ROBUST, {}),
        _level(0, UNUSED, {}),
    )
    return dict(zip(FACTORS, answers, strict=True))


def with_agreement(card: dict[str, Any], agreement: dict[str, Any]) -> dict[str, Any]:
    """Return the card with validation judged by errors on unseen heats (`agreement` of steelyard.twin.agreement)."""
    interval, final, cause = agreement["interval"], agreement["final"], agreement["causal"]
    split = agreement["split"]
    seen = split["heats_seen_before"]
    recorded = cause["records_k_per_mwh"]
    causal = abs(cause["k_per_mwh"] - recorded) <= SLOPE_TOLERANCE * abs(recorded)
    sound = causal and all(0.85 <= task["coverage_90"] <= 0.95 for task in (interval, final))
    cover = f"{100 * interval['coverage_90']:.0f} / {100 * final['coverage_90']:.0f} %"
    error, ends = f"{interval['mae_k']:.2f} K", f"{final['mae_k']:.2f} K"
    text = {
        "en": f"{split['heats_scored']} heats from key {split['first_key']} on ({seen} seen by the calibration): "
        "next dip "
        f"{error}, last dip from the first {ends} (MAE); 90 % intervals cover {cover}; {cause['k_per_mwh']:.1f} K "
        "per MWh",
        "ko": f"키 {split['first_key']}부터 {split['heats_scored']}개 히트(보정에 쓰인 것 {seen}개): 다음 측온 "
        f"{error}, 첫 측온으로 본 "
        f"마지막 측온 {ends}(MAE), 90 % 구간의 포함률 {cover}, MWh당 {cause['k_per_mwh']:.1f} K",
    }
    figures = {"interval": interval, "final": final, "causal": cause}
    return card | {"validation": _level(1 if seen else (3 if sound else 2), text, figures)}


def _level(level: int, evidence: Text, figures: dict[str, Any]) -> dict[str, Any]:
    return {"level": level, "evidence": evidence, "figures": figures}


def _numerics(halving: float, closure: float) -> Text:
    shown = "< 0.0001 %" if closure < 1e-6 else f"{100 * closure:.4f} %"
    change, gap = f"{halving:.2f} K", shown
    return {
        "en": f"halving the replay step of {STEP:g} s moves a dip by {change} at most; the heat balance of a "
        "replayed heat "
        f"closes within {gap}",
        "ko": f"재현 간격 {STEP:g} s를 반으로 줄이면 측온값이 최대 {change} 움직이고, 재현한 히트의 열수지는 {gap} "
        "안에서 닫힙니다",
    }


def _held_out(interval: float, final: float) -> Text:
    return {
        "en": "blocks of heats held out from the learned part inside the calibration: next dip "
        f"{interval:.2f} K, last dip from the first {final:.2f} K (MAE); for heats never seen run: steelyard twin "
        "agreement",
        "ko": f"보정 기간 안에서 학습에서 뺀 히트 묶음: 다음 측온 {interval:.2f} K, 첫 측온으로 본 마지막 측온 "
        f"{final:.2f} K(MAE). "
        "한 번도 보지 않은 히트는 steelyard twin agreement로 확인하십시오",
    }


def _pedigree(twin: Twin) -> Text:
    synthetic = twin.figures.get("synthetic", False)
    kind = {"en": "SYNTHETIC", "ko": "합성"} if synthetic else {"en": "recorded", "ko": "기록"}
    return {
        "en": f"{twin.heats} {kind['en']} heats of {twin.dataset!r}; geometry, lining and analysis of the shipped "
        f"{twin.plant} furnace, with sources; materials anonymous; steel mass not recorded",
        "ko": f"{twin.dataset!r}의 {kind['ko']} 히트 {twin.heats}개. 형상, 내화물, 성분은 "
        f"출처가 있는 배포용 {twin.plant} 설비의 값이며, 재료는 익명이고 용강량은 기록되지 않았습니다",
    }


def _doubt(count: int, known: int) -> Text:
    return {
        "en": f"posterior of {count} numbers, {known} identified (posterior below half the prior width), the rest "
        "near their "
        "priors; ensemble draws; forecast intervals set on held-out blocks",
        "ko": f"{count}개 값의 사후분포: {known}개는 기록으로 식별됨(사전폭의 절반 미만), 나머지는 사전값에 가까움. "
        "앙상블 추출, "
        "예측 구간은 학습에서 뺀 묶음으로 정함",
    }


def step_halving(twin: Twin, heats: Heats) -> float:
    """Return the largest change of a dip [K] when the replay step is halved, over the first heats."""
    script, plant = script_of(heats), twin.as_plant()
    unit = template_of(plant.furnace, plant.arrival, plant.argon_flow)
    start = start_of(heats, plant.arrival, plant.wait)
    only = np.arange(min(SAMPLE, len(heats)))
    full, half = (play(script, unit, start, len(heats.dip_time), 1, STEP / f, only) for f in (1.0, 2.0))
    return float(np.nanmax(np.abs(full - half)))


def energy_closure(twin: Twin, heats: Heats) -> float:
    """Return the largest relative gap of the heat balance over the first heats: stored, brought and given off."""
    script, plant = script_of(heats), twin.as_plant()
    start = start_of(heats, plant.arrival, plant.wait)
    worst = 0.0
    for h in range(min(SAMPLE // 4, len(heats))):
        template = template_of(plant.furnace, plant.arrival, plant.argon_flow)
        before, after = template.copy(), template.copy()
        play_into(script, template, after, start, h, np.full(len(heats.dip_time), np.nan))
        place_ladle(before[0], start[h, 0], start[h, 1], start[h, 2], start[h, 3], 1.0)
        x = after["x"][0]
        gained = heat_content(after[0]) - heat_content(before[0])
        brought = x["energy_arc"] - x["energy_surface"] - x["energy_shell"] + x["energy_additions"]
        worst = max(worst, abs(gained - brought) / max(float(x["energy_arc"]), 1.0))
    return float(worst)
