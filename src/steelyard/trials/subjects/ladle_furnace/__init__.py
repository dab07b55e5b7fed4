"""The ladle furnace as the subject of a trial: heats from arrival to departure, controlled by a crew."""

from typing import Any

import numpy as np

from steelyard.trials.kpi import RunRecord
from steelyard.trials.subjects.base import Subject
from steelyard.trials.subjects.ladle_furnace import dips, kpi, picture, recorded
from steelyard.trials.subjects.ladle_furnace.limits import BOARD_LIMITS, LIMITS, WATCHED
from steelyard.trials.subjects.ladle_furnace.truth import departure_errors
from steelyard.units import from_si


class LadleFurnace(Subject):
    """Heats at one ladle furnace."""

    process, word, parameters, prices = "ladle_furnace", "heat", "100t", "korea"
    twin_process = "ladle_furnace"
    longest, hours_per_product = 60, 4.0
    advice, oracle = True, True
    kinds = {"campaign": ("advisor", "controller"), "predictor": ("predictor",)}
    kpis = {"campaign": kpi.CATALOGUE, "predictor": dips.CATALOGUE}
    limits, board_limits = LIMITS, BOARD_LIMITS
    items = kpi.ITEMS
    cost, co2, mass = "cost_won_per_t", "co2_kg_per_t", "steel_mass"
    watched = (*picture.TRACED, *WATCHED)
    window = kpi.WINDOW_K
    records = recorded.RECORDS

    def shipped(self, plant: str) -> Any:
        """Return the values of a shipped plant."""
        from steelyard.plant.works import shipped_values

        return shipped_values(self.process, plant)

    def draws(self, plant: str, n: int, seed: int) -> list[Any]:
        """Return `n` plausible plants from the prior spreads of the furnace's parameters."""
        from steelyard.plant.works import shipped_draws

        return shipped_draws(self.process, plant, n, seed)

    def from_twin(self, twin: Any, n: int, seed: int) -> tuple[Any, list[Any]]:
        """Return values and `n` posterior draws of a calibrated ladle furnace."""
        from steelyard.plant.works import PlantValues

        furnaces = twin.draws(n, seed % 2**63) if n else []
        draws = [PlantValues(furnace, twin.practice, twin.arrival) for furnace in furnaces]
        return PlantValues(twin.parameters, twin.practice, twin.arrival), draws

    def open(self, values: Any, seed: int, scenario: str) -> Any:
        """Return a works at time 0."""
        from steelyard.plant.works import open_works

        return open_works(values, seed, scenario, self.process)

    def mirror(self, works: Any) -> bool:
        """Mirror dip errors and the operator's hesitations: same distribution, other luck."""
        works.plant["operator"]["p"]["heating_scatter"] *= -1.0
        works.plant["ladle_furnace"]["p"]["dip_sign"] *= -1.0
        return True

    def reveal(self, works: Any) -> None:
        """Let the crew know the true temperature and marginal heating rate; its logic stays its own."""
        works.plant["operator"]["p"]["omniscient"] = 1.0

    def sheet(self, values: Any) -> dict[str, Any]:
        """Return the public data sheet that a solution may know, in trade units."""
        furnace, practice, arrival = values.furnace, values.practice, values.arrival
        return {
            "nominal_mass_t": round(from_si(arrival["mass"], "t"), 3),
            "nominal_power_mw": round(from_si(furnace["nominal_power"], "MW"), 3),
            "textbook_k_per_mwh": round(from_si(practice["assumed_rate"], "K/MWh"), 3),
            "textbook_k_per_min": round(from_si(practice["assumed_loss"], "K/min"), 3),
            "target_temperature_c": round(from_si(arrival["target"], "°C"), 2),
        }

    def neutral(self, works: Any) -> dict[str, float]:
        """Return the values of its practice (as its scenario has it), not those that the board shows at some moment."""
        argon = float(works.plant["operator"]["p"]["argon_flow"][0])
        return {
            "operator.heating_energy_advice": -1.0,
            "operator.heating_energy_setpoint": -1.0,
            "ladle_furnace.argon_flow_setpoint": from_si(argon, "NL/min"),
        }

    def advance(self, works: Any, products: int) -> None:
        """Advance until so many ladles have departed."""
        works.advance_heats(products)

    def log(self, works: Any) -> Any:
        """Return the departed heats, a structured array in SI."""
        return works.heats()

    def evaluate(self, record: RunRecord) -> dict[str, float]:
        """Return every KPI of one run."""
        return kpi.evaluate(record)

    def cost_split(self, logs: list[Any], prices: dict[str, float]) -> dict[str, float]:
        """Return the treatment cost [won/t] of several runs by cause."""
        return kpi.cost_parts(RunRecord(np.concatenate(logs), prices))

    def errors(self, log: Any) -> Any:
        """Return the settled departure temperature minus target of each heat [K]."""
        return departure_errors(log)

    def trace(self) -> picture.LadleTrace:
        """Return an empty trace of dips and heatings."""
        return picture.LadleTrace()

    def timeplot(self, baseline: Any, solution: Any, names: tuple[str, str], caption: str) -> str:
        """Return both arms of one run above each other."""
        return picture.campaign(baseline, solution, names, caption, "°C")


SUBJECT = LadleFurnace()
