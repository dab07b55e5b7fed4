"""What the wire shows of a trial: the board of the run at the moment of a question, held against the question."""

import math
from typing import Any

import numpy as np

from steelyard.errors import SteelyardError
from steelyard.plant.frame import BAD, UNCERTAIN, Frame, View
from steelyard.signals import Signal


class DiffersError(SteelyardError):
    """The board on the wire is not what the trial asks about: whoever reads tags would see another plant."""


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

        The frame comes from the plant and not from the question; where the two differ the trial fails (DiffersError).
        Behind a wire with faults, and of recorded products, nothing is seen but what the question says.
        """
        self._step += 1
        works = world.works if world is not None and world.wire is None else None
        if works is not self._works:
            self._works, self._view = works, View(works) if works is not None else None
        if self._view is None:
            return self._told(question)
        frame = self._view.look(self._step)
        self._agree(question, frame)
        return frame

    def _told(self, question: dict[str, Any]) -> Frame:
        """Return a frame that shows what the question says and nothing else."""
        frame = self.blank()
        for name, value in question["signals"].items():
            if (place := self._place.get(name)) is not None and value is not None:
                frame.values[place], frame.status[place] = value, UNCERTAIN
        return Frame(self._step, float(question["time_s"]), frame.values, frame.status, frame.offset)

    def _agree(self, question: dict[str, Any], frame: Frame) -> None:
        """DiffersError unless time and all values are those of the question; what was not measured is bad and nan.

        A value that the question holds can be read, so on the wire it is uncertain at the worst.
        """
        if frame.time_s != (asked_s := question["time_s"]):
            raise DiffersError(f"the wire shows plant time {frame.time_s:g} s, the trial asks at {asked_s:g} s")
        for name, value in question["signals"].items():
            if (place := self._place.get(name)) is None:
                raise DiffersError(f"the trial asks about {name!r}, which is not on the wire")
            shown = float(frame.values[place])
            if not (math.isnan(shown) if value is None else shown == value):
                raise DiffersError(f"{name}: the wire shows {shown!r}, the trial asks with {value!r}")
            frame.status[place] = BAD if value is None else min(frame.status[place], UNCERTAIN)
