"""The pass detector: finds the passes of measured and of synthetic recordings, and nothing else."""

import json
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from steelyard.errors import DataError
from steelyard.hub.find_passes import find_passes
from steelyard.hub.ingest import import_dataset
from steelyard.hub.passes import Trial, detect
from steelyard.hub.pulses import baseline, filled

from .recordings import START, STEP, Recording, Rolled, schedule
from .test_cli import run  # noqa: F401


def worst(trial: Trial, rolled: list[Rolled]) -> dict[str, float]:
    """Return the worst deviations [%; s; K] of the passes found; labels and count must agree."""
    assert [one.pass_label for one in trial.passes] == [one.label for one in rolled]
    pairs = list(zip(trial.passes, rolled, strict=True))
    return {
        "force": max(100 * abs(a.roll_force_kn / b.force - 1) for a, b in pairs),
        "torque": max(100 * abs(a.roll_torque_knm / abs(b.torque) - 1) for a, b in pairs),
        "start": max(abs((a.start - START).total_seconds() - b.start) for a, b in pairs),
        "contact": max(abs(a.contact_time_s - b.contact) for a, b in pairs),
        "in": max(abs(a.in_temperature_c - b.before) for a, b in pairs),
        "out": max(abs(a.out_temperature_c - b.after) for a, b in pairs),
    }


def test_every_pass_of_the_measured_recordings_is_found_within_three_percent(shared_data, home, capsys):
    import_dataset("freiberg-passes", shared_data / "rolling-freiberg-passes")
    import_dataset("rolling-recordings", shared_data / "rolling-freiberg-timeseries")
    found = find_passes("rolling-recordings", None, "freiberg-passes")
    compared = found["compare"]
    with capsys.disabled():
        print(f"\npasses {compared['passes']}, worst {compared['worst_percent']}, median {compared['median_percent']}")
    assert compared["passes"] >= 24
    assert compared["missing"] == compared["extra"] == compared["without_table"] == []
    assert compared["worst_percent"]["force"] < 3.0
    assert compared["worst_percent"]["torque"] < 3.0
    assert compared["worst_percent"]["temperature"] < 3.0
    assert compared["worst_start_s"] < 0.05
    assert compared["agrees"]
    assert all(not trial["rejected"] for trial in found["trials"])


def test_the_measured_recordings_survive_drift_holes_and_knocks(shared_data):
    """The same passes come out when the zero drifts, samples are lost and the cells are knocked."""
    signals = pl.read_parquet(shared_data / "rolling-freiberg-timeseries" / "recordings_500Hz.parquet")
    signals = signals.rename({name: name.lower() for name in signals.columns})
    plain = detect(signals, ["2022-10-20_10"])[0].passes
    hard = signals.filter(pl.col("recording") == "2022-10-20_10").with_row_index("n")
    drift = 15.0 * pl.col("n") / hard.height
    knock = pl.when(pl.col("n").is_between(3000, 3020)).then(90.0).otherwise(0.0)
    hard = hard.with_columns(pl.col("force_duo_vl_kn") + drift + knock).filter(~(pl.col("n") % 977).is_between(0, 15))
    again = detect(hard.drop("n"))[0].passes
    assert [one.pass_label for one in again] == [one.pass_label for one in plain] == ["R1", "R2", "R3", "R4"]
    for a, b in zip(again, plain, strict=True):
        assert a.roll_force_kn == pytest.approx(b.roll_force_kn, rel=0.01)
        assert a.roll_torque_knm == pytest.approx(b.roll_torque_knm, rel=0.01)


