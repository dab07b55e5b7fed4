"""Clients of the wire in a process of their own, which check that every value of every signal arrived.

All signals of the synthetic works show the number of the step, so a signal is complete when each of its values is one
more than the last. A reader is told by the parent which step was the last and says what it got.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from steelyard.studies.children import arguments, orders, run, say
from steelyard.studies.wire_plant import signal_names

PATIENCE_S = 15.0
FIRST_HANDLE = 201  # of asyncua's subscriptions
API, SESSION_MS = "/api/v1", 60_000
NAMESPACE = "urn:steelyard:board"


def api_of(url: str) -> SplitResult:
    """Return the root of the REST API of a server.

    >>> api_of("http://127.0.0.1:8080").geturl(), api_of("http://127.0.0.1:8080/api/v1").path
    ('http://127.0.0.1:8080/api/v1', '/api/v1')
    """
    return urlsplit(url.removesuffix("/").removesuffix(API) + API)


def node_of(name: str, namespace: int) -> str:
    """Return the OPC UA node of a signal or method of the main works; "" is the works itself.

    >>> node_of("live.speed", 2), node_of("", 2)
    ('ns=2;s=main/live.speed', 'ns=2;s=main')
    """
    return f"ns={namespace};s=main" + (f"/{name}" if name else "")


def opcua_client(url: str, user: str = "", password: str = "") -> Any:
    """Return an OPC UA client that is not connected yet, without login when no user is given."""
    from asyncua import Client

    client = Client(url, timeout=30)
    client.session_timeout = SESSION_MS
    if user:
        client.set_user(user)
        client.set_password(password)
    return client


class Ledger:
    """What arrived of `count` signals: the last step of each, how many values, how many were missing in between."""

    def __init__(self, count: int) -> None:
        self.last = [-1] * count
        self.values, self.lost, self.wrong, self.at = 0, 0, 0, 0.0

    def note(self, k: int, step: float) -> None:
        """Note that signal `k` showed `step`, and when."""
        number, last = int(step), self.last[k]
        self.values += 1
        self.at = time.monotonic()
        if number == last + 1 or last < 0:
            self.last[k] = number
        elif number > last:
            self.lost += number - last - 1
            self.last[k] = number
        elif number < last:
            self.wrong += 1

    def complete(self, step: int) -> bool:
        """Return whether every signal has shown `step`."""
        return min(self.last) >= step

    def result(self, step: int) -> dict[str, int]:
        """Return values, lost (in between), behind (at the end), wrong (backwards), after the last step was `step`."""
        behind = sum(max(0, step - last) for last in self.last)
        return {"values": self.values, "lost": self.lost, "behind": behind, "wrong": self.wrong}


async def _until_complete(ledgers: list[Ledger], step: int) -> dict[str, Any]:
    """Wait until everything up to `step` is there or nothing came for a while; return the sums."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and not all(ledger.complete(step) for ledger in ledgers):
        await asyncio.sleep(0.02)
    results = [ledger.result(step) for ledger in ledgers]
    return {name: sum(result[name] for result in results) for name in results[0]}


class OpcUaReaders:
    """OPC UA subscribers, each on a connection of its own, with a publishing interval of 100 ms."""

    def __init__(self, url: str, count: int, clients: int) -> None:
        self.url, self.names = url, signal_names(count)
        self.ledgers = [Ledger(count) for _ in range(clients)]
        self._clients: list[Any] = []

    async def start(self) -> None:
        """Connect and subscribe; return when every signal has shown its first value."""
        for ledger in self.ledgers:
            await self._subscribe(ledger)
        await _until_complete(self.ledgers, 0)

    async def _subscribe(self, ledger: Ledger) -> None:
        from asyncua import ua
        from asyncua.common.subscription import Subscription

        class Counting(Subscription):
            """Takes notifications as they come; the library's own way starts a task for each value."""

            async def publish_callback(self, publish_result: ua.PublishResult) -> None:
                for notification in publish_result.NotificationMessage.NotificationData or ():
                    for item in getattr(notification, "MonitoredItems", ()):
                        ledger.note(item.ClientHandle - FIRST_HANDLE, item.Value.Value.Value)

        client = opcua_client(self.url)
        await client.connect()
        self._clients.append(client)
        index = await client.get_namespace_index(NAMESPACE)
        nodes = [client.get_node(node_of(name, index)) for name in self.names]
        parameters = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=100.0, RequestedLifetimeCount=10_000, RequestedMaxKeepAliveCount=100,
            MaxNotificationsPerPublish=0, PublishingEnabled=True,
        )  # fmt: skip
        subscription = Counting(client.uaclient.session, parameters, handler=Nobody())
        await subscription.init()
        for first in range(0, len(nodes), 500):
            found = await subscription.subscribe_data_change(nodes[first : first + 500], queuesize=100)
            refused = [handle for handle in found if not isinstance(handle, int)]
            if refused:
                raise RuntimeError(f"{len(refused)} signals cannot be watched: {refused[0]}")

    async def end(self, step: int) -> dict[str, Any]:
        """Return what came, after the last step was `step`."""
        result = await _until_complete(self.ledgers, step)
        for client in self._clients:
            await client.disconnect()
        return result


