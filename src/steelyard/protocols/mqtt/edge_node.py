"""The Sparkplug edge node of a site: when it is born, what it says while it lives, how it dies, what it is told.

It lives while its link is up, its primary host (if it has one) is online and at least one works is connected. What
the works say while the link or the host is away is kept, up to a bound, and sent as historical values later.
"""

import asyncio
import time
from collections import deque
from typing import Any, Protocol

from steelyard.plant.frame import Frame
from steelyard.protocols.mqtt import sparkplug
from steelyard.protocols.mqtt.host_states import STATE, read_state
from steelyard.protocols.mqtt.sparkplug import Device, node_topic
from steelyard.protocols.mqtt.topics import Message

HELD_FRAMES = 600
BIRTHS_APART_S = 0.5


class Link(Protocol):
    """The way to a broker."""

    async def publish(self, messages: list[Message]) -> None:
        """Publish."""

    def wants(self, topic: str) -> bool:
        """Return whether anybody may listen to this topic."""

    async def die(self, stay: bool) -> None:
        """Lose the connection without saying so (the broker publishes the will); `stay` away until `return_`."""

    async def return_(self) -> None:
        """Connect again."""


class PrimaryHost:
    """The host application without which the node does not speak; `host` None means that none is needed."""

    def __init__(self, host: str | None) -> None:
        self.topic = None if host is None else f"{STATE}{host}"
        self.online, self._stamp = host is None, -1

    def take(self, payload: bytes) -> None:
        """Take a STATE message; ValueError when it is none, or older than the last one."""
        online, stamp = read_state(payload)
        if stamp < self._stamp:
            raise ValueError("the timestamp of STATE is older than the last one")
        self._stamp, self.online = stamp, online


class Voice:
    """What a node says: its messages, with sequence numbers 0 to 255 and the number of its birth (bdSeq)."""

    def __init__(self, node: str, group: str) -> None:
        self.node, self.group = node, group
        self._seq, self._birth_sequence = 0, -1

    def topic(self, kind: str, device: str = "") -> str:
        """Return a topic of this node."""
        return node_topic(kind, self.group, self.node, device)

    def will(self) -> Message:
        """Return the NDEATH of the next connection, which gets the next birth sequence number."""
        self._birth_sequence = (self._birth_sequence + 1) % 256
        return self.death()

    def death(self) -> Message:
        """Return the NDEATH of this connection."""
        return Message(self.topic("NDEATH"), sparkplug.node_death(self._birth_sequence), qos=1)

    def birth(self, stamp_ms: int) -> Message:
        """Return the NBIRTH; the sequence begins anew."""
        self._seq = 0
        return Message(self.topic("NBIRTH"), sparkplug.node_birth(stamp_ms, self._birth_sequence))

    def device_birth(self, device: Device) -> Message:
        """Return the DBIRTH of a works."""
        return Message(self.topic("DBIRTH", device.works.id), device.birth(device.works.frame, self._next()))

    def device_death(self, device: Device) -> Message:
        """Return the DDEATH of a works."""
        stamp = device.stamp_ms(device.works.frame.time_s)
        return Message(self.topic("DDEATH", device.works.id), sparkplug.device_death(stamp, self._next()))

    def device_data(self, device: Device, frame: Frame, stored: bool) -> Message | None:
        """Return the DDATA of what changed in a works, None when nothing did."""
        payload = device.data(frame, (self._seq + 1) % 256, stored)
        if payload is None:
            return None
        self._next()
        return Message(self.topic("DDATA", device.works.id), payload)

    def _next(self) -> int:
        self._seq = (self._seq + 1) % 256
        return self._seq


