"""The safety monitor: limits on the hidden truth, independent of the solution's code.

Hard limits protect people and equipment, soft ones quality. Both arms are judged alike from the log, which the plant
keeps at every step of its own; a violation is a product, never a look. The board is watched only for what the plant
cannot do by itself and a solution might, so that a baseline that runs fused misses nothing. Which limits there are is
said by the subject of the trial.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

STALLED = "plant_stalled"


@dataclass(frozen=True)
class Limit:
    """One limit on products: `level` hard or soft, `broken(log)` gives one boolean per product."""

    id: str
    level: str
    name: dict[str, str]
    limit: str
    source: str
    broken: Callable[[Any], Any]


@dataclass(frozen=True)
class BoardLimit:
    """A hard limit that no log can show: `seen(values)` gives the product during which it is broken now, or None.

    Counted once for each product. Without `seen` it is for the trial to note (`plant_stalled`).
    """

    id: str
    name: dict[str, str]
    source: str
    seen: Callable[[Mapping[str, float]], float | None] | None = None


class Monitor:
    """Counts violations of one run; `board` holds the hard ones that no log can show."""

    def __init__(self, limits: Sequence[Limit], board: Sequence[BoardLimit]) -> None:
        self.limits, self._watched = limits, [one for one in board if one.seen is not None]
        self.board = dict.fromkeys((one.id for one in board), 0)
        self._seen: set[tuple[str, float]] = set()

    def watch(self, values: Mapping[str, float]) -> None:
        """Look at the board once; nan violates nothing."""
        for one in self._watched:
            assert one.seen is not None
            during = one.seen(values)
            if during is not None and (one.id, during) not in self._seen:
                self._seen.add((one.id, during))
                self.board[one.id] += 1

    def stalled(self) -> None:
        """Note that the run did not deliver its products in the time that plant and plan allow."""
        self.board[STALLED] = 1

    def counts(self, log: Any) -> dict[str, int]:
        """Return violations by limit id, truth and board together."""
        found = {one.id: int(np.sum(one.broken(log))) if len(log) else 0 for one in self.limits}
        return {**found, **self.board}


def hard(counts: Mapping[str, int], limits: Sequence[Limit]) -> int:
    """Return the number of hard violations in `counts`: all but those of soft limits."""
    return sum(counts.values()) - soft(counts, limits)


def soft(counts: Mapping[str, int], limits: Sequence[Limit]) -> int:
    """Return the number of soft violations in `counts`."""
    return sum(counts.get(one.id, 0) for one in limits if one.level == "soft")


def declaration(limits: Sequence[Limit], board: Sequence[BoardLimit]) -> list[dict[str, Any]]:
    """Return the limits as plain data for plan and report."""
    rows: list[dict[str, Any]] = [
        {"id": one.id, "level": one.level, "name": one.name, "limit": one.limit, "source": one.source} for one in limits
    ]
    return rows + [
        {"id": one.id, "level": "hard", "name": one.name, "limit": one.name["en"], "source": one.source}
        for one in board
    ]
