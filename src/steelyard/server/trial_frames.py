"""What the wire shows of a trial: the board of the run at the moment of a question, as the question tells it."""

import math
from typing import Any

import numpy as np

from steelyard.plant.frame import BAD, UNCERTAIN, Frame, View
from steelyard.signals import Signal


class TrialFrames:
    """Makes the frames of a trial whose runs come one after the other, each with a works of its own from time 0 on."""

    def __init__(self, signals: list[Signal]) -> None:
        """`signals` are those of the board, in the order of the frames."""
        self._place = {signal.name: place for place, signal in enumerate(signals)}
        self._works: Any = None
        self._view: View | None = None
        self._step = 0

    def blank(self) -> Frame:
        """Return a frame in which nothing was measured yet."""
        count = len(self._place)
        return Frame(self._step, 0.0, np.full(count, math.nan), np.full(count, BAD, np.uint8), np.zeros(count))

    def look(self, question: dict[str, Any], world: Any) -> Frame:
        """Return the frame of this moment of `world` (None: of recorded products, of which only the question tells).

        What the question says of a signal stands in the frame as well, so that both ways to answer see the same.
        Behind a wire with faults nothing else is seen.
        """
        self._step += 1
        works = world.works if world is not None and world.wire is None else None
        if works is not self._works:
            self._works, self._view = works, View(works) if works is not None else None
        frame = self._view.look(self._step) if self._view is not None else self.blank()
        for name, value in question["signals"].items():
            if (place := self._place.get(name)) is not None:
                frame.values[place] = math.nan if value is None else value
                frame.status[place] = BAD if value is None else min(frame.status[place], UNCERTAIN)
        return Frame(self._step, float(question["time_s"]), frame.values, frame.status, frame.offset)
