"""The plant over a real mosquitto with password, access list and TLS; it comes back by itself when the broker does."""

import json
import ssl
import time
from pathlib import Path

import pytest

from steelyard.errors import SteelyardError
from steelyard.protocols.mqtt.acl import mosquitto_acl, write_mosquitto_files
from steelyard.protocols.mqtt.pki import server_context
from steelyard.protocols.mqtt.remote import parse_url
from steelyard.protocols.mqtt.sparkplug_messages import payload_class

BASE = "steelyard/v1/plant/main"
TOP_1 = "reheating_furnace.zone_setpoint[top_1]"


@pytest.fixture
def over(another, users_folder, tmp_path: Path, port: int, broker, until, mosquitto):
    """A plant over mosquitto, started after it: ``over(commands=True) -> plant, clients, broker process, folder``."""

    def make(tls: bool = False, **settings):
        from types import SimpleNamespace

        from steelyard.live.users import Users

        site = SimpleNamespace(name="plant", users=Users(users_folder), anonymous=True)
        folder = tmp_path / "mosquitto"
        password = write_mosquitto_files(site, folder, port, writer=settings.get("writer"))
        scheme, ca, more = "mqtt", None, ()
        if tls:
            server_context(folder, "127.0.0.1")
            ca = str(folder / "pki" / "mqtt-certificate.pem")
            with (folder / "mosquitto.conf").open("a") as file:
                file.write(f"certfile {ca}\nkeyfile {folder / 'pki' / 'mqtt-key.pem'}\n")
            scheme, more = "mqtts", ("--cafile", ca)
        process = broker(folder, port)
        url = f"{scheme}://127.0.0.1:{port}"
        plant = another(url=url, username="steelyard", password=password, ca=ca, **settings)
        until(lambda: plant.adapter.counts()["clients"] == 2, what="both clients connect")
        return plant, mosquitto(port, plant.passwords, *more), process, folder

    return make


def reply(tools, topic: str, payload: dict, user: str, patience_s: int = 5) -> dict | None:
    with tools.listen(f"{BASE}/reply/x", count=1, patience_s=patience_s) as heard:
        assert tools.publish(topic, {**payload, "id": "x"}, user=user, more=("-q", "1")) == 0
    return json.loads(heard[0][1]) if heard else None


def test_values_and_births_go_over_mosquitto_with_tls_and_login(over) -> None:
    plant, tools, _, _ = over(tls=True)
    with tools.listen("spBv1.0/#", count=1, binary=True) as data:
        time.sleep(0.3)
        plant.advance()
    payload = payload_class().FromString(bytes.fromhex(data[0][1]))
    assert data[0][0] == "spBv1.0/steelyard/DDATA/plant/main"
    assert all(not m.HasField("name") for m in payload.metrics)
    [(_, told)] = tools.take(f"{BASE}/reheating_furnace/zone_temperature/top_1")
    assert json.loads(told)["value"] == plant.read("reheating_furnace.zone_temperature[top_1]")
    assert tools.take("steelyard/v1/plant/state") == [("steelyard/v1/plant/state", "online")]


def test_commands_are_refused_unless_they_are_asked_for(over, until) -> None:
    plant, tools, _, _ = over()
    topic = f"{BASE}/set/controller/reheating_furnace/zone_setpoint/top_1"
    assert tools.publish(topic, "900", user="controller", more=("-q", "1")) == 0
    until(lambda: any("switched off" in entry["why"] for entry in plant.audit("refused")))
    assert plant.audit("write") == []
    assert (plant.adapter.counts()["refused"], plant.adapter.counts()["messages_in"]) == (1, 1)
    assert "read only" in plant.adapter.endpoints()[0].note["en"]


def test_the_access_list_of_mosquitto_says_who_writes(over) -> None:
    plant, tools, _, _ = over(commands=True)
    topic = f"{BASE}/set/controller/reheating_furnace/zone_setpoint/top_1"
    told = reply(tools, topic, {"value": 905.0}, "controller")
    assert told == {"ok": True, "written": {TOP_1: 905.0}}
    assert reply(tools, topic, {"value": 700.0}, "planner", 1) is None, "mosquitto lets nobody but the controller"
    assert tools.publish(topic, "700", more=("-q", "1")) == 0, "mosquitto says nothing, and drops it"
    assert reply(tools, f"{BASE}/advance/engineer", {}, "engineer")["step"] == plant.works.frame.step
    assert plant.read(TOP_1) == pytest.approx(905.0)
    [entry] = plant.audit("write")
    assert (entry["user"], entry["new"]) == ("broker:controller", 905.0)


@pytest.mark.slow
def test_sparkplug_commands_run_under_the_role_given(over, until, tmp_path: Path) -> None:
    import subprocess

    plant, tools, _, _ = over(commands=True, writer="controller")
    command = payload_class()()
    command.metrics.add(name="reheating_furnace/zone_setpoint/top_1", datatype=10, double_value=910.0)
    file = tmp_path / "command"
    file.write_bytes(command.SerializeToString())
    base = tools._base("mosquitto_pub", "controller")
    subprocess.run([*base, "-t", "spBv1.0/steelyard/DCMD/plant/main", "-f", str(file)], check=True)
    until(lambda: plant.read(TOP_1) == pytest.approx(910.0))
    assert plant.audit("write")[-1]["user"] == "sparkplug:controller"


