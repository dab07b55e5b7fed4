"""A connection to somebody else's broker: it comes back by itself, keeps a bounded amount meanwhile, counts losses."""

import asyncio
import logging
import random
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

import aiomqtt

from steelyard.errors import SteelyardError
from steelyard.protocols.mqtt.topics import Message

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
KEPT_MESSAGES, BATCH = 20_000, 500
KEEP_ALIVE_S, ANSWER_S = 15, 5.0
MOST_WAITING, STOP_S = 1000, 0.3


@dataclass(frozen=True)
class Address:
    """Where a broker is, and how one logs in there."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None

    @property
    def url(self) -> str:
        """The address without the password."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse_url(url: str, username: str | None, password: str | None, ca: str | None) -> Address:
    """Return the address that ``mqtt://host[:port]`` or ``mqtts://host[:port]`` means; SteelyardError for others."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == -1:
        raise SteelyardError(f"{url!r} is no address of a broker; write mqtt://host:1883 or mqtts://host:8883")
    tls = None
    if parts.scheme == "mqtts":
        try:
            tls = ssl.create_default_context(cafile=ca)
        except OSError as error:
            raise SteelyardError(f"the certificates of the broker cannot be read from {ca}: {error}") from error
    return Address(
        parts.hostname, port or (8883 if tls else 1883), tls, username or parts.username, password or parts.password
    )


@dataclass
class Hooks:
    """What a connection calls: `up` and `down` when it comes and goes, `message` for what arrives, `say` for the log.

    `will()` returns the will of the next connection.
    """

    up: Callable[[], Awaitable[None]]
    down: Callable[[], None]
    message: Callable[[str, bytes], Awaitable[None]]
    will: Callable[[], Message]
    say: Callable[[str], None]


class RemoteLink:
    """One client of a broker. What is published while it is away waits, at most `KEPT_MESSAGES`; `lost` counts the
    rest."""

    def __init__(self, address: Address, identifier: str, topics: list[str], hooks: Hooks, keep: bool) -> None:
        """`keep` says whether messages wait for the broker to come back."""
        self.address, self._identifier, self._topics, self._hooks, self._keep = address, identifier, topics, hooks, keep
        self.lost, self.sent = 0, 0
        self._kept: deque[Message] = deque()
        self._client: aiomqtt.Client | None = None
        self._may, self._lock = asyncio.Event(), asyncio.Lock()
        self._may.set()
        self._ending = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; this does not wait for it."""
        self._task = asyncio.create_task(self._keep_up())

    async def stop(self) -> None:
        """Disconnect and stay away."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=STOP_S)

    @property
    def connected(self) -> bool:
        """Whether the broker is there now."""
        return self._client is not None

    def wants(self, topic: str) -> bool:
        """Return True: who listens at another broker is not known here."""
        return True

    async def publish(self, messages: Iterable[Message]) -> None:
        """Publish, after what was kept; what cannot go now is kept or counted as lost."""
        async with self._lock:
            self._kept.extend(messages)
            while self._kept and self._client is not None:
                batch = list(islice(self._kept, BATCH))
                try:
                    await _send(self._client, batch)
                except (aiomqtt.MqttError, OSError, ValueError):
                    break
                for _ in batch:
                    self._kept.popleft()
                self.sent += len(batch)
            while len(self._kept) > (KEPT_MESSAGES if self._keep else 0):
                self._kept.popleft()
                self.lost += 1

    async def die(self, stay: bool) -> None:
        """Cut the connection so that the broker publishes our will; `stay` away until `return_`."""
        if stay:
            self._may.clear()
        client = self._client
        raw = client._client.socket() if client is not None else None
        if isinstance(raw, socket.socket):
            raw.shutdown(socket.SHUT_RDWR)

    async def return_(self) -> None:
        """Connect again."""
        self._may.set()

    async def _keep_up(self) -> None:
        pause, said = FIRST_PAUSE_S, ""
        while not self._ending:
            await self._may.wait()
            begun = time.monotonic()
            try:
                await self._live()
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                if str(error) != said and self._may.is_set():
                    said = str(error)
                    self._hooks.say(f"no connection to {self.address.url}: {said}")
            if time.monotonic() - begun > LONGEST_PAUSE_S:
                pause, said = FIRST_PAUSE_S, ""
            if self._may.is_set():
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))
                pause = min(LONGEST_PAUSE_S, 2 * pause)

    async def _live(self) -> None:
        """Connect, and take what arrives until the connection breaks."""
        at, will = self.address, self._hooks.will()
        client = aiomqtt.Client(
            at.host, at.port, username=at.username, password=at.password, tls_context=at.tls, clean_session=True,
            identifier=self._identifier, protocol=aiomqtt.ProtocolVersion.V311, keepalive=KEEP_ALIVE_S,
            timeout=ANSWER_S, will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain),
            max_queued_incoming_messages=MOST_WAITING, logger=_quiet(),
        )  # fmt: skip
        try:
            async with client:
                if self._topics:
                    await client.subscribe([(topic, 1) for topic in self._topics])
                self._client = client
                self._hooks.say(f"connected to {at.url}")
                await self._hooks.up()
                async for message in client.messages:
                    await self._hooks.message(str(message.topic), bytes(message.payload or b""))
        finally:
            self._client = None
            self._hooks.down()
            _look_at(client._disconnected)


async def _send(client: aiomqtt.Client, batch: list[Message]) -> None:
    """Send messages and wait for the last one only: they leave in order, so then all have left."""
    for topic, payload, retain, quality in batch[:-1]:
        client._client.publish(topic, payload, quality, retain)
    topic, payload, retain, quality = batch[-1]
    await client.publish(topic, payload, quality, retain)


def _look_at(end: asyncio.Future[None]) -> None:
    """Take note of how a connection ended, so that asyncio does not complain that nobody did."""
    if end.done() and not end.cancelled():
        end.exception()


def _quiet() -> logging.Logger:
    logger = logging.getLogger("steelyard.mqtt")
    logger.setLevel(logging.CRITICAL)
    return logger
