"""The embedded broker with clients that are not ours: mosquitto_sub, mosquitto_pub, paho by aiomqtt, bare sockets."""

import asyncio
import contextlib
import json
import random
import socket
import struct
import time

import aiomqtt
import pytest

from steelyard.protocols.mqtt.packets import plain_connect
from steelyard.protocols.mqtt.sparkplug_messages import metric_value, payload_class

BASE = "steelyard/v1/plant/main"
TOP_1 = "reheating_furnace.zone_setpoint[top_1]"
SET_TOP_1 = f"{BASE}/set/controller/reheating_furnace/zone_setpoint/top_1"
V311 = aiomqtt.ProtocolVersion.V311


@pytest.fixture
def tools(plant, mosquitto):
    return mosquitto(plant.port, plant.passwords)


def reply_of(tools, topic: str, payload: dict, *, user: str | None, more: tuple[str, ...] = ()) -> dict:
    """Publish a command with mosquitto_pub and return what mosquitto_sub hears as its reply."""
    request = f"r{random.randrange(10**9)}"
    with tools.listen(f"{BASE}/reply/{request}", count=1) as heard:
        assert tools.publish(topic, {**payload, "id": request}, user=user, more=more) == 0
    assert heard, "no reply"
    return json.loads(heard[0][1])


# -- reading ----------------------------------------------------------------------------------------------------------
def test_mosquitto_reads_a_value_at_once(plant, tools) -> None:
    [(_, payload)] = tools.take(f"{BASE}/reheating_furnace/zone_temperature/top_1")
    told = json.loads(payload)
    assert (told["unit"], told["status"]) == ("°C", "good")
    assert told["value"] == plant.read("reheating_furnace.zone_temperature[top_1]")
    assert told["time"].startswith(plant.works.stamp(plant.works.frame.time_s).isoformat()[:19])


def test_mosquitto_reads_what_the_works_is(plant, tools) -> None:
    meta = json.loads(tools.take(f"{BASE}/meta")[0][1])
    assert len(meta["signals"]) == len(plant.works.signals)
    pace = next(s for s in meta["signals"] if s["name"] == "line.pace_setpoint")
    assert pace["topic"] == f"{BASE}/line/pace_setpoint"
    assert (pace["unit"], pace["low"], pace["high"], pace["writer"]) == ("s", 0.0, 3600.0, "planner")
    assert all(s["description"]["ko"] and s["description"]["en"] for s in meta["signals"])
    assert json.loads(tools.take(f"{BASE}/state")[0][1])["state"] == "paused"
    assert tools.take("steelyard/v1/plant/state") == [("steelyard/v1/plant/state", "online")]
    assert json.loads(tools.take(f"{BASE}/clock")[0][1])["running"] is False


def test_values_come_when_they_change_and_frames_come_whole(plant, tools) -> None:
    with (
        tools.listen(f"{BASE}/frame", count=3) as frames,
        tools.listen(f"{BASE}/line/#", count=50, patience_s=2) as line,
    ):
        made = [plant.advance() for _ in range(3)]
    told = [json.loads(payload) for _, payload in frames]
    assert [(t["step"], t["time_s"]) for t in told] == [(f.step, f.time_s) for f in made]
    names = list(plant.works.signals)
    for t, f in zip(told, made, strict=True):
        assert [t["values"][name] for name in names] == [v if v == v else None for v in f.values.tolist()]
        assert t["status"] == {n: ["good", "uncertain", "bad"][s] for n, s in zip(names, f.status, strict=True) if s}
    retained, later = line[:8], line[8:]
    assert len({topic for topic, _ in retained}) == 8
    assert len(later) < 24, "what does not change is not said again"


@pytest.mark.slow
def test_who_listens_to_nothing_else_gets_nothing_else(plant, tools) -> None:
    """A retained message goes to who asked for it, not to who connects while somebody else listens to everything."""
    with (
        tools.listen("#", count=10_000, patience_s=2),
        tools.listen(f"{BASE}/line/cobbles", count=5, patience_s=2) as own,
    ):
        pass
    assert {topic for topic, _ in own} == {f"{BASE}/line/cobbles"}


