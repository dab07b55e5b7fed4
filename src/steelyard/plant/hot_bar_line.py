"""A hot bar line: reheating furnace, descaling, bar mill and cooling bed on one clock, in one record.

The wiring is the only thing a line adds: billets are charged, walk, are discharged when the mill wants them, become
bars, cool and leave; each is one row of the log. What instruments show goes to the board and to level 1; nothing
else sees the truth.
"""

import math

import numpy as np

from steelyard.engine.blocks import block_signals, member
from steelyard.engine.kernel import kernel
from steelyard.materials.piece import PIECE
from steelyard.plant.bar_log import BAR_RECORD, LOG_LENGTH, STANDS, begin, note_discharge
from steelyard.plant.instruments import INSTRUMENT, read_instruments
from steelyard.plant.ramps import RAMP, RAMPS, WIRE, WIRES, carry, follow_ramps
from steelyard.plant.traffic import (
    TRAFFIC_RECORD,
    Orders,
    Panel,
    announced_delay,
    draw_delay,
    next_billet,
    pace_now,
)
from steelyard.processes.bar_rolling import model as mill
from steelyard.processes.cooling_bed import model as bed
from steelyard.processes.descaling import model as descaler
from steelyard.processes.reheating_furnace import model as furnace
from steelyard.signals import Signal

INSTRUMENTS = 112
WATCH = 10.0
RECORD = np.dtype(
    [
        ("time", "f8"),
        ("seed", "u8"),
        ("piece", PIECE),
        ("reheating_furnace", furnace.RECORD),
        ("descaling", descaler.RECORD),
        ("bar_rolling", mill.RECORD),
        ("cooling_bed", bed.RECORD),
        ("line", TRAFFIC_RECORD),
        ("instruments", INSTRUMENT, (INSTRUMENTS,)),
        ("ramps", RAMP, (RAMPS,)),
        ("wires", WIRE, (WIRES,)),
        ("log", BAR_RECORD, (LOG_LENGTH,)),
    ],
    align=True,
)
UNITS = (
    ("reheating_furnace", furnace.Outputs, furnace.Inputs, ("zone_setpoint",)),
    ("descaling", descaler.Outputs, None, ()),
    ("bar_rolling", mill.Outputs, mill.Inputs, ("setup_force",)),
    ("cooling_bed", bed.Outputs, None, ()),
    ("line", Panel, Orders, ("pace_setpoint",)),
)

HIDDEN = {
    "reheating_furnace": ("scale_loss", "skid_heat", "zone_power"),
    "descaling": ("entry_temperature", "impact_pressure", "residual_scale", "stripe_share"),
    "bar_rolling": (
        "bar_temperature", "diameter_deviation", "end_difference", "exit_length", "filling", "flow_stress",
        "grain_size", "groove_worn", "pass_entry_temperature", "pass_exit_temperature", "pass_mean_temperature",
        "retained_strain", "roll_power", "strain", "strain_rate", "tension",
    ),
    "cooling_bed": ("diameter", "grain_size", "slot_temperature"),
}  # fmt: skip
"""Outputs that no instrument of this line measures: truth for the log, not for the board."""


@kernel
def row_of(plant, number):
    """Return the log row of bar `number`."""
    return plant.log[int(number) % LOG_LENGTH]


@kernel
def name_charge(plants):
    """Give the pieces of a warm furnace, from the exit on, the names and sections of the first billets of the line."""
    plant = plants[0]
    x, yard, piece = plant.reheating_furnace.x, plant.line, plant.piece
    for slot in range(furnace.SLOTS - 1, -1, -1):
        if x.occupied[slot] < 0.5:
            continue
        yard.x.charged += 1.0
        next_billet(yard.p, plant.seed, yard.x.charged, piece)
        piece.charge_time = x.charge_clock[slot]
        begin(row_of(plant, piece.number), piece, piece.charge_time)
        x.number[slot], x.grade[slot], x.target[slot] = piece.number, piece.grade, piece.target_temperature
        x.thickness[slot], x.breadth[slot], x.mass[slot] = piece.thickness, piece.width, piece.mass


