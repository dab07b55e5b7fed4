"""`steelyard/ReheatingFurnace-v0`: choose the zone set-points of the furnace of a hot bar line.

**A step** is `STEP_S` seconds of the line: the action is written as `reheating_furnace.zone_setpoint`, then billets are
heated, discharged and rolled as the mill asks for them.
**Action** shape (8,), -1 to 1: set-points of top_1 … top_4, bottom_1 … bottom_4 from `SPAN` K below to `SPAN` K above
those that level 2 has for the usual billet.
**Observation** the signals in `OBSERVED`, in board units.
**Reward** - fuel of the step [GJ] - `KELVIN_PRICE` for each K by which a billet that left is off its target - the same
for each K of its core-surface difference above the line's limit - `LOST_BAR` for each one too cold to be rolled.
**End** truncated when `bars` billets have left the furnace, or after `LONGEST_PACE_S` for each; never terminated.
"""

from typing import Any

import gymnasium
import numpy as np

from steelyard.environments.channels import Channels, box, scaled, unit_box, write
from steelyard.errors import ParameterError
from steelyard.plant.bar_log import LOG_LENGTH
from steelyard.plant.line import open_line, shipped_line
from steelyard.units import from_si

ZONES = tuple(f"{side}_{number}" for side in ("top", "bottom") for number in range(1, 5))
OBSERVED = (
    *(f"reheating_furnace.{name}[{zone}]" for name in ("zone_temperature", "zone_reference", "fuel_flow")
      for zone in ZONES),
    *(f"reheating_furnace.slot_{name}[{slot}]" for name in
      ("charge_temperature", "time", "remaining_time", "thickness", "target") for slot in range(30)),
    "reheating_furnace.exit_pyrometer", "reheating_furnace.flue_temperature", "reheating_furnace.flue_oxygen",
    "line.pace", "line.delay_remaining",
)  # fmt: skip
WRITTEN = tuple(f"reheating_furnace.zone_setpoint[{zone}]" for zone in ZONES)
STEP_S = 300
SPAN = 120.0  # K
KELVIN_PRICE = 0.0002  # GJ per K: assumed; a pilot bar takes some 0.015 GJ, 10 K off cost an eighth of it
LOST_BAR = 0.2  # GJ: assumed; its steel and its heat
COLDEST = 1173.15  # K: assumed; below 900 °C a bar cannot be rolled down
LONGEST_PACE_S = 3600.0


class ReheatingFurnaceEnv(gymnasium.Env):
    """The furnace of a shipped line (`plant`) under a `scenario`; `bars` billets make an episode.

    Raises ParameterError when `bars` is not positive.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(self, plant: str = "pilot", scenario: str = "normal", bars: int = 60) -> None:
        if bars < 1:
            raise ParameterError(f"bars is {bars!r}; an episode has at least 1 bar")
        self._values, self._scenario, self._bars = shipped_line(plant), scenario, bars
        board = open_line(self._values, 0, scenario).board
        self._shown = box(board, OBSERVED)
        self.observation_space, self.action_space = self._shown, unit_box(len(WRITTEN))
        table = np.array([from_si(value, "°C") for value in self._values.furnace["table_setpoint"]])
        highest = from_si(self._values.furnace["zone_limit"], "°C") - 20.0
        self._low, self._high = np.minimum(table - SPAN, highest), np.minimum(table + SPAN, highest)

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Open a line with a seed drawn from `seed`; without one, the next line follows."""
        super().reset(seed=seed)
        self._works = open_line(self._values, int(self.np_random.integers(2**62)), self._scenario)
        self._channels = Channels(self._works.board, OBSERVED, self._shown)
        self._discharged, self._fuel = 0, 0.0
        self._works.advance(1)
        self._account()
        return self._channels.read(), self._info()

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Write the set-points and let the line run for `STEP_S` seconds."""
        write(self._works.board, WRITTEN, scaled(action, self._low, self._high))
        self._works.advance(STEP_S)
        fuel, left = self._account()
        off = np.abs(left["exit_temperature"] - left["target_temperature"]).sum()
        uneven = np.maximum(left["exit_difference"] - self._values.traffic["difference_limit"], 0.0).sum()
        lost = int((left["exit_temperature"] < COLDEST).sum())
        reward = -fuel - KELVIN_PRICE * float(off + uneven) - LOST_BAR * lost
        over = self._discharged >= self._bars or self._works.time_s > LONGEST_PACE_S * self._bars
        info = {**self._info(), "fuel_gj": fuel, "off_target_k": float(off), "uneven_k": float(uneven), "lost": lost}
        return self._channels.read(), reward, False, over, info

    def _account(self) -> tuple[float, np.ndarray]:
        """Return the fuel [GJ] since the last call and the log rows of the billets that have left since."""
        plant = self._works.plant
        total = float(plant["reheating_furnace"]["y"]["fuel_energy"][0]) / 1e9
        count = int(plant["line"]["x"]["discharged"][0])
        rows = plant["log"][0][np.arange(self._discharged, count) % LOG_LENGTH].copy()
        fuel, self._fuel, self._discharged = total - self._fuel, total, count
        return fuel, rows

    def _info(self) -> dict[str, Any]:
        return {"time_s": self._works.time_s, "discharged": self._discharged}
