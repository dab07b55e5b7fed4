"""The agenda of a live works: faults that come later, and grow, in a plant whose record carries no ramps of its own."""

from dataclasses import dataclass

import numpy as np

from steelyard.errors import ParameterError

LONGEST = 512
FIELDS = 5


@dataclass
class Move:
    """The number at `position` of the flat record changes by `change` from `start` on, over `growth` [s]."""

    position: int
    change: float
    start: float
    growth: float
    done: float = 0.0


class Agenda:
    """Moves parameters of one record while plant time passes; part of every snapshot."""

    def __init__(self) -> None:
        self._moves: list[Move] = []

    def add(self, changes: list[tuple[int, float]], start_s: float, growth_s: float) -> None:
        """Let the changes (position in the flat record, amount in SI) come; ParameterError when too many are due."""
        if len(self._moves) + len(changes) > LONGEST:
            raise ParameterError(f"the agenda holds at most {LONGEST} moving parameters at a time: inject fewer faults")
        self._moves += [Move(position, change, start_s, growth_s) for position, change in changes]

    def follow(self, plant: np.ndarray, time_s: float) -> None:
        """Bring every parameter to where it stands at plant time `time_s`; what is done is struck off."""
        if not self._moves:
            return
        flat = plant.view(np.ndarray).reshape(1).view("f8")
        for move in self._moves:
            if time_s >= move.start:
                share = min((time_s - move.start) / move.growth, 1.0) if move.growth > 0.0 else 1.0
                flat[move.position] += move.change * (share - move.done)
                move.done = share
        self._moves = [move for move in self._moves if move.done < 1.0]

    def rows(self) -> np.ndarray:
        """Return what is still to come, shape (moves, 5)."""
        rows = [(m.position, m.change, m.start, m.growth, m.done) for m in self._moves]
        return np.array(rows, dtype=float).reshape(len(rows), FIELDS)

    def take(self, rows: np.ndarray) -> None:
        """Replace everything that is to come by the rows of a snapshot."""
        self._moves = [Move(int(row[0]), *(float(value) for value in row[1:])) for row in rows]
