"""A site with real works behind a real OPC UA server, in a thread of its own, once for all tests of this room."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asyncua import Client

from steelyard.hub.recordings import Recording
from steelyard.live.access import Leases
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.live.works import LiveWorks
from steelyard.plant.frame import Frame
from steelyard.protocols.opcua.server import OpcUaServer
from steelyard.signals import Quantity, Signal

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


LIMITS = """
[limit.second_heat]
signals = ["ladle_furnace.heat_number"]
high = { value = 1.5, unit = "1" }
severity = 100
text = { en = "the second heat is here", ko = "두 번째 히트 도착" }
source = "assumed: an alarm that comes for sure when the plant runs for some hours"
"""


def ladle_works(works_id: str, audit: Audit, folder: Path) -> LiveWorks:
    from steelyard.plant.limits import Watch, load_limits
    from steelyard.plant.works import open_works, shipped_values

    works = open_works(shipped_values(plant="100t"), seed=1)
    signals = works.board.signals
    (folder / "limits.toml").write_text(LIMITS, encoding="utf-8")
    own = load_limits("ladle_furnace", signals, folder / "limits.toml")
    return LiveWorks(
        works_id, works, "ladle_furnace", audit=audit, record=Recording(folder, works_id), epoch=EPOCH,
        title={"en": "ladle furnace station", "ko": "레이들로 스테이션"},
        watch=Watch([*own, *load_limits("ladle_furnace", signals)], signals),
    )  # fmt: skip


class Synthetic:
    """A works whose frames a test makes: what an adapter needs of a works, and no plant behind it."""

    process, title = "synthetic", {"en": "synthetic", "ko": "합성"}

    def __init__(self, works_id: str, count: int, low: float = 0.0, high: float = 1000.0) -> None:
        self.id, self.leases, self.listeners = works_id, Leases(), []
        self.signals = {f"bench.v{k}": Signal(f"bench.v{k}", Quantity("1", f"value {k}", low, high))
                        for k in range(count)}  # fmt: skip
        self.frame = self.made(0)

    def made(self, step: int, values: Any = None, status: Any = None, offset: Any = None, **more: Any) -> Frame:
        count = len(self.signals)
        return Frame(
            step, more.pop("time_s", float(step)),
            np.full(count, float(step)) if values is None else np.array(values, dtype=float),
            np.zeros(count, np.uint8) if status is None else np.array(status, dtype=np.uint8),
            np.zeros(count) if offset is None else np.array(offset, dtype=float), **more,
        )  # fmt: skip

    def stamp(self, time_s: float) -> datetime:
        return EPOCH + timedelta(seconds=time_s)

    def subscribe(self, listener: Any) -> Any:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    async def show(self, frame: Frame) -> None:
        self.frame = frame
        for listener in self.listeners:
            await listener(frame)

    async def close(self) -> None:
        """Nothing is open."""


class Served:
    """A server in a thread: `do` runs a coroutine in its loop."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.audit = Audit(folder / "audit.jsonl")
        self.users = Users(folder)
        self.site = Site("test", self.users, self.audit, folder, **settings)
        self.server = OpcUaServer(self.site, "127.0.0.1", 0)
        self.do(self._start())

    async def _start(self) -> None:
        self.works = ladle_works("main", self.audit, self.folder)
        await self.works.open()
        await self.site.add(self.works)
        await self.server.start()

    @property
    def url(self) -> str:
        return self.server.endpoints()[0].url

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def client(self, user: str | None = None, *, locale: str | None = None, timeout: float = 20) -> Client:
        """A client that is not connected yet; with a user it logs in with the password of the first start."""
        client = Client(self.url, timeout=timeout, watchdog_intervall=30)
        client.name = "test"
        if user:
            client.set_user(user)
            client.set_password(self.users.passwords()[user])
        if locale:
            client.locale = [locale]
        return client

    @contextmanager
    def synthetic(self, count: int, works_id: str = "synthetic") -> Iterator[Synthetic]:
        """A works of `count` signals ``bench.v0``… that is on the wire for a while."""
        works = Synthetic(works_id, count)
        self.do(self.site.add(works))
        try:
            yield works
        finally:
            if works_id in self.site.works:
                self.do(self.site.remove(works_id))

    def close(self) -> None:
        self.do(self.server.stop())
        for works_id in list(self.site.works):
            self.do(self.site.remove(works_id))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.audit.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that all tests share; a test leaves the works paused and the leases free."""
    server = Served(tmp_path_factory.mktemp("opcua"))
    yield server
    server.close()
