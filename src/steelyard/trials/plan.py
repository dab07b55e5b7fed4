"""The trial plan: everything that is decided before the first run, and its hash. A change makes a new trial."""

import tomllib
from dataclasses import asdict, dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.solutions.bundle import bundle
from steelyard.trials.canonical import digest, file_digest
from steelyard.trials.money import Prices, load_prices
from steelyard.trials.sections import (
    QUARTER,
    Baseline,
    Data,
    Detection,
    Ensemble,
    Money,
    Plant,
    Runs,
    Solution,
    Statistics,
    Suite,
    Target,
    Trial,
    read_section,
    read_targets,
    section_record,
    spoken,
)
from steelyard.trials.subjects import subject
from steelyard.trials.subjects.base import Subject
from steelyard.trials.wording import trouble

SHIPPED = ("advisor", "predictor", "furnace", "detector", "bar_predictor")
ON_THE_WIRE = "wire"  # [solution] path of a solution that somebody connects; its files are elsewhere
FORMAT = "steelyard-trial-plan/1"
SECTIONS: dict[str, type] = {
    "trial": Trial,
    "solution": Solution,
    "baseline": Baseline,
    "plant": Plant,
    "data": Data,
    "suite": Suite,
    "statistics": Statistics,
    "runs": Runs,
    "ensemble": Ensemble,
    "money": Money,
    "detection": Detection,
}


@dataclass(frozen=True)
class TrialPlan:
    """A whole plan. `folder` is where relative paths start; it and the places of files are not part of the hash."""

    trial: Trial
    solution: Solution
    baseline: Baseline
    plant: Plant
    data: Data
    suite: Suite
    statistics: Statistics
    runs: Runs
    ensemble: Ensemble
    money: Money
    detection: Detection
    primary: tuple[Target, ...]
    guardrails: tuple[Target, ...]
    folder: Path = field(default=Path("."), compare=False)

    @property
    def subject(self) -> Subject:
        """What a trial must know of the plan's process."""
        return subject(self.plant.process)

    def prices(self) -> Prices:
        """Return the price list that the plan names."""
        return load_prices(self.money.prices, self.subject.items, self.folder)

    def solution_path(self) -> Path | None:
        """Return where the solution's file is; None when somebody connects it over the wire."""
        return None if self.solution.path == ON_THE_WIRE else solution_file(self.solution.path, self.folder)

    def baseline_path(self) -> Path | None:
        """Return where the baseline's file is; None when the baseline is the plant's own practice."""
        return solution_file(self.baseline.path, self.folder) if self.baseline.path else None

    def twin_path(self) -> Path | None:
        """Return where the twin file is; None when a parameter set is used."""
        return (self.folder / self.plant.twin) if self.plant.twin else None

    def with_changes(self, **sections: dict[str, Any]) -> "TrialPlan":
        """Return a copy with some values of some sections changed: a new trial with a new hash.

        Each value is checked as if it stood in the plan's file; DataError that names section, key and what is allowed.
        """
        word = self.subject.word
        changed = {
            name: read_section(
                SECTIONS[name], {**section_record(getattr(self, name), word), **values}, name, "plan", word
            )
            for name, values in sections.items()
        }
        made = replace(self, **changed)
        _check(made, "plan")
        return made

    def record(self) -> dict[str, Any]:
        """Return the plan as plain data; files appear by name and hash, not by place."""
        kept = [name for name in SECTIONS if name != "detection" or self.trial.kind == "detector"]
        sections = {name: section_record(getattr(self, name), self.subject.word) for name in kept}
        for name, path in (("solution", self.solution_path()), ("baseline", self.baseline_path())):
            sections[name]["path"] = Path(sections[name]["path"]).name
            sections[name]["hash"] = bundle(path).hash if path is not None else ""
        if not self.solution.network:
            del sections["solution"]["network"]  # as plans were before it could be declared: their hash stays
        if sections["data"]["scored_share"] == QUARTER:
            del sections["data"]["scored_share"]  # as plans were before there was a choice: their hash stays
        twin = self.twin_path()
        sections["plant"]["twin"] = Path(self.plant.twin).name
        sections["plant"]["twin_hash"] = file_digest(twin) if twin is not None else ""
        sections["suite"].pop("seal")
        sections["money"]["prices"] = Path(self.money.prices).name
        sections["money"]["prices_hash"] = digest(self.prices().record())
        return {
            "format": FORMAT,
            **sections,
            "primary": [asdict(target) for target in self.primary],
            "guardrails": [asdict(target) for target in self.guardrails],
        }

    def places(self) -> dict[str, str]:
        """Return where the files of the plan are on this machine; not part of the plan."""
        found = {"solution": self.solution_path(), "baseline": self.baseline_path(), "twin": self.twin_path()}
        if self.money.prices.endswith(".toml"):
            found["prices"] = self.folder / self.money.prices
        return {name: str(path.resolve()) for name, path in found.items() if path is not None}

    def hash(self) -> str:
        """Return the SHA-256 of the canonical plan, in hex."""
        return digest(self.record())


