"""Cooling bed: rolled bars lie in the slots of a rake, cool in air and transform.

**Model** A rake moves all bars one slot at a time; the last slot must be empty. Each bar radiates to the hall past its
neighbours and is cooled by natural convection and fans; its mean temperature follows from its enthalpy and its phases,
surface and core from the parabola of quasi-steady cooling. Austenite becomes ferrite, pearlite, bainite, martensite;
the heat of it warms the bar (recalescence). Hardness, strength and ferrite grain when the bar is taken. A bar is
computed when it may have cooled by some kelvin, and in inner steps that halve where it transforms fast. Left out:
gradients along the bar, radiation between bars of different temperature, straightening, stress.
**Holds** Biot number below about 0.2, bars of 5–80 mm, 20–1150 °C.
**Source** docs/explanation/physics-of-descaling-and-cooling.md; laws: physics/{bar_in_air,transformation,phase_heat,
hardness}.py.
**Checked** tests/validation/cooling_bed/*.toml, tests/processes/cooling_bed/.
"""

import math
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.materials.carbon_steel import conductivity
from steelyard.materials.chemistry import CARBON, CHROMIUM, MANGANESE, MOLYBDENUM, NICKEL, SILICON, content
from steelyard.physics.phase_heat import phase_enthalpy
from steelyard.physics.transformation import (
    BAINITE,
    BAINITE_SPEED,
    FERRITE_SPEED,
    MARTENSITE,
    PEARLITE,
    PEARLITE_SPEED,
    austenite,
    begin_austenite,
    steel_constants,
)
from steelyard.processes.cooling_bed.bar import advance_bar, note_properties, surface_temperature
from steelyard.processes.cooling_bed.blocks import (
    BED_SLOTS,
    RECORD,
    SLOT_LABELS,
    Inputs,
    Outputs,
    Parameters,
    State,
)

__all__ = [
    "BED_SLOTS", "RECORD", "SLOT_LABELS", "Inputs", "Outputs", "Parameters", "State", "bed_step",
    "can_place", "heat_content", "new_unit", "place", "prepare", "ready", "take",
]  # fmt: skip

STILL_AUSTENITE = 873.15
"""A bar that is placed colder than this is taken as long since transformed to ferrite and pearlite [K]."""
USUAL_GRAIN = 20e-6


@kernel
def _row_in_slot(unit, slot):
    """Return the row of the bar in this slot, -1 when it is empty."""
    for k in range(BED_SLOTS):
        if unit.x.slot[k] == slot:
            return k
    return -1


@kernel
def can_place(unit):
    """Return whether the first slot is empty."""
    return _row_in_slot(unit, 0.0) < 0


@kernel
def ready(unit):
    """Return whether a bar lies in the last slot."""
    return _row_in_slot(unit, BED_SLOTS - 1.0) >= 0


@kernel
def heat_content(unit):
    """Return the heat of the bars on the bed above ferrite at 25 °C [J]."""
    x = unit.x
    stored = 0.0
    for k in range(BED_SLOTS):
        if x.slot[k] >= 0.0:
            stored += x.bar_mass[k] * x.enthalpy[k]
    return stored


@kernel
def _copy_in(x, k, piece):
    x.bar_number[k], x.bar_grade[k], x.bar_roundness[k] = piece.number, piece.grade, piece.roundness
    x.bar_thickness[k], x.bar_width[k], x.bar_length[k] = piece.thickness, piece.width, piece.length
    x.bar_mass[k], x.bar_scale[k], x.bar_decarburised[k] = piece.mass, piece.scale, piece.decarburised_depth
    x.bar_austenite_grain[k] = piece.grain_size if piece.grain_size > 0.0 else USUAL_GRAIN
    x.bar_strain[k], x.bar_skid_difference[k] = piece.retained_strain, piece.skid_difference
    x.bar_target[k], x.bar_charge_time[k] = piece.target_temperature, piece.charge_time
    x.bar_charge_temperature[k], x.bar_discharge_time[k] = piece.charge_temperature, piece.discharge_time


@kernel
def _copy_out(x, k, piece):
    piece.number, piece.grade, piece.roundness = x.bar_number[k], x.bar_grade[k], x.bar_roundness[k]
    piece.thickness, piece.width, piece.length = x.bar_thickness[k], x.bar_width[k], x.bar_length[k]
    piece.mass, piece.scale, piece.decarburised_depth = x.bar_mass[k], x.bar_scale[k], x.bar_decarburised[k]
    piece.skid_difference, piece.target_temperature = x.bar_skid_difference[k], x.bar_target[k]
    piece.charge_time, piece.charge_temperature = x.bar_charge_time[k], x.bar_charge_temperature[k]
    piece.discharge_time, piece.retained_strain = x.bar_discharge_time[k], 0.0


@kernel
def _prepare(unit, k, grade):
    """Set the constants of the steel of row `k`, and its phases and enthalpy at its temperature."""
    p, x = unit.p, unit.x
    steel, phases = x.steel[k], x.phases[k]
    steel_constants(
        steel, content(grade, CARBON), content(grade, SILICON), content(grade, MANGANESE), content(grade, NICKEL),
        content(grade, CHROMIUM), content(grade, MOLYBDENUM), x.bar_austenite_grain[k],
    )  # fmt: skip
    for which in (FERRITE_SPEED, PEARLITE_SPEED, BAINITE_SPEED):
        steel[which] *= p.reaction_factor
    begin_austenite(phases, steel)
    if x.bar_temperature[k] < STILL_AUSTENITE:
        phases[PEARLITE] = 1.0
    x.enthalpy[k] = phase_enthalpy(x.bar_temperature[k], austenite(phases), phases[BAINITE], phases[MARTENSITE])


