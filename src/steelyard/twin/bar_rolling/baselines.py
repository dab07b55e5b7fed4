"""Plain yardsticks for roll force and torque: one global factor, and the mean of each pass. Fitted on the same bars."""

from typing import Any

import numpy as np

from steelyard.processes.bar_rolling.blocks import GRADE_LABELS
from steelyard.twin.bar_rolling.predict import Estimate
from steelyard.twin.bar_rolling.records import Bars

LOADS = ("force", "torque")


def fit_baselines(bars: Bars, shipped: Estimate, scored: slice) -> dict[str, Any]:
    """Return the baselines of the calibration: global_factor (one number per load, over the shipped twin's loads on the
    passes `scored`), pass_mean (P,) over all steels, and steel_pass_mean {steel: (P,)}, SI."""
    found: dict[str, Any] = {"global_factor": {}, "pass_mean": {}, "steel_pass_mean": {}}
    for load in LOADS:
        measured, told = getattr(bars, load), getattr(shipped, load)
        found["global_factor"][load] = float(np.exp(np.nanmean(np.log(measured / told)[:, scored])))
        found["pass_mean"][load] = np.nanmean(measured, axis=0).tolist()
        found["steel_pass_mean"][load] = {
            GRADE_LABELS[g]: np.nanmean(measured[bars.grade == g], axis=0).tolist() for g in sorted(set(bars.grade))
        }
    return found


def pass_means(fitted: dict[str, Any], bars: Bars, load: str, by_steel: bool) -> np.ndarray:
    """Return the mean of each pass as the prediction for every bar, (n, P), SI; steels not seen get the common."""
    common = np.array(fitted["pass_mean"][load])
    table = fitted["steel_pass_mean"][load] if by_steel else {}
    return np.array([table.get(GRADE_LABELS[g], common) for g in bars.grade], dtype=float)
