"""One running process of a solution: start it, exchange one line, end it and everything that it started."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from steelyard.errors import SolutionError
from steelyard.solutions import sandbox
from steelyard.solutions.bundle import Bundle
from steelyard.solutions.contract import MAX_LINE, decode, encode
from steelyard.solutions.lockstep import Ended, Late, OutOfStep

_RUNNER = Path(__file__).with_name("runner.py")
_MARK = "STEELYARD_SOLUTION"
_TAIL = 4096
_CHUNK = 65536
_PASSES = 100


@dataclass(frozen=True)
class Limits:
    """What a solution may use: bytes of memory and of one file, seconds of CPU, open files, processes; the network.

    Memory is counted for each process; `processes` counts threads too, and holds where `isolation` says so.
    """

    memory_bytes: int = 2 * 2**30
    cpu_s: int = 1800
    file_bytes: int = 2**20
    open_files: int = 256
    processes: int = 64
    network: bool = False

    def by_name(self) -> dict[str, int]:
        """Return the RLIMIT names (without prefix) and values."""
        values = (self.memory_bytes, self.cpu_s, self.file_bytes, self.open_files, 0)
        return dict(zip(("AS", "CPU", "FSIZE", "NOFILE", "CORE"), values, strict=True))


def _command(limits: Limits, folder: Path, entry: Path, bwrap: str | None, probe: bool = False) -> list[str]:
    """Return the command that runs `entry` in `folder`, with its ``code`` and ``work``, behind what walls there are."""
    code, work = folder / "code", folder / "work"
    runner = Path(sandbox.INSIDE) / _RUNNER.name if bwrap else _RUNNER
    uid = sandbox.private_uid(bwrap is not None)
    if uid is not None and not bwrap:
        folder.chmod(0o711)
        os.chown(work, uid, uid)
    config = {
        "limits": limits.by_name(), "processes": limits.processes, "network": limits.network,
        "readable": [str(code), str(runner)], "hidden": str(sandbox.HOUSE),
        "writable": [str(work), *(sandbox.IN_MEMORY if bwrap else ())],
        "walled": bwrap is not None, "uid": uid, "probe": probe,
    }  # fmt: skip
    python = [sys.executable, "-s", "-P", "-B", "-X", "utf8", str(runner), json.dumps(config), str(entry)]
    return [*(sandbox.walls(bwrap, code, work, limits.network) if bwrap else ()), *python]


def _folder() -> Path:
    """Return a new folder of a solution, with ``code`` and ``work``; nobody but its owner comes in from outside."""
    folder = Path(tempfile.mkdtemp(prefix="steelyard-solution-"))
    for name in ("code", "work"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)
    return folder


def _environment(work: Path, mark: str) -> dict[str, str]:
    """Return a clean environment: nothing of the user's, one thread for numerical libraries, a fixed hash seed."""
    fixed = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**fixed, **threads, "HOME": str(work), "TMPDIR": str(work), _MARK: mark}


