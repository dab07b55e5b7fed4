"""Limits on the hidden truth of departed heats, and what a solution could do on the board that no crew would."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from steelyard.trials.safety import BoardLimit, Limit
from steelyard.trials.subjects.ladle_furnace.truth import departure_errors, settled_temperature, undissolved_kelvin
from steelyard.units import to_si

WATCHED = ("ladle_furnace.arc_power", "operator.phase", "ladle_furnace.heat_number")
FREEZING_MARGIN_K = 5.0
STRATIFIED_K = 5.0
UNDISSOLVED_K = 2.0


def liquidus_bound(carbon: Any) -> Any:
    """Return an upper bound of the liquidus [K] from carbon [mass fraction]: 1536 - 78 [%C] °C; the rest lowers it.

    Source: Kawawa's formula as used by Won and Thomas (2001).
    """
    return to_si(1536.0 - 78.0 * 100.0 * carbon, "°C")


def _too_hot(heats: Any) -> Any:
    return heats["highest_temperature"] > to_si(1700.0, "°C")


def _freezing(heats: Any) -> Any:
    return settled_temperature(heats) < liquidus_bound(heats["carbon"]) + FREEZING_MARGIN_K


def _far_off(heats: Any) -> Any:
    return np.abs(departure_errors(heats)) > 15.0


def _caster_waits(heats: Any) -> Any:
    return heats["lateness"] > to_si(15.0, "min")


def _over_stirred(heats: Any) -> Any:
    minutes = (heats["departure_time"] - heats["arrival_time"]) / 60.0
    return heats["argon_volume"] > 0.8 * np.maximum(minutes, 1.0)


def _shell_too_hot(heats: Any) -> Any:
    return heats["highest_shell_temperature"] > to_si(450.0, "°C")


def _arc_tripped(heats: Any) -> Any:
    return heats["alarm_time"] > 0.0


def _stratified(heats: Any) -> Any:
    return np.abs(heats["stratification"]) > STRATIFIED_K


def _undissolved(heats: Any) -> Any:
    return np.abs(undissolved_kelvin(heats)) > UNDISSOLVED_K


LIMITS: tuple[Limit, ...] = (
    Limit(
        "steel_too_hot", "hard", {"en": "steel above 1700 °C", "ko": "용강 1700 °C 초과"}, "T_max ≤ 1700 °C",
        "assumed: usual limit of ladle lining and slide gate", _too_hot,
    ),
    Limit(
        "steel_freezing", "hard", {"en": "departure within 5 K of freezing", "ko": "응고 온도 5 K 이내로 출발"},
        "T_set ≥ liquidus + 5 K", "liquidus bound 1536 − 78 [%C] °C (Kawawa)", _freezing,
    ),
    Limit(
        "far_off_target", "soft", {"en": "departure more than 15 K off target", "ko": "목표에서 15 K 초과 이탈"},
        "|T_set − T_target| ≤ 15 K", "assumed: casting speed must be changed beyond it", _far_off,
    ),
    Limit(
        "caster_waits", "soft", {"en": "caster waits more than 15 min", "ko": "연주기 15분 초과 대기"},
        "delay ≤ 15 min", "assumed: a tundish buffers about this long", _caster_waits,
    ),
    Limit(
        "over_stirred", "soft", {"en": "mean argon above 800 NL/min", "ko": "평균 아르곤 800 NL/min 초과"},
        "argon ≤ 800 NL/min", "assumed: open eye and reoxidation beyond it", _over_stirred,
    ),
    Limit(
        "shell_too_hot", "hard", {"en": "ladle shell above 450 °C", "ko": "레이들 철피 450 °C 초과"},
        "T_shell ≤ 450 °C", "assumed: usual alarm of shell thermography", _shell_too_hot,
    ),
    Limit(
        "arc_tripped", "hard", {"en": "arc tripped by a protection", "ko": "보호 동작으로 아크 차단"},
        "no trip", "the plant's own protection; see its alarms", _arc_tripped,
    ),
    Limit(
        "stratified", "soft",
        {"en": "departure with top and mean more than 5 K apart", "ko": "상부·평균 온도차 5 K 초과로 출발"},
        "|T_top − T_mean| ≤ 5 K", "assumed: the caster would see another temperature than was measured", _stratified,
    ),
    Limit(
        "undissolved", "soft",
        {"en": "departure with undissolved additions worth more than 2 K", "ko": "2 K 초과 미용해 첨가물로 출발"},
        "|undissolved chill| ≤ 2 K", "assumed: composition not uniform, steel cools after the last dip", _undissolved,
    ),
)  # fmt: skip


def arc_without_ladle(values: Mapping[str, float]) -> float | None:
    """Return the number of the last heat when the arc burns without a ladle; None when it does not. nan is nothing."""
    burning = values.get("ladle_furnace.arc_power", 0.0) > 0.1 and values.get("operator.phase", 1.0) == 0.0
    return values.get("ladle_furnace.heat_number", 0.0) if burning else None


BOARD_LIMITS = (
    BoardLimit(
        "arc_without_ladle", {"en": "arc on without a ladle", "ko": "레이들 없이 아크 점호"},
        "the plant switches the arc off with the ladle; only a solution could break it", arc_without_ladle,
    ),
    BoardLimit(
        "plant_stalled", {"en": "plant stopped delivering heats", "ko": "설비 출강 중단"},
        "both arms: 4 h for each heat",
    ),
)  # fmt: skip
