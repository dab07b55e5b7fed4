"""A small client of the REST interface, standard library only: what `steelyard live` speaks with a server."""

import base64
import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from steelyard.errors import AccessError, SteelyardError, UnitError
from steelyard.units import to_si

ROOT = "/api/v1"
DEFAULT_URL = "http://127.0.0.1:8080"
ANSWER_S, SILENCE_S = 300.0, 60.0
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*")


def seconds(text: str) -> float:
    """Return a time such as ``90``, ``90s``, ``10min`` or ``2h`` in seconds; UnitError when it is none.

    >>> seconds("10min"), seconds("2 h"), seconds("90")
    (600.0, 7200.0, 90.0)
    """
    found = _DURATION.fullmatch(text)
    if found is None or found[2] not in ("", "s", "min", "h", "d"):
        raise UnitError(f"{text!r} is no time; write e.g. 90s, 10min or 2h")
    return to_si(float(found[1]) * (24 if found[2] == "d" else 1), {"": "s", "d": "h"}.get(found[2], found[2]))


class Client:
    """One connection, kept open; not for several threads at once."""

    def __init__(
        self, url: str, user: str | None = None, password: str | None = None, lang: str = "en", *, shy: bool = False,
        remedy: str = "",
    ) -> None:  # fmt: skip
        """`url` is the server's, e.g. ``http://127.0.0.1:8080``; without a user it reads only.

        A `shy` client says who it is only with a command, or when it was refused without. `remedy` is said besides
        when the server wants another login.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SteelyardError(f"{url!r} is no address of a server; write e.g. {DEFAULT_URL}")
        self._url, self._lang = url, lang
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=ANSWER_S)
        self._headers = {"Accept": "application/json", "Accept-Language": lang}
        self._login: dict[str, str] = {}
        self._shy, self._remedy = shy, remedy
        if user is not None:
            coded = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self._login["Authorization"] = f"Basic {coded}"

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands at ``/api/v1`` + path; SteelyardError with the server's text when it refuses."""
        return self._ask("GET", path, query)

    def csv(self, path: str, **query: Any) -> tuple[str, dict[str, int]]:
        """Return what stands there as CSV: every row no. `stride` of `total`."""
        with self._send("GET", path, query, accept="text/csv") as answer:
            said = {key: int(answer.getheader(f"Steelyard-{key}") or 1) for key in ("stride", "total")}
            return answer.read().decode(), said

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a body and return the answer."""
        return self._ask("POST", path, {}, body or {})

    def delete(self, path: str) -> None:
        """Remove what stands there."""
        self._ask("DELETE", path, {})

    def stream(self, path: str, **query: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the events of a live stream: kind and data. SteelyardError when the server goes."""
        kind = ""
        with self._send("GET", path, query, accept="text/event-stream") as answer:
            try:
                for line in answer:
                    name, _, text = line.decode().rstrip("\n").partition(": ")
                    if name == "event":
                        kind = text
                    elif name == "data":
                        yield kind, json.loads(text)
            except (OSError, http.client.HTTPException) as error:
                raise SteelyardError(f"the stream broke off ({error}): start it again") from error

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, query: dict[str, Any], body: dict[str, Any] | None = None) -> Any:
        with self._send(method, path, query, body) as answer:
            text = answer.read()
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise SteelyardError(f"{self._url} does not answer as a Steelyard server does") from error

    def _send(
        self, method: str, path: str, query: dict[str, Any], body: dict[str, Any] | None = None, accept: str = ""
    ) -> http.client.HTTPResponse:
        given = {key: value for key, value in query.items() if value not in (None, [])}
        address = ROOT + quote(path) + ("?" + urlencode(given, doseq=True) if given else "")
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        if accept:
            headers["Accept"] = f"{accept}, application/problem+json"
        silent = self._shy and method == "GET"
        answer = self._answer(method, address, body, headers if silent else headers | self._login)
        if answer.status == 401 and silent and self._login:
            answer.read()
            self._shy = False
            answer = self._answer(method, address, body, headers | self._login)
        if answer.status >= 400:
            raise _refusal(answer.status, answer.read(), self._remedy)
        return answer

    def _answer(
        self, method: str, address: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        try:
            self._connection.request(method, address, json.dumps(body) if body is not None else None, headers)
            return self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise SteelyardError(
                f"no server answers at {self._url} ({error}); start one: steelyard serve hot_bar_line"
            ) from error


def _refusal(status: int, text: bytes, remedy: str) -> SteelyardError:
    """Return the problem of a server as an error; `remedy` is added where another login would help."""
    try:
        problem = json.loads(text)
        said = f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        said = f"the server answers {status}"
    if status == 401 and remedy:
        said = f"{said}\n{remedy}"
    return AccessError(said) if status in (401, 403) else SteelyardError(said)
