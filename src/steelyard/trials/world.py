"""The plant of a trial: its values, its plausible variants, its public data sheet; opens a works per run."""

from dataclasses import dataclass, field
from typing import Any

from steelyard.trials.canonical import digest, plain
from steelyard.trials.plan import TrialPlan
from steelyard.units import from_si


@dataclass(frozen=True)
class Plant:
    """Everything needed to open works: `values` (SI), `draws` = plausible variants of them, `card` = credibility."""

    process: str
    label: dict[str, str]
    values: Any
    draws: tuple[Any, ...] = ()
    card: list[dict[str, Any]] = field(default_factory=list)
    identity: dict[str, Any] = field(default_factory=dict)
    synthetic: bool = False

    def open(self, seed: int, scenario: str, draw: int | None = None) -> Any:
        """Return a works at time 0 with parameter variant `draw` (None = best estimate)."""
        from steelyard.plant.works import open_works

        values = self.values if draw is None else self.draws[draw]
        return open_works(values, seed, scenario, self.process)

    def open_oracle(self, seed: int, scenario: str) -> Any:
        """Return a works whose crew knows the true temperature and marginal heating rate; the logic stays its own."""
        works = self.open(seed, scenario)
        works.plant["operator"]["p"]["omniscient"] = 1.0
        return works

    def open_mirrored(self, seed: int, scenario: str) -> Any:
        """Return a works whose dip errors and operator's hesitations are mirrored: same distribution, other luck."""
        works = self.open(seed, scenario)
        works.plant["operator"]["p"]["heating_scatter"] *= -1.0
        works.plant["ladle_furnace"]["p"]["dip_sign"] *= -1.0
        return works

    def sheet(self) -> dict[str, Any]:
        """Return the public data sheet that a solution may know, in trade units."""
        furnace, practice, arrival = self.values.furnace, self.values.practice, self.values.arrival
        return {
            "name": self.label["en"],
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


def neutral_setpoints(works: Any) -> dict[str, float]:
    """Return the set-points, in trade units, with which a works runs as its crew would run it alone.

    They are the values of its practice (as its scenario has it), not those that the board shows at some moment.
    """
    argon = float(works.plant["operator"]["p"]["argon_flow"][0])
    return {
        "operator.heating_energy_advice": -1.0,
        "operator.heating_energy_setpoint": -1.0,
        "ladle_furnace.argon_flow_setpoint": from_si(argon, "NL/min"),
    }


def open_plant(plan: TrialPlan, draw_seed: int) -> Plant:
    """Return the plant that a plan names; its variants are drawn with `draw_seed`."""
    if plan.plant.twin:
        return _from_twin(plan, draw_seed)
    from steelyard.plant.works import shipped_draws, shipped_values

    process, name = plan.plant.process, plan.plant.parameters
    values = shipped_values(process, name)
    draws = tuple(shipped_draws(process, name, plan.ensemble.draws, draw_seed)) if plan.ensemble.draws else ()
    label = {"en": f"ladle furnace, shipped set {name}", "ko": f"레이들로, 배포용 파라미터 {name}"}
    identity = {"kind": {"en": f"shipped parameter set {name}", "ko": f"배포용 파라미터 세트 {name}"}}
    if draws:
        identity["draws"] = {
            "en": f"{len(draws)} draws from the prior spreads of the parameter files",
            "ko": f"파라미터 파일의 사전 산포에서 {len(draws)}개 추출",
        }
    return Plant(process, label, values, draws, [], identity)


def _from_twin(plan: TrialPlan, draw_seed: int) -> Plant:
    from steelyard.plant.works import PlantValues
    from steelyard.twin.file import load

    path = plan.twin_path()
    assert path is not None
    twin = load(path)
    furnaces = twin.draws(plan.ensemble.draws, draw_seed % 2**63) if plan.ensemble.draws else []
    draws = tuple(PlantValues(furnace, twin.practice, twin.arrival) for furnace in furnaces)
    made_up = (
        {"en": " (SYNTHETIC heats)", "ko": " (합성 히트)"} if twin.figures.get("synthetic") else {"en": "", "ko": ""}
    )
    label = {
        "en": f"ladle furnace {twin.plant}, twin calibrated on {twin.dataset}{made_up['en']}",
        "ko": f"레이들로 {twin.plant}, {twin.dataset} 기록으로 보정한 트윈{made_up['ko']}",
    }
    identity = {
        "kind": {
            "en": f"calibrated twin {path.name}: {twin.heats} heats of {twin.dataset} before key {twin.until}",
            "ko": f"보정된 트윈 {path.name}: {twin.dataset}의 히트 {twin.heats}개 (키 {twin.until} 이전)",
        }
    }
    if draws:
        identity["draws"] = {"en": f"{len(draws)} posterior draws", "ko": f"사후 분포에서 {len(draws)}개 추출"}
    card = [{"id": id_, "level": row["level"], "evidence": row["evidence"]} for id_, row in twin.card.items()]
    values = PlantValues(twin.parameters, twin.practice, twin.arrival)
    return Plant(plan.plant.process, label, values, draws, card, identity, bool(twin.figures.get("synthetic")))