def solution_file(path: str, folder: Path) -> Path:
    """Return the file behind a solution path; ``reference:NAME`` means a packaged reference solution."""
    if path.startswith("reference:"):
        name = path.removeprefix("reference:")
        return Path(str(files("steelyard.solutions") / "reference" / f"{name}.py"))
    return Path(path) if Path(path).is_absolute() else folder / path


def load_plan(name: str | Path) -> TrialPlan:
    """Read a shipped plan by name (see `SHIPPED`) or a plan file.

    Raises DataError that names file, section and key, and what is allowed there.
    """
    shipped = str(name) in SHIPPED
    path = Path(str(files("steelyard.trials") / "plans" / f"{name}.toml")) if shipped else Path(name)
    if not path.exists():
        raise DataError(f"{path}: there is no such plan; shipped plans are {', '.join(SHIPPED)}, or name a TOML file")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(
            f"{path}: cannot be read as a trial plan: {trouble(error)}; name a TOML file, or {', '.join(SHIPPED)}"
        ) from error
    return plan_from(raw, path.parent, str(path))


def plan_from(raw: dict[str, Any], folder: Path, where: str = "plan") -> TrialPlan:
    """Return the plan in `raw` (as parsed from TOML or JSON), checked."""
    known = {*SECTIONS, "primary", "guardrails"}
    unknown = sorted(set(raw) - known)
    if unknown:
        raise DataError(f"{where}: [{unknown[0]}] is not a section of a plan; sections are: {', '.join(sorted(known))}")
    plant = read_section(Plant, raw.get("plant", {}), "plant", where)
    word = subject(plant.process).word
    sections = {name: read_section(kind, raw.get(name, {}), name, where, word) for name, kind in SECTIONS.items()}
    made = _filled(
        TrialPlan(
            **sections,
            primary=read_targets(raw.get("primary", []), "primary", where),
            guardrails=read_targets(raw.get("guardrails", []), "guardrails", where),
            folder=folder,
        )
    )
    _check(made, where)
    return made


def _filled(plan: TrialPlan) -> TrialPlan:
    """Return the plan with what its process has for a name that is left out."""
    own = plan.subject
    return replace(
        plan,
        plant=replace(plan.plant, parameters=plan.plant.parameters or own.parameters),
        suite=replace(plan.suite, name=plan.suite.name or own.process.replace("_", "-")),
        money=replace(plan.money, prices=plan.money.prices or own.prices),
    )


def plan_from_record(record: dict[str, Any], folder: Path, places: dict[str, str]) -> TrialPlan:
    """Return the plan that a report holds, with files at `places` (solution, baseline, twin, seal)."""
    raw = {name: dict(record[name]) for name in SECTIONS if name in record}
    for name in ("solution", "baseline"):
        raw[name].pop("hash")
        raw[name]["path"] = places.get(name, "") or raw[name]["path"]
    raw["plant"].pop("twin_hash")
    raw["money"].pop("prices_hash")
    raw["money"]["prices"] = places.get("prices", "") or raw["money"]["prices"]
    raw["plant"]["twin"] = places.get("twin", "") or raw["plant"]["twin"]
    raw["suite"]["seal"] = places.get("seal", "")
    raw["primary"], raw["guardrails"] = record["primary"], record["guardrails"]
    return plan_from(raw, folder, "report")