@kernel
def _charge(plant):
    """Put the next billet into the furnace when its first slot is free."""
    unit, yard = plant.reheating_furnace, plant.line
    if not furnace.can_charge(unit):
        return
    yard.x.charged += 1.0
    next_billet(yard.p, plant.seed, yard.x.charged, plant.piece)
    plant.piece.charge_time = plant.time
    begin(row_of(plant, yard.x.charged), plant.piece, plant.time)
    furnace.charge(unit, plant.piece, plant.time)


@kernel
def _discharge(plant):
    """Send the billet at the exit through the descaler into the mill when the mill wants one."""
    unit, yard, piece = plant.reheating_furnace, plant.line, plant.piece
    draw_delay(yard, plant.seed, yard.x.discharged + 1.0, plant.time)
    late = plant.time >= yard.x.next_discharge and plant.time >= yard.x.delay_end
    yard.y.waiting = 0.0
    if not (late and mill.is_free(plant.bar_rolling)):
        return
    if not furnace.ready(unit):
        yard.y.waiting = 1.0
        return
    scaled = unit.x.mass_scaled
    furnace.discharge(unit, piece, plant.time)
    _note_discharge(plant)
    row_of(plant, piece.number).scale_loss = unit.x.mass_scaled - scaled
    pumped = plant.descaling.y.electric_energy
    descaler.descale(plant.descaling, piece, plant.time)
    row_of(plant, piece.number).pump_energy = plant.descaling.y.electric_energy - pumped
    mill.start_bar(plant.bar_rolling, piece, plant.time)
    yard.x.discharged += 1.0
    yard.x.next_discharge = plant.time + pace_now(yard)


@kernel
def _note_discharge(plant):
    """Write into its row what the billet brings out of the furnace and what the furnace has spent on it."""
    unit, x, row = plant.reheating_furnace, plant.line.x, row_of(plant, plant.piece.number)
    note_discharge(row, plant.piece, plant.time)
    row.fuel_energy = unit.y.fuel_energy - x.fuel_before
    row.emission = unit.y.carbon_dioxide - x.emission_before
    row.furnace_heat = furnace.heat_content(unit)
    x.fuel_before, x.emission_before = unit.y.fuel_energy, unit.y.carbon_dioxide


@kernel
def _watch_zones(plant, dt):
    """Keep the highest zone temperature that each billet in the furnace has met; zones are slow, so every 10 s."""
    unit = plant.reheating_furnace
    if math.floor(plant.time / WATCH) == math.floor((plant.time - dt) / WATCH):
        return
    highest = 0.0
    for k in range(furnace.ZONES):
        highest = max(highest, unit.y.zone_temperature[k])
    for number in range(int(plant.line.x.discharged), int(plant.line.x.charged)):
        row = row_of(plant, number + 1)
        row.highest_zone_temperature = max(row.highest_zone_temperature, highest)


@kernel
def _roll(plant, dt):
    """Advance the mill; hand a finished bar to the cooling bed, write a lost one off."""
    unit, piece = plant.bar_rolling, plant.piece
    mill.mill_step(unit, plant.seed, plant.time, dt)
    if not mill.is_done(unit) or not (unit.y.cobble > 0.5 or bed.can_place(plant.cooling_bed)):
        return
    mill.finish_bar(unit, piece, plant.time)
    row = row_of(plant, piece.number)
    _note_passes(row, unit)
    row.grain_size = piece.grain_size
    if row.cobble > 0.5:
        row.off_time = plant.time + dt
        plant.line.y.cobbles += 1.0
        return
    row.bed_time = plant.time + dt
    bed.place(plant.cooling_bed, piece, plant.time)


@kernel
def _note_passes(row, unit):
    """Copy what the mill did to a bar into its row."""
    y = unit.y
    for k in range(STANDS):
        row.force[k], row.torque[k] = y.pass_force[k], y.pass_torque[k]
        row.entry_temperature[k], row.leaving_temperature[k] = y.pass_entry_temperature[k], y.pass_exit_temperature[k]
        row.expected_force[k], row.pass_time[k] = y.setup_force_used[k], y.pass_time[k]
    row.rolling_start, row.rolling_end = y.rolling_start, y.rolling_end
    row.finish_temperature, row.diameter, row.electric_energy = y.finish_temperature, y.diameter, y.bar_energy
    if row.diameter > 0.0:
        row.diameter_deviation = y.diameter_deviation
    row.cobble, row.overload, row.cold = y.cobble, y.overload, y.cold


