"""The door of the embedded broker: nobody is let in whose first packet, login or will is not in order."""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

from steelyard.errors import AccessError
from steelyard.live.access import ANONYMOUS_ROLES, Session
from steelyard.protocols.mqtt import packets
from steelyard.protocols.mqtt.connection import Connection, read_packet

FIRST_PACKET_S = 5.0
LARGEST_FIRST_PACKET = 4096
STATE = "spBv1.0/STATE/"


class Door:
    """Lets clients in and hands them to `serve`; `counted` says how often each thing came up."""

    def __init__(self, site: Any, most_clients: int, serve: Callable[[Connection], Awaitable[None]]) -> None:
        self.site, self.most_clients, self._serve = site, most_clients, serve
        self.allowed: Callable[[Session, str], bool] = lambda session, topic: False
        self.connections: dict[str, Connection] = {}
        self.counted = {"clients": 0, "messages_out": 0, "messages_in": 0, "malformed": 0, "refused": 0, "cut": 0}
        self._logins = asyncio.Semaphore(2)

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client from its first packet to its last."""
        peer = ":".join(str(part) for part in (writer.get_extra_info("peername") or ("?",))[:2])
        try:
            connection = await self._admit(reader, writer, peer)
            if connection is not None:
                await self._serve(connection)
        except packets.Malformed as error:
            self.note("malformed", None, str(error), peer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001 whatever a client does, the others go on
            self.site.audit.note("unhandled", via="mqtt", peer=peer, why=repr(error))
        finally:
            writer.close()

    async def watch(self) -> None:
        """Cut off who is silent for longer than it said."""
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            for connection in list(self.connections.values()):
                if connection.idle(now):
                    connection.cut("nothing came within its keep-alive")

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> Connection | None:
        """Return the connection of a client that may come in; answer and log the others."""
        first, _, body = await asyncio.wait_for(read_packet(reader, LARGEST_FIRST_PACKET), FIRST_PACKET_S)
        asked = packets.read_connect(first, body)
        session = await self._judge(asked, peer)
        if isinstance(session, int):
            writer.write(packets.connack(session))
            await writer.drain()
            return None
        own = asked.client_id and session.user != "anonymous"
        client_id = f"{session.user}/{asked.client_id}" if own else f"{session.user}//{token_hex(8)}"
        while (older := self.connections.get(client_id)) is not None:
            older.cut("the same client has connected again")
            await asyncio.wait_for(older.ended.wait(), FIRST_PACKET_S)

        def complain(kind: str, why: str) -> None:
            self.note(kind, session, why)

        hello = packets.plain_connect(client_id)
        return Connection(client_id, session, (reader, writer), asked.will, asked.keep_alive, hello, complain)

    async def _judge(self, asked: packets.Connect, peer: str) -> Session | int:
        """Return the session of who may come in, else the return code of the refusal."""
        if asked.level != 4:
            self.note("refused", None, f"protocol level {asked.level}; MQTT 3.1.1 is level 4", peer)
            return packets.BAD_PROTOCOL
        if not asked.client_id and not asked.clean:
            self.note("refused", None, "no client id and no clean session", peer)
            return packets.BAD_ID
        if len(self.connections) >= self.most_clients:
            self.note("refused", None, f"already {self.most_clients} clients", peer)
            return packets.UNAVAILABLE
        try:
            session = await self._login(asked, peer)
        except AccessError as error:
            self.site.audit.note("login_failed", via="mqtt", peer=peer, user=str(asked.username)[:80], why=str(error))
            return packets.NOT_AUTHORISED if asked.username is None else packets.BAD_LOGIN
        if asked.will and not (asked.will.topic.startswith(STATE) and self.allowed(session, asked.will.topic)):
            self.note("refused", session, f"may not leave a will on {asked.will.topic[:200]}")
            return packets.NOT_AUTHORISED
        return session

    async def _login(self, asked: packets.Connect, peer: str) -> Session:
        if asked.username is None:
            if not self.site.anonymous:
                raise AccessError("anonymous reading is switched off; give a user and a password")
            return Session("anonymous", ANONYMOUS_ROLES, "mqtt", peer)
        host = peer.rpartition(":")[0]
        async with self._logins:
            found = await asyncio.to_thread(self.site.users.check, asked.username, asked.password or "", "mqtt", host)
        return dataclasses.replace(found, peer=peer)

    def note(self, kind: str, session: Session | None, why: str, peer: str = "") -> None:
        """Count something and log it; `peer` where there is no session yet."""
        self.counted[kind] = self.counted.get(kind, 0) + 1
        where = {} if session else {"via": "mqtt", "peer": peer}
        self.site.audit.note(kind, session, why=why, **where)
