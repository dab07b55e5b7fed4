"""The door of the REST server: who comes in, what is too much, and what a browser is told."""

import base64
import contextlib
import socket
import time

import pytest

from steelyard.live.audit import Audit
from steelyard.live.site import Site
from steelyard.live.users import Users
from steelyard.web.app import WebServer

SETPOINT = "reheating_furnace.zone_setpoint[top_2]"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254", "[::1].evil", ""])
def test_another_name_of_this_machine_is_not_answered(anyone, host) -> None:
    answer = anyone("GET", "/works", headers={"Host": host})
    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:1"])
def test_names_of_the_loopback_are_answered(anyone, host) -> None:
    assert anyone("GET", "/works", headers={"Host": host}).status == 200


def test_a_page_of_another_origin_is_not_answered(anyone) -> None:
    own = f"http://127.0.0.1:{anyone.port}"
    assert anyone("GET", "/works", headers={"Origin": own}).status == 200
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{anyone.port}.evil.example"):
        answer = anyone("GET", "/works", headers={"Origin": origin})
        assert answer.status == 403, origin
        assert "access-control-allow-origin" not in answer.headers


def test_every_answer_tells_the_browser_to_be_strict(anyone) -> None:
    for path in ("/works", "/docs", "/nowhere", "/works/main/stream?max_hz=wrong"):
        headers = anyone("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


@pytest.mark.parametrize("body, status", [
    (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b'{"n": NaN}', 422), (b'{"n": 1e400}', 422),
    (b'{"n": 1, "m": 2}', 422), (b'{"n": "1"}', 422), (b'{"n": 1.0}', 422), (b'{"n": 0}', 422), (b"[]", 422),
    (b'{"n": 99999999999999999999999999}', 422), (b'{"read": ["\\ud800"]}', 422), (b'{"read": "line.pace"}', 422),
    (b'{"read": [' + b'"line.pace",' * 3000 + b'"line.pace"]}', 422), (b" " * (1 << 20) + b"{}", 413),
])  # fmt: skip
def test_a_body_that_is_none_is_refused_and_counted(running, engineer, body, status) -> None:
    before, step = _turned_away(running), running.site.works["main"].frame.step
    answer = engineer("POST", "/works/main/advance", body)
    assert answer.status == status, answer.body[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert running.site.works["main"].frame.step == step
    assert _turned_away(running) == before + 1


def _turned_away(running) -> int:
    return running.server.counts()["malformed"] + running.server.counts()["refused"]


def test_a_body_without_a_length_is_cut_where_it_grows_too_long(anyone) -> None:
    with socket.create_connection(("127.0.0.1", anyone.port), timeout=10) as line:
        line.sendall(
            b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            for _ in range(20):
                line.sendall(chunk)
            line.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        assert b" 413 " in line.recv(4096).split(b"\r\n")[0]


def test_noise_instead_of_http_does_no_harm_and_is_counted(anyone, running) -> None:
    before = running.server.counts()["malformed"]
    noises = (
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"POST / HTTP/9.9\r\nContent-Length: -1\r\n\r\n",
    )
    for noise in noises:
        assert _said(anyone.port, noise).startswith(b"HTTP/1.1 400")
    assert anyone("GET", "/health").status == 200
    assert running.server.counts()["malformed"] == before + len(noises)


def test_a_head_without_an_end_is_refused(anyone) -> None:
    endless = b"GET /api/v1/works HTTP/1.1\r\nX-Long: " + b"a" * (1 << 20)
    assert _said(anyone.port, endless).startswith(b"HTTP/1.1 400")
    long_address = b"GET /api/v1/works?" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert b"application/problem+json" in _said(anyone.port, long_address)


def _said(port: int, sent: bytes) -> bytes:
    """What the server answers to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        with contextlib.suppress(OSError):
            line.sendall(sent)
        try:
            return line.recv(10_000)
        except ConnectionResetError:
            return b"HTTP/1.1 400 (reset)"


def test_an_unknown_parameter_is_refused_a_token_in_the_address_too(anyone) -> None:
    assert anyone("GET", "/works/main/values", token="abc").status == 422
    assert anyone("GET", "/works/main/history", **{"from": "now"}).status == 422


@pytest.mark.parametrize("header", [
    "Bearer wrong", "Bearer", "Basic !!!", "Basic YWJj", "Basic /w==", "Digest abc", "Basic " + "A" * 5000,
])  # fmt: skip
def test_a_wrong_login_is_refused_even_where_reading_is_free(anyone, header) -> None:
    answer = anyone("GET", "/works", headers={"Authorization": header})
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_is_one_session_and_ends_with_logout(running) -> None:
    caller = running.logged_in("controller")
    assert caller.ok("GET", "/session")["user"] == "controller"
    caller.ok("POST", "/works/main/leases", {"role": "controller"})
    again = running.speaking(caller.headers)  # another connection, the same token: the same session
    again.ok("POST", "/works/main/write", {"set": {SETPOINT: 1100.0}})
    assert "controller" in [row["role"] for row in again.ok("GET", "/works/main/leases")]
    caller.ok("POST", "/logout")
    assert again("GET", "/works").status == 401
    assert "controller" not in [row["role"] for row in running.caller().ok("GET", "/works/main/leases")]


def test_with_basic_the_lease_holds_from_connection_to_connection(running) -> None:
    for value in (1101.0, 1102.0):
        running.caller("controller").ok("POST", "/works/main/write", {"set": {SETPOINT: value}})
    own = running.caller("controller")
    own.ok("DELETE", "/works/main/leases/controller")
    assert "controller" not in [row["role"] for row in own.ok("GET", "/works/main/leases")]


@contextlib.contextmanager
def another(running, site, **options):
    """Another server in the same loop."""
    server = WebServer(site, "127.0.0.1", 0, **options)
    running.do(server.start())
    try:
        yield server.endpoints()[0].url
    finally:
        running.do(server.stop())


def test_a_token_ends_by_itself_and_its_lease_with_it(running) -> None:
    with another(running, running.site, token_life_s=1.0) as url:
        known = {"user": "planner", "password": running.passwords["planner"]}
        given = running.speaking({}, url).ok("POST", "/login", known)
        caller = running.speaking({"Authorization": f"Bearer {given['token']}"}, url)
        caller.ok("POST", "/works/main/leases", {"role": "planner"})
        time.sleep(1.1)
        assert caller("GET", "/works").status == 401
        until = time.monotonic() + 3
        while running.site.works["main"].leases.holder("planner") is not None:
            assert time.monotonic() < until, "the lease outlived its session"
            time.sleep(0.05)


def test_guessing_passwords_is_slowed_down_logged_and_locks_nobody_out(running, tmp_path) -> None:
    site = Site("other", Users(tmp_path), Audit(tmp_path / "audit.jsonl"), tmp_path)
    with another(running, site) as url:
        known = running.speaking(_basic("viewer", site.users.passwords()["viewer"]), url)
        known.ok("GET", "/session")
        anyone = running.speaking({}, url)
        for guess in range(8):
            assert anyone("POST", "/login", {"user": "engineer", "password": f"guess-{guess}"}).status in (401, 429)
        last = anyone("POST", "/login", {"user": "engineer", "password": "guess-9"})
        assert "too many failed logins" in last.json["detail"]
        assert site.audit.counts["login_failed"] == 9
        assert known("GET", "/session").status == 200, "whose password is known comes in still"
        assert "guess-" not in (tmp_path / "audit.jsonl").read_text(), "no password in the log"


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_closed_site_lets_nobody_read_without_login(running) -> None:
    running.site.anonymous = False
    try:
        anyone = running.caller()
        for path in ("/works", "/works/main/values", "/works/main/stream", "/metrics", "/session"):
            assert anyone("GET", path).status == 401, path
        assert anyone("GET", "/health").status == 200
        assert running.caller("viewer")("GET", "/works").status == 200
    finally:
        running.site.anonymous = True


def test_a_mistake_of_the_server_shows_nothing_of_its_inside_and_is_logged(running, anyone) -> None:
    """A works whose status cannot be asked: the route breaks where nobody expected it."""
    works, before = running.site.works["main"], running.site.audit.counts.get("unhandled", 0)

    def broken() -> None:
        raise ZeroDivisionError("the secret of the inside")

    works.status = broken
    try:
        answer = anyone("GET", "/works/main")
    finally:
        del works.status
        running.site.audit.counts["unhandled"] = before
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"secret" not in answer.body
    assert any("the secret of the inside" in str(e) for e in running.site.audit.tail(20) if e["kind"] == "unhandled")
    assert anyone("GET", "/works/main").status == 200


def test_a_taken_port_is_said_plainly(running) -> None:
    from steelyard.errors import SteelyardError

    port = running.caller().port

    async def second() -> None:
        await WebServer(running.site, "127.0.0.1", port).start()

    with pytest.raises(SteelyardError, match=f"cannot listen on 127.0.0.1:{port}"):
        running.do(second())
