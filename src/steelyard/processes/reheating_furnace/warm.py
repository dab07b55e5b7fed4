"""Bring a furnace to life: cold, or in the thermal steady state of normal production."""

from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.materials.piece import PIECE
from steelyard.processes.reheating_furnace import model
from steelyard.processes.reheating_furnace.layout import COLUMNS, SLOTS, WALL_NODES, ZONES
from steelyard.processes.reheating_furnace.slots import place

COUNTERS_X = (
    "energy_fuel", "energy_air", "energy_scale", "energy_flue", "energy_unburnt", "energy_shell", "energy_skid",
    "energy_door", "energy_charged", "energy_discharged", "mass_charged", "mass_discharged", "mass_scaled", "clock",
)  # fmt: skip
COUNTERS_Y = ("fuel_energy", "carbon_dioxide", "fan_energy", "charged", "discharged")
NORMAL_PRESSURE = 8.0
NEUTRAL_SETPOINT = 273.15
"""Value of a zone set-point [K] (0 °C) that leaves the zone to level 2."""


def cold(unit: Any, values: dict[str, Any]) -> None:
    """Fill the record `unit` with the SI parameter `values` of an empty furnace at hall temperature."""
    fill(unit["p"], model.Parameters, values)
    ambient = float(unit["p"]["ambient_temperature"])
    unit["u"]["pressure_setpoint"] = NORMAL_PRESSURE
    unit["u"]["zone_setpoint"], unit["u"]["air_ratio_setpoint"] = NEUTRAL_SETPOINT, 0.0
    x, y = unit["x"], unit["y"]
    for name in ("gas_temperature", "wall_temperature", "thermocouple", "air_temperature"):
        x[name] = ambient
    for name in ("shell_temperature", "flue_temperature", "stack_temperature", "air_temperature", "exit_pyrometer"):
        y[name] = ambient
    y["zone_temperature"] = ambient
    y["zone_reference"], x["table_value"] = unit["p"]["table_setpoint"], unit["p"]["table_setpoint"]
    x["pace"], x["fuel_factor"], x["fuel_block"] = unit["p"]["table_pace"], 1.0, -1.0


def heat_walls(unit: Any) -> None:
    """Give every wall the straight profile (in resistance) that belongs to the table's set-point of its zone."""
    p, x = unit["p"], unit["x"]
    resistances = p["wall_thickness"] / p["wall_conductivity"]
    middle = np.cumsum(resistances) - 0.5 * resistances
    outside = 1.0 / 12.0
    for z in range(ZONES):
        face, ambient = float(p["table_setpoint"][z]), float(p["ambient_temperature"])
        total = (float(resistances.sum()) - middle[0]) / float(p["wall_leakage"][z]) + outside
        for j in range(WALL_NODES):
            passed = (middle[j] - middle[0]) / float(p["wall_leakage"][z])
            x["wall_temperature"][z, j] = face - (face - ambient) * passed / total
        unit["y"]["shell_temperature"][z] = ambient + (face - ambient) * outside / total
        x["gas_temperature"][z], x["thermocouple"][z] = face + 50.0, face
        unit["y"]["zone_temperature"][z] = face
    x["integral"], x["air_share"] = 0.3, 0.3
    unit["y"]["valve_position"] = 0.3
    flue = float(p["table_setpoint"][0])
    unit["y"]["flue_temperature"] = flue
    reach = float(p["ambient_temperature"] + p["recuperator_effectiveness"] * (flue - p["ambient_temperature"]))
    x["air_temperature"] = min(reach, float(p["air_limit"]))
    x["pressure"] = float(unit["u"]["pressure_setpoint"])


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
    cold(unit, values)
    heat_walls(unit)
    fresh, out = np.zeros(1, PIECE)[0], np.zeros(1, PIECE)[0]
    start = float(piece["temperature"])
    for i in range(SLOTS):
        _take(fresh, piece)
        share = min(1.4 * (i + 0.5) / SLOTS, 1.0)
        fresh["temperature"] = start + (float(piece["target_temperature"]) - start) * share
        place(unit, i, fresh, -pace * (i + 1.0))
        unit["x"]["age"][i] = pace * (i + 1.0)
    _take(fresh, piece)
    produce(unit, fresh, out, pace, hours * 3600.0, 0, dt)
    x = unit["x"]
    for name in COUNTERS_X:
        x[name] = 0.0
    for name in COUNTERS_Y:
        unit["y"][name] = 0.0
    x["fuel_block"] = -1.0
    x["clogging"] = 0.0
    there = [i for i in range(SLOTS - 1, -1, -1) if x["occupied"][i] > 0.5]
    for number, i in enumerate(there, start=1):
        x["number"][i], x["charge_clock"][i] = number, -x["age"][i]
        x["charge_temperature"][i] = start


def _take(to: Any, source: Any) -> None:
    for name in PIECE.names or ():
        to[name] = source[name]


def zone_of_slots(unit: Any) -> list[int]:
    """Return the zone number 1 (charge end) … 4 of every slot."""
    edges = np.cumsum(unit["p"]["zone_length"])
    middles = (np.arange(SLOTS) + 0.5) * edges[-1] / SLOTS
    return [int(np.searchsorted(edges[: COLUMNS - 1], m, side="right")) + 1 for m in middles]
