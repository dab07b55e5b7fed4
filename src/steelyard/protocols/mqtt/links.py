"""The two ways to clients: through the embedded broker, or over somebody else's broker with two connections.

One MQTT connection has one will. So over another broker the plain topics (will: offline) and the Sparkplug edge node
(will: NDEATH) are two clients.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from steelyard.live.access import VIEWER, Session
from steelyard.live.adapter import Endpoint
from steelyard.protocols.mqtt.broker import EmbeddedBroker
from steelyard.protocols.mqtt.edge_node import EdgeNode, Link
from steelyard.protocols.mqtt.host_states import STATE, speaks_for_hosts
from steelyard.protocols.mqtt.pki import server_context
from steelyard.protocols.mqtt.remote import Address, Hooks, RemoteLink
from steelyard.protocols.mqtt.topics import COMMANDS, Message, parse_command, site_base

Receive = Callable[[Session, str, bytes], Awaitable[None]]
SITE_WAITING = 1000


class Links(Protocol):
    """What the adapter needs of a way to clients; `lazy` ones know who listens and what is retained."""

    lazy: bool
    sparkplug: Link

    async def start(self) -> None:
        """Open."""

    async def stop(self, said: bool) -> None:
        """Close; without a farewell `said`, so that a broker says it for us."""

    async def publish(self, messages: Iterable[Message]) -> None:
        """Publish on plain topics."""

    def wants(self, topic: str) -> bool:
        """Return whether anybody may listen to this topic."""

    def endpoints(self) -> list[Endpoint]:
        """Return where clients find us."""

    def counts(self) -> dict[str, int]:
        """Return what passed."""


class EmbeddedLinks:
    """The embedded broker: messages go to its subscribers at once, and every session is known."""

    lazy = True

    def __init__(
        self, site: Any, host: str, port: int, tls: ssl.SSLContext | bool | None, node: EdgeNode, receive: Receive,
        writer: str | None,
    ) -> None:  # fmt: skip
        context = server_context(site.folder, host) if tls is True else (tls or None)
        self.site, self._node, self._writer = site, node, writer
        self.broker = EmbeddedBroker(site, host, port, context)
        self.broker.hearing.primary = node.host.topic
        self.broker.hearing.receive = receive
        self.broker.allow(self._may)
        self.sparkplug: Link = self
        self.publish = self.broker.publish
        self._soon: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the port."""
        await self.broker.start()
        self._node.voice.will()
        await self._node.up()

    async def stop(self, said: bool) -> None:
        """Close it."""
        await self.broker.stop()

    def wants(self, topic: str) -> bool:
        """Return whether anybody has subscribed to this topic."""
        return self.broker.wants(topic)

    def endpoints(self) -> list[Endpoint]:
        """Return where clients connect."""
        return self.broker.endpoints()

    def counts(self) -> dict[str, int]:
        """Return what passed the broker."""
        return {"clients": len(self.broker.connections), **self.broker.counted}

    async def die(self, stay: bool) -> None:
        """Say what a broker would say for us, the will; then be back, if not told to `stay` away."""
        await self.broker.publish([self._node.voice.death()])
        if not stay:
            task = asyncio.create_task(self.return_())
            self._soon.add(task)
            task.add_done_callback(self._soon.discard)

    async def return_(self) -> None:
        """Be there again, as after a new connection."""
        self._node.voice.will()
        await self._node.up()

    def _may(self, session: Session, topic: str) -> bool:
        """Return whether a client may publish on a topic: commands (they look at its roles), and what hosts say."""
        if topic.startswith(STATE):
            return speaks_for_hosts(session, self._writer)
        if topic == self._node.voice.topic("NCMD"):
            return True
        if topic.startswith(self._node.voice.topic("DCMD") + "/"):
            return session.roles != {VIEWER}
        return parse_command(self.site.name, topic) is not None


