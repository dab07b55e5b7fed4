"""Delivery: frames and alarms leave the engine's thread and reach every listener in order, in the loop.

Nothing is ever dropped. While too many frames wait, `room()` is false and the engine waits: its lag says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from steelyard.live.audit import Audit
from steelyard.plant.frame import Frame

WAITING_FRAMES = 32
LAST_FRAMES_S = 0.5
Listener = Callable[[Frame], Awaitable[None]]
AlarmListener = Callable[[dict[str, Any]], Awaitable[None]]
Anything = TypeVar("Anything")


class Delivery:
    """Takes frames and alarm events on the engine's thread, gives them to the listeners in the loop."""

    def __init__(self, works_id: str, audit: Audit, frame: Frame) -> None:
        self.frame = frame
        self._published = self._given = 0  # each is written by one thread only
        self._works_id, self._audit = works_id, audit
        self._listeners: list[Listener] = []
        self._alarm_listeners: list[AlarmListener] = []
        self._queue: asyncio.Queue[tuple[Frame | None, Sequence[dict[str, Any]]] | None] = asyncio.Queue()
        self._free, self._closed = asyncio.Event(), False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._giver: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to give, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._giver = asyncio.create_task(self._give())

    async def close(self) -> None:
        """Give what waits, for half a second at most: a listener that hangs must not keep the works open."""
        self._closed = True
        self._free.set()
        if self._giver is None:
            return
        self._queue.put_nowait(None)
        done, _ = await asyncio.wait([self._giver], timeout=LAST_FRAMES_S)
        if not done:
            self._giver.cancel()
            self._note("close", f"a listener hangs: the last {self.waiting} frames were not given to all")

    @property
    def waiting(self) -> int:
        """How many frames were published and not given to all yet."""
        return self._published - self._given

    def room(self) -> bool:
        """Return whether another frame may be published now."""
        return self.waiting < WAITING_FRAMES

    async def wait_for_room(self) -> None:
        """Wait until another frame may be published, or all is closed (loop)."""
        while not (self.room() or self._closed):
            self._free.clear()
            await self._free.wait()

    async def settle(self) -> None:
        """Wait until all listeners have what was published by now, half a second at most: one may hang (loop)."""
        published = self._published
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_FRAMES_S):
                while self._given < published and not self._closed:
                    self._free.clear()
                    await self._free.wait()

    def publish(self, frames: Sequence[Frame], events: Sequence[dict[str, Any]] = ()) -> None:
        """Hand over frames, and the alarm events that came up with them (engine's thread)."""
        if self._loop is None or self._loop.is_closed():
            return
        self._published += len(frames)
        self._loop.call_soon_threadsafe(self._take, frames, events)

    def _take(self, frames: Sequence[Frame], events: Sequence[dict[str, Any]]) -> None:
        if frames:
            self.frame = frames[-1]
        if events:
            self._queue.put_nowait((None, events))
        for frame in frames:
            self._queue.put_nowait((frame, ()))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have every frame given to `listener`; return what ends it."""
        return _enter(self._listeners, listener)

    def listen_to_alarms(self, listener: AlarmListener) -> Callable[[], None]:
        """Have every alarm event given to `listener`; return what ends it."""
        return _enter(self._alarm_listeners, listener)

    async def _give(self) -> None:
        while (item := await self._queue.get()) is not None:
            frame, events = item
            if frame is None:
                for event in events:
                    await self._give_to(self._alarm_listeners, event)
                continue
            await self._give_to(self._listeners, frame)
            self._given += 1
            self._free.set()

    async def _give_to(self, listeners: list[Callable[[Anything], Awaitable[None]]], what: Anything) -> None:
        """Give to one after the other; one that fails is noted and the next goes on."""
        for listener in list(listeners):
            try:
                await listener(what)
            except Exception as error:  # noqa: BLE001 one bad listener must not stop the others
                self._note("listener", repr(error))

    def _note(self, where: str, why: str) -> None:
        self._audit.note("unhandled", works=self._works_id, where=where, why=why)


def _enter(listeners: list[Anything], listener: Anything) -> Callable[[], None]:
    listeners.append(listener)
    return lambda: listeners.remove(listener) if listener in listeners else None
