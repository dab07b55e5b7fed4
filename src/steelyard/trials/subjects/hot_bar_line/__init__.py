"""The hot bar line as the subject of a trial: billets reheated, rolled to bars, cooled; controlled by its level 2."""

from typing import Any

import numpy as np

from steelyard.trials import detector_kpi
from steelyard.trials.kpi import RunRecord
from steelyard.trials.subjects.base import Subject
from steelyard.trials.subjects.hot_bar_line import kpi, passes, picture
from steelyard.trials.subjects.hot_bar_line.kpi import figures_of
from steelyard.trials.subjects.hot_bar_line.limits import BOARD_LIMITS, FAR_OFF_K, LIMITS, UNEVEN_K
from steelyard.units import from_si

__all__ = ["SUBJECT", "HotBarLine", "figures_of"]
SLOTS, COLUMNS = 30, 4
UNMEASURED = {
    "en": "furnace temperatures, scale, descaling and cooling bed: published and analytic cases only, no measurement "
    "at hand; only the passes of the mill are compared with measured bars",
    "ko": "가열로 온도, 스케일, 디스케일링, 냉각상은 공개·해석 사례로만 확인했고 실측값이 없습니다. "
    "실측 봉과 비교한 것은 압연 패스뿐입니다",
}
LEVEL_2 = 0.0
"""A zone set-point [°C] below 400 °C leaves the zone to the level-2 table; a force [kN] of 0 the pass to its own."""


class HotBarLine(Subject):
    """Bars from the reheating furnace through mill and cooling bed."""

    process, word, parameters, prices = "hot_bar_line", "bar", "pilot", "korea_bars"
    twin_process = "bar_rolling"
    longest, hours_per_product = 400, 0.25
    kinds = {"campaign": ("controller",), "detector": ("detector",), "predictor": ("predictor",)}
    kpis = {"campaign": kpi.CATALOGUE, "detector": detector_kpi.CATALOGUE, "predictor": passes.CATALOGUE}
    limits, board_limits = LIMITS, BOARD_LIMITS
    items = kpi.ITEMS
    cost, co2, mass = "cost_won_per_t", "co2_kg_per_t", "mass"
    watched = picture.TRACED
    window = kpi.TOLERANCE_K
    records = passes.RECORDS
    unmeasured = UNMEASURED

    def shipped(self, plant: str) -> Any:
        """Return the values of a shipped line."""
        from steelyard.plant.line import shipped_line

        return shipped_line(plant)

    def draws(self, plant: str, n: int, seed: int) -> list[Any]:
        """Return `n` plausible lines from the prior spreads of all its parameters."""
        from steelyard.plant.line import line_draws

        return line_draws(plant, n, seed)

    def from_twin(self, twin: Any, n: int, seed: int) -> tuple[Any, list[Any]]:
        """Return the shipped line with the mill of a calibrated twin, and `n` draws: mill posterior, rest priors."""
        from steelyard.plant.line import with_mill

        values = with_mill(self.shipped(self.parameters), self.parameters, twin.plant, twin.values())
        if not n:
            return values, []
        draws = self.draws(self.parameters, n, seed)
        for draw, mill in zip(draws, twin.draws(n, seed % 2**63), strict=True):
            draw.mill = mill
        return values, draws

    def open(self, values: Any, seed: int, scenario: str) -> Any:
        """Return a line at time 0."""
        from steelyard.plant.line import open_line

        return open_line(values, seed, scenario)

    def mirror(self, works: Any) -> bool:
        """Mirror the errors of all instruments: level 1 sees the same furnace with other luck."""
        works.plant["instruments"]["sign"] *= -1.0
        return True

    def sheet(self, values: Any) -> dict[str, Any]:
        """Return the public data sheet that a solution may know, in trade units."""
        furnace, traffic = values.furnace, values.traffic
        ends = np.cumsum(furnace["zone_length"])
        middles = (np.arange(SLOTS) + 0.5) * ends[-1] / SLOTS
        return {
            "process": self.process,
            "target_temperature_c": round(float(np.mean(from_si(np.array(traffic["target_temperature"]), "°C"))), 2),
            "billet_thickness_mm": round(from_si(traffic["billet_thickness"], "mm"), 3),
            "billet_length_m": round(traffic["billet_length"], 3),
            "pace_s": round(traffic["pace"], 1),
            "slot_zone": [int(np.searchsorted(ends[: COLUMNS - 1], m, side="right")) + 1 for m in middles],
            "zone_power_kw": [round(from_si(power, "kW"), 2) for power in furnace["burner_power"]],
            "level2_setpoint_c": [round(from_si(value, "°C"), 1) for value in furnace["table_setpoint"]],
            "setpoint_high_c": [round(from_si(furnace["zone_limit"], "°C"), 1)] * len(furnace["table_setpoint"]),
            "exit_tolerance_k": kpi.TOLERANCE_K,
            "largest_difference_k": UNEVEN_K,
            "largest_deviation_k": FAR_OFF_K,
        }

    def neutral(self, works: Any) -> dict[str, float]:
        """Return the orders that leave everything to level 2 and the line's own pace."""
        stems = ("reheating_furnace.zone_setpoint", "bar_rolling.setup_force", "line.pace_setpoint")
        return {name: LEVEL_2 for name in works.board.signals if name.split("[")[0] in stems}

    def advance(self, works: Any, products: int) -> None:
        """Advance until so many bars have left the line, or longer than any line may take."""
        works.advance_products(products, limit=int(self.hours_per_product * 3600.0 * (products + 1)))

    def log(self, works: Any) -> Any:
        """Return the log of all bars that have left, a structured array in SI."""
        return works.bars(0)

    def evaluate(self, record: RunRecord) -> dict[str, float]:
        """Return every KPI of one run."""
        return kpi.evaluate(record)

    def cost_split(self, logs: list[Any], prices: dict[str, float]) -> dict[str, float]:
        """Return the cost [won/t] by cause, the mean of several runs."""
        parts = [kpi.cost_parts(RunRecord(log, prices)) for log in logs]
        return {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}

    def errors(self, log: Any) -> Any:
        """Return the true temperature at discharge minus target of each bar [K]."""
        return kpi.exit_errors(log)

    def trace(self) -> picture.LineTrace:
        """Return an empty trace of zones and delays."""
        return picture.LineTrace()

    def timeplot(self, baseline: Any, solution: Any, names: tuple[str, str], caption: str) -> str:
        """Return both arms of one run above each other."""
        return picture.campaign(baseline, solution, names, caption, "°C")

    def faults(self) -> list[str]:
        """Return the faults ``house.fault`` that may be injected."""
        from steelyard.plant.line import all_faults

        return all_faults()

    def places(self, values: Any, fault: str) -> list[str]:
        """Return the zones that a fault ``house.fault`` hits, as the board labels them; [] when it hits no zone."""
        from steelyard.plant.line import fault_table, signals

        unit, _, name = fault.partition(".")
        if unit == "instruments":
            return []
        before, after = values.of(unit), values.copy().of(unit)
        fault_table(unit)[name](after, 1.0)
        zones = [
            s.name.split("[")[1][:-1] for s in signals() if s.name.startswith("reheating_furnace.zone_temperature[")
        ]
        changed = [
            np.ravel(before[key]) != np.ravel(after[key]) for key in before if np.size(before[key]) == len(zones)
        ]
        return [zone for i, zone in enumerate(zones) if any(hit[i] for hit in changed)]


SUBJECT = HotBarLine()
