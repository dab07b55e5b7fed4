"""The script of a replay: which recorded row comes at which plant time, with which time stamp, as which signals."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from steelyard.errors import DataError
from steelyard.hub.tracks import MICRO, Channel, Track, Tracks
from steelyard.signals import Quantity, Scalar, Signal, declared, quantity
from steelyard.units import unit

STEPS = (1.0, 0.1, 0.01, 0.001)
MOST_STEPS_PER_S = 1000.0
MOST_CELLS = 200_000_000
UNIT = "replay"


class ReplayState:
    """How far a replay is."""

    events: Scalar = quantity("1", "rows of the data set that have come so far", low=0.0, high=1e12)
    hidden: Scalar = quantity("1", "values replaced by a later one within the same step", low=0.0, high=1e12)
    progress: Scalar = quantity("1", "part of the rows that have come", shown="%", low=0.0, high=100.0)
    next_in: Scalar = quantity("s", "plant time until the next row; nothing when none comes", low=0.0, high=1e12)
    laps: Scalar = quantity("1", "how often the data set has come to its end", low=0.0, high=1e9)


OWN = tuple(declared(ReplayState))


@dataclass(frozen=True)
class Part:
    """One track on the clock of the replay: row i comes at `at[i]` [s] and carries the time stamp `stamp[i]` [s]."""

    first: int
    at: np.ndarray
    stamp: np.ndarray
    track: Track


@dataclass(frozen=True)
class Script:
    """What comes when. `lead_s` passes before the first row; with `period_s` it begins anew after that time."""

    parts: tuple[Part, ...]
    signals: tuple[Signal, ...]
    record: np.dtype
    lead_s: float
    end_s: float
    period_s: float | None = None

    @property
    def rows(self) -> int:
        """How many rows come in one lap."""
        return sum(len(part.at) for part in self.parts)

    def hidden(self, step_s: float) -> int:
        """Return how many values no frame would show if one came every `step_s`: a later one replaces them."""
        lost = 0
        for part in self.parts:
            frame = np.ceil(np.round(part.at / step_s, 6)).astype(np.int64)
            for given in part.track.given.T:
                frames = frame[given]
                lost += int((np.diff(frames) == 0).sum())
        return lost


@dataclass(frozen=True)
class Wish:
    """How data are to be replayed. `start` and `end` cut (ISO times, or seconds from the first row).

    `original` keeps the recorded time stamps (the plant's clock less `utc_offset_h`), else they are moved to now;
    `max_gap_s` shortens longer pauses; `step_s` None chooses the step. With `spread` rows of a table that would share a
    frame follow each other, one frame each: some come late, none is hidden, and all keep their time stamps.
    """

    speed: float = 1.0
    step_s: float | None = None
    original: bool = False
    utc_offset_h: float = 0.0
    start: str | None = None
    end: str | None = None
    max_gap_s: float | None = None
    loop: bool = False
    spread: bool = False


def check(tracks: Tracks, wish: Wish) -> None:
    """DataError when tracks and wishes do not go together."""
    cells = sum(track.values.size for track in tracks.tracks)
    if cells > MOST_CELLS:
        raise DataError(f"{tracks.name!r} has {cells:,} cells, more than {MOST_CELLS:,}; replay a part of the table")
    if wish.original and not tracks.dated:
        raise DataError(f"{tracks.name!r} has seconds but no dates; replay it with shifted time stamps")
    if wish.original and wish.loop:
        raise DataError("a loop would send the same time stamps again; loop with shifted time stamps")
    for what, value in (("step", wish.step_s), ("longest gap", wish.max_gap_s)):
        if value is not None and not 0.001 <= value <= 1e9:
            raise DataError(f"the {what} is {value:g} s; give at least 0.001 s")


def cut_tracks(tracks: Tracks, wish: Wish) -> list[Track]:
    """Return the tracks between start and end; DataError when nothing is left."""
    first = min(int(track.times[0]) for track in tracks.tracks)
    last = max(int(track.times[-1]) for track in tracks.tracks)
    low = _moment(wish.start, first, tracks.dated) if wish.start else first
    high = _moment(wish.end, first, tracks.dated) if wish.end else last
    found = []
    for track in tracks.tracks:
        a, b = np.searchsorted(track.times, low, "left"), np.searchsorted(track.times, high, "right")
        if a < b:
            status = None if track.status is None else track.status[a:b]
            offset = None if track.offset is None else track.offset[a:b]
            found.append(Track(track.channels, track.times[a:b], track.values[a:b], track.given[a:b], status, offset))
    if not found:
        raise DataError(f"{tracks.name!r} holds nothing there; it reaches from {_say(first, tracks.dated)} to "
                        f"{_say(last, tracks.dated)}")  # fmt: skip
    return found


def _moment(text: str, first: int, dated: bool) -> int:
    """Return what was typed as µs on the clock of the data: an ISO time, or seconds from the first row."""
    try:
        return first + round(float(text) * MICRO)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not dated:
        example = "'2030-01-01 06:00' or " if dated else ""
        raise DataError(f"{text!r} is no time of this data set; write {example}seconds from its first row")
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _say(micro: int, dated: bool) -> str:
    return str(datetime(1970, 1, 1) + timedelta(microseconds=micro)) if dated else f"{micro / MICRO:g} s"


def best_step(cut: list[Track], first: int, wish: Wish) -> float:
    """Return the largest step that hides no more than the finest, not finer than the engine can follow."""
    plain = dataclasses.replace(wish, spread=False)
    least = write_script(cut, first, STEPS[-1], plain).hidden(STEPS[-1])
    for step in STEPS:
        if step <= wish.speed / MOST_STEPS_PER_S or write_script(cut, first, step, plain).hidden(step) == least:
            return step
    return STEPS[-1]


def write_script(cut: list[Track], first: int, step: float, wish: Wish) -> Script:
    """Return the script of tracks whose first row comes after one step."""
    lead = round(step * MICRO)
    every = np.unique(np.concatenate([track.times for track in cut]))
    played = every - first
    if wish.max_gap_s is not None:
        gaps = np.minimum(np.diff(played), round(wish.max_gap_s * MICRO))
        played = np.concatenate(([0], np.cumsum(gaps)))
    parts, channels = [], list[tuple[Channel, Track, int]]()
    for track in cut:
        at = (played[np.searchsorted(every, track.times)] + lead) / MICRO
        stamp = (track.times - first + lead) / MICRO if wish.original else at
        at = _spread(at, step) if wish.spread else at
        parts.append(Part(len(channels), at, stamp, track))
        channels += [(channel, track, k) for k, channel in enumerate(track.channels)]
    signals, record = _signals(channels)
    usual = float(np.median(np.diff(played))) / MICRO if len(played) > 1 else step
    end = max(float(part.at[-1]) for part in parts)
    period = round(max(np.ceil(round((end + usual) / step, 6)), 1.0) * step, 9) if wish.loop else None
    return Script(tuple(parts), signals, record, lead / MICRO, end, period)


def _spread(at: np.ndarray, step: float) -> np.ndarray:
    """Return the times at which rows come when each has a step of its own: one that would share it comes later."""
    steps = np.ceil(np.round(at / step, 6))
    order = np.arange(len(at))
    own = np.maximum.accumulate(steps - order) + order
    return np.where(own > steps, np.round(own * step, 9), at)


def _signals(channels: list[tuple[Channel, Track, int]]) -> tuple[tuple[Signal, ...], np.dtype]:
    """Return the signals (the data's, then the replay's own) and the dtype of the record that holds them."""
    count = len(channels) + len(OWN)
    one = np.dtype([("shown", "f8"), ("quality", "f8"), ("offset", "f8"), ("stamp", "f8")])
    record = np.dtype([("time", "f8"), ("instruments", one, (count,))])
    all_of_them = [(c.name, _quantity(c.unit, c.description, track.values[:, k])) for c, track, k in channels]
    all_of_them += [(f"{UNIT}.{name}", own) for name, own in declared(ReplayState).items()]
    place = record.fields["instruments"][1] // 8  # type: ignore[index]
    stride = one.itemsize // 8
    return tuple(Signal(name, q, False, place + stride * k) for k, (name, q) in enumerate(all_of_them)), record


def _quantity(symbol: str, description: str, values: np.ndarray) -> Quantity:
    """Return a declaration whose range is that of the recorded values."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (-np.inf, np.inf)
    return Quantity(unit(symbol).si, description, float(low), float(high), symbol)
