"""From the hub to plain bars: what is read, which bars calibrate, which left the schedule."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.errors import DataError
from steelyard.hub.ingest import import_dataset
from steelyard.hub.store import Store, open_store
from steelyard.twin.bar_rolling.agreement import bar_agreement
from steelyard.twin.bar_rolling.calibrate import calibrate_bars
from steelyard.twin.bar_rolling.records import (
    calibrating,
    elongation,
    find_trial,
    fingerprints,
    off_schedule,
    read_bars,
    same,
)
from steelyard.twin.file import load, save


@pytest.fixture
def store(synthetic, csv_folder: Path, home: Path) -> Store:
    """A store that holds the synthetic bars."""
    found = open_store()
    import_dataset("freiberg-passes", csv_folder, name="bars", store=found)
    return found


def test_bars_survive_the_way_through_csv_and_hub(synthetic, store: Store) -> None:
    bars = read_bars(store, "bars")
    assert len(bars) == len(synthetic.bars)
    assert bars.labels == synthetic.bars.labels
    assert bars.campaigns == synthetic.bars.campaigns
    assert np.array_equal(bars.grade, synthetic.bars.grade)
    for name, tolerance in (("force", 1.0), ("torque", 1.0), ("entry", 0.01), ("exit", 0.01), ("pause", 0.02)):
        gap = np.abs(getattr(bars, name) - getattr(synthetic.bars, name))
        assert np.nanmax(gap) < tolerance, name
    assert same(bars, read_bars(store, "bars"))


def test_calibrate_agreement_and_file_go_round(store: Store, tmp_path: Path) -> None:
    twin = calibrate_bars("bars", [], store)
    again = load(save(twin, tmp_path / "twin.json"))
    assert again.values() == twin.values()
    assert again.draws(1, 3) == twin.draws(1, 3)
    one, two = (bar_agreement(t, "bars", None, store, yardstick=False) for t in (twin, again))
    assert one == two
    assert one["split"]["bars"] == 20
    assert one["split"]["bars_seen_before"] == 0
    assert one["split"]["per_campaign"] == {"day 1": 10, "day 2": 10}
    assert set(one) >= {
        "given_temperature",
        "predicted_temperature",
        "uncalibrated",
        "global_factor",
        "pass_mean",
        "pyroll",
    }
    assert one["pyroll"]["force_mape"] is None
    seen = bar_agreement(twin, "bars", "trial_000", store, yardstick=False)
    assert seen["split"]["bars_seen_before"] == 40


def test_a_set_that_grows_later_gives_the_same_twin(synthetic, store: Store, csv_folder: Path) -> None:
    lines = (csv_folder / "passes.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.split(",")[2].endswith(("_028", "_029", "_058", "_059"))]
    (csv_folder / "passes.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    import_dataset("freiberg-passes", csv_folder, name="early", store=store)
    until = ["trial_020", "trial_050"]
    one, two = (calibrate_bars(name, until, store) for name in ("bars", "early"))
    assert one.parameters == two.parameters
    later = bar_agreement(two, "bars", None, store, yardstick=False)
    assert later["split"]["bars"] == 20


def test_two_thirds_of_each_campaign_calibrate_by_default(synthetic) -> None:
    chosen = calibrating(synthetic.bars, [])
    assert [int(chosen[synthetic.bars.campaign == c].sum()) for c in (0, 1)] == [20, 20]
    assert not chosen[20:30].any()


def test_until_cuts_its_own_campaign_and_by_time_those_without_one(synthetic) -> None:
    bars = synthetic.bars
    assert calibrating(bars, ["trial_025", "trial_040"]).sum() == 25 + 10
    assert calibrating(bars, ["trial_040"]).sum() == 40
    assert calibrating(bars, ["trial_010"]).sum() == 10 + 20


def test_a_trial_is_found_by_name_part_or_number(synthetic) -> None:
    bars = replace(synthetic.bars, trial=tuple(f"Walz_{i + 500}_a" for i in range(60)))
    assert find_trial(bars, "Walz_501_a") == 1
    assert find_trial(bars, "517") == 17
    assert find_trial(bars, "7") == 6
    with pytest.raises(DataError, match=r"'Walz' means several bars.*Walz_500_a"):
        find_trial(bars, "Walz")
    with pytest.raises(DataError, match="is no bar"):
        find_trial(bars, "nobody")


def test_off_schedule_is_told_by_elongation_alone(synthetic) -> None:
    bars = synthetic.bars
    usual = np.median(elongation(bars), axis=0)
    assert not off_schedule(bars, usual).any()
    wild = replace(bars, force=bars.force * 3.0, entry=bars.entry - 200.0)
    assert not off_schedule(wild, usual).any()
    contact = bars.contact.copy()
    contact[4, 4:] *= 0.7
    contact[5] *= 0.7
    assert np.flatnonzero(off_schedule(replace(bars, contact=contact), usual)).tolist() == [4]


def test_fingerprints_tell_bars_apart_and_know_them_again(synthetic) -> None:
    one = fingerprints(synthetic.bars)
    assert len(set(one)) == len(one)
    assert fingerprints(synthetic.bars.only(np.array([7])))[0] == one[7]


def test_a_set_of_another_kind_is_refused(store: Store, csv_folder: Path) -> None:
    import_dataset("table", csv_folder / "schedule.csv", name="other", store=store)
    with pytest.raises(DataError, match=r"kind 'table'.*freiberg-passes"):
        read_bars(store, "other")
