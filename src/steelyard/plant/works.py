"""A works on one clock: open it, advance it, read and write its board, copy it.

One works is one record; a copy of the record is a snapshot, a fork or a what-if.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.errors import ParameterError
from steelyard.parameters import load_parameters
from steelyard.plant import ladle_station
from steelyard.plant.board import Board
from steelyard.plant.scenarios import apply_faults, scenario
from steelyard.processes.catalogue import house
from steelyard.processes.ladle_furnace.arrival import Arrival
from steelyard.processes.ladle_furnace.control import Practice
from steelyard.processes.ladle_furnace.heat_log import LOG_LENGTH
from steelyard.processes.ladle_furnace.model import Parameters
from steelyard.products import Product
from steelyard.signals import declared
from steelyard.units import to_si

LONGEST_CAMPAIGN = 10_000_000
PROCESS = "ladle_furnace"


@dataclass
class PlantValues:
    """The SI values of one plant: furnace parameters, operator practice, arrivals."""

    furnace: dict[str, Any]
    practice: dict[str, Any]
    arrival: dict[str, Any]

    def copy(self) -> "PlantValues":
        """Return an independent copy."""
        return PlantValues(dict(self.furnace), dict(self.practice), dict(self.arrival))


def shipped_values(process: str = "ladle_furnace", plant: str = "100t") -> PlantValues:
    """Return the values of a shipped plant, e.g. "100t" or "240t"."""
    files = house(process).parameter_file
    return PlantValues(
        load_parameters(files("furnace", plant), Parameters).values(),
        load_parameters(files("practice", plant), Practice).values(),
        load_parameters(files("arrival", plant), Arrival).values(),
    )


def shipped_draws(process: str, plant: str, n: int, seed: int) -> list[PlantValues]:
    """Return `n` plausible plants before any calibration: furnace parameters drawn from their priors.

    Parameters with an `sd` in the file vary normally around their value, cut at two standard deviations.
    """
    numbers = load_parameters(house(process).parameter_file("furnace", plant), Parameters).numbers
    rng = np.random.default_rng([seed, 0x5EED])
    draws = []
    for _ in range(n):
        values = shipped_values(process, plant)
        for name, number in numbers.items():
            spread = np.asarray(number.sd, dtype=float)
            z = np.clip(rng.standard_normal(np.shape(number.value)), -2.0, 2.0)
            moved = np.asarray(number.value, dtype=float) + spread * z
            values.furnace[name] = moved.tolist() if np.ndim(moved) else float(moved)
        draws.append(values)
    return draws


def new_plant(values: PlantValues, seed: int) -> np.ndarray:
    """Return the record, shape (1,), of a plant at time 0 with an empty station."""
    plant = np.zeros(1, ladle_station.RECORD)
    plant["seed"], plant["time"] = seed, 0.0
    furnace, crew = plant["ladle_furnace"][0], plant["operator"][0]
    fill(furnace["p"], Parameters, values.furnace)
    fill(crew["p"], Practice, values.practice)
    fill(plant["arrival"][0], Arrival, values.arrival)
    furnace["u"]["lid_closed"], furnace["u"]["tank_pressure_setpoint"] = 1.0, to_si(1.0, "atm")
    furnace["y"]["tank_pressure"], furnace["y"]["dip_temperature"] = to_si(1.0, "atm"), np.nan
    furnace["x"]["wall_temperature"] = to_si(600.0, "°C")
    furnace["x"]["steel_temperature"] = furnace["x"]["slag_temperature"] = to_si(25.0, "°C")
    furnace["x"]["heat_efficiency"], furnace["x"]["dip_pending"] = 1.0, -1.0
    furnace["y"]["shell_temperature"] = to_si(25.0, "°C")
    furnace["y"]["target_temperature"] = values.arrival["target"]
    crew["u"]["heating_energy_advice"] = crew["u"]["heating_energy_setpoint"] = to_si(-1.0, "MWh")
    return plant


def open_works(values: PlantValues, seed: int, scenario_id: str = "normal", process: str = "ladle_furnace") -> "Works":
    """Open a works: a plant with `values` under a scenario; equal arguments give equal bytes for ever."""
    if not 0 <= seed < 2**63:
        raise ParameterError(f"seed {seed!r} must be a whole number from 0 to 2**63 - 1")
    chosen = values.copy()
    story = scenario(process, scenario_id)
    apply_faults(process, story.faults, chosen.furnace, chosen.practice, chosen.arrival)
    return Works(new_plant(chosen, seed))


class Works:
    """A plant and its board. `plant` is the record, shape (1,); nothing else holds state."""

    def __init__(self, plant: np.ndarray) -> None:
        self.plant = plant
        self.board = Board(plant, ladle_station.signals())

    @property
    def time_s(self) -> float:
        """Plant time [s]."""
        return float(self.plant["time"][0])

    def advance(self, n: int, dt: float = 1.0) -> None:
        """Advance by `n` steps of `dt` seconds."""
        ladle_station.advance(self.plant, 0, 1, n, dt)

    def advance_heats(self, heats: int, dt: float = 1.0) -> None:
        """Advance until `heats` ladles have departed since time 0 (at most the log's length)."""
        if heats > LOG_LENGTH:
            raise ParameterError(f"a campaign has at most {LOG_LENGTH} heats, not {heats}")
        ladle_station.advance_heats(self.plant, 0, float(heats), LONGEST_CAMPAIGN, dt)

    def departed(self) -> int:
        """Return how many ladles have departed."""
        here = float(self.plant["ladle_furnace"]["x"]["occupied"][0]) > 0.5
        return int(self.plant["heats"][0]) - int(here)

    def heats(self) -> np.ndarray:
        """Return the log of departed heats, a structured array; it holds the truth: trials only."""
        return self.plant["log"][0][: self.departed()].copy()

    def products(self) -> list[Product]:
        """Return the heats that were handed on, in order of departure."""
        return [Product(f"H{int(row['number'])}", "heat", "", float(row["steel_mass"])) for row in self.heats()]

    def faults(self) -> list[str]:
        """Return the names of the faults that can be injected."""
        return list(house(PROCESS).module("faults").FAULTS)

    def changes(self, faults: dict[str, float]) -> list[tuple[int, float]]:
        """Return what faults at a severity (0 to 1) change in the record: places of float64 numbers, amounts in SI."""
        healthy = PlantValues(*({n: np.array(part[n][0]).tolist() for n in declared(b)} for b, part in self._parts()))
        faulty = PlantValues(*(copy.deepcopy(values) for values in vars(healthy).values()))
        apply_faults(PROCESS, faults, faulty.furnace, faulty.practice, faulty.arrival)
        found = []
        for (block, part), before, after in zip(
            self._parts(), vars(healthy).values(), vars(faulty).values(), strict=True
        ):
            for name in declared(block):
                change = np.ravel(np.asarray(after[name], dtype=float)) - np.ravel(
                    np.asarray(before[name], dtype=float)
                )
                first = (part[name].__array_interface__["data"][0] - self.plant.ctypes.data) // 8
                found += [(first + int(i), float(change[i])) for i in np.flatnonzero(change)]
        return found

    def _parts(self) -> list[tuple[type, np.ndarray]]:
        """Return furnace, practice and arrival: the declaration of each and its place in the record."""
        plant = self.plant
        return [
            (Parameters, plant["ladle_furnace"]["p"]), (Practice, plant["operator"]["p"]), (Arrival, plant["arrival"]),
        ]  # fmt: skip

    def inject(self, faults: dict[str, float]) -> None:
        """Let faults come now, at a severity (0 to 1); ParameterError when one does not exist."""
        flat = self.plant.view(np.ndarray).reshape(1).view("f8")
        for place, change in self.changes(faults):
            flat[place] += change

    def snapshot(self) -> np.ndarray:
        """Return a copy of the record."""
        return self.plant.copy()

    def restore(self, record: np.ndarray) -> None:
        """Go back to a snapshot."""
        self.plant[:] = record
