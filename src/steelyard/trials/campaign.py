"""One campaign of one arm: the baseline runs fused, the solution in lock-step with a decision every interval."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from steelyard.errors import SignalError
from steelyard.trials.kpi import RunRecord, evaluate
from steelyard.trials.safety import WATCHED, Monitor, hard, soft
from steelyard.trials.truth import settled_temperature
from steelyard.trials.world import neutral_setpoints

HOURS_PER_HEAT = 4.0
TRACED = ("ladle_furnace.heat_number", "ladle_furnace.arc_power", "ladle_furnace.dip_temperature",
          "ladle_furnace.dip_count")  # fmt: skip


class World(Protocol):
    """What a trial needs of a plant: its board, its clock, and the hidden table of departed heats."""

    board: Any
    time_s: float

    def advance(self, n: int, dt: float = 1.0) -> Any:
        """Advance `n` steps of `dt` [s]."""

    def advance_heats(self, heats: int, dt: float = 1.0) -> Any:
        """Advance until `heats` ladles have departed."""

    def departed(self) -> int:
        """Return how many ladles have departed."""

    def heats(self) -> Any:
        """Return the departed heats, a structured array in SI."""


@dataclass
class Arm:
    """What one arm of one campaign left: heats after the warm-up, counts, and a trace when it was asked for."""

    heats: Any
    violations: dict[str, int]
    counts: dict[str, float] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    trace: dict[str, list] = field(default_factory=dict)


@dataclass
class Trace:
    """Collects what a time plot shows: [t, °C] of dips, [from, to] of heatings; times in plant seconds."""

    dips: list[tuple[float, float]] = field(default_factory=list)
    heatings: list[list[float]] = field(default_factory=list)
    _seen: tuple[float, float] = (0.0, 0.0)
    _arc: bool = False

    def look(self, time_s: float, heat: float, power: float, dip: float, count: float) -> None:
        """Note what changed since the last look."""
        if (heat, count) != self._seen and count > 0.0 and dip == dip:
            self.dips.append((time_s, round(dip, 2)))
        self._seen = (heat, count)
        on = power > 0.1
        if on and not self._arc:
            self.heatings.append([time_s, time_s])
        elif on or self._arc:
            self.heatings[-1][1] = time_s
        self._arc = on

    def record(self, heats: Any) -> dict[str, list]:
        """Return the trace as plain data, with the settled departures [t, °C, target °C] of the heats."""
        settled = settled_temperature(heats)
        departures = [
            [float(row["departure_time"]), round(float(true) - 273.15, 2),
             round(float(row["target_temperature"]) - 273.15, 2)]
            for row, true in zip(heats, settled, strict=True)
        ]  # fmt: skip
        return {"dips": [list(dip) for dip in self.dips], "heatings": self.heatings, "departures": departures}


def _limit_s(wanted: int) -> float:
    return HOURS_PER_HEAT * 3600.0 * (wanted + 1)


def _cut(world: World, warmup: int, heats: int) -> Any:
    return world.heats()[warmup : warmup + heats].copy()


def _watched(world: World) -> list[str]:
    return list(dict.fromkeys([*TRACED, *(name for name in WATCHED if name in world.board.signals)]))


def run_baseline(world: World, warmup: int, heats: int, trace_s: int = 0) -> Arm:
    """Run the plant as it comes until `warmup + heats` ladles have left.

    `trace_s` = 0 runs it fused; > 0 looks at the board every `trace_s` plant seconds and records a trace: same heats.
    """
    wanted, monitor, trace = warmup + heats, Monitor(), Trace()
    if not trace_s:
        world.advance_heats(wanted)
        if world.time_s > _limit_s(wanted):
            monitor.stalled()
    names = _watched(world)
    reader = world.board.reader(names)
    while world.departed() < wanted:
        if world.time_s > _limit_s(wanted):
            monitor.stalled()
            break
        world.advance(trace_s or 60)
        values = dict(zip(names, reader.read(), strict=True))
        trace.look(world.time_s, *(values[name] for name in TRACED))
        monitor.watch(values)
    found = _cut(world, warmup, heats)
    return Arm(found, monitor.counts(found), trace=trace.record(found) if trace_s else {})


def evaluate_arm(arm: Arm, prices: dict[str, float]) -> dict[str, float]:
    """Return every KPI of one arm."""
    counts = {**arm.counts, "hard": float(hard(arm.violations)), "soft": float(soft(arm.violations))}
    return evaluate(RunRecord(arm.heats, prices, counts))


def run_solution(world: World, host: Any, run: dict[str, Any], warmup: int, heats: int) -> Arm:
    """Run the plant with a solution in lock-step. Nothing that the solution does can raise here.

    Each `interval_s` plant seconds: advance, read the board, ask, write. A write that the board refuses is not executed
    and counted; without an answer the set-points are held; after too many restarts all that the solution may
    write returns to what the practice has, and the baseline goes on alone.
    """
    wanted, monitor, trace = warmup + heats, Monitor(), Trace()
    loop = _Loop(world, host)
    host.start(run)
    while world.departed() < wanted:
        if world.time_s > _limit_s(wanted):
            monitor.stalled()
            break
        world.advance(loop.interval)
        values = loop.look()
        monitor.watch(values)
        trace.look(world.time_s, *(values[name] for name in TRACED))
        loop.decide(values)
    found = _cut(world, warmup, heats)
    faults = {name: int(count) for name, count in host.faults.items() if name != "fallback"}
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
        neutral = neutral_setpoints(world)
        self.neutral = {name: neutral[name] for name in hello.writes if name in neutral}
        self.counts = {"decisions": 0.0, "fallback": 0.0, "refused": 0.0, "written": 0.0}
        self.refusals: list[str] = []
        self.given_up = False

    def look(self) -> dict[str, float]:
        """Return the board's values by name."""
        return dict(zip(self.names, self.reader.read(), strict=True))

    def decide(self, values: dict[str, float]) -> None:
        """Ask the solution and execute what the board allows; in fallback only count."""
        self.counts["decisions"] += 1
        if self.given_up:
            self.counts["fallback"] += 1
            return
        answer = self.host.decide(self.world.time_s, {name: values[name] for name in self.reads})
        self.execute(answer.set)
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
