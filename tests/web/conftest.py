"""A real REST server in a loop on a thread of its own: three works, one of them with a wire that fails."""

import asyncio
import base64
import contextlib
import http.client
import json
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest

from steelyard.hub.recordings import Recording
from steelyard.live.access import ROLES
from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.live.works import LiveWorks
from steelyard.plant.limits import Watch, load_limits
from steelyard.plant.scenarios import scenario
from steelyard.plant.wire_faults import Wire
from steelyard.server.open import open_process
from steelyard.web.app import WebServer

Result = TypeVar("Result")
Works = tuple[tuple[str, str, str], ...]
FUZZER_PASSWORD = "every-role-there-is"
WORKS: Works = (
    ("main", "hot_bar_line", "normal"),
    ("shaky", "hot_bar_line", "lost_connection"),
    ("ladle", "ladle_furnace", "normal"),
)


@dataclass
class Answer:
    """What came back: status, headers (small letters), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """A client of nothing but the standard library; keeps its connection."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self.port = urlsplit(url).port
        self.headers = headers or {}
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def __call__(self, method: str, path: str, body: Any = None, headers: Any = None, **query: Any) -> Answer:
        address = f"/api/v1{path}" + ("?" + urlencode(query, doseq=True) if query else "")
        kind = {"Content-Type": "application/json"} if body is not None else {}
        sent = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        self.connection.request(method, address, sent, kind | self.headers | (headers or {}))
        got = self.connection.getresponse()
        return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self(method, path, body, **query)
        assert answer.status < 300, answer.body
        return answer.json if answer.body else None


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@dataclass
class Running:
    """A running server and what stands behind it."""

    loop: asyncio.AbstractEventLoop
    site: Site
    server: WebServer
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        return self.server.endpoints()[0].url

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have a coroutine run in the server's loop; return its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def caller(self, user: str | None = None) -> Caller:
        """A client that speaks as a user by HTTP Basic; None reads anonymously."""
        return Caller(self.url, basic(user, self.passwords[user]) if user else {})

    def free_all(self) -> None:
        """Give back all leases of the main works, whoever left them."""

        async def free() -> None:
            leases = self.site.works["main"].leases
            for row in leases.table():
                holder = leases.holder(row["role"])
                if holder is not None:
                    leases.release(holder.session)

        self.do(free())

    def speaking(self, headers: dict[str, str], url: str | None = None) -> Caller:
        """A client with these headers, of this server or of the one at `url`."""
        return Caller(url or self.url, headers)

    def logged_in(self, user: str) -> Caller:
        """A client with a token of its own."""
        given = self.caller().ok("POST", "/login", {"user": user, "password": self.passwords[user]})
        return Caller(self.url, {"Authorization": f"Bearer {given['token']}"})


async def make_site(folder: Path, wanted: Works) -> Site:
    audit = Audit(folder / "server" / "audit.jsonl")
    site = Site("pilot", await asyncio.to_thread(Users, folder / "server"), audit, folder / "server")
    for works_id, process, story in wanted:
        plant = open_process(process, None, 1, story)
        faults, signals = scenario(process, story).wire, plant.board.signals
        works = LiveWorks(
            works_id, plant, process, audit=audit,
            record=Recording(folder, f"live-{works_id}") if works_id == "main" else None,
            wire=Wire(faults, signals, 1) if faults else None, watch=Watch(load_limits(process, signals), signals),
        )  # fmt: skip
        await works.open()
        await site.add(works)
    return site


@contextlib.contextmanager
def serving(folder: Path, works: Works = WORKS) -> Iterator[Running]:
    """Serve these works in a loop of their own; nothing unhandled may have been logged at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[Site, WebServer]:
        site = await make_site(folder, works)
        server = WebServer(site, "127.0.0.1", 0)
        await server.start()
        return site, server

    async def stop() -> None:
        await server.stop()
        for works_id in list(site.works):
            await site.remove(works_id)
        site.audit.close()

    site, server = asyncio.run_coroutine_threadsafe(start(), loop).result(120)
    yield Running(loop, site, server, site.users.passwords())
    assert site.audit.counts.get("unhandled", 0) == 0, site.audit.tail(50)
    asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("rest")) as found:
        yield found


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own, to be maltreated; one of its users has every role."""
    with serving(tmp_path_factory.mktemp("fuzz"), WORKS[:1]) as found:
        found.site.users.set("fuzzer", FUZZER_PASSWORD, list(ROLES))
        yield found


@pytest.fixture
def anyone(running: Running) -> Caller:
    return running.caller()


@pytest.fixture
def engineer(running: Running) -> Iterator[Caller]:
    """An engineer who leaves the works paused."""
    caller = running.caller("engineer")
    caller.ok("POST", "/works/main/pause")
    yield caller
    caller.ok("POST", "/works/main/pause")


@pytest.fixture
def controller(running: Running) -> Iterator[Caller]:
    """A controller with a token, who logs out at the end."""
    running.free_all()
    caller = running.logged_in("controller")
    yield caller
    caller("POST", "/logout")