# -- writing ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("quality", ["0", "1", "2"])
def test_a_permitted_write_is_done_and_logged(plant, tools, until, quality: str) -> None:
    value = 900.0 + int(quality)
    told = reply_of(tools, SET_TOP_1, {"value": value}, user="controller", more=("-q", quality))
    assert told == {"ok": True, "written": {TOP_1: value}}
    assert plant.read(TOP_1) == pytest.approx(value)
    entry = plant.audit("write")[-1]
    assert (entry["user"], entry["via"], entry["signal"], entry["new"]) == ("controller", "mqtt", TOP_1, value)
    until(lambda: not plant.works.leases.table(), what="the lease of a client that is gone is free")


def test_a_bare_number_is_a_write_and_many_at_once_are_all_or_none(plant, tools, until) -> None:
    assert tools.publish(SET_TOP_1, "911.5", user="controller") == 0
    until(lambda: plant.read(TOP_1) == pytest.approx(911.5))
    other = TOP_1.replace("top_1", "top_2")
    both = {"values": {TOP_1: 915.0, other: 916.0}}
    assert reply_of(tools, f"{BASE}/set/controller", both, user="controller")["ok"]
    assert (plant.read(TOP_1), plant.read(other)) == (pytest.approx(915.0), pytest.approx(916.0))
    none = {"values": {TOP_1: 920.0, other: 1e6}}
    assert not reply_of(tools, f"{BASE}/set/controller", none, user="controller")["ok"]
    assert (plant.read(TOP_1), plant.read(other)) == (pytest.approx(915.0), pytest.approx(916.0))


REFUSED = [(SET_TOP_1, {"value": 700}, None, "no role"), (SET_TOP_1, {"value": 700}, "viewer", "no role"),
     (SET_TOP_1, {"value": 700}, "planner", "no role"), (f"{BASE}/set/planner/line/pace_setpoint", {"value": 9},
     "controller", "no role"), (f"{BASE}/set/controller/line/pace_setpoint", {"value": 9}, "controller", "not a set-p"),
     (f"{BASE}/set/controller/line/pace", {"value": 9}, "controller", "not a set-point"),
     (SET_TOP_1, {"value": 1e9}, "controller", "outside"), (SET_TOP_1, {"value": "7"}, "controller", "not a number"),
     (SET_TOP_1, {"value": True}, "controller", "not a number"), (SET_TOP_1, {}, "controller", "not a number"),
     (f"{BASE}/set/controller/line/nothing", {"value": 9}, "controller", "no signal"),
     (f"{BASE}/run", {"speed": 10}, "controller", "may not run"), (f"{BASE}/advance", {}, "viewer", "may not advance"),
     (f"{BASE}/advance", {"n": 0}, "controller", "1 to 86400"), (f"{BASE}/advance", {"n": 0.5}, "controller", "whole"),
     (f"{BASE}/lease/planner", {}, "controller", "no role"), (f"{BASE}/lease", {}, "controller", "say the role"),
     (f"{BASE}/exchange/answer", {"type": "ready"}, "controller", "no trial"),
     (f"{BASE}/exchange/answer", {"type": "ready"}, None, "no role")]  # fmt: skip


def test_what_may_not_be_is_refused_with_its_reason(plant) -> None:
    before, writes = plant.works.frame.step, plant.site.audit.counts.get("write", 0)

    async def ask(topic: str, payload: dict, user: str | None) -> dict:
        login = {"username": user, "password": plant.passwords[user]} if user else {}
        async with aiomqtt.Client("127.0.0.1", plant.port, protocol=V311, **login) as mqtt:
            await mqtt.subscribe(f"{BASE}/reply/why")
            await mqtt.publish(topic, json.dumps({**payload, "id": "why"}))
            return json.loads((await asyncio.wait_for(anext(mqtt.messages), 5)).payload)

    async def all_of_them() -> None:
        for topic, payload, user, why in REFUSED:
            told = await ask(topic, payload, user)
            assert told["ok"] is False
            assert why in told["error"], told

    asyncio.run(all_of_them())
    assert plant.works.frame.step == before
    assert plant.site.audit.counts.get("write", 0) == writes


