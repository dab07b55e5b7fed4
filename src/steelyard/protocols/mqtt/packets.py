"""MQTT 3.1.1 as bytes: is a packet of a client well formed, what does its CONNECT say, how is a PUBLISH written.

Everything that comes from a socket passes here before the broker sees it. Source: OASIS MQTT Version 3.1.1 (2014).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 10, 12, 14
PUBACK, PUBREC, PUBREL, PUBCOMP = 4, 5, 6, 7
LONGEST_FILTER = 512
ACCEPTED, BAD_PROTOCOL, BAD_ID, UNAVAILABLE, BAD_LOGIN, NOT_AUTHORISED = range(6)


class Malformed(Exception):
    """These bytes are no packet of MQTT 3.1.1; the text says why."""


@dataclass(frozen=True)
class Will:
    """What shall be published when a client goes without saying so."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True)
class Connect:
    """What a CONNECT asks for; `level` 4 is MQTT 3.1.1, `keep_alive` in seconds (0: none)."""

    level: int
    client_id: str
    keep_alive: int
    clean: bool
    will: Will | None
    username: str | None
    password: str | None


class _Body:
    """Reads fields from the bytes of a packet; Malformed when they end too early."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, n: int) -> bytes:
        if self.at + n > len(self.data):
            raise Malformed("the packet ends too early")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def text(self) -> str:
        try:
            found = self.take(self.number()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("a text is not UTF-8") from error
        if "\0" in found:
            raise Malformed("a text holds U+0000")
        return found

    def identifier(self) -> None:
        if self.number() == 0:
            raise Malformed("packet identifier 0")

    def end(self) -> None:
        if self.at != len(self.data):
            raise Malformed("the packet is longer than what it says")


def check(first: int, body: bytes) -> None:
    """Raise Malformed unless this is a packet that a connected client may send; `first` is its first byte."""
    kind, flags = first >> 4, first & 15
    reader = _CHECKS.get(kind)
    if reader is None:
        raise Malformed(f"packet type {kind} is not one that a client sends here")
    if kind != PUBLISH and flags != (2 if kind in (PUBREL, SUBSCRIBE, UNSUBSCRIBE) else 0):
        raise Malformed(f"flags {flags} in packet type {kind}")
    fields = _Body(body)
    reader(fields, flags)
    fields.end()


def _publish(body: _Body, flags: int) -> None:
    quality = (flags >> 1) & 3
    if quality == 3 or (flags & 8 and not quality):
        raise Malformed("PUBLISH with impossible flags")
    topic = body.text()
    if not topic or "+" in topic or "#" in topic:
        raise Malformed("PUBLISH to no topic or to a wildcard")
    if quality:
        body.identifier()
    body.at = len(body.data)


def _acknowledge(body: _Body, flags: int) -> None:
    body.identifier()


def _subscribe(body: _Body, flags: int) -> None:
    body.identifier()
    _filters(body, with_quality=True)


def _unsubscribe(body: _Body, flags: int) -> None:
    body.identifier()
    _filters(body, with_quality=False)


def _filters(body: _Body, with_quality: bool) -> int:
    """Read topic filters to the end of a packet and return how many they are."""
    count = 0
    while body.at < len(body.data):
        count += 1
        if not 0 < len(body.text()) <= LONGEST_FILTER:
            raise Malformed(f"a topic filter has 1 to {LONGEST_FILTER} characters")
        if with_quality and body.take(1)[0] > 2:
            raise Malformed("quality of service above 2")
    if not count:
        raise Malformed("no topic filter")
    return count


def filters_of(data: bytes) -> int:
    """Return how many topic filters a SUBSCRIBE holds that `check` has let pass."""
    body = _Body(data)
    body.identifier()
    return _filters(body, with_quality=True)


def _nothing(body: _Body, flags: int) -> None:
    """PINGREQ and DISCONNECT have no body."""


_CHECKS: dict[int, Callable[[_Body, int], None]] = {
    PUBLISH: _publish, SUBSCRIBE: _subscribe, UNSUBSCRIBE: _unsubscribe, PINGREQ: _nothing, DISCONNECT: _nothing,
    PUBACK: _acknowledge, PUBREC: _acknowledge, PUBREL: _acknowledge, PUBCOMP: _acknowledge,
}  # fmt: skip


def read_connect(first: int, data: bytes) -> Connect:
    """Return what a CONNECT asks for; Malformed when it is none. Of another protocol level only the level is read."""
    if first != CONNECT << 4:
        raise Malformed("the first packet is not a CONNECT")
    body = _Body(data)
    name, protocol = body.text(), body.take(1)[0]
    if name not in ("MQTT", "MQIsdp"):
        raise Malformed("the protocol is not MQTT")
    if name != "MQTT" or protocol != 4:
        return Connect(protocol if name == "MQTT" else 3, "", 0, True, None, None, None)
    flags, keep_alive = body.take(1)[0], body.number()
    if flags & 1 or (flags >> 3 & 3) == 3 or (not flags & 4 and flags & 0x38) or (flags & 0x40 and not flags & 0x80):
        raise Malformed("CONNECT with impossible flags")
    client_id, will = body.text(), None
    if flags & 4:
        will = Will(body.text(), body.take(body.number()), bool(flags & 0x20))
    username = body.text() if flags & 0x80 else None
    password = body.take(body.number()).decode("utf-8", "replace") if flags & 0x40 else None
    body.end()
    return Connect(protocol, client_id, keep_alive, bool(flags & 2), will, username, password)


def read_publish(first: int, data: bytes) -> tuple[str, int, bytes]:
    """Return topic, packet identifier (0 without) and payload of a PUBLISH that `check` has let pass."""
    body = _Body(data)
    topic = body.text()
    identifier = body.number() if first & 6 else 0
    return topic, identifier, data[body.at :]


def plain_connect(client_id: str) -> bytes:
    """Return the CONNECT that the broker is shown: a clean session without will, login or keep-alive."""
    name = client_id.encode()
    return _packet(CONNECT << 4, b"\0\4MQTT\4\2\0\0" + struct.pack("!H", len(name)) + name)


def connack(code: int) -> bytes:
    """Return a CONNACK with this return code."""
    return bytes((0x20, 2, 0, code))


def topic_field(topic: str) -> bytes:
    """Return a topic as it stands in a packet."""
    data = topic.encode()
    return struct.pack("!H", len(data)) + data


def publish(topic: bytes, payload: bytes, retain: bool = False) -> bytes:
    """Return a PUBLISH with quality of service 0; `topic` comes from `topic_field`."""
    return _packet(0x31 if retain else 0x30, topic + payload)


def _packet(first: int, body: bytes) -> bytes:
    left, length = len(body), bytearray()
    while True:
        left, digit = left >> 7, left & 127
        length.append(digit | 128 if left else digit)
        if not left:
            return bytes((first, *length)) + body
