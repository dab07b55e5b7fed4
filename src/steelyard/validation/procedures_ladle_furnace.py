"""Procedures of the cases on the ladle furnace as a whole: the measured heat, arc minutes, holding, speed, noise."""

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.plant import ladle_station
from steelyard.plant.works import new_plant, shipped_values
from steelyard.processes.ladle_furnace.model import RECORD, Parameters, furnace_step, place_ladle
from steelyard.units import convert, from_si, to_si
from steelyard.validation.single_heat import leave_one_dip_out

Values = dict[str, Any]


@lru_cache(maxsize=1)
def _measured_heat(folder: Path) -> dict[str, list[float]]:
    return leave_one_dip_out(folder)


def dips_from_the_others(given: Values) -> Values:
    """Return each dip of the 1 Hz heat [°C] predicted from the other three, and the largest error [K]."""
    solved = _measured_heat(given["data"])
    return {
        "dip_c": solved["predicted_c"],
        "largest_error_k": max(abs(error) for error in solved["error_k"]),
        "spread_k": solved["spread_k"],
    }


def interval_of_the_heat(given: Values) -> Values:
    """Return the change of temperature [K] from dip `dip` − 1 to dip `dip`, that dip being held out of the fit."""
    solved, k = _measured_heat(given["data"]), int(given["dip"]) - 1
    measured = solved["measured_c"][k] - solved["measured_c"][k - 1]
    return {"change_k": measured + solved["interval_error_k"][k - 1]}


@kernel
def _place(units, temperature, steel, slag, hot_face):
    place_ladle(units[0], temperature, steel, slag, hot_face, 1.0)


@kernel
def _run(units, seconds, power, argon):
    unit = units[0]
    for _ in range(seconds):
        unit.u.arc_power_setpoint, unit.u.argon_flow_setpoint = power, argon
        furnace_step(unit, 0.0, 0.0, 1.0, 1.0)


class Ladle:
    """A ladle in a shipped furnace: mean arrival, no noise, no disturbance; soaked until `since_tapping_min`."""

    def __init__(self, plant: str, temperature_c: float, since_tapping_min: float, argon_nl_min: float) -> None:
        values = shipped_values(plant=plant)
        self.units = np.zeros(1, RECORD)
        self.argon = to_si(argon_nl_min, "NL/min")
        self.power = float(values.furnace["nominal_power"])
        fill(self.units["p"][0], Parameters, values.furnace)
        air = to_si(1.0, "atm")
        self.units["u"]["lid_closed"], self.units["x"]["dip_pending"] = 1.0, -1.0
        self.units["y"]["tank_pressure"] = self.units["u"]["tank_pressure_setpoint"] = air
        for name in ("carbon", "silicon", "manganese", "aluminium", "oxygen", "sulphur"):
            self.units["x"][name] = values.arrival[name]
        mass, hot_face = values.arrival["mass"], values.arrival["hot_face"]
        _place(self.units, to_si(temperature_c, "°C"), mass, values.arrival["slag"] * mass, hot_face)
        self.run(since_tapping_min)

    @property
    def temperature(self) -> float:
        """Mean temperature of the steel [K]."""
        return float(self.units["x"]["steel_temperature"][0])

    def run(self, minutes: float, arc: bool = False) -> float:
        """Run for `minutes`, the arc on or off; return the change of temperature [K]."""
        before = self.temperature
        _run(self.units, round(60.0 * minutes), self.power if arc else 0.0, self.argon)
        return self.temperature - before


def arc_minute(given: Values) -> Values:
    """Return the net rise per arc minute [K/min] over intervals with the arc on for `arc_share` of the time."""
    ladle = Ladle(given["plant"], given["temperature_c"], given["since_arrival_min"], given["argon_nl_min"])
    arc, still = given["arc_share"] * given["interval_min"], (1.0 - given["arc_share"]) * given["interval_min"]
    rise = 0.0
    for _ in range(int(given["intervals"])):
        rise += ladle.run(arc, arc=True) + ladle.run(still)
    return {"net_k_per_arc_min": rise / (given["intervals"] * arc)}


def holding(given: Values) -> Values:
    """Return the holding loss [K/min] of each plant and by how much the larger ladle loses less."""
    losses = []
    for plant in given["plants"]:
        ladle = Ladle(plant, given["temperature_c"], given["since_arrival_min"], given["argon_nl_min"])
        losses.append(-ladle.run(given["hold_min"]) / given["hold_min"])
    return {"loss_k_per_min": losses, "larger_is_lower_by_k_per_min": losses[0] - losses[-1]}


def speed(given: Values) -> Values:
    """Return plant seconds per second on one core: furnace, crew and arrivals, best of three, compiled before."""
    plant = new_plant(shipped_values(plant=given["plant"]), 1)
    ladle_station.advance(plant, 0, 1, 1, 1.0)
    best, seconds = float("inf"), int(to_si(given["hours"], "h"))
    for _ in range(3):
        start = time.perf_counter()
        ladle_station.advance(plant, 0, 1, seconds, 1.0)
        best = min(best, time.perf_counter() - start)
    return {"real_time_ratio": seconds / best}


def plant_accuracy(given: Values) -> Values:
    """Return published accuracies in K, and the standard deviation of a dip of the shipped furnace [K].

    That deviation counts the dips that mislead: sqrt(noise² + share·spread²), the bath being mixed.
    """
    p = shipped_values(plant=given["plant"]).furnace
    noise = float(np.sqrt(p["dip_noise"] ** 2 + p["dip_outlier_share"] * p["dip_outlier_spread"] ** 2))
    return {
        "learned_rmse_k": convert(given["learned_rmse_f"], "°F", "K") - convert(0.0, "°F", "K"),
        "thermocouple_k": convert(given["thermocouple_f"], "°F", "K") - convert(0.0, "°F", "K"),
        "dip_noise_k": from_si(noise, "K"),
    }


PROCEDURES = {
    "dips_from_the_others": dips_from_the_others,
    "interval_of_the_heat": interval_of_the_heat,
    "arc_minute": arc_minute,
    "holding": holding,
    "speed": speed,
    "plant_accuracy": plant_accuracy,
}
