"""Which numbers of the mill the records may move, how far the prior lets them, and how they enter its parameters."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.processes.bar_rolling.blocks import GRADE_LABELS, GRADES, STANDS, Parameters
from steelyard.signals import declared
from steelyard.twin.adjustable import inside
from steelyard.units import from_si

SCALAR = -1
START = "start_temperature"
OFFSET_SD, TEMPERATURE_SD = 15.0, 8.0
THERMAL = (
    ("radiation_factor", 0.25, True, "emissivity of scaled steel 0.6-0.9, and the scale comes off in the pass"),
    ("scale_skin_rate", 3.0, False, "assumed: a thicker skin of scale reads some kelvin colder per second"),
)
PER_PASS = (
    ("pass_temperature_correction", TEMPERATURE_SD, "assumed: roll contact and heat of deformation within ± 8 K"),
    ("entry_pyrometer_offset", OFFSET_SD, "assumed: pyrometers that see a scaled bar differ by ± 15 K"),
    ("exit_pyrometer_offset", OFFSET_SD, "assumed: pyrometers that see a scaled bar differ by ± 15 K"),
)
LOADS = ("force", "torque")
FACTOR_SD, GRADE_SD, PAIR_SD, TILT_SD = 0.35, 0.06, 0.03, 1.5e-4
ALONG = {
    "torque_level": ("torque_factor", True, False), "torque_trend": ("torque_factor", True, True),
    "pyrometer_level": ("exit_pyrometer_offset", False, False),
    "pyrometer_trend": ("exit_pyrometer_offset", False, True),
}  # fmt: skip
"""Numbers that move a row of stands: field, by a factor or an addition, the same or from -1 to 1 along the mill."""
TILTS = {"force": "flow_stress_temperature_correction", "torque": "torque_temperature_correction"}


@dataclass(frozen=True)
class Number:
    """One number that may move, by a standard normal z: ``prior + sd z`` or ``prior exp(sd z)``; SI.

    name: field of the mill's Parameters (or START); slot: its place, SCALAR for a plain number.
    """

    name: str
    slot: int
    prior: float
    sd: float
    logarithmic: bool
    source: str

    def value(self, z: float) -> float:
        """Return the SI value at the standardised z."""
        return self.prior * math.exp(self.sd * z) if self.logarithmic else self.prior + self.sd * z

    def z_of(self, value: float) -> float:
        """Return the standardised z of an SI value."""
        return math.log(value / self.prior) / self.sd if self.logarithmic else (value - self.prior) / self.sd

    def label(self, passes: tuple[str, ...]) -> str:
        """Return the name with pass or grade, e.g. force_factor[R3] or grade_stand_force_factor[C45 R3]."""
        if self.slot == SCALAR:
            return self.name
        if self.name.startswith("grade_stand"):
            grade, stand = divmod(self.slot, STANDS)
            return f"{self.name}[{GRADE_LABELS[grade]} {passes[stand]}]"
        return f"{self.name}[{GRADE_LABELS[self.slot] if self.name.startswith('grade') else passes[self.slot]}]"


def thermal_numbers(base: dict[str, Any], passes: int, start: float) -> list[Number]:
    """Return the numbers of the thermal track: start [K], radiation, skin of scale, per pass correction and offsets."""
    found = [Number(START, SCALAR, start, 20.0, False, "mean of the records, unknown furnace")]
    found += [Number(name, SCALAR, base[name], sd, log, why) for name, sd, log, why in THERMAL]
    for name, sd, why in PER_PASS:
        last = passes - 1 if name == "pass_temperature_correction" else passes
        found += [Number(name, k, base[name][k], sd, False, why) for k in range(last)]
    return found


def load_numbers(base: dict[str, Any], passes: int, grades: list[int]) -> list[Number]:
    """Return the numbers of force and torque: per pass, per grade, per pair of both, and the slope over temperature."""
    found = []
    for load in LOADS:
        field, why = f"{load}_factor", "textbook laws miss a groove pass by a third"
        found += [Number(field, k, base[field][k], FACTOR_SD, True, why) for k in range(passes)]
        field, why = f"grade_{load}_factor", "assumed: flow-stress tables of one grade differ by 6 %"
        found += [Number(field, g, base[field][g], GRADE_SD, True, why) for g in grades]
        field, why = f"grade_stand_{load}_factor", "assumed: gap settings of the day, strain dependence: 3 %"
        pairs = [g * STANDS + k for g in grades for k in range(passes)]
        found += [Number(field, pair, base[field][pair], PAIR_SD, True, why) for pair in pairs]
        why = "published exponents of plain steels agree within 1.5e-4 1/K"
        found.append(Number(TILTS[load], SCALAR, base[TILTS[load]], TILT_SD, False, why))
    return found


def apply(base: dict[str, Any], numbers: list[Number], z: np.ndarray) -> dict[str, Any]:
    """Return the mill's SI parameters with the numbers at `z`; values stay in their declared ranges."""
    found = {name: list(value) if isinstance(value, list) else value for name, value in base.items()}
    for number, place in zip(numbers, z, strict=True):
        if number.name == START:
            continue
        if number.name in ALONG:
            _apply_along(found, number, float(place))
            continue
        value = inside(number.name, number.value(float(place)), Parameters)
        if number.slot == SCALAR:
            found[number.name] = value
        else:
            found[number.name][number.slot] = value
    return found


def _apply_along(values: dict[str, Any], number: Number, z: float) -> None:
    """Move a row of the parameters `values` by one of the numbers ALONG."""
    field, factor, tilted = ALONG[number.name]
    count = int(values["stand_count"])
    along = np.linspace(-1.0, 1.0, count) if tilted else np.ones(count)
    row = np.array(values[field], dtype=float)
    move = number.value(z) * along
    row[:count] = row[:count] * np.exp(move) if factor else row[:count] + move
    values[field] = [inside(field, float(value), Parameters) for value in row]


def shown(number: Number, value: float) -> tuple[float, str]:
    """Return a value in the unit in which people see it, and that unit."""
    if number.name == START:
        return float(from_si(value, "°C")), "°C"
    if number.name in ALONG:
        return value, "1" if ALONG[number.name][1] else "K"
    unit = declared(Parameters)[number.name].board_unit
    return float(from_si(value, unit)), unit


def grades_of(grade: np.ndarray) -> list[int]:
    """Return the grades that occur, as sorted indices."""
    return sorted({int(g) for g in grade if 0 <= g < GRADES})
