"""The history of a replay: what the board showed up to now, straight from the data set; nothing is recorded again."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from steelyard.live.replay_script import Part, Script
from steelyard.plant.frame import BAD, GOOD, Frame


class Past:
    """Answers for the record of a live works. Of a loop it knows the lap that runs now."""

    failure: str | None = None

    def __init__(self, script: Script) -> None:
        self._script, self._now = script, 0.0
        self._place = {
            channel.name: (part, k) for part in script.parts for k, channel in enumerate(part.track.channels)
        }

    def begin(self, units: dict[str, str], about: dict[str, Any]) -> None:
        """Nothing is to be opened."""

    def sibling(self, end: str) -> "Past":
        """Return the same history: a replay has no other."""
        return Past(self._script)

    def room(self, rows: int) -> bool:
        """There is always room."""
        return True

    def reserve(self) -> None:
        """There is always room."""

    def add(self, frame: Frame) -> None:
        """Know how far the replay is."""
        self._now = frame.time_s

    def unwritten(self) -> int:
        """Nothing is to be written."""
        return 0

    def close(self) -> int:
        """Nothing is to be written, nothing is lost."""
        return 0

    def history(self, names: Sequence[str], start_s: float, end_s: float, limit: int) -> dict[str, np.ndarray]:
        """Return one row for each moment at which one of these signals got a value; see `Recording.history`.

        The signals of the replay and of its clock are no data: they come as nan.
        """
        period = self._script.period_s
        begun = 0.0 if period is None else period * np.floor(self._now / period)
        known = {name: self._place[name] for name in names if name in self._place}
        moments = [part.at[part.track.given[:, k]] for part, k in known.values()]
        times = np.unique(np.concatenate(moments)) if moments else np.zeros(0)
        low, high = max(start_s - begun, 0.0), min(end_s, self._now) - begun
        times = times[(times >= low) & (times <= high)]
        times = times[:: max(1, -(-len(times) // max(int(limit), 1)))]
        found = {"time_s": times + begun}
        for name in names:
            values, status, offset = _course(*known[name], times) if name in known else _nothing(len(times))
            found |= {name: values, f"{name}|status": status, f"{name}|offset": offset}
        return found


def _nothing(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.full(rows, np.nan), np.full(rows, BAD, dtype=np.uint8), np.zeros(rows)


def _course(part: Part, k: int, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return value, status and age of one signal at these times [s of the lap]: always the last that had come."""
    values, status, offset = _nothing(len(times))
    rows = np.flatnonzero(part.track.given[:, k])
    last = np.searchsorted(part.at[rows], times, side="right") - 1
    come = last >= 0
    row = rows[last[come]]
    track = part.track
    values[come] = track.values[row, k]
    told = np.where(np.isnan(values[come]), BAD, GOOD) if track.status is None else track.status[row, k]
    status[come] = told
    offset[come] = part.stamp[row] - times[come] + (0.0 if track.offset is None else track.offset[row, k])
    return values, status, offset
