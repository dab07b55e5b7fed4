"""No forecast knows what came after it: change the future of a record, and no bit of what was told before moves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.twin.baselines import earlier_heats, final_table, interval_table
from steelyard.twin.estimate import Prediction, predict
from steelyard.twin.records import Heats
from steelyard.twin.twin import Twin

PLACES = [(120, 0), (120, 1), (77, 2), (200, 1)]
SOON, ODD = 40.0, 37.0


def moment(heats: Heats, j: int) -> float:
    """When dip j was taken [s since 1970]."""
    return float(heats.start[heats.heat_of_dip[j]] + heats.dip_time[j])


def later_dips_moved(heats: Heats, h: int, j: int) -> Heats:
    """Only the times of the dips after dip j of heat h: the next one comes within 90 s of it, or no longer does."""
    times, at, end = heats.dip_time.copy(), heats.dip_offset[h] + j, heats.dip_offset[h + 1]
    soon = times[at + 1] - times[at] < 90.0
    times[at + 1 : end] = times[at] + (100.0 if soon else SOON) + 20.0 * np.arange(end - at - 1)
    return replace(heats, dip_time=times)


def later_values_changed(heats: Heats, h: int, j: int) -> Heats:
    """Values of dip j of heat h and of all dips after it in time."""
    values = heats.dip_temperature.copy()
    when = heats.start[heats.heat_of_dip] + heats.dip_time
    values[when >= moment(heats, heats.dip_offset[h] + j)] += ODD
    return replace(heats, dip_temperature=values)


def later_heats_changed(heats: Heats, h: int, j: int) -> Heats:
    """Everything of the heats that began after dip j of heat h, when they began too."""
    after = heats.start > moment(heats, heats.dip_offset[h] + j)
    at, arc = after[heats.heat_of_dip], np.repeat(after, np.diff(heats.heating_offset))
    return replace(
        heats, start=heats.start + 500.0 * after, dip_temperature=heats.dip_temperature + ODD * at,
        dip_time=heats.dip_time * np.where(at, 1.1, 1.0), heating_energy=heats.heating_energy * np.where(arc, 1.3, 1.0),
        addition_mass=heats.addition_mass * np.where(np.repeat(after, np.diff(heats.addition_offset)), 2.0, 1.0),
    )  # fmt: skip


CHANGES = (later_dips_moved, later_values_changed, later_heats_changed)


def assert_past_is_the_same(heats: Heats, other: Heats, one: Prediction, two: Prediction, j: int, state: bool) -> None:
    """Compare, bit for bit, all forecasts of dips up to dip j in time and of heats that had ended by then."""
    now = moment(heats, j)
    when = heats.start[heats.heat_of_dip] + heats.dip_time
    past = when <= now
    old = past[one.dips]
    assert old.any()
    assert one.interval[old].tobytes() == two.interval[old].tobytes()
    known = past if state else when < now
    for name in ("temperature", "spread", "trust"):
        assert getattr(one, name)[known].tobytes() == getattr(two, name)[known].tobytes(), name
    ended = heats.end <= now
    assert one.final[ended].tobytes() == two.final[ended].tobytes()
    assert one.interval.tobytes() != two.interval.tobytes()  # the change does reach what comes later
    assert len(heats.dip_time) == len(other.dip_time)


@pytest.fixture(scope="module")
def told(twin: Twin, synthetic) -> Prediction:
    return predict(twin, synthetic.heats, 1)


@pytest.mark.parametrize(("h", "j"), PLACES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_future_leaves_the_past_alone(
    twin: Twin, synthetic, told: Prediction, change: Callable[[Heats, int, int], Heats], h: int, j: int
) -> None:
    heats = synthetic.heats
    other = change(heats, h, j)
    at = int(heats.dip_offset[h] + j)
    state = change is not later_values_changed
    assert_past_is_the_same(heats, other, told, predict(twin, other, 1), at, state)


def between_changed(heats: Heats) -> Heats:
    """Values and times of all dips between the first and the last of each heat."""
    values, times = heats.dip_temperature.copy(), heats.dip_time.copy()
    for h in range(len(heats)):
        a, e = heats.dip_offset[h], heats.dip_offset[h + 1] - 1
        values[a + 1 : e] -= ODD
        times[a + 1 : e] = times[a] + (times[e] - times[a]) * np.arange(1, e - a) / (1.7 * (e - a))
    return replace(heats, dip_temperature=values, dip_time=times)


def between_left_out(heats: Heats) -> Heats:
    """No dip between the first and the last of each heat."""
    ends = np.sort(np.concatenate([heats.dip_offset[:-1], heats.last_dip]))
    return replace(
        heats, dip_offset=2 * np.arange(len(heats) + 1), dip_time=heats.dip_time[ends],
        dip_temperature=heats.dip_temperature[ends],
    )  # fmt: skip


@pytest.mark.parametrize("change", [between_changed, between_left_out])
def test_the_final_task_does_not_see_the_dips_between(
    twin: Twin, synthetic, told: Prediction, change: Callable[[Heats], Heats]
) -> None:
    assert told.final.tobytes() == predict(twin, change(synthetic.heats), 1).final.tobytes()


def test_the_final_task_does_not_see_its_own_end(twin: Twin, synthetic, told: Prediction) -> None:
    heats = synthetic.heats
    for h in (50, 239):
        values = heats.dip_temperature.copy()
        values[heats.dip_offset[h] + 1 : heats.dip_offset[h + 1]] += ODD
        other = predict(twin, replace(heats, dip_temperature=values), 1)
        assert told.final[: h + 1].tobytes() == other.final[: h + 1].tobytes()


@pytest.mark.parametrize("change", CHANGES)
def test_the_yardsticks_keep_the_order_of_time_too(synthetic, change: Callable[[Heats, int, int], Heats]) -> None:
    heats, (h, j) = synthetic.heats, PLACES[1]
    other, at = change(heats, h, j), int(heats.dip_offset[h] + j)
    known = heats.end <= moment(heats, at)
    rows = np.flatnonzero(np.arange(len(heats.dip_time)) > heats.dip_offset[heats.heat_of_dip]) <= at
    assert interval_table(heats)[3][rows].tobytes() == interval_table(other)[3][rows].tobytes()
    assert final_table(heats)[3][known].tobytes() == final_table(other)[3][known].tobytes()
    before = heats.key <= 60
    past = [earlier_heats(each, before)[: h + 1].tobytes() for each in (heats, other)]
    assert past[0] == past[1]


@pytest.mark.slow
def test_measured_heats_with_their_repeated_dips(shared_data: Path, home: Path) -> None:
    """The same on measured heats, at dips that were repeated within 90 s and at dips that were not."""
    from steelyard.hub.ingest import import_dataset
    from steelyard.hub.store import open_store
    from steelyard.processes.ladle_furnace.model import LABELS
    from steelyard.twin.calibrate import calibrate
    from steelyard.twin.records import read_heats, repeated

    store = open_store()
    import_dataset("ladle-furnace", shared_data / "ladle-furnace", store=store)
    twin = calibrate("ladle_furnace", "ladle-furnace", 400, store)
    heats = read_heats(store, "ladle-furnace", LABELS, 700)
    told, again = predict(twin, heats), repeated(heats)
    inner = np.setdiff1d(np.arange(len(again)), heats.last_dip)
    marked, plain = inner[again[inner]][100::60], inner[~again[inner]][300::400]
    assert min(len(marked), len(plain)) >= 2
    for at in (*marked, *plain):
        h = int(heats.heat_of_dip[at])
        for change in CHANGES:
            other = change(heats, h, int(at - heats.dip_offset[h]))
            state = change is not later_values_changed
            assert_past_is_the_same(heats, other, told, predict(twin, other), int(at), state)
    for between in (between_changed, between_left_out):
        assert told.final.tobytes() == predict(twin, between(heats)).final.tobytes()
