"""A detector trial: two detectors watch the same runs, one sound and one in which a fault begins at a seeded time.

A detector writes nothing, so both watch one and the same works: the pairing is exact. Unit of analysis: the campaign,
a sound and a faulty run of one plant. The two have worlds of their own, come in an order that the seed draws, under one
label, and each meets detectors whose processes are new: neither counting runs nor comparing them tells which is which.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from steelyard.trials import assemble
from steelyard.trials.alarms import HOUR_S, Injection, detection_time, false_alarms, stem_of, stems_that_mean
from steelyard.trials.analysis import Pair
from steelyard.trials.detector_kpi import ScoredAlarms, evaluate
from steelyard.trials.detector_report import detector_report
from steelyard.trials.executor import Progress, run_lanes
from steelyard.trials.hosting import Hosting, hosted
from steelyard.trials.plan import TrialPlan
from steelyard.trials.run import Job, board_infos, campaign_seed, check_hello, jobs_of, root_seed
from steelyard.trials.sight import Sight
from steelyard.trials.statistics import seed_from
from steelyard.trials.world import Plant, World, open_plant


@dataclass
class Watched:
    """What one detector said in one run: (time [s], score by alarm) at each of its decisions, and what went wrong."""

    scores: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    asked: int = 0
    unanswered: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DetectorArm:
    """One detector in one campaign: both runs, its score; it can break no limit."""

    sound: Watched
    faulty: Watched
    scored: ScoredAlarms
    violations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DetectorRun:
    """Both detectors in one campaign."""

    job: Job
    injection: Injection
    baseline: DetectorArm
    solution: DetectorArm
    pair: Pair


def luck(job: Job, what: str) -> float:
    """Return a number from 0 to 1 that the seed of a campaign draws for `what`."""
    return seed_from(str(job.seed), "detection", what) / 2.0**64


def injection_of(plan: TrialPlan, plant: Plant, job: Job) -> Injection:
    """Return the fault of a campaign, drawn from its seed alone."""
    one = plan.detection
    fault = one.faults[int(luck(job, "fault") * len(one.faults))]
    severity = one.severity_low + luck(job, "severity") * (one.severity_high - one.severity_low)
    onset = one.onset_from_h + luck(job, "onset") * (one.onset_until_h - one.onset_from_h)
    stems = {name: stem_of(name, plan.subject.places(plant.values, name)) for name in one.faults}
    return Injection(
        fault, severity, onset * HOUR_S, tuple(plan.subject.places(plant.values, fault)),
        stems_that_mean(stems[fault], set(stems.values())), one.place_needed,
    )  # fmt: skip


def order_of(job: Job) -> tuple[bool, bool]:
    """Return which run of a campaign is the faulty one, the first or the second; its seed draws that."""
    faulty_first = luck(job, "order") < 0.5
    return faulty_first, not faulty_first


def world_of(plan: TrialPlan, plant: Plant, job: Job, injection: Injection | None) -> World:
    """Return the world of the sound run, or with an `injection` of the faulty one: same plant, other days."""
    role = "sound" if injection is None else "faulty"
    world = plant.open(seed_from(str(job.seed), "world", role) >> 1, job.scenario, job.draw)
    if injection is not None:
        growth = plan.detection.growth_h * HOUR_S
        world.works.inject({injection.fault: injection.severity}, growth, injection.onset)
    return world


class _Seat:
    """One detector before one run."""

    def __init__(self, host: Any, world: World, run: dict[str, Any]) -> None:
        self.host, self.found = host, Watched()
        self.names = host.reads()
        self.reader, self.sight = world.board.reader(self.names), Sight(world, self.names)
        self.interval = max(1, round(host.hello.interval_s))
        self.due = self.interval
        host.close()  # a new process for each run: nothing of the run before is remembered
        host.start(run, world)

    def decide(self, now: int) -> None:
        """Ask it what has arrived and note all its scores; where nothing arrived they stay as they were."""
        for time_s, seen in self.sight.arrived(dict(zip(self.names, self.reader.read(), strict=True))):
            answer = self.host.decide(time_s, seen)
            self.found.asked += 1
            self.found.unanswered += bool(answer.fault)
        self.found.scores.append((float(now), dict(self.host.alarms)))
        self.due = now + self.interval

    def close(self) -> Watched:
        """Return what it said."""
        self.found.faults = {name: int(count) for name, count in self.host.faults.items() if name != "fallback"}
        self.found.reasons = list(self.host.reasons)
        return self.found


def watch(world: World, hosts: list[Any], run: dict[str, Any], seconds: float) -> list[Watched]:
    """Run a works for `seconds` with detectors looking on, each at its own interval; nothing they do can raise here."""
    seats = [_Seat(host, world, run) for host in hosts]
    now = 0
    while (due := min(seat.due for seat in seats)) <= seconds:
        world.advance(due - now)
        now = due
        for seat in seats:
            if seat.due == now:
                seat.decide(now)
    return [seat.close() for seat in seats]


def scored(sound: Watched, faulty: Watched, injection: Injection, plan: TrialPlan) -> ScoredAlarms:
    """Return one detector's campaign scored against the injected truth."""
    end, warmup = plan.detection.hours * HOUR_S, plan.detection.warmup_h * HOUR_S
    return ScoredAlarms(
        injection.onset, end, detection_time(faulty, injection), false_alarms(sound, faulty, injection, warmup),
        2.0 * (end - warmup), sound.asked + faulty.asked, sound.unanswered + faulty.unanswered,
    )  # fmt: skip


