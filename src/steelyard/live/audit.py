"""The audit log: every write, every refusal and every command, as one line of JSON each, appended and flushed.

A flood of equal refusals is written once a second with its count, so that nobody can fill the disk through the wire.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from steelyard.live.access import Session

TOGETHER_S = 1.0


class Audit:
    """Appends to one file; safe from any thread. `counts` says how often each kind of entry came up."""

    def __init__(self, path: Path | None) -> None:
        """`path` None keeps counts only."""
        self._lock = Lock()
        self._path = path
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
        self.counts: dict[str, int] = {}
        self._flood: dict[tuple[str, str, str], list[Any]] = {}

    def note(self, kind: str, session: Session | None = None, **what: Any) -> None:
        """Log an entry: `kind` such as write, refused, malformed, login, login_failed, command; `what` is plain."""
        who = {"user": session.user, "via": session.via, "peer": session.peer} if session else {}
        entry = {"when": datetime.now(UTC).isoformat(timespec="milliseconds"), "kind": kind, **who, **what}
        with self._lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if kind in ("refused", "malformed", "login_failed") and self._flooded(kind, entry):
                return
            self._write(entry)

    def _flooded(self, kind: str, entry: dict[str, Any]) -> bool:
        """Return whether this entry repeats one of the last second from the same place; then only its count is kept."""
        now, key = time.monotonic(), (kind, str(entry.get("via")), str(entry.get("peer")))
        first = self._flood.get(key)
        if first is not None and now - first[0] < TOGETHER_S:
            first[1] += 1
            return True
        if first is not None and first[1]:
            entry["repeated"] = first[1]
        self._flood[key] = [now, 0]
        if len(self._flood) > 1000:
            self._flood.pop(next(iter(self._flood)))
        return False

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
            self._file.flush()

    def tail(self, count: int = 100) -> list[dict[str, Any]]:
        """Return the last entries, oldest first."""
        if self._path is None:
            return []
        with self._path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 1000 * count))
            lines = file.read().decode("utf-8", "replace").splitlines()
        found = []
        for line in lines[-count:]:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def close(self) -> None:
        """Let go of the file; what was still counted together is written."""
        with self._lock:
            for (kind, via, peer), (_, repeated) in self._flood.items():
                if repeated:
                    self._write({"kind": kind, "via": via, "peer": peer, "repeated": repeated})
            self._flood.clear()
            if self._file is not None:
                self._file.close()
                self._file = None
