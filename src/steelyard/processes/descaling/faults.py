"""Faults of the descaling ring: parameters that change with severity. Severity 0 is no fault, 1 is severe.

Each changes the plain SI values of the ring in place. The rates let a fault grow while the ring works.
"""

from collections.abc import Callable
from typing import Any

Values = dict[str, Any]
Fault = Callable[[Values, float], None]


def worn_nozzles(values: Values, severity: float) -> None:
    """Worn mouths pass more water than the pump delivers: the pressure and with it the impact falls."""
    values["nozzle_wear"] += 0.5 * severity


def clogged_nozzles(values: Values, severity: float) -> None:
    """Some nozzles are blocked: stripes of scale stay on the piece."""
    values["clogging"] = min(values["clogging"] + 0.5 * severity, 1.0)


def pump_wear(values: Values, severity: float) -> None:
    """The pump leaks inside and delivers less: the pressure falls under load."""
    values["pump_wear"] = min(values["pump_wear"] + 0.45 * severity, 0.9)


def growing_wear(values: Values, severity: float) -> None:
    """Gritty water wears nozzles and pump fast: the pressure alarm within a day of the pilot line (1 % of it spraying)."""
    values["nozzle_wear_rate"] += 4.0 * severity / 3600.0
    values["pump_wear_rate"] += 2.5 * severity / 3600.0


def growing_clogging(values: Values, severity: float) -> None:
    """Bad filters: nozzles clog one after the other."""
    values["clogging_rate"] += 4.0 * severity / 3600.0


def displaced_header(values: Values, severity: float) -> None:
    """The header was mounted too far off: the jets spread before they strike."""
    values["stand_off"] *= 1.0 + 0.5 * severity


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (worn_nozzles, clogged_nozzles, pump_wear, growing_wear, growing_clogging, displaced_header)
}
