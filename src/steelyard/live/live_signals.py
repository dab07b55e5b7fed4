"""What a live works says of its own clock, as signals: they stand behind those of the board, on every protocol."""

from typing import Any

import numpy as np

from steelyard.live.clock import FASTEST, Clock
from steelyard.plant.frame import GOOD, Frame, View
from steelyard.signals import Scalar, Signal, declared, quantity

UNIT = "live"


class LiveState:
    """How the works runs."""

    lag: Scalar = quantity("s", "how late the plant is behind its clock, in seconds of the wall", low=0.0, high=1e9)
    speed: Scalar = quantity("1", "plant seconds for each second of the wall", low=0.0, high=FASTEST)
    running: Scalar = quantity("1", "1 while the plant runs with the clock, 0 while it waits", low=0.0, high=1.0)


def live_signals() -> dict[str, Signal]:
    """Return the signals of the clock by name; they lie in no record, so their position is -1."""
    return {f"{UNIT}.{name}": Signal(f"{UNIT}.{name}", q) for name, q in declared(LiveState).items()}


class LiveView:
    """Takes frames of a works: the signals of its board, then those of its clock."""

    def __init__(self, works: Any, clock: Clock) -> None:
        self._view, self._clock = View(works), clock
        self._good = np.full(len(declared(LiveState)), GOOD, dtype=np.uint8)
        self._now = np.zeros(len(self._good))

    def look(self, step: int) -> Frame:
        """Return the frame of this moment, arrays of shape (signals of the board + 3,)."""
        board, clock = self._view.look(step), self._clock
        state = (clock.lag_s, clock.speed, float(clock.running))
        return Frame(
            step, board.time_s, np.concatenate((board.values, state)), np.concatenate((board.status, self._good)),
            np.concatenate((board.offset, self._now)),
        )  # fmt: skip
