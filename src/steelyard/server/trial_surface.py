"""What a trial in progress has of any works on the wire: signals, frames, leases, status; it refuses all commands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from steelyard.errors import SteelyardError
from steelyard.live.access import Leases, Session
from steelyard.live.audit import Audit
from steelyard.plant.board import public_signals
from steelyard.plant.frame import Frame
from steelyard.server.trial_frames import TrialFrames
from steelyard.server.trial_writes import WriteLog
from steelyard.signals import Signal
from steelyard.solutions.wire_host import Abandoned, Meeting

SHOW_S = 60.0
_SHOWN = ("decide", "predict", "observe")
Listener = Callable[[Frame], Awaitable[None]]
_log = logging.getLogger(__name__)


class TrialSurface:
    """The looks of a trial on the wire. `kind` is the kind of its solution; its thread asks at `meeting`.

    Call everything in the loop.
    """

    def __init__(self, works_id: str, process: str, kind: str, title: dict[str, str], audit: Audit) -> None:
        self.id, self.process, self.kind, self.title, self.audit = works_id, process, kind, title, audit
        self.epoch = datetime.now(UTC).replace(microsecond=0)
        signals = public_signals(process)
        self.signals: dict[str, Signal] = {signal.name: signal for signal in signals}
        self.leases, self.record = Leases(), None
        self.alarms: list[dict[str, Any]] = []
        self.meeting = Meeting(self._show, self._call)
        self.progress, self.run_label, self.state, self.failure = 0.0, "", "waiting", ""
        self.run_number, self.runs = 0, 0  # runs: how many there will be, 0 while that is not known
        self._run: Any = None
        self.writes = WriteLog(audit, works_id, kind)
        self._frames = TrialFrames(signals)
        self.frame = self._frames.blank()
        self._listeners: list[Listener] = []
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Nothing to start: the trial's own thread drives it."""

    async def close(self) -> None:
        """Let the trial end; one that is not over by itself is lost, which is logged and said."""
        self.writes.end_run(self.run_number)
        if not self.meeting.over and not self.meeting.left:
            self.audit.note("trial_lost", works=self.id, run=self.run_number, of=self.runs or None,
                            progress=round(self.progress, 4), why="the server was stopped")  # fmt: skip
            _log.warning("%s: this trial was not over (%.0f %%) and is lost; there is no report of it "
                         "(이 시험은 완료되지 않아 보고서가 없습니다)", self.id, 100.0 * self.progress)  # fmt: skip
        self.meeting.abandon()

    # -- what the trial's thread calls --------------------------------------------------------------------------------
    def _show(self, message: dict[str, Any], world: Any) -> None:
        """Give the moment of a question to all who look on; it can be fetched only after that."""
        if message["type"] == "start":
            self.run_label = str(message["run"].get("seed_label", ""))
            self.run_number, self._run = self.run_number + (message["run"] is not self._run), message["run"]
        if message["type"] not in _SHOWN:
            return
        frame = self._frames.look(message, world)
        if self._loop.is_closed():
            raise Abandoned("the trial cannot be shown on the wire: its server has ended")
        try:
            asyncio.run_coroutine_threadsafe(self._give(frame), self._loop).result(SHOW_S)
        except (TimeoutError, RuntimeError) as error:
            raise Abandoned(f"the trial cannot be shown on the wire ({error!r})") from error

    def _call(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self.meeting.over:
            self.writes.end_run(self.run_number)
        self._news.set()

    def _worded(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return a question with what only the wire tells: which run begins, or why a hello is asked for again."""
        if question["type"] == "start":
            return {**question, "number": self.run_number, **({"of": self.runs} if self.runs else {})}
        if question["type"] == "hello" and self.meeting.why:
            return {**question, "why": self.meeting.why[:300]}
        return question

    async def _give(self, frame: Frame) -> None:
        self.frame = frame
        for listener in list(self._listeners):
            try:
                await listener(frame)
            except Exception as error:  # noqa: BLE001 one bad listener must not stop the trial
                self.audit.note("unhandled", works=self.id, where="listener", why=repr(error))

    # -- what any works has -------------------------------------------------------------------------------------------
    def stamp(self, time_s: float) -> datetime:
        """Return the moment (UTC) of a plant time [s]; each run begins at 0 again."""
        return self.epoch + timedelta(seconds=time_s)

    def status(self) -> dict[str, Any]:
        """Return how the trial goes, with the keys of any works' status, and trial: kind, run, progress, state."""
        return {
            "id": self.id, "process": self.process, "title": self.title, "time_s": self.frame.time_s,
            "time": self.stamp(self.frame.time_s).isoformat(), "running": False, "speed": 1.0, "dt_s": 1.0,
            "lag_s": 0.0, "steps_per_frame": 1, "steps": self.frame.step, "connected": True,
            "leases": self.leases.table(), "alarms": 0, "recorded": False, "failure": self.failure or None,
            "trial": {"kind": self.kind, "run": self.run_label, "number": self.run_number, "of": self.runs or None,
                      "progress": round(self.progress, 4), "state": self.state},
        }  # fmt: skip

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have the frame of every question given to `listener`; return what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def subscribe_alarms(self, listener: Callable[[dict[str, Any]], Awaitable[None]]) -> Callable[[], None]:
        """A trial gives no alarms."""
        return lambda: None

    def snapshots(self) -> list[dict[str, Any]]:
        """A trial has no snapshots."""
        return []

    def faults(self) -> list[str]:
        """Nobody injects faults into a trial."""
        return []

    async def run(self, session: Session, speed: float | None = None) -> None:
        """SteelyardError: a trial is advanced by who answers."""
        self._closed(session, "run")

    async def pause(self, session: Session) -> None:
        """SteelyardError: a trial stands still until it is answered."""
        self._closed(session, "pause")

    async def snapshot(self, session: Session, name: str) -> dict[str, Any]:
        """SteelyardError: a trial is not kept."""
        self._closed(session, "snapshot")

    async def restore(self, session: Session, name: str) -> None:
        """SteelyardError: a trial does not go back."""
        self._closed(session, "restore")

    async def inject(
        self, session: Session, faults: dict[str, float], growth_s: float = 0.0, start_s: float | None = None
    ) -> None:
        """SteelyardError: the faults of a trial are those of its plan."""
        self._closed(session, "inject")

    async def history(
        self, names: Any, start_s: float, end_s: float, limit: int = 10_000, session: Session | None = None
    ) -> dict[str, Any]:
        """SteelyardError: the past of a trial is in its report."""
        raise SteelyardError(f"works {self.id!r} is a trial: it is not recorded; its report tells of it at the end")

    def _closed(self, session: Session, command: str) -> NoReturn:
        self.audit.note("refused", session, works=self.id, command=command, why="a trial")
        raise SteelyardError(f"works {self.id!r} is a trial: no {command}; it is advanced by exchange or advance")
