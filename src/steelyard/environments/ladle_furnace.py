"""`steelyard/LadleFurnace-v0`: choose the energy of the next heating, heat after heat.

**A step** is one decision of the crew: the environment shows the board just before the crew decides after a dip, writes
the action as `operator.heating_energy_setpoint`, and goes on to the next such moment (of this heat or of a later one).
**Action** shape (1,), -1 to 1: energy of the next heating from nothing to the crew's longest heating.
**Observation** the signals in `OBSERVED`, in board units.
**Reward** - arc energy used in the step [MWh] - `KELVIN_PRICE` for each K by which a ladle that left in the step is off
its target, undissolved additions counted. A ladle 10 K off costs as much as 1 MWh.
**End** truncated when `heats` ladles have left; never terminated.
"""

from typing import Any

import gymnasium
import numpy as np

from steelyard.environments.channels import Channels, box, scaled, unit_box, write
from steelyard.errors import ParameterError
from steelyard.plant.works import open_works, shipped_values
from steelyard.units import from_si

OBSERVED = (
    *(f"ladle_furnace.{name}" for name in (
        "heat_time", "steel_mass", "target_temperature", "time_to_departure", "arc_energy", "heating_count",
        "dip_temperature", "dip_count", "dip_age", "failed_dips", "argon_volume",
    )),
    "operator.planned_addition",
)  # fmt: skip
WRITTEN = ("operator.heating_energy_setpoint",)
KELVIN_PRICE = 0.1  # MWh per K: assumed, a trial weighs deviation first and energy as a guardrail
STEEL_HEAT = 820.0  # J/(kg·K): liquid steel, to settle additions that are not yet dissolved
DECIDING = 4.0
LOOK_S = 5  # shorter than the shortest decision of a crew (15 s)
MOST_HEATS = 64
PATIENCE_S = 6 * 3600


class LadleFurnaceEnv(gymnasium.Env):
    """One ladle furnace with its crew; `plant` and `scenario` are shipped ones, `heats` ladles make an episode.

    Raises ParameterError for a number of heats that the log of the plant cannot hold.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(self, plant: str = "100t", scenario: str = "normal", heats: int = 20) -> None:
        if not 1 <= heats <= MOST_HEATS:
            raise ParameterError(f"heats is {heats!r}; an episode has 1 to {MOST_HEATS} heats")
        self._values, self._scenario, self._heats = shipped_values(plant=plant), scenario, heats
        board = open_works(self._values, 0, scenario).board
        self._shown = box(board, OBSERVED)
        self.observation_space, self.action_space = self._shown, unit_box(1)
        self._longest = np.array([from_si(self._values.practice["longest_heating"], "MWh")])

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Open a works with a seed drawn from `seed` and go to the first decision; without, the next works follows."""
        super().reset(seed=seed)
        self._works = open_works(self._values, int(self.np_random.integers(2**62)), self._scenario)
        self._channels = Channels(self._works.board, OBSERVED, self._shown)
        self._phase = self._works.board.reader(["operator.phase"])
        self._departed, self._energy = 0, 0.0
        self._to_next_decision()
        self._account()
        return self._channels.read(), self._info()

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Set the energy of the next heating and go on to the next decision."""
        write(self._works.board, WRITTEN, scaled(action, np.zeros(1), self._longest))
        self._to_next_decision()
        energy, deviation = self._account()
        info = {**self._info(), "energy_mwh": energy, "deviation_k": deviation}
        reward = -energy - KELVIN_PRICE * deviation
        return self._channels.read(), reward, False, self._departed >= self._heats, info

    def _to_next_decision(self) -> None:
        """Advance over the decision at hand to the next one, or until the last ladle of the episode has left."""
        fresh = False
        for _ in range(PATIENCE_S // LOOK_S):
            deciding = self._phase.read()[0] == DECIDING
            if (fresh and deciding) or self._works.departed() >= self._heats:
                return
            fresh = fresh or not deciding
            self._works.advance(LOOK_S)

    def _account(self) -> tuple[float, float]:
        """Return arc energy [MWh] and deviations from target [K] since the last call."""
        rows = self._works.heats()
        left = rows[self._departed :]
        settled = left["departure_temperature"] - left["undissolved_chill"] / (left["steel_mass"] * STEEL_HEAT)
        here = self._works.plant["ladle_furnace"]["y"]["arc_energy"][0]
        standing = float(here) if self._works.plant["ladle_furnace"]["x"]["occupied"][0] > 0.5 else 0.0
        total = (float(rows["arc_energy"].sum()) + standing) / 3.6e9
        energy, self._energy, self._departed = total - self._energy, total, len(rows)
        return energy, float(np.abs(settled - left["target_temperature"]).sum())

    def _info(self) -> dict[str, Any]:
        return {"time_s": self._works.time_s, "departed": self._departed}
