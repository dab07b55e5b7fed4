"""Where a heat stands and where it goes: forecasts and states from every dip so far.

`forecast` is the physics alone: kernel path plus filter. `predict` adds what is learned, inside its data only.
"""

from dataclasses import dataclass

import numpy as np

from steelyard.twin.aim import Aim
from steelyard.twin.context import Context, Forecast, context, final_features
from steelyard.twin.fitting import Observed, observed
from steelyard.twin.mixture import HYPER, HYPER_RECORD, PROBABILITIES, SHARES, filter_heats
from steelyard.twin.records import Heats, added_before
from steelyard.twin.residual import Residual
from steelyard.twin.sensitivity import Paths, end_paths, paths
from steelyard.twin.twin import Learned, Twin


@dataclass(frozen=True)
class Prediction:
    """Forecasts of the twin [K], quantiles 5, 25, 50, 75, 95 %.

    dips (k,): indices of the dips of the interval task, interval (k, 5): given all dips before; final (n, 5): the last
    dip of each heat given its first and the treatment. temperature, spread (dips,): filtered reading level of the bath
    after each dip and its standard deviation; trust (dips,): probability that the dip was a good one.
    """

    dips: np.ndarray
    interval: np.ndarray
    final: np.ndarray
    temperature: np.ndarray
    spread: np.ndarray
    trust: np.ndarray


def hyper_record(hyper: dict[str, float]) -> np.ndarray:
    """Return the noise numbers of a twin as the filter's record, shape (1,)."""
    record = np.zeros(1, HYPER_RECORD)
    for name in HYPER + SHARES:
        record[name] = hyper[name]
    return record


def forecast(seen: Observed, around: Paths, hyper: np.ndarray, ends: Paths | None = None) -> Forecast:
    """Run the filter over all heats and return the physics forecasts; `hyper` is a record of shape (1,).

    `ends` are the paths of the final task, which know of no dip between the first and the last (default: `around`).
    """
    ends = ends or around
    n, dips = len(seen.offset) - 1, len(around.path)
    step_q, final_q = np.zeros((dips, 5)), np.zeros((n, 5))
    mixture, state = np.zeros((n, 8, 3)), np.zeros((dips, 3))
    filter_heats(
        seen.offset, (around.path, seen.reading, around.by, seen.time, seen.energy, seen.mass), (ends.path, ends.by),
        seen.repeated, hyper[0], True, (np.zeros(dips), np.zeros(n)), (step_q, final_q), mixture, state,
    )  # fmt: skip
    return Forecast(step_q, final_q, mixture, state, around.path)


def blend(known: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Return quantiles between those `inside` the data and those of the physics alone, by support (n,)."""
    return known[:, None] * inside + (1.0 - known[:, None]) * outside


def widen(quantiles: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return quantiles (n, 5) with the half-widths of the 50 and 90 % intervals multiplied by `factors` (2,)."""
    middle = quantiles[:, 2:3]
    return middle + (quantiles - middle) * np.array([factors[1], factors[0], 1.0, factors[0], factors[1]])


def aimed(aim: Aim, physics: Forecast, context: np.ndarray) -> np.ndarray:
    """Return quantiles (n, 5) of the last dip after the aim, faded to the physics outside its data."""
    return blend(aim.known(context), aim.quantiles(physics.mixture, context, PROBABILITIES), physics.final)


def corrected(quantiles: np.ndarray, residual: Residual, features: np.ndarray) -> np.ndarray:
    """Return quantiles (n, 5) moved by the learned residual."""
    return quantiles + residual(features)[:, None]


def predict_from(known: Context, seen: Observed, physics: Forecast, learned: Learned) -> Prediction:
    """Return the forecasts of physics plus what is learned."""
    dips = known.dips
    interval = widen(corrected(physics.step[dips], learned.interval, known.interval), learned.widths[0])
    after_aim = aimed(learned.aim, physics, known.aim)
    last = corrected(after_aim, learned.final, final_features(known, seen, physics, after_aim))
    return Prediction(
        dips, interval, widen(last, learned.widths[1]),
        physics.path + physics.state[:, 0], physics.state[:, 1], physics.state[:, 2],
    )  # fmt: skip


def prepare(twin: Twin, heats: Heats, threads: int = 2) -> tuple[Context, Observed, Forecast]:
    """Return what a forecast of `heats` needs: features, the filter's view of the records, the physics forecasts."""
    added = added_before(heats)
    seen = observed(heats, added)
    plant = twin.as_plant()
    physics = forecast(
        seen, paths(heats, plant, threads), hyper_record(twin.hyper), end_paths(heats, plant, threads)
    )  # fmt: skip
    return context(heats, seen, added, physics, twin.learned.aim.usual), seen, physics


def predict(twin: Twin, heats: Heats, threads: int = 2) -> Prediction:
    """Return the twin's forecasts for recorded `heats`, each from what was known at its time."""
    return predict_from(*prepare(twin, heats, threads), twin.learned)
