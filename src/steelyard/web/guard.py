"""The door: what every request passes before and every answer passes after the routes.

A works on the loopback answers only to names of the loopback (a web page cannot rebind its own name to it); a page of
another origin may not ask; a body has a length; each answer carries headers that tell a browser to stay strict.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import HTTPException

from steelyard.web.korean import said_in_korean
from steelyard.web.problems import language_of, problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_PORT = re.compile(r":\d*$")
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
LONGEST_BODY = 1 << 20
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
]


class Guard:
    """Stands around the application."""

    def __init__(
        self, app: Any, counts: dict[str, int], audit: Any, host: str, crowded: Callable[[], bool]
    ) -> None:  # fmt: skip
        """`host` is where the server listens; while it is `crowded` nobody else is answered."""
        self._app, self._counts, self._audit, self._crowded = app, counts, audit, crowded
        self._hosts = LOOPBACK if host in LOOPBACK | {"::1"} else None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        self._counts["requests"] += 1
        headers = dict(reversed(scope["headers"]))
        peer = "{}:{}".format(*(scope.get("client") or ("unknown", 0)))
        scope.setdefault("state", {})["peer"] = peer
        guarded = _Answer(send)
        refusal = self._refusal(headers)
        if refusal is not None:
            self._counts["refused"] += 1
            self._audit.note("refused", via="rest", peer=peer, where=scope["path"][:200], why=refusal[1])
            language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
            kind, why = refusal
            why = said_in_korean(why) if language == "ko" else why
            await problem(kind, why, scope["path"], language)(scope, receive, guarded)
            return
        try:
            await self._app(scope, _bounded(receive), guarded)
        except Exception as error:
            if not guarded.began:
                raise
            if not guarded.failed:
                self._audit.note("unhandled", via="rest", peer=peer, where=scope["path"][:200], why=repr(error)[:500])

    def _refusal(self, headers: dict[bytes, bytes]) -> tuple[str, str] | None:
        """Return the kind and the reason of a refusal at the door, None when the request may pass."""
        if self._crowded():
            return "busy", "too many connections are open; close some"
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self._hosts is not None and _name(host) not in self._hosts:
            return "not-allowed", f"this server answers to localhost and 127.0.0.1 only, not to {host[:100]!r}"
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and origin.partition("://")[2] != host:
            return "not-allowed", f"pages of {origin[:100]!r} may not ask this server"
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            return "too-large", f"a body has at most {LONGEST_BODY} bytes"
        return None


class _Answer:
    """Sends an answer on with the headers of the house; knows whether it began and whether it says 500."""

    def __init__(self, send: Send) -> None:
        self._send, self.began, self.failed = send, False, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began, self.failed = True, message["status"] >= 500
            have = {name.lower() for name, _ in message["headers"]}
            cache = [] if b"cache-control" in have else [(b"cache-control", b"no-store")]
            message["headers"] = [*message["headers"], *HEADERS, *cache]
        await self._send(message)


def _bounded(receive: Receive) -> Receive:
    """Return a `receive` that refuses a body which turns out longer than it may be."""
    got = 0

    async def bounded() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > LONGEST_BODY:
            raise HTTPException(413, f"a body has at most {LONGEST_BODY} bytes")
        return message

    return bounded


def _name(host: str) -> str:
    """Return a Host header without its port.

    >>> _name("localhost:8080"), _name("[::1]:8080"), _name("[::1].evil.example")
    ('localhost', '[::1]', '[::1].evil.example')
    """
    return _PORT.sub("", host)
