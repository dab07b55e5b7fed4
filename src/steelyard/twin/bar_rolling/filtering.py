"""The filter of a bar: how far it is from the temperature that the model says, from pyrometers that lie now and then.

**Model** δ, the deviation of the bar's mean temperature from the model's track, decays with the model's own
sensitivity, is disturbed by a random walk, and is seen by an entry and an exit pyrometer at each pass with noise of
their own. Innovations beyond HUBER standard deviations count less (M-estimation), so that a pyrometer which misses
the bar does not move it. Causal: what is known at a pass rests on the readings up to its entry pyrometer.
**Source** Kalman filter; Huber, Robust Statistics (1981).
"""

from math import isfinite, log, sqrt

import numpy as np

from steelyard.engine.kernel import kernel

HUBER = 2.0
WALK_TIME = 5.0


@kernel
def _update(deviation, variance, innovation, gain, noise):
    """Return deviation and variance after one reading, and its share of the negative log likelihood."""
    spread = gain * gain * variance + noise * noise
    off = innovation - gain * deviation
    u = abs(off) / sqrt(spread)
    weight = 1.0
    cost = 0.5 * u * u
    if u > HUBER:
        weight = HUBER / u
        cost = HUBER * u - 0.5 * HUBER * HUBER
    pull = gain * variance / spread
    return deviation + pull * weight * off, variance * (1.0 - pull * gain), cost + 0.5 * log(spread)


@kernel
def filter_bars(entry, leaving, entry_gain, exit_gain, hold, interval, noise, used, before, known):
    """Filter all bars; return the negative log likelihood of the used readings.

    entry, leaving (n, P): reading less model [K], NaN where there is none; entry_gain, exit_gain: change of the reading
    per change of the mean temperature; hold: decay of a deviation since the pass before; interval: time since then [s].
    noise (2P + 2,): entry noises, exit noises, walk in WALK_TIME, spread of the start [K]. used (P, 2): 1 where the
    entry, the exit reading of a pass may be used. Fills before, known (n, P): deviation at the pass without and with
    its entry reading [K].
    """
    bars, passes = entry.shape
    walk, start = noise[2 * passes], noise[2 * passes + 1]
    total = 0.0
    for i in range(bars):
        deviation, variance = 0.0, start * start
        for k in range(passes):
            if k > 0:
                deviation *= hold[i, k]
                variance = variance * hold[i, k] * hold[i, k] + walk * walk * interval[i, k] / WALK_TIME
            before[i, k] = deviation
            if used[k, 0] > 0.5 and isfinite(entry[i, k]):
                deviation, variance, cost = _update(deviation, variance, entry[i, k], entry_gain[i, k], noise[k])
                total += cost
            known[i, k] = deviation
            if used[k, 1] > 0.5 and isfinite(leaving[i, k]):
                deviation, variance, cost = _update(
                    deviation, variance, leaving[i, k], exit_gain[i, k], noise[passes + k]
                )
                total += cost
    return total


def everything(passes: int) -> np.ndarray:
    """Return the mask `used` under which every reading counts."""
    return np.ones((passes, 2))


def only_start(passes: int) -> np.ndarray:
    """Return the mask under which only the first entry reading counts: the start temperature."""
    used = np.zeros((passes, 2))
    used[0, 0] = 1.0
    return used
