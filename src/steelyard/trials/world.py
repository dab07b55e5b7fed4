"""The plant of a trial: its values, its plausible variants, its public data sheet; opens a works per run."""

from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.canonical import digest, plain
from steelyard.trials.plan import TrialPlan
from steelyard.units import from_si


@dataclass(frozen=True)
class Plant:
    """Everything needed to open works: `values` (SI), `draws` = plausible variants of them, `card` = credibility."""

    process: str
    label: str
    values: Any
    draws: tuple[Any, ...] = ()
    card: list[dict[str, Any]] = field(default_factory=list)
    identity: dict[str, Any] = field(default_factory=dict)

    def open(self, seed: int, scenario: str, draw: int | None = None) -> Any:
        """Return a works at time 0 with parameter variant `draw` (None = best estimate)."""
        from steelyard.plant.works import open_works

        values = self.values if draw is None else self.draws[draw]
        return open_works(values, seed, scenario, self.process)

    def open_oracle(self, seed: int, scenario: str) -> Any:
        """Return a works whose operator knows the true temperature and the true heating rate."""
        works = self.open(seed, scenario)
        works.plant["operator"]["p"]["omniscient"] = 1.0
        return works

    def open_mirrored(self, seed: int, scenario: str) -> Any:
        """Return a works whose dip errors and operator's hesitations are mirrored: same distribution, other luck."""
        works = self.open(seed, scenario)
        works.plant["operator"]["p"]["heating_scatter"] *= -1.0
        for name in ("dip_noise", "dip_noise_unmixed"):
            works.plant["ladle_furnace"]["p"][name] *= -1.0
        return works

    def sheet(self) -> dict[str, Any]:
        """Return the public data sheet that a solution may know, in trade units."""
        furnace, practice, arrival = self.values.furnace, self.values.practice, self.values.arrival
        return {
            "name": self.label,
            "nominal_mass_t": round(from_si(arrival["mass"], "t"), 3),
            "nominal_power_mw": round(from_si(furnace["nominal_power"], "MW"), 3),
            "textbook_k_per_mwh": round(from_si(practice["assumed_rate"], "K/MWh"), 3),
            "textbook_k_per_min": round(from_si(practice["assumed_loss"], "K/min"), 3),
            "target_temperature_c": round(from_si(arrival["target"], "°C"), 2),
        }

    def values_hash(self) -> str:
        """Return the SHA-256 of all parameter values and variants."""
        every = [
            {"furnace": v.furnace, "practice": v.practice, "arrival": v.arrival} for v in (self.values, *self.draws)
        ]
        return digest(plain(every))


def open_plant(plan: TrialPlan, draw_seed: int) -> Plant:
    """Return the plant that a plan names; its variants are drawn with `draw_seed`."""
    if plan.plant.twin:
        return _from_twin(plan, draw_seed)
    from steelyard.plant.works import shipped_values

    values = shipped_values(plan.plant.process, plan.plant.parameters)
    label = f"{plan.plant.process} {plan.plant.parameters}"
    identity = {"kind": "parameter set", "name": plan.plant.parameters}
    if plan.ensemble.draws:
        raise DataError(
            "plan: [ensemble] draws needs plausible variants of the plant: name a twin ([plant] twin), or set draws = 0"
        )
    return Plant(plan.plant.process, label, values, identity=identity)


def _from_twin(plan: TrialPlan, draw_seed: int) -> Plant:
    raise NotImplementedError
