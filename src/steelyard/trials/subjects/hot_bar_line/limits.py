"""Limits on the hidden truth of the bars of a hot bar line. Both arms are judged alike from the log."""

from typing import Any

import numpy as np

from steelyard.trials.safety import BoardLimit, Limit
from steelyard.trials.subjects.hot_bar_line.kpi import exit_errors
from steelyard.units import to_si

FAR_OFF_K = 50.0
UNEVEN_K = 40.0


def _too_hot(bars: Any) -> Any:
    return np.maximum(bars["exit_surface_temperature"], bars["exit_core_temperature"]) > to_si(1300.0, "°C")


def _zone_too_hot(bars: Any) -> Any:
    return bars["highest_zone_temperature"] > to_si(1300.0, "°C")


def _cobble(bars: Any) -> Any:
    return bars["cobble"] > 0.5


def _overload(bars: Any) -> Any:
    return bars["overload"] > 0.5


def _cold(bars: Any) -> Any:
    return bars["cold"] > 0.5


def _far_off(bars: Any) -> Any:
    return np.abs(exit_errors(bars)) > FAR_OFF_K


def _uneven(bars: Any) -> Any:
    return bars["exit_difference"] > UNEVEN_K


LIMITS: tuple[Limit, ...] = (
    Limit(
        "steel_too_hot", "hard", {"en": "billet above 1300 °C", "ko": "강편 1300 °C 초과"}, "T ≤ 1300 °C",
        "assumed: carbon steels burn at the grain boundaries above 1300 to 1350 °C", _too_hot,
    ),
    Limit(
        "zone_too_hot", "hard", {"en": "furnace zone above 1300 °C", "ko": "가열로 구역 1300 °C 초과"},
        "T_zone ≤ 1300 °C", "assumed: 10 K above the trip of the burners, which protects roof and skids", _zone_too_hot,
    ),
    Limit(
        "cobble", "hard", {"en": "bar lost in the mill (cobble)", "ko": "압연 중 봉 이탈 (코블)"}, "no cobble",
        "people: a hot bar leaves its path", _cobble,
    ),
    Limit(
        "overload", "hard", {"en": "stand or drive overloaded", "ko": "스탠드 또는 구동 과부하"}, "no overload",
        "equipment: the mill's own limits of force and torque", _overload,
    ),
    Limit(
        "cold_bar", "soft", {"en": "bar below the lowest rolling temperature", "ko": "최저 압연 온도 미만 봉"},
        "T ≥ lowest rolling temperature", "the mill's own limit", _cold,
    ),
    Limit(
        "far_off_target", "soft", {"en": "discharged more than 50 K off target", "ko": "목표에서 50 K 초과 이탈 추출"},
        "|T − T_target| ≤ 50 K", "assumed: force and structure leave the range of the pass schedule", _far_off,
    ),
    Limit(
        "uneven", "soft", {"en": "core and surface more than 40 K apart", "ko": "심부·표면 온도차 40 K 초과"},
        "|T_core − T_surface| ≤ 40 K", "usual limit at discharge, 30 to 40 K", _uneven,
    ),
)  # fmt: skip
BOARD_LIMITS = (
    BoardLimit(
        "plant_stalled", {"en": "line stopped delivering bars", "ko": "라인 생산 중단"},
        "both arms: 15 min for each bar",
    ),
)  # fmt: skip
