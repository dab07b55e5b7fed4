"""Lock-step with a solution, whatever carries the lines: asks, counts faults, begins anew, falls back to the baseline.

A plant that uses a solution never meets an exception of it: every request returns an `Answer`; with a `fault` nothing
of the answer is used. Nothing that depends on the wall clock is in an answer (timing is kept apart in `timing`).
"""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from steelyard.errors import SolutionError
from steelyard.solutions import contract
from steelyard.solutions.contract import Answer, Hello, SignalInfo

FAULTS = ("crashed", "hung", "nonsense", "forbidden", "out_of_range", "fallback")
_KEPT_REASONS = 20
_GOODBYE = {"type": "stop"}


class Late(SolutionError):
    """The solution did not answer in time."""


class Ended(SolutionError):
    """The solution has ended."""


class OutOfStep(contract.Nonsense):
    """The solution spoke when it was not asked, or without end: question and answer no longer belong together."""


class Carrier(Protocol):
    """What takes one message to a solution and brings its answer: a pipe to a process of our own, or the wire."""

    @property
    def name(self) -> str:
        """What messages call the solution."""

    def ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return the solution's answer to a message; Ended, Late, OutOfStep or Nonsense."""

    def end(self, goodbye: dict[str, Any] | None = None) -> bool:
        """Let go of the solution, after a goodbye where there is one; True when it left by itself."""


def _fault_of(error: SolutionError) -> str:
    if isinstance(error, Late):
        return "hung"
    if isinstance(error, contract.Forbidden):
        return "forbidden"
    if isinstance(error, contract.OutOfRange):
        return "out_of_range"
    return "nonsense" if isinstance(error, contract.Nonsense) else "crashed"


def _read_ok(said: dict[str, Any]) -> Answer:
    contract.expect(said, "ok", ())
    return Answer()


def _read_decision(said: dict[str, Any], hello: Hello, signals: Mapping[str, SignalInfo] | None) -> Answer:
    if hello.kind == "detector":
        return Answer(alarm=contract.read_alarm(said, hello))
    return Answer(set=contract.read_set(said, hello, signals))


def _introduced(carrier: Carrier, timeout_s: float, signals: Mapping[str, SignalInfo] | None) -> Hello:
    """Return how the solution introduces itself, checked against the board's signals where they are known."""
    hello = contract.read_hello(carrier.ask({"type": "hello", "contract": contract.CONTRACT}, timeout_s))
    if signals is not None:
        contract.check_writes(hello, signals)
        contract.expand(hello.reads, signals)
    return hello


def _launched(
    launch: Callable[[], Carrier], timeout_s: float, signals: Mapping[str, SignalInfo] | None, before: Hello | None
) -> tuple[Carrier, Hello]:
    """Launch a carrier whose solution introduces itself, as `before` when it is a restart; else nothing is left."""
    carrier = launch()
    try:
        hello = _introduced(carrier, timeout_s, signals)
        if before is not None and hello != before:
            raise contract.Nonsense("after a restart it introduces itself differently")
    except SolutionError as error:
        carrier.end()
        raise type(error)(f"{carrier.name}: {error}") from None
    except BaseException:
        carrier.end()
        raise
    return carrier, hello


class _Stopwatch:
    """Wall-clock time of the answers: how many, how long together, the longest."""

    def __init__(self) -> None:
        self.count, self.total_s, self.longest_s = 0, 0.0, 0.0

    def add(self, spent_s: float) -> None:
        self.count, self.total_s, self.longest_s = self.count + 1, self.total_s + spent_s, max(self.longest_s, spent_s)

    def figures(self) -> dict[str, float]:
        mean = self.total_s / self.count if self.count else 0.0
        return {"requests": self.count, "mean_us": round(mean * 1e6, 1), "max_us": round(self.longest_s * 1e6, 1)}


