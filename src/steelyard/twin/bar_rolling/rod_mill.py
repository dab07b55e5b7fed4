"""A continuous bar and rod mill: a few numbers from one measured set, scored on others, beside the figures of WICON.

**Model** the mill's kernel with the steady state of the train; five numbers: level and trend along the mill of the
torque, radiation, level and trend of the pyrometers. The trend of the pyrometers stands for what is not in the records:
water of the rolls on the bar between the stands and targets smaller than the pyrometer's spot; it is no physics.
**Source** shared/data/rod-mill-16stand/README.md: billet 160 x 160 mm, 1100 °C, steel B10, torque of both rolls.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.processes.bar_rolling.blocks import BAR, GRADE_LABELS, STANDS
from steelyard.processes.bar_rolling.schedule import new_results, roll_schedule, usual_intervals
from steelyard.processes.bar_rolling.section import rectangular_bar
from steelyard.processes.bar_rolling.thermal import set_profile
from steelyard.twin.bar_rolling.credibility import rod_mill_card
from steelyard.twin.bar_rolling.numbers import SCALAR, Number, apply
from steelyard.twin.bar_rolling.track import ROLLS, mill_of
from steelyard.twin.bar_rolling.twin import PROCESS, BarTwin
from steelyard.units import to_si

if TYPE_CHECKING:
    from steelyard.hub.store import Store

KIND, PLANT = "rod-mill", "rod_mill"
BILLET, START, STEEL, MASS = 0.16, 1373.15, "B10", 2000.0
CALIBRATES = 1
TORQUE_SD, TEMPERATURE_SD = 0.12, 15.0
STEP, ROUNDS, HUBER = 0.02, 8, 1.5


@dataclass(frozen=True)
class Stands:
    """One set of the mill: torque of both rolls [N·m] and exit temperature [K] of each stand, arrays (n,)."""

    torque: np.ndarray
    temperature: np.ndarray


def read_sets(store: "Store", dataset: str) -> tuple[dict[int, Stands], Stands | None]:
    """Return the measured sets by number, and WICON's figures or None; DataError when the set is of another kind."""
    info = store.info(dataset)
    if info["kind"] != KIND:
        raise DataError(f"data set {dataset!r} is of kind {info['kind']!r}; {KIND} is needed")
    measured, wicon = store.table(dataset, "measured"), store.table(dataset, "wicon")
    sets = {int(s): _stands(measured.filter(measured["set"] == s)) for s in measured["set"].unique().sort()}
    return sets, _stands(wicon) if wicon.height else None


def _stands(table: Any) -> Stands:
    table = table.sort("stand")
    return Stands(
        to_si(table["roll_torque_knm"].cast(float).to_numpy(), "kN·m"),
        to_si(table["exit_temperature_c"].cast(float).to_numpy(), "°C"),
    )


def roll_train(values: dict[str, Any]) -> Stands:
    """Return what the mill with SI parameters `values` says of one billet of B10 in steady state."""
    unit = mill_of(values)[0]
    bar = np.zeros(1, BAR)[0]
    bar["mass"], bar["grade"], bar["grain_size"] = MASS, GRADE_LABELS.index(STEEL), 1e-4
    rectangular_bar(bar, BILLET, BILLET)
    set_profile(bar, START, START, START)
    results = new_results()
    free, right = np.full(STANDS, np.nan), np.full(STANDS, -1.0)
    roll_schedule(unit["p"], unit["x"], bar, usual_intervals(unit["p"]), free, right, results)
    used = results[: int(values["stand_count"])]
    return Stands(ROLLS * used["torque"], used["exit_reading"].copy())


def train_numbers(base: dict[str, Any]) -> list[Number]:
    """Return the five numbers that one measured set may move."""
    return [
        Number("torque_level", SCALAR, 0.0, 0.2, False, "textbook laws miss the torque of a stand by a fifth"),
        Number("torque_trend", SCALAR, 0.0, 0.2, False, "assumed: losses and tension change along the mill"),
        Number("radiation_factor", SCALAR, base["radiation_factor"], 0.25, True, "emissivity 0.6-0.9, and water"),
        Number("pyrometer_level", SCALAR, 0.0, 15.0, False, "assumed: pyrometers see a scaled bar within ± 15 K"),
        Number("pyrometer_trend", SCALAR, 0.0, 25.0, False, "assumed: roll water and ever smaller targets"),
    ]


