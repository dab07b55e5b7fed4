"""The pass detector: from raw recordings of a bar mill to the table of its passes.

A pass is a pulse of roll force that comes with torque. On the reversing stand the direction of torque alternates from
pass to pass: two pulses of one direction are a try and its repetition, a far too short one is a bite that failed.
Passes are labelled R1, R2 … in order, those of the finishing stands F1 to F4. Values of a pass: force = median over
the contact of the sum of load cells less their baseline; torque = median over the contact (idle friction included, as
in shared/data/rolling-freiberg-passes); temperatures = medians of a pyrometer 100–300 ms before and after the contact.
"""

import math
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.hub.pulses import Pulse, baseline, filled, find_pulses

if TYPE_CHECKING:
    import polars as pl

LOWEST_KN = 5.0  # no rolled bar needs less
SHORTEST_S = 0.08
BOUNCE_S = {"R": 0.4, "F": 0.1}  # passes of one bar on the reversing stand lie seconds apart
LEVER_M = (0.003, 0.4)  # torque by force: 5 to 100 mm of contact, two rolls
FAILED_BITE = 0.4  # bars grow longer: a contact shorter than this share of the one before did not roll the bar
RETRY_S = 20.0
NEW_BAR_S = 40.0
NEAR_S, FAR_S = 0.1, 0.3  # where a pyrometer looks before and after the contact
LOWEST_C = 850.0  # below, the pyrometer did not see the bar (shared/data/rolling-freiberg-passes)
FLOOR_K = 30.0  # above what the pyrometer shows without a bar
LARGEST_LOSS_K = 60.0  # between both sides of one pass
STEADY_K = 40.0
GAP_S = 0.1