class RemoteLinks:
    """Two clients of another broker, one for the plain topics, one for the Sparkplug edge node."""

    lazy = False

    def __init__(
        self, site: Any, address: Address, node: EdgeNode, receive: Receive,
        refresh: Callable[[], Awaitable[None]], commands: bool,
    ) -> None:  # fmt: skip
        self.site, self._node, self._receive, self._refresh = site, node, receive, refresh
        self._address, self._allowed = address, commands
        base = site_base(site.name)
        asked = [f"{base}/+/{kind}/#" for kind in COMMANDS if kind != "exchange"] + [f"{base}/+/exchange/answer/#"]
        self._offline = Message(f"{base}/state", b"offline", True, 1)
        name = f"steelyard-{base.rsplit('/', 1)[1]}"
        plain = Hooks(self._plain_up, lambda: None, self._arrived, lambda: self._offline, self._say)
        edge = Hooks(node.up, node.down, self._arrived, node.voice.will, lambda text: None)
        self._plain = RemoteLink(address, f"{name}-plain", asked, plain, keep=True)
        self._edge = RemoteLink(address, f"{name}-edge", node.topics(), edge, keep=False)
        self.sparkplug: Link = self._edge
        self.publish = self._plain.publish
        self._inbox: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(SITE_WAITING)
        self._sessions: dict[str | None, Session] = {}
        self._worker: asyncio.Task[None] | None = None
        self._said_lost = 0
        self._counted = {"messages_in": 0, "refused": 0, "unhandled": 0}

    async def start(self) -> None:
        """Begin to connect."""
        self._worker = asyncio.create_task(self._work_off())
        await self._plain.start()
        await self._edge.start()

    async def stop(self, said: bool) -> None:
        """Disconnect, or cut the connections when the farewell was not `said`."""
        if not said:
            await asyncio.gather(self._plain.die(stay=True), self._edge.die(stay=True))
        if self._worker is not None:
            self._worker.cancel()
        await asyncio.gather(self._plain.stop(), self._edge.stop())

    def wants(self, topic: str) -> bool:
        """Return True: who listens at another broker is not known here."""
        return True

    def endpoints(self) -> list[Endpoint]:
        """Return the other broker."""
        writing = self._allowed
        note = {
            "en": f"MQTT over another broker, {'commands by its access list' if writing else 'read only'}",
            "ko": f"외부 MQTT 브로커, {'명령은 브로커 접근 목록에 따름' if writing else '읽기 전용'}",
        }
        return [Endpoint("mqtt", self._address.url, note)]

    def counts(self) -> dict[str, int]:
        """Return what passed, and what was lost while the broker was away; `clients` are our own connections."""
        return {
            **self._counted, "clients": int(self._plain.connected) + int(self._edge.connected),
            "messages_out": self._plain.sent + self._edge.sent, "lost": self._plain.lost + self._edge.lost,
        }  # fmt: skip

    async def _plain_up(self) -> None:
        await self._refresh()
        new = self._plain.lost - self._said_lost
        if new:
            self._said_lost += new
            self.site.audit.note("lost", via="mqtt", peer=self._address.url, messages=new)
            await self.publish([Message(f"{site_base(self.site.name)}/lost", str(self._said_lost).encode())])

    def _say(self, text: str) -> None:
        self.site.audit.note("broker", via="mqtt", peer=self._address.url, what=text)

    async def _arrived(self, topic: str, payload: bytes) -> None:
        await self._inbox.put((topic, payload))

    async def _work_off(self) -> None:
        while True:
            topic, payload = await self._inbox.get()
            self._counted["messages_in"] += 1
            session = self._session(topic)
            if session is None:
                continue
            try:
                await self._receive(session, topic, payload)
            except Exception as error:  # noqa: BLE001 one bad message must not end the others
                self._counted["unhandled"] += 1
                self.site.audit.note("unhandled", session, where=topic[:200], why=repr(error))

    def _session(self, topic: str) -> Session | None:
        """Return who stands behind a topic of the other broker, None (logged) when nobody may."""
        command = parse_command(self.site.name, topic)
        role = command.role if command is not None else None
        if topic.startswith("spBv1.0/"):
            role = VIEWER
        elif not self._allowed or role is None:
            why = "name the role in the topic" if self._allowed else "commands over another broker are switched off"
            who = Session("unknown", frozenset(), "mqtt", self._address.url)
            self._counted["refused"] += 1
            self.site.audit.note("refused", who, topic=topic[:200], why=why)
            return None
        if role not in self._sessions:
            self._sessions[role] = Session(f"broker:{role}", frozenset({role}), "mqtt", self._address.url)
        return self._sessions[role]
