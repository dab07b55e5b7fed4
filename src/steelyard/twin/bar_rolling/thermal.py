"""The thermal track from the pyrometers of recorded bars: numbers, noises and doubt, by maximum a posteriori.

**Model** readings = kernel(numbers) + gain·δ + noise, δ filtered per bar (`filtering`). The kernel is linearised in
the numbers around the last estimate, ROUNDS times; numbers and the noises of all pyrometers are estimated together from
the likelihood of the filter and the priors of `numbers`.
**Left out** temperature along the bar: the offsets of the pyrometers carry it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.twin.bar_rolling.filtering import everything, filter_bars
from steelyard.twin.bar_rolling.numbers import START, Number, apply, thermal_numbers
from steelyard.twin.bar_rolling.records import Bars
from steelyard.twin.bar_rolling.track import Response, response, tracks

ROUNDS = 3
STEP = 0.25
READING_NOISE, WALK, START_SPREAD = 8.0, 2.0, 10.0
NOISE_SD = (0.8, 0.7, 0.5)  # of the logarithms: pyrometers, walk, start
LEAST_NOISE = 1.0
NUDGE = 1e-5


@dataclass(frozen=True)
class Thermal:
    """Estimate of the thermal track: numbers at z (m,) with covariance (m, m), and the filter's noise (2P + 2,) [K]."""

    numbers: list[Number]
    z: np.ndarray
    covariance: np.ndarray
    noise: np.ndarray

    @property
    def start(self) -> float:
        """Usual mean temperature at the first pass [K]."""
        place = next(i for i, number in enumerate(self.numbers) if number.name == START)
        return self.numbers[place].value(float(self.z[place]))


def prior_noise(passes: int) -> np.ndarray:
    """Return the filter's noise before any record, shape (2P + 2,) [K]."""
    return np.r_[np.full(2 * passes, READING_NOISE), WALK, START_SPREAD]


def uncalibrated(base: dict[str, Any], bars: Bars) -> Thermal:
    """Return the track of the shipped mill: all numbers at their priors, the pyrometers believed as they are."""
    passes = len(bars.labels)
    numbers = thermal_numbers(base, passes, usual_start(bars))
    noise = np.r_[np.full(2 * passes, READING_NOISE), 5.0 * WALK, 2.0 * START_SPREAD]
    return Thermal(numbers, np.zeros(len(numbers)), np.eye(len(numbers)), noise)


def usual_start(bars: Bars) -> float:
    """Return the median of the first entry readings [K]."""
    return float(np.nanmedian(bars.entry[:, 0]))


def fit_thermal(base: dict[str, Any], bars: Bars) -> Thermal:
    """Estimate the thermal numbers of a mill with parameters `base` (SI) from `bars`."""
    from scipy.optimize import minimize

    passes = len(bars.labels)
    numbers = thermal_numbers(base, passes, usual_start(bars))
    m = len(numbers)
    centre = np.r_[np.zeros(m), np.log(prior_noise(passes))]
    spread = np.r_[np.ones(m), np.full(2 * passes, NOISE_SD[0]), NOISE_SD[1], NOISE_SD[2]]
    state = centre.copy()
    for _ in range(ROUNDS):
        cost = _Cost(base, bars, numbers, state[:m], centre, spread)
        found = minimize(cost, state, method="L-BFGS-B", jac=cost.gradient, options={"maxiter": 100, "ftol": 1e-9})
        state = found.x
    cost = _Cost(base, bars, numbers, state[:m], centre, spread)
    information = cost.information(state, m)
    noise = np.maximum(np.exp(state[m:]), LEAST_NOISE)
    return Thermal(numbers, state[:m].copy(), np.linalg.inv(information), noise)


class _Cost:
    """Negative log posterior of the numbers and noises, linearised in the numbers at `anchor`."""

    def __init__(
        self, base: dict[str, Any], bars: Bars, numbers: list[Number], anchor: np.ndarray, centre: np.ndarray,
        spread: np.ndarray,
    ) -> None:  # fmt: skip
        self.anchor, self.centre, self.spread = anchor.copy(), centre, spread
        values = apply(base, numbers, anchor)
        start = numbers[0].value(float(anchor[0]))
        self.around = response(values, bars, start)
        self.entry = bars.entry - self.around.tracks.entry
        self.exit = bars.exit - self.around.tracks.exit
        self.by_entry, self.by_exit = _columns(base, bars, numbers, anchor, self.around)
        self.interval = np.nan_to_num(bars.pause)
        self.used = everything(len(bars.labels))
        self.room = np.empty_like(self.entry), np.empty_like(self.entry)

    def __call__(self, state: np.ndarray) -> float:
        """Return the negative log posterior at `state` (numbers' z, log noises)."""
        m = len(self.anchor)
        move = state[:m] - self.anchor
        r = self.around
        likelihood = filter_bars(
            self.entry - self.by_entry @ move, self.exit - self.by_exit @ move, r.entry_gain, r.exit_gain, r.hold,
            self.interval, np.exp(state[m:]), self.used, *self.room,
        )  # fmt: skip
        return float(likelihood + 0.5 * (((state - self.centre) / self.spread) ** 2).sum())

    def gradient(self, state: np.ndarray) -> np.ndarray:
        """Return the gradient by forward differences."""
        here = self(state)
        found = np.empty_like(state)
        for i in range(len(state)):
            there = state.copy()
            there[i] += NUDGE
            found[i] = (self(there) - here) / NUDGE
        return found

    def information(self, state: np.ndarray, m: int) -> np.ndarray:
        """Return the Hessian of the first `m` numbers, made positive definite: at least the prior's half."""
        step = 0.02
        found = np.empty((m, m))
        for i in range(m):
            up, down = state.copy(), state.copy()
            up[i] += step
            down[i] -= step
            found[i] = (self.gradient(up)[:m] - self.gradient(down)[:m]) / (2.0 * step)
        values, vectors = np.linalg.eigh(0.5 * (found + found.T))
        return (vectors * np.maximum(values, 0.5)) @ vectors.T


def _columns(
    base: dict[str, Any], bars: Bars, numbers: list[Number], anchor: np.ndarray, around: Response
) -> tuple[np.ndarray, np.ndarray]:
    """Return the change of entry and exit readings per z of each number, arrays (n, P, m)."""
    n, passes = bars.entry.shape
    by_entry, by_exit = np.zeros((n, passes, len(numbers))), np.zeros((n, passes, len(numbers)))
    start = numbers[0].value(float(anchor[0]))
    for j, number in enumerate(numbers):
        if number.name == "entry_pyrometer_offset":
            by_entry[:, number.slot, j] = number.sd
        elif number.name == "exit_pyrometer_offset":
            by_exit[:, number.slot, j] = number.sd
        elif number.name == START:
            by_entry[:, :, j] = number.sd * around.start * around.entry_gain
            by_exit[:, :, j] = number.sd * around.start * around.exit_gain
        else:
            there = anchor.copy()
            there[j] += STEP
            moved = tracks(apply(base, numbers, there), bars, start)
            by_entry[:, :, j] = (moved.entry - around.tracks.entry) / STEP
            by_exit[:, :, j] = (moved.exit - around.tracks.exit) / STEP
    return by_entry, by_exit
