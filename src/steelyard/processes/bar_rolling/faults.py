"""Faults of the rolling mill: parameters that change with severity. Severity 0 is no fault, 1 is severe.

A fault is a function (mill parameters in SI, severity) that changes plain values in place. Wear grows while the mill runs:
its fault raises the rate. Faults of load cells and pyrometers are faults of instruments: see plant/instruments.
"""

from collections.abc import Callable
from typing import Any

Values = dict[str, Any]
Fault = Callable[[Values, float], None]


def groove_wear(mill: Values, severity: float) -> None:
    """The grooves wear fast (poor cooling, soft rolls): the bar grows thicker from shift to shift."""
    mill["groove_wear_rate"] *= 1.0 + 15.0 * severity


def roll_wear(mill: Values, severity: float) -> None:
    """Rolls at the end of their campaign: every groove is worn by up to a quarter millimetre, the surface is rough."""
    mill["groove_wear"] = [w + 0.25e-3 * severity for w in mill["groove_wear"]]
    mill["spread_factor"] = [f * (1.0 - 0.1 * severity) for f in mill["spread_factor"]]


def guide_wear(mill: Values, severity: float) -> None:
    """Guides have play and lose more: the bar enters askew, diameter and ovality scatter."""
    mill["guide_clearance"] += 0.8e-3 * severity
    mill["guide_wear_rate"] *= 1.0 + 20.0 * severity


def water_box_valve(mill: Values, severity: float) -> None:
    """The valve of the water box sticks open: the bar comes cold to the bed."""
    mill["water_valve_leak"] = max(mill["water_valve_leak"], 0.6 * severity)


def pass_misalignment(mill: Values, severity: float) -> None:
    """The rolls of the last two passes have shifted along their axes: more force, an oval bar."""
    count = int(mill["stand_count"])
    shifted = range(max(count - 2, 0), count)
    mill["misalignment"] = [m + 0.6e-3 * severity if i in shifted else m for i, m in enumerate(mill["misalignment"])]


def weak_drive(mill: Values, severity: float) -> None:
    """The drives trip early: overloads with cold or hard bars."""
    mill["drive_weakness"] = min(mill["drive_weakness"] + 0.45 * severity, 0.95)


def poor_roll_cooling(mill: Values, severity: float) -> None:
    """The roll cooling is clogged: the grooves run hot and wear faster."""
    mill["roll_temperature"] += 120.0 * severity
    mill["roll_cooling_time"] = min(mill["roll_cooling_time"] * (1.0 + 4.0 * severity), 7200.0)
    mill["groove_wear_rate"] *= 1.0 + 10.0 * severity


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        groove_wear, roll_wear, guide_wear, water_box_valve, pass_misalignment, weak_drive, poor_roll_cooling,
    )
}  # fmt: skip
