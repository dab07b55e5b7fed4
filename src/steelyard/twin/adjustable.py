"""Which numbers of the furnace the records may move, how far the prior lets them, and how they enter the record.

Each adjustable is moved by a standard normal z: ``prior + sd z`` or ``prior exp(sd z)``. Priors are those of the
parameter file where it gives a spread, else the spread declared here with its reason.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.parameters import ParameterSet
from steelyard.processes.ladle_furnace.arrival import Arrival
from steelyard.processes.ladle_furnace.model import LABELS, Parameters
from steelyard.signals import declared
from steelyard.units import from_si, to_si

WAIT = "lining_per_log_wait"
SCALAR, ALL, BULK, WIRE = -1, -2, -3, -4
BULK_SLOTS = 15
SPREADS: tuple[tuple[str, float, bool, str], ...] = (
    ("arc_efficiency", 0.1, False, "assumed: ladle furnaces bring 40-80 % of the arc energy into the steel"),
    ("surface_emissivity", 0.06, False, "assumed: crust and lid between closed and broken"),
    ("arc_slag_share", 0.15, False, "assumed: slag takes 20-50 % first"),
    ("slag_steel_coefficient", 0.6, True, "assumed: within a factor of two"),
    ("arc_stratification", 1.0, True, "assumed: within a factor of three"),
    ("mixing_constant", 0.4, True, "mixing-time correlations differ by a factor of 1.5"),
    ("dissolution_time", 0.5, True, "assumed: one factor for all bulk materials"),
    ("dissolution_time", 0.7, True, "assumed: one factor for all wires"),
    ("wall_conductivity", 0.25, True, "MgO-C 5-8 W/mK and lining age; one factor for all cells"),
)
SMALLEST = {"arc_slag_share": 0.02, "surface_emissivity": 0.008}


@dataclass(frozen=True)
class Adjustable:
    """One number that may move: place `slot` of an array field, or the scalar field (SCALAR), or one factor for all
    places (ALL), for those of bulk materials (BULK) or of wires (WIRE)."""

    name: str
    block: str
    slot: int
    prior: float
    sd: float
    logarithmic: bool
    source: str

    def value(self, z: float) -> float:
        """Return the SI value (or the factor) at the standardised z."""
        if self.logarithmic:
            return self.prior * math.exp(self.sd * z)
        return max(self.prior + self.sd * z, SMALLEST.get(self.name, -math.inf))

    @property
    def label(self) -> str:
        """Name with the material, e.g. chill[bulk_12]."""
        places = {SCALAR: "", ALL: "", BULK: "[bulk]", WIRE: "[wire]"}
        return self.name + (f"[{LABELS[self.slot]}]" if self.slot >= 0 else places[self.slot])


def adjustables(furnace: ParameterSet, arrival: dict[str, Any], used: np.ndarray) -> list[Adjustable]:
    """Return the adjustable numbers of a furnace; chills only of materials that are `used`, boolean (24,)."""
    found = []
    for name, sd, logarithmic, why in SPREADS:
        number = furnace.numbers[name]
        whole = isinstance(number.value, list)
        spread = sd if whole or logarithmic or not number.sd else float(number.sd)
        slot = SCALAR if not whole else (ALL if name != "dissolution_time" else (WIRE if "wires" in why else BULK))
        found.append(Adjustable(name, "furnace", slot, 1.0 if whole else number.value, spread, logarithmic, why))
    chill = furnace.numbers["chill"]
    for i in np.flatnonzero(used):
        found.append(Adjustable("chill", "furnace", int(i), chill.value[i], chill.sd[i], False, chill.source))
    found.append(Adjustable("temperature", "arrival", SCALAR, arrival["temperature"], 20.0, False, "assumed"))
    found.append(Adjustable("hot_face", "arrival", SCALAR, arrival["hot_face"], 70.0, False, "preheat and waiting"))
    found.append(Adjustable(WAIT, "wait", SCALAR, 0.0, 60.0, False, "assumed: idle ladles stand colder"))
    return found


def apply(
    numbers: list[Adjustable], z: np.ndarray, furnace: dict[str, Any], arrival: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Return (furnace, arrival, lining per log wait) with the adjustables at `z`; values stay in declared ranges."""
    furnace, arrival = dict(furnace), dict(arrival)
    wait = 0.0
    for number, place in zip(numbers, z, strict=True):
        value = number.value(float(place))
        if number.block == "wait":
            wait = value
        elif number.block == "arrival":
            arrival[number.name] = inside(number.name, value, Arrival)
        elif number.slot <= ALL:
            array = list(furnace[number.name])
            for i in places(number.slot, len(array)):
                array[i] = inside(number.name, array[i] * value, Parameters)
            furnace[number.name] = array
        elif number.slot >= 0:
            array = list(furnace[number.name])
            array[number.slot] = inside(number.name, value, Parameters)
            furnace[number.name] = array
        else:
            furnace[number.name] = inside(number.name, value, Parameters)
    return furnace, arrival, wait


def places(slot: int, length: int) -> range:
    """Return the places of an array of `length` that a factor moves."""
    return {ALL: range(length), BULK: range(BULK_SLOTS), WIRE: range(BULK_SLOTS, length)}[slot]


def inside(name: str, value: float, block: type) -> float:
    """Return `value` (SI) held within the declared range of the block's field `name`."""
    q = declared(block)[name]
    low, high = to_si(q.low, q.board_unit), to_si(q.high, q.board_unit)
    return float(min(max(value, low), high))


def shown(number: Adjustable, value: float) -> tuple[float, str]:
    """Return a value in the unit in which people see it, and that unit."""
    if number.slot <= ALL:
        return value, "1 (factor)"
    if number.block == "wait":
        return value, "K"
    q = declared(Arrival if number.block == "arrival" else Parameters)[number.name]
    return float(from_si(value, q.board_unit)), q.board_unit
