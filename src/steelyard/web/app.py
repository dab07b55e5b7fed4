"""The REST server: FastAPI under /api/v1, served by uvicorn inside the loop that runs the works."""

import asyncio
import contextlib
import socket
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from steelyard import __version__
from steelyard.errors import SteelyardError
from steelyard.live.adapter import Endpoint
from steelyard.web import routes_server, routes_state, routes_works
from steelyard.web.desk import Desk
from steelyard.web.doors import ROOT, install
from steelyard.web.guard import Guard
from steelyard.web.listener import MOST_CONNECTIONS, Listener, listener, listening
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
SPARE_CONNECTIONS = 20


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
        self._server: Listener | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the port and answer; SteelyardError when the port is taken."""
        self._socket = listening(self._host, self._port)
        self._port = self._socket.getsockname()[1]
        desk = self._desk
        guard = Guard(application(desk), desk.counts, desk.site.audit, self._host, self._crowded)
        self._server = listener(guard, self._noise)
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

    def _crowded(self) -> bool:
        """Return whether there are so many connections that none of them can give way."""
        most = MOST_CONNECTIONS + SPARE_CONNECTIONS
        return self._server is not None and len(self._server.server_state.connections) > most

    def _noise(self, peer: str) -> None:
        """Count and log what was no HTTP."""
        self._desk.counts["malformed"] += 1
        self._desk.site.audit.note("malformed", via="rest", peer=peer, why="no HTTP request")

    def endpoints(self) -> list[Endpoint]:
        """Return where it listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        url = f"http://{host}:{self._port}"
        note = {lang: text.format(url=url + ROOT) for lang, text in NOTE.items()}
        return [Endpoint("rest", url, note)]

    def counts(self) -> dict[str, int]:
        """Return what passed so far: requests, values_out, writes, refused, malformed, encoded, dropped, clients."""
        return {**self._desk.counts, "clients": self._desk.clients()}