def test_nobody_speaks_for_the_plant(plant, tools, until) -> None:
    forged = f"{BASE}/line/cobbles"
    refused = plant.adapter.counts()["refused"]
    topics = [forged, f"{BASE}/state", f"{BASE}/frame", "spBv1.0/steelyard/NBIRTH/plant", "any/other",
              "spBv1.0/steelyard/DDATA/plant/main", f"{BASE}/reply/x", "spBv1.0/STATE/scada"]  # fmt: skip
    with tools.listen("#", count=10_000, patience_s=2) as heard:
        for topic in topics[:-1]:
            assert tools.publish(topic, "forged", user="controller", more=("-r",)) == 0
        assert tools.publish(topics[-1], "forged", more=("-r",)) == 0
        will = ("--will-topic", forged, "--will-payload", "forged", "--will-retain")
        assert tools.publish("x", "y", user="controller", more=will) != 0, "a will on a plant topic is not let in"
    assert all(payload != "forged" for _, payload in heard)
    until(lambda: plant.adapter.counts()["refused"] == refused + len(topics) + 1)


def test_a_wrong_login_stays_outside(plant, tools) -> None:
    failed = plant.site.audit.counts.get("login_failed", 0)
    assert tools.publish(SET_TOP_1, "1", user="nobody") == 4
    assert plant.site.audit.counts["login_failed"] == failed + 1
    assert "nobody" in json.dumps(plant.audit("login_failed")[-1])


def test_lock_step_the_frame_is_published_before_the_reply(plant, tools) -> None:
    pattern = "steelyard/v1/plant/main/+"
    step = plant.works.frame.step

    async def client() -> list[str]:
        login = {"username": "controller", "password": plant.passwords["controller"]}
        async with aiomqtt.Client("127.0.0.1", plant.port, protocol=V311, **login) as mqtt:
            await mqtt.subscribe([(pattern, 0), (f"{BASE}/reply/+", 0)])
            heard: list[str] = []
            for k in range(20):
                await mqtt.publish(f"{BASE}/advance", json.dumps({"n": 1, "id": k}))
                async for message in mqtt.messages:
                    name = str(message.topic)
                    if name.endswith("/frame"):
                        heard.append(f"frame {json.loads(message.payload)['step']}")
                    if "/reply/" in name:
                        heard.append(f"reply {json.loads(message.payload)['step']}")
                        break
            return heard

    assert asyncio.run(client()) == [f"{kind} {step + 1 + k}" for k in range(20) for kind in ("frame", "reply")]


@pytest.mark.slow
def test_the_engineer_runs_and_pauses_and_a_lease_is_taken_and_given_back(plant, tools) -> None:
    assert reply_of(tools, f"{BASE}/run", {"speed": 20}, user="engineer")["ok"]
    assert json.loads(tools.take(f"{BASE}/state")[0][1])["state"] == "running"
    assert not reply_of(tools, f"{BASE}/advance", {}, user="controller")["ok"], "it runs with the clock"
    assert reply_of(tools, f"{BASE}/pause", {}, user="engineer")["ok"]
    assert json.loads(tools.take(f"{BASE}/state")[0][1])["state"] == "paused"
    assert reply_of(tools, f"{BASE}/lease/planner", {}, user="planner")["leases"][0]["role"] == "planner"
    assert reply_of(tools, f"{BASE}/lease/planner", {"action": "release"}, user="planner")["leases"] == []


# -- Sparkplug --------------------------------------------------------------------------------------------------------
def payloads(heard: list[tuple[str, str]]):
    return [(topic.split("/")[2], payload_class().FromString(bytes.fromhex(data))) for topic, data in heard]


