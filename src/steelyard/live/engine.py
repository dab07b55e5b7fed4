"""The engine of a live works: everything that touches the plant, on one thread, between two steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from steelyard.errors import SteelyardError
from steelyard.live.agenda import Agenda
from steelyard.live.clock import Clock
from steelyard.live.live_signals import LiveView
from steelyard.plant.frame import Frame

RUNS = "the works runs with the clock; pause it before you advance it by hand"
Publish = Callable[[Sequence[Frame], Sequence[dict[str, Any]]], None]


class Record(Protocol):
    """Where every step is kept, see `steelyard.hub.recordings.Recording`."""

    @property
    def failure(self) -> str | None:
        """What keeps it from being written; None while all is well."""

    def begin(self, units: dict[str, str], about: dict[str, Any]) -> None:
        """Open it for these signals (name → trade unit), in the order of the arrays of a frame."""

    def sibling(self, end: str) -> "Record":
        """Return a record beside this one for a copy of the works, not begun yet."""

    def unwritten(self) -> int:
        """Return how many steps are in memory only."""

    def room(self, rows: int) -> bool:
        """Return whether `rows` more steps can be kept at once."""

    def reserve(self) -> None:
        """Wait until the next step can be kept (engine's thread); DataError when it cannot be written."""

    def add(self, frame: Frame) -> None:
        """Keep a step (engine's thread)."""

    def close(self) -> int:
        """Write what is still in memory; return how many steps could not be written and are lost."""

    def history(self, names: Sequence[str], start_s: float, end_s: float, limit: int) -> dict[str, np.ndarray]:
        """Return recorded columns."""


@dataclass(frozen=True)
class State:
    """Everything that a works needs to go on from one moment: the record of the plant, the steps made, what is due."""

    record: np.ndarray
    steps: int
    agenda: np.ndarray
    time_s: float


class Engine:
    """One works with its clock. All methods run on the engine's thread once the clock has started."""

    def __init__(
        self, works: Any, publish: Publish, room: Callable[[], bool], *, dt: float, publish_hz: float,
        record: Record | None, wire: Any, watch: Any,
    ) -> None:  # fmt: skip
        self.works, self.record, self.wire, self.watch = works, record, wire, watch
        self._fresh = [None if part is None else part.copy() for part in (wire, watch)]
        self.steps, self.agenda, self.alarms = 0, Agenda(), list[dict[str, Any]]()
        self.turns = 0  # how often the clock was taken in hand: run, paused, restored
        self._publish, self._room_for_frames = publish, room
        self.clock = Clock(self.step, self._room, dt, publish_hz)
        self._view = LiveView(works, self.clock)
        self.last = self._view.look(0)

    def _room(self) -> bool:
        return self._room_for_frames() and (self.record is None or self.record.room(self.clock.block))

    def step(self, n: int) -> None:
        """Make `n` steps, keep each of them, look at the limits after each, publish the last."""
        events: list[dict[str, Any]] = []
        frame: Frame | None = None
        try:
            for _ in range(n):
                if self.clock.stopping.is_set():
                    break
                if self.record is not None:
                    self.record.reserve()
                self.agenda.follow(self.works.plant, self.works.time_s)
                self.works.advance(1, self.clock.dt)
                self.steps += 1
                frame = self._view.look(self.steps)
                if self.record is not None:
                    self.record.add(frame)
                if self.watch is not None:
                    events += self.watch.look(frame)
        finally:  # what was made is handed on, also when the block breaks off
            if frame is not None:
                self._hand_on(frame, events)

    def _hand_on(self, frame: Frame, events: Sequence[dict[str, Any]]) -> None:
        if self.watch is not None and events:
            self.alarms = [dict(alarm) for alarm in self.watch.active]
        passed = [frame] if self.wire is None else self.wire.pass_on(frame)
        self.last = passed[-1] if passed else self.last
        if passed or events:
            self._publish(passed, events)

    def run(self, speed: float | None) -> None:
        """Run with the clock; who advances by hand has to stop."""
        self.turns += 1
        self.clock.run(speed)

    def pause(self) -> None:
        """Stand still; who advances by hand has to stop."""
        self.turns += 1
        self.clock.pause()

    def by_hand(self, n: int, turn: int) -> Frame:
        """Make `n` steps while the clock stands; return the frame that the wire shows then.

        SteelyardError when the works runs, or was run, paused or restored since `turns` was `turn`.
        """
        if self.clock.running:
            raise SteelyardError(RUNS)
        if self.turns != turn:
            raise SteelyardError(f"the works was paused, run or restored meanwhile: it stands at step {self.steps}")
        self.step(n)
        if self.clock.stopping.is_set():
            raise SteelyardError("this works is closed")
        return self.last

    def write(self, values: dict[str, float], role: str) -> dict[str, float]:
        """Write set-points (trade units) and show them at once; return the old values.

        While the clock runs and too many frames wait already, the frame of the next block shows them.
        """
        old = dict(zip(values, self.works.board.read(list(values)), strict=True))
        for name, value in values.items():
            self.works.board.write(name, value, role)
        if self._room_for_frames() or not self.clock.running:
            self._hand_on(self._view.look(self.steps), ())
        return old

    def inject(self, faults: dict[str, float], growth_s: float, start_s: float | None) -> None:
        """Let faults come, all or none; a plant without ramps of its own has them on the agenda."""
        start = self.works.time_s if start_s is None else start_s
        if hasattr(self.works, "changes"):
            self.agenda.add(self.works.changes(faults), start, growth_s)
            return
        before = self.works.plant.copy()
        try:
            self.works.inject(faults, growth_s, start)
        except SteelyardError:
            self.works.plant[:] = before
            raise

    def state(self) -> State:
        """Return a copy of everything that the works needs to go on from here."""
        return State(self.works.snapshot(), self.steps, self.agenda.rows(), self.works.time_s)

    def restore(self, state: State) -> None:
        """Go on from a state; wire and limits begin anew, alarms go, and the wire shows the state at once."""
        self.turns += 1
        self.works.restore(state.record)
        self.agenda.take(state.agenda)
        self.steps = state.steps
        gone = [{**alarm, "active": False, "time_s": state.time_s} for alarm in self.alarms]
        self.wire, self.watch = (None if part is None else part.copy() for part in self._fresh)
        self._hand_on(self._view.look(self.steps), gone)

    def go_on(self, state: State, speed: float, running: bool) -> None:
        """Go on from a state at a speed, with the clock or by hand; wire and limits stay as they are."""
        self.agenda.take(state.agenda)
        self.steps = state.steps
        self.alarms = [dict(alarm) for alarm in self.watch.active] if self.watch is not None else []
        self._hand_on(self._view.look(self.steps), ())
        self.clock.speed = speed
        if running:
            self.clock.run()

    def twin(self) -> tuple[Any, State, Any, Any]:
        """Return a second works of the same kind with its own record, its state, and copies of wire and limits."""
        state = self.state()
        wire, watch = (None if part is None else part.copy() for part in (self.wire, self.watch))
        return type(self.works)(state.record.copy()), state, wire, watch
