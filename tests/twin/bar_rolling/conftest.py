"""Synthetic bars made by the mill's own kernel from known numbers: what a calibration must find again."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.processes.bar_rolling.blocks import GRADES, STANDS
from steelyard.twin.bar_rolling.calibrate import calibrate_recorded, shipped_mill
from steelyard.twin.bar_rolling.records import Bars
from steelyard.twin.bar_rolling.track import tracks
from steelyard.twin.bar_rolling.twin import BarTwin

LABELS = (*(f"R{k}" for k in range(1, 11)), *(f"F{k}" for k in range(1, 5)))
PAUSE = np.array([np.nan, 6.5, 4.5, 5.8, 5.7, 5.1, 5.2, 6.2, 6.0, 7.0, 9.2, 0.19, 0.14, 0.12])
CONTACT = np.array([0.46, 0.64, 0.47, 0.6, 0.81, 1.08, 1.45, 1.95, 2.4, 2.9, 0.84, 0.84, 0.81, 0.8])
C15, C45 = 0, 2
READING, FORCE, TORQUE = 4.0, 0.02, 0.012
START, START_SPREAD = 1465.0, 8.0


@dataclass(frozen=True)
class Synthetic:
    """Bars, the SI parameters of the mill that made them, and the true mean temperature at entry (n, P)."""

    bars: Bars
    values: dict[str, Any]
    mean: np.ndarray
    force_noise: float = FORCE
    torque_noise: float = TORQUE


def true_mill() -> dict[str, Any]:
    """The shipped mill with known errors of every kind that calibration may move."""
    rng = np.random.default_rng(7)
    values = shipped_mill("pilot")
    values["force_factor"] = list(rng.uniform(0.7, 1.1, STANDS))
    values["torque_factor"] = list(rng.uniform(0.9, 1.2, STANDS))
    values["grade_torque_factor"] = [1.0, 1.0, 1.05, *np.ones(GRADES - 3)]
    values["radiation_factor"] = 0.85
    values["entry_pyrometer_offset"] = list(rng.normal(0.0, 8.0, STANDS))
    values["exit_pyrometer_offset"] = list(rng.normal(0.0, 8.0, STANDS))
    return values


def empty_bars(count: int, seed: int) -> Bars:
    """Bars with pauses, contact times and two steels, nothing measured on them yet."""
    rng = np.random.default_rng(seed)
    half = count // 2
    campaign = np.repeat([0, 1], [half, count - half])
    pause = PAUSE * np.where(np.arange(len(PAUSE)) < 11, rng.lognormal(0.0, 0.2, (count, len(PAUSE))), 1.0)
    contact = CONTACT * rng.lognormal(0.0, 0.01, (count, len(PAUSE)))
    nothing = np.full((count, len(PAUSE)), np.nan)
    return Bars(
        LABELS, ("day 1", "day 2"), tuple(f"trial_{i:03d}" for i in range(count)), np.arange(1, count + 1), campaign,
        np.where(campaign == 0, C15, C45), 1.68e9 + 90.0 * np.arange(count) + 2e5 * campaign, pause, contact,
        nothing, nothing, nothing, nothing,
    )  # fmt: skip


def measured(bars: Bars, values: dict[str, Any], seed: int) -> Synthetic:
    """What instruments with noise would have recorded of these bars."""
    rng = np.random.default_rng(seed)
    start = START + START_SPREAD * rng.standard_normal(len(bars))
    true = tracks(values, bars, start)
    shape = true.mean.shape
    return Synthetic(
        replace(
            bars, entry=true.entry + READING * rng.standard_normal(shape),
            exit=true.exit + READING * rng.standard_normal(shape),
            force=true.force * np.exp(FORCE * rng.standard_normal(shape)),
            torque=true.torque * np.exp(TORQUE * rng.standard_normal(shape)),
        ), values, true.mean,
    )  # fmt: skip


def quiet(fraction: float, text: str) -> None:
    """Take progress and say nothing."""


@pytest.fixture(scope="session")
def synthetic() -> Synthetic:
    """60 synthetic bars of two steels with known truth."""
    return measured(empty_bars(60, 1), true_mill(), 2)


@pytest.fixture(scope="session")
def chosen(synthetic: Synthetic) -> np.ndarray:
    """The first two thirds of both campaigns."""
    from steelyard.twin.bar_rolling.records import calibrating

    return calibrating(synthetic.bars, [])


@pytest.fixture(scope="session")
def twin(synthetic: Synthetic, chosen: np.ndarray) -> BarTwin:
    """A twin calibrated on the first two thirds of the synthetic bars."""
    return calibrate_recorded("synthetic", "none", synthetic.bars.only(chosen), [], 1, quiet)


@pytest.fixture
def csv_folder(synthetic: Synthetic, tmp_path: Path) -> Path:
    """The synthetic bars as the files that `hub import freiberg-passes` reads."""
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "passes.csv").write_text("\n".join(pass_rows(synthetic.bars)) + "\n", encoding="utf-8")
    (folder / "schedule.csv").write_text("\n".join(schedule_rows()) + "\n", encoding="utf-8")
    (folder / "specific_heat.csv").write_text("temperature_K,cp_J_per_kgK\n300,460\n1500,650\n", encoding="utf-8")
    return folder


def pass_rows(bars: Bars) -> list[str]:
    """Lines of passes.csv; times on the grid of 1 ms."""
    rows = [
        "campaign,steel,trial,pass_label,start,end,mid,contact_time_s,pause_since_prev_s,roll_force_kN,roll_torque_kNm,"
        "in_temperature_C,out_temperature_C"
    ]
    steel = {C15: "C15", C45: "C45"}
    for i in range(len(bars)):
        middle = bars.start[i] + 0.5 * bars.contact[i, 0] + np.cumsum(np.nan_to_num(bars.pause[i]))
        for k, label in enumerate(bars.labels):
            begin, end = (clock(middle[k] + side * 0.5 * bars.contact[i, k]) for side in (-1.0, 1.0))
            values = (
                1e-3 * bars.force[i, k], 1e-3 * bars.torque[i, k], bars.entry[i, k] - 273.15, bars.exit[i, k] - 273.15
            )  # fmt: skip
            numbers = ",".join(f"{v:.6f}" for v in values)
            rows.append(
                f"{bars.campaigns[bars.campaign[i]]},{steel[int(bars.grade[i])]},{bars.trial[i]},{label},{begin},{end},,,,"
                f"{numbers}"
            )
    return rows


def clock(seconds: float) -> str:
    """Return a time as the records write it."""
    return datetime.fromtimestamp(round(seconds, 3), UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def schedule_rows() -> list[str]:
    """Lines of schedule.csv with the grooves of the shipped mill."""
    from steelyard.processes.bar_rolling.prepare import GROOVES

    values = shipped_mill("pilot")
    rows = ["pass_label,groove,groove_dimensions_mm,roll_gap_mm,roll_nominal_radius_mm,velocity_m_s"]
    for k, label in enumerate(LABELS):
        depth = f"depth={1e3 * values['groove_depth'][k]:g}"
        gap, radius = 1e3 * values["roll_gap"][k], 1e3 * values["roll_radius"][k]
        kind = GROOVES[int(values["groove_kind"][k])]
        rows.append(f"{label},{kind},{depth},{gap:g},{radius:g},{values['velocity'][k]:g}")
    return rows
