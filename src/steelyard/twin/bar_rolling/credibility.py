"""The credibility card of a bar-mill twin: seven questions, each with a level 0-4 and the evidence behind it.

Levels as in `steelyard.twin.credibility`. What no record here can check is said in so many words.
"""

from typing import Any

import numpy as np

from steelyard.twin.bar_rolling.records import Bars
from steelyard.twin.bar_rolling.track import response
from steelyard.twin.bar_rolling.twin import BarTwin
from steelyard.twin.credibility import FACTORS, Text, _level

SLOPE_LOW, SLOPE_HIGH = -0.0035, -0.002
LONGER = 3.0
CODE: Text = {
    "en": "laws of rolling, flow stress and heat run as validation cases (steelyard validate); filter and fit recover "
    "known numbers from synthetic bars of the mill's kernel (tests/twin/bar_rolling)",
    "ko": "압연, 유동응력, 열의 법칙은 검증 사례로 실행되고(steelyard validate), 필터와 보정은 압연 커널이 "
    "만든 합성 봉에서 알려진 수치를 되찾습니다(tests/twin/bar_rolling)",
}
PEDIGREE: Text = {
    "en": "{bars} {kind} bars of {data!r}; grooves, gaps, radii and speeds are the published input of the records' "
    "authors; flow stress from tables. NOT in the records, so not checked against any measurement: furnace "
    "temperatures, scale, core temperature, section of the bar, grain size, hardness, roll wear, tension in the train",
    "ko": "{data!r}의 {kind_ko} 봉 {bars}개. 공형, 롤 간격, 반경, 속도는 기록 저자들이 공개한 입력이고 유동응력은 "
    "표의 값입니다. 기록에 없어 측정과 대조하지 못한 것: 가열로 온도, 스케일, 중심 온도, 봉 단면, 결정립 크기, "
    "경도, 롤 마모, 연속 스탠드의 장력",
}
ROBUST: Text = {
    "en": "pyrometers that miss the bar weigh less; off-schedule bars are left out by their elongation, never by their "
    "error; neither force nor torque of a bar takes part in its own prediction",
    "ko": "봉을 놓친 방사온도계 값은 가중치가 작아지고, 스케줄을 벗어난 봉은 오차가 아니라 연신으로 제외하며, 봉 "
    "자신의 하중과 토크는 그 봉의 예측에 쓰이지 않습니다",
}
UNUSED: Text = {"en": "no use on a plant yet", "ko": "아직 현장에서 쓰인 적이 없습니다"}


def credibility_card(twin: BarTwin, bars: Bars) -> dict[str, Any]:
    """Return the card: factor → {level, evidence {en, ko}, figures}, from the bars that calibrated."""
    from steelyard.twin.bar_rolling.agreement import figures

    seen = figures(twin, bars)
    behaviour = physical(twin, bars)
    rows = twin.estimates()
    known = sum(row["identified"] for row in rows)
    given, ahead = seen["given_temperature"], seen["predicted_temperature"]
    answers = (
        _level(2, CODE, {}),
        _level(3 if behaviour["physical"] else 1, _behaviour(behaviour), behaviour),
        _level(1, _fitted(given, ahead), {"given_temperature": given, "predicted_temperature": ahead}),
        _level(2, _pedigree(twin), {"bars": twin.bars}),
        _level(3, _doubt(len(rows), known), {"identified": known, "of": len(rows)}),
        _level(2, ROBUST, {}),
        _level(0, UNUSED, {}),
    )
    return dict(zip(FACTORS, answers, strict=True))


def with_agreement(card: dict[str, Any], agreement: dict[str, Any]) -> dict[str, Any]:
    """Return the card with validation judged by the errors on later bars (`agreement.bar_agreement`)."""
    given, ahead, split = agreement["given_temperature"], agreement["predicted_temperature"], agreement["split"]
    text = _errors_said(given, ahead)
    text = {
        "en": f"{split['bars']} later bars ({split['bars_seen_before']} seen by the calibration): {text['en']}",
        "ko": f"이후의 봉 {split['bars']}개(보정에 쓰인 것 {split['bars_seen_before']}개): {text['ko']}",
    }
    level = 1 if split["bars_seen_before"] else 3
    return card | {"validation": _level(level, text, {"given_temperature": given, "predicted_temperature": ahead})}


def physical(twin: BarTwin, bars: Bars) -> dict[str, Any]:
    """Return how the calibrated mill responds on these bars: slopes of ln(force) and ln(torque) over temperature [1/K]
    (least, greatest), change of temperature per second that all pauses so far were longer [K/s] (least, greatest), and
    whether all
    have the sign, and the scored passes the size, that physics asks for."""
    from dataclasses import replace

    from steelyard.twin.bar_rolling.calibrate import scored_passes

    r = response(twin.parameters, bars, twin.extra["start"])
    later = replace(bars, pause=bars.pause + LONGER)
    longer = response(twin.parameters, later, twin.extra["start"])
    handled = np.array(twin.parameters["stand_group"][1 : len(twin.passes)]) < 0.5
    waited = LONGER * np.cumsum(handled)
    cooling = ((longer.tracks.mean - r.tracks.mean)[:, 1:] / waited).mean(axis=0)[handled]
    slopes = np.stack([np.median(r.force_slope, axis=0), np.median(r.torque_slope, axis=0)])
    own = slopes[0, scored_passes(twin.passes)]
    sound = bool((own > SLOPE_LOW).all() and (own < SLOPE_HIGH).all() and (slopes < 0.0).all())
    return {
        "force_slope": [float(slopes[0].min()), float(slopes[0].max())],
        "torque_slope": [float(slopes[1].min()), float(slopes[1].max())],
        "cooling_k_per_s": [float(cooling.min()), float(cooling.max())],
        "physical": sound and bool((cooling < 0.0).all()),
    }