def test_a_subscriber_is_given_births_and_then_data(plant, tools) -> None:
    with tools.listen("spBv1.0/steelyard/#", count=4, binary=True) as heard:
        time.sleep(0.8)
        plant.advance()
        plant.advance()
    (birth, node), (device_birth, device), (data, first), (_, second) = payloads(heard)
    assert (birth, device_birth, data) == ("NBIRTH", "DBIRTH", "DDATA")
    assert [p.seq for p in (node, device, first, second)] == [0, 1, 2, 3]
    names = {m.alias: m.name for m in device.metrics}
    assert len(names) == len(plant.works.signals)
    now = {names[m.alias]: metric_value(m) for m in device.metrics}
    for payload in (first, second):
        now |= {names[m.alias]: metric_value(m) for m in payload.metrics}
    frame = plant.works.frame
    assert list(now.values()) == [v if v == v else None for v in frame.values.tolist()]
    assert second.timestamp == round(plant.works.stamp(frame.time_s).timestamp() * 1000)


def test_a_host_asks_for_a_rebirth_and_writes_by_alias(plant) -> None:
    async def host() -> tuple[list[str], float]:
        login = {"username": "controller", "password": plant.passwords["controller"]}
        async with aiomqtt.Client("127.0.0.1", plant.port, protocol=V311, **login) as mqtt:
            await mqtt.subscribe("spBv1.0/steelyard/+/plant/#")
            await asyncio.sleep(0.8)
            rebirth = payload_class()()
            rebirth.metrics.add(name="Node Control/Rebirth", datatype=11, boolean_value=True)
            await mqtt.publish("spBv1.0/steelyard/NCMD/plant", rebirth.SerializeToString())
            kinds, births = [], []
            async for message in mqtt.messages:
                kinds.append(str(message.topic).split("/")[2])
                if kinds[-1] == "DBIRTH":
                    births.append(payload_class().FromString(message.payload))
                if len(births) == 2:
                    break
            alias = next(m.alias for m in births[1].metrics if m.name == "reheating_furnace/zone_setpoint/top_1")
            command = payload_class()()
            command.metrics.add(alias=alias, datatype=10, double_value=933.0)
            await mqtt.publish("spBv1.0/steelyard/DCMD/plant/main", command.SerializeToString(), qos=1)
            command.metrics[0].ClearField("alias")
            command.metrics[0].name = "line/pace_setpoint"
            await mqtt.publish("spBv1.0/steelyard/DCMD/plant/main", command.SerializeToString(), qos=1)
            await asyncio.sleep(0.3)
            return kinds, plant.read(TOP_1)

    refused = plant.site.audit.counts.get("refused", 0)
    kinds, value = asyncio.run(host())
    assert kinds == ["NBIRTH", "DBIRTH", "NBIRTH", "DBIRTH"]
    assert value == pytest.approx(933.0)
    assert plant.read("line.pace_setpoint") == 0.0, "that is the planner's"
    assert plant.site.audit.counts["refused"] == refused + 1


@pytest.mark.slow
def test_without_its_primary_host_the_node_is_silent(another, mosquitto, until) -> None:
    plant = another(host_id="scada")
    tools = mosquitto(plant.port, plant.passwords)
    with tools.listen("spBv1.0/steelyard/#", count=6, binary=True, patience_s=8) as heard:
        plant.advance()
        time.sleep(0.3)
        state = "spBv1.0/STATE/scada"
        assert tools.publish(state, {"online": True, "timestamp": 5}, user="engineer", more=("-r",)) == 0
        until(lambda: plant.adapter.node.host.online)
        time.sleep(0.8)
        plant.advance()
        time.sleep(0.3)
        assert tools.publish(state, {"online": False, "timestamp": 4}, user="engineer") == 0
        assert tools.publish(state, {"online": False, "timestamp": 6}, user="engineer") == 0
        until(lambda: not plant.adapter.node.host.online)
        plant.advance()
        assert tools.publish(state, {"online": True, "timestamp": 7}, user="engineer") == 0
    kinds = [kind for kind, _ in payloads(heard)]
    assert kinds == ["NBIRTH", "DBIRTH", "DDATA", "DDATA", "NDEATH", "NBIRTH"]
    told = [payload for _, payload in payloads(heard)]
    assert all(m.is_historical for m in told[2].metrics), "what was said before the host came"
    assert not any(m.is_historical for m in told[3].metrics)
    assert [told[i].metrics[0].long_value for i in (0, 4, 5)] == [0, 0, 1], "bdSeq"


