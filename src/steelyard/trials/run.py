"""Run a trial: paired campaigns with common random numbers, the twin's doubt, floor, bound, verdict."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials import assemble
from steelyard.trials.analysis import Pair
from steelyard.trials.campaign import Arm, evaluate_arm, run_baseline, run_solution
from steelyard.trials.executor import Progress, run_lanes
from steelyard.trials.hosting import Hosting
from steelyard.trials.plan import TrialPlan
from steelyard.trials.seal import Seal, open_seal
from steelyard.trials.statistics import seed_from
from steelyard.trials.subjects.base import Subject
from steelyard.trials.world import Plant, open_plant


@dataclass(frozen=True)
class Job:
    """One paired campaign: its place, scenario, seed and parameter variant (None = best estimate)."""

    index: int
    scenario: str
    seed: int
    draw: int | None = None


@dataclass(frozen=True)
class PairedRun:
    """Both arms of one job and their KPIs."""

    job: Job
    baseline: Arm
    solution: Arm
    pair: Pair


def root_seed(plan: TrialPlan) -> tuple[int, Seal | None]:
    """Return the seed that all run seeds come from, and the seal it was in; DataError when the seal does not fit."""
    if plan.suite.tag == "public":
        return plan.suite.seed, None
    seal = open_seal(plan.folder / plan.suite.seal, plan.suite.commitment)
    if seal.suite != plan.suite.name:
        raise DataError(f"the seal opens suite {seal.suite!r}, the plan names {plan.suite.name!r}")
    return seal.seed, seal


def campaign_seed(root: int, part: str, scenario: str, number: int) -> int:
    """Return the seed of one paired campaign, 0 to 2**63 - 1: keyed by part, scenario and number, not by order."""
    return seed_from(str(root), part, scenario, str(number)) >> 1


def jobs_of(plan: TrialPlan, root: int) -> list[Job]:
    """Return the paired campaigns in order: the main part, scenarios in turn, then each parameter variant."""
    names = plan.suite.scenarios
    jobs = [
        Job(i, names[i % len(names)], campaign_seed(root, "main", names[i % len(names)], i // len(names)))
        for i in range(plan.runs.campaigns)
    ]
    names = plan.ensemble.scenarios or names
    for draw in range(plan.ensemble.draws):
        for i in range(plan.ensemble.campaigns):
            name = names[i % len(names)]
            seed = campaign_seed(root, f"draw {draw}", name, i // len(names))
            jobs.append(Job(len(jobs), name, seed, draw))
    return jobs


def run_trial(
    plan: TrialPlan, progress: Progress | None = None, threads: int | None = None, hosting: Hosting | None = None
) -> dict[str, Any]:
    """Run a campaign trial and return its report (see docs/reference/kpi.md); the same plan gives the same result.

    `progress(fraction)` is called from the worker threads; `hosting` brings the solution (None: here, by pipe). Raises
    DataError for a plan that cannot be run and SolutionError for a solution that cannot even introduce itself; faults
    during the runs are counted, not raised.
    """
    begun, plan_hash, hosting = time.time(), plan.hash(), hosting or Hosting()
    root, seal = root_seed(plan)
    plant = open_plant(plan, campaign_seed(root, "draws", "", 0))
    jobs = jobs_of(plan, root)
    infos = board_infos(plan.plant.process)
    timings: list[dict[str, Any]] = []
    hello: list[Any] = []

    @contextmanager
    def lane(number: int) -> Iterator[Any]:
        with hosting.host(plan, infos, number) as host:
            host.open()
            check_hello(plan.solution_path(), plan.solution.kind, host)
            hello.append((assemble.introduction(host.hello), host.isolation))
            yield host
            timings.append(host.timing())

    work = _worker(plan, plant)
    runs = run_lanes(jobs, hosting.lanes or plan.runs.lanes, lane, work, progress, threads)
    main = [run for run in runs if run.job.draw is None]
    variants = [[run for run in runs if run.job.draw == draw] for draw in range(plan.ensemble.draws)]
    facts = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "seconds": time.time() - begun,
        "solution_timing": timings,
        "isolation": hello[0][1],
        "connection": hosting.connection(),
        "places": plan.places(),
        "reasons": {str(run.job.index + 1): run.solution.reasons for run in runs if run.solution.reasons},
    }
    parts = assemble.Parts(plan, plan_hash, plant, root, seal, hello[0][0], main, variants)
    return assemble.report(parts, facts)


def run_plan(
    plan: TrialPlan, store: Any = None, progress: Progress | None = None, threads: int | None = None,
    hosting: Hosting | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a plan of any kind; a predictor plan needs a hub store (None: the user's own)."""
    if plan.trial.kind == "campaign":
        return run_trial(plan, progress, threads, hosting)
    if plan.trial.kind == "detector":
        from steelyard.trials.detector import run_detector_trial

        return run_detector_trial(plan, progress, threads, hosting)
    from steelyard.trials.predictor import run_predictor_trial

    if store is None:
        from steelyard.hub.store import open_store

        store = open_store()
    return run_predictor_trial(plan, store, progress, threads, hosting)


def board_infos(process: str) -> dict[str, Any]:
    """Return what a solution may know of the board: names, units, ranges, and who may write."""
    from steelyard.plant.board import ROLE_WRITES, public_signals
    from steelyard.solutions.contract import signal_infos

    return signal_infos(public_signals(process), ROLE_WRITES)


def check_hello(path: Path | None, kind: str, host: Any) -> None:
    """Raise DataError when the solution at `path` is of another kind than the plan says."""
    if host.hello.kind != kind:
        raise DataError(
            f"{path}: the solution says it is a {host.hello.kind}, the plan says {kind}; "
            "correct [solution] kind or use another plan"
        )


def _worker(plan: TrialPlan, plant: Plant) -> Any:
    """Return the function that runs both arms of one job with a lane's host."""
    prices, sheet = plan.prices().values, plant.sheet()
    warmup, products = plan.runs.warmup_products, plan.runs.products

    def work(host: Any, job: Job) -> PairedRun:
        baseline = run_baseline(plant.open(job.seed, job.scenario, job.draw), warmup, products)
        public = {"seed_label": f"run {job.index + 1}", "plant": sheet}
        world = plant.open(job.seed, job.scenario, job.draw)
        solution = run_solution(world, host, public, warmup, products)
        return paired_run(job, baseline, solution, prices, plan.subject)

    return work


def paired_run(job: Job, baseline: Arm, solution: Arm, prices: dict[str, float], subject: Subject) -> PairedRun:
    """Return both arms with their KPIs."""
    kpis = [evaluate_arm(arm, prices, subject) for arm in (baseline, solution)]
    return PairedRun(job, baseline, solution, Pair(job.index, job.scenario, job.seed, *kpis))