@dataclass
class Pass:
    """One pass found in a recording; nan where nothing was measured. `direction`: sign of the torque."""

    pass_label: str
    start: datetime
    end: datetime
    contact_time_s: float
    roll_force_kn: float
    roll_torque_knm: float
    in_temperature_c: float
    out_temperature_c: float
    direction: int
    pause_s: float = math.nan

    @property
    def mid(self) -> datetime:
        """The middle of the contact."""
        return self.start + (self.end - self.start) / 2

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready: times as text, null for nan."""
        plain = {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in asdict(self).items()}
        stamps = {
            key: getattr(self, key).isoformat(sep=" ", timespec="milliseconds") for key in ("start", "end", "mid")
        }
        return {key: round(v, 4) if isinstance(v, float) else v for key, v in plain.items()} | stamps


@dataclass
class Trial:
    """One bar: its passes in time order, and the pulses that were no passes, each with the reason."""

    trial: str
    passes: list[Pass] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {"trial": self.trial, "passes": [one.as_dict() for one in self.passes], "rejected": self.rejected}


@dataclass
class _Stand:
    """One stand in one recording: force above the baseline, torque, and its pyrometers."""

    label: str
    force: np.ndarray
    torque: np.ndarray
    before: np.ndarray
    after: np.ndarray
    pulses: list[Pulse] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)


def detect(signals: "pl.DataFrame", trials: list[str] | None = None, first: str = "R1") -> list[Trial]:
    """Return the bars in a table of `signals` (columns as the rolling-recordings data set has them).

    `trials` names the recordings to look at (all when None), `first` the label of the first pass of a bar on the
    reversing stand. DataError for a recording that is not there or a table without a stand.
    """
    known = signals["recording"].unique(maintain_order=True).to_list()
    unknown = [name for name in trials or () if name not in known]
    if unknown:
        raise DataError(f"there is no recording {unknown[0]!r}; recordings are: {', '.join(known)}")
    if not re.fullmatch(r"R[1-9][0-9]?", first):
        raise DataError(f"--first {first!r}: a pass of the reversing stand is called R1, R2 …")
    found: list[Trial] = []
    for name in trials or known:
        found += _Recording(name, signals.filter(signals["recording"] == name)).trials(int(first[1:]))
    return found


class _Recording:
    """One recording while passes are looked for."""

    def __init__(self, name: str, frame: "pl.DataFrame") -> None:
        self.name = name
        micro = frame["time"].to_physical().to_numpy()
        self.begin: datetime = frame["time"][0]
        self.seconds = (micro - micro[0]) / 1e6
        self.step = float(np.median(np.diff(self.seconds)))
        self.columns = {column: frame[column] for column in frame.columns[2:]}
        self.stands = self._stands()
        if not self.stands:
            raise DataError(
                f"recording {name!r} has no stand: channels force_duo_…_kn, torque_duo_knm or force_f1_kn … are needed"
            )

    def _signal(self, column: str | None) -> np.ndarray:
        """Return a channel with short holes bridged, nan all over when there is no such channel."""
        if column is None or column not in self.columns:
            return np.full(self.seconds.size, np.nan)
        import polars as pl

        values = self.columns[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return filled(values, max(round(GAP_S / self.step), 1))

    def _pyrometer(self, *words: str) -> np.ndarray:
        """Return the first pyrometer whose name ends with one of `words`; nan where it does not see a bar."""
        for word in words:
            for column in self.columns:
                if column.startswith("t") and column.endswith(f"{word}_c"):
                    shown = self._signal(column)
                    usable = shown[np.isfinite(shown)]
                    floor = float(np.percentile(usable, 1.0)) if usable.size else 0.0
                    lowest = max(LOWEST_C, floor + FLOOR_K if floor < LOWEST_C else LOWEST_C)
                    return np.where(shown >= lowest, shown, np.nan)
        return np.full(self.seconds.size, np.nan)

    def _stands(self) -> list[_Stand]:
        """Return the stands with their pulses found."""
        stands = []
        cells = [column for column in self.columns if re.fullmatch(r"force_duo_\w+_kn|force_duo_kn", column)]
        if cells:
            total = np.sum([self._signal(cell) for cell in cells], axis=0)
            pyrometers = self._pyrometer("duo_entry"), self._pyrometer("duo_exit")
            stands.append(self._stand("R", total, "torque_duo_knm", *pyrometers))
        for k in sorted(int(c[7:-3]) for c in self.columns if re.fullmatch(r"force_f[0-9]+_kn", c)):
            pyrometers = self._pyrometer(f"before_f{k}"), self._pyrometer(f"after_f{k}", f"before_f{k + 1}")
            stands.append(self._stand(f"F{k}", self._signal(f"force_f{k}_kn"), f"torque_f{k}_knm", *pyrometers))
        return stands

    def _stand(self, label: str, raw: np.ndarray, torque: str, before: np.ndarray, after: np.ndarray) -> _Stand:
        """Return one stand with its pulses."""
        force = raw - baseline(raw, self.step)
        stand = _Stand(label, force, self._signal(torque), before, after)
        stand.pulses = find_pulses(force, self.step, LOWEST_KN, SHORTEST_S, BOUNCE_S[label[0]])
        return stand

    def trials(self, first: int) -> list[Trial]:
        """Return the bars of this recording."""
        rejected: list[dict[str, Any]] = []
        rolled = [
            one
            for stand in self.stands
            for one in (self._reversing if stand.label == "R" else self._continuous)(stand, rejected)
        ]
        bars = [_without_tries(bar, rejected) for bar in _bars(rolled)]
        found = [Trial(self.name if not k else f"{self.name}#{k + 1}") for k in range(max(len(bars), 1))]
        for trial, bar in zip(found, bars, strict=False):
            _label(bar, first)
            trial.passes = bar
        for entry in rejected:
            at = datetime.fromisoformat(entry["start"])
            owner = [t for t in found if t.passes and t.passes[0].start <= at + timedelta(seconds=RETRY_S)]
            (owner[-1] if owner else found[0]).rejected.append(entry)
        return found

    def _reversing(self, stand: _Stand, rejected: list[dict[str, Any]]) -> list[Pass]:
        """Return the passes of the reversing stand; its pyrometers see the bar before and after the contact."""
        passes = self._with_torque(stand, rejected)
        self._temperatures(stand, passes)
        return passes

    def _continuous(self, stand: _Stand, rejected: list[dict[str, Any]]) -> list[Pass]:
        """Return the passes of a finishing stand; its pyrometers see the bar while it is in the stand."""
        passes = self._with_torque(stand, rejected)
        for one in passes:
            start, end = self._at(one.start), self._at(one.end)
            one.in_temperature_c = self._median(stand.before, start + NEAR_S, end)
            one.out_temperature_c = self._median(stand.after, start + NEAR_S, end + NEAR_S)
        return passes

    def _with_torque(self, stand: _Stand, rejected: list[dict[str, Any]]) -> list[Pass]:
        """Return the pulses of force that come with a torque that fits."""
        passes = []
        for pulse in stand.pulses:
            start, end = self.seconds[pulse.first], self.seconds[pulse.last - 1]
            force = float(np.nanmedian(stand.force[pulse.first : pulse.last]))
            torque = self._median(stand.torque, start, end)
            idle = self._median(stand.torque, start - FAR_S, start - NEAR_S)
            driven = abs(torque - (0.0 if math.isnan(idle) else idle)) / force
            one = Pass(
                stand.label, self._time(start), self._time(end), float(end - start), force, abs(torque),
                math.nan, math.nan, 0 if math.isnan(torque) else int(math.copysign(1.0, torque)),
            )  # fmt: skip
            if math.isnan(torque) or LEVER_M[0] <= driven <= LEVER_M[1]:
                passes.append(one)
            else:
                rejected.append(_reject(one, "no_torque"))
        return passes

    def _temperatures(self, stand: _Stand, passes: list[Pass]) -> None:
        """Read the pyrometers of both sides; which direction comes from which side is found from the recording."""
        sees = [
            one.direction * (self._looks(stand.after, one.start) - self._looks(stand.before, one.start))
            for one in passes
        ]
        forward = -1 if sum(sees) >= 0 else 1
        for one in passes:
            sides = (stand.before, stand.after) if one.direction in (forward, 0) else (stand.after, stand.before)
            start, end = self._at(one.start), self._at(one.end)
            one.in_temperature_c = self._median(sides[0], start - FAR_S, start - NEAR_S, STEADY_K)
            one.out_temperature_c = self._median(sides[1], end + NEAR_S, end + FAR_S, STEADY_K)
            if abs(one.out_temperature_c - one.in_temperature_c) > LARGEST_LOSS_K:
                one.out_temperature_c = math.nan

    def _looks(self, pyrometer: np.ndarray, start: datetime) -> int:
        """Return 1 when a pyrometer sees the bar just before a contact."""
        return int(not math.isnan(self._median(pyrometer, self._at(start) - FAR_S, self._at(start) - NEAR_S)))

    def _median(self, values: np.ndarray, low: float, high: float, steady: float = math.inf) -> float:
        """Return the median between two moments [s]; nan when less than a third is known or it moves by `steady`."""
        part = values[np.searchsorted(self.seconds, low) : np.searchsorted(self.seconds, high, side="right")]
        known = part[np.isfinite(part)]
        if not known.size or known.size < part.size / 3.0:
            return math.nan
        if np.percentile(known, 90.0) - np.percentile(known, 10.0) > steady:
            return math.nan
        return float(np.median(known))

    def _time(self, seconds: float) -> datetime:
        return self.begin + timedelta(seconds=round(float(seconds), 6))

    def _at(self, time: datetime) -> float:
        return (time - self.begin).total_seconds()


def _reject(one: Pass, reason: str) -> dict[str, Any]:
    """Return an entry of the list of pulses that are no passes."""
    entry = one.as_dict()
    return {key: entry[key] for key in ("start", "contact_time_s", "roll_force_kn")} | {
        "stand": one.pass_label,
        "reason": reason,
    }


def _without_tries(bar: list[Pass], rejected: list[dict[str, Any]]) -> list[Pass]:
    """Return a bar's passes without bites that failed, and without all but the longest try at the same pass."""
    kept = [one for one in bar if one.pass_label == "R"]
    while (drop := _failed(kept)) is not None:
        rejected.append(_reject(kept.pop(drop[0]), drop[1]))
    for label in dict.fromkeys(one.pass_label for one in bar if one.pass_label != "R"):
        tries = [one for one in bar if one.pass_label == label]
        longest = max(tries, key=lambda one: one.contact_time_s)
        kept.append(longest)
        rejected += [_reject(one, "repeated") for one in tries if one is not longest]
    return sorted(kept, key=lambda one: one.start)


