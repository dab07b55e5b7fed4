"""The traffic of a line: which billets come, how fast bars are wanted, when the mill stands still.

Everything random is keyed by the number of the billet, so that both arms of a trial meet the same billets and delays.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from steelyard.engine.blocks import unit_dtype
from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.materials.piece import GRADE_LABELS, GRADES, PIECE, ROUND
from steelyard.signals import Array, Scalar, quantity

GRADE_DRAW = stream("line.grade")
LOT_DRAW = stream("line.lot")
SECTION_DRAW = stream("line.section")
CHARGE_DRAW = stream("line.charge_temperature")
HOT_DRAW = stream("line.hot_charge")
DELAY_DRAW = stream("line.delay")
DELAY_LENGTH = stream("line.delay.length")
DELAY_GUESS = stream("line.delay.announced")
COLD_DENSITY = 7850.0


class Traffic:
    """What is charged, and how the mill asks for it."""

    pace: Scalar = quantity("s", "time between two discharges when nothing stands still", low=5.0, high=3600.0)
    billet_thickness: Scalar = quantity("m", "thickness or diameter of the billets", low=10.0, high=600.0, shown="mm")
    billet_width: Scalar = quantity("m", "width of the billets; the diameter when round", low=10.0, high=3000.0, shown="mm")  # fmt: skip
    billet_length: Scalar = quantity("m", "length of the billets", low=0.2, high=20.0)
    billet_shape: Scalar = quantity("1", "0 rectangular, 1 round", low=0.0, high=1.0)
    section_spread: Scalar = quantity("1", "standard deviation of the thickness from billet to billet", low=0.0, high=5.0, shown="%")  # fmt: skip
    charge_temperature: Scalar = quantity("K", "temperature of cold billets", low=-30.0, high=200.0, shown="°C")
    charge_spread: Scalar = quantity("K", "standard deviation of the charge temperature", low=0.0, high=200.0)
    hot_share: Scalar = quantity("1", "share of billets charged hot", low=0.0, high=1.0)
    hot_temperature: Scalar = quantity("K", "temperature of hot-charged billets", low=100.0, high=1000.0, shown="°C")
    target_temperature: Array = quantity("K", "mean temperature wanted at discharge, by grade", low=900.0, high=1300.0, shown="°C", shape=GRADES, labels=GRADE_LABELS)  # fmt: skip
    grade_share: Array = quantity("1", "share of the lots, by grade", low=0.0, high=1.0, shape=GRADES, labels=GRADE_LABELS)  # fmt: skip
    lot_length: Scalar = quantity("1", "billets of one grade in a row", low=1.0, high=1000.0)
    initial_grain: Scalar = quantity("m", "austenite grain of a reheated billet", low=0.005, high=1.0, shown="mm")
    delay_probability: Scalar = quantity("1", "chance of a mill delay before a bar", low=0.0, high=0.5)
    delay_mean: Scalar = quantity("s", "mean length of a delay beyond the shortest", low=0.0, high=24.0, shown="h")
    delay_shortest: Scalar = quantity("s", "shortest delay", low=0.0, high=24.0, shown="h")
    delay_guess_error: Scalar = quantity("1", "standard deviation of the announced over the true length of a delay", low=0.0, high=1.0)  # fmt: skip
    difference_limit: Scalar = quantity("K", "allowed core to surface difference at discharge", low=1.0, high=500.0)
    temperature_tolerance: Scalar = quantity("K", "allowed deviation from the target at discharge", low=1.0, high=200.0)


class Orders:
    """What may be asked of the line from outside."""

    pace_setpoint: Scalar = quantity("s", "time between two discharges asked for; 0 is the line's own", low=0.0, high=3600.0)  # fmt: skip


class Yard:
    """What the line remembers of its traffic."""

    charged: Scalar = quantity("1", "billets charged so far", low=0.0, high=1e9)
    discharged: Scalar = quantity("1", "billets discharged so far", low=0.0, high=1e9)
    delivered: Scalar = quantity("1", "bars that have left the line, without a gap", low=0.0, high=1e9)
    next_discharge: Scalar = quantity("s", "plant time from which the next billet may go", low=-1e7, high=1e10)
    delay_end: Scalar = quantity("s", "plant time at which the present delay ends", low=-1e7, high=1e10)
    delay_announced: Scalar = quantity("s", "plant time at which the present delay was announced to end", low=-1e7, high=1e10)  # fmt: skip
    delay_drawn: Scalar = quantity("1", "number of the billet for which a delay was drawn last", low=-1.0, high=1e9)
    fuel_before: Scalar = quantity("J", "fuel counter at the last discharge", low=0.0, high=1e9, shown="GJ")
    emission_before: Scalar = quantity("kg", "carbon dioxide counter at the last discharge", low=0.0, high=1e9, shown="t")  # fmt: skip


class Panel:
    """What the line shows of its traffic."""

    pace: Scalar = quantity("s", "expected time between two discharges", low=0.0, high=3600.0)
    delay_remaining: Scalar = quantity("s", "announced time until the mill runs again", low=0.0, high=1e5, shown="min")
    bars_charged: Scalar = quantity("1", "billets charged so far", low=0.0, high=1e9)
    bars_discharged: Scalar = quantity("1", "billets discharged so far", low=0.0, high=1e9)
    bars_rolled: Scalar = quantity("1", "bars that have left the line", low=0.0, high=1e9)
    cobbles: Scalar = quantity("1", "bars lost in the mill", low=0.0, high=1e9)
    waiting: Scalar = quantity("1", "1 while the mill waits for a billet that is not there or too cold", low=0.0, high=1.0)  # fmt: skip


TRAFFIC_RECORD = unit_dtype(Traffic, Orders, Yard, Panel)


def grade_name(index: int) -> str:
    """Return the name of the grade with this index, e.g. ``C45``."""
    return GRADE_LABELS[index]


@kernel
def _grade_of(p, seed, number):
    """Return the grade index of billet `number`: lots of one grade follow each other."""
    total = 0.0
    for k in range(GRADES):
        total += p.grade_share[k]
    draw = uniform(seed, GRADE_DRAW, math.floor(number / p.lot_length), 0) * total
    for k in range(GRADES):
        draw -= p.grade_share[k]
        if draw <= 0.0 and p.grade_share[k] > 0.0:
            return float(k)
    return 0.0


@kernel
def next_billet(p, seed, number, piece):
    """Write billet `number` of the line into `piece`."""
    grade = _grade_of(p, seed, number)
    factor = 1.0 + p.section_spread * normal(seed, SECTION_DRAW, number, 0)
    temperature = p.charge_temperature
    if uniform(seed, HOT_DRAW, number, 0) < p.hot_share:
        temperature = p.hot_temperature
    temperature = max(temperature + p.charge_spread * normal(seed, CHARGE_DRAW, number, 0), 250.0)
    piece.number, piece.grade, piece.roundness = number, grade, p.billet_shape
    piece.thickness, piece.width, piece.length = p.billet_thickness * factor, p.billet_width, p.billet_length
    area = piece.thickness * piece.width
    if p.billet_shape == ROUND:
        piece.width = piece.thickness
        area = 0.25 * math.pi * piece.thickness * piece.thickness
    piece.mass = COLD_DENSITY * area * piece.length
    piece.temperature = piece.surface_temperature = piece.core_temperature = temperature
    piece.charge_temperature, piece.target_temperature = temperature, p.target_temperature[int(grade)]
    piece.skid_difference = piece.scale = piece.decarburised_depth = piece.retained_strain = 0.0
    piece.grain_size, piece.discharge_time = p.initial_grain, 0.0


def typical_billet(values: dict[str, Any]) -> Any:
    """Return a billet as it usually comes, record PIECE, from the SI values of the traffic."""
    area = values["billet_thickness"] * values["billet_width"]
    if values["billet_shape"] == ROUND:
        area = 0.25 * math.pi * values["billet_thickness"] ** 2
    share = values["grade_share"]
    target = sum(s * t for s, t in zip(share, values["target_temperature"], strict=True)) / sum(share)
    piece = np.zeros(1, PIECE)[0]
    for name in ("thickness", "width", "length"):
        piece[name] = values[f"billet_{name}"]
    piece["roundness"] = values["billet_shape"]
    piece["mass"], piece["grain_size"] = COLD_DENSITY * area * values["billet_length"], values["initial_grain"]
    for name in ("temperature", "surface_temperature", "core_temperature", "charge_temperature"):
        piece[name] = values["charge_temperature"]
    piece["target_temperature"] = target
    return piece


@kernel
def draw_delay(unit, seed, number, time):
    """Begin a delay before billet `number` if its stream says so; at most once for each billet."""
    p, x = unit.p, unit.x
    if x.delay_drawn >= number:
        return
    x.delay_drawn = number
    if uniform(seed, DELAY_DRAW, number, 0) >= p.delay_probability:
        return
    length = p.delay_shortest - p.delay_mean * math.log(uniform(seed, DELAY_LENGTH, number, 0))
    guess = max(0.2, 1.0 + p.delay_guess_error * normal(seed, DELAY_GUESS, number, 0))
    x.delay_end, x.delay_announced = time + length, time + length * guess


@kernel
def pace_now(unit):
    """Return the time between two discharges that is asked for [s]."""
    if unit.u.pace_setpoint > 0.0:
        return max(unit.u.pace_setpoint, 5.0)
    return unit.p.pace


@kernel
def announced_delay(unit, time):
    """Return the announced time until the mill runs again [s]; never zero while it still stands."""
    if time >= unit.x.delay_end:
        return 0.0
    return max(unit.x.delay_announced - time, 60.0)


def mixed_grades(values: dict[str, Any], severity: float) -> None:
    """Orders become small: lots grow short and further grades come in."""
    values["lot_length"] = 1.0 + (values["lot_length"] - 1.0) * (1.0 - 0.8 * severity)
    values["grade_share"] = [s + severity * f for s, f in zip(values["grade_share"], MIXED_SHARE, strict=True)]


def mill_delays(values: dict[str, Any], severity: float) -> None:
    """The mill stands still more often and for longer."""
    values["delay_probability"] += 0.06 * severity
    values["delay_mean"] *= 1.0 + 1.5 * severity


def uneven_billets(values: dict[str, Any], severity: float) -> None:
    """The sections and the charge temperatures of the billets scatter."""
    values["section_spread"] *= 1.0 + 2.0 * severity
    values["charge_spread"] += 20.0 * severity


def hot_charging(values: dict[str, Any], severity: float) -> None:
    """A part of the billets comes hot from a store."""
    values["hot_share"] += (0.5 - values["hot_share"]) * severity


MIXED_SHARE = (0.0, 0.3, 0.0, 0.0, 0.3, 0.0)
FAULTS: dict[str, Callable[[dict[str, Any], float], None]] = {
    f.__name__: f for f in (mixed_grades, mill_delays, uneven_billets, hot_charging)
}
