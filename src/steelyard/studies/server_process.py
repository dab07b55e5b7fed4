"""A real `steelyard serve` in a process of its own, for studies that look at it from outside."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from steelyard.errors import SteelyardError
from steelyard.live.audit_files import read_log

START_S, STOP_S = 180.0, 15.0
FREE = ("--http-port", "0", "--opcua-port", "0", "--mqtt-port", "0", "--modbus-port", "0")


def _as_installed() -> dict[str, str]:
    """Return the environment, but for the word that forbids Python to keep its compiled files: a plant has no such."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class ServerProcess:
    """`steelyard serve` on free ports of the loopback, its store under `home`; `start_s` is how long it took."""

    def __init__(self, home: Path, *arguments: str) -> None:
        """Start it and wait until it is ready; SteelyardError with its last words when it does not get there."""
        home.mkdir(parents=True, exist_ok=True)
        self.home, self._errors = home, home / "stderr.txt"
        command = [sys.executable, "-m", "steelyard", "serve", *arguments, *FREE, "--json"]
        self.began = time.monotonic()
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**_as_installed(), "STEELYARD_HOME": str(home)},
            )  # fmt: skip
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.stop()
            raise SteelyardError(f"the server did not start: {self._errors.read_text()[-2000:] or 'it said nothing'}")
        self.about: dict[str, Any] = json.loads(line)
        self.start_s = time.monotonic() - self.began

    @property
    def urls(self) -> dict[str, str]:
        """The address of each protocol."""
        return {endpoint["protocol"]: endpoint["url"] for endpoint in self.about["endpoints"]}

    @property
    def passwords(self) -> dict[str, str]:
        """The passwords that were made at its first start."""
        return dict(json.loads(Path(self.about["passwords_file"]).read_text(encoding="utf-8")))

    def audit(self) -> list[dict[str, Any]]:
        """Return all entries of its audit log, what was done and what was refused."""
        return read_log(Path(self.about["folder"]))

    def errors(self) -> str:
        """Return what it wrote to stderr."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def memory_mb(self) -> float:
        """Return the memory that it holds now [MB]; SteelyardError where the system does not tell (no /proc)."""
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        except OSError as error:
            raise SteelyardError(
                f"the memory of process {self.process.pid} cannot be read from /proc: {error}"
            ) from None
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024.0

    def processor_s(self) -> float:
        """Return the processor time that it has used [s]."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> int:
        """Stop it as Ctrl-C would; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                return self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def __enter__(self) -> "ServerProcess":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()
