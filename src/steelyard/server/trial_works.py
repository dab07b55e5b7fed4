"""A trial in progress as a works on the wire: its board can be looked at, and one client answers for the solution.

The client plays by `exchange`, message by message as over a pipe, or natively: it reads the signals, writes set-points
and advances. Both are one lock-step with the trial, and what is wrong is counted by the same checks as over a pipe.
"""

import asyncio
from typing import Any

from steelyard.errors import AccessError, DataError, SignalError, SteelyardError
from steelyard.live.access import Session, writer_of
from steelyard.live.audit import Audit
from steelyard.plant.board import ROLE_WRITES
from steelyard.plant.frame import Frame
from steelyard.server.trial_surface import TrialSurface
from steelyard.signals import Signal
from steelyard.solutions.contract import WRITERS, check_writes, expand, read_hello, signal_infos

WAIT_S = 0.5  # some clients hang up when one call takes more than a second
WAIT, STOP = {"type": "wait"}, {"type": "stop"}
_MOST_KEYS = 300


class TrialWorks(TrialSurface):
    """The works of a trial. Who answers for the solution needs the role that is its kind, and the lease of it."""

    def __init__(self, works_id: str, process: str, kind: str, title: dict[str, str], audit: Audit) -> None:
        super().__init__(works_id, process, kind, title, audit)
        self.told = False  # whether the client has heard of the end
        self._early: dict[str, Any] | None = None
        self._hello: dict[str, Any] | None = None
        self._wanted: dict[str, Any] = {}
        self._refused: dict[str, Any] = {}
        self.player: Session | None = None

    # -- the exchange -------------------------------------------------------------------------------------------------
    async def exchange(self, session: Session, message: Any) -> dict[str, Any]:
        """Take a message of the solution and return the next question; ``{"type":"wait"}`` asks without answering.

        ``wait`` comes back when there is no question for half a second, ``stop`` after the last one. AccessError unless
        the session has the role of this kind and its lease; SteelyardError for what is no message.
        """
        self._lead(session)
        if not isinstance(message, dict) or not isinstance(message.get("type"), str) or len(message) > _MOST_KEYS:
            self.audit.note("malformed", session, works=self.id, why="no message of the contract")
            raise SteelyardError('a message of the contract is an object with a "type", at least {"type":"wait"}')
        if message["type"] != "wait":
            self._answer(session, message)
        return await self._next(WAIT_S)

    def _answer(self, session: Session, message: dict[str, Any]) -> None:
        question = self.meeting.question
        if message["type"] == "hello":
            if self._hello is None:
                try:
                    _check(message, self.kind, self.signals)
                except SteelyardError as error:  # the trial would end with it; so it goes on waiting for a proper one
                    self.audit.note("malformed", session, works=self.id, why=f"hello: {error}")
                    raise SignalError(f"this hello cannot be taken: {error}") from error
            self._hello, self._early, self.state = message, message, "running"
            self._wanted, self._refused = {}, {}
            if question is not None and question["type"] != "hello":
                self.meeting.answer({"type": "gone", "reason": "its client began anew with a hello"})
            return
        if question is None or (question["type"] == "hello" and message["type"] != "gone"):
            self.audit.note("refused", session, works=self.id, why=f"too late or unasked: {message['type'][:40]!r}")
            return
        wanted = message.get("set")
        if question["type"] == "decide" and isinstance(wanted, dict):
            message = {**message, "set": {**self._wanted, **wanted, **self._refused}}
            self._wanted, self._refused = {}, {}
        self.meeting.answer(message)

    async def _next(self, patience_s: float | None) -> dict[str, Any]:
        """Return the question that stands or comes; `WAIT` after `patience_s`, `STOP` at the end."""
        end = None if patience_s is None else self._loop.time() + patience_s
        while True:
            question = self.meeting.question
            if question is not None and question["type"] == "hello" and self._early is not None:
                early, self._early = self._early, None
                self.meeting.answer(early)
            elif question is not None:
                return self._worded(question)
            elif self.meeting.over:
                self.told, self.state = True, "over"
                return {**STOP, "why": self.failure} if self.failure else STOP
            self._news.clear()
            if self.meeting.question is None and not self.meeting.over:
                try:
                    await asyncio.wait_for(self._news.wait(), None if end is None else end - self._loop.time())
                except TimeoutError:
                    return WAIT

    def _lead(self, session: Session) -> None:
        """See that this session is the one that answers for the solution; it takes the lease of the role."""
        if self.meeting.over and self.failure:
            raise SteelyardError(f"the trial has ended: {self.failure}")
        try:
            self.leases.take(self.kind, session)
        except AccessError as error:
            self.audit.note("refused", session, works=self.id, why=str(error))
            raise
        self.player = session

    # -- the native way -----------------------------------------------------------------------------------------------
    async def write(self, session: Session, values: dict[str, float]) -> None:
        """Write set-points for the answer to the present question; AccessError or SignalError when that may not be.

        What the one who answers tries and may not is refused here and counted in the trial as in an answer: nothing of
        this answer is used then.
        """
        try:
            for name in values:
                if name not in self.signals:
                    raise SignalError(f"there is no signal {name!r}")
            if (role := writer_of(session, list(values))) != self.kind:
                raise AccessError(f"this trial is of a solution of kind {self.kind}; a {role} may not write in it")
            self._declared(list(values))
            for name, value in values.items():
                self.signals[name].to_record(value)
            self.leases.take(role, session)
        except SteelyardError as error:
            self.audit.note("refused", session, works=self.id, set=str(values)[:200], why=str(error))
            if self.player is not None and session.id == self.player.id:
                self._refused.update(values)
            raise
        self.player = session
        self._wanted.update(values)
        self.writes.wrote(session, self.run_number, self.frame.time_s, values)

    def _declared(self, names: list[str]) -> None:
        """AccessError when the solution did not say in its hello that it writes these."""
        may = self._hello.get("writes") if self._hello else None
        hidden = [name for name in names if isinstance(may, list) and name not in may]
        if hidden:
            raise AccessError(f"{hidden[0]!r} is not in the writes of the solution's hello")

    async def advance(self, session: Session, n: int) -> Frame:
        """Answer with what was written and go on for `n` seconds of the plant; return the frame of the next moment.

        The first call says how often this client decides; later ones go on by a multiple of that.
        """
        session.need("advance")
        self._lead(session)
        if self.kind not in WRITERS:
            raise SteelyardError(f"a {self.kind} answers by exchange; only set-points can be written")
        if self._hello is None:
            self._answer(session, _introduction(session, self.kind, n, self.signals))
            return await self._decision()
        interval = self._hello.get("interval_s")
        if not isinstance(interval, int | float) or not 1 <= interval <= n or n % interval:
            raise SteelyardError(f"this solution decides every {interval} s; advance by a multiple of it, not by {n}")
        for _ in range(int(n // interval)):
            if (await self._next(None))["type"] == "decide":
                self._answer(session, {"type": "answer", "set": {}})
            frame = await self._decision()
        return frame

    async def _decision(self) -> Frame:
        """Return the frame of the next question to decide; what comes before is answered by the house."""
        while (question := await self._next(None))["type"] != "decide":
            if question["type"] == "stop":
                raise SteelyardError("the trial is over")
            if question["type"] == "hello":
                self._early = self._hello
            else:
                self.meeting.answer({"type": "ready"})
        return self.frame


def _check(hello: dict[str, Any], kind: str, signals: dict[str, Signal]) -> None:
    """Raise what the trial would end with when a solution introduced itself so."""
    said = read_hello(hello)
    if said.kind != kind:
        raise DataError(f'"kind" is "{said.kind}", this trial is of a solution of kind {kind}')
    if kind != "predictor":  # of recorded products there may be signals that are on no board
        check_writes(said, infos := signal_infos(signals.values(), ROLE_WRITES))
        expand(said.reads, infos)


def _introduction(session: Session, kind: str, interval_s: int, signals: dict[str, Signal]) -> dict[str, Any]:
    """Return the hello of a client that plays natively: it reads everything and may write all that its kind may."""
    reads = dict.fromkeys(name.partition("[")[0] + "[*]" * ("[" in name) for name in signals)
    writes = sorted(name for name in ROLE_WRITES[kind] if name in signals)
    return {"type": "hello", "name": f"{session.user} over {session.via}", "version": "1", "kind": kind,
            "reads": list(reads), "writes": writes, "interval_s": interval_s}  # fmt: skip
