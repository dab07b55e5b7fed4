"""Plain yardsticks beside the twin: persistence, mean, linear regression, gradient boosting; fitted in the same run.

Linear regression and boosting see what the twin's own features rest on. Interval task: the present dip and the one
before it, the treatment so far and until the next dip. Final task: the first dip and the treatment carried out. Both:
the ends of heats that had ended before, and the idle minutes before the heat. The regression leaves out what was added
before the present dip, which makes it worse. Persistence repeats the present dip.
"""

from importlib import import_module
from typing import Any

import numpy as np

from steelyard.twin.context import past_average
from steelyard.twin.fitting import observed
from steelyard.twin.records import Heats, added_before, heatings_before, wait_before
from steelyard.units import from_si

NO_BOOSTING = "scikit-learn is not installed; install the [analysis] extra: pip install 'steelyard[analysis]'"
FEWEST = 30


def interval_table(heats: Heats) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (heat of each row, present dip °C, next dip °C, features (k, f)) of the interval task.

    Features: present dip, arc energy [MWh] and minutes between, then the mass of each material added between, then
    minutes and energy before, number of the dip, heatings between, log of the minutes since the last arc, rise from
    the dip before the present one and minutes since (0 and 60: there was none), mass of each material added before.
    """
    added = added_before(heats)
    seen = observed(heats, added)
    heat = heats.heat_of_dip
    n = np.flatnonzero(np.arange(len(heat)) > heats.dip_offset[heat])
    q, before = n - 1, np.maximum(n - 2, 0)
    later = q > heats.dip_offset[heat[q]]
    count, since = heatings_before(heats)
    y = from_si(heats.dip_temperature, "°C")
    plain = np.stack([y[q], seen.energy[n] - seen.energy[q], seen.time[n] - seen.time[q]], axis=1)
    more = np.stack(
        [
            seen.time[q], seen.energy[q], q - heats.dip_offset[heat[q]], count[n] - count[q], _since(since[n]),
            np.where(later, y[q] - y[before], 0.0),
            np.where(later, np.minimum(seen.time[q] - seen.time[before], 60.0), 60.0),
        ],
        axis=1,
    )  # fmt: skip
    return heat[n], y[q], y[n], np.concatenate([plain, added[n] - added[q], more, added[q]], axis=1)


def final_table(heats: Heats) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (heat, first dip °C, last dip °C, features (n, f)) of the final task, features as of the interval task."""
    added = added_before(heats)
    seen = observed(heats, added)
    a, e = heats.dip_offset[:-1], heats.last_dip
    count, since = heatings_before(heats)
    y = from_si(heats.dip_temperature, "°C")
    plain = np.stack([y[a], seen.energy[e] - seen.energy[a], seen.time[e] - seen.time[a]], axis=1)
    more = np.stack([seen.time[a], seen.energy[a], count[e], _since(since[e])], axis=1)
    return np.arange(len(heats)), y[a], y[e], np.concatenate([plain, added[e] - added[a], more, added[a]], axis=1)


def _since(seconds: np.ndarray) -> np.ndarray:
    """Return the log of the minutes since the last arc, held at 30 (also: there was none)."""
    return np.log(0.3 + np.minimum(seconds / 60.0, 30.0))


def earlier_heats(heats: Heats, known: np.ndarray) -> np.ndarray:
    """Return the last end of heats that had ended before each began, its short and long average [°C], and the log of
    the idle minutes, shape (n, 4); averages begin at the median of the heats `known` (boolean (n,))."""
    last = from_si(heats.dip_temperature[heats.last_dip], "°C")
    usual = float(np.median(last[known])) if known.any() else 0.0
    ends = [past_average(heats, last, memory, usual) for memory in (0.0, 0.5, 0.85)]
    return np.stack([*ends, np.log(wait_before(heats))], axis=1)


def baselines(heats: Heats, seen_by_twin: np.ndarray, scored: np.ndarray, seed: int) -> dict[str, dict[str, Any]]:
    """Return the MAE [K] of each yardstick on the heats `scored`, fitted on `seen_by_twin` (both boolean (n,)).

    A value is None, with the reason under "reason", where a yardstick cannot be had.
    """
    found: dict[str, dict[str, Any]] = {}
    past = earlier_heats(heats, seen_by_twin)
    for task, table in (("interval", interval_table(heats)), ("final", final_table(heats))):
        heat, present, target, own = table
        features = np.concatenate([past[heat], own], axis=1)
        plainer = features[:, : -len(heats.labels)]
        fit, score = seen_by_twin[heat], scored[heat]
        truth = target[score]
        _put(found, "persistence", task, present[score] - truth)
        enough = fit.sum() >= FEWEST
        mean = np.full(len(truth), target[fit].mean()) if enough else None
        _put(found, "mean", task, None if mean is None else mean - truth)
        linear = _linear(plainer[fit], target[fit], plainer[score]) if enough else None
        _put(found, "linear", task, None if linear is None else linear - truth)
        rise, reason = (
            _boosting(features[fit], (target - present)[fit], features[score], seed) if enough else (None, "")
        )
        _put(found, "boosting", task, None if rise is None else present[score] + rise - truth, reason)
    return found


def _put(found: dict[str, dict[str, Any]], name: str, task: str, error: np.ndarray | None, reason: str = "") -> None:
    row = found.setdefault(name, {})
    row[f"{task}_mae_k"] = None if error is None or not len(error) else float(np.abs(error).mean())
    if error is None:
        row["reason"] = reason or f"fewer than {FEWEST} rows outside the scored heats to fit on"


def _linear(train: np.ndarray, target: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return least-squares predictions (slightly ridged)."""
    a, b = train, test
    centre, spread = a.mean(axis=0), np.where(a.std(axis=0) > 0.0, a.std(axis=0), 1.0)
    a, b = (a - centre) / spread, (b - centre) / spread
    weights = np.linalg.solve(a.T @ a + 1.0 * np.eye(a.shape[1]), a.T @ (target - target.mean()))
    return b @ weights + target.mean()


def _boosting(train: np.ndarray, rise: np.ndarray, test: np.ndarray, seed: int) -> tuple[np.ndarray | None, str]:
    """Return gradient-boosting predictions of the rise, or None and the reason."""
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor

        limits = import_module("threadpoolctl").threadpool_limits(1)
    except ImportError:
        return None, NO_BOOSTING
    model = HistGradientBoostingRegressor(
        loss="absolute_error",
        learning_rate=0.05,
        max_iter=400,
        max_leaf_nodes=15,
        min_samples_leaf=30,
        random_state=seed,
    )
    with limits:  # its threads spin: on a busy machine one is much faster than two
        return model.fit(train, rise).predict(test), ""