@pytest.mark.slow
def test_it_comes_back_with_its_broker_and_loses_nothing(over, broker, until, port: int) -> None:
    plant, tools, process, folder = over()
    with tools.listen(f"{BASE}/frame", count=1):
        plant.advance()
    process.terminate()
    process.wait(10)
    until(lambda: plant.adapter.counts()["clients"] == 0)
    frames = [plant.advance().step for _ in range(5)]
    links = [plant.adapter._links._plain, plant.adapter._links._edge]
    for link in links:  # the listeners shall be there first
        plant.loop.call_soon_threadsafe(link._may.clear)
    time.sleep(0.2)
    broker(folder, port)
    with (
        tools.listen(f"{BASE}/frame", count=5, patience_s=20) as heard,
        tools.listen("spBv1.0/#", count=7, binary=True, patience_s=20) as spark,
    ):
        for link in links:
            plant.do(link.return_())
        until(lambda: plant.adapter.counts()["clients"] == 2, 15)
    assert [json.loads(payload)["step"] for _, payload in heard] == frames
    kinds = [topic.split("/")[2] for topic, _ in spark]
    assert kinds == ["NBIRTH", "DBIRTH", *["DDATA"] * 5]
    told = [payload_class().FromString(bytes.fromhex(data)) for _, data in spark]
    assert told[0].metrics[0].long_value >= 1, "bdSeq of a later connection"
    assert all(m.is_historical for p in told[2:] for m in p.metrics)
    assert [e["what"].split(" to ")[0] for e in plant.audit("broker")] == ["connected", "no connection", "connected"]


@pytest.mark.slow
def test_a_cut_wire_and_the_end_are_told_by_mosquitto(over) -> None:
    plant, tools, _, _ = over()
    with (
        tools.listen("spBv1.0/steelyard/NDEATH/#", count=2, binary=True) as deaths,
        tools.listen("spBv1.0/steelyard/NBIRTH/#", count=1, binary=True) as births,
        tools.listen(f"{BASE}/state", count=4) as states,
    ):
        plant.wire.cut = True
        plant.advance()
        time.sleep(0.5)
        plant.wire.cut = False
        plant.advance()
        time.sleep(2.0)
        plant.stop_mqtt()
    assert plant.stop_s < 1.0
    numbers = [payload_class().FromString(bytes.fromhex(d)).metrics[0].long_value for _, d in (*deaths, *births)]
    assert numbers == [0, 1, 1], "the will of the first connection, then birth and death of the second"
    assert [json.loads(payload)["state"] for _, payload in states] == ["paused", "lost", "paused", "offline"]
    assert tools.take("steelyard/v1/plant/state") == [("steelyard/v1/plant/state", "offline")]


@pytest.mark.slow
def test_losses_are_counted(another, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from steelyard.protocols.mqtt import remote

    monkeypatch.setattr(remote, "KEPT_MESSAGES", 1000)
    plant = another(url=f"mqtt://127.0.0.1:{port}")
    for _ in range(20):
        plant.advance()
    time.sleep(0.3)
    counts = plant.adapter.counts()
    assert counts["clients"] == 0
    assert counts["lost"] > 100


def test_the_access_list_gives_each_role_its_own_topics_only(users_folder: Path) -> None:
    from types import SimpleNamespace

    from steelyard.live.users import Users

    site = SimpleNamespace(name="plant", users=Users(users_folder), anonymous=False)
    blocks = {b.split("\n")[0].strip(): b for b in mosquitto_acl(site).split("user ")[1:]}
    writes = {user: [line for line in block.split("\n") if "topic write" in line] for user, block in blocks.items()}
    assert writes["viewer"] == []
    assert all("controller" in line or "NCMD" in line for line in writes["controller"])
    assert not any("/set/" in line for line in writes["engineer"])
    hosts = {user for user, block in blocks.items() if "STATE" in block}
    assert hosts == {"engineer"}
    assert "STATE" in mosquitto_acl(site, writer="controller").split("user controller")[1].split("user ")[0]
    assert "topic" not in mosquitto_acl(site).split("user ")[0], "nothing without login"


def test_addresses_of_brokers() -> None:
    found = parse_url("mqtt://me:secret@host", None, None, None)
    assert (found.host, found.port, found.username, found.password, found.tls) == ("host", 1883, "me", "secret", None)
    assert "secret" not in found.url
    secured = parse_url("mqtts://host:9", "u", "p", None)
    assert isinstance(secured.tls, ssl.SSLContext)
    assert (secured.port, secured.url) == (9, "mqtts://host:9")
    for bad in ("host", "http://host", "mqtt://", "mqtt://host:x"):
        with pytest.raises(SteelyardError, match="no address"):
            parse_url(bad, None, None, None)
    with pytest.raises(SteelyardError, match="certificates"):
        parse_url("mqtts://host", None, None, "/no/such/file")
