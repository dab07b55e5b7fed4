"""One campaign of one arm: the baseline runs fused, the solution in lock-step with a decision every interval."""

from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import SignalError
from steelyard.trials.kpi import RunRecord
from steelyard.trials.safety import Monitor, hard, soft
from steelyard.trials.sight import Sight
from steelyard.trials.subjects.base import Subject
from steelyard.trials.world import World


@dataclass
class Arm:
    """What one arm of one campaign left: its log after the warm-up, counts, and a trace when it was asked for."""

    log: Any
    violations: dict[str, int]
    counts: dict[str, float] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    trace: dict[str, list] = field(default_factory=dict)


def _limit_s(world: World, wanted: int) -> float:
    return world.subject.hours_per_product * 3600.0 * (wanted + 1)


def _cut(world: World, warmup: int, products: int) -> Any:
    return world.log()[warmup : warmup + products].copy()


def _watched(world: World) -> list[str]:
    return list(dict.fromkeys(name for name in world.subject.watched if name in world.board.signals))


def _monitor(world: World) -> Monitor:
    return Monitor(world.subject.limits, world.subject.board_limits)


def run_baseline(world: World, warmup: int, products: int, trace_s: int = 0) -> Arm:
    """Run the plant as it comes until `warmup + products` have left.

    `trace_s` = 0 runs it fused; > 0 looks at the board every `trace_s` plant seconds and records a trace: same log.
    """
    wanted, monitor, trace = warmup + products, _monitor(world), world.subject.trace()
    if not trace_s:
        world.advance_products(wanted)
        if world.time_s > _limit_s(world, wanted):
            monitor.stalled()
    names = _watched(world)
    reader = world.board.reader(names)
    while world.departed() < wanted:
        if world.time_s > _limit_s(world, wanted):
            monitor.stalled()
            break
        world.advance(trace_s or 60)
        values = dict(zip(names, reader.read(), strict=True))
        trace.look(world.time_s, values)
        monitor.watch(values)
    found = _cut(world, warmup, products)
    return Arm(found, monitor.counts(found), trace=trace.record(found) if trace_s else {})


def evaluate_arm(arm: Arm, prices: dict[str, float], subject: Subject) -> dict[str, float]:
    """Return every KPI of one arm."""
    counted = {"hard": hard(arm.violations, subject.limits), "soft": soft(arm.violations, subject.limits)}
    counts = {**arm.counts, **{name: float(count) for name, count in counted.items()}}
    return subject.evaluate(RunRecord(arm.log, prices, counts))


def run_solution(world: World, host: Any, run: dict[str, Any], warmup: int, products: int) -> Arm:
    """Run the plant with a solution in lock-step. Nothing that the solution does can raise here.

    Each `interval_s` plant seconds: advance, read the board, ask, write. A write that the board refuses is not executed
    and counted; without an answer the set-points are held; after too many restarts all that the solution may
    write returns to what the practice has, and the baseline goes on alone. In a scenario with faults of the wire the
    solution is asked what arrives (see `Sight`), while monitor and trace look at the board itself; where nothing
    arrives the set-points are held, and that is counted.
    """
    wanted, monitor, trace = warmup + products, _monitor(world), world.subject.trace()
    loop = _Loop(world, host)
    host.start(run, world)
    while world.departed() < wanted:
        if world.time_s > _limit_s(world, wanted):
            monitor.stalled()
            break
        world.advance(loop.interval)
        values = loop.look()
        monitor.watch(values)
        trace.look(world.time_s, values)
        loop.decide(values)
    found = _cut(world, warmup, products)
    faults = {name: int(count) for name, count in host.faults.items() if name != "fallback"}
    if loop.sight.wired:
        loop.counts["unasked"] = float(loop.sight.unasked)
    loop.counts["interventions"] = loop.counts["refused"] + sum(faults.values())
    faults["refused"] = int(loop.counts["refused"])
    reasons = [*host.reasons, *loop.refusals][:20]
    return Arm(found, monitor.counts(found), loop.counts, faults, reasons, trace.record(found))


class _Loop:
    """The lock-step between one world and one host: what is read, asked, written and counted."""

    def __init__(self, world: World, host: Any) -> None:
        self.world, self.host, self.board = world, host, world.board
        hello = host.hello
        self.role, self.interval = hello.kind, max(1, round(hello.interval_s))
        self.reads = host.reads()
        self.names = list(dict.fromkeys([*self.reads, *_watched(world)]))
        self.reader = self.board.reader(self.names)
        self.sight = Sight(world, self.reads)
        neutral = world.neutral()
        self.neutral = {name: neutral[name] for name in hello.writes if name in neutral}
        self.counts = {"decisions": 0.0, "fallback": 0.0, "refused": 0.0, "written": 0.0}
        self.refusals: list[str] = []
        self.given_up = False

    def look(self) -> dict[str, float]:
        """Return the board's values by name."""
        return dict(zip(self.names, self.reader.read(), strict=True))

    def decide(self, values: dict[str, float]) -> None:
        """Ask the solution what has arrived and execute what the board allows; in fallback only count."""
        for time_s, seen in self.sight.arrived(values):
            self.counts["decisions"] += 1
            if self.given_up:
                self.counts["fallback"] += 1
                continue
            self.execute(self.host.decide(time_s, seen).set)
            if self.host.fallback:
                self.given_up = True
                self.counts["fallback"] += 1
                self.execute(self.neutral)

    def execute(self, wanted: dict[str, float]) -> None:
        """Write set-points; what the board refuses is counted and not executed."""
        for name, value in wanted.items():
            try:
                self.board.write(name, value, self.role)
                self.counts["written"] += 1
            except SignalError as error:
                self.counts["refused"] += 1
                if len(self.refusals) < 20:
                    self.refusals.append(f"refused: {error}")