class Process:
    """A solution's process with its pipes. `ask` sends one line and returns one line; `end` leaves nothing behind."""

    def __init__(self, bundle: Bundle, limits: Limits) -> None:
        self.name = str(bundle.path)
        bwrap = sandbox.bubblewrap() if isolation(limits.network)["level"] == "confined" else None
        self._folder, self._mark = _folder(), token_hex(16)
        self._walled, self._heard, self._said = bwrap is not None, b"", b""
        work, code = self._folder / "work", self._folder / "code"
        try:
            command = _command(limits, self._folder, bundle.copy_to(code), bwrap)
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                cwd=work, env=_environment(work, self._mark), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise SolutionError(f"{bundle.path}: cannot be started ({error.strerror or error})") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._in, self._out, self._err = (
            pipe.fileno() for pipe in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._poll = select.poll()
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        for descriptor in (self._out, self._err):
            self._poll.register(descriptor, select.POLLIN)

    @property
    def last_words(self) -> str:
        """The end of what the solution wrote to stderr, printable."""
        text = self._said.decode("utf-8", "replace").strip().replace(str(self._folder / "code") + os.sep, "")
        return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)

    def ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Send a message and return the one that answers it. Raises Ended, Late, OutOfStep or Nonsense."""
        deadline = time.monotonic() + timeout_s
        if self._heard or self._poll.poll(0):
            self._drain()
            if self._heard:
                raise OutOfStep("it spoke without being asked; answer each message with exactly one line")
        self._send(encode(message), deadline)
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) > MAX_LINE:
                raise OutOfStep(f"its answer is longer than {MAX_LINE} bytes")
            self._wait(deadline)
        answer, self._heard = self._heard[:end], self._heard[end + 1 :]
        return decode(answer)

    def _send(self, line: bytes, deadline: float) -> None:
        """Write the whole line; a solution that does not read is late."""
        left = line
        while left:
            try:
                left = left[os.write(self._in, left) :]
            except BlockingIOError:
                self._wait(min(deadline, time.monotonic() + 0.01), deadline)
            except BrokenPipeError:
                self._ended()

    def _wait(self, until: float, deadline: float | None = None) -> None:
        """Wait for output of the solution up to `until`; Late at the deadline."""
        left = until - time.monotonic()
        ready = self._poll.poll(left * 1e3) if left > 0 else []
        if ready:
            self._read(ready)
        elif time.monotonic() >= (until if deadline is None else deadline):
            if self._exit_code() is not None:
                self._ended()
            raise Late("it did not answer in time")

    def _read(self, ready: list[tuple[int, int]]) -> None:
        for descriptor, _ in ready:
            try:
                data = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                continue
            if descriptor == self._err:
                self._said = (self._said + data)[-_TAIL:]
                if not data:
                    self._poll.unregister(self._err)
            elif data:
                self._heard += data
                if len(self._heard) > 4 * MAX_LINE:
                    raise OutOfStep("it speaks without end")
            elif b"\n" not in self._heard:
                self._ended()

    def _drain(self) -> None:
        """Take what lies in the pipes now, at most a few chunks."""
        for _ in range(4):
            ready = self._poll.poll(0)
            if not ready or len(self._heard) > MAX_LINE:
                return
            self._read(ready)

    def _ended(self) -> None:
        """Raise Ended with how the process ended and its last words."""
        for _ in range(100):
            if (code := self._exit_code()) is not None:
                break
            time.sleep(0.005)
        with contextlib.suppress(OSError):
            self._said = (self._said + (os.read(self._err, _CHUNK) or b""))[-_TAIL:]
        if code is None:
            raise Ended("it closed its output")
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        words = [line for line in self.last_words.splitlines() if line.strip()] or ["none"]
        raise Ended(f"its process {how}; last words: {words[-1][:300]}")

    def _exit_code(self) -> int | None:
        """Return how the process ended (negative: by that signal), None while it runs; it stays a zombie till `end`."""
        if self._process.returncode is not None or not hasattr(os, "waitid"):
            return self._process.poll()
        found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if found is None:
            return None
        code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        return 128 - code if self._walled and code > 128 else code  # how bubblewrap tells of a signal

    def end(self, goodbye: dict[str, Any] | None = None, patience_s: float = 1.0) -> bool:
        """End the process and everything that it started; remove its folder. True when it left by itself."""
        with contextlib.suppress(OSError):
            if goodbye and os.write(self._in, encode(goodbye)):
                self._leave(patience_s)
        left = self._exit_code() is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.returncode is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        _end_marked(f"{_MARK}={self._mark}".encode())
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return left

    def _leave(self, patience_s: float) -> None:
        """Give the process time to end by itself; its group can still be ended while it is a zombie."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and self._exit_code() is None:
            time.sleep(0.001)
            with contextlib.suppress(OSError):
                os.read(self._out, _CHUNK)
            with contextlib.suppress(OSError):
                os.read(self._err, _CHUNK)


def _end_marked(mark: bytes) -> None:
    """End processes that left the solution's session but still carry its mark in their environment (Linux).

    First all stand still, then all go; again, as long as some were born meanwhile.
    """
    for _ in range(_PASSES):
        found = _marked(mark)
        for sent in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, sent)
        if not found:
            return


def _marked(mark: bytes) -> list[int]:
    found = []
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/environ", "rb") as file:
                if mark in file.read(_CHUNK).split(b"\0"):
                    found.append(int(entry))
    return found


def isolation(network: bool = False) -> dict[str, str]:
    """Return what holds for a solution's process on this machine; `level` is "confined" (bubblewrap) or "weak".

    `network` says that the solution declared that it needs the network.
    """
    bwrap = sandbox.bubblewrap()
    if bwrap is not None:
        holds = _probed(bwrap, network)
        if holds and "open" not in holds.values():
            return {**holds, "level": "confined"}
    return {**_probed(None, network), "level": "weak"}


@lru_cache(maxsize=8)
def _probed(bwrap: str | None, network: bool) -> dict[str, str]:
    """Return what a process says that holds for it; {} when bubblewrap cannot be used here."""
    folder = _folder()
    try:
        command = _command(Limits(network=network), folder, _RUNNER, bwrap, probe=True)
        environment = _environment(folder / "work", "probe")
        done = subprocess.run(command, capture_output=True, timeout=20, check=True, cwd="/", env=environment)
        return {str(key): str(value) for key, value in json.loads(done.stdout).items()}
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        if bwrap is not None:
            return {}
        raise SolutionError(f"a process for solutions cannot be started with {sys.executable} ({error})") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def described(limits: Limits) -> dict[str, int]:
    """Return the limits as plain data for a report."""
    return asdict(limits)
