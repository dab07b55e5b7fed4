"""The embedded broker: amqtt behind a door of our own, which knows every client before the broker sees it.

amqtt keeps sessions, subscriptions and acknowledgements. The door checks packets and logins, holds wills, paces
floods and gives what the plant publishes to the subscribers without a detour over TCP, at quality of service 0.
No client's message reaches another client, but for the STATE of a Sparkplug host; all others are commands to us.
"""

import asyncio
import contextlib
import dataclasses
import logging
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig, ListenerType
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin

from steelyard.live.access import Session
from steelyard.live.adapter import Endpoint
from steelyard.protocols.mqtt.connection import Connection
from steelyard.protocols.mqtt.door import FIRST_PACKET_S, Door
from steelyard.protocols.mqtt.fan import Fan
from steelyard.protocols.mqtt.hearing import Hearing
from steelyard.protocols.mqtt.topics import Message
from steelyard.protocols.mqtt.tree import Tree
from steelyard.protocols.places import Places

MOST_CLIENTS = 200
STOP_S, GOODBYE_S = 0.4, 1.0


class EmbeddedBroker:
    """A broker in this process for the clients of a site; `hearing.receive` gets their commands.

    `current()` gives what the plant retains and does not publish as such; `allow(rule)` sets who may publish what,
    `asked(filter)` is told of every new subscription.
    """

    def __init__(
        self, site: Any, host: str = "127.0.0.1", port: int = 1883, tls: ssl.SSLContext | None = None,
        *, most_clients: int = MOST_CLIENTS,
    ) -> None:  # fmt: skip
        self.site, self.host, self.port, self.tls = site, host, port, tls
        self._door = Door(site, Places(most_clients), self._serve)
        self.current: Callable[[], Iterable[Message]] = lambda: ()
        self.asked: Callable[[Tree[bool]], None] = lambda new: None
        self.connections, self.counted = self._door.connections, self._door.counted
        self._fan = Fan(self.connections, self.counted, self._held)
        self.hearing = Hearing(self._door, self._fan)
        self._tasks: set[asyncio.Task[None]] = set()

    # -- life ---------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Open the port; OSError when it is taken."""
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        door = ListenerConfig(type=ListenerType.EXTERNAL)
        plugins = {f"{__name__}.{_Plugin.__name__}": {"owner": self}}
        self._broker = _Broker(BrokerConfig(listeners={"default": door}, plugins=plugins))
        await self._broker.start()
        try:
            self._server = await asyncio.start_server(
                self._door.enter, self.host, self.port, ssl=self.tls,
                ssl_handshake_timeout=FIRST_PACKET_S if self.tls else None,
            )  # fmt: skip
        except OSError:
            await self._broker.shutdown()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        self._spawn(self._door.watch())

    async def stop(self) -> None:
        """Send what is still waiting, close every client and the port."""
        self._server.close()
        self._door.turn_away()
        end = time.monotonic() + STOP_S
        while any(c.waiting for c in self.connections.values()) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        for connection in list(self.connections.values()):
            connection.will = None
            connection.raw.close()
        with contextlib.suppress(asyncio.TimeoutError, Exception):
            await asyncio.wait_for(self._broker.shutdown(), STOP_S)
        for connection in list(self.connections.values()):
            connection.raw.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _held(self) -> Iterator[tuple[str, str]]:
        for text, holders in self._broker.subscriptions.items():
            for session, _ in holders:
                yield text, str(session.client_id)

    def allow(self, rule: Callable[[Session, str], bool]) -> None:
        """Set who may publish on which topic; nobody may on any until then."""
        self._door.allowed = rule

    def endpoints(self) -> list[Endpoint]:
        """Return where clients connect."""
        scheme = "mqtts" if self.tls else "mqtt"
        note = {"en": "MQTT 3.1.1, embedded broker", "ko": "MQTT 3.1.1, 내장 브로커"}
        return [Endpoint("mqtt", f"{scheme}://{self.host}:{self.port}", note)]

    # -- what the plant says ------------------------------------------------------------------------------------------
    def wants(self, topic: str) -> bool:
        """Return whether anybody has subscribed to this topic."""
        return bool(self._fan.who(topic))

    async def publish(self, messages: Iterable[Message]) -> None:
        """Give messages to their subscribers; one that does not read is waited for up to 2 s, then cut off."""
        await self._fan.publish(messages)

    def subscriptions_changed(self) -> None:
        """Look up anew who gets what."""
        self._fan.forget()

    async def subscribed(self, client_id: str, text: str) -> None:
        """Give a client that has just subscribed to a filter what is retained under it."""
        self._fan.forget()
        connection = self.connections.get(client_id)
        if connection is not None:
            new = Tree([(text, True)])
            await self._fan.give(
                connection, lambda: (m for m in (*self._fan.retained.values(), *self.current()) if new.match(m.topic))
            )
            self.asked(new)

    # -- clients ------------------------------------------------------------------------------------------------------
    async def _serve(self, connection: Connection) -> None:
        self.connections[connection.id] = connection
        self.counted["connections"] += 1
        self.site.audit.note("login", connection.session, client=connection.id[:80])
        worker = self._spawn(self.hearing.work_off(connection))
        try:
            await self._converse(connection)
        finally:
            if self.connections.get(connection.id) is connection:
                del self.connections[connection.id]
            self.subscriptions_changed()
            connection.ended.set()
        await self._finish(connection, worker)

    async def _converse(self, connection: Connection) -> None:
        """Let amqtt talk with a client until it is gone; amqtt does not always notice one that goes while it comes."""
        talk = self._spawn(self._broker.external_connected(connection.reader, connection.writer, "default"))
        gone = self._spawn(connection.gone.wait())
        try:
            await asyncio.wait({talk, gone}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({talk}, timeout=GOODBYE_S)
        finally:
            talk.cancel()
            gone.cancel()
            [failure] = await asyncio.gather(talk, return_exceptions=True)
            await self._broker.forget(connection.id)
        if isinstance(failure, Exception):
            raise failure

    async def _finish(self, connection: Connection, worker: "asyncio.Task[None]") -> None:
        """Do what a client asked for before it went, publish its will, and give its leases back."""
        await connection.inbox.put(None)
        await worker
        if connection.will is not None:
            will = connection.will
            await self.hearing.take(connection.session, will.topic, will.payload, will.retain)
        for works in list(self.site.works.values()):
            works.leases.release(connection.session)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Broker(Broker):
    """amqtt, which grants quality of service 0 to every subscription and says so."""

    async def add_subscription(self, subscription: tuple[str, int], session: Any) -> int:
        return await super().add_subscription((subscription[0], 0), session)

    async def forget(self, client_id: str) -> None:
        """Drop what is left of a session."""
        await self._cleanup_session(client_id)


class _Plugin(BaseAuthPlugin, BaseTopicPlugin):
    """What amqtt asks and tells: only clients that came through the door, no forwarding between clients."""

    @dataclasses.dataclass
    class Config:
        """The broker that it belongs to."""

        owner: Any = None

    async def authenticate(self, *, session: Any) -> bool:
        return session.client_id in self.config.owner.connections

    async def topic_filtering(self, *, session: Any = None, topic: Any = None, action: Any = None) -> bool:
        return action is Action.SUBSCRIBE

    async def on_broker_client_subscribed(self, client_id: str, topic: str, qos: int) -> None:
        await self.config.owner.subscribed(client_id, topic)

    async def on_broker_client_unsubscribed(self, client_id: str, topic: str) -> None:
        self.config.owner.subscriptions_changed()
