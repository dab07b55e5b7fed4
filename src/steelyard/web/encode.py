"""From frames to text: which signals were asked for, and a frame as JSON, made once however many want it."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from steelyard.errors import SignalError
from steelyard.plant.frame import BAD, GOOD, Frame

STATUS = ("good", "uncertain", "bad")


def matches(pattern: str, name: str) -> bool:
    """Return whether a name fits a pattern in which ``*`` stands for any text.

    >>> matches("mill.*[pass_1]", "mill.force[pass_1]"), matches("a*b*a", "aba"), matches("a*a", "a")
    (True, True, False)
    """
    first, *middle = pattern.split("*")
    if not middle:
        return pattern == name
    last = middle.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        at = name.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


class Selection:
    """Some signals of a works, in the order in which they were asked for: their names and places in a frame."""

    def __init__(self, works: Any, asked: Iterable[str]) -> None:
        """`asked` are names or patterns; SignalError when one fits no signal."""
        place = {name: k for k, name in enumerate(works.signals)}
        found: dict[str, int] = {}
        for name in asked:
            fits = [name] if name in place else [n for n in place if "*" in name and matches(name, n)]
            if not fits:
                _missing(works, name)
            found |= {n: place[n] for n in fits}
        self.works = works
        self.names = list(found)
        self.at = np.array(list(found.values()), dtype=np.intp)

    def plain(self, frame: Frame) -> dict[str, Any]:
        """Return a frame as plain data, see `models.Values`; without a connection nothing was measured."""
        values, status, offset = frame.values[self.at], frame.status[self.at], frame.offset[self.at]
        if not frame.connected:
            values, status = np.full(len(self.at), np.nan), np.full(len(self.at), BAD)
        shown: list[float | None] = values.tolist()
        finite = np.isfinite(values)
        for k in () if finite.all() else np.flatnonzero(~finite):
            shown[k] = None
        return {
            "works": self.works.id, "step": frame.step, "time_s": frame.time_s,
            "time": self.works.stamp(frame.time_s).isoformat(), "connected": frame.connected,
            "values": dict(zip(self.names, shown, strict=True)),
            "status": {self.names[k]: STATUS[status[k]] for k in np.flatnonzero(status != GOOD)},
            "offset_s": {self.names[k]: float(offset[k]) for k in np.flatnonzero(offset)},
        }  # fmt: skip

    def text(self, frame: Frame) -> bytes:
        """Return a frame as JSON."""
        return compact(self.plain(frame))


def _missing(works: Any, name: str) -> None:
    """SignalError that lists the names near the one that was asked for."""
    near = ", ".join(difflib.get_close_matches(name[:200], works.signals, 5, 0.3))
    raise SignalError(f"there is no signal {name[:200]!r}" + (f"; near it are: {near}" if near else ""))


def compact(data: Any) -> bytes:
    """Return plain data as JSON without blanks."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str).encode()
