"""A frame: what the board of a works showed at one moment, ready to leave the plant.

Frames are all that the wire ever sees. They never change once made, so any number of readers may hold them.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.signals import Signal
from steelyard.units import unit

GOOD, UNCERTAIN, BAD = 0, 1, 2


@dataclass(frozen=True)
class Frame:
    """The board at plant time `time_s` [s], after `step` steps; arrays of shape (signals,), in the board's order.

    `values` are in trade units, nan where nothing was measured; `status` is 0 good, 1 uncertain, 2 bad; `offset` is the
    time stamp of each value less the plant time [s]; without `connected` the wire between plant and reader is down.
    """

    step: int
    time_s: float
    values: np.ndarray = field(repr=False)
    status: np.ndarray = field(repr=False)
    offset: np.ndarray = field(repr=False)
    connected: bool = True


class View:
    """Takes frames of a works: all signals of its board, with what its instruments say of quality and time."""

    def __init__(self, works: Any) -> None:
        """`works` has a record `plant`, a `board` and a `time_s`; a works without instruments is as good as read."""
        signals: list[Signal] = list(works.board.signals.values())
        self.names = [signal.name for signal in signals]
        self._works = works
        self._flat = works.plant.view(np.ndarray).reshape(1).view("f8")
        self._position = np.array([signal.position for signal in signals], dtype=np.intp)
        as_shown = getattr(works, "holds_trade_units", False)  # a replay keeps the very numbers that were recorded
        units = [unit("1" if as_shown else signal.unit) for signal in signals]
        self._offset = np.array([u.offset for u in units])
        self._factor = np.array([u.factor for u in units])
        self._seen, self._quality, self._stamp = self._instruments()

    def _instruments(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return which signals an instrument shows, and where its quality and its time offset lie in the record."""
        plant = self._works.plant
        if "instruments" not in (plant.dtype.names or ()):
            return (np.zeros(0, dtype=np.intp),) * 3
        dtype, base = plant.dtype.fields["instruments"][:2]
        one = dtype.base
        place = {name: (base + one.fields[name][1]) // 8 for name in ("shown", "quality", "offset")}
        stride, count = one.itemsize // 8, dtype.shape[0]
        row = (self._position - place["shown"]) // stride
        seen = np.flatnonzero((row >= 0) & (row < count) & (place["shown"] + row * stride == self._position))
        return seen, place["quality"] + row[seen] * stride, place["offset"] + row[seen] * stride

    def look(self, step: int) -> Frame:
        """Return the frame of this moment."""
        values = self._flat[self._position]
        values -= self._offset
        values /= self._factor
        status = np.where(np.isnan(values), BAD, GOOD).astype(np.uint8)
        offset = np.zeros(len(values))
        status[self._seen] = self._flat[self._quality]
        offset[self._seen] = self._flat[self._stamp]
        return Frame(step, float(self._works.time_s), values, status, offset)
