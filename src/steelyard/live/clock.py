"""The clock of a live works: an engine on its own thread that steps the plant in time with the wall, or on demand.

The plant never skips a step. When it cannot keep up, or when nobody takes its frames, it falls behind and says by how
much (`lag_s`); it catches up when it can. Everything that touches the plant runs on this thread, between two steps.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from steelyard.errors import SteelyardError

Result = TypeVar("Result")
SLOWEST, FASTEST = 0.1, 1000.0
LONGEST_WAIT_S, NO_ROOM_WAIT_S = 0.25, 0.002
_log = logging.getLogger(__name__)


class Clock:
    """Calls `step(n)` on its own thread: `speed` plant seconds for each second of the wall, while `running`.

    `step(n)` advances the plant n steps of `dt` [s] and hands on what came of it; `room()` says whether more frames can
    be taken. `block` is how many steps are made at once, so that frames leave at most `publish_hz` times a second.
    """

    def __init__(self, step: Callable[[int], None], room: Callable[[], bool], dt: float, publish_hz: float) -> None:
        self._step, self._room, self.dt, self.publish_hz = step, room, dt, publish_hz
        self.speed, self.running = 1.0, False
        self.failure: BaseException | None = None
        self.stopping = threading.Event()
        self._orders: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._anchor, self._made = time.monotonic(), 0
        self._thread = threading.Thread(target=self._work, name="steelyard-engine", daemon=True)

    @property
    def block(self) -> int:
        """How many steps belong to one published frame."""
        return max(1, round(self.speed / self.dt / self.publish_hz))

    @property
    def lag_s(self) -> float:
        """How late the next steps are, in seconds of the wall; 0 while the plant waits for orders."""
        return max(0.0, (self._due() - self._made - self.block) * self.dt / self.speed) if self.running else 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the step it is in; orders that nobody took up are refused."""
        self.stopping.set()
        self._orders.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._refuse_the_rest()

    def order(self, work: Callable[[], Result]) -> "Future[Result]":
        """Have `work` done on the engine's thread between two steps; return its future."""
        future: Future[Result] = Future()
        self._orders.put((work, future))
        if self.stopping.is_set() and not self._thread.is_alive():
            self._refuse_the_rest()
        return future

    def run(self, speed: float | None = None) -> None:
        """Run on from here, or at another speed (engine's thread only); a step that is nearly due stays so."""
        owed = min(max(self._due() - self._made, 0.0), float(self.block)) if self.running else 0.0
        self.speed = self.speed if speed is None else speed
        self._anchor, self._made = time.monotonic() - owed * self.dt / self.speed, 0
        self.running, self.failure = True, None

    def pause(self) -> None:
        """Wait for orders (engine's thread only)."""
        self.running = False

    def _due(self) -> float:
        return (time.monotonic() - self._anchor) * self.speed / self.dt

    def _work(self) -> None:
        while not self.stopping.is_set():
            order = self._next_order()
            if order is None:
                return
            if order is not _NOTHING:
                self._obey(*order)
            elif self.running and self._room():
                self._advance()

    def _next_order(self) -> Any:
        """Wait until there is an order or a block of steps is due; None ends the thread."""
        try:
            if not self.running:
                return self._orders.get()
            if not self._room():
                return self._orders.get(timeout=NO_ROOM_WAIT_S)
            wait = (self._made + self.block - self._due()) * self.dt / self.speed
            return self._orders.get(timeout=min(wait, LONGEST_WAIT_S)) if wait > 0 else self._orders.get_nowait()
        except queue.Empty:
            return _NOTHING

    def _advance(self) -> None:
        if self._due() < self._made + self.block:
            return
        try:
            block = self.block
            self._step(block)
            self._made += block
        except Exception as error:  # noqa: BLE001 the works stands still and says why; the protocols go on
            self.failure, self.running = error, False
            _log.error("the works stands still", exc_info=error)

    @staticmethod
    def _obey(work: Callable[[], Any], future: "Future[Any]") -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 it goes to who asked
            future.set_exception(error)

    def _refuse_the_rest(self) -> None:
        while not self._orders.empty():
            order = self._orders.get_nowait()
            if order is not None and order[1].set_running_or_notify_cancel():
                order[1].set_exception(SteelyardError("this works is closed"))


_NOTHING: Any = (None, None)
