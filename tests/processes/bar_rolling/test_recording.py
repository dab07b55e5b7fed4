"""The 500 Hz recording: the hub's pass detector finds the passes again; equal seeds, equal bytes; faults show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.parameters import load_parameters
from steelyard.processes.bar_rolling import recording, recording_sensors
from steelyard.processes.bar_rolling.blocks import RECORD, Parameters
from steelyard.processes.bar_rolling.prepare import nominal_schedule, prepare
from steelyard.processes.bar_rolling.schedule import usual_intervals

MILLS = Path(recording.__file__).parent / "parameters"
MASS = 10.8


def mill(name: str) -> dict[str, Any]:
    return load_parameters(MILLS / f"mill_{name}.toml", Parameters).values()


def bar_of(p: dict[str, Any], mass: float, number: int = 12) -> dict[str, Any]:
    """A row of the log of bars as the nominal schedule gives it, with usual pauses."""
    unit = np.zeros(1, dtype=RECORD).view(np.recarray)[0]
    for name in unit["p"].dtype.names:
        unit["p"][name] = p[name]
    prepare(unit)
    passes = nominal_schedule(unit)
    duration = mass / (p["density"] * np.maximum(passes["area"], 1e-7) * np.array(p["velocity"]))
    gaps = usual_intervals(p)
    train = np.array(p["stand_group"]) > 0
    start = np.zeros(gaps.size)
    for k in range(1, gaps.size):
        start[k] = start[k - 1] + gaps[k] + (0.0 if train[k] and train[k - 1] else duration[k - 1])
    return {
        "number": number,
        "mass": mass,
        "force": passes["force"],
        "torque": 2.0 * passes["torque"],
        "entry_temperature": passes["entry_surface"],
        "leaving_temperature": passes["later_surface"],
        "pass_time": 500.0 + start + 0.5 * duration,
        "skid_difference": 20.0,
    }


@pytest.fixture(scope="module")
def pilot() -> dict[str, Any]:
    return mill("pilot")


@pytest.fixture(scope="module")
def row(pilot: dict[str, Any]) -> dict[str, Any]:
    return bar_of(pilot, MASS)


@pytest.fixture(scope="module")
def taken(pilot: dict[str, Any], row: dict[str, Any]) -> np.ndarray:
    return recording.record_bar(pilot, row, 7)


CELLS_AND_DRIVES = [
    *(f"force_duo_{cell}_kN" for cell in ("VL", "VR", "HL", "HR")),
    *(f"force_F{k}_kN" for k in range(1, 5)),
    "torque_duo_kNm",
    *(f"torque_F{k}_kNm" for k in range(1, 5)),
]
PYROMETERS = [
    "T1_roller_table_C", "T2_duo_exit_C", "T3_duo_entry_C", "T4_before_F1_C", "T5_before_F2_C", "T6_before_F3_C",
    "T7_before_F4_C", "T8_after_F4_C",
]  # fmt: skip
NAMES = CELLS_AND_DRIVES + PYROMETERS


def test_channels_are_those_of_the_freiberg_recordings(taken: np.ndarray, pilot: dict[str, Any]) -> None:
    assert list(taken.dtype.names) == ["time", *NAMES]
    assert np.all(np.diff(taken["time"]) == np.timedelta64(2000, "us"))
    assert all(np.all(np.isfinite(taken[name])) for name in NAMES)
    assert len(recording.channels(mill("rod_mill"))) == 16 + 16 + 18


def test_equal_arguments_give_equal_bytes_and_another_seed_other_noise(
    taken: np.ndarray, pilot: dict[str, Any], row: dict[str, Any]
) -> None:
    assert recording.record_bar(pilot, row, 7).tobytes() == taken.tobytes()
    other = recording.record_bar(pilot, row, 8)
    assert other.shape == taken.shape
    assert other.tobytes() != taken.tobytes()
    assert recording.record_bar(pilot, {**row, "number": 13}, 7).tobytes() != taken.tobytes()


def test_the_pass_detector_finds_every_pass_again(
    taken: np.ndarray, row: dict[str, Any], pilot: dict[str, Any]
) -> None:
    import polars as pl

    from steelyard.hub.passes import detect

    frame = pl.DataFrame({name: taken[name] for name in taken.dtype.names})
    lower = {name: name.lower() for name in frame.columns}
    signals = frame.rename(lower).select(pl.lit("B12").alias("recording"), pl.all())
    (trial,) = detect(signals)
    labels = [f"R{k}" for k in range(1, 11)] + [f"F{k}" for k in range(1, 5)]
    assert [one.pass_label for one in trial.passes] == labels
    names = ("roll_force_kn", "roll_torque_knm", "in_temperature_c", "out_temperature_c")
    found = {name: np.array([getattr(one, name) for one in trial.passes]) for name in names}
    assert found["roll_force_kn"] == pytest.approx(row["force"][:14] / 1e3, rel=0.04)
    assert found["roll_torque_knm"] == pytest.approx(row["torque"][:14] / 1e3, rel=0.08)
    entry = np.abs(found["in_temperature_c"] + 273.15 - row["entry_temperature"][:14])
    leaving = np.abs(found["out_temperature_c"] + 273.15 - row["leaving_temperature"][:14])
    assert np.nanmedian(entry) < 10.0
    assert np.nanmedian(leaving) < 15.0
    assert np.isfinite(found["in_temperature_c"]).sum() >= 10


def test_torque_of_the_reversing_stand_alternates_and_cells_share_the_force_by_groove(
    taken: np.ndarray, row: dict[str, Any], pilot: dict[str, Any]
) -> None:
    for one in recording.passes_of(pilot, row)[:10]:
        inside = np.abs(taken["time"] - recording.EPOCH - np.timedelta64(int(1e6 * 0.5 * (one.start + one.end)), "us"))
        part = inside < np.timedelta64(int(2e5 * (one.end - one.start)), "us")
        sign = np.sign(np.median(taken["torque_duo_kNm"][part]))
        assert sign == (-1.0 if one.stand % 2 == 0 else 1.0)
    shares = recording.left_shares(pilot)[:10]
    assert shares[0] == shares[2] == recording.FIRST_LEFT
    assert shares[4] == shares[6]
    assert shares[1] < shares[0]


def test_skid_marks_modulate_force_and_vanish_without_them(pilot: dict[str, Any], row: dict[str, Any]) -> None:
    def spread(skid: float) -> float:
        taken = recording.record_bar(pilot, {**row, "skid_difference": skid}, 7)
        one = recording.passes_of(pilot, row)[9]
        seconds = (taken["time"] - recording.EPOCH) / np.timedelta64(1, "s")
        part = (seconds > one.start + 0.2) & (seconds < one.end - 0.2)
        total = sum(taken[f"force_duo_{cell}_kN"][part] for cell in recording.CELLS)
        return float(np.std(total) / np.mean(total))

    assert spread(60.0) > 1.5 * spread(0.0)


def test_pyrometers_show_their_range_without_a_bar_and_never_less(taken: np.ndarray) -> None:
    for name in NAMES:
        if name.startswith("T"):
            low = 600.0 if name[:2] in ("T4", "T6", "T8") else 670.0
            assert np.min(taken[name]) > low - 0.5
            assert np.median(taken[name][:500]) == pytest.approx(low, abs=0.1)
            assert np.max(taken[name]) > 800.0


def test_scale_and_water_hide_the_bar_now_and_then() -> None:
    times = np.arange(0.0, 400.0, 0.002)
    beam = recording_sensors.Beam(3, 5, 0.0, 0.0, 0.025, 2.0)
    sight = recording_sensors.Sight(0.0, 400.0, 1373.15, 1373.15, 0.5, 0.5)
    shown = recording_sensors.pyrometer_signal(1, [sight], times, beam)
    assert np.median(shown) == pytest.approx(1100.0, abs=0.5)
    assert 0.005 < np.mean(shown < 1095.0) < 0.15
    assert np.min(shown) < 700.0


def test_a_lost_bar_ends_after_its_last_pass(pilot: dict[str, Any], row: dict[str, Any]) -> None:
    force = np.where(np.arange(16) < 5, row["force"], 0.0)
    taken = recording.record_bar(pilot, {**row, "force": force}, 7)
    assert len(recording.passes_of(pilot, {**row, "force": force})) == 5
    assert np.max(taken["force_F1_kN"]) < 1.0
    empty = recording.record_bar(pilot, {**row, "force": np.zeros(16)}, 7)
    assert empty.size > 100


def test_a_continuous_mill_is_recorded_too() -> None:
    p = mill("rod_mill")
    taken = recording.record_bar(p, bar_of(p, 2300.0), 1)
    assert np.max(taken["force_F1_kN"]) > 100.0
    assert np.max(taken["force_F16_kN"]) > 1.0
    assert "torque_duo_kNm" not in taken.dtype.names
