"""The client's end of a works on the wire, for a solution that is connected from elsewhere: read, write, exchange.

A link may be used from one thread. What the works refuses raises `Refused`; what breaks the connection `LinkError`.
"""

import http.client
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from steelyard.errors import SteelyardError

TIMEOUT_S = 30.0
FRESH_S = 1.0  # a connection that rested longer is opened anew: the server may have closed it


class LinkError(SteelyardError):
    """The works cannot be reached (any more)."""


class Refused(SteelyardError):
    """The works does not do what was asked."""


class Link(Protocol):
    """A connection to one works. `native`: values are read from and written to signals, beside the exchange."""

    native: bool

    def exchange(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Give a message of a solution to a trial; return the next question."""

    def read(self, names: Iterable[str]) -> tuple[float, dict[str, float | None]]:
        """Return the plant time [s] and the values of these signals in trade units, None where nothing is measured."""

    def write(self, values: Mapping[str, float]) -> None:
        """Write set-points in trade units."""

    def advance(self, n: int) -> None:
        """Make `n` steps."""

    def status(self) -> dict[str, Any]:
        """Return at least ``running`` and ``time_s``."""

    def signals(self) -> list[str]:
        """Return the names of all signals."""

    def close(self) -> None:
        """Disconnect; leases are given back."""


class RestLink:
    """A works over HTTP(S): values are read by GET, set-points are written by POST."""

    native = True

    def __init__(self, url: str, user: str, password: str, works: str) -> None:
        """Log in; LinkError when the server cannot be reached, Refused when it does not let us in."""
        place = urlsplit(url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        self._used = 0.0
        self._connection = kind(place.hostname or "127.0.0.1", place.port, timeout=TIMEOUT_S)
        self._root, self._works = place.path.rstrip("/") + "/api/v1", f"/works/{quote(works, safe='')}"
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if user:
            token = self._ask("POST", "/login", {"user": user, "password": password})["token"]
            self._headers["Authorization"] = f"Bearer {token}"

    def exchange(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See `Link`."""
        found: dict[str, Any] = self._ask("POST", f"{self._works}/exchange", message)
        return found

    def read(self, names: Iterable[str]) -> tuple[float, dict[str, float | None]]:
        """See `Link`."""
        said = self._ask("GET", f"{self._works}/values?{urlencode([('names', name) for name in names])}")
        bad = {name for name, status in said["status"].items() if status == "bad"}
        return float(said["time_s"]), {name: None if name in bad else v for name, v in said["values"].items()}

    def write(self, values: Mapping[str, float]) -> None:
        """See `Link`."""
        self._ask("POST", f"{self._works}/write", {"set": dict(values)})

    def advance(self, n: int) -> None:
        """See `Link`."""
        self._ask("POST", f"{self._works}/advance", {"n": n})

    def status(self) -> dict[str, Any]:
        """See `Link`."""
        found: dict[str, Any] = self._ask("GET", self._works)
        return found

    def signals(self) -> list[str]:
        """See `Link`."""
        return [str(one["name"]) for one in self._ask("GET", f"{self._works}/signals")]

    def close(self) -> None:
        """See `Link`."""
        try:
            if "Authorization" in self._headers:
                self._ask("POST", "/logout")
        except SteelyardError:
            pass
        self._connection.close()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return what an address answers, as plain data."""
        text = None if body is None else json.dumps(body, ensure_ascii=False)
        if time.monotonic() - self._used > FRESH_S:
            self._connection.close()
        try:
            self._connection.request(method, self._root + path, text and text.encode(), self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
            self._used = time.monotonic()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise LinkError(f"the server at {self._connection.host}:{self._connection.port} does not answer "
                            f"({error or type(error).__name__})") from error  # fmt: skip
        if answer.status >= 400:
            raise Refused(f"{answer.status} {_detail(said)}")
        return json.loads(said) if said else None


def _detail(said: bytes) -> str:
    try:
        found = json.loads(said)
        return str(found.get("detail") or found.get("title") or found)[:300]
    except (ValueError, AttributeError):
        return said.decode("utf-8", "replace")[:300]
