"""A detector trial: two detectors watch the same runs, one sound and one in which a fault begins at a seeded time.

A detector writes nothing, so both watch one and the same works: the pairing is exact. Unit of analysis: the campaign,
a sound and a faulty run of equal seed; up to the onset they are the same run.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from steelyard.trials import assemble
from steelyard.trials.analysis import Pair
from steelyard.trials.detector_kpi import ScoredAlarms, episodes, evaluate
from steelyard.trials.detector_report import detector_report
from steelyard.trials.executor import Progress, run_lanes
from steelyard.trials.plan import TrialPlan
from steelyard.trials.run import Job, board_infos, campaign_seed, check_hello, hosted, jobs_of, root_seed
from steelyard.trials.statistics import seed_from
from steelyard.trials.world import Plant, World, open_plant

HOUR_S = 3600.0


@dataclass(frozen=True)
class Injection:
    """The fault of a campaign: ``house.fault``, severity, plant time of its onset [s], the places that it hits."""

    fault: str
    severity: float
    onset: float
    places: tuple[str, ...]

    def means(self, alarm: str) -> bool:
        """Say whether an alarm such as ``clogging[top_3]`` names this fault, and the place of it if either has one."""
        stem, _, place = alarm.partition("[")
        named = stem.rpartition(".")[2] in self.fault.rpartition(".")[2]
        return named and (not place or not self.places or place.removesuffix("]") in self.places)


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


def injection_of(plan: TrialPlan, plant: Plant, job: Job) -> Injection:
    """Return the fault of a campaign, drawn from its seed alone."""
    one = plan.detection

    def luck(what: str) -> float:
        return seed_from(str(job.seed), "detection", what) / 2.0**64

    fault = one.faults[int(luck("fault") * len(one.faults))]
    severity = one.severity_low + luck("severity") * (one.severity_high - one.severity_low)
    onset = one.onset_from_h + luck("onset") * (one.onset_until_h - one.onset_from_h)
    return Injection(fault, severity, onset * HOUR_S, tuple(plan.subject.places(plant.values, fault)))


class _Seat:
    """One detector before one run."""

    def __init__(self, host: Any, world: World, run: dict[str, Any]) -> None:
        self.host, self.found = host, Watched()
        self.names = host.reads()
        self.reader = world.board.reader(self.names)
        self.interval = max(1, round(host.hello.interval_s))
        self.due = self.interval
        host.start(run)

    def decide(self, now: int) -> None:
        """Ask it and note all its scores."""
        answer = self.host.decide(float(now), dict(zip(self.names, self.reader.read(), strict=True)))
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


def detection_time(faulty: Watched, injection: Injection) -> float | None:
    """Return when an alarm that means the fault was raised after its onset [s]; None when none was.

    An alarm that stood before says nothing: it has to fall and be raised again.
    """
    from steelyard.solutions.contract import ALARM_RAISED

    standing: dict[str, bool] = {}
    for now, scores in faulty.scores:
        for alarm, score in scores.items():
            raised = score >= ALARM_RAISED
            if raised and not standing.get(alarm, False) and now > injection.onset and injection.means(alarm):
                return now
            standing[alarm] = raised
    return None


def false_alarms(sound: Watched, faulty: Watched, injection: Injection, warmup_s: float) -> int:
    """Return the alarms of the sound run after the warm-up, and those of the faulty one that miss its fault."""
    from steelyard.solutions.contract import ALARM_RAISED

    names = {alarm for _, scores in sound.scores + faulty.scores for alarm in scores}
    count = 0
    for alarm in sorted(names):
        rows = [
            [(now, scores.get(alarm, 0.0) >= ALARM_RAISED) for now, scores in run.scores] for run in (sound, faulty)
        ]
        count += episodes([row for row in rows[0] if row[0] > warmup_s])
        if not injection.means(alarm):
            count += episodes([row for row in rows[1] if row[0] > injection.onset])
    return count


def scored(sound: Watched, faulty: Watched, injection: Injection, plan: TrialPlan) -> ScoredAlarms:
    """Return one detector's campaign scored against the injected truth."""
    end, warmup = plan.detection.hours * HOUR_S, plan.detection.warmup_h * HOUR_S
    return ScoredAlarms(
        injection.onset, end, detection_time(faulty, injection), false_alarms(sound, faulty, injection, warmup),
        (end - warmup) + (end - injection.onset), sound.asked + faulty.asked, sound.unanswered + faulty.unanswered,
    )  # fmt: skip


def _campaign(plan: TrialPlan, plant: Plant, hosts: list[Any], job: Job) -> DetectorRun:
    """Run one campaign: the sound run and the faulty one, each watched by both detectors."""
    injection = injection_of(plan, plant, job)
    run = {"seed_label": f"run {job.index + 1}", "plant": plant.sheet()}
    runs = []
    for faulty in (False, True):
        world = plant.open(job.seed, job.scenario, job.draw)
        if faulty:
            growth = plan.detection.growth_h * HOUR_S
            world.works.inject({injection.fault: injection.severity}, growth, injection.onset)
        runs.append(watch(world, hosts, run, plan.detection.hours * HOUR_S))
    arms = [
        DetectorArm(sound, faulty, scored(sound, faulty, injection, plan)) for sound, faulty in zip(*runs, strict=True)
    ]
    pair = Pair(job.index, job.scenario, job.seed, *(evaluate(arm.scored) for arm in arms))
    return DetectorRun(job, injection, arms[0], arms[1], pair)


def run_detector_trial(plan: TrialPlan, progress: Progress | None = None, threads: int | None = None) -> dict[str, Any]:
    """Run a detector trial and return its report; the same plan gives the same result.

    Raises DataError for a plan that cannot be run and SolutionError for a detector that cannot introduce itself;
    faults during the runs are counted, not raised.
    """
    begun, plan_hash = time.time(), plan.hash()
    root, seal = root_seed(plan)
    plant = open_plant(plan, campaign_seed(root, "draws", "", 0))
    infos = board_infos(plan.plant.process)
    timings: list[dict[str, Any]] = []
    hello: list[tuple[dict[str, Any], dict[str, Any]]] = []

    @contextmanager
    def lane(number: int) -> Iterator[Any]:
        with ExitStack() as stack:
            paths = (plan.baseline_path(), plan.solution_path())
            hosts = [stack.enter_context(hosted(plan, path, infos, number)) for path in paths]
            for host, path in zip(hosts, paths, strict=True):
                host.open()
                check_hello(path, "detector", host)
            hello.append((assemble.introduction(hosts[1].hello), hosts[1].isolation))
            yield hosts
            timings.append(hosts[1].timing())

    runs = run_lanes(
        jobs_of(plan, root), plan.runs.lanes, lane, lambda hosts, job: _campaign(plan, plant, hosts, job), progress,
        threads,
    )  # fmt: skip
    main = [run for run in runs if run.job.draw is None]
    variants = [[run for run in runs if run.job.draw == draw] for draw in range(plan.ensemble.draws)]
    facts = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "seconds": time.time() - begun,
        "solution_timing": timings,
        "isolation": hello[0][1],
        "places": plan.places(),
        "reasons": {
            str(run.job.index + 1): said
            for run in runs
            if (said := [*run.solution.sound.reasons, *run.solution.faulty.reasons])
        },
    }
    parts = assemble.Parts(plan, plan_hash, plant, root, seal, hello[0][0], main, variants)
    return assemble.seal_report(detector_report(parts), facts)