# -- a bad wire -------------------------------------------------------------------------------------------------------
def test_a_cut_wire_is_said_and_birth_follows(another, mosquitto) -> None:
    plant = another()
    tools = mosquitto(plant.port, plant.passwords)
    with (
        tools.listen("spBv1.0/steelyard/#", count=7, binary=True) as spark,
        tools.listen(f"{BASE}/state", count=3) as states,
        tools.listen(f"{BASE}/frame", count=2) as frames,
    ):
        time.sleep(0.8)
        plant.advance()
        plant.wire.cut = True
        plant.advance()
        plant.advance()
        plant.wire.cut = False
        plant.advance()
        time.sleep(0.5)
        plant.advance()
    assert [json.loads(p)["state"] for _, p in states] == ["paused", "lost", "paused"]
    assert [json.loads(p)["step"] for _, p in frames] == [2, 5]
    assert [kind for kind, _ in payloads(spark)][:6] == ["NBIRTH", "DBIRTH", "DDATA", "NDEATH", "NBIRTH", "DBIRTH"]


def test_late_and_double_frames_keep_their_own_time(another, mosquitto) -> None:
    plant = another()
    tools = mosquitto(plant.port, plant.passwords)
    made: list = []

    def change(frame):
        made.append(frame)
        return [frame, frame] if frame.step == 3 else [made[0]] if frame.step == 4 else [frame]

    plant.wire.change = change
    with tools.listen(f"{BASE}/frame", count=5) as heard:
        for _ in range(4):
            plant.advance()
    assert [json.loads(payload)["step"] for _, payload in heard] == [2, 3, 3, 2, 5]


def test_the_will_of_a_host_is_kept_for_who_comes_later(plant, tools) -> None:
    state, gone = "spBv1.0/STATE/other", b'{"online": false, "timestamp": 8}'
    login = struct.pack("!H", 8) + b"engineer" + struct.pack("!H", len(plant.passwords["engineer"]))
    will = struct.pack("!H", len(state)) + state.encode() + struct.pack("!H", len(gone)) + gone
    body = b"\0\4MQTT\4\xe6\0\0\0\1h" + will + login + plant.passwords["engineer"].encode()
    with socket.create_connection(("127.0.0.1", plant.port), 5) as link:
        link.sendall(bytes((0x10, len(body))) + body)
        assert link.recv(4) == b"\x20\x02\x00\x00"
    assert tools.take(state) == [(state, gone.decode())]


@pytest.mark.slow
def test_a_works_comes_and_goes(plant, tools) -> None:
    from steelyard.live.access import Session

    engineer = Session("e", frozenset({"engineer"}), "test")
    works_id = plant.do(plant.site.fork(engineer, "main"))
    [(_, meta)] = tools.take(f"steelyard/v1/plant/{works_id}/meta")
    assert json.loads(meta)["works"] == works_id
    plant.do(plant.site.remove_fork(engineer, works_id))
    assert tools.take(f"steelyard/v1/plant/{works_id}/meta", patience_s=1) == []
    assert json.loads(tools.take(f"steelyard/v1/plant/{works_id}/state")[0][1])["state"] == "offline"


# -- hostile clients --------------------------------------------------------------------------------------------------
def hello(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), 5)
    link.sendall(plain_connect("fuzz"))
    assert link.recv(4) == b"\x20\x02\x00\x00"
    return link