def calibrate_rod_mill(dataset: str, until: list[str], store: "Store", seed: int = 1) -> BarTwin:
    """Calibrate the rod mill on its first measured set; `until` does not apply (DataError when given)."""
    from steelyard.twin.bar_rolling.calibrate import shipped_mill

    if until:
        raise DataError(f"data set {dataset!r} is a rod mill without trials: leave --until out")
    sets, _ = read_sets(store, dataset)
    if CALIBRATES not in sets:
        raise DataError(f"data set {dataset!r} has no measured set {CALIBRATES}; it holds {sorted(sets)}")
    base = shipped_mill(PLANT)
    seen = sets[CALIBRATES]
    if len(seen.torque) != int(base["stand_count"]):
        raise DataError(f"{dataset!r} has {len(seen.torque)} stands, the mill {PLANT!r} {int(base['stand_count'])}")
    numbers = train_numbers(base)
    everything = np.ones(len(seen.torque), dtype=bool)
    z, covariance = fit_train(base, numbers, seen, everything)
    twin = BarTwin(
        PROCESS, PLANT, dataset, store.info(dataset)["hash"], KIND, [], seed, CALIBRATES,
        [f"stand {k + 1}" for k in range(len(seen.torque))], base, apply(base, numbers, z), numbers, z, covariance,
        {"sets": [CALIBRATES]},
    )  # fmt: skip
    twin.figures = {"left_out_one_stand": left_out(base, numbers, seen)}
    twin.card = rod_mill_card(twin)
    return twin


def fit_train(
    base: dict[str, Any], numbers: list[Number], seen: Stands, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return z (m,) and covariance (m, m) of the numbers from the stands `own` (n,): robust Gauss-Newton, priors."""
    z, m = np.zeros(len(numbers)), len(numbers)
    information = np.eye(m)
    for _ in range(ROUNDS):
        gap = _gap(apply(base, numbers, z), seen)
        by = np.empty((len(gap), m))
        for j in range(m):
            there = z.copy()
            there[j] += STEP
            by[:, j] = (gap - _gap(apply(base, numbers, there), seen)) / STEP
        weight = np.minimum(1.0, HUBER / np.maximum(np.abs(gap), 1e-9)) * np.r_[own, own]
        information = np.eye(m) + by.T @ (weight[:, None] * by)
        z = z + np.linalg.solve(information, by.T @ (weight * gap) - z)
    return z, np.linalg.inv(information)


def _gap(values: dict[str, Any], seen: Stands) -> np.ndarray:
    """Return measured less model, in standard deviations: logarithms of the torques, then temperatures, shape (2n,)."""
    told = roll_train(values)
    torque = np.log(seen.torque / told.torque) / TORQUE_SD
    return np.r_[torque, (seen.temperature - told.temperature) / TEMPERATURE_SD]


def left_out(base: dict[str, Any], numbers: list[Number], seen: Stands) -> dict[str, float]:
    """Return the errors of each stand when it took no part in the calibration."""
    torque, temperature = [], []
    for k in range(len(seen.torque)):
        own = np.arange(len(seen.torque)) != k
        told = roll_train(apply(base, numbers, fit_train(base, numbers, seen, own)[0]))
        torque.append(abs(told.torque[k] / seen.torque[k] - 1.0))
        temperature.append(abs(told.temperature[k] - seen.temperature[k]))
    return {"torque_mape": float(100.0 * np.mean(torque)), "temperature_mae_k": float(np.mean(temperature))}


def rod_mill_agreement(twin: BarTwin, dataset: str, store: "Store") -> dict[str, Any]:
    """Score the twin on the measured sets that it has not seen; on its own set, with a warning, when there is no other.

    Returns torque_mape [%], temperature_mae_k, n, the same of wicon and uncalibrated on the same sets, and split.
    """
    sets, wicon = read_sets(store, dataset)
    fresh = [number for number in sets if number not in twin.extra["sets"]]
    chosen = [sets[number] for number in fresh or sets]
    result = _errors(roll_train(twin.parameters), chosen)
    result["uncalibrated"] = _errors(roll_train(twin.base), chosen)
    result["wicon"] = _errors(wicon, chosen) if wicon else {"torque_mape": None, "temperature_mae_k": None}
    result["left_out_one_stand"] = twin.figures["left_out_one_stand"]
    result["split"] = {
        "dataset": dataset, "calibrated_on": twin.dataset, "sets_seen": twin.extra["sets"],
        "sets_scored": fresh or sorted(sets), "seen_before": not fresh,
    }  # fmt: skip
    return result


def _errors(told: Stands, chosen: list[Stands]) -> dict[str, Any]:
    torque = np.concatenate([told.torque / one.torque - 1.0 for one in chosen])
    warm = np.concatenate([told.temperature - one.temperature for one in chosen])
    return {
        "torque_mape": float(100.0 * np.nanmean(np.abs(torque))), "temperature_mae_k": float(np.nanmean(np.abs(warm))),
        "n": int(np.isfinite(torque).sum()),
    }  # fmt: skip
