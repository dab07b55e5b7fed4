"""The safety monitor: limits on the hidden truth and on the board, independent of the solution's code.

Hard limits protect people and equipment, soft ones quality. Truth is judged from the heat table, which records both
arms at every step of the plant; the board is watched at every decision of the solution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.units import to_si

WATCHED = ("ladle_furnace.arc_power", "operator.phase", "ladle_furnace.shell_temperature")
FREEZING_MARGIN_K = 5.0


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
    return heats["departure_temperature"] < liquidus_bound(heats["carbon"]) + FREEZING_MARGIN_K


def _far_off(heats: Any) -> Any:
    return np.abs(heats["departure_temperature"] - heats["target_temperature"]) > 15.0


def _caster_waits(heats: Any) -> Any:
    return heats["lateness"] > to_si(15.0, "min")


def _over_stirred(heats: Any) -> Any:
    minutes = (heats["departure_time"] - heats["arrival_time"]) / 60.0
    return heats["argon_volume"] > 0.8 * np.maximum(minutes, 1.0)


LIMITS: tuple[Limit, ...] = (
    Limit(
        "steel_too_hot", "hard", {"en": "steel above 1700 °C", "ko": "용강 1700 °C 초과"}, "T_max ≤ 1700 °C",
        "assumed: usual limit of ladle lining and slide gate", _too_hot,
    ),
    Limit(
        "steel_freezing", "hard", {"en": "departure within 5 K of freezing", "ko": "응고 온도 5 K 이내로 출발"},
        "T_dep ≥ liquidus + 5 K", "liquidus bound 1536 − 78 [%C] °C (Kawawa)", _freezing,
    ),
    Limit(
        "far_off_target", "soft", {"en": "departure more than 15 K off target", "ko": "목표에서 15 K 초과 이탈"},
        "|T_dep − T_target| ≤ 15 K", "assumed: casting speed must be changed beyond it", _far_off,
    ),
    Limit(
        "caster_waits", "soft", {"en": "caster waits more than 15 min", "ko": "연주기 15분 초과 대기"},
        "delay ≤ 15 min", "assumed: a tundish buffers about this long", _caster_waits,
    ),
    Limit(
        "over_stirred", "soft", {"en": "mean argon above 800 NL/min", "ko": "평균 아르곤 800 NL/min 초과"},
        "argon ≤ 800 NL/min", "assumed: open eye and reoxidation beyond it", _over_stirred,
    ),
)  # fmt: skip
BOARD_LIMITS = {
    "arc_without_ladle": {"en": "arc on without a ladle", "ko": "레이들 없이 아크 점호"},
    "shell_too_hot": {"en": "ladle shell above 450 °C", "ko": "레이들 철피 450 °C 초과"},
    "plant_stalled": {"en": "plant stopped delivering heats", "ko": "설비 출강 중단"},
}


@dataclass
class Monitor:
    """Counts violations of one run; `board` holds hard ones seen on the board."""

    board: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BOARD_LIMITS, 0))

    def watch(self, values: Mapping[str, float]) -> None:
        """Look at the board once; nan (nothing measured) violates nothing."""
        if values.get("ladle_furnace.arc_power", 0.0) > 0.1 and values.get("operator.phase", 1.0) == 0.0:
            self.board["arc_without_ladle"] += 1
        if values.get("ladle_furnace.shell_temperature", 0.0) > 450.0:
            self.board["shell_too_hot"] += 1

    def stalled(self) -> None:
        """Note that the run did not deliver its heats in the time that plant and plan allow."""
        self.board["plant_stalled"] += 1

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
        {"id": id_, "level": "hard", "name": name, "limit": name["en"], "source": "watched on the board"}
        for id_, name in BOARD_LIMITS.items()
    ]
    return rows
