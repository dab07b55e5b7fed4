"""A live works: what every protocol reads, writes and commands, and nothing of the plant behind the board.

Frames come from the engine's thread and are given to all subscribers in order, in the loop of the protocols. A write
is permitted (role, lease), checked (board), done between two steps, and logged with its old value.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np

from steelyard.errors import SteelyardError
from steelyard.live.access import Leases, Session, permit
from steelyard.live.audit import Audit
from steelyard.live.clock import FASTEST, SLOWEST, WAITING_FRAMES, Clock
from steelyard.plant.frame import Frame, View
from steelyard.signals import Signal

Listener = Callable[[Frame], Awaitable[None]]


class Record(Protocol):
    """Where the frames are kept; `add` is called on the engine's thread for every single step."""

    def add(self, frame: Frame) -> None:
        """Keep a frame."""

    def close(self) -> None:
        """Write what is still in memory."""

    def history(self, names: Sequence[str], start_s: float, end_s: float, limit: int) -> dict[str, np.ndarray]:
        """Return recorded columns: ``time_s``, each name, each ``name|status`` and ``name|offset`` that there is."""


class LiveWorks:
    """One works on the wire. `works` is any works (record, board, `advance`); `id` is its name on the wire.

    `epoch` is the moment (UTC) that the wire calls plant time 0. Call everything except the constructor in the loop.
    """

    def __init__(
        self, works_id: str, works: Any, process: str, *, audit: Audit, record: Record | None = None,
        epoch: datetime | None = None, dt: float = 1.0, publish_hz: float = 10.0,
        wire: Any = None, watch: Any = None, title: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.id, self.process, self.title = works_id, process, title or {"en": works_id, "ko": works_id}
        self.works, self.audit, self.record = works, audit, record
        self.epoch = epoch or datetime.now(UTC).replace(microsecond=0)
        self.signals: dict[str, Signal] = works.board.signals
        self.leases = Leases()
        self.wire, self.watch = wire, watch
        self._view, self._steps = View(works), 0
        self.frame: Frame = self._view.look(0)
        self._last = self.frame
        self._listeners: list[Listener] = []
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._waiting = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._giver: asyncio.Task[None] | None = None
        self.clock = Clock(self._step, lambda: self._waiting < WAITING_FRAMES, dt, publish_hz)

    # -- life ---------------------------------------------------------------------------------------------------------
    async def open(self) -> None:
        """Start the engine's thread; the works waits until it is told to run."""
        self._loop = asyncio.get_running_loop()
        self._giver = asyncio.create_task(self._give())
        self.clock.start()

    async def close(self) -> None:
        """Stop the engine, give out the last frames, write what was recorded."""
        await asyncio.to_thread(self.clock.stop)
        await self._frames.put(None)
        if self._giver is not None:
            await self._giver
        if self.record is not None:
            await asyncio.to_thread(self.record.close)

    def stamp(self, time_s: float) -> datetime:
        """Return the moment (UTC) of a plant time [s]."""
        return self.epoch + timedelta(seconds=time_s)

    def status(self) -> dict[str, Any]:
        """Return how it runs: time_s, running, speed, lag_s, block, steps, process, leases, failure."""
        clock = self.clock
        return {
            "id": self.id, "process": self.process, "title": self.title, "time_s": self.frame.time_s,
            "time": self.stamp(self.frame.time_s).isoformat(), "running": clock.running, "speed": clock.speed,
            "dt_s": clock.dt, "lag_s": round(clock.lag_s, 3), "steps_per_frame": clock.block, "steps": self._steps,
            "connected": self.frame.connected, "leases": self.leases.table(),
            "failure": str(clock.failure) if clock.failure else None,
        }  # fmt: skip

    # -- reading ------------------------------------------------------------------------------------------------------
    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have every published frame given to `listener`, in order; return what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def history(
        self, names: Sequence[str], start_s: float, end_s: float, limit: int = 10_000
    ) -> dict[str, np.ndarray]:
        """Return what was recorded; see `Record.history`. SteelyardError when nothing is recorded."""
        if self.record is None:
            raise SteelyardError(f"works {self.id!r} is not recorded; serve it without --no-record")
        return await asyncio.to_thread(self.record.history, names, start_s, end_s, limit)

    # -- writing and commands -----------------------------------------------------------------------------------------
    async def write(self, session: Session, values: dict[str, float]) -> None:
        """Write set-points in trade units, all or none. AccessError or SignalError; both are logged."""
        try:
            for name in values:
                self.works.board.signal(name)
            role = permit(session, list(values), self.leases)
            for name, value in values.items():
                self.works.board.check_write(name, value, role)
        except SteelyardError as error:
            self.audit.note("refused", session, works=self.id, set=_plain(values), why=str(error))
            raise
        await self.order(lambda: self._write(session, role, values))

    def _write(self, session: Session, role: str, values: dict[str, float]) -> None:
        old = dict(zip(values, self.works.board.read(list(values)), strict=True))
        for name, value in values.items():
            self.works.board.write(name, value, role)
        for name, value in values.items():
            self.audit.note("write", session, works=self.id, role=role, time_s=self.works.time_s, signal=name,
                            old=old[name], new=value)  # fmt: skip

    async def advance(self, session: Session, n: int) -> Frame:
        """Make `n` steps now and return the last frame (lock-step); the works must be paused."""
        session.need("advance")
        if not 1 <= n <= 86_400:
            raise SteelyardError(f"advance by 1 to 86400 steps at a time, not {n}")
        if self.clock.running:
            raise SteelyardError(f"works {self.id!r} runs with the clock; pause it before you advance it by hand")
        while self._waiting >= WAITING_FRAMES:
            await asyncio.sleep(0.001)
        return await self.order(lambda: self._by_hand(n))

    def _by_hand(self, n: int) -> Frame:
        self._step(n)
        return self._last

    async def run(self, session: Session, speed: float | None = None) -> None:
        """Run with the clock, at `speed` times real time (0.1 to 1000)."""
        session.need("run")
        if speed is not None and not SLOWEST <= speed <= FASTEST:
            raise SteelyardError(f"speed {speed:g} is outside {SLOWEST:g} to {FASTEST:g} times real time")
        await self.command(session, "run", lambda: self.clock.run(speed), speed=speed or self.clock.speed)

    async def pause(self, session: Session) -> None:
        """Let the plant stand still between two steps."""
        session.need("run")
        await self.command(session, "pause", self.clock.pause)

    async def command(self, session: Session, name: str, work: Callable[[], Any], **what: Any) -> Any:
        """Have `work` done between two steps and log it."""
        result = await self.order(work)
        self.audit.note("command", session, works=self.id, command=name, time_s=self.works.time_s, **what)
        return result

    async def order(self, work: Callable[[], Any]) -> Any:
        """Have `work` done on the engine's thread between two steps; return its result."""
        return await asyncio.wrap_future(self.clock.order(work))

    # -- the engine's thread ------------------------------------------------------------------------------------------
    def _step(self, n: int) -> None:
        """Make `n` steps, keep each of them, publish the last."""
        for _ in range(n):
            self.works.advance(1, self.clock.dt)
            self._steps += 1
            frame = self._view.look(self._steps)
            if self.record is not None:
                self.record.add(frame)
        for passed in [frame] if self.wire is None else self.wire.pass_on(frame):
            self._publish(passed)

    def _publish(self, frame: Frame) -> None:
        self._last = frame
        self._waiting += 1
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._frames.put_nowait, frame)

    # -- the loop of the protocols ------------------------------------------------------------------------------------
    async def _give(self) -> None:
        """Give each frame to every listener; a listener that fails is logged and goes on with the next."""
        while (frame := await self._frames.get()) is not None:
            self.frame = frame
            for listener in list(self._listeners):
                try:
                    await listener(frame)
                except Exception as error:  # noqa: BLE001 one bad listener must not stop the others
                    self.audit.note("unhandled", works=self.id, where="listener", why=repr(error))
            self._waiting -= 1


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return what somebody wanted to write, short enough for the log."""
    return {str(name)[:80]: value if isinstance(value, int | float) else str(value)[:80] for name, value in
            list(values.items())[:20]}  # fmt: skip
