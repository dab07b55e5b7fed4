"""A live works: a works on the wire that is run, paused, stepped, disturbed, kept and forked."""

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from steelyard.errors import ParameterError, SteelyardError
from steelyard.live.access import Session
from steelyard.live.clock import FASTEST, SLOWEST
from steelyard.live.delivery import Listener
from steelyard.live.engine import RUNS, Record, State
from steelyard.live.shelf import Shelf
from steelyard.live.wired import WiredWorks
from steelyard.plant.frame import Frame

__all__ = ["Listener", "LiveWorks", "Record", "check_faults"]
MOST_STEPS, BLOCK = 86_400, 600


class LiveWorks(WiredWorks):
    """One works on the wire that answers to commands; for its arguments, reading and writing see `WiredWorks`."""

    # -- the clock ----------------------------------------------------------------------------------------------------
    async def advance(self, session: Session, n: int) -> Frame:
        """Make `n` steps now and return the last frame (lock-step); the works must be paused.

        Orders of others come through every `BLOCK` steps. The first who advances takes the lease of the clock:
        LeaseError for others who are no engineers. SteelyardError when the works is paused, run or restored meanwhile.
        """
        session.need("advance")
        if not 1 <= n <= MOST_STEPS:
            raise SteelyardError(f"advance by 1 to {MOST_STEPS} steps at a time, not {n}")
        if self.clock.running:
            raise SteelyardError(RUNS)
        self.leases.lead(session)
        turn = self.engine.turns
        async with self._by_hand:
            for made in range(0, n, BLOCK):
                await self._delivery.wait_for_room()
                frame: Frame = await self.order(partial(self.engine.by_hand, min(BLOCK, n - made), turn))
        await self._delivery.settle()
        return frame

    async def run(self, session: Session, speed: float | None = None) -> None:
        """Run with the clock, at `speed` times real time (0.1 to 1000)."""
        session.need("run")
        if speed is not None and not SLOWEST <= speed <= FASTEST:
            raise SteelyardError(f"speed {speed:g} is outside {SLOWEST:g} to {FASTEST:g} times real time")
        await self.command(session, "run", lambda: self.engine.run(speed), speed=speed or self.clock.speed)

    async def pause(self, session: Session) -> None:
        """Let the plant stand still between two steps."""
        session.need("run")
        await self.command(session, "pause", self.engine.pause)

    def faults(self) -> list[str]:
        """Return the names of the faults that can be injected."""
        found: list[str] = self.works.faults()
        return found

    async def inject(
        self, session: Session, faults: dict[str, float], growth_s: float = 0.0, start_s: float | None = None
    ) -> None:
        """Let faults come at a severity (0 to 1) from plant time `start_s` (now) on, growing over `growth_s`."""
        session.need("fault")
        check_faults(faults, self.faults(), growth_s, start_s, self.works.time_s)
        what = {"faults": faults, "growth_s": growth_s, "start_s": start_s}
        await self.command(session, "inject", lambda: self.engine.inject(faults, growth_s, start_s), **what)

    # -- snapshots ----------------------------------------------------------------------------------------------------
    async def snapshot(self, session: Session, name: str) -> dict[str, Any]:
        """Keep the state of this moment on disk under a new name; return what `snapshots` says of it."""
        session.need("snapshot")
        shelf = self._shelf()
        state: State = await self.command(session, "snapshot", self.engine.state, name=str(name)[:80])
        return await asyncio.to_thread(shelf.save, name, self.process, state, works=self.id, about=self.about)

    async def restore(self, session: Session, name: str) -> None:
        """Go back (or over) to a snapshot of the same process; running goes on, the record begins a new branch."""
        session.need("snapshot")
        state = await asyncio.to_thread(self._shelf().load, name, self.process, self.works.plant, self.about)
        await self.command(session, "restore", lambda: self.engine.restore(state), name=name, to_s=state.time_s)

    def snapshots(self) -> list[dict[str, Any]]:
        """Return the snapshots that fit this process: name, process, time_s, steps, created, works."""
        every = self.shelf.table() if self.shelf is not None else []
        return [head for head in every if head["process"] == self.process]

    async def fork(
        self, session: Session, works_id: str, running: bool | None = None, recorded: bool = False
    ) -> "LiveWorks":
        """Return an opened copy of this works that goes on from here by itself, `recorded` beside its origin."""
        session.need("fork")
        if recorded and self.record is None:
            raise SteelyardError(f"works {self.id!r} is not recorded, so its fork cannot be either")
        works, state, wire, watch = await self.command(session, "fork", self.engine.twin, fork=works_id)
        copy = LiveWorks(
            works_id, works, self.process, audit=self.audit, epoch=self.epoch, dt=self.clock.dt,
            publish_hz=self.clock.publish_hz, wire=wire, watch=watch, shelf=self.shelf, about=self.about,
            record=self.record.sibling(works_id) if recorded and self.record is not None else None,
            title={"en": f"{self.title['en']}, {works_id}", "ko": f"{self.title['ko']}, 분기 {works_id}"},
        )  # fmt: skip
        await copy.open()
        run = self.clock.running if running is None else running
        await copy.order(lambda: copy.engine.go_on(state, self.clock.speed, run))
        return copy

    def _shelf(self) -> Shelf:
        if self.shelf is None:
            raise SteelyardError(f"works {self.id!r} has no place for snapshots")
        return self.shelf


def check_faults(
    faults: dict[str, float], known: Sequence[str], growth_s: float, start_s: float | None, now_s: float
) -> None:
    """ParameterError unless all these faults exist, their severities lie in 0 to 1, and the times can come."""
    if not faults:
        raise ParameterError("name at least one fault")
    for name, severity in faults.items():
        if name not in known:
            raise ParameterError(f"there is no fault {name!r}; faults are: {', '.join(known)}")
        if isinstance(severity, bool) or not isinstance(severity, int | float) or not 0.0 <= severity <= 1.0:
            raise ParameterError(f"fault {name!r} has severity {severity!r}; it lies between 0 and 1")
    if not (math.isfinite(growth_s) and growth_s >= 0.0):
        raise ParameterError(f"growth {growth_s!r} s: a time of 0 s or more")
    if start_s is not None and not (math.isfinite(start_s) and start_s >= now_s):
        raise ParameterError(f"start {start_s!r} s lies before now ({now_s:g} s of plant time)")