@kernel
def _take_off(plant):
    """Take a cold bar off the bed and count the bars that have left without a gap."""
    unit, x = plant.cooling_bed, plant.line.x
    if bed.ready(unit):
        bed.take(unit, plant.piece, plant.time)
        row = row_of(plant, plant.piece.number)
        row.hardness, row.tensile_strength = unit.y.hardness, unit.y.tensile_strength
        row.off_time = plant.time
    while x.delivered < x.discharged and row_of(plant, x.delivered + 1.0).off_time > 0.0:
        x.delivered += 1.0


@kernel
def _show(plant):
    """Write the panel of the line and tell the furnace what the mill expects."""
    yard, unit = plant.line, plant.reheating_furnace
    remaining = max(announced_delay(yard, plant.time), plant.bar_rolling.y.change_remaining)
    yard.y.pace, yard.y.delay_remaining = pace_now(yard), remaining
    yard.y.bars_charged, yard.y.bars_discharged = yard.x.charged, yard.x.discharged
    yard.y.bars_rolled = yard.x.delivered
    unit.x.pace, unit.x.announced_delay = yard.y.pace, remaining


@kernel
def step(plant, flat, dt):
    """Advance the plant record by one step of `dt` [s]; `flat` is the same memory as float64."""
    follow_ramps(flat, plant.ramps, plant.time)
    _charge(plant)
    _discharge(plant)
    furnace.walk(plant.reheating_furnace)
    _show(plant)
    furnace.furnace_step(plant.reheating_furnace, plant.seed, dt)
    _watch_zones(plant, dt)
    _roll(plant, dt)
    bed.bed_step(plant.cooling_bed, dt)
    _take_off(plant)
    plant.time += dt
    read_instruments(flat, plant.instruments, plant.seed, plant.time, dt)
    carry(flat, plant.wires)


@kernel
def advance_flat(plants, flat, lo, hi, n, dt):
    """Advance the records `lo` to `hi` by `n` steps of `dt` [s]; `flat`, shape (count, width), is their memory."""
    for k in range(lo, hi):
        for _ in range(n):
            step(plants[k], flat[k], dt)


@kernel
def advance_bars_flat(plants, flat, k, bars, limit, dt):
    """Advance record `k` until `bars` bars have left the line; return the steps taken, at most `limit`."""
    for i in range(limit):
        if plants[k].line.x.delivered >= bars:
            return i
        step(plants[k], flat[k], dt)
    return limit


def as_flat(plants: np.ndarray) -> np.ndarray:
    """Return the records, shape (count,), as float64 in the same memory, shape (count, width)."""
    return plants.view(np.ndarray).view("f8").reshape(len(plants), -1)


def advance(plants: np.ndarray, lo: int, hi: int, n: int, dt: float) -> None:
    """Advance the records `lo` to `hi` of `plants` by `n` steps of `dt` [s]: the one entry point."""
    advance_flat(plants, as_flat(plants), lo, hi, n, dt)


def advance_bars(plants: np.ndarray, k: int, bars: float, limit: int, dt: float) -> int:
    """Advance record `k` until `bars` bars have left the line; return the steps taken, at most `limit`."""
    return int(advance_bars_flat(plants, as_flat(plants), k, bars, limit, dt))


def true_signals() -> list[Signal]:
    """Return what of the units may be seen, with the positions of the true values, derived from the declarations."""
    found: list[Signal] = []
    for name, outputs, inputs, setpoints in UNITS:
        record, base = member(RECORD, name)
        dtype, offset = member(record, "y")
        shown = block_signals(name, outputs, dtype, base + offset, False)
        found += [s for s in shown if s.name.split(".")[1].split("[")[0] not in HIDDEN.get(name, ())]
        if inputs is not None:
            dtype, offset = member(record, "u")
            every = block_signals(name, inputs, dtype, base + offset, True)
            found += [s for s in every if s.name.split(".")[1].split("[")[0] in setpoints]
    return found


def place_of(unit: str, block: str, field: str) -> int:
    """Return the index, in the flat record, of the first number of ``unit.block.field``."""
    record, base = member(RECORD, unit)
    dtype, offset = member(record, block)
    return (base + offset + member(dtype, field)[1]) // 8