@kernel
def place(unit, piece, time):
    """Lay a bar (record PIECE) into the first slot at `time` [s]; does nothing when `can_place` is false."""
    x, y = unit.x, unit.y
    if not can_place(unit):
        return
    k = _row_in_slot(unit, -1.0)
    _copy_in(x, k, piece)
    if piece.roundness > 0.5:
        perimeter, section = math.pi * piece.thickness, 0.25 * math.pi * piece.thickness * piece.thickness
    else:
        perimeter, section = 2.0 * (piece.thickness + piece.width), piece.thickness * piece.width
    x.slot[k], x.waiting[k], x.interval[k], x.sub_step[k] = 0.0, 0.0, 0.0, 1.0
    x.radius[k], x.heat_surface[k] = 2.0 * section / perimeter, perimeter * piece.length / piece.mass
    x.bar_temperature[k], x.lowest_temperature[k] = piece.temperature, piece.temperature
    x.flux[k], x.bar_cooling_rate[k], x.bar_recalescence[k], x.bar_heat_off[k] = 0.0, -1.0, 0.0, 0.0
    _prepare(unit, k, piece.grade)
    x.energy_in += x.bar_mass[k] * x.enthalpy[k]
    y.bars_on_bed += 1.0
    y.entry_temperature = piece.surface_temperature
    y.slot_number[0], y.slot_temperature[0] = piece.number, piece.surface_temperature


@kernel
def take(unit, piece, time):
    """Take the bar out of the last slot at `time` [s]: fill `piece`, free the slot, show its properties.

    Does nothing when `ready` is false. The piece keeps its austenite grain out of sight: its grain size is the ferrite's.
    """
    x, y = unit.x, unit.y
    k = _row_in_slot(unit, BED_SLOTS - 1.0)
    if k < 0:
        return
    if x.waiting[k] > 0.0:
        advance_bar(unit, k, x.waiting[k])
    _copy_out(x, k, piece)
    half = 0.25 * x.flux[k] * x.radius[k] / conductivity(x.bar_temperature[k])
    piece.temperature = x.bar_temperature[k]
    piece.surface_temperature, piece.core_temperature = piece.temperature - half, piece.temperature + half
    y.exit_temperature = piece.surface_temperature
    x.energy_out += x.bar_mass[k] * x.enthalpy[k]
    note_properties(unit, k)
    piece.grain_size = y.grain_size
    x.slot[k], x.bar_number[k] = -1.0, -1.0
    y.bars_on_bed -= 1.0
    y.slot_number[BED_SLOTS - 1], y.slot_temperature[BED_SLOTS - 1] = -1.0, unit.p.ambient_temperature


@kernel
def _show_slots(unit):
    """Write number and surface temperature of every slot to the outputs."""
    x, y = unit.x, unit.y
    for i in range(BED_SLOTS):
        y.slot_number[i], y.slot_temperature[i] = -1.0, unit.p.ambient_temperature
    for k in range(BED_SLOTS):
        if x.slot[k] >= 0.0:
            i = int(x.slot[k])
            y.slot_number[i], y.slot_temperature[i] = x.bar_number[k], surface_temperature(unit, k)


@kernel
def _rake(unit, dt):
    """Move the bars on when the rake's time has come and the last slot is empty."""
    u, x, y = unit.u, unit.x, unit.y
    x.rake_clock += dt * (1.0 - unit.p.rake_stuck)
    y.rake_blocked = 0.0
    while x.rake_clock >= u.rake_time:
        if ready(unit):
            x.rake_clock, y.rake_blocked = u.rake_time, 1.0
            return
        x.rake_clock -= u.rake_time
        y.rake_steps += 1.0
        for k in range(BED_SLOTS):
            if x.slot[k] >= 0.0:
                x.slot[k] += 1.0
        _show_slots(unit)


@kernel
def bed_step(unit, dt):
    """Advance the bed by `dt` [s]: cool the bars that are due, then work the rake."""
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    y.electric_energy += p.fan_power * u.fan_speed * u.fan_speed * u.fan_speed * dt
    if p.fan_fouling_rate > 0.0:
        x.fan_fouled = min(x.fan_fouled + p.fan_fouling_rate * dt, 1.0)
    for k in range(BED_SLOTS):
        if x.slot[k] >= 0.0:
            x.waiting[k] += dt
            if x.waiting[k] >= x.interval[k] - 1e-9:
                advance_bar(unit, k, x.waiting[k])
                y.slot_temperature[int(x.slot[k])] = surface_temperature(unit, k)
    _rake(unit, dt)


def prepare(unit: Any) -> None:
    """Bring a zeroed record with its parameters to the usual set-points (still air), empty."""
    p, u, x, y = unit["p"], unit["u"], unit["x"], unit["y"]
    u["fan_speed"], u["rake_time"] = 0.0, 30.0
    x["slot"], x["bar_number"], y["slot_number"], y["bar_number"] = -1.0, -1.0, -1.0, -1.0
    x["bar_temperature"] = x["lowest_temperature"] = y["slot_temperature"] = p["ambient_temperature"]
    y["entry_temperature"] = y["exit_temperature"] = p["ambient_temperature"]


def new_unit(values: dict[str, Any]) -> np.ndarray:
    """Return a fresh record (1,) of an empty bed with SI parameters `values`."""
    record = np.zeros(1, RECORD)
    fill(record["p"][0], Parameters, values)
    prepare(record[0])
    return record
