"""What the audit log tells of the writes of a trial: every change at once, repetitions as a count at the end of a run.

A solution that decides every ten seconds mostly says what it said before; line by line that would push everything else
out of the log.
"""

from typing import Any

from steelyard.live.access import Session
from steelyard.live.audit import Audit


class WriteLog:
    """Logs the writes of one works, whose writer has `role`. Call it from one thread."""

    def __init__(self, audit: Audit, works_id: str, role: str) -> None:
        self._audit, self._works_id, self._role = audit, works_id, role
        self._run = 0
        self._session: Session | None = None
        self._last: dict[str, float] = {}
        self._repeats: dict[tuple[str, float], int] = {}

    def wrote(self, session: Session, run: int, time_s: float, values: dict[str, float]) -> None:
        """Log what differs from what this session wrote before in this run; count the rest."""
        if session is not self._session or run != self._run:
            self.end_run(run)
        self._session = session
        for name, value in values.items():
            if self._last.get(name) == value:
                self._repeats[name, value] = self._repeats.get((name, value), 0) + 1
                continue
            self._last[name] = value
            self._note(run, name, value, time_s=time_s)

    def end_run(self, run: int) -> None:
        """Log how often equal values were written again so far; `run` is the one that comes now."""
        repeats, before, self._run = self._repeats, self._run, run
        self._repeats, self._last = {}, {}
        for (name, value), count in repeats.items():
            self._note(before, name, value, repeated=count)

    def _note(self, run: int, name: str, value: float, **more: Any) -> None:
        self._audit.note(
            "write", self._session, works=self._works_id, role=self._role, run=run, signal=name, new=value, **more
        )