def arms_of(plan: TrialPlan, plant: Plant, hosts: list[Any], job: Job) -> tuple[Injection, list[DetectorArm]]:
    """Run both runs of a campaign in drawn order, all detectors watching; return the fault and the arm of each."""
    injection = injection_of(plan, plant, job)
    run = {"seed_label": f"run {job.index + 1}", "plant": plant.sheet()}
    said: dict[bool, list[Watched]] = {}
    for faulty in order_of(job):
        world = world_of(plan, plant, job, injection if faulty else None)
        said[faulty] = watch(world, hosts, run, plan.detection.hours * HOUR_S)
    return injection, [
        DetectorArm(sound, faulty, scored(sound, faulty, injection, plan))
        for sound, faulty in zip(said[False], said[True], strict=True)
    ]


def run_of(job: Job, injection: Injection, baseline: DetectorArm, solution: DetectorArm) -> DetectorRun:
    """Return both detectors in one campaign with their KPIs."""
    pair = Pair(job.index, job.scenario, job.seed, *(evaluate(arm.scored) for arm in (baseline, solution)))
    return DetectorRun(job, injection, baseline, solution, pair)


def _campaign(plan: TrialPlan, plant: Plant, hosts: list[Any], job: Job) -> DetectorRun:
    injection, (baseline, solution) = arms_of(plan, plant, hosts, job)
    return run_of(job, injection, baseline, solution)


def run_detector_trial(
    plan: TrialPlan, progress: Progress | None = None, threads: int | None = None, hosting: Hosting | None = None
) -> dict[str, Any]:
    """Run a detector trial and return its report; the same plan gives the same result. `hosting` as in `run_trial`.

    Raises DataError for a plan that cannot be run and SolutionError for a detector that cannot introduce itself;
    faults during the runs are counted, not raised.
    """
    begun, plan_hash, hosting = time.time(), plan.hash(), hosting or Hosting()
    root, seal = root_seed(plan)
    plant = open_plant(plan, campaign_seed(root, "draws", "", 0))
    infos = board_infos(plan.plant.process)
    timings: list[dict[str, Any]] = []
    hello: list[tuple[dict[str, Any], dict[str, Any]]] = []

    @contextmanager
    def lane(number: int) -> Iterator[Any]:
        with ExitStack() as stack:
            paths = (plan.baseline_path(), plan.solution_path())
            pair = hosted(plan, paths[0], infos, number), hosting.host(plan, infos, number)
            hosts = [stack.enter_context(host) for host in pair]
            for host, path in zip(hosts, paths, strict=True):
                host.open()
                check_hello(path, "detector", host)
            hello.append((assemble.introduction(hosts[1].hello), hosts[1].isolation))
            yield hosts
            timings.append(hosts[1].timing())

    runs = run_lanes(
        jobs_of(plan, root), hosting.lanes or plan.runs.lanes, lane,
        lambda hosts, job: _campaign(plan, plant, hosts, job), progress, threads,
    )  # fmt: skip
    main = [run for run in runs if run.job.draw is None]
    variants = [[run for run in runs if run.job.draw == draw] for draw in range(plan.ensemble.draws)]
    facts = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "seconds": time.time() - begun,
        "solution_timing": timings,
        "isolation": hello[0][1],
        "connection": hosting.connection(),
        "places": plan.places(),
        "reasons": _reasons(runs),
    }
    parts = assemble.Parts(plan, plan_hash, plant, root, seal, hello[0][0], main, variants)
    return assemble.seal_report(detector_report(parts), facts)


def _reasons(runs: list[DetectorRun]) -> dict[str, list[str]]:
    """Return why answers were faults, by the number of the campaign."""
    said = {str(run.job.index + 1): [*run.solution.sound.reasons, *run.solution.faulty.reasons] for run in runs}
    return {number: words for number, words in said.items() if words}
