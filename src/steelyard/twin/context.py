"""What is known beside the physics when a dip is forecast: features of the residual and of the aim.

Strictly in time order: of other heats only those that had ended before this heat began; of this heat nothing after
the dip that is forecast (interval task; its time is known, that is when the forecast is asked for), or nothing but the
first dip and the treatment carried out until the last (final task). **Checked** tests/twin/test_time_order.py
"""

from dataclasses import dataclass

import numpy as np

from steelyard.twin.fitting import Observed
from steelyard.twin.records import Heats, heatings_before, wait_before

INTERVAL_NEAR, FINAL_NEAR = 22, 18
FORECAST_COLUMN, ENERGY_COLUMN = 0, 7
LARGEST_ERROR = 15.0


@dataclass(frozen=True)
class Forecast:
    """Physics forecasts: quantiles step (dips, 5) and final (heats, 5) [K], the final's mixture (heats, 8, 3), the
    filtered state (dips, 3) and the deterministic path (dips,) [K]."""

    step: np.ndarray
    final: np.ndarray
    mixture: np.ndarray
    state: np.ndarray
    path: np.ndarray


def past_average(heats: Heats, value: np.ndarray, memory: float, start: float) -> np.ndarray:
    """Return, for each heat, the exponential average of `value` (n,) over heats that ended before it began."""
    found = np.empty(len(heats))
    begin, end = heats.start, heats.end
    ended = np.argsort(end, kind="stable")
    average, done = start, 0
    for h in np.argsort(begin, kind="stable"):
        while done < len(ended) and end[ended[done]] <= begin[h]:
            average = memory * average + (1.0 - memory) * value[ended[done]]
            done += 1
        found[h] = average
    return found


def histories(heats: Heats, forecast: Forecast, usual: float) -> np.ndarray:
    """Return what earlier heats say, shape (n, 5): last end, short and long average of ends, average error of the
    physics on them [K], log of the idle minutes. Averages begin at `usual` [K], a constant of the calibration."""
    last = heats.dip_temperature[heats.last_dip]
    error = np.clip(last - forecast.final[:, 2], -LARGEST_ERROR, LARGEST_ERROR)
    return np.stack(
        [
            past_average(heats, last, 0.0, usual), past_average(heats, last, 0.5, usual),
            past_average(heats, last, 0.85, usual), past_average(heats, error, 0.9, 0.0), np.log(wait_before(heats)),
        ],
        axis=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What is learned from: dips forecast (k,) and their features (k, f) of the interval task; context (n, c) of the
    aim and further features (n, f) of the final task; `last` (n,) [K], the dips that the final task forecasts."""

    dips: np.ndarray
    interval: np.ndarray
    aim: np.ndarray
    final: np.ndarray
    last: np.ndarray


def context(heats: Heats, seen: Observed, added: np.ndarray, forecast: Forecast, usual: float) -> Context:
    """Return the features of both tasks from physics forecasts; `added` (dips, materials) is the mass before [kg],
    `usual` [K] the usual last dip of the calibration's heats."""
    past = histories(heats, forecast, usual)
    activity = heatings_before(heats)
    dips, interval = _interval(heats, seen, added, forecast, past, activity)
    aim = _final(heats, seen, added, forecast, past, activity)
    first, last = heats.dip_offset[:-1], heats.last_dip
    return Context(dips, interval, aim, added[last] - added[first], seen.reading[last])


def final_features(known: Context, seen: Observed, forecast: Forecast, aimed: np.ndarray) -> np.ndarray:
    """Return the features of the final task's residual, shape (n, f); `aimed` (n, 5): quantiles after the aim [K]."""
    q5 = forecast.final
    own = [
        aimed[:, 2], aimed[:, 3] - aimed[:, 1], q5[:, 2], q5[:, 3] - q5[:, 1],
        (q5[:, 4] + q5[:, 0] - 2.0 * q5[:, 2]) / (q5[:, 4] - q5[:, 0]), seen.energy[seen.offset[:-1]],
    ]  # fmt: skip
    return np.concatenate([np.stack(own, axis=1), known.aim, known.final], axis=1)


def _interval(
    heats: Heats, seen: Observed, added: np.ndarray, forecast: Forecast, past: np.ndarray,
    activity: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return (dips forecast, features (k, f)) of the interval task: every dip but the first of a heat."""
    heat = heats.heat_of_dip
    number = np.arange(len(heat)) - heats.dip_offset[heat]
    n = np.flatnonzero(number > 0)
    q, before = n - 1, np.maximum(n - 2, 0)
    later = number[q] > 0
    q5, y, t = forecast.step, seen.reading, seen.time
    count, since = activity
    past = past[heat[n]]
    columns = [
        q5[n, 2], y[q], y[q] - q5[q, 2], q5[n, 3] - q5[n, 1],
        (q5[n, 4] + q5[n, 0] - 2.0 * q5[n, 2]) / (q5[n, 4] - q5[n, 0]),
        y[q] - forecast.path[q] - forecast.state[q, 0], forecast.state[q, 2], seen.energy[n] - seen.energy[q],
        np.log(0.3 + t[n] - t[q]), np.log1p(t[q]), np.minimum(number[q], 6), seen.energy[q],
        np.log(0.3 + np.minimum(since[n] / 60.0, 30.0)), count[n] - count[q],
        past[:, 0], past[:, 1], past[:, 2], past[:, 3], past[:, 4], seen.repeated[q].astype(float),
        np.where(later, y[q] - y[before], 0.0),
        np.where(later, np.log(0.3 + np.clip(t[q] - t[before], 0.0, 60.0)), 3.0),
    ]  # fmt: skip
    return n, np.concatenate([np.stack(columns, axis=1), added[n] - added[q], added[n]], axis=1)


def _final(
    heats: Heats, seen: Observed, added: np.ndarray, forecast: Forecast, past: np.ndarray,
    activity: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:  # fmt: skip
    """Return the context of the aim, shape (n, f): earlier heats, first dip, treatment carried out, recipe."""
    first, last = heats.dip_offset[:-1], heats.last_dip
    count, since = activity
    columns = [
        *past.T, count[last], np.log(0.3 + np.minimum(since[last] / 60.0, 30.0)),
        np.log1p(seen.time[last] - seen.time[first]), seen.energy[last] - seen.energy[first],
        np.log1p(seen.time[first]), seen.reading[first], seen.reading[first] - forecast.path[first],
    ]  # fmt: skip
    return np.concatenate([np.stack(columns, axis=1), added[last]], axis=1)
