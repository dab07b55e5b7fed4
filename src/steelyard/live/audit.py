"""The audit log: every write, every refusal and every command, as one line of JSON each, appended and flushed.

What was done stands in ``audit.jsonl`` and is kept for good: a full file is set aside and compressed. What was refused
stands in ``refused.jsonl``, so that nobody can fill the disk through the wire or push away what was done: repetitions
are counted, long texts are cut, and when its oldest file goes ``audit.jsonl`` says how many entries went with it.
"""

import json
import logging
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steelyard.live.access import Session
from steelyard.live.audit_files import REFUSED, LogFile, last_lines, put_away, read_line, rotate
from steelyard.live.floods import Floods

LARGEST = 20_000_000
LONGEST_TEXT, LAST = 500, 1000
FLOODS = ("refused", "malformed", "login_failed")
_log = logging.getLogger(__name__)


class Audit:
    """Appends to the files; safe from any thread. `counts` says how often each kind of entry came up."""

    def __init__(self, path: Path | None, largest: int = LARGEST) -> None:
        """`path` is the file of what was done, that of what was refused lies beside it; None keeps counts only."""
        self.counts: dict[str, int] = {}
        self._lock, self._largest, self._floods = threading.Lock(), largest, Floods()
        self._last: deque[str] = deque(maxlen=LAST)
        self._packing: threading.Thread | None = None
        self._done: LogFile | None = None
        self._refused: LogFile | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            both = (path, path.with_name(REFUSED))
            lines = [line for one in both for line in last_lines(one, LAST)]
            self._last.extend(sorted(lines, key=lambda line: str((read_line(line) or {}).get("when"))))
            self._done, self._refused = (LogFile(one, largest) for one in both)

    def note(self, kind: str, session: Session | None = None, **what: Any) -> None:
        """Log an entry: `kind` such as write, refused, malformed, login, login_failed, command; `what` is plain.

        It never fails: what the disk does not take is counted as ``unwritten``.
        """
        who = {"user": session.user, "via": session.via, "peer": session.peer} if session else {}
        entry = {"when": _now(), "kind": kind, **who, **{key: _short(value) for key, value in what.items()}}
        with self._lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            for line in self._floods.take(entry) if kind in FLOODS else [entry]:
                self._write(line)

    def _write(self, entry: dict[str, Any]) -> None:
        file = self._refused if entry["kind"] in FLOODS else self._done
        if file is None:
            return
        try:
            line = json.dumps(entry, ensure_ascii=False, default=str)
            full = file.write(line)
            self._last.append(line)
            if full:
                self._set_aside(file)
        except (OSError, ValueError) as error:
            self.counts["unwritten"] = self.counts.get("unwritten", 0) + 1
            _log.error("the audit log %s cannot be written: %s", file.path, error)

    def _set_aside(self, file: LogFile) -> None:
        """Begin a new file; the full one is kept, or makes the oldest of what was refused go."""
        file.close()
        gone = None
        try:
            if file is self._refused:
                gone = rotate(file.path)
            else:
                self._wait_for_packing()
                self._packing = put_away(file.path)
        finally:
            again = LogFile(file.path, self._largest)
            if file is self._refused:
                self._refused = again
            else:
                self._done = again
        if gone is not None:
            self._write({"when": _now(), "kind": "removed", **gone})

    def _wait_for_packing(self) -> None:
        if self._packing is not None:
            self._packing.join()

    def tail(self, count: int = 100) -> list[dict[str, Any]]:
        """Return the last entries, oldest first; at most `LAST`."""
        with self._lock:
            lines = list(self._last)[-count:]
        return [entry for line in lines if (entry := read_line(line)) is not None]

    def close(self) -> None:
        """Let go of the files; what was still counted together is written."""
        with self._lock:
            for line in self._floods.end(_now()):
                self._write(line)
            for file in (self._done, self._refused):
                if file is not None:
                    file.close()
            self._done = self._refused = None
            self._wait_for_packing()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _short(value: Any) -> Any:
    """Return a text without its far end; other things as they are."""
    return value if not isinstance(value, str) or len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
