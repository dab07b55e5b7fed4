"""What a solution sees of the board: all of it at once, or what arrives over the wire of the scenario.

The plant, its level 1, the safety monitor, the traces and the KPIs see the board itself; so does the baseline, which
is part of the plant. Only what is asked of a solution goes through the wire. Each message that arrives is a question:
one that comes twice is asked twice, a late one is asked with its own time, and where none arrives nobody is asked.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from steelyard.plant.frame import BAD, Frame, View
from steelyard.trials.world import World


class Sight:
    """The eyes of one solution in one run; `reads` are the names that it asked for."""

    def __init__(self, world: World, reads: Sequence[str]) -> None:
        """The wire of the world is copied: several solutions may look at the same plant at times of their own."""
        self._world, self._reads = world, list(reads)
        self._wire = world.wire.copy() if world.wire is not None else None
        if self._wire is not None:
            self._view, self._looks = View(world.works), 0
            place = {name: index for index, name in enumerate(self._view.names)}
            self._at = np.array([place[name] for name in self._reads], dtype=np.intp)
        self.unasked = 0

    @property
    def wired(self) -> bool:
        """Whether there is a wire with faults between the board and the solution."""
        return self._wire is not None

    def arrived(self, shown: Mapping[str, float]) -> list[tuple[float, dict[str, float]]]:
        """Return the questions of this moment, (time [s], value by name in trade units), in the order of arrival.

        `shown` is what the board shows now, at least what is read: without a wire the one question. A value of bad
        status is nan, for the contract knows no status. Call it once for each moment of decision, in order of time.
        """
        if self._wire is None:
            return [(self._world.time_s, {name: shown[name] for name in self._reads})]
        self._looks += 1
        frames = [one for one in self._wire.pass_on(self._view.look(self._looks)) if one.connected]
        self.unasked += not frames
        return [self._told(one) for one in frames]

    def _told(self, frame: Frame) -> tuple[float, dict[str, float]]:
        assert self._wire is not None
        values = np.where(frame.status == BAD, math.nan, frame.values)[self._at]
        stamp = frame.time_s + self._wire.ahead(frame.time_s)
        return stamp, dict(zip(self._reads, values.tolist(), strict=True))