class EdgeNode:
    """Births, data and deaths of one site over a link. `host` is the id of the primary host application, or None."""

    def __init__(self, node: str, group: str, host: str | None) -> None:
        self.voice, self.host = Voice(node, group), PrimaryHost(host)
        self.devices: dict[str, Device] = {}
        self.link: Link
        self.lost_frames = 0
        self._born, self._up = False, False
        self._aliases = 1
        self._away: set[str] = set()
        self._held: dict[str, deque[Frame]] = {}
        self._lock = asyncio.Lock()
        self._last_birth, self._asked = -BIRTHS_APART_S, False

    def topics(self) -> list[str]:
        """Return what this node listens to: commands, and the state of its primary host."""
        own = [self.voice.topic("NCMD"), f"{self.voice.topic('DCMD')}/#"]
        return own if self.host.topic is None else [*own, self.host.topic]

    # -- the link -----------------------------------------------------------------------------------------------------
    async def up(self) -> None:
        """The link is there."""
        self._up = True
        async with self._lock:
            await self._live()

    def down(self) -> None:
        """The link is gone; the broker has said NDEATH for us."""
        self._up = self._born = False

    async def stop(self) -> None:
        """Say NDEATH and be dead for good."""
        async with self._lock:
            if self._born:
                self.down()
                await self.link.publish([self.voice.death()])

    # -- life ---------------------------------------------------------------------------------------------------------
    async def _live(self) -> None:
        if self._born or not (self._up and self.host.online) or self._all_away():
            return
        await self._birth()
        for works_id, frames in self._held.items():
            while frames and works_id in self.devices:
                await self._say(self.devices[works_id], frames.popleft(), stored=True)

    def _all_away(self) -> bool:
        return bool(self.devices) and self._away.issuperset(self.devices)

    async def _birth(self) -> None:
        self._last_birth, self._born = time.monotonic(), True
        stamps = [d.stamp_ms(d.works.frame.time_s) for d in self.devices.values()]
        stamp = max(stamps, default=round(time.time() * 1000))
        messages = [self.voice.birth(stamp)]
        messages += [self.voice.device_birth(d) for key, d in self.devices.items() if key not in self._away]
        await self.link.publish(messages)

    async def rebirth(self) -> None:
        """Give birth again, at most twice a second."""
        if self._asked:
            return
        self._asked = True
        await asyncio.sleep(max(0.0, self._last_birth + BIRTHS_APART_S - time.monotonic()))
        async with self._lock:
            self._asked = False
            if self._born:
                await self._birth()

    # -- works --------------------------------------------------------------------------------------------------------
    async def add(self, works: Any) -> None:
        """A works has come."""
        async with self._lock:
            device = self.devices[works.id] = Device(works, self._aliases)
            self._aliases += len(device.names)
            self._held[works.id] = deque(maxlen=HELD_FRAMES)
            if self._born:
                await self.link.publish([self.voice.device_birth(device)])
            else:
                await self._live()

    async def remove(self, works_id: str) -> None:
        """A works is gone."""
        async with self._lock:
            device = self.devices.pop(works_id, None)
            if device is not None and self._born and works_id not in self._away:
                await self.link.publish([self.voice.device_death(device)])
            self._away.discard(works_id)
            self.lost_frames += len(self._held.pop(works_id, ()))

    async def lose(self, works_id: str) -> None:
        """The wire to a works is cut: its device dies; with the last one the node drops its connection."""
        async with self._lock:
            self._away.add(works_id)
            if not self._born:
                return
            if self._all_away():
                self.down()
                await self.link.die(stay=True)
            else:
                await self.link.publish([self.voice.device_death(self.devices[works_id])])

    async def regain(self, works_id: str) -> None:
        """The wire is there again: birth."""
        async with self._lock:
            self._away.discard(works_id)
            if self._born:
                await self.link.publish([self.voice.device_birth(self.devices[works_id])])
                return
        await self.link.return_()

    async def data(self, works_id: str, frame: Frame, keep: bool = True) -> None:
        """Say what changed in a works; `keep` it for later when that cannot be said now."""
        async with self._lock:
            device = self.devices.get(works_id)
            if device is None:
                return
            if self._born:
                await self._say(device, frame)
            elif keep:
                held = self._held[works_id]
                self.lost_frames += len(held) == held.maxlen
                held.append(frame)

    async def _say(self, device: Device, frame: Frame, stored: bool = False) -> None:
        if not self.link.wants(self.voice.topic("DDATA", device.works.id)):
            device.forget()
            return
        message = self.voice.device_data(device, frame, stored)
        if message is not None:
            await self.link.publish([message])

    # -- the host -----------------------------------------------------------------------------------------------------
    async def host_says(self, payload: bytes) -> None:
        """Take a STATE message of the primary host; ValueError when it is none."""
        self.host.take(payload)
        async with self._lock:
            if self.host.online:
                await self._live()
            elif self._born:
                self.down()
                await self.link.die(stay=False)
