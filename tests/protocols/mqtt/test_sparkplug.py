"""Sparkplug B payloads are what the specification says, byte for byte, small and fast."""

import dataclasses
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from steelyard.plant.frame import Frame
from steelyard.protocols.mqtt import sparkplug
from steelyard.protocols.mqtt.edge_node import PrimaryHost, Voice
from steelyard.protocols.mqtt.sparkplug_messages import INT32, metric_value, payload_class
from steelyard.signals import Quantity, Signal

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH_MS = 1767225600000


def works(count: int) -> SimpleNamespace:
    declared = Quantity("1", "a number", -1.0, 1e9)
    signals = {f"unit.signal[{i}]": Signal(f"unit.signal[{i}]", declared) for i in range(count)}
    return SimpleNamespace(id="main", signals=signals, epoch=EPOCH, frame=frame(count, 0))


def frame(count: int, step: int, **change: object) -> Frame:
    made = Frame(step, float(step), np.arange(count) + 0.1 * step, np.zeros(count, np.uint8), np.zeros(count))
    return dataclasses.replace(made, **change)


def read(payload: bytes | None):
    assert payload is not None
    return payload_class().FromString(payload)


def test_a_payload_has_the_published_field_numbers() -> None:
    """Written by hand from the field numbers and wire types: tag = number * 8 + wire type."""
    payload = payload_class()(timestamp=1, seq=2)
    metric = payload.metrics.add(name="a", alias=3, timestamp=4, datatype=10, is_historical=True, is_null=False)
    metric.properties.keys.append("Quality")
    metric.properties.values.add(type=INT32, int_value=192)
    metric.double_value = 1.0
    inner = bytes.fromhex("0a0161 1003 1804 200a 2801 3800") + bytes([9 * 8 + 2, 16])
    inner += b"\x0a\x07Quality" + bytes.fromhex("1205 0803 18c001") + bytes([13 * 8 + 1]) + b"\0\0\0\0\0\0\xf0?"
    assert payload.SerializeToString() == b"\x08\x01" + b"\x12" + bytes([len(inner)]) + inner + b"\x18\x02"


def test_a_birth_says_what_a_signal_is() -> None:
    device = sparkplug.Device(works(3), 10)
    birth = read(
        device.birth(frame(3, 5, values=np.array([1.0, np.nan, 3.0]), status=np.array([0, 2, 1], np.uint8)), 7)
    )
    assert (birth.seq, birth.timestamp) == (7, EPOCH_MS + 5000)
    assert [m.name for m in birth.metrics] == ["unit/signal/0", "unit/signal/1", "unit/signal/2"]
    assert [m.alias for m in birth.metrics] == [10, 11, 12]
    assert {m.datatype for m in birth.metrics} == {10}
    assert [metric_value(m) for m in birth.metrics] == [1.0, None, 3.0]
    properties = dict(zip(birth.metrics[0].properties.keys, birth.metrics[0].properties.values, strict=True))
    assert properties["engUnit"].string_value == "1"
    assert (properties["engLow"].double_value, properties["engHigh"].double_value) == (-1.0, 1e9)
    assert properties["description"].string_value == "a number"
    assert [m.properties.values[-1].int_value for m in birth.metrics] == [192, 0, 500]


def test_data_says_what_changed_by_alias_alone() -> None:
    device = sparkplug.Device(works(3), 10)
    device.birth(frame(3, 0), 1)
    values = np.array([0.0, 9.0, 2.0])
    data = read(device.data(frame(3, 1, values=values, offset=np.array([0.0, -0.5, 0.0])), 2))
    assert [(m.alias, m.HasField("name"), metric_value(m)) for m in data.metrics] == [(11, False, 9.0)]
    assert data.metrics[0].timestamp == EPOCH_MS + 500, "the time of the value, not of the message"
    assert not data.metrics[0].is_historical
    assert device.data(frame(3, 2, values=values), 3) is None, "nothing changed"
    bad = read(device.data(frame(3, 3, values=np.array([np.nan, 9.0, 2.0]), status=np.array([2, 0, 0], np.uint8)), 3))
    assert [(m.alias, m.is_null, m.properties.values[0].int_value) for m in bad.metrics] == [(10, True, 0)]
    good = read(device.data(frame(3, 4, values=values), 4))
    assert [(m.alias, metric_value(m), m.properties.values[0].int_value) for m in good.metrics] == [(10, 0.0, 192)]


def test_late_and_stored_frames_are_historical() -> None:
    device = sparkplug.Device(works(2), 1)
    device.birth(frame(2, 10), 1)
    late = read(device.data(frame(2, 8), 2))
    assert late.timestamp == EPOCH_MS + 8000
    assert all(m.is_historical for m in late.metrics)
    assert all(m.is_historical for m in read(device.data(frame(2, 11), 3, stored=True)).metrics)
    assert not any(m.is_historical for m in read(device.data(frame(2, 12), 4)).metrics)


def test_sequence_numbers_go_round_and_births_are_numbered() -> None:
    voice, device = Voice("plant", "steelyard"), sparkplug.Device(works(1), 1)
    death = voice.will()
    assert (death.topic, death.qos) == ("spBv1.0/steelyard/NDEATH/plant", 1)
    birth = voice.birth(5)
    assert read(birth.payload).seq == 0
    assert [read(m.payload).metrics[0].long_value for m in (death, birth)] == [0, 0]
    sequence = [read(voice.device_birth(device).payload).seq]
    for step in range(1, 300):
        message = voice.device_data(device, frame(1, step), stored=False)
        assert message is not None
        sequence.append(read(message.payload).seq)
    assert sequence == [(i + 1) % 256 for i in range(300)]
    assert voice.device_data(device, frame(1, 299), stored=False) is None
    assert read(voice.device_death(device).payload).seq == 301 % 256, "what was not said has no number"
    assert read(voice.will().payload).metrics[0].long_value == 1


def test_two_hundred_metrics_are_small_and_fast() -> None:
    device = sparkplug.Device(works(200), 1)
    device.birth(frame(200, 0), 1)
    best = np.inf
    for step in range(1, 200):
        now, begun = frame(200, step), time.perf_counter()
        payload = device.data(now, step % 256)
        best = min(best, time.perf_counter() - begun)
    assert payload is not None
    assert len(payload) < 5000
    assert best < 0.3e-3, f"{best * 1e3:.3f} ms"


@pytest.mark.parametrize("kind", ["int_value", "long_value"])
def test_negative_integers_are_read(kind: str) -> None:
    payload = payload_class()()
    size, datatype = (32, 3) if kind == "int_value" else (64, 4)
    metric = payload.metrics.add(datatype=datatype)
    setattr(metric, kind, 2**size - 5)
    assert metric_value(metric) == -5


def test_a_primary_host_is_believed_with_a_newer_stamp_only() -> None:
    host = PrimaryHost("scada")
    assert host.topic == "spBv1.0/STATE/scada"
    assert not host.online
    host.take(b'{"online": true, "timestamp": 10}')
    assert host.online
    for bad in (
        b"",
        b"[]",
        b'{"online": 1, "timestamp": 11}',
        b'{"online": false}',
        b'{"online": false, "timestamp": 9}',
    ):
        with pytest.raises(ValueError, match=r".+"):
            host.take(bad)
    assert host.online
