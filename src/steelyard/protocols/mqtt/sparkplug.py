"""Sparkplug B payloads of a site: births, data and deaths. The edge node is the site, a device is a works.

Source: Eclipse Sparkplug Specification 3.0.0 (2022), chapters 5 and 6.
"""

import math
from datetime import timedelta
from typing import Any

import numpy as np

from steelyard.nomenclature import korean_of
from steelyard.plant.frame import Frame
from steelyard.protocols.mqtt.payloads import changed
from steelyard.protocols.mqtt.sparkplug_messages import BOOLEAN, DOUBLE, INT32, INT64, STRING, payload_class
from steelyard.protocols.mqtt.topics import level, signal_path

SPACE = "spBv1.0"
QUALITY = (192, 500, 0)
REBIRTH = "Node Control/Rebirth"


def node_topic(kind: str, group: str, node: str, device: str = "") -> str:
    """Return a topic such as spBv1.0/<group>/NBIRTH/<node> or spBv1.0/<group>/DDATA/<node>/<device>."""
    return f"{SPACE}/{level(group)}/{kind}/{level(node)}" + (f"/{level(device)}" if device else "")


def node_birth(stamp_ms: int, birth_sequence: int) -> bytes:
    """Return the NBIRTH payload; it has sequence number 0."""
    payload = payload_class()(timestamp=stamp_ms, seq=0)
    payload.metrics.add(name="bdSeq", timestamp=stamp_ms, datatype=INT64, long_value=birth_sequence)
    payload.metrics.add(name=REBIRTH, timestamp=stamp_ms, datatype=BOOLEAN, boolean_value=False)
    return bytes(payload.SerializeToString())


def node_death(birth_sequence: int) -> bytes:
    """Return the NDEATH payload; a death has no sequence number."""
    payload = payload_class()()
    payload.metrics.add(name="bdSeq", datatype=INT64, long_value=birth_sequence)
    return bytes(payload.SerializeToString())


def device_death(stamp_ms: int, sequence: int) -> bytes:
    """Return the DDEATH payload."""
    return bytes(payload_class()(timestamp=stamp_ms, seq=sequence).SerializeToString())


class Device:
    """The metrics of one works; the alias of signal i is `first_alias` + i."""

    def __init__(self, works: Any, first_alias: int) -> None:
        self.works, self.first_alias = works, first_alias
        self.names = list(works.signals)
        self.metrics = [signal_path(name) for name in self.names]
        self.by_name = {**dict(zip(self.metrics, self.names, strict=True)), **{name: name for name in self.names}}
        self.newest_s = -math.inf
        self._said: Frame | None = None

    def stamp_ms(self, time_s: float) -> int:
        """Return a plant time as milliseconds since 1970."""
        moment = self.works.epoch + timedelta(seconds=time_s)
        return round(moment.timestamp() * 1000)

    def birth(self, frame: Frame, sequence: int) -> bytes:
        """Return the DBIRTH payload: every signal with name, alias, type, value, unit, range and description."""
        payload = payload_class()(timestamp=self.stamp_ms(frame.time_s), seq=sequence)
        for i, signal in enumerate(self.works.signals.values()):
            metric = payload.metrics.add(name=self.metrics[i], alias=self.first_alias + i, datatype=DOUBLE)
            self._fill(metric, frame, i)
            declared = signal.declaration
            _property(metric, "engUnit", signal.unit)
            _property(metric, "engLow", declared.low)
            _property(metric, "engHigh", declared.high)
            _property(metric, "description", declared.description)
            _property(metric, "description_ko", korean_of(signal.name))
            _quality(metric, frame.status[i])
        self._said, self.newest_s = frame, max(self.newest_s, frame.time_s)
        return bytes(payload.SerializeToString())

    def data(self, frame: Frame, sequence: int, stored: bool = False) -> bytes | None:
        """Return the DDATA payload of what changed, by alias alone; None when nothing did.

        Values of a frame that comes late, or that was `stored` while nobody listened, are marked as historical.
        """
        before = self._said
        which = np.arange(len(self.names)) if before is None or stored else np.flatnonzero(changed(before, frame))
        if not len(which):
            return None
        historical = stored or frame.time_s < self.newest_s
        base = self.stamp_ms(frame.time_s)
        payload = payload_class()(timestamp=base, seq=sequence)
        add, values, offsets = payload.metrics.add, frame.values.tolist(), frame.offset.tolist()
        status, told = frame.status.tolist(), None if before is None else before.status.tolist()
        for i in which.tolist():
            metric, value = add(), values[i]
            metric.alias = self.first_alias + i
            metric.timestamp = base if offsets[i] == 0.0 else base + round(1000 * offsets[i])
            if value - value == 0.0:
                metric.double_value = value
            else:
                metric.is_null = True
            if historical:
                metric.is_historical = True
            if status[i] or told is None or told[i]:
                _quality(metric, status[i])
        if not historical:
            self._said, self.newest_s = frame, frame.time_s
        return bytes(payload.SerializeToString())

    def forget(self) -> None:
        """Say everything anew at the next frame."""
        self._said = None

    def signal(self, metric: Any) -> str | None:
        """Return the name of the signal that a metric of a command means, by name or alias; None for none."""
        if metric.HasField("name"):
            return self.by_name.get(metric.name)
        k = metric.alias - self.first_alias
        return self.names[k] if metric.HasField("alias") and 0 <= k < len(self.names) else None

    def _fill(self, metric: Any, frame: Frame, i: int) -> None:
        metric.timestamp = self.stamp_ms(frame.time_s + float(frame.offset[i]))
        value = float(frame.values[i])
        if math.isfinite(value):
            metric.double_value = value
        else:
            metric.is_null = True


def _property(metric: Any, key: str, value: str | float) -> None:
    if value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return
    metric.properties.keys.append(key)
    if isinstance(value, str):
        metric.properties.values.add(type=STRING, string_value=value)
    else:
        metric.properties.values.add(type=DOUBLE, double_value=float(value))


def _quality(metric: Any, status: int) -> None:
    metric.properties.keys.append("Quality")
    metric.properties.values.add(type=INT32, int_value=QUALITY[status])
