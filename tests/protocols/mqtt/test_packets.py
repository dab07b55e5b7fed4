"""Bytes from a socket are a packet of MQTT 3.1.1, or they are refused; topics lead to signals and back."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.plant.board import ROLE_WRITES, public_signals
from steelyard.protocols.mqtt import packets
from steelyard.protocols.mqtt.topics import parse_command, reply_topic, signal_name, signal_path, works_base
from steelyard.protocols.mqtt.tree import Tree


def text(value: str) -> bytes:
    return struct.pack("!H", len(value.encode())) + value.encode()


GOOD = [
    (0x30, text("a/b") + b"payload"), (0x30, text("a")), (0x32, text("a") + b"\0\1x"), (0x3D, text("a") + b"\0\1"),
    (0x82, b"\0\1" + text("a/+/#") + b"\1"), (0xA2, b"\0\1" + text("a")), (0x40, b"\0\1"), (0x62, b"\0\7"),
    (0xC0, b""), (0xE0, b""),
]  # fmt: skip
BAD = {
    "quality 3": (0x36, text("a") + b"\0\1"), "duplicate of quality 0": (0x38, text("a")), "no topic": (0x30, text("")),
    "wildcard": (0x30, text("a/+")), "identifier 0": (0x32, text("a") + b"\0\0"), "short": (0x30, b"\0\5ab"),
    "not UTF-8": (0x30, b"\0\2\xff\xfe"), "U+0000": (0x30, text("a\0b")), "flags": (0x80, b"\0\1" + text("a") + b"\0"),
    "no filter": (0x82, b"\0\1"), "quality above 2": (0x82, b"\0\1" + text("a") + b"\3"), "long": (0x40, b"\0\1\0"),
    "ping with body": (0xC0, b"x"), "second CONNECT": (0x10, b""), "a server's packet": (0x20, b"\0\0"),
    "reserved": (0xF0, b""), "empty filter": (0xA2, b"\0\1" + text("")), "filter too short": (0x82, b"\0\1\0\7ab"),
}  # fmt: skip


@pytest.mark.parametrize("packet", GOOD, ids=lambda p: p[0])
def test_a_good_packet_passes(packet: tuple[int, bytes]) -> None:
    packets.check(*packet)


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_packet_is_refused(name: str) -> None:
    with pytest.raises(packets.Malformed):
        packets.check(*BAD[name])


@given(first=st.integers(0, 255), body=st.binary(max_size=60))
def test_any_bytes_pass_or_are_malformed_and_nothing_else(first: int, body: bytes) -> None:
    for read in (packets.check, packets.read_connect):
        with contextlib.suppress(packets.Malformed):
            read(first, body)


def test_a_connect_says_what_it_says() -> None:
    body = text("MQTT") + b"\4\xee\0\x1e" + text("me") + text("w/t") + text("gone") + text("user") + text("secret")
    assert packets.read_connect(0x10, body) == packets.Connect(
        4, "me", 30, True, packets.Will("w/t", b"gone", True), "user", "secret"
    )
    assert packets.read_connect(0x10, text("MQTT") + b"\5rest of MQTT 5").level == 5
    with pytest.raises(packets.Malformed):
        packets.read_connect(0x10, text("MQTT") + b"\4\x40\0\0" + text("me") + text("password without user"))


def test_a_publish_has_the_length_it_says() -> None:
    for size in (0, 100, 127 - 4, 128, 20_000):
        packet = packets.publish(packets.topic_field("a/b"), b"x" * size)
        length = 0
        for place, byte in enumerate(packet[1:5]):
            length |= (byte & 127) << 7 * place
            if byte < 128:
                break
        assert len(packet) == 1 + place + 1 + length
        assert packets.read_publish(packet[0], packet[2 + place :]) == ("a/b", 0, b"x" * size)


def test_every_signal_has_a_topic_of_its_own_that_leads_back() -> None:
    for process in ("hot_bar_line", "ladle_furnace"):
        names = [signal.name for signal in public_signals(process)]
        assert len({signal_path(name) for name in names}) == len(names)
        assert [signal_name(signal_path(name)) for name in names] == names


def test_a_command_topic_of_every_set_point_is_understood() -> None:
    base = works_base("plant", "main")
    for role, names in ROLE_WRITES.items():
        for name in names:
            found = parse_command("plant", f"{base}/set/{role}/{signal_path(name)}")
            assert found is not None
            assert (found.kind, found.works, found.role, found.signal) == ("set", "main", role, name)


@pytest.mark.parametrize(
    "topic", ["", "x", "set", "/set/nobody/x", "/set", "/exchange/question", "/advance/a/b", "/frame", "/line/pace"]
)
def test_other_topics_are_no_commands(topic: str) -> None:
    assert parse_command("plant", f"{works_base('plant', 'main')}{topic}") is None


def test_a_reply_goes_to_harmless_topics_only() -> None:
    assert reply_topic("b", "a-1") == "b/reply/a-1"
    assert reply_topic("b", 7) == "b/reply/7"
    for bad in ("a/b", "#", "+", "", None, True, 1.5, "x" * 65, {"a": 1}, "a\n"):
        assert reply_topic("b", bad) is None


@pytest.mark.parametrize(
    ("text_", "topic", "matches"),
    [("#", "a", True), ("#", "$SYS/a", False), ("+/a", "$SYS/a", False), ("$SYS/#", "$SYS/a", True), ("a/#", "a", True),
     ("a/+", "a", False), ("a/+", "a/", True), ("+", "a/b", False), ("a/+/c", "a/b/c", True), ("a/b", "a/b/c", False)],
)  # fmt: skip
def test_filters_match_as_the_standard_says(text_: str, topic: str, matches: bool) -> None:
    assert Tree([(text_, "who")]).match(topic) == (["who"] if matches else [])
