"""MQTT of a site: plain topics and Sparkplug B for every works, commands back, over our own broker or another one."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steelyard.live.access import Session
from steelyard.live.adapter import Endpoint
from steelyard.protocols.mqtt.commands import Commands
from steelyard.protocols.mqtt.edge_node import EdgeNode
from steelyard.protocols.mqtt.links import EmbeddedLinks, Links, RemoteLinks
from steelyard.protocols.mqtt.node_commands import NodeCommands
from steelyard.protocols.mqtt.remote import parse_url
from steelyard.protocols.mqtt.station import Station
from steelyard.protocols.mqtt.topics import Message, site_base
from steelyard.protocols.mqtt.tree import Tree

GROUP = "steelyard"
LOOK_S, STOP_S = 0.5, 0.4


class MqttAdapter:
    """Publishes the works of a site and takes commands. Without `url` it is its own broker at `host` and `port`.

    With another broker the identity of who writes rests on that broker's access list (see `mosquitto_acl`): writing
    is refused unless `commands`, and then a command topic must name its role; `writer` is the role of Sparkplug's
    hosts: their DCMD write as this role there, and beside an engineer only they say STATE on our own broker. `host_id`
    is the primary host application, without which the edge node is silent.
    """

    def __init__(
        self, site: Any, url: str | None = None, host: str = "127.0.0.1", port: int = 1883, *,
        username: str | None = None, password: str | None = None, ca: str | Path | None = None,
        tls: ssl.SSLContext | bool | None = None, commands: bool = False, writer: str | None = None,
        group: str = GROUP, host_id: str | None = None,
    ) -> None:  # fmt: skip
        self.site = site
        self.node = EdgeNode(site.name, group, host_id)
        self._stations: dict[str, Station] = {}
        self._frames_gone = 0
        self._links: Links
        if url is None:
            self._links = embedded = EmbeddedLinks(site, host, port, tls, self.node, self._command, writer)
            embedded.broker.current, embedded.broker.asked = self._current, self._asked
        else:
            address = parse_url(url, username, password, None if ca is None else str(ca))
            self._links = RemoteLinks(site, address, self.node, self._command, self._refresh, commands)
        self._commands = Commands(site, self._links.publish, self._told, self._settled)
        self._node_commands = NodeCommands(self.node, self._commands, None if url is None else (writer or ""))
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the broker (OSError when the port is taken), or begin to connect to the other one."""
        self.node.link = self._links.sparkplug
        await self._links.start()
        for works in list(self.site.works.values()):
            await self._added(works)
        self.site.on_change(self._added, self._removed)
        await self._links.publish([Message(f"{site_base(self.site.name)}/state", b"online", True)])
        self._watch = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Say offline and NDEATH, then close."""
        if self._watch is not None:
            self._watch.cancel()
        await asyncio.gather(*(station.stop() for station in self._stations.values()))
        try:
            await asyncio.wait_for(self._farewell(), STOP_S)
            said = True
        except TimeoutError:
            said = False
            self.site.audit.note("broker", via="mqtt", what="it did not take the farewell in time; it has our wills")
        await self._links.stop(said)

    async def _farewell(self) -> None:
        last = [station.speaker.state("offline") for station in self._stations.values()]
        await self.node.stop()
        await self._links.publish([*last, Message(f"{site_base(self.site.name)}/state", b"offline", True)])

    def endpoints(self) -> list[Endpoint]:
        """Return where clients find us."""
        return self._links.endpoints()

    def counts(self) -> dict[str, int]:
        """Return what passed since the start: messages in and out, writes, refused, malformed, cut, lost, frames.

        None of them falls, but `clients`: how many are connected now.
        """
        both = self._links.counts()
        for key, value in self._commands.counted.items():
            both[key] = both.get(key, 0) + value
        frames = self._frames_gone + sum(station.frames for station in self._stations.values())
        return {**both, "frames": frames, "lost": both.get("lost", 0) + self.node.lost_frames}

    # -- works --------------------------------------------------------------------------------------------------------
    async def _added(self, works: Any) -> None:
        station = self._stations[works.id] = Station(self.site.name, works, self._links, self.node)
        await self.node.add(works)
        await station.start()

    async def _removed(self, works: Any) -> None:
        station = self._stations.pop(works.id, None)
        if station is not None:
            await station.stop()
            self._frames_gone += station.frames
            await self._links.publish([*station.speaker.gone(), station.speaker.state("offline")])
            await self.node.remove(works.id)

    async def _refresh(self) -> None:
        """The broker is (again) there: say everything."""
        for station in list(self._stations.values()):
            await station.introduce()
        await self._links.publish([Message(f"{site_base(self.site.name)}/state", b"online", True)])

    async def _look(self) -> None:
        """Watch what no frame tells: whether a works runs, and how far it is behind."""
        while True:
            await asyncio.sleep(LOOK_S)
            for station in list(self._stations.values()):
                try:
                    await station.look()
                except Exception as error:  # noqa: BLE001 one works in trouble must not silence the others
                    self.site.audit.note("unhandled", works=station.works.id, where="mqtt look", why=repr(error))

    # -- commands -----------------------------------------------------------------------------------------------------
    async def _command(self, session: Session, topic: str, payload: bytes) -> None:
        if not await self._node_commands.take(session, topic, payload):
            await self._commands.take(session, topic, payload)

    def _current(self) -> Iterator[Message]:
        for station in self._stations.values():
            yield from station.current()

    def _asked(self, new: Tree[bool]) -> None:
        """Somebody has subscribed to births: have one, so that nobody must know how to ask for it."""
        if new.match(self.node.voice.topic("NBIRTH")):
            self._node_commands.rebirth()

    async def _told(self, works_id: str, frame: Any) -> None:
        station = self._stations.get(works_id)
        if station is not None:
            await station.told(frame)

    async def _settled(self, works_id: str) -> None:
        station = self._stations.get(works_id)
        if station is not None:
            await station.look()
