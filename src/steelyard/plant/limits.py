"""Limits of the board and the alarms they raise: declared in ``limits.toml`` beside the process or the line.

```toml
[limit.zone_hot]
signals = ["reheating_furnace.zone_temperature[*]"]   # one alarm for each signal: zone_hot[top_1], …
high = { value = 1250, unit = "°C" }                    # low, high or both; or  bad = true:  no good value at all
dead_band = { value = 10, unit = "K" }                  # so far back inside before the alarm goes
delay = { value = 10, unit = "s" }                      # so long outside before it comes
severity = 700                                          # 1 to 1000, as in OPC UA
text = { en = "furnace zone too hot", ko = "가열로 구역 과열" }
source = "assumed: why this number"
```
"""

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from steelyard.errors import ParameterError
from steelyard.plant.declaring import amount, named_signals, read_toml, seconds, texts
from steelyard.plant.frame import BAD, Frame
from steelyard.plant.scenarios import folder_of
from steelyard.signals import Signal

_KEYS = {"signals", "low", "high", "bad", "dead_band", "delay", "severity", "text", "source"}


@dataclass(frozen=True)
class Limit:
    """One alarm on one signal: `low` and `high` in its trade unit, `dead_band` as their difference, `delay` in s.

    With `bad` it does not look at the value, but whether there has been no good one for `delay` seconds.
    """

    id: str
    signal: str
    low: float
    high: float
    bad: bool
    dead_band: float
    delay: float
    severity: int
    text: dict[str, str]
    source: str


def limits_file(process: str) -> Path:
    """Return where the limits of a process or line are declared."""
    return folder_of(process) / "limits.toml"


def load_limits(
    process: str, signals: Mapping[str, Signal] | Iterable[Signal], path: Path | None = None
) -> list[Limit]:
    """Return the limits of a process on these signals of its board, in the order of the file.

    `path` is another file than the shipped one; a process without a file has no limits. ParameterError names file and
    limit for a pattern that names nothing, an id that comes twice, a wrong unit, a missing text or source.
    """
    place = path or limits_file(process)
    if path is None and not place.exists():
        return []
    _, raw = read_toml(place, "a file of limits")
    unknown = sorted(set(raw) - {"about", "limit"})
    if unknown or not isinstance(raw.get("limit", {}), dict):
        raise ParameterError(f"{place}: limits are written as [limit.NAME]; {unknown or 'that'} is not understood")
    known = list(signals.values()) if isinstance(signals, Mapping) else list(signals)
    found: list[Limit] = []
    for name, entry in raw.get("limit", {}).items():
        found += _limits(str(name), entry, known, f"{place}: [limit.{name}]")
    return found


def _limits(name: str, entry: Any, signals: list[Signal], where: str) -> list[Limit]:
    """Return the limits of one entry: one for each signal that it names."""
    if not isinstance(entry, dict) or set(entry) - _KEYS:
        raise ParameterError(f"{where}: keys are: {', '.join(sorted(_KEYS))}")
    named = named_signals(entry, signals, where)
    ids = [name if len(named) == 1 else f"{name}[{_label(signal, where)}]" for signal in named]
    if len(set(ids)) < len(ids):
        raise ParameterError(f"{where}: names several signals with the same label; write one limit for each kind")
    severity, source = entry.get("severity"), str(entry.get("source", "")).strip()
    if isinstance(severity, bool) or not isinstance(severity, int) or not 1 <= severity <= 1000:
        raise ParameterError(f"{where}: severity = {severity!r} is not a whole number from 1 to 1000")
    if not source:
        raise ParameterError(f'{where}: has no source; say where its number is from, or "assumed: why"')
    text, delay = texts(entry.get("text"), f"{where} text"), seconds(entry.get("delay", _NONE), f"{where} delay")
    return [
        Limit(one, signal.name, *_bounds(entry, signal, where), delay, severity, text, source)
        for one, signal in zip(ids, named, strict=True)
    ]


_NONE = {"value": 0, "unit": "s"}


