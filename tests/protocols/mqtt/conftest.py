"""A live line on MQTT in a loop of its own thread, and the clients of others: mosquitto, as processes."""

import asyncio
import contextlib
import dataclasses
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.live.works import LiveWorks
from steelyard.plant.frame import Frame
from steelyard.plant.line import open_line, shipped_line

ENGINEER = Session("engineer", frozenset({"engineer"}), "test")
BASE = "steelyard/v1/plant/main"


class Wire:
    """The wire of a works under test: cut it, or let frames come late or twice."""

    def __init__(self) -> None:
        self.cut, self.change = False, lambda frame: [frame]

    def copy(self) -> "Wire":
        return Wire()

    def pass_on(self, frame: Frame) -> list[Frame]:
        if self.cut:
            return [dataclasses.replace(frame, connected=False)]
        return self.change(frame)


class Plant:
    """A site with one live line and one MQTT adapter, all in a loop on a thread of its own."""

    def __init__(self, folder: Path, users: Path, **settings: Any) -> None:
        anonymous = settings.pop("anonymous", True)
        shutil.copytree(users, folder / "users")
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.site = Site("plant", Users(folder / "users"), Audit(folder / "audit.jsonl"), folder, anonymous)
        self.passwords, self.wire = self.site.users.passwords(), Wire()
        self._settings, self.stop_s = settings, 0.0
        self.do(self._start())

    async def _start(self) -> None:
        from steelyard.protocols.mqtt.publisher import MqttAdapter

        line = open_line(shipped_line(), 1)
        self.works = LiveWorks("main", line, "hot_bar_line", audit=self.site.audit, wire=self.wire)
        await self.works.open()
        await self.site.add(self.works)
        await self._advance(1)
        self.adapter = MqttAdapter(self.site, **{"port": 0, **self._settings})
        await self.adapter.start()
        self.port = int(self.adapter.endpoints()[0].url.rsplit(":", 1)[1])

    def do(self, work: Coroutine[Any, Any, Any], patience_s: float = 20.0) -> Any:
        """Run a coroutine in the plant's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(patience_s)

    def advance(self, n: int = 1) -> Frame:
        return self.do(self._advance(n))

    async def _advance(self, n: int) -> Frame:
        """Advance, and leave the clock to the clients of the test."""
        frame = await self.works.advance(ENGINEER, n)
        self.works.leases.release(ENGINEER)
        return frame

    def read(self, name: str) -> float:
        return self.works.works.board.read([name])[0]

    def audit(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.site.audit.tail(1000) if entry["kind"] == kind]

    def stop_mqtt(self) -> None:
        begun = time.monotonic()
        self.do(self.adapter.stop())
        self.stop_s = time.monotonic() - begun

    def close(self) -> None:
        if not self.stop_s:
            self.stop_mqtt()
        self.do(self.works.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


@pytest.fixture(scope="session")
def users_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users with their passwords, made once: hashing takes a while."""
    folder = tmp_path_factory.mktemp("users")
    Users(folder)
    return folder


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory, users_folder: Path) -> Iterator[Plant]:
    """A line on the embedded broker."""
    found = Plant(tmp_path_factory.mktemp("plant") / "site", users_folder)
    yield found
    found.close()
    assert found.site.audit.counts.get("unhandled", 0) == 0, found.audit("unhandled")


@pytest.fixture
def another(tmp_path: Path, users_folder: Path) -> Iterator[Callable[..., Plant]]:
    """A factory of further plants: ``another(tls=True)``."""
    made: list[Plant] = []

    def make(**settings: Any) -> Plant:
        made.append(Plant(tmp_path / f"site-{len(made)}", users_folder, **settings))
        return made[-1]

    yield make
    for found in made:
        found.close()
        assert found.site.audit.counts.get("unhandled", 0) == 0, found.audit("unhandled")


def foreign(name: str) -> str:
    """Return the path of somebody else's program; skipped without it, but in CI it must be there."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path is None:
        assert os.environ.get("STEELYARD_FOREIGN") != "1", f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return path


class Mosquitto:
    """The command-line clients of mosquitto, towards one port."""

    def __init__(self, port: int, passwords: dict[str, str], *more: str) -> None:
        self.port, self._passwords, self._more = port, passwords, more

    def _base(self, program: str, user: str | None) -> list[str]:
        login = ["-u", user, "-P", self._passwords.get(user, user)] if user else []
        return [foreign(program), "-h", "127.0.0.1", "-p", str(self.port), *login, *self._more]

    def publish(self, topic: str, payload: object, *, user: str | None = None, more: tuple[str, ...] = ()) -> int:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        command = [*self._base("mosquitto_pub", user), "-t", topic, "-m", text, *more]
        return subprocess.run(command, capture_output=True, timeout=20).returncode

    def take(
        self, topic: str, count: int = 1, *, user: str | None = None, patience_s: int = 10
    ) -> list[tuple[str, str]]:
        """Return the first `count` messages as (topic, payload)."""
        with self.listen(topic, count=count, user=user, patience_s=patience_s) as heard:
            pass
        return heard

    @contextlib.contextmanager
    def listen(
        self, topic: str, *, count: int, user: str | None = None, patience_s: int = 10, binary: bool = False
    ) -> Iterator[list[tuple[str, str]]]:
        """Listen while the block runs, then until `count` messages are there (or patience ends)."""
        form = "%t %x" if binary else "%t %p"
        command = [*self._base("mosquitto_sub", user), "-t", topic, "-C", str(count), "-W", str(patience_s), "-F", form]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
        heard: list[tuple[str, str]] = []
        try:
            time.sleep(0.25)
            yield heard
            out, _ = process.communicate(timeout=patience_s + 5)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        for line in out.splitlines():
            name, _, payload = line.partition(" ")
            heard.append((name, payload))


@pytest.fixture
def need() -> Callable[[str], str]:
    return foreign


@pytest.fixture
def mosquitto() -> type[Mosquitto]:
    return Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a real mosquitto from a folder with its mosquitto.conf; the factory returns what starts and ends it."""
    running: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
        log = (folder / "log").open("ab")
        process = subprocess.Popen([foreign("mosquitto"), "-c", str(folder / "mosquitto.conf")], stdout=log, stderr=log)
        running.append(process)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return process
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((folder / "log").read_text())

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago, for programs that cannot choose one themselves."""
    return free_port()


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until something holds; fail after a while."""

    def wait(holds: Callable[[], Any], patience_s: float = 10.0, what: str = "") -> None:
        end = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < end, what or "it did not come about"
            time.sleep(0.02)

    return wait
