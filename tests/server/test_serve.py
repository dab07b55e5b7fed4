"""`steelyard serve` from outside: what it opens, how it stops, what it refuses."""

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from steelyard.hub.recordings import CHUNKS, ROWS, open_recording

PROTOCOLS = {"rest", "opcua", "mqtt", "modbus"}


def steelyard(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "steelyard", *arguments], capture_output=True, text=True, timeout=120,
        env={**os.environ, "STEELYARD_HOME": str(home), "STEELYARD_LANG": "en", "COLUMNS": "120"},
    )  # fmt: skip


def port_of(url: str) -> int:
    return int(url.split("://")[1].split("/")[0].rpartition(":")[2])


def test_it_opens_loopback_only_and_stops_cleanly_within_two_seconds(served) -> None:
    server = served("hot_bar_line", "--speed", "100")
    assert {e["protocol"] for e in server.about["endpoints"]} >= PROTOCOLS
    own = _addresses(server.process.pid)
    assert own, "it listens somewhere"
    assert all(address.startswith("127.") for address in own), own
    with urllib.request.urlopen(server.url("rest").split("/api")[0] + "/api/v1/works", timeout=5) as answer:
        assert json.load(answer)
    wall, queued, spent = _stop(server)
    assert server.process.returncode == 0
    assert spent < 2.0, f"it took {spent:.1f} s of processor time to stop"
    assert wall - queued < 2.0, f"it took {wall:.1f} s to stop, {queued:.1f} s of these it waited for a processor"
    log = server.audit()
    kinds = [entry["kind"] for entry in log]
    assert kinds[0] == "started"
    assert kinds[-1] == "stopped"
    assert "unhandled" not in kinds
    assert log[-1]["lost_steps"] == 0
    assert set(log[-1]["counts"]) >= PROTOCOLS
    assert log[-1]["counts"]["rest"]["requests"] >= 1
    assert not list(server.home.glob("server/endpoints.json"))


def _stop(server: Any) -> tuple[float, float, float]:
    """Interrupt a server and wait for its end; return the seconds that took: of the wall, how many of these its threads
    were ready and waited for a processor (others were busy with other things), and of processor time."""
    folder, before = Path(f"/proc/{server.process.pid}"), resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
    ran, queued = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), _queued(folder)
    begun, seen = time.monotonic(), dict(queued)
    server.process.send_signal(signal.SIGINT)
    while server.process.poll() is None:
        assert time.monotonic() - begun < 60.0, "it does not stop"
        seen |= _queued(folder)
        time.sleep(0.01)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime - ran
    return wall, sum(seen[one] - queued.get(one, 0.0) for one in seen), spent


def _queued(folder: Path) -> dict[str, float]:
    """The seconds that each thread of a process has been ready and waited for a processor so far."""
    found = {}
    for thread in folder.glob("task/*"):
        with suppress(OSError, IndexError):
            found[thread.name] = int((thread / "schedstat").read_text().split()[1]) * 1e-9
    return found


def _addresses(pid: int) -> list[str]:
    """The local addresses on which a process listens, from the kernel's own table."""
    inodes = {os.readlink(f).split("[")[1][:-1] for f in Path(f"/proc/{pid}/fd").iterdir()
              if os.path.islink(f) and os.readlink(f).startswith("socket:")}  # fmt: skip
    found = []
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        part = line.split()
        if part[3] == "0A" and part[9] in inodes:
            found.append(socket.inet_ntoa(bytes.fromhex(part[1].split(":")[0])[::-1]))
    return found


def _steps(server: Any) -> int:
    with urllib.request.urlopen(f"{server.url('rest')}/api/v1/works/main", timeout=30) as answer:
        return int(json.load(answer)["steps"])


