"""A site with real works behind a real OPC UA server, in a thread of its own, once for all tests of this room."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client

from steelyard.hub.recordings import Recording
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.live.works import LiveWorks
from steelyard.protocols.opcua.server import OpcUaServer

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def ladle_works(works_id: str, audit: Audit, folder: Path) -> LiveWorks:
    from steelyard.plant.limits import Watch, load_limits
    from steelyard.plant.works import open_works, shipped_values

    works = open_works(shipped_values(plant="100t"), seed=1)
    signals = works.board.signals
    return LiveWorks(
        works_id, works, "ladle_furnace", audit=audit, record=Recording(folder, works_id), epoch=EPOCH,
        title={"en": "ladle furnace station", "ko": "레이들로 스테이션"},
        watch=Watch(load_limits("ladle_furnace", signals), signals),
    )  # fmt: skip


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
        client = Client(self.url, timeout=timeout)
        client.name = "test"
        if user:
            client.set_user(user)
            client.set_password(self.users.passwords()[user])
        if locale:
            client.locale = [locale]
        return client

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
