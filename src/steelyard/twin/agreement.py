"""How well a twin agrees with heats it has not seen: two forecasts, the causal check, and plain yardsticks beside."""

from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.processes.ladle_furnace.model import LABELS
from steelyard.twin.baselines import FEWEST, baselines
from steelyard.twin.causal import causal, learned_part
from steelyard.twin.estimate import predict_from, prepare
from steelyard.twin.records import between, fingerprints, read_heats
from steelyard.twin.twin import Twin

if TYPE_CHECKING:
    from steelyard.hub.store import Store


def agreement(twin: Twin, dataset: str, start: int, store: "Store", threads: int = 2) -> dict[str, Any]:
    """Score the twin on the heats of `dataset` with key >= `start`, in time order.

    Returns interval (next dip from all dips so far and the treatment between) and final (last dip from the first and
    the treatment), each with mae_k, rmse_k, bias_k (forecast minus dip), coverage_50, coverage_90, n; causal;
    baselines; `learned`, what the residual adds; and `split`: which heats were fitted, which scored, how many of the
    scored ones the calibration had seen (0 is as it should be; otherwise `warning` says so). Seen heats are known again
    by their digests, whatever the data set is called. The yardsticks are fitted on the heats that the twin was fitted
    on, or, where `dataset` has too few of them, on those it does not score. DataError when no heat can be scored.
    """
    heats = read_heats(store, dataset, LABELS)
    scored = between(heats, start)
    if not scored.any():
        raise DataError(
            f"data set {dataset!r} has no heat with key >= {start}; its last is {int(heats.key[-1])}: lower --from"
        )
    seen_before = np.isin(fingerprints(heats), twin.fingerprint)
    fitted = seen_before if seen_before.sum() >= FEWEST else ~scored
    known, seen, physics = prepare(twin, heats, threads)
    told = predict_from(known, seen, physics, twin.learned)
    own = scored[heats.heat_of_dip[told.dips]]
    reading = heats.dip_temperature
    cause = causal(twin, heats, scored, threads)
    return {
        "interval": score(told.interval[own], reading[told.dips[own]]),
        "final": score(told.final[scored], reading[heats.last_dip[scored]]),
        "causal": cause,
        "learned": learned_part(twin, known.interval[own], cause["k_per_mwh"]),
        "baselines": baselines(heats, fitted, scored, twin.seed),
        "split": _split(twin, dataset, start, heats.key[scored], int((seen_before & scored).sum())),
    }


def score(quantiles: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return mae_k, rmse_k, bias_k, coverage_50, coverage_90 and n of forecasts (n, 5) [K] against dips (n,) [K]."""
    error = quantiles[:, 2] - truth
    return {
        "mae_k": float(np.abs(error).mean()), "rmse_k": float(np.sqrt((error**2).mean())),
        "bias_k": float(error.mean()),
        "coverage_50": float(((truth >= quantiles[:, 1]) & (truth <= quantiles[:, 3])).mean()),
        "coverage_90": float(((truth >= quantiles[:, 0]) & (truth <= quantiles[:, 4])).mean()), "n": len(truth),
    }  # fmt: skip


def _split(twin: Twin, dataset: str, start: int, keys: np.ndarray, known: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "dataset": dataset, "calibrated_on": twin.dataset, "until": twin.until, "from": start,
        "heats_scored": len(keys), "first_key": int(keys[0]), "last_key": int(keys[-1]), "heats_seen_before": known,
    }  # fmt: skip
    if known:
        remedy = "new records" if twin.until is None else f"from key {twin.until} on"
        found["warning"] = (
            f"{known} of {len(keys)} scored heats were used in the calibration: these figures are not of unseen heats; "
            f"score {remedy}"
        )
    return found
