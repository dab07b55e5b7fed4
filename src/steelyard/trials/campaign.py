"""One campaign of one arm: the baseline runs fused, the solution in lock-step with a decision every interval."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from steelyard.errors import SignalError
from steelyard.trials.safety import WATCHED, Monitor

CHUNK_S = 600
HOURS_PER_HEAT = 4.0
TRACED = ("ladle_furnace.heat_number", "ladle_furnace.arc_power", "ladle_furnace.dip_temperature",
          "ladle_furnace.dip_count")  # fmt: skip


class World(Protocol):
    """What a trial needs of a plant: its board, its clock, and the hidden table of departed heats."""

    board: Any
    time_s: float

    def advance(self, n: int, dt: float = 1.0) -> Any:
        """Advance `n` steps of `dt` [s]."""

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
        """Return the trace as plain data, with the true departures [t, °C, target °C] of the heats."""
        departures = [
            [float(row["departure_time"]), round(float(row["departure_temperature"]) - 273.15, 2),
             round(float(row["target_temperature"]) - 273.15, 2)]
            for row in heats
        ]  # fmt: skip
        return {"dips": [list(dip) for dip in self.dips], "heatings": self.heatings, "departures": departures}


def _finished(world: World, wanted: int) -> bool:
    return len(world.heats()) >= wanted


def _limit_s(wanted: int) -> float:
    return HOURS_PER_HEAT * 3600.0 * (wanted + 1)


def _cut(world: World, warmup: int, heats: int) -> Any:
    return world.heats()[warmup : warmup + heats].copy()


def run_baseline(world: World, warmup: int, heats: int, trace_s: int = 0) -> Arm:
    """Run the plant as it comes until `warmup + heats` ladles have left; `trace_s` > 0 records a trace at that step."""
    wanted, monitor, trace = warmup + heats, Monitor(), Trace()
    step = trace_s or CHUNK_S
    names = [*TRACED, *(name for name in WATCHED if name in world.board.signals and name not in TRACED)]
    while not _finished(world, wanted):
        if world.time_s > _limit_s(wanted):
            monitor.stalled()
            break
        world.advance(step)
        if trace_s:
            values = dict(zip(names, world.board.read(names), strict=True))
            trace.look(world.time_s, *(values[name] for name in TRACED))
            monitor.watch(values)
    found = _cut(world, warmup, heats)
    return Arm(found, monitor.counts(found), trace=trace.record(found) if trace_s else {})


def run_solution(world: World, host: Any, run: dict[str, Any], warmup: int, heats: int) -> Arm:
    """Run the plant with a solution in lock-step. Nothing that the solution does can raise here.

    Each `interval_s` plant seconds: advance, read the board, ask, write. A write that the board refuses is not executed
    and counted; without an answer the set-points are held; after too many restarts they return to neutral, and the
    baseline goes on alone.
    """
    wanted, monitor, trace = warmup + heats, Monitor(), Trace()
    hello = host.hello
    known = list(world.board.signals)
    reads = host.reads(known)
    names = list(dict.fromkeys([*reads, *TRACED, *(name for name in WATCHED if name in world.board.signals)]))
    writes = [name for name in hello.writes if name in world.board.signals]
    neutral = dict(zip(writes, world.board.read(writes), strict=True)) if writes else {}
    interval = max(1, round(hello.interval_s))
    counts = {"decisions": 0.0, "fallback": 0.0, "refused": 0.0, "written": 0.0}
    refusals: list[str] = []
    host.start(run)
    given_up, heat = False, -1.0
    while True:
        world.advance(interval)
        values = dict(zip(names, world.board.read(names), strict=True))
        monitor.watch(values)
        trace.look(world.time_s, *(values[name] for name in TRACED))
        if values[TRACED[0]] != heat:
            heat = values[TRACED[0]]
            if _finished(world, wanted):
                break
        if world.time_s > _limit_s(wanted):
            monitor.stalled()
            break
        if given_up:
            counts["decisions"] += 1
            counts["fallback"] += 1
            continue
        answer = host.decide(world.time_s, {name: values[name] for name in reads})
        counts["decisions"] += 1
        _execute(world.board, answer.set, hello.kind, counts, refusals)
        if host.fallback:
            given_up = True
            counts["fallback"] += 1
            _execute(world.board, neutral, hello.kind, {"refused": 0.0, "written": 0.0}, [])
    found = _cut(world, warmup, heats)
    return _arm(found, monitor, trace, host, counts, refusals)


def _execute(board: Any, wanted: dict[str, float], role: str, counts: dict[str, float], refusals: list[str]) -> None:
    """Write set-points; what the board refuses is counted and not executed."""
    for name, value in wanted.items():
        try:
            board.write(name, value, role)
            counts["written"] += 1
        except SignalError as error:
            counts["refused"] += 1
            if len(refusals) < 20:
                refusals.append(f"refused: {error}")


def _arm(heats: Any, monitor: Monitor, trace: Trace, host: Any, counts: dict[str, float], refusals: list[str]) -> Arm:
    faults = {name: int(count) for name, count in host.faults.items() if name != "fallback"}
    counts["interventions"] = counts["refused"] + sum(faults.values())
    faults["refused"] = int(counts["refused"])
    return Arm(heats, monitor.counts(heats), counts, faults, [*host.reasons, *refusals][:20], trace.record(heats))
