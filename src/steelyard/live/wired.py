"""A works on the wire: what every protocol reads and writes, and nothing of the plant behind the board.

Frames come from the engine's thread and are given to all subscribers in order, in the loop of the protocols. A write
is permitted (role, lease), checked (board), done between two steps, and logged with its old value.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from steelyard.errors import AccessError, SteelyardError
from steelyard.live.access import Leases, Session, writer_of
from steelyard.live.audit import Audit
from steelyard.live.delivery import AlarmListener, Delivery, Listener
from steelyard.live.engine import Engine, Record
from steelyard.live.live_signals import live_signals
from steelyard.live.shelf import Shelf
from steelyard.plant.frame import Frame, View
from steelyard.signals import Signal


class WiredWorks:
    """One works on the wire. `works` is any works (record, board, `advance`); `id` is its name on the wire.

    `epoch` is the moment (UTC) that the wire calls plant time 0; `shelf` holds the snapshots (a site lends its own).
    `about` says which works it is (plant, scenario, seed, twin): snapshots of another one are refused.
    Call everything except the constructor in the loop.
    """

    def __init__(
        self, works_id: str, works: Any, process: str, *, audit: Audit, record: Record | None = None,
        epoch: datetime | None = None, dt: float = 1.0, publish_hz: float = 10.0,
        wire: Any = None, watch: Any = None, title: dict[str, str] | None = None, shelf: Shelf | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.id, self.process, self.title = works_id, process, title or {"en": works_id, "ko": works_id}
        self.works, self.audit, self.record, self.shelf = works, audit, record, shelf
        self.about = dict(about or {})
        self.epoch = epoch or datetime.now(UTC).replace(microsecond=0)
        self.signals: dict[str, Signal] = works.board.signals | live_signals()
        self.leases, self._by_hand, self.lost_steps = Leases(), asyncio.Lock(), 0
        self._delivery = Delivery(works_id, audit, View(works).look(0))
        self.engine = Engine(
            works, self._delivery.publish, self._delivery.room,
            dt=dt, publish_hz=publish_hz, record=record, wire=wire, watch=watch,
        )  # fmt: skip
        self._delivery.frame, self.clock = self.engine.last, self.engine.clock

    # -- life ---------------------------------------------------------------------------------------------------------
    async def open(self) -> None:
        """Start the engine's thread; the works waits until it is told to run."""
        if self.record is not None:
            about = {"works": self.id, "process": self.process, "epoch": self.epoch.isoformat(), "dt_s": self.clock.dt}
            units = {name: signal.unit for name, signal in self.signals.items()}
            await asyncio.to_thread(self.record.begin, units, about)
        self._delivery.open()
        self.clock.start()

    async def close(self) -> None:
        """Stop the engine, give out the last frames, write what was recorded."""
        await asyncio.to_thread(self.clock.stop)
        await self._delivery.close()
        if self.record is not None and (lost := await asyncio.to_thread(self.record.close)):
            self.audit.note("lost", works=self.id, steps=lost, why=self.record.failure)
            self.lost_steps = lost

    def stamp(self, time_s: float) -> datetime:
        """Return the moment (UTC) of a plant time [s]."""
        return self.epoch + timedelta(seconds=time_s)

    # -- reading ------------------------------------------------------------------------------------------------------
    @property
    def frame(self) -> Frame:
        """The frame that was published last."""
        return self._delivery.frame

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """The alarms that stand now."""
        return list(self.engine.alarms)

    def status(self) -> dict[str, Any]:
        """Return how it runs: time_s, running, speed, lag_s, steps, process, leases, failure."""
        clock, frame = self.clock, self.frame
        failure = clock.failure or (self.record.failure if self.record is not None else None)
        return {
            "id": self.id, "process": self.process, "title": self.title, "time_s": frame.time_s,
            "time": self.stamp(frame.time_s).isoformat(), "running": clock.running, "speed": clock.speed,
            "dt_s": clock.dt, "lag_s": round(clock.lag_s, 3), "steps_per_frame": clock.block,
            "steps": self.engine.steps, "connected": frame.connected, "leases": self.leases.table(),
            "alarms": len(self.engine.alarms), "recorded": self.record is not None,
            "failure": str(failure) or repr(failure) if failure else None,
        }  # fmt: skip

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have every published frame given to `listener`, in order; return what ends it."""
        return self._delivery.listen(listener)

    def subscribe_alarms(self, listener: AlarmListener) -> Callable[[], None]:
        """Have every alarm that comes or goes given to `listener`; return what ends it."""
        return self._delivery.listen_to_alarms(listener)

    async def history(
        self, names: Sequence[str], start_s: float, end_s: float, limit: int = 10_000, session: Session | None = None
    ) -> dict[str, np.ndarray]:
        """Return what was recorded; see `Recording.history`. SteelyardError when nothing is recorded.

        The record is of the board before the wire. Where the wire has faults, a `session` (None: nobody on the wire
        asks) needs the right to audit, so that nobody looks past bad data: else AccessError.
        """
        if self.record is None:
            raise SteelyardError(f"works {self.id!r} is not recorded")
        if self.engine.wire is not None and session is not None and not session.may("audit"):
            raise AccessError(f"works {self.id!r} has wire faults and its history is from before the wire: "
                              "only an engineer may read it")  # fmt: skip
        return await asyncio.to_thread(self.record.history, names, start_s, end_s, limit)

    # -- writing -----------------------------------------------------------------------------------------
    async def write(self, session: Session, values: dict[str, float]) -> None:
        """Write set-points in trade units, all or none; every listener has been given them when this returns.

        SteelyardError, which is logged, when that may not be.
        """
        try:
            if not self.frame.connected:
                raise SteelyardError("the connection to the works is lost: nothing can be written, set-points hold")
            for name in values:
                if name not in self.signals:
                    self.works.board.signal(name)
            role = writer_of(session, list(values))
            for name, value in values.items():
                self.works.board.check_write(name, value, role)
            self.leases.take(role, session)
        except SteelyardError as error:
            self.audit.note("refused", session, works=self.id, set=_plain(values), why=str(error))
            raise

        def work() -> None:
            old = self.engine.write(values, role)
            for name, value in values.items():
                self.audit.note("write", session, works=self.id, role=role, time_s=self.works.time_s, signal=name,
                                old=old[name], new=value)  # fmt: skip

        if not self.clock.running:
            await self._delivery.wait_for_room()
        await self.order(work)
        await self._delivery.settle()

    # -- orders -------------------------------------------------------------------------------------------------------
    async def command(self, session: Session, command: str, work: Callable[[], Any], **what: Any) -> Any:
        """Have `work` done between two steps and logged there: what was done is logged, whoever still waits for it."""

        def done() -> Any:
            result = work()
            self.audit.note("command", session, works=self.id, command=command, time_s=self.works.time_s, **what)
            return result

        return await self.order(done)

    async def order(self, work: Callable[[], Any]) -> Any:
        """Have `work` done on the engine's thread between two steps; return its result."""
        return await asyncio.wrap_future(self.clock.order(work))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return what somebody wanted to write, short enough for the log."""
    return {str(name)[:80]: value if isinstance(value, int | float) else str(value)[:80] for name, value in
            list(values.items())[:20]}  # fmt: skip
