"""Bring a furnace to life: cold, or in the thermal steady state of normal production."""

from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.materials.piece import PIECE
from steelyard.processes.reheating_furnace import model
from steelyard.processes.reheating_furnace.layout import COLUMNS, SLOTS
from steelyard.processes.reheating_furnace.start import make_cold, prepare

COUNTERS_X = (
    "energy_fuel", "energy_air", "energy_scale", "energy_flue", "energy_unburnt", "energy_shell", "energy_skid",
    "energy_door", "energy_charged", "energy_discharged", "mass_charged", "mass_discharged", "mass_scaled", "clock",
)  # fmt: skip
COUNTERS_Y = ("fuel_energy", "carbon_dioxide", "fan_energy", "charged", "discharged")


def cold(unit: Any, values: dict[str, Any]) -> None:
    """Fill the record `unit` with the SI parameter `values` of an empty furnace at hall temperature."""
    fill(unit["p"], model.Parameters, values)
    make_cold(unit)


@kernel
def produce(unit, piece, out, pace, seconds, seed, dt):
    """Run the furnace for `seconds` with equal pieces every `pace` [s]; `out` takes what is discharged; return the count.

    `piece` is numbered on from its own number. The clock of the pieces is the clock of the furnace.
    """
    due = 0.0
    done = 0
    unit.x.pace = pace
    for n in range(int(seconds / dt)):
        time = n * dt
        if model.can_charge(unit):
            model.charge(unit, piece, time)
            piece.number += 1.0
        if time >= due and model.ready(unit):
            model.discharge(unit, out, time)
            due += pace
            done += 1
        model.walk(unit)
        model.furnace_step(unit, seed, dt)
    return done


def warm(unit: Any, values: dict[str, Any], piece: Any, pace: float, hours: float = 3.0, dt: float = 1.0) -> None:
    """Bring `unit` into normal production: walls hot, every slot taken by a copy of `piece`, one every `pace` [s].

    The walls start from their steady profile, the pieces from a ladder of temperatures; then the furnace itself runs for
    `hours`. At the end counters and clock stand at 0 and the pieces are numbered 1 (exit) to 30 (charge end), with charge
    times before 0: a line goes on with 31. `piece` is a PIECE record and is not changed.
    """
    fill(unit["p"], model.Parameters, values)
    prepare(unit)
    unit["x"]["pace"] = pace
    fresh, out = np.zeros(1, PIECE).view(np.recarray)[0], np.zeros(1, PIECE).view(np.recarray)[0]
    for name in PIECE.names or ():
        fresh[name] = piece[name]
    for i in range(SLOTS):
        model.place_warm(unit, fresh, i, -pace * (i + 1.0))
    produce(unit, fresh, out, pace, hours * 3600.0, 0, dt)
    x, y = unit["x"], unit["y"]
    for name in COUNTERS_X:
        x[name] = 0.0
    for name in COUNTERS_Y:
        y[name] = 0.0
    x["fuel_block"], x["clogging"] = -1.0, 0.0
    there = [i for i in range(SLOTS - 1, -1, -1) if x["occupied"][i] > 0.5]
    for number, i in enumerate(there, start=1):
        x["number"][i], x["charge_clock"][i] = number, -x["age"][i]


def zone_of_slots(unit: Any) -> list[int]:
    """Return the zone number 1 (charge end) … 4 of every slot."""
    edges = np.cumsum(unit["p"]["zone_length"])
    middles = (np.arange(SLOTS) + 0.5) * edges[-1] / SLOTS
    return [int(np.searchsorted(edges[: COLUMNS - 1], m, side="right")) + 1 for m in middles]
