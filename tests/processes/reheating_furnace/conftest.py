"""A furnace to test: the shipped pilot, cold or in production, and the ledger of its heat."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.materials.piece import PIECE
from steelyard.parameters import load_parameters
from steelyard.processes.reheating_furnace import model
from steelyard.processes.reheating_furnace.faults import FAULTS
from steelyard.processes.reheating_furnace.start import heat_walls
from steelyard.processes.reheating_furnace.warm import cold, produce, warm

FOLDER = Path(model.__file__).parent / "parameters"


ALL_ZONES_BURN = [1173.15, 1323.15, 1413.15, 1430.15] * 2


def values_of(plant: str = "pilot") -> dict[str, Any]:
    """The SI values of a shipped furnace; the pilot with a table under which every zone burns."""
    values = load_parameters(FOLDER / f"furnace_{plant}.toml", model.Parameters).values()
    if plant == "pilot":
        values["table_setpoint"] = list(ALL_ZONES_BURN)
    return values


class Rig:
    """One furnace with its piece of steel and the sums that its laws are checked with."""

    def __init__(self, values: dict[str, Any], state: str, pace: float = 90.0) -> None:
        self.record = np.zeros(1, model.RECORD)
        self.unit = self.record.view(np.recarray)[0]
        self.piece, self.out, self.pace = (
            np.zeros(1, PIECE).view(np.recarray)[0],
            np.zeros(1, PIECE).view(np.recarray)[0],
            pace,
        )
        self.piece["thickness"] = self.piece["width"] = 0.05
        self.piece["length"], self.piece["mass"], self.piece["roundness"] = 0.7, 10.79, 1.0
        self.piece["temperature"], self.piece["target_temperature"] = 293.15, 1428.15
        if state == "warm":
            warm(self.unit, values, self.piece, pace, 1.0)
        else:
            cold(self.unit, values)
            if state == "empty":
                heat_walls(self.unit)
        self.piece["number"] = 31.0

    def step(self, seconds: float, dt: float = 1.0) -> "Rig":
        for _ in range(round(seconds / dt)):
            model.furnace_step(self.unit, 7, dt)
        return self

    def produce(self, seconds: float, dt: float = 1.0, seed: int = 7) -> int:
        return produce(self.unit, self.piece, self.out, self.pace, seconds, seed, dt)

    def balance(self) -> tuple[float, float]:
        """Heat in minus heat out minus heat stored since time 0 up to a constant; and the turnover."""
        x = self.unit["x"]
        into = sum(float(x[n]) for n in ("energy_fuel", "energy_air", "energy_scale", "energy_charged"))
        names = ("energy_flue", "energy_unburnt", "energy_shell", "energy_skid", "energy_door", "energy_discharged")
        out = sum(float(x[n]) for n in names)
        return into - out - float(model.heat_content(self.unit)), float(x["energy_fuel"])


@pytest.fixture
def rig() -> Callable[..., Rig]:
    """Return a maker: rig("warm" | "empty" | "cold", fault=…, severity=…, **changed values)."""

    def make(state: str = "warm", fault: str = "", severity: float = 0.0, pace: float = 90.0, **changes: Any) -> Rig:
        values = values_of()
        values.update(changes)
        if fault:
            FAULTS[fault](values, severity)
        return Rig(values, state, pace)

    return make