def test_a_killed_server_loses_nothing_but_the_last_chunk_and_starts_again(served) -> None:
    server = served("hot_bar_line", "--speed", "1000")
    while (made := _steps(server)) < 8 * ROWS:
        time.sleep(0.1)
    server.process.kill()
    server.process.wait()
    listed = steelyard(server.home, "hub", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    (name,) = [row["name"] for row in json.loads(listed.stdout) if row["kind"] == "recording"]
    times = open_recording(server.home, name).history(["live.lag"], 0.0, 1e9, 10**6)["time_s"]
    assert times.tolist() == list(map(float, range(1, len(times) + 1))), "no gap"
    assert len(times) >= made - CHUNKS * ROWS, "only what was in memory is gone"
    again = served("hot_bar_line", "--lock-step")
    assert again.about["users"] == server.about["users"]


def test_a_record_that_could_not_be_written_is_said_at_the_end(served) -> None:
    server = served("ladle_furnace", "--speed", "10", "--lang", "ko")
    (parts,) = server.home.glob("recordings/*/signals")
    shutil.rmtree(parts)
    goal = _steps(server) + 5
    while _steps(server) < goal:
        time.sleep(0.1)
    assert server.stop(signal.SIGINT, patience_s=60.0) == 1
    said = server.home.with_name(f"{server.home.name}-stderr.txt").read_text(encoding="utf-8")
    log = {entry["kind"]: entry for entry in server.audit()}
    steps = log["lost"]["steps"]
    assert steps >= 5
    assert f"마지막 {steps}개 스텝은 기록하지 못해" in said
    assert "모두 기록되었습니다" not in said
    assert log["stopped"]["lost_steps"] == steps


def test_two_servers_of_one_site_are_refused_and_two_sites_are_not(served) -> None:
    server = served("ladle_furnace", "--lock-step")
    second = steelyard(server.home, "serve", "ladle_furnace", "--http-port", "0")
    assert second.returncode == 2
    assert "runs already" in second.stderr
    other = served("ladle_furnace", "--lock-step", "--site", "second")
    assert other.about["folder"] != server.about["folder"]


@pytest.mark.parametrize("option", ["--http-port", "--opcua-port", "--mqtt-port", "--modbus-port"])
def test_a_port_in_use_is_said(option: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        off = [
            x for o in ("--http-port", "--opcua-port", "--mqtt-port", "--modbus-port") if o != option for x in (o, "-1")
        ]
        port = str(taken.getsockname()[1])
        refused = steelyard(tmp_path, "serve", "ladle_furnace", "--no-record", option, port, *off)
    assert refused.returncode == 2, refused.stderr
    assert "another port" in refused.stderr
    assert port in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("arguments, said", [
    (("no_such_works",), "hot_bar_line"),
    (("hot_bar_line", "--scenario", "nix"), "normal"),
    (("hot_bar_line", "--plant", "nix"), "pilot"),
    (("hot_bar_line", "--modbus-writer", "nix"), "controller"),
    (("hot_bar_line", "--site", "../up"), "letters"),
])  # fmt: skip
def test_what_does_not_exist_is_refused_with_what_does(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    refused = steelyard(tmp_path, "serve", *arguments, "--http-port", "0")
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_listening_beyond_loopback_is_said_plainly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "steelyard", "serve", "ladle_furnace", "--listen", "0.0.0.0", "--lock-step",
               "--http-port", "0", "--opcua-port", "0", "--mqtt-port", "0", "--modbus-port", "0"]  # fmt: skip
    environment = {**os.environ, "STEELYARD_HOME": str(tmp_path), "STEELYARD_LANG": "en", "COLUMNS": "80"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    seen = ""
    while "Ctrl-C" not in seen and (line := server.stdout.readline()):
        seen += line
    server.send_signal(signal.SIGTERM)
    assert server.wait(10) == 0
    assert "OPEN TO THE NETWORK" in seen
    assert "Modbus knows no login" in seen
    assert "0.0.0.0" in seen
    assert [line for line in seen.splitlines() if line.endswith("/api/v1/docs") and "described at http://" in line]


def test_users_are_listed_and_set(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "steelyard", "users", "set", "kim", "--role", "controller"], input="long-enough-1\n",
        capture_output=True, text=True, env={**os.environ, "STEELYARD_HOME": str(tmp_path)}, check=True,
    )  # fmt: skip
    assert "kim" in done.stdout
    listed = steelyard(tmp_path, "users", "list", "--json")
    names = {user["name"] for user in json.loads(listed.stdout)}
    assert {"engineer", "controller", "viewer", "kim"} <= names
    folder = tmp_path / "server"
    assert "long-enough-1" not in "".join(p.read_text() for p in folder.glob("*.json"))
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.glob("*.json"))