def _failed(kept: list[Pass]) -> tuple[int, str] | None:
    """Return the first pulse that is no pass, with the reason."""
    for at, one in enumerate(kept):
        near = kept[at - 1 : at] if at else kept[1:3]
        if near and all(one.contact_time_s < FAILED_BITE * other.contact_time_s for other in near):
            return at, "failed_bite"
    for at in range(len(kept) - 1):
        one, two = kept[at], kept[at + 1]
        if one.direction == two.direction != 0 and (two.start - one.end).total_seconds() < RETRY_S:
            return (at if one.contact_time_s <= two.contact_time_s else at + 1), "repeated"
    return None


def _bars(rolled: list[Pass]) -> list[list[Pass]]:
    """Return the passes bar by bar: the reversing stand after finishing, or a long pause, begins a new one."""
    bars: list[list[Pass]] = []
    for one in sorted(rolled, key=lambda p: p.start):
        last = bars[-1][-1] if bars else None
        begins = last is None or (one.start - last.end).total_seconds() > NEW_BAR_S
        if begins or (one.pass_label == "R" and last is not None and last.pass_label != "R"):
            bars.append([])
        bars[-1].append(one)
    return bars


def _label(bar: list[Pass], first: int) -> None:
    """Number the passes of the reversing stand and set the pauses, from middle to middle."""
    number = first
    for at, one in enumerate(bar):
        if one.pass_label == "R":
            one.pass_label = f"R{number}"
            number += 1
        if at:
            one.pause_s = (one.mid - bar[at - 1].mid).total_seconds()
