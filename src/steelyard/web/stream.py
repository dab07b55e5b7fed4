"""The live stream: frames, alarms and changes of state of one works to any number of clients, as server-sent events.

A frame becomes text once for each distinct set of names, however many clients want it. A client that does not take its
events keeps a bounded number of them waiting; then the oldest go, and it is told how many by an event ``dropped``.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from steelyard.live.access import Session
from steelyard.plant.frame import Frame
from steelyard.web.encode import Selection, compact
from steelyard.web.problems import BusyError

MOST_ANONYMOUS, MOST_OF_ONE = 128, 96
MOST_CLIENTS, MOST_WAITING, MOST_SELECTIONS = 256, 200, 256
TICK_S, SILENCE_S = 0.5, 15.0
WATCHED = ("running", "speed", "connected", "failure")


def event(kind: str, step: int, data: bytes) -> bytes:
    """Return one server-sent event; `id` is the step."""
    return b"event: %b\nid: %d\ndata: %b\n\n" % (kind.encode(), step, data)


class Client:
    """One open stream: what waits for it, and how many events it lost."""

    def __init__(self, session: Session, selection: Selection, interval_s: float) -> None:
        """With `interval_s` > 0 it gets at most one frame in this time, the latest."""
        self.session, self.selection, self.interval_s = session, selection, interval_s
        self.waiting: deque[bytes | Frame] = deque()
        self.latest: Frame | None = None
        self.dropped, self.open = 0, True
        self.wake = asyncio.Event()

    def put(self, item: bytes | Frame) -> None:
        """Have it sent; the oldest goes when too much waits."""
        if isinstance(item, Frame) and self.interval_s > 0:
            self.latest = item
        else:
            if self.latest is not None:
                self.waiting.append(self.latest)
                self.latest = None
            self.waiting.append(item)
        while len(self.waiting) > MOST_WAITING:
            self.waiting.popleft()
            self.dropped += 1
        self.wake.set()

    def end(self) -> None:
        """Let the stream end after what waits."""
        self.open = False
        self.wake.set()


class Channel:
    """All streams of one works: one subscription, one text for each set of names and frame."""

    def __init__(self, works: Any, counts: dict[str, int]) -> None:
        self.works, self._counts = works, counts
        self.clients: set[Client] = set()
        self._texts: dict[tuple[int, Selection], tuple[Frame, bytes]] = {}
        self._selections: dict[tuple[str, ...], Selection] = {}
        self._told: tuple[Any, ...] = ()
        self._connected = True
        self._leave: list[Callable[[], None]] = [works.subscribe(self._on_frame)]
        if hasattr(works, "subscribe_alarms"):
            self._leave.append(works.subscribe_alarms(self._on_alarm))

    def selection(self, asked: list[str]) -> Selection:
        """Return the signals asked for (all when none); SignalError when one does not exist."""
        key = tuple(asked) or ("*",)
        found = self._selections.get(key)
        if found is None:
            if len(self._selections) >= MOST_SELECTIONS:
                self._selections.clear()
            found = self._selections[key] = Selection(self.works, key)
        return found

    def join(self, session: Session, names: list[str], max_hz: float | None) -> Client:
        """Open a stream; BusyError when there are too many."""
        self._need_place(session)
        client = Client(session, self.selection(names), 1.0 / max_hz if max_hz else 0.0)
        self.tell_state()
        client.put(event("state", self.works.frame.step, compact(self.works.status())))
        client.put(self.works.frame if self.works.frame.connected else self._lost(self.works.frame))
        self.clients.add(client)
        return client

    def _need_place(self, session: Session) -> None:
        """BusyError when all places are taken, all those for who did not log in, or all those of one user."""
        if len(self.clients) >= MOST_CLIENTS:
            raise BusyError(f"{MOST_CLIENTS} streams of this works are open already")
        nobody = session.user == "anonymous"
        own = sum(client.session.user == session.user for client in self.clients)
        if own >= (MOST_ANONYMOUS if nobody else MOST_OF_ONE):
            who = "without a login" if nobody else f"by {session.user!r}"
            raise BusyError(f"{own} streams of this works are open {who}; close some" + (", or log in" * nobody))

    async def events(self, client: Client) -> AsyncIterator[bytes]:
        """Give the events of a stream as text until it ends; a comment in long silence keeps it alive."""
        due, loop = 0.0, asyncio.get_running_loop()
        try:
            while True:
                while client.waiting or client.dropped:
                    yield self._next(client)
                if not client.open:
                    return
                wait = SILENCE_S if client.latest is None else due - loop.time()
                if client.latest is not None and wait <= 0:
                    frame, client.latest = client.latest, None
                    due = (loop.time() // client.interval_s + 1) * client.interval_s
                    yield self._text(client, frame)
                    continue
                if not await _woken(client.wake, wait) and client.latest is None:
                    yield b": still here\n\n"
        finally:
            self.clients.discard(client)

    def _next(self, client: Client) -> bytes:
        if client.dropped:
            lost, client.dropped = client.dropped, 0
            self._counts["dropped"] += lost
            return event("dropped", self.works.frame.step, compact({"count": lost}))
        item = client.waiting.popleft()
        return item if isinstance(item, bytes) else self._text(client, item)

    def _text(self, client: Client, frame: Frame) -> bytes:
        """Return a frame for a client, made at most once for its names."""
        key = (id(frame), client.selection)
        made = self._texts.get(key)
        if made is None:
            if len(self._texts) >= MOST_SELECTIONS:
                self._texts.clear()
            self._counts["encoded"] += 1
            text = event("frame", frame.step, client.selection.text(frame))
            made = self._texts[key] = (frame, text)  # the frame is kept, so that no other gets its id
        self._counts["values_out"] += len(client.selection.names)
        return made[1]

    async def _on_frame(self, frame: Frame) -> None:
        self._texts.clear()
        if frame.connected:
            self._all(frame)
        elif self._connected:
            self._all(self._lost(frame))
        self._connected = frame.connected

    async def _on_alarm(self, alarm: Any) -> None:
        self._all(event("alarm", self.works.frame.step, compact(alarm)))

    @staticmethod
    def _lost(frame: Frame) -> bytes:
        return event("lost", frame.step, compact({"step": frame.step, "time_s": frame.time_s}))

    def _all(self, item: bytes | Frame) -> None:
        for client in self.clients:
            client.put(item)

    def tell_state(self) -> None:
        """Tell every client when the works runs otherwise than before: started, paused, faster, failed."""
        status = self.works.status()
        now = tuple(status.get(key) for key in WATCHED)
        if now != self._told:
            self._all(event("state", self.works.frame.step, compact(status)))
            self._told = now

    def close(self) -> None:
        """End all streams."""
        for leave in self._leave:
            leave()
        for client in self.clients:
            client.end()


async def _woken(wake: asyncio.Event, wait_s: float) -> bool:
    """Wait at most `wait_s` [s]; return whether something came."""
    try:
        async with asyncio.timeout(wait_s):
            await wake.wait()
    except TimeoutError:
        return False
    wake.clear()
    return True