class Lockstep:
    """Asks one solution, run after run, and answers for it; `launch` gives the carrier of its lines, also after a loss.

    `timeout_s` is the time for one answer, `start_timeout_s` for loading and for the start of a run; `restarts` is how
    often a solution that crashed or hung is begun anew within one run, after that the run goes on without it
    (`fallback`). `signals` are the board's signals: with them, names and ranges are checked. `alarms` holds the scores
    of all alarms of a detector: 0 at the start of a run, then what it said last, 0 again once it was given up.
    """

    def __init__(
        self, launch: Callable[[], Carrier], *, timeout_s: float = 2.0, start_timeout_s: float = 10.0,
        restarts: int = 2, signals: Mapping[str, SignalInfo] | None = None,
    ) -> None:  # fmt: skip
        self._launch = launch
        self.timeout_s, self.start_timeout_s, self.restarts = timeout_s, start_timeout_s, restarts
        self.signals = signals
        self._process: Carrier | None = None
        self._hello: Hello | None = None
        self._run: dict[str, Any] | None = None
        self._started = False
        self._watch = _Stopwatch()
        self._begin({})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def hello(self) -> Hello:
        """How the solution introduced itself; opens it when needed and raises SolutionError when it cannot be used."""
        if self._hello is None:
            self.open()
        assert self._hello is not None
        return self._hello

    def timing(self) -> dict[str, float]:
        """Return wall-clock figures of the answers so far; they never belong into a result that is compared."""
        return self._watch.figures()

    def reads(self, known: list[str] | None = None) -> list[str]:
        """Return the names to send, ``[*]`` expanded over the known names; SolutionError when one does not exist."""
        return contract.expand(self.hello.reads, self.signals if known is None else known)

    def open(self) -> Hello:
        """Launch it and let it introduce itself; SolutionError with what, where and remedy otherwise."""
        if self._process is not None and self._hello is not None:
            return self._hello
        process, hello = _launched(self._launch, self.start_timeout_s, self.signals, self._hello)
        self._process, self._hello, self._started = process, hello, False
        return hello

    def start(self, run: Mapping[str, Any], world: Any = None) -> Answer:
        """Begin a run: counters start at zero, the solution forgets the run before. `run` is the public run data.

        `world` is what the run is about; a pipe has no use for it, on the wire its board can be looked at.
        """
        self._begin(dict(run))
        answer = self._guarded(None, lambda _: Answer())
        self.alarms.update(dict.fromkeys(self._hello.alarms if self._hello else (), 0.0))
        return answer

    def decide(self, time_s: float, signals: Mapping[str, float]) -> Answer:
        """Ask what to write now, or a detector for its scores; `signals` in board units, nan where not measured yet."""
        message = {"type": "decide", "time_s": time_s, "signals": contract.readable(signals)}
        answer = self._guarded(message, lambda said: _read_decision(said, self.hello, self.signals))
        self.alarms.update(answer.alarm)
        return answer

    def predict(self, time_s: float, signals: Mapping[str, float], what: str) -> Answer:
        """Ask for the value of the signal `what` as it would be measured now."""
        message = {"type": "predict", "time_s": time_s, "signals": contract.readable(signals), "what": what}
        info = (self.signals or {}).get(what)
        return self._guarded(message, lambda said: Answer(estimate=contract.read_estimate(said, info)))

    def observe(self, time_s: float, signals: Mapping[str, float]) -> Answer:
        """Tell a predictor what happened or was measured."""
        message = {"type": "observe", "time_s": time_s, "signals": contract.readable(signals)}
        return self._guarded(message, _read_ok)

    def close(self) -> bool:
        """End the process and everything that it started; True when it left by itself on being told to stop."""
        process, self._process = self._process, None
        return process is None or process.end(_GOODBYE)

    def _begin(self, run: dict[str, Any]) -> None:
        self._run, self._started = run, False
        self._lost = 0
        self.faults: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self.reasons: list[str] = []
        self.alarms: dict[str, float] = {}
        self.fallback = False

    def _guarded(self, message: dict[str, Any] | None, read: Callable[[dict[str, Any]], Answer]) -> Answer:
        """Ask and return what `read` makes of the answer; any fault of the solution becomes a counted Answer."""
        if self.fallback:
            return self._fault("fallback", "it was given up for the rest of the run")
        try:
            self._ready()
            return read(self._ask(message, self.timeout_s)) if message else Answer()
        except SolutionError as error:
            kind = _fault_of(error)
            if kind in ("crashed", "hung") or isinstance(error, OutOfStep) or not self._started:
                self._lose()
            return self._fault(kind, str(error))

    def _ready(self) -> None:
        """See that a process runs and knows the run."""
        if self._process is None:
            self.open()
        if not self._started:
            message = {"type": "start", "run": self._run}
            contract.expect(self._ask(message, self.start_timeout_s), "ready", ())
            self._started = True

    def _lose(self) -> None:
        """End a process that cannot be used any more; give the solution up when that happened too often."""
        process, self._process, self._started = self._process, None, False
        if process is not None:
            process.end()
        self._lost += 1
        self.fallback = self._lost > self.restarts
        if self.fallback:
            self.alarms.update(dict.fromkeys(self.alarms, 0.0))

    def _fault(self, kind: str, reason: str) -> Answer:
        self.faults[kind] += 1
        if len(self.reasons) < _KEPT_REASONS and kind != "fallback":
            self.reasons.append(f"{kind}: {reason}")
        return Answer(fault=kind, reason=reason)

    def _ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        assert self._process is not None
        before = time.perf_counter()
        answer = self._process.ask(message, timeout_s)
        self._watch.add(time.perf_counter() - before)
        return answer