def _check(plan: TrialPlan, where: str) -> None:
    _check_targets(plan, where)
    allowed = plan.subject.kinds[plan.trial.kind]
    if plan.solution.kind not in allowed:
        raise DataError(f"{where}: [solution] kind {plan.solution.kind!r}: a {plan.trial.kind} trial takes {allowed}")
    if plan.suite.tag == "sealed" and not (plan.suite.commitment and plan.suite.seal):
        raise DataError(
            f"{where}: a sealed suite needs [suite] commitment and seal; `steelyard trial plan --seal FILE` makes them"
        )
    if plan.trial.kind != "predictor":
        _check_runs(plan, where)
    if plan.trial.kind == "detector":
        _check_detection(plan, where)
    if plan.trial.kind != "campaign" and not plan.baseline.path:
        kind = plan.trial.kind
        raise DataError(f"{where}: a {kind} trial needs [baseline] path, a {kind} to compare with")
    for label, path in (("solution", plan.solution_path()), ("baseline", plan.baseline_path())):
        if path is not None and not path.exists():
            raise DataError(f"{where}: [{label}] path: there is no file {path}")
    twin = plan.twin_path()
    if twin is not None and not twin.is_file():
        raise DataError(f"{where}: [plant] twin: there is no file {twin}; make one with `steelyard twin calibrate`")


def _check_runs(plan: TrialPlan, where: str) -> None:
    from steelyard.plant.scenarios import scenario

    names = plan.suite.scenarios
    if not names or len(set(names)) < len(names):
        raise DataError(f"{where}: [suite] scenarios is empty or names one twice; name each scenario once")
    for name in names:
        scenario(plan.plant.process, name)
    variants = plan.ensemble.scenarios or names
    if not set(variants) <= set(names):
        raise DataError(f"{where}: [ensemble] scenarios must be some of [suite] scenarios: {', '.join(names)}")
    planned = [("runs", plan.runs.campaigns, len(names)), ("ensemble", plan.ensemble.campaigns, len(variants))]
    for section, count, scenarios in planned[: 2 if plan.ensemble.draws else 1]:
        if count < 2 * scenarios:
            raise DataError(
                f"{where}: [{section}] campaigns = {count} is too few for {scenarios} scenarios; "
                f"each needs at least 2, take {2 * scenarios} or more"
            )
    warmup, products = (spoken(key, plan.subject.word) for key in ("warmup_products", "products"))
    if plan.runs.warmup_products + plan.runs.products > plan.subject.longest:
        raise DataError(
            f"{where}: [runs] {warmup} + {products} is above {plan.subject.longest}; "
            "plan more campaigns, not longer ones"
        )


def _check_detection(plan: TrialPlan, where: str) -> None:
    one = plan.detection
    if not one.faults:
        raise DataError(f"{where}: [detection] faults is empty; name at least one fault, such as house.fault")
    if not one.warmup_h <= one.onset_from_h <= one.onset_until_h < one.hours:
        raise DataError(
            f"{where}: [detection] must have warmup_h <= onset_from_h <= onset_until_h < hours; "
            f"they are {one.warmup_h:g}, {one.onset_from_h:g}, {one.onset_until_h:g}, {one.hours:g}"
        )
    unknown = sorted(set(one.faults) - set(plan.subject.faults()))
    if unknown:
        known = ", ".join(plan.subject.faults())
        raise DataError(f"{where}: [detection] faults: there is no fault {unknown[0]!r}; faults are: {known}")
    if one.severity_low > one.severity_high:
        raise DataError(f"{where}: [detection] severity_low is above severity_high; exchange them")


def _check_targets(plan: TrialPlan, where: str) -> None:
    from steelyard.trials.catalogue import catalogue

    if not plan.primary:
        raise DataError(f"{where}: [[primary]] is missing; a trial needs at least one primary KPI with its margin")
    if plan.trial.kind not in plan.subject.kpis:
        raise DataError(f"{where}: [trial] kind {plan.trial.kind!r}: {plan.plant.process} has no such trial")
    known = catalogue(plan.trial.kind, plan.plant.process)
    seen: set[str] = set()
    for target in (*plan.primary, *plan.guardrails):
        if target.kpi not in known:
            raise DataError(f"{where}: there is no KPI {target.kpi!r} in a {plan.trial.kind} trial: {', '.join(known)}")
        if target.kpi in seen:
            raise DataError(f"{where}: KPI {target.kpi!r} is named twice; it is primary or a guardrail, once")
        seen.add(target.kpi)
