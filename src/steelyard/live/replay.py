"""Replay: a works whose board shows recorded data at their times. It cannot be written, forked or broken: it is past.

A value appears in the first step that reaches its time and stays until the next one; its time stamp stays its own. When
several values of one signal fall into one step the last one shows and `replay.hidden` counts the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import SignalError, SteelyardError
from steelyard.hub.tracks import Tracks, read_tracks
from steelyard.live.replay_script import OWN, Part, Script, Wish, best_step, check, cut_tracks, write_script
from steelyard.plant.board import Board
from steelyard.plant.frame import BAD, GOOD
from steelyard.signals import Signal

if TYPE_CHECKING:
    from steelyard.hub.store import Store

FRAMES_PER_S = (10.0, 50.0)


class ReplayBoard:
    """The board of a replay: names and values to be read, nothing to be written."""

    def __init__(self, plant: np.ndarray, signals: Iterable[Signal]) -> None:
        self._board = Board(plant, list(signals))
        self._flat = plant.view(np.ndarray).reshape(1).view("f8")
        self.signals = self._board.signals
        self.signal = self._board.signal

    def read(self, names: Iterable[str]) -> list[float]:
        """Return the values of `names` in trade units; nan where nothing was recorded yet."""
        return [float(self._flat[self.signal(name).position]) for name in names]

    def check_write(self, name: str, value: float, role: str) -> float:
        """Refuse: SignalError."""
        raise SignalError(f"{name!r} cannot be written to {value!r} by a {role}: this is a replay of recorded data")

    def write(self, name: str, value: float, role: str) -> None:
        """Refuse: SignalError."""
        self.check_write(name, value, role)


class ReplayWorks:
    """Recorded data as a works. `plant` is the record, shape (1,), in trade units as recorded; it holds all state."""

    holds_trade_units = True

    def __init__(self, script: Script) -> None:
        if not isinstance(script, Script):
            raise SteelyardError("a replay shows what was recorded; it has no other future, so it cannot be forked")
        self.script = script
        self.plant = np.zeros(1, script.record)
        self.board = ReplayBoard(self.plant, script.signals)
        self._seen = self.plant["instruments"][0]
        self._count = len(script.signals) - len(OWN)
        self._own = {name: self._count + k for k, name in enumerate(OWN)}
        self._blank()
        self._say()

    @property
    def time_s(self) -> float:
        """Plant time [s] since the replay began."""
        return float(self.plant["time"][0])

    def advance(self, n: int, dt: float = 1.0) -> None:
        """Advance by `n` steps of `dt` seconds; rows that come on the way take effect."""
        for _ in range(n):
            self._step(round(self.time_s + dt, 9))
        self._say()

    def _step(self, until: float) -> None:
        """Let come what lies between now and `until` [s]."""
        period, shown = self.script.period_s, self._seen["shown"]
        begun = 0.0 if period is None else shown[self._own["laps"]] * period
        while period is not None and until > begun + period:
            self._play(round(self.time_s - begun, 9), period, begun)
            begun += period
            shown[self._own["laps"]] += 1.0
            self.plant["time"] = begun
            self._blank()
        self._play(round(self.time_s - begun, 9), round(until - begun, 9), begun)
        self.plant["time"] = until

    def _play(self, since: float, until: float, begun: float) -> None:
        """Let the rows of one lap come that lie after `since` and not after `until` [s of the lap]."""
        shown = self._seen["shown"]
        for part in self.script.parts:
            low, high = np.searchsorted(part.at, (since, until), side="right")
            if low == high:
                continue
            shown[self._own["events"]] += high - low
            given = part.track.given[low:high]
            counts = given.sum(axis=0)
            shown[self._own["hidden"]] += np.maximum(counts - 1, 0).sum()
            fresh = np.flatnonzero(counts)
            row = high - 1 - np.argmax(given[::-1, fresh], axis=0)
            self._show(part, fresh, row, begun)

    def _show(self, part: Part, fresh: np.ndarray, row: np.ndarray, begun: float) -> None:
        """Put the cells (row, fresh) of a part on the board."""
        track, place = part.track, part.first + fresh
        values = track.values[row, fresh]
        status = np.where(np.isnan(values), BAD, GOOD) if track.status is None else track.status[row, fresh]
        offset = 0.0 if track.offset is None else track.offset[row, fresh]
        self._seen["shown"][place] = values
        self._seen["quality"][place] = status
        self._seen["stamp"][place] = begun + part.stamp[row] + offset

    def _blank(self) -> None:
        """Nothing was recorded yet."""
        signals = self._seen[: self._count]
        signals["shown"], signals["quality"], signals["stamp"] = np.nan, BAD, np.nan

    def _say(self) -> None:
        """Bring the replay's own signals and the age of all values up to date."""
        seen, own, script = self._seen, self._own, self.script
        stamp = seen["stamp"][: self._count]
        seen["offset"][: self._count] = np.where(np.isnan(stamp), 0.0, stamp - self.time_s)
        lap = seen["shown"][own["laps"]]
        begun = 0.0 if script.period_s is None else lap * script.period_s
        seen["shown"][own["progress"]] = 100.0 * (seen["shown"][own["events"]] - lap * script.rows) / script.rows
        seen["shown"][own["next_in"]] = self._next_in(round(self.time_s - begun, 9))
        seen["quality"][self._count :] = np.where(np.isnan(seen["shown"][self._count :]), BAD, GOOD)

    def _next_in(self, phase: float) -> float:
        """Return the time until the next row [s], nan when none comes."""
        coming = [part.at[k] for part in self.script.parts
                  if (k := int(np.searchsorted(part.at, phase, side="right"))) < len(part.at)]  # fmt: skip
        if coming:
            return float(min(coming)) - phase
        return float("nan") if self.script.period_s is None else self.script.period_s - phase + self.script.lead_s

    def faults(self) -> list[str]:
        """Return no faults: the past cannot be broken."""
        return []

    def inject(self, faults: dict[str, float], growth_s: float = 0.0, start_s: float | None = None) -> None:
        """Refuse: SteelyardError."""
        raise SteelyardError("a replay shows recorded data; faults can be put into a works of `steelyard serve`")

    def snapshot(self) -> np.ndarray:
        """Return a copy of the record."""
        return self.plant.copy()

    def restore(self, record: np.ndarray) -> None:
        """Go back to a snapshot."""
        self.plant[:] = record


