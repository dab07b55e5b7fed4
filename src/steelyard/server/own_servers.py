"""The servers that run from this user's own folder: where they listen, and the passwords that they made.

A password from there goes to exactly the address that such a server says it listens on, on this machine, and nowhere
else: another host, port or scheme is another server, whatever it calls itself.
"""

import json
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from steelyard.errors import SteelyardError
from steelyard.hub.store import home
from steelyard.web.client import DEFAULT_URL

Place = tuple[str, str, int | None]


def _servers() -> Iterator[tuple[list[str], list[str], dict[str, Any]]]:
    """Give protocols, their addresses, and the passwords by user, of each server; those that cannot be read not."""
    for folder in sorted(home().glob("server*")):
        try:
            found = json.loads((folder / "endpoints.json").read_text(encoding="utf-8"))["endpoints"]
            protocols, urls = [str(one["protocol"]) for one in found], [str(one["url"]) for one in found]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        try:
            known = dict(json.loads((folder / "passwords.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            known = {}
        yield protocols, urls, known


def address(text: str) -> str:
    """Return an address; the name of a protocol (rest, opcua, mqtt) means that of a server of this user.

    SteelyardError when no server of this user offers it.
    """
    if "://" in text:
        return text
    for protocols, urls, _ in _servers():
        if text in protocols:
            return urls[protocols.index(text)]
    raise SteelyardError(f"no server of yours offers {text!r}; start one (steelyard serve), or give an address")


def site_address(folder: Path) -> str:
    """Return the REST address of the server that runs on the files in `folder`, else the usual one."""
    try:
        found = json.loads((folder / "endpoints.json").read_text(encoding="utf-8"))["endpoints"]
        return str(next(one["url"] for one in found if one["protocol"] == "rest"))
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return DEFAULT_URL


def known_password(url: str, user: str) -> str | None:
    """Return the password that a server of this user made for `user`; None unless `url` is that server, on loopback."""
    wanted = _place(url)
    if wanted is None or not _is_loopback(wanted[1]):
        return None
    for _, urls, known in _servers():
        if isinstance(known.get(user), str) and wanted in [_place(one) for one in urls]:
            return str(known[user])
    return None


def _place(url: str) -> Place | None:
    """Return scheme, host and port of an address, None when it is none.

    >>> _place("http://127.0.0.1:8080/api/v1"), _place("http://[")
    (('http', '127.0.0.1', 8080), None)
    """
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
