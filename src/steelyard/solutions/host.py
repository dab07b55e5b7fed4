"""The host of a solution on this machine: lock-step over a pipe with a confined process of its own."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steelyard.solutions.bundle import Bundle, bundle
from steelyard.solutions.contract import Answer, Hello, SignalInfo
from steelyard.solutions.lockstep import FAULTS, Lockstep
from steelyard.solutions.process import Limits, Process, described, isolation

__all__ = ["FAULTS", "Answer", "Host", "Limits"]


class Host(Lockstep):
    """Runs the solution at `path` in a process of its own, run after run, and answers for it (see `Lockstep`).

    `cpu` pins the calling thread and the solution to one core, which makes lock-step several times faster.
    """

    def __init__(
        self, path: str | Path, *, timeout_s: float = 2.0, start_timeout_s: float = 10.0, restarts: int = 2,
        limits: Limits | None = None, signals: Mapping[str, SignalInfo] | None = None, cpu: int | None = None,
    ) -> None:  # fmt: skip
        self.bundle: Bundle = bundle(path)
        self.limits = limits or Limits()
        self._cpu = cpu
        self._own_cpus: set[int] | None = None
        super().__init__(
            lambda: Process(self.bundle, self.limits), timeout_s=timeout_s, start_timeout_s=start_timeout_s,
            restarts=restarts, signals=signals,
        )  # fmt: skip

    @property
    def hash(self) -> str:
        """The sha256 of the solution (see `bundle`)."""
        return self.bundle.hash

    @property
    def isolation(self) -> dict[str, Any]:
        """What the solution's process may not do on this machine, and its limits."""
        return {**isolation(self.limits.network), "limits": described(self.limits)}

    def open(self) -> Hello:
        """Start the process and let it introduce itself; SolutionError with what, where and remedy otherwise."""
        if self._cpu is not None and self._own_cpus is None:
            self._own_cpus = _pin(self._cpu)
        return super().open()

    def close(self) -> bool:
        """End the process and everything that it started; True when it left by itself on being told to stop."""
        left = super().close()
        if self._own_cpus is not None:
            os.sched_setaffinity(0, self._own_cpus)
            self._own_cpus = None
        return left


def _pin(cpu: int) -> set[int] | None:
    """Keep the calling thread on one core, where that can be done; return the cores it had."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {cpu})
    return before