@dataclass(frozen=True)
class Replay:
    """A replay ready to be served: its works, its step [s], and how often frames leave at most [Hz].

    `epoch` is the moment (UTC) of plant time 0; None: the moment at which it is served.

    `about` says what will come: rows, signals, seconds, values that no frame shows, what was left out.
    """

    works: ReplayWorks
    epoch: datetime | None
    step_s: float
    publish_hz: float
    about: dict[str, Any]


def open_replay(store: "Store", name: str, wish: Wish, time: str | None = None) -> Replay:
    """Return the replay of a data set; `time` names its column of times. DataError when it cannot be replayed."""
    return prepare(read_tracks(store, name, time), wish)


def prepare(tracks: Tracks, wish: Wish) -> Replay:
    """Return the replay of tracks; DataError when nothing is left, or wishes do not go together."""
    check(tracks, wish)
    cut = cut_tracks(tracks, wish)
    first = min(int(track.times[0]) for track in cut)
    step = wish.step_s or best_step(cut, first, wish)
    if wish.spread and not wish.step_s:
        step = max(step, wish.speed / FRAMES_PER_S[1])  # so that every step is a frame
    script = write_script(cut, first, step, wish)
    fastest = max(FRAMES_PER_S[0], min(FRAMES_PER_S[1], wish.speed / step))
    frame_s = step * max(1, round(wish.speed / step / fastest))
    epoch = None
    if wish.original:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=first)
        epoch = moment - timedelta(seconds=script.lead_s) - timedelta(hours=wish.utc_offset_h)
    about = {
        "rows": script.rows, "signals": len(script.signals) - len(OWN), "seconds": script.end_s, "step_s": step,
        "frame_s": frame_s, "values": int(sum(part.track.given.sum() for part in script.parts)),
        "hidden": script.hidden(frame_s), "left_out": list(tracks.left_out),
    }  # fmt: skip
    return Replay(ReplayWorks(script), epoch, step, fastest, about)
