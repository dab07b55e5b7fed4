"""The safety monitor: limits on the hidden truth, independent of the solution's code.

Hard limits protect people and equipment, soft ones quality. Both arms are judged alike from the heat table, which the
plant keeps at every step of its own; a violation is a heat, never a look. The board is watched only for what the crew
cannot do by itself and a solution might, so that a baseline that runs fused misses nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.trials.truth import departure_errors, settled_temperature, undissolved_kelvin
from steelyard.units import to_si

WATCHED = ("ladle_furnace.arc_power", "operator.phase", "ladle_furnace.heat_number")
FREEZING_MARGIN_K = 5.0
STRATIFIED_K = 5.0
UNDISSOLVED_K = 2.0


@dataclass(frozen=True)
class Limit:
    """One limit on departed heats: `level` hard or soft, `broken(heats)` gives one boolean per heat."""

    id: str
    level: str
    name: dict[str, str]
    limit: str
    source: str
    broken: Callable[[Any], Any]


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
BOARD_LIMITS = {
    "arc_without_ladle": {"en": "arc on without a ladle", "ko": "레이들 없이 아크 점호"},
    "plant_stalled": {"en": "plant stopped delivering heats", "ko": "설비 출강 중단"},
}
BOARD_SOURCES = {
    "arc_without_ladle": "the plant switches the arc off with the ladle; only a solution could break it",
    "plant_stalled": "both arms: 4 h for each heat",
}


@dataclass
class Monitor:
    """Counts violations of one run; `board` holds the hard ones that no heat table can show."""

    board: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BOARD_LIMITS, 0))
    _seen: set[float] = field(default_factory=set)

    def watch(self, values: Mapping[str, float]) -> None:
        """Look at the board once; an arc without a ladle counts once after each heat. nan violates nothing."""
        heat = values.get("ladle_furnace.heat_number", 0.0)
        burning = values.get("ladle_furnace.arc_power", 0.0) > 0.1 and values.get("operator.phase", 1.0) == 0.0
        if burning and heat not in self._seen:
            self._seen.add(heat)
            self.board["arc_without_ladle"] += 1

    def stalled(self) -> None:
        """Note that the run did not deliver its heats in the time that plant and plan allow."""
        self.board["plant_stalled"] = 1

    def counts(self, heats: Any) -> dict[str, int]:
        """Return violations by limit id, truth and board together."""
        found = {one.id: int(np.sum(one.broken(heats))) if len(heats) else 0 for one in LIMITS}
        return {**found, **self.board}


def hard(counts: Mapping[str, int]) -> int:
    """Return the number of hard violations in `counts`."""
    ids = {one.id for one in LIMITS if one.level == "hard"} | set(BOARD_LIMITS)
    return sum(counts.get(id_, 0) for id_ in ids)


def soft(counts: Mapping[str, int]) -> int:
    """Return the number of soft violations in `counts`."""
    return sum(counts.get(one.id, 0) for one in LIMITS if one.level == "soft")


def declaration() -> list[dict[str, Any]]:
    """Return the limits as plain data for plan and report."""
    rows: list[dict[str, Any]] = [
        {"id": one.id, "level": one.level, "name": one.name, "limit": one.limit, "source": one.source} for one in LIMITS
    ]
    rows += [
        {"id": id_, "level": "hard", "name": name, "limit": name["en"], "source": BOARD_SOURCES[id_]}
        for id_, name in BOARD_LIMITS.items()
    ]
    return rows
