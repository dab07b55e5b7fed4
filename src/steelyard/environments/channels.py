"""Signals of the board as arrays with declared bounds: what an environment shows and what it takes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from steelyard.errors import SignalError


def box(board: Any, names: Sequence[str]) -> Box:
    """Return the space of these signals in board units, from their declared ranges; SignalError when one is open."""
    declared = [board.signal(name).declaration for name in names]
    for name, quantity in zip(names, declared, strict=True):
        if not (math.isfinite(quantity.low) and math.isfinite(quantity.high)):
            raise SignalError(f"{name}: its range {quantity.low:g} to {quantity.high:g} is open; declare both ends")
    low = np.array([quantity.low for quantity in declared])
    high = np.array([quantity.high for quantity in declared])
    return Box(low, high, dtype=np.float64)


class Channels:
    """A fixed list of signals of one board, read as one array within the bounds of its space."""

    def __init__(self, board: Any, names: Sequence[str], space: Box) -> None:
        self._reader = board.reader(names)
        self._low, self._high = space.low, space.high

    def read(self) -> np.ndarray:
        """Return the signals in board units, shape (n,); one that was not measured yet stands at its lower bound."""
        values = np.array(self._reader.read())
        return np.clip(np.where(np.isnan(values), self._low, values), self._low, self._high)


def unit_box(count: int) -> Box:
    """Return the space of `count` actions from -1 to 1, which learning libraries expect."""
    return Box(-1.0, 1.0, (count,), dtype=np.float64)


def scaled(action: Any, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return actions from -1 to 1, cut to that range, as values from `low` to `high`, shape (n,)."""
    share = 0.5 * (np.clip(np.asarray(action, dtype=np.float64).reshape(low.shape), -1.0, 1.0) + 1.0)
    return low + share * (high - low)


def write(board: Any, names: Sequence[str], values: np.ndarray) -> None:
    """Write set-points in board units as a controller would; SignalError when one is no number or out of range."""
    for name, value in zip(names, values.tolist(), strict=True):
        board.write(name, value, "controller")
