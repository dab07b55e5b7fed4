"""Faults of the cooling bed: parameters that change with severity. Severity 0 is no fault, 1 is severe.

Each changes the plain SI values of the bed in place.
"""

from collections.abc import Callable
from typing import Any

Values = dict[str, Any]
Fault = Callable[[Values, float], None]


def fan_failure(values: Values, severity: float) -> None:
    """Fans stand still: bars are cooled by still air only, stay coarser and softer."""
    values["fan_loss"] = min(values["fan_loss"] + severity, 1.0)


def fan_fouling(values: Values, severity: float) -> None:
    """Scale dust builds up on the fans: the cross flow dwindles over hours."""
    values["fan_fouling_rate"] += 0.2 * severity / 3600.0


def rake_stuck(values: Values, severity: float) -> None:
    """The rake stalls more and more often: the bed fills and the mill must wait."""
    values["rake_stuck"] = min(values["rake_stuck"] + severity, 1.0)


def crowded_bars(values: Values, severity: float) -> None:
    """Bars slide together: they see each other instead of the hall and cool slowly."""
    values["slot_pitch"] *= 1.0 - 0.85 * severity
    values["convection_factor"] *= 1.0 - 0.5 * severity


def hot_hall(values: Values, severity: float) -> None:
    """A hot, closed hall."""
    values["ambient_temperature"] += 25.0 * severity


FAULTS: dict[str, Fault] = {
    fault.__name__: fault for fault in (fan_failure, fan_fouling, rake_stuck, crowded_bars, hot_hall)
}