def test_garbage_hurts_nobody(plant, tools) -> None:
    chance = random.Random(4)
    before, malformed = plant.read(TOP_1), plant.site.audit.counts.get("malformed", 0)
    good = [plain_connect("x"), b"\x82\x08\0\1\0\3a/b\0", b"\x32\x07\0\3a/b\0\1", b"\xc0\0", b"\x62\2\0\1"]
    for k in range(150):
        packet = bytearray(chance.choice(good))
        for _ in range(chance.randrange(1, 4)):
            packet[chance.randrange(len(packet))] = chance.randrange(256)
        data = bytes(packet) if k % 3 else chance.randbytes(chance.randrange(1, 200))
        with hello(plant.port) if k % 2 else socket.create_connection(("127.0.0.1", plant.port), 5) as link:
            link.sendall(data)
    for kind in (b"\x30\xff\xff\xff\x7f", b"\x30\xff\xff\xff\xff\x01", b"\x10\xff\xff\x7f"):
        with hello(plant.port) as link:
            link.sendall(kind)
            assert link.recv(10) == b"", "a packet that is too large ends the connection"
    assert tools.take(f"{BASE}/line/cobbles")
    assert plant.read(TOP_1) == before
    assert plant.site.audit.counts["malformed"] > malformed + 20


def test_clients_that_vanish_leave_nothing_behind(plant, until) -> None:
    chance, broker = random.Random(6), plant.adapter._links.broker
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", plant.port), 5) as link:
            link.sendall(plain_connect("ghost"))
            if chance.random() < 0.7:
                link.sendall(b"\x82\x06\0\1\0\1#\0")
            if chance.random() < 0.5:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if chance.random() < 0.3:
                link.recv(4)
    until(lambda: not broker.connections)
    until(lambda: not broker._broker.sessions)
    assert not broker._broker.subscriptions


def test_wrong_payloads_are_counted_and_write_nothing(plant, until) -> None:
    chance = random.Random(5)
    before, writes = plant.read(TOP_1), plant.site.audit.counts.get("write", 0)
    topics = [SET_TOP_1, f"{BASE}/set/controller", f"{BASE}/advance", f"{BASE}/lease/controller", f"{BASE}/run",
              f"{BASE}/exchange/answer", "spBv1.0/steelyard/DCMD/plant/main", "spBv1.0/steelyard/NCMD/plant",
              "spBv1.0/STATE/scada"]  # fmt: skip
    bad = [b"", b"{", b"[" * 3000, b'"x"', b"NaN", b"1e999", b"null", b'{"value": null}', b'{"n": "x"}', b"\xff\xfe",
           b'{"n": 1e99}', b'{"values": [1]}', b'{"values": {"a": 1}}', b'{"action": "eat"}', b'{"speed": "x"}',
           b"1" + b"0" * 5000, b'{"value": Infinity}', *(chance.randbytes(40) for _ in range(20))]  # fmt: skip

    async def throw() -> None:
        login = {"username": "controller", "password": plant.passwords["controller"]}
        async with aiomqtt.Client("127.0.0.1", plant.port, protocol=V311, **login) as mqtt:
            for topic in topics:
                for payload in bad:
                    if not (payload == b"" and topic.endswith("advance")):
                        await mqtt.publish(topic, payload, qos=1)

    taken = plant.adapter.counts()["messages_in"]
    step = plant.works.frame.step
    asyncio.run(throw())
    until(lambda: plant.adapter.counts()["messages_in"] == taken + len(topics) * len(bad) - 1)
    assert plant.read(TOP_1) == before
    assert plant.site.audit.counts.get("write", 0) == writes
    assert plant.works.frame.step == step + 4, "advance of 1 is what no number in an object means"


@pytest.mark.slow
def test_a_flood_is_held_back_and_others_are_served(plant, tools) -> None:
    with hello(plant.port) as link:
        link.settimeout(0.5)
        packet = b"\x30\x0c" + struct.pack("!H", 9) + b"any/other" + b"x"
        begun = time.monotonic()
        try:
            for _ in range(200):
                link.sendall(packet * 500)
        except TimeoutError:
            pass
        assert tools.take(f"{BASE}/line/cobbles", patience_s=5)
        assert time.monotonic() - begun < 10


