"""Fitting what is learned beside the physics, and checking it on blocks of heats held out inside the calibration."""

from typing import Any

import numpy as np

from steelyard.twin.aim import fit_aim
from steelyard.twin.context import FINAL_NEAR, INTERVAL_NEAR, Context, Forecast, final_features
from steelyard.twin.estimate import aimed, predict_from
from steelyard.twin.fitting import Observed
from steelyard.twin.residual import fit_residual
from steelyard.twin.twin import Learned

INTERVAL: dict[str, Any] = {"size": 500, "lengths": (5.0, 16.0), "amplitude": 4.0, "linear": 0.1, "noise": 2.5}
FINAL: dict[str, Any] = {"size": 400, "lengths": (6.0, 16.0), "amplitude": 4.0, "linear": 0.1, "noise": 4.5}
BLOCKS = 3
COVERED = (0.5, 0.9)


def learn(known: Context, seen: Observed, physics: Forecast, seed: int, chosen: np.ndarray | None = None) -> Learned:
    """Fit aim and residuals on the heats `chosen` (boolean, all by default); widths are left at one."""
    use = np.ones(len(known.last), dtype=bool) if chosen is None else chosen
    rows = np.repeat(use, np.diff(seen.offset))[known.dips]
    error = seen.reading[known.dips] - physics.step[known.dips, 2]
    interval = fit_residual(known.interval[rows], error[rows], INTERVAL_NEAR, seed, **INTERVAL)
    aim = fit_aim(physics.mixture[use], known.aim[use], known.last[use])
    after_aim = aimed(aim, physics, known.aim)
    features = final_features(known, seen, physics, after_aim)
    final = fit_residual(features[use], (known.last - after_aim[:, 2])[use], FINAL_NEAR, seed, **FINAL)
    return Learned(interval, final, aim, np.ones((2, 2)))


def cross_check(known: Context, seen: Observed, physics: Forecast, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Hold out contiguous blocks of heats from what is learned; return the width factors (2, 2) and the figures.

    The physics parameters saw all blocks (few numbers, many heats); the figures say so.
    """
    block = np.arange(len(known.last)) * BLOCKS // len(known.last)
    ratio: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    error: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for b in range(BLOCKS):
        learned = learn(known, seen, physics, seed, block != b)
        told = predict_from(known, seen, physics, learned)
        own = np.repeat(block, np.diff(seen.offset))[told.dips] == b
        for task, quantiles, truth in (
            (0, told.interval[own], seen.reading[told.dips][own]),
            (1, told.final[block == b], known.last[block == b]),
        ):
            ratio[task].append(_needed(quantiles, truth))
            error[task].append(truth - quantiles[:, 2])
    needed = [[np.quantile(np.concatenate(r)[:, i], COVERED[i]) for i in (0, 1)] for r in ratio]
    widths = np.array([[float(f"{value:.6g}") for value in row] for row in needed])
    mae = [float(np.abs(np.concatenate(e)).mean()) for e in error]
    return widths, {"blocks": BLOCKS, "interval_mae_k": mae[0], "final_mae_k": mae[1]}


def _needed(quantiles: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the factors by which the 50 and 90 % intervals must widen to hold each truth, shape (n, 2)."""
    off = truth - quantiles[:, 2]
    needed = np.empty((len(off), 2))
    for i, (low, high) in enumerate(((1, 3), (0, 4))):
        half = np.where(off > 0.0, quantiles[:, high] - quantiles[:, 2], quantiles[:, 2] - quantiles[:, low])
        needed[:, i] = np.abs(off) / np.maximum(half, 1e-6)
    return needed