class Nobody:
    """The library wants a handler, also from who has no use for one."""

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        """Do nothing."""


class MqttReader:
    """One subscriber to the plain topics of all signals."""

    def __init__(self, url: str, count: int, clients: int) -> None:
        self.url = urlsplit(url)
        self.ledgers = [Ledger(count)]
        self._place = {
            name.replace(".", "/").replace("[", "/").rstrip("]"): k for k, name in enumerate(signal_names(count))
        }
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, subscribe, wait for the retained values."""
        self._task = asyncio.create_task(self._read())
        await _until_complete(self.ledgers, 0)

    async def _read(self) -> None:
        from aiomqtt import Client

        base = "steelyard/v1/bench/main/"
        async with Client(self.url.hostname or "", self.url.port or 1883, max_queued_incoming_messages=0) as client:
            await client.subscribe(f"{base}synthetic/#")
            async for message in client.messages:
                k = self._place[str(message.topic).removeprefix(base)]
                self.ledgers[0].note(k, json.loads(message.payload)["value"])

    async def end(self, step: int) -> dict[str, Any]:
        """Return what came, after the last step was `step`."""
        result = await _until_complete(self.ledgers, step)
        if self._task is not None:
            self._task.cancel()
        return result


class SseReaders:
    """Browsers that follow the live stream, each on a connection of its own."""

    def __init__(self, url: str, count: int, clients: int) -> None:
        self.url = api_of(url)
        self.ledgers = [Ledger(count) for _ in range(clients)]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect; return when every browser has the first frame."""
        self._tasks = [asyncio.create_task(self._follow(ledger)) for ledger in self.ledgers]
        await _until_complete(self.ledgers, 0)

    async def _follow(self, ledger: Ledger) -> None:
        reader, writer = await asyncio.open_connection(self.url.hostname, self.url.port, limit=1 << 22)
        path = f"{self.url.path}/works/main/stream?names=synthetic.*"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.url.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode())
        kind = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: ") and kind == b"frame":
                for k, value in enumerate(json.loads(line[6:])["values"].values()):
                    ledger.note(k, value)
            elif line.startswith(b"data: ") and kind in (b"dropped", b"lost"):
                ledger.lost += 1

    async def end(self, step: int) -> dict[str, Any]:
        """Return what came, after the last step was `step`."""
        result = await _until_complete(self.ledgers, step)
        for task in self._tasks:
            task.cancel()
        return result


READERS: dict[str, Callable[[str, int, int], Any]] = {"opcua": OpcUaReaders, "mqtt": MqttReader, "sse": SseReaders}


async def follow(given: dict[str, Any]) -> None:
    """Read all signals until the parent says which step was the last."""
    reader = READERS[given["reader"]](given["url"], given["signals"], given["clients"])
    await reader.start()
    say({"ready": True})
    async for order in orders():
        values, at = sum(ledger.values for ledger in reader.ledgers), max(ledger.at for ledger in reader.ledgers)
        answer = await reader.end(order["step"]) if order["order"] == "end" else {"values": values, "at_s": at}
        say({**answer, "cpu_s": time.process_time()})


def main() -> None:
    """Be the readers that the parent asks for."""
    run(follow(arguments()))
