"""Uvicorn as this server needs it: no signals, a socket of ours, and what is no HTTP refused, counted and logged."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from steelyard.errors import SteelyardError
from steelyard.web.problems import written

KEEP_ALIVE_S, BACKLOG = 120, 256
LONGEST_HEAD, LONGEST_STALL_S = 1 << 19, 60


class Listener(uvicorn.Server):
    """Uvicorn that leaves the signals of the process to who runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Line(HttpToolsProtocol):
    """One connection. What comes before a body has an end; what is no HTTP is told so, and `noticed`."""

    def __init__(self, *args: Any, noticed: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._noticed, self._head, self._in_head = noticed, 0, True

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse a head that does not end."""
        self._head += len(data) if self._in_head else 0
        if self._head > LONGEST_HEAD:
            self.send_400_response("")
        else:
            super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._head, self._in_head = 0, False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head may begin."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP that can be read, and hang up."""
        self._noticed("{}:{}".format(*self.client) if self.client else "unknown")
        status, media, text = written("malformed", "this is no HTTP request, or its address is too long", "")
        head = f"HTTP/1.1 {status} Bad Request\r\ncontent-type: {media}\r\ncontent-length: {len(text)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + text)
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
