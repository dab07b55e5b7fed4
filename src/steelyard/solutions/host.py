"""The host of a solution: asks it in lock-step, counts its faults, restarts it, and falls back to the baseline.

A plant that uses a solution never meets an exception of it: every request returns an `Answer`; with a `fault` nothing
of the answer is used. Nothing that depends on the wall clock is in an answer (timing is kept apart in `timing`).
"""

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from steelyard.errors import SolutionError
from steelyard.solutions import contract
from steelyard.solutions.bundle import Bundle, bundle
from steelyard.solutions.contract import Answer, Hello, SignalInfo
from steelyard.solutions.process import Late, Limits, OutOfStep, Process, described, isolation

__all__ = ["FAULTS", "Answer", "Host", "Limits"]

FAULTS = ("crashed", "hung", "nonsense", "forbidden", "out_of_range", "fallback")
_KEPT_REASONS = 20
_GOODBYE = contract.encode({"type": "stop"})


def _fault_of(error: SolutionError) -> str:
    if isinstance(error, Late):
        return "hung"
    if isinstance(error, contract.Forbidden):
        return "forbidden"
    if isinstance(error, contract.OutOfRange):
        return "out_of_range"
    return "nonsense" if isinstance(error, contract.Nonsense) else "crashed"


class Host:
    """Runs the solution at `path` in a process of its own, run after run, and answers for it.

    `timeout_s` is the time for one answer, `start_timeout_s` for loading and for the start of a run; `restarts` is how
    often a process that crashed or hung is replaced within one run, after that the run goes on without the solution
    (`fallback`). `signals` are the board's signals: with them, names and ranges are checked. `cpu` pins the calling
    thread and the solution to one core, which makes lock-step several times faster.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        timeout_s: float = 2.0,
        start_timeout_s: float = 10.0,
        restarts: int = 2,
        limits: Limits | None = None,
        signals: Mapping[str, SignalInfo] | None = None,
        cpu: int | None = None,
    ) -> None:
        self.bundle: Bundle = bundle(path)
        self.timeout_s, self.start_timeout_s, self.restarts = timeout_s, start_timeout_s, restarts
        self.limits = limits or Limits()
        self.signals = signals
        self._cpu = cpu
        self._own_cpus: set[int] | None = None
        self._process: Process | None = None
        self._hello: Hello | None = None
        self._run: dict[str, Any] | None = None
        self._started = False
        self._spent = [0, 0.0, 0.0]
        self._begin({})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def hash(self) -> str:
        """The sha256 of the solution (see `bundle`)."""
        return self.bundle.hash

    @property
    def hello(self) -> Hello:
        """How the solution introduced itself; opens it when needed and raises SolutionError when it cannot be used."""
        if self._hello is None:
            self.open()
        assert self._hello is not None
        return self._hello

    @property
    def isolation(self) -> dict[str, Any]:
        """What the solution's process may not do on this machine, and its limits."""
        return {**isolation(), "limits": described(self.limits)}

    def timing(self) -> dict[str, float]:
        """Return wall-clock figures of the answers so far; they never belong into a result that is compared."""
        count, total, longest = self._spent
        mean = total / count if count else 0.0
        return {"requests": count, "mean_us": round(mean * 1e6, 1), "max_us": round(longest * 1e6, 1)}

    def reads(self, known: list[str] | None = None) -> list[str]:
        """Return the names to send, ``[*]`` expanded over the known names; SolutionError when one does not exist."""
        names = known if known is not None else list(self.signals or ())
        return contract.expand(self.hello.reads, names)

    def open(self) -> Hello:
        """Start the process and let it introduce itself; SolutionError with what, where and remedy otherwise."""
        if self._process is not None and self._hello is not None:
            return self._hello
        self._pin()
        process = Process(self.bundle, self.limits)
        try:
            line = contract.encode({"type": "hello", "contract": contract.CONTRACT})
            hello = contract.read_hello(process.ask(line, self.start_timeout_s))
            if self._hello is not None and hello != self._hello:
                raise contract.Nonsense("after a restart it introduces itself differently")
            if self.signals is not None:
                contract.check_writes(hello, self.signals)
                contract.expand(hello.reads, self.signals)
        except SolutionError as error:
            process.end()
            raise type(error)(f"{self.bundle.path}: {error}") from None
        except BaseException:
            process.end()
            raise
        self._process, self._hello, self._started = process, hello, False
        return hello

    def start(self, run: Mapping[str, Any]) -> Answer:
        """Begin a run: counters start at zero, the solution forgets the run before. `run` is the public run data."""
        self._begin(dict(run))
        return self._guarded(lambda: Answer())

    def decide(self, time_s: float, signals: Mapping[str, float]) -> Answer:
        """Ask what to write now; `signals` in board units, nan where nothing was measured yet."""
        return self._guarded(lambda: self._decide(time_s, signals))

    def predict(self, time_s: float, signals: Mapping[str, float], what: str) -> Answer:
        """Ask for the value of the signal `what` as it would be measured now."""
        return self._guarded(lambda: self._predict(time_s, signals, what))

    def observe(self, time_s: float, signals: Mapping[str, float]) -> Answer:
        """Tell a predictor what happened or was measured."""
        return self._guarded(lambda: self._observe(time_s, signals))

    def close(self) -> bool:
        """End the process and everything that it started; True when it left by itself on being told to stop."""
        process, self._process = self._process, None
        left = process is None or process.end(_GOODBYE)
        if self._own_cpus is not None:
            os.sched_setaffinity(0, self._own_cpus)
            self._own_cpus = None
        return left

    def _begin(self, run: dict[str, Any]) -> None:
        self._run, self._started = run, False
        self._lost = 0
        self.faults: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self.reasons: list[str] = []
        self.fallback = False

    def _guarded(self, request: Any) -> Answer:
        """Return what the request gives; any fault of the solution becomes a counted Answer."""
        if self.fallback:
            return self._fault("fallback", "it was given up for the rest of the run")
        try:
            self._ready()
            return request()
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
            self._ask({"type": "start", "run": self._run}, "ready", self.start_timeout_s)
            self._started = True

    def _lose(self) -> None:
        """End a process that cannot be used any more; give the solution up when that happened too often."""
        process, self._process, self._started = self._process, None, False
        if process is not None:
            process.end()
        self._lost += 1
        self.fallback = self._lost > self.restarts

    def _fault(self, kind: str, reason: str) -> Answer:
        self.faults[kind] += 1
        if len(self.reasons) < _KEPT_REASONS and kind != "fallback":
            self.reasons.append(f"{kind}: {reason}")
        return Answer(fault=kind, reason=reason)

    def _decide(self, time_s: float, signals: Mapping[str, float]) -> Answer:
        answer = self._ask({"type": "decide", "time_s": time_s, "signals": contract.readable(signals)})
        return Answer(set=contract.read_set(answer, self.hello, self.signals))

    def _predict(self, time_s: float, signals: Mapping[str, float], what: str) -> Answer:
        values = contract.readable(signals)
        answer = self._ask({"type": "predict", "time_s": time_s, "signals": values, "what": what})
        return Answer(estimate=contract.read_estimate(answer, (self.signals or {}).get(what)))

    def _observe(self, time_s: float, signals: Mapping[str, float]) -> Answer:
        self._ask({"type": "observe", "time_s": time_s, "signals": contract.readable(signals)}, "ok")
        return Answer()

    def _ask(self, message: dict[str, Any], expected: str = "", timeout_s: float = 0.0) -> dict[str, Any]:
        assert self._process is not None
        line = contract.encode(message)
        before = time.perf_counter()
        answer = self._process.ask(line, timeout_s or self.timeout_s)
        spent = time.perf_counter() - before
        self._spent = [self._spent[0] + 1, self._spent[1] + spent, max(self._spent[2], spent)]
        if expected:
            contract.expect(answer, expected, ())
        return answer

    def _pin(self) -> None:
        if self._cpu is None or self._own_cpus is not None or not hasattr(os, "sched_setaffinity"):
            return
        self._own_cpus = os.sched_getaffinity(0)
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {self._cpu})
