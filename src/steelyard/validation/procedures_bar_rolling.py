"""Procedures of the cases on whole passes: the shipped mills, not calibrated, against measured bars."""

from pathlib import Path
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.materials.piece import GRADE_LABELS
from steelyard.parameters import load_parameters
from steelyard.processes.bar_rolling import prepare, schedule
from steelyard.processes.bar_rolling.blocks import RECORD, STANDS, Parameters
from steelyard.units import from_si, to_si

Values = dict[str, Any]
PARAMETERS = Path(prepare.__file__).parent / "parameters"


def mill(plant: str) -> np.void:
    """Return the record of a shipped mill, prepared, as its parameter file has it."""
    unit = np.zeros(1, dtype=RECORD)[0]
    fill(unit["p"], Parameters, load_parameters(PARAMETERS / f"mill_{plant}.toml", Parameters).values())
    prepare.prepare(unit)
    return unit


def _roll(unit: np.void, given: Values, surface: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    bar = prepare.nominal_bar(unit)
    bar["grade"] = GRADE_LABELS.index(given["steel"])
    schedule.set_profile(bar[0], *[to_si(given["start_temperature_c"], "°C")] * 3)
    results = schedule.new_results()
    schedule.roll_schedule(unit["p"], unit["x"], bar[0], intervals, surface, np.full(STANDS, -1.0), results)
    return results[: int(unit["p"]["stand_count"])]


def _padded(values: list[float]) -> np.ndarray:
    return np.array([*values, *[0.0] * (STANDS - len(values))])


def _error(got: np.ndarray, measured: np.ndarray) -> float:
    return float(100.0 * np.mean(np.abs(got / measured - 1.0)))


def _typed_error(force: np.ndarray, measured: np.ndarray, reversing: int) -> float:
    """Return the error [%] after one factor for each type of pass: ovals and rounds, reversing and train."""
    fitted = force.copy()
    for first, end in ((0, reversing), (reversing, len(force))):
        for odd in (0, 1):
            group = slice(first + odd, end, 2)
            fitted[group] *= np.exp(np.mean(np.log(measured[group] / force[group])))
    return _error(fitted, measured)


def measured_bar(given: Values) -> Values:
    """Return the errors of a mill that was not calibrated on the mean of many bars.

    force_mape_percent and torque_mape_percent (both rolls) with the measured entry temperatures given (not a number:
    not measured); temperature_mae_k of the entry temperatures that the model reckons from the start temperature and
    the intervals; typed_force_mape_percent after one factor per type of pass.
    """
    unit, force = mill(given["mill"]), np.array(given["force_kn"])
    intervals, measured = _padded(given["interval_s"]), _padded(given["entry_temperature_c"])
    known = measured > 0.0
    surface = np.where(known, to_si(1.0, "°C") - 1.0 + measured, np.nan)
    told = _roll(unit, given, surface, intervals)
    own = _roll(unit, given, np.full(STANDS, np.nan), intervals)
    count = len(force)
    entry = np.array([from_si(t, "°C") for t in own["entry_surface"]])
    missed = np.abs(entry - measured[:count])[known[:count]]
    got = from_si(1.0, "kN") * told["force"]
    return {
        "force_mape_percent": _error(got, force),
        "torque_mape_percent": _error(2.0 * from_si(1.0, "kN·m") * told["torque"], np.array(given["torque_knm"])),
        "typed_force_mape_percent": _typed_error(got, force, given["reversing_passes"]),
        "temperature_mae_k": float(np.mean(missed)),
    }


def measured_train(given: Values) -> Values:
    """Return torque_mape_percent (per roll) of a train that was not calibrated, from the start temperature alone."""
    unit = mill(given["mill"])
    free = np.full(STANDS, np.nan)
    rolled = _roll(unit, given, free, schedule.usual_intervals(unit["p"]))
    torque = from_si(1.0, "kN·m") * rolled["torque"]
    return {"torque_mape_percent": _error(torque, np.array(given["torque_knm"]))}


PROCEDURES = {"measured_bar": measured_bar, "measured_train": measured_train}
