"""A real line on a real Modbus server, in a loop of its own thread; tests talk to it through sockets."""

import asyncio
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import ModbusTcpClient

from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.works import LiveWorks
from steelyard.plant.frame import Frame
from steelyard.plant.line import open_line, shipped_line
from steelyard.protocols.modbus.server import ModbusServer

ENGINEER = Session("engineer", frozenset({"engineer"}), "test")


class Cable:
    """The wire between plant and readers: a test can pull it out; signal 3 is never measured, signal 5 doubtful."""

    def __init__(self) -> None:
        self.pulled = False

    def pass_on(self, frame: Frame) -> list[Frame]:
        """Hand a frame on, marked when the wire is down."""
        values, status = frame.values.copy(), frame.status.copy()
        values[3], status[3], status[5] = float("nan"), 2, 1
        return [replace(frame, connected=not self.pulled, values=values, status=status)]

    def copy(self) -> "Cable":
        """Return itself: there is one cable."""
        return self


@dataclass
class Plant:
    """A site with one line, and its Modbus server."""

    site: Site
    works: LiveWorks
    cable: Cable
    server: ModbusServer
    call: Callable[[Coroutine[Any, Any, Any]], Any]

    @property
    def port(self) -> int:
        return int(self.server.endpoints()[0].url.rpartition(":")[2])

    def step(self, n: int = 1) -> Frame:
        return self.call(self.works.advance(ENGINEER, n))

    def run(self, speed: float) -> None:
        self.call(self.works.run(ENGINEER, speed))

    def pause(self) -> None:
        self.call(self.works.pause(ENGINEER))

    def client(self) -> ModbusTcpClient:
        found = ModbusTcpClient("127.0.0.1", port=self.port, retries=0, timeout=5)
        assert found.connect()
        return found

    def setpoints(self) -> list[float]:
        names = [name for name, signal in self.works.signals.items() if signal.writable]
        return self.works.works.board.read(names)


@pytest.fixture(scope="session")
def call() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine in the loop of the servers and return its result."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _open(folder: Path, **options: Any) -> tuple[Site, LiveWorks, Cable, ModbusServer]:
    audit, cable = Audit(folder / "audit.jsonl"), Cable()
    works = LiveWorks("main", open_line(shipped_line(), 1), "hot_bar_line", audit=audit, wire=cable)
    await works.open()
    site = Site("test", None, audit, folder)  # type: ignore[arg-type]  nobody logs in over Modbus
    await site.add(works)
    server = ModbusServer(site, "127.0.0.1", 0, **options)
    await server.start()
    return site, works, cable, server


async def _close(plant: Plant) -> None:
    await plant.server.stop()
    for works_id in list(plant.site.works):
        await plant.site.remove(works_id)
    plant.site.audit.close()


@pytest.fixture(scope="session")
def writable(tmp_path_factory: pytest.TempPathFactory, call: Any) -> Iterator[Plant]:
    """A line whose registers the controller may write."""
    plant = Plant(*call(_open(tmp_path_factory.mktemp("writable"), writer="controller")), call)
    plant.step(100)
    yield plant
    call(_close(plant))


@pytest.fixture(scope="session")
def readable(tmp_path_factory: pytest.TempPathFactory, call: Any) -> Iterator[Plant]:
    """A line that can only be read, by eight clients at most, four of one host, who must not dream."""
    plant = Plant(*call(_open(tmp_path_factory.mktemp("readable"), most_clients=8, idle_s=1.0)), call)
    plant.step(100)
    yield plant
    call(_close(plant))


@pytest.fixture(scope="session")
def mbpoll() -> Callable[..., tuple[int, str]]:
    """Run mbpoll (not ours) and return its exit code and what it said."""
    path = shutil.which("mbpoll")
    if path is None:
        if os.environ.get("STEELYARD_FOREIGN"):
            pytest.fail("mbpoll is not installed, and STEELYARD_FOREIGN asks for it")
        pytest.skip("mbpoll is not installed (Debian: apt-get install mbpoll)")

    def run(port: int, *arguments: str) -> tuple[int, str]:
        ran = subprocess.run(
            [path, "-m", "tcp", "-p", str(port), "-0", "-1", *arguments],
            capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        return ran.returncode, ran.stdout + ran.stderr

    return run
