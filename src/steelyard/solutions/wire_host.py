"""A solution that answers over the wire: the same lock-step, with a meeting place of two threads instead of a pipe.

The thread of a trial asks and waits; whoever speaks with the client (a protocol, in a loop of its own) takes the
question from `Meeting.question` and brings the answer. What is checked and counted is the same as over the pipe.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from steelyard.errors import SolutionError, SteelyardError
from steelyard.solutions.contract import Answer, SignalInfo
from steelyard.solutions.lockstep import Ended, Late, Lockstep, OutOfStep

CONNECT_S = 300.0
_LOSSES: dict[str, type[SolutionError]] = {"hung": Late, "nonsense": OutOfStep}


class Abandoned(SteelyardError):
    """The trial was stopped while it waited for the wire."""


class Meeting:
    """Where the thread of a trial meets the wire: one question stands at a time.

    `show(message, world)` is called in the thread of the trial before each question, and may take its time; `call()`
    after it, when there is something new to fetch: a question, or the end. `connect_s` is how long it waits for the
    first client.
    """

    def __init__(
        self, show: Callable[[dict[str, Any], Any], None], call: Callable[[], None], connect_s: float = CONNECT_S
    ) -> None:
        self._show, self._call, self._connect_s = show, call, connect_s
        self._lock = threading.Lock()
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._met, self._left = False, False
        self.world: Any = None
        self.question: dict[str, Any] | None = None
        self.over = False
        self.why = ""  # the last fault that was counted

    # -- the thread of the trial --------------------------------------------------------------------------------------
    def ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Put a question and return the answer. Late without one in time, Ended or OutOfStep when the client says so.

        The time counts from when the question can be fetched. Abandoned when the trial is to stop.
        """
        self._see()
        self._show(message, self.world)
        with self._lock:
            self._see()
            self._answers = queue.SimpleQueue()
            self.question = message
        self._call()
        try:
            said = self._answers.get(timeout=timeout_s if self._met else max(timeout_s, self._connect_s))
        except queue.Empty:
            raise Late("it did not answer in time over the wire") from None
        finally:
            with self._lock:
                self.question = None
        self._see()
        assert said is not None
        if said.get("type") == "gone":
            reason, fault = said.get("reason"), said.get("fault")
            why = reason[:300] if isinstance(reason, str) else "its client does not say why"
            raise _LOSSES.get(fault if isinstance(fault, str) else "", Ended)(f"its client says: {why}")
        self._met = True
        return said

    def finish(self) -> None:
        """There will be no more questions."""
        self.over = True
        self._call()

    @property
    def left(self) -> bool:
        """Whether the trial was told to stop before its end."""
        return self._left

    def _see(self) -> None:
        if self._left:
            raise Abandoned("the trial was stopped before its end")

    # -- the wire -----------------------------------------------------------------------------------------------------
    def answer(self, message: dict[str, Any]) -> bool:
        """Answer the question that stands; False when none does (any more)."""
        with self._lock:
            if self.question is None:
                return False
            self.question = None
            self._answers.put(message)
            return True

    def abandon(self) -> None:
        """Have the trial stop at its next question, or now when it waits for an answer."""
        with self._lock:
            self._left = True
            self._answers.put(None)


class _Wire:
    """One client's time with a solution; the next one begins with a new hello."""

    name = "the solution over the wire"

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting

    def ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return the client's answer."""
        return self._meeting.ask(message, timeout_s)

    def end(self, goodbye: dict[str, Any] | None = None) -> bool:
        """Let go: the client hears of it by the next question, a hello or the end of the trial."""
        return True


class WireHost(Lockstep):
    """The host of a solution whose client comes over the wire; `meeting` outlives its losses and restarts."""

    hash = ""

    def __init__(
        self, meeting: Meeting, *, timeout_s: float = 2.0, start_timeout_s: float = 10.0, restarts: int = 2,
        signals: Mapping[str, SignalInfo] | None = None, isolation: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """`isolation` is what is known of where the solution runs; nothing by default."""
        self.meeting = meeting
        self.isolation: dict[str, Any] = dict(isolation or {"level": "elsewhere"})
        super().__init__(
            lambda: _Wire(meeting), timeout_s=timeout_s, start_timeout_s=start_timeout_s, restarts=restarts,
            signals=signals,
        )  # fmt: skip

    def start(self, run: Mapping[str, Any], world: Any = None) -> Answer:
        """Begin a run whose board can be looked at over the wire; else as `Lockstep.start`."""
        self.meeting.world = world
        return super().start(run, world)

    def _fault(self, kind: str, reason: str) -> Answer:
        if kind != "fallback":
            self.meeting.why = f"{kind}: {reason}"
        return super()._fault(kind, reason)
