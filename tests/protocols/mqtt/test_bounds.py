"""What one client of the embedded broker can take from the others: memory, places, the plant's silence. Little."""

import contextlib
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from steelyard.live.access import Session
from steelyard.protocols.mqtt import door
from steelyard.protocols.mqtt.host_states import MOST_HOSTS, STATE
from steelyard.protocols.mqtt.packets import plain_connect
from steelyard.protocols.places import Places

BASE = "steelyard/v1/plant/main"
SAID = {"online": True, "timestamp": 5}


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory, users_folder: Any, plant: Any) -> Iterator[Any]:
    """A plant with a primary host, whose role is the controller's."""
    found = type(plant)(tmp_path_factory.mktemp("hosted") / "site", users_folder, host_id="scada", writer="controller")
    yield found
    found.close()
    assert found.site.audit.counts.get("unhandled", 0) == 0, found.audit("unhandled")


def state_of(plant: Any) -> dict[str, Any]:
    return {t: m for t, m in plant.adapter._links.broker._fan.retained.items() if t.startswith(STATE)}


def packet(first: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, digit = left >> 7, left & 127
        length.append(digit | 128 if left else digit)
        if not left:
            return bytes((first,)) + bytes(length) + body


def field(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


def enter(plant: Any, user: str | None = None, source: str = "127.0.0.1") -> tuple[socket.socket, int]:
    """Connect with a bare socket; return it and the code of the answer."""
    link = socket.create_connection(("127.0.0.1", plant.port), 5, source_address=(source, 0))
    if user is None:
        link.sendall(plain_connect("x"))
    else:
        body = b"\0\4MQTT\4\xc2\0\0" + field("") + field(user) + field(plant.passwords[user])
        link.sendall(packet(0x10, body))
    answer = link.recv(4)
    return link, answer[3]


# -- STATE ------------------------------------------------------------------------------------------------------------
def test_only_who_may_speak_for_hosts_says_state(hosted: Any, mosquitto: Any, until: Any) -> None:
    tools = mosquitto(hosted.port, hosted.passwords)
    refused = hosted.adapter.counts()["refused"]
    for user in ("viewer", "planner", None):
        assert tools.publish(f"{STATE}scada", SAID, user=user, more=("-r",)) == 0
    until(lambda: hosted.adapter.counts()["refused"] == refused + 3)
    assert not state_of(hosted)
    assert not hosted.adapter.node.host.online
    for user, stamp in (("engineer", 6), ("controller", 7)):
        assert tools.publish(f"{STATE}scada", {**SAID, "timestamp": stamp}, user=user, more=("-r",)) == 0
        until(lambda: hosted.adapter.node.host._stamp == stamp)  # noqa: B023 it is waited for here
    assert json.loads(tools.take(f"{STATE}scada")[0][1])["timestamp"] == 7


def test_a_flood_of_states_is_bounded_and_cuts_no_subscriber(hosted: Any, mosquitto: Any, until: Any) -> None:
    link, _ = enter(hosted, "engineer")
    large = json.dumps({**SAID, "why": "x" * 200_000}).encode()
    before, cut = hosted.adapter.counts(), hosted.adapter.counts()["cut"]
    for k in range(100):
        payload = large if k % 2 else json.dumps(SAID).encode()
        link.sendall(packet(0x31, field(f"{STATE}host-{k}") + payload))
    for payload in (b"ONLINE", b"[" * 900, b'{"online": true}', b"{}"):
        link.sendall(packet(0x31, field(f"{STATE}odd") + payload))
    link.sendall(packet(0x31, field(f"{STATE}{'x' * 65}") + json.dumps(SAID).encode()))
    link.sendall(packet(0x31, field(f"{STATE}scada/2") + json.dumps(SAID).encode()))
    until(lambda: hosted.adapter.counts()["messages_in"] >= before["messages_in"] + 106)
    kept = state_of(hosted)
    assert len(kept) <= MOST_HOSTS
    assert max(len(message.payload) for message in kept.values()) <= 1000
    link.sendall(packet(0x31, field(f"{STATE}scada") + json.dumps({**SAID, "timestamp": 9}).encode()))
    until(lambda: f"{STATE}scada" in state_of(hosted), what="the primary host has a place of its own")
    tools = mosquitto(hosted.port, hosted.passwords)
    assert {t for t, _ in tools.take(f"{STATE}#", count=len(state_of(hosted)))} == set(state_of(hosted))
    counts = hosted.adapter.counts()
    assert counts["cut"] == cut
    assert counts["malformed"] == before["malformed"] + 50 + 6
    assert counts["refused"] >= before["refused"] + 35
    for topic in state_of(hosted):
        link.sendall(packet(0x31, field(topic)))
    until(lambda: not state_of(hosted), what="an empty message takes a retained one away")
    link.close()


@pytest.mark.slow
def test_who_asks_often_for_what_is_retained_is_not_cut_for_it(plant: Any, until: Any) -> None:
    link, _ = enter(plant)
    counts = plant.adapter.counts()
    times, received = 300, 0
    for k in range(1, times + 1):
        link.sendall(packet(0x82, struct.pack("!H", k) + field("#") + b"\0"))
    end = time.monotonic() + 20
    while received <= 17 << 20 and time.monotonic() < end:
        data = link.recv(1 << 20)
        assert data, "the broker hung up"
        received += len(data)
    assert received > 16 << 20, "more than what may wait for one client"
    assert plant.adapter.counts()["cut"] == counts["cut"]
    link.close()


def test_one_connection_has_so_many_filters_and_no_more(plant: Any) -> None:
    link, _ = enter(plant)
    filters = b"".join(field(f"a/{k}") + b"\0" for k in range(1001))
    link.sendall(packet(0x82, b"\0\1" + filters))
    assert link.recv(1) == b""
    link.close()
    link, _ = enter(plant)
    link.sendall(packet(0x82, b"\0\1" + field("a" * 513) + b"\0"))
    assert link.recv(1) == b""
    link.close()


# -- places -----------------------------------------------------------------------------------------------------------
def test_no_peer_takes_all_places_and_some_are_kept_for_who_logs_in() -> None:
    places = Places(8)
    for host, taken in (("a", 4), ("b", 2), ("c", 0)):
        for _ in range(taken):
            assert places.full(host, False) == ""
            places.take(host, False)
        assert places.full(host, False)
    assert places.full("a", True) == ""
    places.take("a", True)
    places.take("b", True)
    assert "all 8" in places.full("c", True)
    places.leave("a", False)
    assert places.full("c", True) == ""
    assert places.full("a", False) == ""
    assert places.full("c", False) == ""


def test_an_anonymous_peer_cannot_shut_the_others_out(another: Any) -> None:
    plant = another()
    plant.adapter._links.broker._door.places = Places(8)
    codes = [enter(plant) for _ in range(6)]
    assert [code for _, code in codes] == [0, 0, 0, 0, 3, 3]
    other, code = enter(plant, source="127.0.0.2")
    assert code == 0
    login, code = enter(plant, "controller")
    assert code == 0
    for link, _ in [*codes, (other, 0), (login, 0)]:
        link.close()
    end = time.monotonic() + 5
    while plant.adapter._links.broker._door.places.taken:
        assert time.monotonic() < end, "places are given back"
        time.sleep(0.02)


def test_who_connects_and_says_nothing_makes_room_for_who_speaks(plant: Any, until: Any) -> None:
    refused = plant.adapter.counts()["refused"]
    silent = [socket.create_connection(("127.0.0.1", plant.port), 5) for _ in range(door.MOST_WAITING + 20)]
    until(lambda: plant.adapter.counts()["refused"] >= refused + 20)
    for link in silent[:20]:
        link.settimeout(2)
        with contextlib.suppress(ConnectionResetError):
            assert link.recv(1) == b"", "who has waited longest goes"
    link, code = enter(plant)
    assert code == 0
    for one in (*silent, link):
        one.close()


# -- counts -----------------------------------------------------------------------------------------------------------
def test_counts_do_not_fall_when_a_works_goes(plant: Any, until: Any) -> None:
    engineer = Session("e", frozenset({"engineer"}), "test")
    works_id = plant.do(plant.site.fork(engineer, "main"))
    plant.do(plant.site.get(works_id).advance(engineer, 3))
    until(lambda: plant.adapter._stations[works_id].frames >= 1)
    before = plant.adapter.counts()
    plant.do(plant.site.remove_fork(engineer, works_id))
    after = plant.adapter.counts()
    assert {name for name in before if after[name] < before[name]} <= {"clients"}
    assert {"lost", "cut", "malformed", "refused", "login_failed", "unhandled"} <= set(after)


def test_each_forbidden_publish_names_its_user_and_topic(plant: Any, mosquitto: Any, until: Any) -> None:
    tools, count = mosquitto(plant.port, plant.passwords), plant.adapter.counts()["refused"]
    tried = {("controller", f"{BASE}/line/cobbles"), ("controller", f"{BASE}/state"), ("planner", f"{BASE}/state"),
             ("planner", "spBv1.0/STATE/scada"), ("anonymous", f"{BASE}/frame"), ("planner", "any/other")}  # fmt: skip
    for user, topic in tried:
        assert tools.publish(topic, "forged", user=None if user == "anonymous" else user) == 0
    until(lambda: plant.adapter.counts()["refused"] == count + len(tried))
    assert tried <= {(entry.get("user"), entry.get("topic")) for entry in plant.audit("refused")}
