"""Faults of the reheating furnace: parameters that change with severity. Severity 0 is no fault, 1 is severe.

A fault is a function (SI values of the furnace, severity) that changes them in place. Those that end in ``_growth`` or
``_drift`` start from nothing and grow with the furnace's clock.
"""

from collections.abc import Callable
from typing import Any

from steelyard.processes.reheating_furnace.layout import ZONE_LABELS

Values = dict[str, Any]
Fault = Callable[[Values, float], None]

_UNEVEN = (0.03, 0.40, 0.05, 0.02, 0.03, 0.08, 0.05, 0.02)
"""Share of clogging per zone at severity 1: mainly the zone top_2."""
_HOUR, _DAY = 3600.0, 86400.0


def _added(values: Values, name: str, amount: float, weights: tuple[float, ...] | None = None) -> None:
    """Add `amount` times its weight to every entry of an array parameter."""
    old = values[name]
    values[name] = [v + amount * (weights[i] if weights else 1.0) for i, v in enumerate(old)]


def burner_clogging(values: Values, severity: float) -> None:
    """Burners hold back fuel, mainly those of zone top_2: up to 40 %."""
    _added(values, "burner_clogging", severity, _UNEVEN)


def burner_clogging_growth(values: Values, severity: float) -> None:
    """Burners clog while they burn: at severity 1 top_2 by 40 % in three weeks."""
    _added(values, "burner_clogging_rate", severity / (21.0 * _DAY), _UNEVEN)


def excess_air(values: Values, severity: float) -> None:
    """More air than metered reaches the burners (leaking air line): up to +25 %, oxygen +3 to +4 %."""
    values["air_meter_error"] += 0.25 * severity


def air_meter_drift(values: Values, severity: float) -> None:
    """The air meter drifts: at severity 1 the air rises by 1 % a day."""
    values["air_meter_drift"] += 0.01 / _DAY * severity


def slow_thermocouple(values: Values, severity: float) -> None:
    """Thick sheaths: twice the time constant at severity 1."""
    values["thermocouple_time"] = [v * (1.0 + severity) for v in values["thermocouple_time"]]


def refractory_spall(values: Values, severity: float) -> None:
    """Lining has spalled above the heating zones: conductance up to 3 times, the shell 60 to 150 K hotter."""
    values["wall_leakage"] = [
        v * (1.0 + severity * (2.0 if i in (1, 2) else 0.1)) for i, v in enumerate(values["wall_leakage"])
    ]


def skid_insulation(values: Values, severity: float) -> None:
    """Skid insulation is lost: skid loss up to 3 times, deeper shadow, colder riders."""
    values["skid_leakage"] *= 1.0 + 2.0 * severity
    values["skid_shadow"] = min(values["skid_shadow"] + 0.25 * severity, 0.9)
    values["skid_contact"] *= 1.0 + severity
    values["rider_temperature"] -= 250.0 * severity


def recuperator_fouling(values: Values, severity: float) -> None:
    """The recuperator is fouled: effectiveness down by a quarter."""
    values["recuperator_fouling"] = min(values["recuperator_fouling"] + 0.25 * severity, 0.95)


def pressure_control(values: Values, severity: float) -> None:
    """The damper sticks open: the furnace runs up to 20 Pa too low and draws in air."""
    values["pressure_offset"] -= 20.0 * severity


def slow_beam(values: Values, severity: float) -> None:
    """Worn hydraulics: a beam cycle takes up to six times as long, until it is slower than the mill."""
    values["walk_time"] *= 1.0 + 5.0 * severity


def lean_fuel(values: Values, severity: float) -> None:
    """The fuel has a lower heating value: up to −8 %."""
    values["fuel_richness"] *= 1.0 - 0.08 * severity


def rich_fuel(values: Values, severity: float) -> None:
    """The fuel has a higher heating value: up to +8 %; the burners run short of air until the trim follows."""
    values["fuel_richness"] *= 1.0 + 0.08 * severity


def fuel_swings(values: Values, severity: float) -> None:
    """The heating value swings from ten minutes to ten minutes: up to 4 % standard deviation more."""
    values["fuel_spread"] += 0.04 * severity


def _clogging_of(zone: int) -> Fault:
    def one_zone(values: Values, severity: float) -> None:
        """The burners of one zone hold back up to half of their fuel."""
        _added(values, "burner_clogging", 0.5 * severity, tuple(float(i == zone) for i in range(len(ZONE_LABELS))))

    return one_zone


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        burner_clogging, burner_clogging_growth, excess_air, air_meter_drift, slow_thermocouple, refractory_spall, skid_insulation,
        recuperator_fouling, pressure_control, slow_beam, lean_fuel, rich_fuel, fuel_swings,
    )
}  # fmt: skip
FAULTS |= {f"burner_clogging_{label}": _clogging_of(zone) for zone, label in enumerate(ZONE_LABELS)}

CLOGGED_ZONE: dict[str, str] = {
    "burner_clogging": "top_2",
    "burner_clogging_growth": "top_2",
    **{f"burner_clogging_{label}": label for label in ZONE_LABELS},
}
"""Fault name -> label of the zone whose burners it clogs (mainly): the truth that a detector is scored against."""