def rod_mill_card(twin: BarTwin) -> dict[str, Any]:
    """Return the card of a rod mill calibrated on one measured set."""
    left = twin.figures["left_out_one_stand"]
    validation = {
        "en": f"each stand left out in turn: torque {left['torque_mape']:.1f} %, temperature "
        f"{left['temperature_mae_k']:.1f} K; one set of 16 stands is little",
        "ko": f"스탠드를 하나씩 빼고 예측: 토크 {left['torque_mape']:.1f} %, 온도 {left['temperature_mae_k']:.1f} K. "
        "16개 스탠드 한 벌은 적은 자료입니다",
    }
    pedigree = {
        "en": "one measured set of an unnamed mill; torque from motor current, temperature right behind the gap; roll "
        "water is not recorded: a trend of the pyrometers along the mill stands for it and is no physics",
        "ko": "이름이 밝혀지지 않은 압연기의 측정 한 벌. 토크는 모터 전류에서, 온도는 롤 간극 직후에서 잰 값입니다. 롤 "
        "냉각수는 기록이 없어 압연기를 따라가는 방사온도계 경향으로 대신하며 물리 모델이 아닙니다",
    }
    rows = twin.estimates()
    known = sum(row["identified"] for row in rows)
    answers = (
        _level(2, CODE, {}), _level(1, UNCHECKED, {}), _level(2, validation, dict(left)), _level(1, pedigree, {}),
        _level(2, _doubt(len(rows), known), {"identified": known, "of": len(rows)}), _level(1, ROBUST, {}),
        _level(0, UNUSED, {}),
    )  # fmt: skip
    return dict(zip(FACTORS, answers, strict=True))


UNCHECKED: Text = {
    "en": "steady state of the train; tension between stands taken as none",
    "ko": "압연열의 정상 상태이며 스탠드 사이 장력은 없다고 봅니다",
}


def _pedigree(twin: BarTwin) -> Text:
    made = twin.figures["synthetic"]
    kinds = {"kind": "SYNTHETIC" if made else "recorded", "kind_ko": "합성" if made else "기록된"}
    return _filled(PEDIGREE, bars=twin.bars, data=twin.dataset, **kinds)


def _filled(text: Text, **values: Any) -> Text:
    return {lang: said.format(**values) for lang, said in text.items()}


def _errors_said(given: dict[str, Any], ahead: dict[str, Any]) -> Text:
    force, torque = given["force_mape"], given["torque_mape"]
    warm, blind = ahead["temperature_mae_k"], ahead["force_mape"]
    return {
        "en": f"temperatures given: force {force:.1f} %, torque {torque:.1f} %; temperatures predicted: {warm:.1f} K, "
        f"force {blind:.1f} %",
        "ko": f"온도를 준 경우: 하중 {force:.1f} %, 토크 {torque:.1f} %; 온도를 예측한 경우: {warm:.1f} K, "
        f"하중 {blind:.1f} %",
    }


def _fitted(given: dict[str, Any], ahead: dict[str, Any]) -> Text:
    text = _errors_said(given, ahead)
    return {
        "en": f"on the bars that calibrated it: {text['en']}; for later bars run: steelyard twin agreement",
        "ko": f"보정에 쓰인 봉에서: {text['ko']}. 이후의 봉은 steelyard twin agreement로 확인하십시오",
    }


def _behaviour(found: dict[str, Any]) -> Text:
    low, high = (1e3 * slope for slope in found["force_slope"])
    slow, fast = found["cooling_k_per_s"]
    return {
        "en": f"force changes by {low:.1f} to {high:.1f} ‰ per kelvin; a second of longer pause cools the bar "
        f"by {-fast:.1f} to {-slow:.1f} K; the pass is not iterated, so there is no noise",
        "ko": f"하중은 켈빈당 {low:.1f}~{high:.1f} ‰ 바뀌고, 대기가 1초 길어지면 봉이 {-fast:.1f}~{-slow:.1f} K "
        "식으며, 패스 안에 반복 계산이 없어 잡음이 없습니다",
    }


def _doubt(count: int, known: int) -> Text:
    return {
        "en": f"posterior of {count} numbers, {known} identified (posterior below half the prior width); draws; "
        "scatter of force and torque per pass",
        "ko": f"{count}개 수치의 사후분포, {known}개 식별(사전폭의 절반 미만). 추출과 패스별 하중·토크 산포",
    }
