"""What the plain topics of one works say, as JSON: values by exception, whole frames, what the signals are."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from steelyard.live.access import role_of
from steelyard.nomenclature import korean_of
from steelyard.plant.frame import Frame
from steelyard.protocols.mqtt.topics import Message, signal_path, works_base

STATUS = ("good", "uncertain", "bad")


class Speaker:
    """Turns the frames of one works into messages on plain topics. `base` is the works' topic."""

    def __init__(self, site: str, works: Any, retain: bool) -> None:
        """`retain` says whether the broker shall keep the values; our own asks for them when it needs them."""
        self._retain = retain
        self.works, self.base = works, works_base(site, works.id)
        signals = list(works.signals.values())
        self.topics = [f"{self.base}/{signal_path(signal.name)}" for signal in signals]
        self._middles = [f',"unit":{_text(signal.unit)},"time":"' for signal in signals]
        self._keys = [f"{_text(signal.name)}:" for signal in signals]
        self._said: Frame | None = None

    def meta(self) -> Message:
        """Return the retained message that says what the works and its signals are."""
        about = {
            "works": self.works.id, "process": self.works.process, "title": self.works.title,
            "epoch": self.works.epoch.isoformat(), "signals": [self._about(s) for s in self.works.signals.values()],
        }  # fmt: skip
        return Message(f"{self.base}/meta", _json(about), retain=True)

    def _about(self, signal: Any) -> dict[str, Any]:
        declared = signal.declaration
        writer = role_of(signal.name)
        return {
            "name": signal.name, "topic": f"{self.base}/{signal_path(signal.name)}", "unit": signal.unit,
            "description": {"en": declared.description, "ko": korean_of(signal.name) or declared.description},
            "low": _finite(declared.low), "high": _finite(declared.high), "writer": writer,
        }  # fmt: skip

    def state(self, word: str, frame: Frame | None = None) -> Message:
        """Return the retained state: running, paused, lost or offline."""
        when = self._time((frame or self.works.frame).time_s)
        return Message(f"{self.base}/state", _json({"state": word, "time": when}), retain=True)

    def clock(self) -> Message:
        """Return how the works keeps up with its clock."""
        status = self.works.status()
        told = {key: status.get(key) for key in ("time_s", "time", "steps", "running", "speed", "lag_s", "failure")}
        return Message(f"{self.base}/clock", _json(told))

    def alarm(self, event: dict[str, Any]) -> list[Message]:
        """Return an alarm as an event, and the retained table of those that are active."""
        topic = f"{self.base}/alarm"
        return [Message(topic, _json(event)), self.alarms()]

    def alarms(self) -> Message:
        """Return the retained table of active alarms."""
        return Message(f"{self.base}/alarms", _json(list(getattr(self.works, "alarms", []))), retain=True)

    def changes(self, frame: Frame, wanted: Callable[[str], bool]) -> Iterator[Message]:
        """Yield the values that are not what was said last (value or status), those of `wanted` topics only."""
        before, self._said = self._said, frame
        which = range(len(self.topics)) if before is None else np.flatnonzero(changed(before, frame)).tolist()
        yield from self._values(frame, [i for i in which if wanted(self.topics[i])])

    def refresh(self, frame: Frame) -> Iterator[Message]:
        """Yield all values."""
        yield from self._values(frame, range(len(self.topics)))

    def _values(self, frame: Frame, which: Any) -> Iterator[Message]:
        values, statuses, offsets = frame.values.tolist(), frame.status.tolist(), frame.offset.tolist()
        base = self._time(frame.time_s)
        for i in which:
            value, offset = values[i], offsets[i]
            when = base if offset == 0.0 else self._time(frame.time_s + offset)
            text = f'{{"value":{_number(value)}{self._middles[i]}{when}","status":"{STATUS[statuses[i]]}"}}'
            yield Message(self.topics[i], text.encode(), self._retain)

    def bundle(self, frame: Frame) -> Message:
        """Return the whole frame in one message; `status` names the signals that are not good."""
        values = ",".join(key + _number(v) for key, v in zip(self._keys, frame.values.tolist(), strict=True))
        doubtful = ",".join(f'{self._keys[i]}"{STATUS[frame.status[i]]}"' for i in np.flatnonzero(frame.status))
        text = (
            f'{{"time":"{self._time(frame.time_s)}","time_s":{frame.time_s!r},"step":{frame.step},'
            f'"values":{{{values}}},"status":{{{doubtful}}}}}'
        )
        return Message(f"{self.base}/frame", text.encode())

    def gone(self) -> Iterator[Message]:
        """Yield what takes back everything that is retained of this works but its state."""
        for topic in (*self.topics, f"{self.base}/meta", f"{self.base}/alarms"):
            yield Message(topic, b"", True)

    def forget(self) -> None:
        """Say everything anew at the next frame."""
        self._said = None

    def _time(self, time_s: float) -> str:
        moment = self.works.epoch + timedelta(seconds=time_s)
        return str(moment.isoformat(timespec="milliseconds"))


def changed(before: Frame, now: Frame) -> np.ndarray:
    """Return which signals changed value or status between two frames, shape (signals,); nan equals nan."""
    same = (before.values == now.values) | (np.isnan(before.values) & np.isnan(now.values))
    found: np.ndarray = ~same | (before.status != now.status)
    return found


def _number(value: float) -> str:
    return repr(value) if value - value == 0.0 else "null"


def _finite(value: float) -> float | None:
    return value if value - value == 0.0 else None


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, default=str).encode()
