"""The plant of a trial: its values, its plausible variants, its public data sheet; opens a world per run."""

from dataclasses import asdict, dataclass, field
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.canonical import digest, plain
from steelyard.trials.labels import texts
from steelyard.trials.plan import TrialPlan
from steelyard.trials.subjects.base import Subject


@dataclass(frozen=True)
class World:
    """One works under trial, with what the trial knows of its process.

    `wire` is what lies between its board and a solution where the scenario has faults there, else None.
    """

    subject: Subject
    works: Any
    wire: Any = None

    @property
    def board(self) -> Any:
        """The board: all that a solution may read and write."""
        return self.works.board

    @property
    def plant(self) -> Any:
        """The record of the works: the truth."""
        return self.works.plant

    @property
    def time_s(self) -> float:
        """Plant time [s]."""
        return float(self.works.time_s)

    def advance(self, n: int, dt: float = 1.0) -> None:
        """Advance `n` steps of `dt` [s]."""
        self.works.advance(n, dt)

    def advance_products(self, products: int) -> None:
        """Advance fused until so many products have departed."""
        self.subject.advance(self.works, products)

    def departed(self) -> int:
        """Return how many products have departed."""
        return int(self.works.departed())

    def log(self) -> Any:
        """Return the log of departed products, a structured array in SI; it holds the truth."""
        return self.subject.log(self.works)

    def neutral(self) -> dict[str, float]:
        """Return the set-points, in trade units, with which the works runs as its baseline would run it alone."""
        return self.subject.neutral(self.works)


@dataclass(frozen=True)
class Plant:
    """Everything needed to open worlds: `values` (SI), `draws` = plausible variants of them, `card` = credibility."""

    subject: Subject
    label: dict[str, str]
    values: Any
    draws: tuple[Any, ...] = ()
    card: list[dict[str, Any]] = field(default_factory=list)
    identity: dict[str, Any] = field(default_factory=dict)
    synthetic: bool = False

    def open(self, seed: int, scenario: str, draw: int | None = None) -> World:
        """Return a world at time 0 with parameter variant `draw` (None = best estimate)."""
        values = self.values if draw is None else self.draws[draw]
        works = self.subject.open(values, seed, scenario)
        return World(self.subject, works, _wire(self.subject.process, works, seed, scenario))

    def open_oracle(self, seed: int, scenario: str) -> World:
        """Return a world whose baseline knows the truth; its logic stays its own."""
        world = self.open(seed, scenario)
        self.subject.reveal(world.works)
        return world

    def open_mirrored(self, seed: int, scenario: str) -> World | None:
        """Return a world whose baseline has the mirrored luck in its own decisions; None when that cannot be had."""
        world = self.open(seed, scenario)
        return world if self.subject.mirror(world.works) else None

    def sheet(self) -> dict[str, Any]:
        """Return the public data sheet that a solution may know, in trade units."""
        return {"name": self.label["en"], **self.subject.sheet(self.values)}

    def values_hash(self) -> str:
        """Return the SHA-256 of all parameter values and variants."""
        return digest(plain([asdict(values) for values in (self.values, *self.draws)]))


def _wire(process: str, works: Any, seed: int, scenario_id: str) -> Any:
    """Return the wire of a scenario over the board of a works, None when nothing is wrong with it."""
    from steelyard.plant.scenarios import scenario
    from steelyard.plant.wire_faults import Wire

    faults = scenario(process, scenario_id).wire
    return Wire(faults, works.board.signals, seed) if faults else None


def open_plant(plan: TrialPlan, draw_seed: int) -> Plant:
    """Return the plant that a plan names; its variants are drawn with `draw_seed`."""
    if plan.plant.twin:
        return _from_twin(plan, draw_seed)
    own, name = plan.subject, plan.plant.parameters
    values = own.shipped(name)
    draws = tuple(own.draws(name, plan.ensemble.draws, draw_seed)) if plan.ensemble.draws else ()
    label = texts("plant_shipped", own.process, name=name)
    identity = {"kind": texts("identity_shipped", own.process, name=name)}
    if draws:
        identity["draws"] = texts("identity_draws", own.process, n=len(draws))
    return Plant(own, label, values, draws, [], identity)


def _from_twin(plan: TrialPlan, draw_seed: int) -> Plant:
    from steelyard.twin.file import load

    path = plan.twin_path()
    assert path is not None
    twin, own = load(path), plan.subject
    if twin.process != own.twin_process:
        raise DataError(f"{path}: a twin of {twin.process}; {own.process} takes one of {own.twin_process}")
    values, draws = own.from_twin(twin, plan.ensemble.draws, draw_seed)
    synthetic = bool(twin.figures.get("synthetic"))
    key = "plant_twin_synthetic" if synthetic else "plant_twin"
    label = texts(key, own.process, plant=twin.plant, dataset=twin.dataset)
    until = ", ".join(twin.until) if isinstance(twin.until, list) else twin.until
    about = {"file": path.name, "products": twin.heats, "dataset": twin.dataset}
    kind = texts("identity_twin", own.process, **about, until=until) if until else _by_thirds(own, about)
    identity = {"kind": kind}
    if draws:
        identity["draws"] = texts("identity_posterior", own.process, n=len(draws))
    card = [{"id": id_, "level": row["level"], "evidence": row["evidence"]} for id_, row in twin.card.items()]
    return Plant(own, label, values, tuple(draws), card, identity, synthetic)


def _by_thirds(own: Subject, about: dict[str, Any]) -> dict[str, str]:
    return texts("identity_twin_thirds", own.process, **about)
