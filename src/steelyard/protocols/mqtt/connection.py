"""One client of the embedded broker: its packets in, checked and paced; its bytes out, in a bounded buffer."""

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Any

from amqtt.adapters import ReaderAdapter, WriterAdapter

from steelyard.live.access import Session
from steelyard.protocols.mqtt.packets import (
    DISCONNECT,
    PUBLISH,
    PUBREL,
    SUBSCRIBE,
    Malformed,
    Will,
    check,
    filters_of,
    read_publish,
)

LARGEST_PACKET = 1 << 20
FULL_BUFFER = 8 << 20
MOST_FILTERS = 1000
PACKETS_PER_S, PACKETS_AT_ONCE = 500.0, 1000.0
MOST_WAITING = 1000


class Pace:
    """How many packets a client may send: `PACKETS_PER_S`, and `PACKETS_AT_ONCE` after a pause."""

    def __init__(self) -> None:
        self._left, self._then = PACKETS_AT_ONCE, time.monotonic()

    async def wait(self) -> None:
        """Wait until one more packet may pass; meanwhile TCP holds the sender back."""
        now = time.monotonic()
        self._left = min(PACKETS_AT_ONCE, self._left + (now - self._then) * PACKETS_PER_S) - 1.0
        self._then = now
        if self._left < 0:
            await asyncio.sleep(-self._left / PACKETS_PER_S)


async def read_packet(reader: asyncio.StreamReader, largest: int = LARGEST_PACKET) -> tuple[int, bytes, bytes]:
    """Return first byte, length field and body of the next packet; Malformed, or IncompleteReadError at the end."""
    first = (await reader.readexactly(1))[0]
    length, field = 0, b""
    while True:
        byte = await reader.readexactly(1)
        length |= (byte[0] & 127) << 7 * len(field)
        field += byte
        if byte[0] < 128:
            break
        if len(field) == 4:
            raise Malformed("the length field is longer than 4 bytes")
    if length > largest:
        raise Malformed(f"a packet of {length} bytes is larger than {largest}")
    return first, field, await reader.readexactly(length)


class Connection:
    """A client that was let in as `session`; `id` is its name in the broker, `will` what it leaves behind."""

    def __init__(
        self, client_id: str, session: Session, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        will: Will | None, keep_alive: float, hello: bytes, complain: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        """`hello` is the CONNECT the broker reads first; `complain(kind, why)` notes what is wrong with this client."""
        self.id, self.session, self.will, self.keep_alive = client_id, session, will, keep_alive
        self.reader, self.writer = PacketReader(self, hello), PacketWriter(self)
        self.inbox: asyncio.Queue[tuple[str, bytes, bool] | None] = asyncio.Queue(MOST_WAITING)
        self.seen = time.monotonic()
        self._in, self._out = streams
        self._complain, self._pace, self._filters = complain, Pace(), 0
        self._taken: set[int] = set()
        self.giving = asyncio.Lock()
        self.gone, self.ended = asyncio.Event(), asyncio.Event()

    async def next_packet(self) -> bytes:
        """Return the next packet that the broker shall see, b"" when the client is gone or sent something else.

        What a client publishes goes to the inbox from here; the broker sees it for its acknowledgement only.
        """
        try:
            while True:
                first, field, body = await read_packet(self._in)
                check(first, body)
                self.seen = time.monotonic()
                await self._pace.wait()
                if await self._note_packet(first, body):
                    return bytes((first,)) + field + body
        except Malformed as error:
            self._complain("malformed", str(error))
        except (OSError, asyncio.IncompleteReadError):
            pass
        self.gone.set()
        return b""

    async def _note_packet(self, first: int, body: bytes) -> bool:
        """Take what concerns us out of a packet; return whether the broker shall see it."""
        kind = first >> 4
        if kind == PUBLISH:
            topic, identifier, payload = read_publish(first, body)
            if identifier not in self._taken:
                await self.inbox.put((topic, payload, bool(first & 1)))
            if first & 6 == 4:
                self._taken.add(identifier)
            return identifier > 0
        if kind == PUBREL:
            self._taken.discard(int.from_bytes(body, "big"))
        elif kind == DISCONNECT:
            self.will = None
        elif kind == SUBSCRIBE:
            self._filters += filters_of(body)
            if self._filters > MOST_FILTERS:
                raise Malformed(f"more than {MOST_FILTERS} topic filters in one connection")
        return True

    def give(self, data: bytes) -> None:
        """Write without looking at how much waits: for what it has asked for, after it has read what came before."""
        if not self._out.transport.is_closing():
            self._out.write(data)

    def send(self, data: bytes) -> None:
        """Write; a client that has let twice the full buffer come together is cut off."""
        if self._out.transport.is_closing():
            return
        self._out.write(data)
        if self.waiting > 2 * FULL_BUFFER:
            self.cut("it does not read what it subscribed to")

    @property
    def waiting(self) -> int:
        """How many bytes it has not taken yet."""
        return self._out.transport.get_write_buffer_size()

    @property
    def full(self) -> bool:
        """Whether it should be waited for."""
        return self.waiting > FULL_BUFFER and not self._out.transport.is_closing()

    @property
    def raw(self) -> asyncio.StreamWriter:
        """The stream to the client."""
        return self._out

    def cut(self, why: str) -> None:
        """Close at once, and say why."""
        self._complain("cut", why)
        self._out.transport.abort()

    def idle(self, now: float) -> bool:
        """Whether it has been silent for longer than one and a half times its keep-alive."""
        return self.keep_alive > 0 and now - self.seen > 1.5 * self.keep_alive


class PacketReader(ReaderAdapter):
    """Gives the broker whole, checked packets only, byte by byte as it asks."""

    def __init__(self, connection: Connection, hello: bytes) -> None:
        self._connection, self._data, self._at = connection, hello, 0

    async def read(self, n: int = -1) -> bytes:
        """Return the next `n` bytes of the packet at hand; a new one is fetched when it has been read up."""
        if n != 0 and self._at == len(self._data):
            self._data, self._at = await self._connection.next_packet(), 0
        end = len(self._data) if n < 0 else self._at + n
        found = self._data[self._at : end]
        self._at += len(found)
        return found

    def feed_eof(self) -> None:
        """The stream knows its end by itself."""


class PacketWriter(WriterAdapter):
    """What the broker itself sends (acknowledgements) goes through the connection's buffer as well."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        """Write."""
        self._connection.send(data)

    async def drain(self) -> None:
        """The connection bounds its buffer itself."""

    def get_peer_info(self) -> tuple[str, int] | None:
        """Return the client's id in the broker in place of its address; the number is not used."""
        return self._connection.id, 0

    def get_ssl_info(self) -> ssl.SSLObject | None:
        """Return the TLS object, None without TLS."""
        found: Any = self._connection.raw.get_extra_info("ssl_object")
        return found

    async def close(self) -> None:
        """Close towards the client; what is still to be sent is sent."""
        self._connection.raw.close()
