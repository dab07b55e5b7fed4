"""The audit log: every write, every refusal and every command, as one line of JSON each, appended and flushed.

Nobody can fill the disk through the wire: a flood of equal refusals is written once a second with its count, long texts
are cut, and the file is set aside when it has grown large; the oldest of those goes.
"""

import json
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from steelyard.live.access import Session, host_of

TOGETHER_S, PLACES = 1.0, 1000
LARGEST, KEPT = 20_000_000, 3
LONGEST_TEXT = 500
FLOODS = ("refused", "malformed", "login_failed")
_log = logging.getLogger(__name__)


class Audit:
    """Appends to one file; safe from any thread. `counts` says how often each kind of entry came up."""

    def __init__(self, path: Path | None, largest: int = LARGEST) -> None:
        """`path` None keeps counts only; beyond `largest` bytes the file becomes ``….1``, that one ``….2``."""
        self._lock, self._path, self._largest = Lock(), path, largest
        self._file: Any = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open(path)
        self.counts: dict[str, int] = {}
        self._flood: dict[tuple[str, str, str], list[Any]] = {}

    def note(self, kind: str, session: Session | None = None, **what: Any) -> None:
        """Log an entry: `kind` such as write, refused, malformed, login, login_failed, command; `what` is plain.

        It never fails: what the disk does not take is counted as ``unwritten``.
        """
        who = {"user": session.user, "via": session.via, "peer": session.peer} if session else {}
        entry = {"when": _now(), "kind": kind, **who, **{key: _short(value) for key, value in what.items()}}
        with self._lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if kind in FLOODS and self._flooded(kind, entry):
                return
            self._write(entry)

    def _flooded(self, kind: str, entry: dict[str, Any]) -> bool:
        """Return whether this entry repeats one of the last second from the same place; then only its count is kept."""
        now, key = time.monotonic(), (kind, str(entry.get("via")), host_of(str(entry.get("peer"))))
        first = self._flood.get(key)
        if first is not None and now - first[0] < TOGETHER_S:
            first[1] += 1
            return True
        if first is not None and first[1]:
            entry["repeated"] = first[1]
        self._flood[key] = [now, 0]
        if len(self._flood) > PLACES:
            self._write_repeated(next(iter(self._flood)))
        return False

    def _write_repeated(self, key: tuple[str, str, str]) -> None:
        (kind, via, peer), (_, repeated) = key, self._flood.pop(key)
        if repeated:
            self._write({"when": _now(), "kind": kind, "via": via, "peer": peer, "repeated": repeated})

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
            self._file.flush()
            if self._file.tell() > self._largest:
                self._set_aside()
        except (OSError, ValueError) as error:
            self.counts["unwritten"] = self.counts.get("unwritten", 0) + 1
            _log.error("the audit log %s cannot be written: %s", self._path, error)

    def _open(self, path: Path) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")

    def _set_aside(self) -> None:
        assert self._path is not None
        self._file.close()
        for number in range(KEPT - 1, 0, -1):
            older = _aside(self._path, number - 1)
            if older.exists():
                os.replace(older, _aside(self._path, number))
        self._open(self._path)

    def tail(self, count: int = 100) -> list[dict[str, Any]]:
        """Return the last entries, oldest first."""
        if self._path is None:
            return []
        lines: list[str] = []
        for path in (_aside(self._path, 1), self._path):
            if path.exists():
                with path.open("rb") as file:
                    file.seek(max(0, file.seek(0, os.SEEK_END) - 1000 * count))
                    lines += file.read().decode("utf-8", "replace").splitlines()
        return [entry for line in lines[-count:] if (entry := _read(line)) is not None]

    def close(self) -> None:
        """Let go of the file; what was still counted together is written."""
        with self._lock:
            for key in list(self._flood):
                self._write_repeated(key)
            if self._file is not None:
                self._file.close()
                self._file = None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def _short(value: Any) -> Any:
    """Return a text without its far end; other things as they are."""
    return value if not isinstance(value, str) or len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"


def _read(line: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return None
