"""One works on MQTT: its frames, in order, on plain topics and as a Sparkplug device."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any

from steelyard.plant.frame import Frame
from steelyard.protocols.mqtt.edge_node import EdgeNode
from steelyard.protocols.mqtt.payloads import Speaker
from steelyard.protocols.mqtt.topics import Message

WAITING_FRAMES = 16
REMEMBERED = 64
LONGEST_TELL_S, LONGEST_STOP_S = 5.0, 0.2


class Station:
    """Takes the frames of a works into a queue of its own; when that is full, the works waits."""

    def __init__(self, site: str, works: Any, links: Any, node: EdgeNode) -> None:
        self.works, self.speaker, self.frames = works, Speaker(site, works, retain=not links.lazy), 0
        self._links, self._node = links, node
        self._queue: asyncio.Queue[Frame] = asyncio.Queue(WAITING_FRAMES)
        self._published: deque[Frame] = deque(maxlen=REMEMBERED)
        self._news = asyncio.Condition()
        self._lost, self._word, self._ending = False, "", False
        self._ends: list[Any] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Introduce the works and listen to it."""
        await self.introduce()
        self._ends = [self.works.subscribe(self._queue.put)]
        if hasattr(self.works, "subscribe_alarms"):
            self._ends.append(self.works.subscribe_alarms(self._alarm))
        self._published.append(self.works.frame)
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Listen no more; what waits is still published if the broker takes it at once."""
        for end in self._ends:
            end()
        self._ending = True  # a wait that ends just now may swallow the cancellation
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=LONGEST_STOP_S)

    async def introduce(self) -> None:
        """Say what the works is, how it runs and all its values."""
        frame = self.works.frame
        speaker = self.speaker
        speaker.forget()
        messages = [speaker.meta(), self._state(), speaker.alarms()]
        if frame.connected:
            messages += speaker.changes(frame, self._links.wants)
        await self._links.publish(messages)

    def current(self) -> Iterator[Message]:
        """Yield what the works shows now; nothing while the wire is cut."""
        frame = self.works.frame
        if frame.connected:
            yield from self.speaker.refresh(frame)

    async def _work(self) -> None:
        while not self._ending:
            frame = await self._queue.get()
            try:
                await self._say(frame)
            except Exception as error:  # noqa: BLE001 the next frame may fare better
                self.works.audit.note("unhandled", works=self.works.id, where="mqtt frame", why=repr(error))
            async with self._news:
                self._published.append(frame)
                self._news.notify_all()

    async def _say(self, frame: Frame) -> None:
        self.frames += 1
        if not frame.connected:
            if not self._lost:
                self._lost = True
                await self._links.publish([self._state()])
                await self._node.lose(self.works.id)
            return
        if self._lost:
            self._lost = False
            self.speaker.forget()
            await self._links.publish([self._state()])
            await self._node.regain(self.works.id)
        messages = list(self.speaker.changes(frame, self._links.wants))
        if self._links.wants(f"{self.speaker.base}/frame"):
            messages.append(self.speaker.bundle(frame))
        await self._links.publish(messages)
        await self._node.data(self.works.id, frame)

    async def _alarm(self, event: dict[str, Any]) -> None:
        await self._links.publish(self.speaker.alarm(event))

    async def look(self) -> None:
        """Say the clock, and the state when it is another one."""
        messages = [self.speaker.clock()]
        frame = self.works.frame
        if self._now() != self._word:
            messages.append(self._state())
        if self._word == "paused" and frame.connected and self._queue.empty():
            messages += self.speaker.changes(frame, self._links.wants)
            await self._node.data(self.works.id, frame, keep=False)
        await self._links.publish(messages)

    def _state(self) -> Any:
        self._word = self._now()
        return self.speaker.state(self._word)

    def _now(self) -> str:
        if self._lost:
            return "lost"
        return "running" if self.works.status().get("running") else "paused"

    async def told(self, frame: Frame) -> None:
        """Wait until this frame has been published."""
        async with self._news:
            try:
                await asyncio.wait_for(
                    self._news.wait_for(lambda: any(frame is other for other in self._published)), LONGEST_TELL_S
                )
            except TimeoutError:
                return
