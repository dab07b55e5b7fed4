"""A short soak of a real server: every protocol, restless clients, a whole record, a clean log."""

import pytest

from steelyard.studies.soak import soak


@pytest.mark.slow
def test_a_short_soak_leaves_a_whole_record_and_a_clean_log() -> None:
    found = soak(0.4, speed=100.0, seed=3)
    missed = [row for row in found["goals"] if not row["reached"]]
    assert not missed, {"missed": missed, **found}
    assert found["steps_recorded"] == found["steps"] > 1000
    for done in ("rest_reads", "rest_writes", "sse_frames", "opcua_values", "opcua_writes", "mqtt_messages",
                 "modbus_reads", "forbidden", "wanderer_reads"):  # fmt: skip
        assert found["counts"].get(done, 0) > 0, done
    assert sum(count for name, count in found["counts"].items() if name.startswith("broken_off")) > 3
