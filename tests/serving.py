"""A real server for tests: `steelyard serve` in a process of its own, on free ports, stopped at the end."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.live.audit_files import read_log

FREE_PORTS = ("--http-port", "0", "--opcua-port", "0", "--mqtt-port", "0", "--modbus-port", "0")
START_S = 120.0


@dataclass
class Served:
    """A running server: what it said when it was ready, its process and its home."""

    about: dict[str, Any]
    process: subprocess.Popen[str]
    home: Path

    def url(self, protocol: str) -> str:
        """The address of a protocol: rest, opcua, mqtt, modbus, as the endpoint names it."""
        found = [e["url"] for e in self.about["endpoints"] if e["protocol"] == protocol]
        assert found, f"no {protocol} in {[e['protocol'] for e in self.about['endpoints']]}"
        return str(found[0])

    def password(self, user: str) -> str:
        """The password of a user made at the first start."""
        return str(json.loads(Path(self.about["passwords_file"]).read_text())[user])

    def audit(self) -> list[dict[str, Any]]:
        """All entries of the audit log, what was refused among them."""
        return read_log(Path(self.about["folder"]))

    def stop(self, how: int = signal.SIGINT, patience_s: float = 10.0) -> int:
        """Stop the server; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(patience_s)


@contextmanager
def serve(home: Path, *arguments: str) -> Iterator[Served]:
    """Serve with the store under `home`; the arguments are those of `steelyard serve` (works first)."""
    command = [sys.executable, "-m", "steelyard", "serve", *arguments, *FREE_PORTS, "--json"]
    environment = {**os.environ, "STEELYARD_HOME": str(home)}
    errors = home.with_name(f"{home.name}-stderr.txt")
    home.mkdir(parents=True, exist_ok=True)
    with errors.open("w") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment)
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], START_S)
        line = process.stdout.readline() if ready else ""
        assert line, f"the server did not start: {errors.read_text()[-2000:]}"
        yield Served(json.loads(line), process, home)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