@pytest.mark.slow
def test_a_client_that_does_not_read_is_cut_off_and_the_plant_goes_on(another, mosquitto) -> None:
    plant = another()
    tools = mosquitto(plant.port, plant.passwords)
    with hello(plant.port) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.sendall(b"\x82\x06\0\1\0\1#\0")
        time.sleep(0.3)
        for _ in range(1500):
            plant.advance()
            if plant.adapter.counts()["cut"]:
                break
    assert plant.adapter.counts()["cut"] == 1
    assert tools.take(f"{BASE}/line/cobbles")


@pytest.mark.slow
def test_who_is_silent_beyond_the_keep_alive_is_cut_off(plant) -> None:
    with socket.create_connection(("127.0.0.1", plant.port), 5) as link:
        link.sendall(plain_connect("sleeper")[:10] + b"\0\1" + plain_connect("sleeper")[12:])
        assert link.recv(4) == b"\x20\x02\x00\x00"
        begun = time.monotonic()
        link.settimeout(6)
        with contextlib.suppress(ConnectionResetError):
            assert link.recv(1) == b""
        assert 1.0 < time.monotonic() - begun < 5.0


def test_the_same_client_again_takes_the_place_of_the_first(plant) -> None:
    async def twice() -> bool:
        login = {"username": "viewer", "password": plant.passwords["viewer"], "identifier": "one", "protocol": V311}
        with contextlib.suppress(aiomqtt.MqttError):
            async with (
                aiomqtt.Client("127.0.0.1", plant.port, **login) as first,
                aiomqtt.Client("127.0.0.1", plant.port, **login) as second,
            ):
                await second.subscribe(f"{BASE}/line/cobbles")
                assert str((await anext(second.messages)).topic) == f"{BASE}/line/cobbles"
                await asyncio.wait_for(anext(first.messages), 5)
        return True

    assert asyncio.run(twice())
    assert any("connected again" in entry["why"] for entry in plant.audit("cut"))


def test_another_protocol_level_is_refused(plant, tools) -> None:
    assert tools.publish("x", "y", more=("-V", "mqttv5")) != 0
    assert tools.publish("x", "y", more=("-V", "mqttv31")) != 0


# -- settings ---------------------------------------------------------------------------------------------------------
def test_anonymous_reading_can_be_switched_off(another, mosquitto) -> None:
    plant = another(anonymous=False)
    tools = mosquitto(plant.port, plant.passwords)
    assert tools.take(f"{BASE}/line/cobbles", patience_s=1) == []
    assert tools.take(f"{BASE}/line/cobbles", user="viewer")


def test_over_tls_with_a_certificate_made_at_first_start(another, mosquitto) -> None:
    plant = another(tls=True)
    certificate = plant.site.folder / "pki" / "mqtt-certificate.pem"
    assert (certificate.with_name("mqtt-key.pem").stat().st_mode & 0o777) == 0o600
    assert plant.adapter.endpoints()[0].url.startswith("mqtts://")
    tools = mosquitto(plant.port, plant.passwords, "--cafile", str(certificate))
    assert tools.take(f"{BASE}/line/cobbles")
    assert reply_of(tools, SET_TOP_1, {"value": 950.0}, user="controller")["ok"]
    assert mosquitto(plant.port, plant.passwords).take(f"{BASE}/line/cobbles", patience_s=1) == [], "not without TLS"


def test_it_stops_in_less_than_a_second_and_says_so(another, mosquitto) -> None:
    plant = another()
    tools = mosquitto(plant.port, plant.passwords)
    with (
        tools.listen("spBv1.0/steelyard/#", count=3, binary=True) as spark,
        tools.listen(f"{BASE}/state", count=2) as states,
    ):
        time.sleep(0.8)
        plant.stop_mqtt()
    assert plant.stop_s < 1.0
    assert [json.loads(payload)["state"] for _, payload in states] == ["paused", "offline"]
    assert [kind for kind, _ in payloads(spark)] == ["NBIRTH", "DBIRTH", "NDEATH"]
