"""Uvicorn as this server needs it: no signals, a socket of ours, and what is no HTTP refused, counted and logged."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from steelyard.errors import SteelyardError
from steelyard.web.problems import written

KEEP_ALIVE_S, BACKLOG = 120, 256
LONGEST_HEAD, LONGEST_STALL_S = 1 << 19, 60
LONGEST_REQUEST_S = 10.0
MOST_CONNECTIONS = 600


class Listener(uvicorn.Server):
    """Uvicorn that leaves the signals of the process to who runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Line(HttpToolsProtocol):
    """One connection. Head and body of a request come soon; what is no HTTP is told so, and `noticed`.

    When there are too many connections, one on which nothing is asked just now gives way to a new one: rather one that
    nobody logged in on, of the host that has most, and that has been silent longest.
    """

    def __init__(self, *args: Any, noticed: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._noticed, self._head, self._in_head = noticed, 0, True
        self._late: asyncio.TimerHandle | None = None
        self.known, self.last_s = False, 0.0

    def connection_made(self, transport: Any) -> None:
        """A client is there; the first request must come soon."""
        if len(self.connections) >= MOST_CONNECTIONS:
            self._make_room()
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse a head that does not end."""
        self._head += len(data) if self._in_head else 0
        if self._head > LONGEST_HEAD:
            self.send_400_response("")
        else:
            super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._head, self._in_head = 0, False
        super().on_headers_complete()
        self._expect()

    def on_message_complete(self) -> None:
        """The next head may begin."""
        self._in_head = True
        self._expect_nothing()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request is answered."""
        session = self.cycle.scope.get("state", {}).get("session")
        self.known, self.last_s = session is not None and session.user != "anonymous", self.loop.time()
        super().on_response_complete()

    def _expect(self) -> None:
        """Wait for what must come, but not for long."""
        self._expect_nothing()
        self._late = self.loop.call_later(LONGEST_REQUEST_S, self._hang_up)
        self.last_s = self.loop.time()

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _hang_up(self) -> None:
        if self._head or not self._in_head:
            self._refuse("too-slow", f"a request comes within {LONGEST_REQUEST_S:.0f} s")
        else:
            self.transport.close()

    def _make_room(self) -> None:
        """Hang up on the connection that is least missed."""
        lines = [line for line in self.connections if isinstance(line, Line)]
        hosts = Counter(line.host for line in lines)
        idle = [line for line in lines if line.cycle is None or line.cycle.response_complete]
        if idle:
            least = min(idle, key=lambda line: (line.known, -hosts[line.host], line.last_s))
            self.connections.discard(least)
            least.transport.close()

    @property
    def host(self) -> str:
        """Where the client is."""
        return self.client[0] if self.client else "unknown"

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP that can be read, and hang up."""
        self._refuse("malformed", "this is no HTTP request, or its address is too long")

    def _refuse(self, kind: str, why: str) -> None:
        self._noticed("{}:{}".format(*self.client) if self.client else "unknown")
        status, media, text = written(kind, why, "")
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {media}\r\n"
        self.transport.write(f"{head}content-length: {len(text)}\r\nconnection: close\r\n\r\n".encode() + text)
        self.transport.close()


def listener(app: Any, noticed: Callable[[str], None]) -> Listener:
    """Return a server of an application; `noticed` is told from where something came that was no HTTP."""

    def line(*args: Any, **kwargs: Any) -> Line:
        return Line(*args, noticed=noticed, **kwargs)

    config = uvicorn.Config(
        app, http=line, ws="none", lifespan="off", log_config=None, log_level="critical", access_log=False,  # type: ignore[arg-type]
        server_header=False, proxy_headers=False, timeout_keep_alive=KEEP_ALIVE_S, backlog=BACKLOG,
    )  # fmt: skip
    return Listener(config)


def listening(host: str, port: int) -> socket.socket:
    """Return a bound socket; SteelyardError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # told so, asyncio sets TCP_NODELAY
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # who takes nothing for so long is gone, or as good as that
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * LONGEST_STALL_S)
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise SteelyardError(f"REST cannot listen on {host}:{port} ({error.strerror}); choose another port") from error
    found.setblocking(False)
    return found
