"""The REST server: FastAPI under /api/v1, served by uvicorn inside the loop that runs the works."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from steelyard import __version__
from steelyard.errors import SteelyardError
from steelyard.protocols.adapter import Endpoint
from steelyard.web import routes_server, routes_state, routes_works
from steelyard.web.desk import Desk
from steelyard.web.doors import ROOT, install
from steelyard.web.guard import Guard
from steelyard.web.problems import answer
from steelyard.web.sessions import TOKEN_LIFE_S

DESCRIPTION = (
    "The works on the wire: read, write with a role and its lease, advance in lock-step, or follow it live. "
    "Values are in trade units; null where nothing was measured; time stamps are the plant's."
)
NOTE = {
    "en": "REST and live stream; described at {url}/docs",
    "ko": "REST와 실시간 스트림; 설명은 {url}/docs",
}
LONGEST_GOODBYE_S = 0.4
KEEP_ALIVE_S, MOST_CONNECTIONS, BACKLOG = 120, 600, 256


def application(desk: Desk) -> FastAPI:
    """Return the application over a desk."""
    app = FastAPI(
        title="Steelyard", version=__version__, description=DESCRIPTION, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.desk = desk
    for kind in (SteelyardError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answer)
    for table in (routes_works, routes_state, routes_server):
        install(app, table.ROUTES)
    return app


class WebServer:
    """REST and the live stream of a site; an `Adapter`."""

    def __init__(self, site: Any, host: str, port: int, *, token_life_s: float = TOKEN_LIFE_S) -> None:
        """`port` 0 takes a free one; `token_life_s` is how long a login lasts [s]."""
        self._desk, self._host, self._port = Desk(site, token_life_s), host, port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the port and answer; SteelyardError when the port is taken."""
        self._socket = _listen(self._host, self._port)
        self._port = self._socket.getsockname()[1]
        desk = self._desk
        config = uvicorn.Config(
            Guard(application(desk), desk.counts, desk.site.audit, self._host), http="httptools", ws="none",
            lifespan="off", log_config=None, access_log=False, server_header=False, proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S, limit_concurrency=MOST_CONNECTIONS, backlog=BACKLOG,
        )  # fmt: skip
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        self._server = _Server(config)
        desk.open()
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End the streams and close the port."""
        await self._desk.close()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._task), LONGEST_GOODBYE_S)
            self._server.force_exit = True
            for task in self._server.server_state.tasks:
                task.cancel()
            await self._task

    def endpoints(self) -> list[Endpoint]:
        """Return where it listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        url = f"http://{host}:{self._port}"
        note = {lang: text.format(url=url + ROOT) for lang, text in NOTE.items()}
        return [Endpoint("rest", url, note)]

    def counts(self) -> dict[str, int]:
        """Return what passed so far: requests, values_out, writes, refused, malformed, encoded, dropped, clients."""
        return {**self._desk.counts, "clients": self._desk.clients()}


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals of the process to who runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # told so, asyncio sets TCP_NODELAY
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise SteelyardError(f"REST cannot listen on {host}:{port} ({error.strerror}); choose another port") from error
    found.setblocking(False)
    return found
