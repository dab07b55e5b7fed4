"""The start of a furnace: cold or with hot walls, and pieces put in with a plausible temperature."""

from typing import Any

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.materials.carbon_steel import steel_heat
from steelyard.physics.constants import STEFAN_BOLTZMANN
from steelyard.processes.reheating_furnace.layout import NODES, PROFILES, SLOTS, WALL_NODES, ZONES
from steelyard.processes.reheating_furnace.slots import place

NORMAL_PRESSURE = 8.0
NEUTRAL_SETPOINT = 273.15
"""Value of a zone set-point [K] (0 °C) that leaves the zone to level 2."""
UNWIRED = -300.0
SHELL_COEFFICIENT = 12.0  # W/(m²·K), a first guess; the shell finds its own in minutes
FIRST_VALVE = 0.3
LADDER = 1.4  # a piece has the target temperature after 1/1.4 of the way


def make_cold(unit: Any) -> None:
    """Set the state of a zeroed record with parameters to an empty furnace at hall temperature, on level 2."""
    u, x, y, p = unit["u"], unit["x"], unit["y"], unit["p"]
    u["pressure_setpoint"], u["zone_setpoint"], u["air_ratio_setpoint"] = NORMAL_PRESSURE, NEUTRAL_SETPOINT, 0.0
    u["measured_temperature"], u["measured_oxygen"], u["measured_pressure"] = 0.0, -1.0, UNWIRED
    ambient = float(p["ambient_temperature"])
    for name in ("gas_temperature", "wall_temperature", "thermocouple", "air_temperature"):
        x[name] = ambient
    for name in ("shell_temperature", "flue_temperature", "stack_temperature", "air_temperature", "zone_temperature"):
        y[name] = ambient
    y["exit_pyrometer"] = ambient
    y["zone_reference"], x["table_value"] = p["table_setpoint"], p["table_setpoint"]
    x["pace"], x["fuel_factor"], x["fuel_block"] = p["table_pace"], 1.0, -1.0


def heat_walls(unit: Any) -> None:
    """Give every wall the straight profile (in resistance) that belongs to the table's set-point of its zone."""
    p, x, y = unit["p"], unit["x"], unit["y"]
    resistances = p["wall_thickness"] / p["wall_conductivity"]
    middle = np.cumsum(resistances) - 0.5 * resistances
    outside = 1.0 / SHELL_COEFFICIENT
    ambient = float(p["ambient_temperature"])
    for z in range(ZONES):
        face, leak = float(p["table_setpoint"][z]), float(p["wall_leakage"][z])
        total = (float(resistances.sum()) - middle[0]) / leak + outside
        for j in range(WALL_NODES):
            x["wall_temperature"][z, j] = face - (face - ambient) * (middle[j] - middle[0]) / leak / total
        y["shell_temperature"][z] = ambient + (face - ambient) * outside / total
        x["gas_temperature"][z], x["thermocouple"][z], y["zone_temperature"][z] = face + 50.0, face, face
    x["integral"], x["air_share"], y["valve_position"] = FIRST_VALVE, FIRST_VALVE, FIRST_VALVE
    flue = float(p["table_setpoint"][0])
    y["flue_temperature"] = y["stack_temperature"] = flue
    reach = ambient + float(p["recuperator_effectiveness"]) * (flue - ambient)
    x["air_temperature"] = y["air_temperature"] = min(reach, float(p["air_limit"]))
    x["pressure"] = y["furnace_pressure"] = float(unit["u"]["pressure_setpoint"])


def prepare(unit: Any) -> None:
    """Make a zeroed record with filled parameters ready: hot walls and gas at normal set-points, no pieces."""
    make_cold(unit)
    heat_walls(unit)


@kernel
def place_warm(unit, piece, slot, time):
    """Put `piece` into `slot` (0 charge end … SLOTS − 1 exit) with a temperature that is plausible there.

    From its own temperature on, even through the thickness, straight to its target at 1/LADDER of the way.
    `time` [s] is its charge time.
    """
    x = unit.x
    place(unit, slot, piece, time)
    share = min(LADDER * (slot + 0.5) / SLOTS, 1.0)
    temperature = piece.temperature + share * (piece.target_temperature - piece.temperature)
    heat = steel_heat(temperature)
    x.age[slot] = x.pace * (slot + 1.0)
    for b in range(PROFILES):
        for j in range(NODES):
            x.heat[slot, b, j] = heat
        for s in range(2):
            x.skin[slot, b, s] = temperature
            x.emission[slot, b, s] = STEFAN_BOLTZMANN * temperature**4