@pytest.mark.parametrize("drift", [0.0, 12.0, -12.0])
def test_a_whole_bar_comes_out_as_it_was_rolled(drift):
    rolled = schedule()
    found = detect(Recording(95.0, rolled, drift=drift).frame())
    assert len(found) == 1
    figures = worst(found[0], rolled)
    assert figures["force"] < 3.0, figures
    assert figures["torque"] < 3.0, figures
    assert figures["start"] < 0.02, figures
    assert figures["contact"] < 0.03, figures
    assert max(figures["in"], figures["out"]) < 0.5, figures
    assert found[0].rejected == []
    pauses = [one.pause_s for one in found[0].passes[1:]]
    assert np.allclose(pauses, np.diff([r.start + r.contact / 2 for r in rolled]), atol=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_weak_bars_and_noisy_cells(seed):
    rolled = schedule(forces=0.6)
    figures = worst(detect(Recording(95.0, rolled, noise=1.5, seed=seed).frame())[0], rolled)
    assert figures["force"] < 3.0, figures


def test_long_bars_that_leave_the_stand_little_rest():
    """Contacts of 6 s with pauses of 3.5 s: the stand is loaded for two thirds of the time."""
    rolled, at = schedule()[:10], 6.0
    for k, one in enumerate(rolled):
        one.start, one.contact = at, 0.6 + 0.62 * k
        at += one.contact + 3.5
    figures = worst(detect(Recording(at + 8.0, rolled, drift=4.0).frame())[0], rolled)
    assert figures["force"] < 4.0, figures


def test_a_part_of_a_bar_is_labelled_from_its_first_pass():
    rolled = schedule()[:4]
    found = detect(Recording(32.0, rolled).frame())[0]
    assert worst(found, rolled)["force"] < 2.0
    later = detect(Recording(32.0, rolled).frame(), first="R3")[0]
    assert [one.pass_label for one in later.passes] == ["R3", "R4", "R5", "R6"]


def test_a_bite_that_failed_and_a_try_repeated_are_no_passes():
    rolled = schedule()[:5]
    for one in rolled[2:]:
        one.start += 8.0
    slip = Rolled("R", rolled[1].start + 3.0, 0.12, 200.0, -13.0, 1100.0, 1100.0)
    back = Rolled("R", rolled[1].start + 5.0, 0.12, 150.0, 12.0, 1100.0, 1100.0)
    found = detect(Recording(48.0, [*rolled, slip, back]).frame())[0]
    assert [one.pass_label for one in found.passes] == ["R1", "R2", "R3", "R4", "R5"]
    assert worst(found, rolled)["force"] < 2.0
    assert {entry["reason"] for entry in found.rejected} == {"failed_bite"}
    once = schedule()[:3]
    for one in once[1:]:
        one.start += 6.0
    half = Rolled("R", once[0].start, 0.2, 170.0, -12.0, 1160.0, 1156.0)
    once[0].start += 6.0
    found = detect(Recording(32.0, [half, *once]).frame())[0]
    assert [one.pass_label for one in found.passes] == ["R1", "R2", "R3"]
    assert [entry["reason"] for entry in found.rejected] == ["repeated"]


def test_a_bar_that_bounces_is_one_pass():
    rolled = schedule()[:4]
    frame = Recording(32.0, rolled).frame().with_row_index("n")
    hole = pl.col("n").is_between(round((rolled[1].start + 0.15) / STEP), round((rolled[1].start + 0.25) / STEP))
    cells = [name for name in frame.columns if name.startswith("force_duo")]
    frame = frame.with_columns(pl.when(hole).then(0.0).otherwise(pl.col(name)).alias(name) for name in cells)
    found = detect(frame.drop("n"))[0]
    assert [one.pass_label for one in found.passes] == ["R1", "R2", "R3", "R4"]
    assert worst(found, rolled)["force"] < 3.0


def test_force_without_torque_is_no_pass():
    rolled = schedule()[:4]
    frame = Recording(32.0, rolled).frame().with_row_index("n")
    pressed = pl.col("n").is_between(500, 1500)
    frame = frame.with_columns(
        pl.when(pressed).then(pl.col(name) + 60.0).otherwise(pl.col(name)).alias(name)
        for name in frame.columns
        if name.startswith("force_duo")
    )
    found = detect(frame.drop("n"))[0]
    assert [one.pass_label for one in found.passes] == ["R1", "R2", "R3", "R4"]
    assert [entry["reason"] for entry in found.rejected] == ["no_torque"]


def test_two_bars_in_one_recording_are_two_trials():
    one, two = schedule(), schedule(begin=100.0)
    found = detect(Recording(190.0, [*one, *two]).frame())
    assert [trial.trial for trial in found] == ["bar_1", "bar_1#2"]
    assert worst(found[0], one)["force"] < 3.0
    assert worst(found[1], two)["force"] < 3.0


def test_an_empty_recording_has_no_pass_and_holes_do_no_harm():
    found = detect(Recording(20.0).frame())
    assert [trial.passes for trial in found] == [[]]
    rolled = schedule()[:4]
    frame = Recording(32.0, rolled).frame()
    rng = np.random.default_rng(1)
    lost = pl.Series(rng.random(frame.height) < 0.02)
    frame = frame.with_columns(pl.when(lost).then(None).otherwise(pl.col("torque_duo_knm")).alias("torque_duo_knm"))
    frame = frame.with_columns(pl.lit(None, pl.Float64).alias("t3_duo_entry_c"))
    passes = detect(frame)[0].passes
    assert [one.pass_label for one in passes] == ["R1", "R2", "R3", "R4"]
    assert np.isnan(passes[0].in_temperature_c)
    assert passes[0].as_dict()["in_temperature_c"] is None
    assert passes[1].in_temperature_c == pytest.approx(rolled[1].before)


def test_a_pyrometer_that_does_not_follow_the_bar_is_not_believed():
    rolled = schedule()[:4]
    rolled[0].after = 980.0
    passes = detect(Recording(32.0, rolled).frame())[0].passes
    assert np.isnan(passes[0].out_temperature_c)
    assert passes[2].out_temperature_c == pytest.approx(rolled[2].after)


def test_the_baseline_follows_a_drift_and_not_the_passes():
    at = np.arange(0.0, 60.0, STEP)
    zero = 0.2 * at - 4.0
    force = zero + 100.0 * ((at % 6.0) < 2.0) + np.random.default_rng(2).normal(0.0, 0.5, at.size)
    assert np.abs(baseline(force, STEP) - zero).max() < 0.6
    holed = filled(np.array([1.0, np.nan, 3.0, np.nan, np.nan, np.nan, 7.0]), 2)
    assert np.allclose(holed, [1.0, 2.0, 3.0, np.nan, np.nan, np.nan, 7.0], equal_nan=True)


def test_the_command_reads_files_and_says_what_is_wrong(home, tmp_path, run):  # noqa: F811
    path = tmp_path / "bars.parquet"
    Recording(32.0, schedule()[:4]).frame().write_parquet(path)
    result = json.loads(run("passes", str(path), "--json"))
    assert [one["pass_label"] for one in result["trials"][0]["passes"]] == ["R1", "R2", "R3", "R4"]
    assert datetime.fromisoformat(result["trials"][0]["passes"][0]["start"]) > START
    assert "R4" in run("passes", str(path), "--trial", "bar_1")
    assert "하중" in run("passes", str(path), "--lang", "ko")
    assert "no recording 'bar_9'" in run("passes", str(path), "--trial", "bar_9", code=2)
    assert "neither a data set nor a file" in run("passes", "nothing", code=2)
    assert "first" in run("passes", str(path), "--first", "X", code=2)
    with pytest.raises(DataError, match="no data set"):
        find_passes(str(path), None, "nothing")
