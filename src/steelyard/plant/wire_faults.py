"""The wire between the board and its readers, with its faults: same scenario and seed, same faults, on any reader.

What a value says can be wrong (stale, stuck, swapped, drifted, a clock that is off, a flag that lies), and messages
can be late, come twice, or not at all. Every number of luck depends on seed, fault, signal and plant time alone, so a
copy, a fork or another rate of publishing meets the same faults. The plant and its record know nothing of them.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from steelyard.engine.streams import stream, uniform
from steelyard.errors import ParameterError
from steelyard.plant.declaring import amount, named_signals
from steelyard.plant.frame import BAD, Frame
from steelyard.plant.wire_file import WireFault
from steelyard.signals import Signal

HELD_AT_MOST = 256
"""Late messages that are on their way at once; one more, and the oldest arrives."""


@dataclass
class _Shown:
    """A message in the making: what the wire changes, shape (signals,)."""

    values: np.ndarray
    status: np.ndarray
    offset: np.ndarray
    time_s: float


@dataclass(frozen=True)
class _Laid:
    """A fault laid over the signals of one board: where they stand, when it begins [s], `amount` in their units."""

    fault: WireFault
    at: np.ndarray
    partners: np.ndarray
    amount: np.ndarray
    begin: float
    key: np.uint64
    seed: np.uint64

    def window(self, time_s: float) -> int | None:
        """Return which time it is there at a plant time, 0 for the first; None when it is not."""
        since, one = time_s - self.begin, self.fault
        if since < 0.0:
            return None
        count = int(since // one.every) if one.every is not None else 0
        rest = since - count * (one.every or 0.0)
        return count if one.length is None or rest < one.length else None

    def grown(self, time_s: float) -> float:
        """Return the share of its amount that is reached, 0 to 1."""
        rest = time_s - self.begin - (self.window(time_s) or 0) * (self.fault.every or 0.0)
        return min(1.0, rest / self.fault.growth) if self.fault.growth > 0.0 else 1.0

    def hits(self, time_s: float, entity: int = 0) -> bool:
        """Return whether it is there and luck chose this message, or this signal of it."""
        return self.window(time_s) is not None and self.luck(time_s, entity) < self.fault.share

    def luck(self, time_s: float, entity: int = 0) -> float:
        """Return a number from 0 to 1 for a plant time and a signal."""
        return float(uniform(self.seed, self.key, entity, round(time_s * 1000.0))) if self.fault.share < 1.0 else 0.0


@dataclass
class _Memory:
    """What the wire remembers: values that stand still since when, the last that were measured, late messages."""

    kept: dict[str, tuple[int, _Shown]] = field(default_factory=dict)
    measured: np.ndarray | None = None
    held: tuple[tuple[float, Frame], ...] = ()


class Wire:
    """Passes frames on as a reader gets them."""

    def __init__(
        self, faults: Sequence[WireFault], signals: Mapping[str, Signal] | Iterable[Signal], seed: int
    ) -> None:
        """`signals` are those of the frames, in their order. ParameterError when a pattern or a unit does not fit."""
        known = list(signals.values()) if isinstance(signals, Mapping) else list(signals)
        self._all = len(known)
        self._laid = [_lay(one, known, seed) for one in faults]
        self._memory = _Memory()

    def copy(self) -> Self:
        """Return a wire that remembers the same and goes its own way: for a snapshot or a fork."""
        twin = copy.copy(self)
        twin._memory = replace(self._memory, kept=dict(self._memory.kept))
        return twin

    def standing(self, time_s: float) -> list[str]:
        """Return the names of the faults that are there at a plant time."""
        return [one.fault.id for one in self._laid if one.window(time_s) is not None]

    def ahead(self, time_s: float) -> float:
        """Return by how much the clock of the sender is ahead [s]: skews that hit every signal."""
        there = [one for one in self._of("skewed") if one.window(time_s) is not None and len(one.at) == self._all]
        return sum(one.fault.amount for one in there)

    def pass_on(self, frame: Frame) -> list[Frame]:
        """Return the messages that arrive now, in the order in which they do; call it with frames in order of time.

        Usually one; none while it is held back; more when late ones arrive (with their own time stamps, after the new
        one) or when it comes twice. While the connection is lost: one that says so, and what was on its way is gone.
        """
        now, memory = frame.time_s, self._memory
        told = self._told(frame)
        if any(one.window(now) is not None for one in self._of("lost")):
            memory.held = ()
            nothing = np.full_like(frame.values, np.nan), np.full_like(frame.status, BAD)
            return [replace(told, values=nothing[0], status=nothing[1], connected=False)]
        delay = max((one.fault.amount for one in self._of("late") if one.hits(now)), default=0.0)
        twice = any(one.hits(now) for one in self._of("duplicated"))
        arriving = [] if delay else [told] * (1 + twice)
        waiting = [*memory.held, *([(now + delay, told)] * (1 + twice) if delay else [])]
        waiting.sort(key=lambda one: one[0])
        due = [one for i, one in enumerate(waiting) if one[0] <= now or i < len(waiting) - HELD_AT_MOST]
        memory.held = tuple(waiting[len(due) :])
        return arriving + [late for _, late in due]

    def _of(self, kind: str) -> list[_Laid]:
        return [one for one in self._laid if one.fault.kind == kind]

    def _told(self, frame: Frame) -> Frame:
        """Return the frame with all that is wrong with its values, stamps and flags."""
        there = [one for one in self._laid if one.fault.kind in _SPOIL and one.window(frame.time_s) is not None]
        if any(one.fault.kind == "lying" for one in self._laid):
            before = frame.values if self._memory.measured is None else self._memory.measured
            self._memory.measured = np.where(np.isnan(frame.values), before, frame.values)
        if not there:
            return frame
        shown = _Shown(frame.values.copy(), frame.status.copy(), frame.offset.copy(), frame.time_s)
        for one in there:
            _SPOIL[one.fault.kind](one, shown, self._memory)
        return replace(frame, values=shown.values, status=shown.status, offset=shown.offset)


def _lay(fault: WireFault, signals: list[Signal], seed: int) -> _Laid:
    """Return a fault with its signals found and its beginning drawn."""
    where = f"[wire.{fault.id}]"
    place = {signal.name: index for index, signal in enumerate(signals)}
    named = named_signals({"signals": list(fault.signals)}, signals, where)
    partners = named_signals({"signals": list(fault.partners)}, signals, where) if fault.partners else []
    if fault.kind == "swapped":
        _check_pairs(named, partners, where)
    change = {"value": fault.amount, "unit": fault.unit}
    drifts = fault.kind == "drifted"
    amounts = [amount(change, one.unit, f"{where} {one.name}", difference=True) for one in named] if drifts else []
    key = stream(f"wire.{fault.id}")
    luck = float(uniform(np.uint64(seed), key, 0, 0))
    begin = fault.earliest + luck * (fault.latest - fault.earliest)
    at, other = (np.array([place[one.name] for one in some], dtype=np.intp) for some in (named, partners))
    return _Laid(fault, at, other, np.array(amounts), begin, stream(f"wire.{fault.id}.share"), np.uint64(seed))


def _check_pairs(named: list[Signal], partners: list[Signal], where: str) -> None:
    both = [one.name for one in [*named, *partners]]
    if len(named) != len(partners) or len(set(both)) < len(both):
        raise ParameterError(f"{where}: signals and with must name equally many signals, each once")
    for one, other in zip(named, partners, strict=True):
        if one.unit != other.unit:
            raise ParameterError(f"{where}: {one.name} [{one.unit}] cannot pass for {other.name} [{other.unit}]")


def _kept(one: _Laid, shown: _Shown, memory: _Memory) -> _Shown:
    """Return what was shown when the fault came this time."""
    window = one.window(shown.time_s) or 0
    found = memory.kept.get(one.fault.id)
    if found is None or found[0] != window or found[1].time_s > shown.time_s:
        stands = _Shown(shown.values[one.at], shown.status[one.at], shown.offset[one.at], shown.time_s)
        found = memory.kept[one.fault.id] = (window, stands)
    return found[1]


def _stick(one: _Laid, shown: _Shown, memory: _Memory) -> None:
    """The value stands still, and its time stamp goes on as if it were new."""
    kept = _kept(one, shown, memory)
    shown.values[one.at], shown.status[one.at] = kept.values, kept.status


def _stale(one: _Laid, shown: _Shown, memory: _Memory) -> None:
    """The value stands still, and so does its time stamp."""
    kept = _kept(one, shown, memory)
    _stick(one, shown, memory)
    shown.offset[one.at] = kept.time_s + kept.offset - shown.time_s


def _swap(one: _Laid, shown: _Shown, _: _Memory) -> None:
    """Each signal shows what belongs to the other."""
    for column in (shown.values, shown.status, shown.offset):
        column[one.at], column[one.partners] = column[one.partners], column[one.at]


def _drift(one: _Laid, shown: _Shown, _: _Memory) -> None:
    """The value is off by an amount that grows."""
    shown.values[one.at] += one.amount * one.grown(shown.time_s)


def _skew(one: _Laid, shown: _Shown, _: _Memory) -> None:
    """The time stamp is off."""
    shown.offset[one.at] += one.fault.amount


def _lie(one: _Laid, shown: _Shown, memory: _Memory) -> None:
    """The flag says something else; where nothing was measured and it says good, the last value is shown as new."""
    chosen = np.array([place for place in one.at if one.hits(shown.time_s, int(place))], dtype=np.intp)
    shown.status[chosen] = one.fault.status
    if one.fault.status != BAD and memory.measured is not None:
        empty = chosen[np.isnan(shown.values[chosen])]
        shown.values[empty] = memory.measured[empty]
        shown.status[chosen[np.isnan(shown.values[chosen])]] = BAD


_SPOIL: dict[str, Callable[[_Laid, _Shown, _Memory], None]] = {
    "stale": _stale,
    "stuck": _stick,
    "swapped": _swap,
    "drifted": _drift,
    "skewed": _skew,
    "lying": _lie,
}
