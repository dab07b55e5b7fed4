"""Advises the energy of the next heating so that the ladle leaves at its target temperature.

`Planner` is the algorithm; the controller beside this file writes the same figure as a set-point.
"""

from .ladle_filter import READS, LadleFilter

TARGET = "ladle_furnace.target_temperature"
TO_GO = "ladle_furnace.time_to_departure"
PLANNED = "operator.planned_addition"  # of the recipe, still to come [kg]
MOST, LEAST = 3.0, 0.15  # MWh; assumed: the operator's longest heating, and one too short to strike the arc for
EARLY, EARLY_SHARE = 10.0, 0.8  # min; assumed: with time for another heating do less, too hot cannot be undone
CHILL = 0.017  # K per kg of the usual slag formers in 100 t (see ladle_filter)
LATEST = 45.0  # min; assumed: nothing useful is known about losses further ahead


class Planner:
    """Chooses the energy [MWh] of the next heating from the filtered temperature, the target and the time to go."""

    def __init__(self, run: dict) -> None:
        plant = run.get("plant") or {}
        self.filter = LadleFilter(plant)
        self.share = 100.0 / float(plant.get("nominal_mass_t") or 100.0)
        self.target = float(plant.get("target_temperature_c") or 1593.0)
        self.power = float(plant.get("nominal_power_mw") or 14.0)

    def energy(self, time_s: float, signals: dict) -> float | None:
        """Return the energy [MWh], 0 when the steel is warm enough, None before the first dip of the heat."""
        state = self.filter
        state.update(time_s, signals)
        if state.dips == 0:
            return None
        target = signals.get(TARGET)
        target = self.target if target is None else target
        to_go = signals.get(TO_GO)
        to_go = min(max(0.0 if to_go is None else to_go, 0.0), LATEST)
        heating = max(state.rates[0] + state.x[1], 1.0)
        loss = max(state.rates[1] + state.x[2], 0.1)
        lack = target + loss * to_go + state.soak_ahead(to_go) - state.x[0]
        lack += CHILL * self.share * (signals.get(PLANNED) or 0.0)
        if to_go <= 0.0:  # late: the heating itself takes time
            lack *= 1.0 / max(1.0 - loss * 60.0 / (heating * self.power), 0.5)
        wanted = lack / heating * (EARLY_SHARE if to_go > EARLY else 1.0)
        return 0.0 if wanted < LEAST else min(wanted, MOST / min(self.share, 1.0))


class Solution:
    """Writes the advice; -1 says: no advice yet."""

    name = "arc energy advisor"
    version = "1.0"
    kind = "advisor"
    reads = [*READS, TARGET, TO_GO, PLANNED]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def start(self, run: dict) -> None:
        """A new run: forget all heats."""
        self.planner = Planner(run)

    def decide(self, time_s: float, signals: dict) -> dict:
        """Return the set-point to write."""
        energy = self.planner.energy(time_s, signals)
        return {self.writes[0]: -1.0 if energy is None else round(energy, 3)}
