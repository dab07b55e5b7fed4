"""One ladle furnace with its crew and its stream of ladles: the record of the plant and its step.

The wiring is the only thing a plant adds: ladles arrive, the crew acts, the furnace runs, departed heats are noted.
"""

import math

import numpy as np

from steelyard.engine.blocks import block_signals, member
from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.processes.ladle_furnace import control, model
from steelyard.processes.ladle_furnace.arrival import ARRIVAL_RECORD, bring_ladle, gap_before
from steelyard.processes.ladle_furnace.control import operator_step, start_heat
from steelyard.processes.ladle_furnace.heat_log import HEAT_RECORD, LOG_LENGTH, note_arrival, note_departure, note_step
from steelyard.processes.ladle_furnace.model import furnace_step, remove_ladle
from steelyard.signals import Signal

DISTURBANCE = stream("ladle_furnace.disturbance")
DIP_NOISE = stream("ladle_furnace.dip.noise")
DIP_LUCK = stream("ladle_furnace.dip.luck")

RECORD = np.dtype(
    [
        ("time", "f8"),
        ("seed", "u8"),
        ("heats", "f8"),
        ("next_arrival", "f8"),
        ("ladle_furnace", model.RECORD),
        ("operator", control.RECORD),
        ("arrival", ARRIVAL_RECORD),
        ("log", HEAT_RECORD, (LOG_LENGTH,)),
    ],
    align=True,
)


@kernel
def _exchange_ladles(plant, unit, crew, dt):
    """Take away a ladle that shall leave; bring the next when its time has come."""
    if unit.x.occupied > 0.5:
        row = plant.log[int(plant.heats - 1.0) % LOG_LENGTH]
        note_step(row, unit, dt)
        if crew.x.leave < 0.5 and unit.u.transfer_request < 0.5:
            return
        note_departure(row, unit, crew, plant.time)
        remove_ladle(unit)
        crew.y.phase = 0.0
        plant.next_arrival = plant.time + gap_before(plant.arrival, plant.seed, plant.heats)
    elif plant.time >= plant.next_arrival:
        bring_ladle(unit, plant.arrival, plant.seed, plant.heats)
        start_heat(crew, unit, plant.seed, plant.heats)
        note_arrival(plant.log[int(plant.heats) % LOG_LENGTH], unit, plant.time)
        plant.heats += 1.0


@kernel
def step(plant, dt):
    """Advance the plant record by one step of `dt` [s]."""
    unit, crew = plant.ladle_furnace, plant.operator
    _exchange_ladles(plant, unit, crew, dt)
    disturbance, noise, luck = 0.0, 0.0, 1.0
    if unit.x.occupied > 0.5:
        heat = plant.heats - 1.0
        operator_step(crew, unit, plant.seed, heat, dt)
        before = math.floor(unit.x.heat_time / 60.0)
        if math.floor((unit.x.heat_time + dt) / 60.0) > before:
            disturbance = unit.p.disturbance * normal(plant.seed, DISTURBANCE, heat, before)
        if unit.x.dip_pending >= 0.0 or unit.u.dip_request > 0.5:
            taken = unit.y.dip_count + unit.y.failed_dips
            noise = normal(plant.seed, DIP_NOISE, heat, taken)
            luck = uniform(plant.seed, DIP_LUCK, heat, taken)
    furnace_step(unit, disturbance, noise, luck, dt)
    plant.time += dt


@kernel
def advance(plants, lo, hi, n, dt):
    """Advance the records `lo` to `hi` of `plants` by `n` steps of `dt` [s]: the one entry point."""
    for k in range(lo, hi):
        for _ in range(n):
            step(plants[k], dt)


@kernel
def advance_heats(plants, k, heats, limit, dt):
    """Advance record `k` until `heats` ladles have departed; return the steps taken, at most `limit`."""
    for i in range(limit):
        if plants[k].heats >= heats and plants[k].ladle_furnace.x.occupied < 0.5:
            return i
        step(plants[k], dt)
    return limit


def signals() -> list[Signal]:
    """Return the signals of the plant: outputs and set-points of furnace and crew, derived from their declarations."""
    found: list[Signal] = []
    for name, part in (("ladle_furnace", model), ("operator", control)):
        record, base = member(RECORD, name)
        inputs = part.Inputs if part is model else control.Advice
        outputs = part.Outputs if part is model else control.Panel
        for field, block, writable in (("u", inputs, True), ("y", outputs, False)):
            dtype, offset = member(record, field)
            found += block_signals(name, block, dtype, base + offset, writable)
    return found
