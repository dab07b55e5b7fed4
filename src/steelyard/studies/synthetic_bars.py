"""Synthetic bar passes: the files that a bar mill would hand over, made by the shipped hot bar line.

Each bar is rolled on the line, recorded at 500 Hz, and its passes are found by the hub's pass detector: so what is
written has the noise, the drift and the blind pyrometers of a real table. The mill is a draw from the shipped one's
priors, so that a twin has something to find. Nothing here is measured, and it proves nothing about any real mill.
"""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.hub.passes import Trial, detect
from steelyard.plant.line import LineValues, LineWorks, line_draws, open_line
from steelyard.plant.recording import record_bar
from steelyard.units import from_si, to_si

STEELS = {"C15": (0, datetime(2030, 4, 22, 8, 0)), "C45": (2, datetime(2030, 4, 24, 8, 0))}
BARS, SEED, PLANT = 23, 20300422, 77
WARM_UP = 32  # bars that were half warm when the line began
BILLET_M = 0.34
FALSE_SHARE = 0.004
LABELS = (*(f"R{k}" for k in range(1, 11)), *(f"F{k}" for k in range(1, 5)))
GROOVES = (
    "round", "circular oval", "swedish oval", "box", "diamond", "square", "false round", "oval 3-radii",
    "oval 3-radii flanked",
)  # fmt: skip
_DIMENSIONS = {
    "r1": "groove_edge_radius",
    "r2": "groove_ground_radius",
    "r3": "groove_main_radius",
    "ground_width": "groove_ground_width",
    "usable_width": "groove_usable_width",
    "depth": "groove_depth",
}
_PASS_HEADER = (
    "campaign steel trial pass_label start end mid contact_time_s pause_since_prev_s roll_force_kN roll_torque_kNm "
    "in_temperature_C out_temperature_C"
)
_SCHEDULE_HEADER = "pass_label groove groove_dimensions_mm roll_gap_mm roll_nominal_radius_mm velocity_m_s"


def mill_values(steel: str) -> LineValues:
    """Return the values of the line that rolls the synthetic bars of one steel."""
    values = line_draws("pilot", 1, PLANT)[0]
    share = [0.0] * len(values.traffic["grade_share"])
    share[STEELS[steel][0]] = 1.0
    values.traffic |= {"grade_share": share, "billet_length": BILLET_M, "delay_probability": 0.0}
    return values


def trials(steel: str, count: int, seed: int = SEED) -> Iterator[Trial]:
    """Yield `count` bars of one steel as the pass detector finds them in their recordings."""
    works = open_line(mill_values(steel), seed + STEELS[steel][0])
    works.advance_products(WARM_UP)
    made = 0
    while made < count:
        known = works.departed()
        works.advance_products(known + 1)
        for row in works.bars(known)[: count - made]:
            if row["cobble"]:
                continue
            made += 1
            yield detect(_recording(works, row, f"synthetic_{steel}_{made:02d}"))[0]


def _recording(works: LineWorks, row: Any, name: str) -> Any:
    """Return the recording of one bar as a table for the detector."""
    import polars as pl

    samples = record_bar(works.plant, row)
    columns = {field.lower(): samples[field] for field in samples.dtype.names or ()}
    return pl.DataFrame({"recording": [name] * samples.size} | columns)


def write(directory: Path, count: int = BARS, seed: int = SEED) -> Path:
    """Write passes.csv, schedule.csv and specific_heat.csv of `count` bars of each steel; return the folder."""
    directory.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[Any, ...]] = []
    for steel, (index, day) in STEELS.items():
        rng, first = np.random.default_rng([seed, index]), None
        for trial in trials(steel, count, seed):
            first = first or trial.passes[0].start
            rows += _rows(trial, steel, day - first, rng)
    _table(directory / "passes.csv", _PASS_HEADER, rows)
    _table(directory / "schedule.csv", _SCHEDULE_HEADER, _schedule(mill_values("C15").mill))
    table = [(f"{to_si(float(t), '°C'):g}", f"{specific_heat(t):.1f}") for t in range(20, 1201, 20)]
    _table(directory / "specific_heat.csv", "temperature_K cp_J_per_kgK", table)
    return directory


def specific_heat(temperature_c: float) -> float:
    """Return the specific heat [J/(kg·K)] of carbon steel, 20 to 1200 °C. Source: EN 1993-1-2:2005, 3.4.1.2."""
    t = temperature_c
    if t < 600.0:
        return 425.0 + 0.773 * t - 1.69e-3 * t**2 + 2.22e-6 * t**3
    if t < 735.0:
        return 666.0 + 13002.0 / (738.0 - t)
    return 545.0 + 17820.0 / (t - 731.0) if t < 900.0 else 650.0


def _rows(trial: Trial, steel: str, shift: timedelta, rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Return the rows of one bar, dated to the day of its campaign; a load cell fails now and then."""
    rows: list[tuple[Any, ...]] = []
    for one in trial.passes:
        stamps = [(at + shift).isoformat(sep=" ", timespec="milliseconds") for at in (one.start, one.end, one.mid)]
        force = 0.005 if rng.random() < FALSE_SHARE else one.roll_force_kn
        times = (f"{one.contact_time_s:.3f}", _shown(one.pause_s, 3))
        sides = (_shown(one.in_temperature_c, 1), _shown(one.out_temperature_c, 1))
        values = (f"{force:.3f}", f"{one.roll_torque_knm:.4f}", *sides)
        rows.append((f"2030-{steel}", steel, trial.trial, one.pass_label, *stamps, *times, *values))
    return rows


def _shown(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def _schedule(p: Any) -> list[tuple[Any, ...]]:
    """Return the rows of the schedule that the parameters `p` of a mill describe."""
    rows = []
    for k, label in enumerate(LABELS):
        stated = {name: from_si(float(p[field][k]), "mm") for name, field in _DIMENSIONS.items()}
        shown = " ".join(f"{name}={value:.6g}" for name, value in stated.items() if value > 0.0)
        lengths = [f"{from_si(float(p[field][k]), 'mm'):.6g}" for field in ("roll_gap", "roll_radius")]
        rows.append((label, GROOVES[int(p["groove_kind"][k])], shown, *lengths, f"{float(p['velocity'][k]):.6g}"))
    return rows


def _table(path: Path, header: str, rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)