def _label(signal: Signal, where: str) -> str:
    if "[" not in signal.name:
        raise ParameterError(f"{where}: {signal.name} has no label; write one limit for each such signal")
    return signal.name.split("[", 1)[1].removesuffix("]")


def _bounds(entry: dict[str, Any], signal: Signal, where: str) -> tuple[float, float, bool, float]:
    """Return low, high, bad and dead band of one signal."""
    bad = entry.get("bad", False)
    if not isinstance(bad, bool) or bad == bool({"low", "high"} & set(entry)):
        raise ParameterError(f"{where}: needs low, high or both, or else bad = true")
    low = amount(entry["low"], signal.unit, f"{where} low") if "low" in entry else -math.inf
    high = amount(entry["high"], signal.unit, f"{where} high") if "high" in entry else math.inf
    band = 0.0
    if "dead_band" in entry:
        band = amount(entry["dead_band"], signal.unit, f"{where} dead_band", difference=True)
    if not low + band <= high - band or band < 0.0:
        raise ParameterError(f"{where}: low, high and dead_band leave no room between them")
    return low, high, bad, band


class Watch:
    """Looks at frames and says which alarms come and go; knows of each limit whether it is active and since when."""

    def __init__(self, limits: list[Limit], signals: Mapping[str, Signal] | Iterable[Signal]) -> None:
        """`signals` are those of the frames, in their order."""
        names = list(signals) if isinstance(signals, Mapping) else [signal.name for signal in signals]
        place = {name: index for index, name in enumerate(names)}
        self.limits = limits
        self._at = np.array([place[one.signal] for one in limits], dtype=np.intp)
        self._low, self._high, self._band, self._delay = (
            np.array([getattr(one, key) for one in limits]) for key in ("low", "high", "dead_band", "delay")
        )
        self._bad = np.array([one.bad for one in limits], dtype=bool)
        self._since = np.full(len(limits), np.nan)
        self._active: dict[int, dict[str, Any]] = {}

    @property
    def active(self) -> list[dict[str, Any]]:
        """The alarms that stand now: the events with which they came, in the order of the limits."""
        return [dict(self._active[index]) for index in sorted(self._active)]

    def copy(self) -> Self:
        """Return a watch that knows the same and goes its own way: for a snapshot or a fork."""
        twin = copy.copy(self)
        twin._since, twin._active = self._since.copy(), dict(self._active)
        return twin

    def look(self, frame: Frame) -> list[dict[str, Any]]:
        """Return what changed: ``id, signal, active, severity, text, kind, limit, value, time_s``.

        `kind` is low, high or bad. A value of bad status decides nothing: an alarm stays as it is, and a delay that
        runs begins anew.
        """
        if not self.limits:
            return []
        values, bad = frame.values[self._at], frame.status[self._at] == BAD
        unknown = bad | np.isnan(values)
        with np.errstate(invalid="ignore"):
            outside = np.where(self._bad, unknown, ~unknown & ((values < self._low) | (values > self._high)))
            inside = np.where(
                self._bad, ~unknown, (values >= self._low + self._band) & (values <= self._high - self._band)
            )
        self._since = np.where(outside, np.fmin(self._since, frame.time_s), np.nan)
        long = outside & (frame.time_s - self._since >= self._delay)
        inside &= self._bad | ~unknown
        changed = [int(i) for i in np.flatnonzero(long) if int(i) not in self._active]
        changed += [index for index in self._active if inside[index]]
        return [self._change(index, float(values[index]), frame.time_s) for index in sorted(changed)]

    def _change(self, index: int, value: float, time_s: float) -> dict[str, Any]:
        """Let one alarm come or go and return the event."""
        one, gone = self.limits[index], self._active.pop(index, None)
        kind = "bad" if one.bad else gone["kind"] if gone else "high" if value > one.high else "low"
        event = {
            "id": one.id, "signal": one.signal, "active": gone is None, "severity": one.severity, "text": one.text,
            "kind": kind, "limit": {"bad": None, "high": one.high, "low": one.low}[kind],
            "value": None if math.isnan(value) else value, "time_s": time_s,
        }  # fmt: skip
        if gone is None:
            self._active[index] = event
        return event
