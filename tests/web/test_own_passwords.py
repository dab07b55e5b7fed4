"""The passwords that a server made go to that very server, and to nobody who merely looks like it."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.server.own_servers import known_password

ROOT = Path(__file__).parents[2]
SOLUTION = ROOT / "examples" / "solutions"


@contextlib.contextmanager
def listening(host: str, port: int, status: int) -> Iterator[tuple[str, list[str]]]:
    """Answer `status` to everything at this address; give it, and what was received: heads and bodies."""
    heard: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            heard.append(f"{self.command} {self.path} {self.headers} {self.rfile.read(length).decode()}")
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.HTTPServer((host, port), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def files(running: Any, tmp_path: Path) -> Path:
    """The folder of the owner of the running server."""
    shutil.copytree(running.site.folder, tmp_path / "server")
    known = {"endpoints": [{"protocol": "rest", "url": running.url}]}
    (tmp_path / "server" / "endpoints.json").write_text(json.dumps(known))
    return tmp_path


def steelyard(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key != "STEELYARD_PASSWORD"}
    return subprocess.run(
        [sys.executable, "-m", "steelyard", *words], capture_output=True, text=True, timeout=60,
        env={**kept, "STEELYARD_HOME": str(home)},
    )  # fmt: skip


@pytest.mark.parametrize("words, status", [
    (("live", "status"), 200), (("live", "status"), 401), (("live", "pause"), 401), (("live", "write", "a=1"), 200),
    (("live", "status", "--user", "engineer"), 401), (("solution", "connect"), 401),
])  # fmt: skip
def test_a_server_at_another_host_gets_no_password(running: Any, files: Path, words: Any, status: int) -> None:
    with listening("127.0.0.2", running.caller().port, status) as (url, heard):
        where = (str(next(SOLUTION.glob("*advisor*.py"))), url, "--user", "engineer") if words[0] == "solution" else ()
        done = steelyard(files, *words, *(where or ("--url", url)))
    for password in running.passwords.values():
        assert password not in "".join(heard)
    assert "Authorization" not in "".join(heard)
    if "--user" in words or where:
        assert done.returncode == 2
        assert "STEELYARD_PASSWORD" in done.stderr


def test_reading_at_home_says_nothing_either_and_a_command_logs_in(running: Any, files: Path) -> None:
    logins = running.site.audit.counts.get("login", 0)
    assert steelyard(files, "live", "status").returncode == 0
    assert running.site.audit.counts.get("login", 0) == logins
    assert steelyard(files, "live", "audit").returncode == 0
    running.site.anonymous = False
    try:
        assert steelyard(files, "live", "status").returncode == 0
    finally:
        running.site.anonymous = True


def test_a_password_is_known_for_exactly_its_server(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path))
    urls = ["http://127.0.0.1:8080", "opc.tcp://127.0.0.1:4840/", "http://192.0.2.7:8081"]
    (tmp_path / "server").mkdir()
    known = {"endpoints": [{"protocol": "x", "url": url} for url in urls]}
    (tmp_path / "server" / "endpoints.json").write_text(json.dumps(known))
    (tmp_path / "server" / "passwords.json").write_text(json.dumps({"viewer": "secret"}))
    assert known_password("http://127.0.0.1:8080/api/v1", "viewer") == "secret"
    assert known_password("opc.tcp://127.0.0.1:4840", "viewer") == "secret"
    for other in (
        "http://127.0.0.1:8081", "https://127.0.0.1:8080", "http://localhost:8080", "http://127.0.0.2:8080", "http://[",
        "http://192.0.2.7:8081", "http://127.0.0.1:8080@evil.example", "http://127.0.0.1", "mqtt://127.0.0.1:4840",
    ):  # fmt: skip
        assert known_password(other, "viewer") is None, other
    assert known_password("http://127.0.0.1:8080", "engineer") is None


def test_a_refused_login_without_a_word_is_said_plainly(files: Path) -> None:
    with listening("127.0.0.2", 0, 401) as (url, _):
        known = ("--user", "engineer", "--password", "not-this-one")
        done = steelyard(files, "solution", "connect", str(next(SOLUTION.glob("*advisor*.py"))), url, *known)
    assert done.returncode == 2
    assert "refuses the login of 'engineer' (401)" in done.stderr
