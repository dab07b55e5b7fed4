"""What the plant publishes, given to all who subscribed to it: one packet made, one write for each client."""

import asyncio
import time
from collections.abc import Callable, Iterable

from steelyard.protocols.mqtt import packets
from steelyard.protocols.mqtt.connection import Connection
from steelyard.protocols.mqtt.topics import Message
from steelyard.protocols.mqtt.tree import Tree

SLOW_CLIENT_S = 2.0
MOST_REMEMBERED = 20_000


class Fan:
    """Gives messages to `connections` by what they hold; `held()` yields (topic filter, client id)."""

    def __init__(
        self, connections: dict[str, Connection], counted: dict[str, int], held: Callable[[], Iterable[tuple[str, str]]]
    ) -> None:
        self._connections, self._counted, self._held = connections, counted, held
        self.retained: dict[str, Message] = {}
        self._fields: dict[str, bytes] = {}
        self._targets: dict[str, list[Connection]] = {}
        self._tree: Tree[str] | None = None

    async def publish(self, messages: Iterable[Message]) -> None:
        """Give messages to their subscribers; one that does not read is waited for up to 2 s, then cut off."""
        touched: dict[Connection, list[bytes]] = {}
        for message in messages:
            if message.retain:
                self._keep(message)
            who = self.who(message.topic)
            if who:
                packet = packets.publish(self._field(message.topic), message.payload)
                for connection in who:
                    touched.setdefault(connection, []).append(packet)
        for connection, out in touched.items():
            self._counted["messages_out"] += len(out)
            connection.send(b"".join(out))
        slow = [connection for connection in touched if connection.full]
        if slow:
            await asyncio.gather(*(self._wait(connection) for connection in slow))

    @staticmethod
    async def _wait(connection: Connection) -> None:
        end = time.monotonic() + SLOW_CLIENT_S
        while connection.full:
            if time.monotonic() > end:
                connection.cut("it does not read what it subscribed to")
            await asyncio.sleep(0.01)

    def _keep(self, message: Message) -> None:
        if message.payload:
            self.retained[message.topic] = message
        else:
            self.retained.pop(message.topic, None)

    def _field(self, topic: str) -> bytes:
        if topic not in self._fields:
            if len(self._fields) > MOST_REMEMBERED:
                self._fields.clear()
            self._fields[topic] = packets.topic_field(topic)
        return self._fields[topic]

    def who(self, topic: str) -> list[Connection]:
        """Return the clients that have subscribed to a topic."""
        if self._tree is None:
            self._tree = Tree(self._held())
            self._targets.clear()
        found = self._targets.get(topic)
        if found is None:
            if len(self._targets) > MOST_REMEMBERED:
                self._targets.clear()
            found = [self._connections[who] for who in self._tree.match(topic) if who in self._connections]
            self._targets[topic] = found
        return found

    async def give(self, connection: Connection, messages: Callable[[], Iterable[Message]]) -> None:
        """Give retained messages to one client, after it has read what it was given before."""
        async with connection.giving:
            if connection.full:
                await self._wait(connection)
            out = [packets.publish(self._field(m.topic), m.payload, True) for m in messages()]
            self._counted["messages_out"] += len(out)
            connection.give(b"".join(out))

    def forget(self) -> None:
        """Look up anew who gets what."""
        self._tree = None
