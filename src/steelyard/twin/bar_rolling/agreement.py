"""How well the twin of a bar mill agrees with bars it has not seen; plain yardsticks and PyRolL in the same table.

Scored are the passes R2 to R10 of all later bars, every reading that the importer kept. Left out, by a rule that does
not look at force, temperature or the twin's error: bars rolled off schedule, by their elongation
(`records.off_schedule`).
The temperature error is that of both pyrometers of these passes.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.twin.bar_rolling.baselines import LOADS, pass_means
from steelyard.twin.bar_rolling.predict import Estimate, estimate
from steelyard.twin.bar_rolling.records import Bars, find_trial, fingerprints, off_schedule, read_bars
from steelyard.twin.bar_rolling.twin import BarTwin

if TYPE_CHECKING:
    from steelyard.hub.store import Store


def bar_agreement(
    twin: BarTwin, dataset: str, start: str | None, store: "Store", yardstick: bool = True
) -> dict[str, Any]:
    """Score the twin on the bars of `dataset` later than its calibration, or from the trial `start` on.

    Returns given_temperature {force_mape, torque_mape, n, …}, predicted_temperature {temperature_mae_k, force_mape, …},
    uncalibrated, global_factor, pass_mean, steel_pass_mean, pyroll (null values without the `bench` extra), passes
    (the same per pass) and split. Errors in per cent and kelvin. DataError when no bar can be scored.
    """
    if twin.kind == "rod-mill":
        from steelyard.twin.bar_rolling.rod_mill import rod_mill_agreement

        return rod_mill_agreement(twin, dataset, store)
    bars = read_bars(store, dataset)
    if list(bars.labels) != twin.passes:
        raise DataError(f"data set {dataset!r} has the passes {', '.join(bars.labels)}; the twin has {twin.passes}")
    later = _later(twin, bars, start)
    fits = ~off_schedule(bars, np.array(twin.extra["elongation"]))
    scored = bars.only(later & fits)
    if not len(scored):
        raise DataError(
            f"data set {dataset!r} has no bar after the calibration: calibrate with an earlier --until or import later "
            "trials"
        )
    result = figures(twin, scored)
    result["pyroll"] = _yardstick(twin, scored) if yardstick else _no_yardstick()
    seen = int(np.isin(fingerprints(scored), twin.fingerprint).sum())
    result["split"] = {
        "dataset": dataset, "calibrated_on": twin.dataset, "until": twin.until, "from": start, "bars": len(scored),
        "first": scored.trial[0], "last": scored.trial[-1], "off_schedule": int((later & ~fits).sum()),
        "bars_seen_before": seen,
        "per_campaign": {name: int((scored.campaign == c).sum()) for c, name in enumerate(scored.campaigns)},
    }  # fmt: skip
    return result


def figures(twin: BarTwin, bars: Bars) -> dict[str, Any]:
    """Return the errors of twin and baselines on `bars`, without yardstick and split."""
    own = _scored(twin)
    values, extra = twin.parameters, twin.extra
    noise = np.array(extra["noise"])
    given = estimate(values, bars, extra["start"], noise, given=True)
    ahead = estimate(values, bars, extra["start"], noise, given=False)
    prior = extra["uncalibrated"]
    shipped = estimate(twin.base, bars, prior["start"], np.array(prior["noise"]), given=True)
    factor = extra["baselines"]["global_factor"]
    scaled = {load: getattr(shipped, load) * factor[load] for load in LOADS}
    return {
        "given_temperature": _loads(bars, given, own) | {"n": int(np.isfinite(bars.force[:, own]).sum())},
        "predicted_temperature": _temperatures(bars, ahead, own) | _loads(bars, ahead, own),
        "uncalibrated": _loads(bars, shipped, own),
        "global_factor": {f"{load}_mape": mape(scaled[load], getattr(bars, load), own) for load in LOADS},
        "pass_mean": _means(extra["baselines"], bars, own, False),
        "steel_pass_mean": _means(extra["baselines"], bars, own, True),
        "passes": _per_pass(bars, given, ahead, own),
    }


def mape(told: np.ndarray, measured: np.ndarray, own: slice) -> float | None:
    """Return the mean absolute percentage error over the passes `own` of arrays (n, P) [%]; None for no row."""
    return _mean(100.0 * np.abs(told / measured - 1.0)[:, own])


def _loads(bars: Bars, told: Estimate, own: slice) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for load in LOADS:
        measured = getattr(bars, load)
        found[f"{load}_mape"] = mape(getattr(told, load), measured, own)
        found[f"{load}_bias"] = _mean(100.0 * (getattr(told, load) / measured - 1.0)[:, own])
    return found


def _temperatures(bars: Bars, told: Estimate, own: slice) -> dict[str, Any]:
    entry, leaving = (told.entry - bars.entry)[:, own], (told.exit - bars.exit)[:, own]
    both = np.concatenate([entry.ravel(), leaving.ravel()])
    return {
        "temperature_mae_k": _mean(np.abs(both)), "temperature_bias_k": _mean(both),
        "entry_mae_k": _mean(np.abs(entry)), "exit_mae_k": _mean(np.abs(leaving)),
        "temperature_n": int(np.isfinite(both).sum()),
    }  # fmt: skip


def _mean(values: np.ndarray) -> float | None:
    """Return the mean of what is a number, or None."""
    own = values[np.isfinite(values)]
    return float(own.mean()) if len(own) else None


def _means(fitted: dict[str, Any], bars: Bars, own: slice, by_steel: bool) -> dict[str, Any]:
    return {f"{load}_mape": mape(pass_means(fitted, bars, load, by_steel), getattr(bars, load), own) for load in LOADS}


def _per_pass(bars: Bars, given: Estimate, ahead: Estimate, own: slice) -> dict[str, dict[str, Any]]:
    """Return force and torque error with temperatures given, and temperature error ahead, by pass."""
    found = {}
    for k in range(own.start, own.stop):
        one = slice(k, k + 1)
        found[bars.labels[k]] = {
            "force_mape": mape(given.force, bars.force, one), "torque_mape": mape(given.torque, bars.torque, one),
            "temperature_mae_k": _temperatures(bars, ahead, one)["temperature_mae_k"],
        }  # fmt: skip
    return found


def _scored(twin: BarTwin) -> slice:
    from steelyard.twin.bar_rolling.calibrate import scored_passes

    return scored_passes(twin.passes)


def _later(twin: BarTwin, bars: Bars, start: str | None) -> np.ndarray:
    """Return which bars are later than the calibration: of its own campaign, or of all where it is new, (n,)."""
    if start is not None:
        return bars.start >= bars.start[find_trial(bars, start)]
    cut = twin.extra["cut"]
    ends = np.array([cut.get(bars.campaigns[c], max(cut.values())) for c in bars.campaign])
    return bars.start > ends


def _no_yardstick() -> dict[str, Any]:
    return {
        "force_mape": None,
        "torque_mape": None,
        "temperature_mae_k": None,
        "seconds": None,
        "model": None,
        "models": None,
    }


def _yardstick(twin: BarTwin, bars: Bars) -> dict[str, Any]:
    """Return PyRolL's errors on the same passes and the seconds of one schedule; nulls when it is not installed."""
    from steelyard.twin.bar_rolling.yardstick import available, solve_bars

    if not available():
        return _no_yardstick()
    start = np.where(np.isfinite(bars.entry[:, 0]), bars.entry[:, 0], twin.extra["uncalibrated"]["start"])
    return solve_bars(twin.base, bars, start, _scored(twin))
