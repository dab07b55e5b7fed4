"""`steelyard replay` as a user starts it: what goes over REST is what was recorded, to the last bit and microsecond."""

import asyncio
import base64
import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymodbus.client import ModbusTcpClient

from steelyard.hub.ingest import import_dataset
from steelyard.hub.store import open_store
from steelyard.hub.tracks import MICRO, Tracks, read_tracks
from steelyard.studies.samples import copy_samples

PORTS = ("--http-port", "0", "--mqtt-port", "-1", "--modbus-port", "0")
NO_OPCUA = ("--opcua-port", "-1")
SECONDS = 3000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the packaged synthetic heats."""
    folder = tmp_path_factory.mktemp("served")
    copy_samples(folder / "heats", "heats")
    store = open_store(folder / "home")
    import_dataset("ladle-furnace", folder / "heats", "heats", store=store)
    store.close()
    return folder / "home"


@contextmanager
def replaying(home: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run `steelyard replay` beside the test and give what it says when it is ready; it must stop cleanly."""
    command = [sys.executable, "-m", "steelyard", "replay", "heats", *arguments, *PORTS, "--json"]
    with (home / "stderr.txt").open("w") as stderr:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=os.environ | {"STEELYARD_HOME": str(home)}
        )
    try:
        assert process.stdout is not None
        select.select([process.stdout], [], [], 60)
        line = process.stdout.readline()
        assert line, (home / "stderr.txt").read_text()
        yield json.loads(line)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0, (home / "stderr.txt").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class Desk:
    """The engineer at the REST interface."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._base = next(e["url"] for e in about["endpoints"] if e["protocol"] == "rest").rstrip("/")
        password = json.loads(Path(about["passwords_file"]).read_text())["engineer"]
        self._login = "Basic " + base64.b64encode(f"engineer:{password}".encode()).decode()

    def history(self, name: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._base}/api/v1/works/main/history?names={name}", timeout=30) as answer:
            return dict(json.load(answer))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self._base}/api/v1/works/main/{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": self._login},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer))


def recorded(tracks: Tracks, seconds: float) -> dict[str, list[tuple[datetime, float]]]:
    """All recorded (time, value) of the first seconds, signal by signal."""
    zero, first = datetime.fromisoformat("1970-01-01T00:00:00+00:00"), min(int(t.times[0]) for t in tracks.tracks)
    found: dict[str, list[tuple[datetime, float]]] = {}
    for track in tracks.tracks:
        for row in range(int(np.searchsorted(track.times, first + seconds * MICRO, "right"))):
            for k in np.flatnonzero(track.given[row]):
                moment = zero + timedelta(microseconds=int(track.times[row]))
                found.setdefault(track.channels[k].name, []).append((moment, float(track.values[row, k])))
    return found


def test_over_rest_every_value_comes_in_order_with_its_own_time(home: Path) -> None:
    tracks = read_tracks(open_store(home), "heats")
    wanted = recorded(tracks, SECONDS)
    rows = sum(
        int(np.searchsorted(t.times, min(int(x.times[0]) for x in tracks.tracks) + SECONDS * MICRO, "right"))
        for t in tracks.tracks
    )
    got: dict[str, list[tuple[datetime, float]]] = {name: [] for name in wanted}
    options = (
        *NO_OPCUA,
        "--lock-step",
        "--spread",
        "--timestamps",
        "original",
        "--max-gap",
        "5",
        "--until",
        str(SECONDS),
    )
    with replaying(home, *options) as about:
        desk = Desk(about)
        for _ in range(5000):
            frame = desk.post("advance", {"n": 1, "read": ["*"]})
            moment = datetime.fromisoformat(frame["time"])
            for name in wanted:
                value = frame["values"][name]
                if value is None:
                    continue
                stamp = moment + timedelta(seconds=frame["offset_s"].get(name, 0.0))
                if not got[name] or got[name][-1] != (stamp, value):
                    got[name].append((stamp, value))
            if frame["values"]["replay.progress"] == 100.0:
                break
    assert frame["values"]["replay.events"] == rows
    assert sum(map(len, wanted.values())) > 50
    for name, pairs in wanted.items():
        assert got[name] == [p for k, p in enumerate(pairs) if k == 0 or p != pairs[k - 1]], name


class Listener:
    """Keeps what an OPC UA subscription says: for each node its (source time, value), repeated values left out."""

    def __init__(self) -> None:
        self.got: dict[str, list[tuple[datetime, float]]] = {}

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        shown = self.got.setdefault(str(node.nodeid), [])
        if value is not None and not np.isnan(value) and (not shown or shown[-1][1] != value):
            shown.append((data.monitored_item.Value.SourceTimestamp.replace(tzinfo=UTC), value))


async def _variables(node: Any, path: str = "") -> dict[str, Any]:
    """All variables under a node by their path of browse names."""
    from asyncua import ua

    found: dict[str, Any] = {}
    for child in await node.get_children(nodeclassmask=ua.NodeClass.Variable | ua.NodeClass.Object):
        name = (await child.read_browse_name()).Name
        if await child.read_node_class() == ua.NodeClass.Variable:
            found[f"{path}{name}"] = child
        elif name not in ("Server", "DeviceSet", "Machines", "Aliases"):
            found |= await _variables(child, f"{path}{name}/")
    return found


async def _subscribed(about: dict[str, Any], names: list[str]) -> dict[str, list[tuple[datetime, float]]]:
    """Run the replay with its clock at ×50 and return what a subscriber over OPC UA got, by signal."""
    from asyncua import Client

    url = next(e["url"] for e in about["endpoints"] if e["protocol"] == "opcua")
    listener, desk = Listener(), Desk(about)
    async with Client(url) as client:
        variables = await _variables(client.nodes.objects)
        ends = {name: name.replace(".", "/", 1) for name in [*names, "replay.progress"]}
        nodes = {name: next(v for path, v in variables.items() if path.endswith(end)) for name, end in ends.items()}
        subscription = await client.create_subscription(50, listener)
        await subscription.subscribe_data_change(list(nodes.values()), queuesize=1000)
        await asyncio.to_thread(desk.post, "run", {"speed": 50})
        for _ in range(400):
            await asyncio.sleep(0.1)
            if listener.got.get(str(nodes["replay.progress"].nodeid), [(None, 0.0)])[-1:][0][1] == 100.0:
                break
        await asyncio.sleep(0.5)
    return {name: listener.got.get(str(nodes[name].nodeid), []) for name in names}


@pytest.mark.slow
def test_a_subscriber_over_opc_ua_misses_no_value_of_a_running_replay(home: Path) -> None:
    wanted = recorded(read_tracks(open_store(home), "heats"), 2 * SECONDS)
    options = ("--speed", "50", "--lock-step", "--spread", "--timestamps", "original", "--max-gap", "10")
    with replaying(home, *options, "--opcua-port", "0", "--until", str(2 * SECONDS)) as about:
        got = asyncio.run(_subscribed(about, list(wanted)))
    assert sum(map(len, got.values())) > 50
    for name, pairs in wanted.items():  # a subscription tells of changed values only
        assert got[name] == [p for k, p in enumerate(pairs) if k == 0 or p[1] != pairs[k - 1][1]], name


def test_running_it_is_paused_stepped_and_seen_over_modbus(home: Path) -> None:
    with replaying(home, *NO_OPCUA, "--speed", "100") as about:
        port = int(next(e["url"] for e in about["endpoints"] if e["protocol"] == "modbus").rpartition(":")[2])
        desk, client = Desk(about), ModbusTcpClient("127.0.0.1", port=port)
        assert client.connect()
        desk.post("pause", {})
        before = desk.post("advance", {"n": 1, "read": ["heating.*", "replay.progress"]})
        after = desk.post("advance", {"n": 600, "read": ["heating.*", "dip.temperature", "replay.progress"]})
        assert after["time_s"] == before["time_s"] + 600.0
        assert after["values"]["replay.progress"] > before["values"]["replay.progress"]
        names = [s.name for t in read_tracks(open_store(home), "heats").tracks for s in t.channels]
        for name in ("heating.active_energy", "dip.temperature"):
            words = client.read_input_registers(1000 + 2 * names.index(name), count=2).registers
            assert np.array(words, dtype=">u2").view(">f4")[0] == np.float32(after["values"][name])
        assert client.write_registers(0, [0, 0]).isError()
        past = desk.history("dip.temperature")
        assert past["columns"]["dip.temperature"][-1] == after["values"]["dip.temperature"]
        client.close()


def test_a_data_set_without_times_says_so(home: Path, tmp_path: Path) -> None:
    (tmp_path / "lots.csv").write_text("lot,hardness\n1,300\n2,310\n")
    import_dataset("table", tmp_path / "lots.csv", "lots", store=open_store(home), replace=True)
    ran = subprocess.run(
        [sys.executable, "-m", "steelyard", "replay", "lots"],
        capture_output=True, text=True, timeout=60, env=os.environ | {"STEELYARD_HOME": str(home)},
    )  # fmt: skip
    assert ran.returncode == 2
    assert "no column of times" in ran.stderr
    assert "Traceback" not in ran.stderr
