"""The door of the embedded broker: nobody is let in whose first packet, login or will is not in order."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

from steelyard.errors import AccessError, TooManyError
from steelyard.live.access import ANONYMOUS_ROLES, Session, host_of
from steelyard.protocols.mqtt import packets
from steelyard.protocols.mqtt.connection import Connection, read_packet
from steelyard.protocols.mqtt.host_states import STATE
from steelyard.protocols.places import Places, peer_of

FIRST_PACKET_S = 5.0
LARGEST_FIRST_PACKET = 4096
MOST_WAITING = 100
KINDS = ("connections", "messages_out", "messages_in", "malformed", "refused", "login_failed", "cut", "unhandled")


class Door:
    """Lets clients in and hands them to `serve`; `counted` says how often each thing came up.

    Who has connected and says nothing waits outside: when too many do, the one that has waited longest goes.
    """

    def __init__(self, site: Any, places: Places, serve: Callable[[Connection], Awaitable[None]]) -> None:
        self.site, self.places, self._serve = site, places, serve
        self.allowed: Callable[[Session, str], bool] = lambda session, topic: False
        self.connections: dict[str, Connection] = {}
        self.counted = dict.fromkeys(KINDS, 0)
        self._logins = asyncio.Semaphore(2)
        self._waiting: dict[asyncio.StreamWriter, str] = {}

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client from its first packet to its last."""
        peer = peer_of(writer)
        try:
            with contextlib.ExitStack() as held:
                connection = await self._admit(reader, writer, peer, held)
                if connection is not None:
                    await self._serve(connection)
        except packets.Malformed as error:
            self.note("malformed", None, str(error), peer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001 whatever a client does, the others go on
            self.note("unhandled", None, repr(error), peer)
        finally:
            writer.close()

    def turn_away(self) -> None:
        """Close towards all who have connected and said nothing yet."""
        for writer in self._waiting:
            writer.transport.abort()

    async def watch(self) -> None:
        """Cut off who is silent for longer than it said."""
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            for connection in list(self.connections.values()):
                if connection.idle(now):
                    connection.cut("nothing came within its keep-alive")

    async def _hello(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> packets.Connect:
        """Return the CONNECT of a client; TimeoutError when it does not come, Malformed when it is none."""
        if len(self._waiting) >= MOST_WAITING:
            longest = next(iter(self._waiting))
            self.note(
                "refused", None, f"{MOST_WAITING} others wait and this one said nothing", self._waiting.pop(longest)
            )
            longest.transport.abort()
        self._waiting[writer] = peer
        try:
            async with asyncio.timeout(FIRST_PACKET_S):
                first, _, body = await read_packet(reader, LARGEST_FIRST_PACKET)
        except TimeoutError:
            self.note("refused", None, f"no CONNECT came within {FIRST_PACKET_S:g} s", peer)
            raise
        finally:
            self._waiting.pop(writer, None)
        return packets.read_connect(first, body)

    async def _admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str, held: contextlib.ExitStack
    ) -> Connection | None:
        """Return the connection of a client that may come in, its place `held`; answer and log the others."""
        asked = await self._hello(reader, writer, peer)
        session = await self._judge(asked, peer, held)
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

    async def _judge(self, asked: packets.Connect, peer: str, held: contextlib.ExitStack) -> Session | int:
        """Return the session of who may come in, else the return code of the refusal."""
        if asked.level != 4:
            self.note("refused", None, f"protocol level {asked.level}; MQTT 3.1.1 is level 4", peer)
            return packets.BAD_PROTOCOL
        if not asked.client_id and not asked.clean:
            self.note("refused", None, "no client id and no clean session", peer)
            return packets.BAD_ID
        try:
            session = await self._login(asked, peer)
        except AccessError as error:
            self.note("login_failed", None, str(error), peer, user=str(asked.username)[:80])
            if isinstance(error, TooManyError):
                return packets.UNAVAILABLE
            return packets.NOT_AUTHORISED if asked.username is None else packets.BAD_LOGIN
        if asked.will and not (asked.will.topic.startswith(STATE) and self.allowed(session, asked.will.topic)):
            self.note("refused", session, "may not leave a will on this topic", topic=asked.will.topic[:200])
            return packets.NOT_AUTHORISED
        return session if self._place(session, held) else packets.UNAVAILABLE

    def _place(self, session: Session, held: contextlib.ExitStack) -> bool:
        """Take a place for a session, given back with `held`; return False, logged, when there is none."""
        known = session.user != "anonymous"
        whose = session.user if known else host_of(session.peer)
        why = self.places.full(whose, known)
        if why:
            self.note("refused", session, why)
            return False
        self.places.take(whose, known)
        held.callback(self.places.leave, whose, known)
        return True

    async def _login(self, asked: packets.Connect, peer: str) -> Session:
        if asked.username is None:
            if not self.site.anonymous:
                raise AccessError("anonymous reading is switched off; give a user and a password")
            return Session("anonymous", ANONYMOUS_ROLES, "mqtt", peer)
        users, password = self.site.users, asked.password or ""
        if users.known(asked.username, password):
            found: Session = users.check(asked.username, password, "mqtt", peer)
            return found
        async with self._logins:
            return await asyncio.to_thread(users.check, asked.username, password, "mqtt", peer)

    def note(self, kind: str, session: Session | None, why: str, peer: str = "", **what: Any) -> None:
        """Count something and log it; `peer` where there is no session yet."""
        self.counted[kind] = self.counted.get(kind, 0) + 1
        where = {} if session else {"via": "mqtt", "peer": peer}
        self.site.audit.note(kind, session, why=why, **where, **what)
