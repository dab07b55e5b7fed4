"""Nobody takes all places of the REST server: connections, streams, logins, the time of a request."""

import base64
import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.web import listener, stream
from steelyard.web.app import WebServer


def connected(port: int, said: bytes = b"") -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), timeout=10)
    found.sendall(said)
    return found


def test_silent_connections_give_way_to_new_ones_and_who_logged_in_stays(running, monkeypatch) -> None:
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 25)
    known = running.caller("engineer")
    known.ok("GET", "/session")
    silent = [connected(known.port) for _ in range(60)]
    running.caller().ok("GET", "/works")
    known.ok("GET", "/session")  # over its old connection: http.client would say so if it were closed
    closed = 0
    for one in silent:
        one.settimeout(0.01)
        with contextlib.suppress(TimeoutError):
            closed += one.recv(1) == b""
        one.close()
    assert 60 - 25 <= closed < 60


def test_a_request_that_does_not_come_is_not_waited_for(running, monkeypatch) -> None:
    monkeypatch.setattr(listener, "LONGEST_REQUEST_S", 0.5)
    port = running.caller().port
    half_head = connected(port, b"GET /api/v1/works HTTP/1.1\r\nHost: localhost\r\nX-")
    half_body = connected(port, b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
    nothing = connected(port)
    begun = time.monotonic()
    assert b"408" in half_head.recv(1000)
    assert b"408" in half_body.recv(1000)
    assert nothing.recv(1000) == b""
    assert time.monotonic() - begun < 5.0
    served = connected(port, b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert whole(served).startswith(b"HTTP/1.1 200")
    time.sleep(0.8)
    served.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert whole(served).startswith(b"HTTP/1.1 200"), "between two requests there is more time"


def whole(line: socket.socket) -> bytes:
    """Return an answer of JSON to its end."""
    got = b""
    while not got.endswith(b"}"):
        got += line.recv(4000) or b"}"
    return got


def test_streams_without_login_leave_places_for_who_logs_in(running, monkeypatch) -> None:
    monkeypatch.setattr(stream, "MOST_ANONYMOUS", 3)
    monkeypatch.setattr(stream, "MOST_OF_ONE", 2)
    head = "GET /api/v1/works/main/stream?names=line.pace HTTP/1.1\r\nHost: localhost\r\n"

    def opened(user: str | None) -> socket.socket:
        login = running.caller(user).headers.get("Authorization")
        found = connected(
            running.caller().port,
            f"{head}{f'Authorization: {login}' + chr(13) + chr(10) if login else ''}\r\n".encode(),
        )
        found.settimeout(10)
        return found

    lines = [opened(user) for user in (None, None, None)]
    assert all(line.recv(100).startswith(b"HTTP/1.1 200") for line in lines)
    refused = opened(None)
    assert refused.recv(100).startswith(b"HTTP/1.1 503")
    lines += [opened("controller"), opened("controller")]
    assert all(line.recv(100).startswith(b"HTTP/1.1 200") for line in lines[3:])
    assert opened("controller").recv(100).startswith(b"HTTP/1.1 503"), "nor does one user take them all"
    for line in lines:
        line.close()


@pytest.fixture
def guarded(running, tmp_path):
    """A server of its own, with users of its own."""
    site = Site("guarded", Users(tmp_path), Audit(tmp_path / "audit.jsonl"), tmp_path)
    server = WebServer(site, "127.0.0.1", 0)
    running.do(server.start())
    yield site, server.endpoints()[0].url
    running.do(server.stop())


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_wrong_passwords_do_not_hold_up_known_ones(running, guarded) -> None:
    """Twenty guess at once; who is known reads on, each time."""
    site, url = guarded
    login = basic("controller", site.users.passwords()["controller"])
    known = running.speaking(login, url)
    known.ok("GET", "/session")

    def guess(n: int) -> list[int]:
        caller = running.speaking({}, url)
        return [caller("GET", "/session", headers=basic("engineer", f"guess-{n}-{k}")).status for k in range(6)]

    with ThreadPoolExecutor(20) as pool:
        guesses = pool.map(guess, range(20))
        slowest, read = 0.0, set()
        for _ in range(30):
            begun = time.monotonic()
            read.add(running.speaking(login, url)("GET", "/session").status)
            slowest = max(slowest, time.monotonic() - begun)
        refused = {status for one in guesses for status in one}
    assert read == {200}
    assert refused <= {401, 429, 503}
    assert slowest < 2.0


def test_too_many_failed_logins_are_told_to_wait(running, guarded) -> None:
    site, url = guarded
    caller = running.speaking({}, url)
    answers = [caller("POST", "/login", {"user": "planner", "password": f"guess-{k}"}) for k in range(8)]
    assert [a.status for a in answers[:3]] == [401] * 3
    assert answers[-1].status == 429
    assert answers[-1].json["type"].endswith("#too-many")
    assert int(answers[-1].headers["retry-after"]) > 0
    assert site.audit.counts["login_failed"] == 8
    assert site.audit.counts.get("refused", 0) == 0, "a failed login is logged once, as such"


def test_a_changed_password_ends_the_tokens_and_their_leases(running, guarded) -> None:
    site, url = guarded
    given = running.speaking({}, url).ok(
        "POST", "/login", {"user": "planner", "password": site.users.passwords()["planner"]}
    )
    caller = running.speaking({"Authorization": f"Bearer {given['token']}"}, url)
    assert caller("GET", "/works").status == 200
    site.users.set("planner", "another-password")
    assert caller("GET", "/works").status == 401
    assert running.speaking(basic("planner", "another-password"), url)("GET", "/works").status == 200
