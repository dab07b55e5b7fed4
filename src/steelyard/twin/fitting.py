"""Maximum a posteriori of parameters and noise numbers by scoring, and its Gaussian neighbourhood.

Each dip is weighed given all dips before it (`step_log`), and the last given the first alone (`final_log`): a
composite likelihood, because the twin serves both tasks. The outer product of the heats' scores is the information
matrix (BHHH: Berndt, Hall, Hall & Hausman, *Annals of Economic and Social Measurement* 3 (1974) 653); it costs no
extra run. As heats are used twice and the model is not perfect, the covariance is widened by `WIDENING`.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from steelyard.twin.mixture import HYPER, HYPER_RECORD, SHARES, filter_heats
from steelyard.twin.records import Heats, energy_before, repeated
from steelyard.twin.sensitivity import Paths
from steelyard.units import from_si

WIDENING = 2.0
DIFFERENCE = 1e-4
LEAST_GAIN = 0.3
START = {
    "arrival_spread": 24.0, "lining_spread": 60.0, "efficiency_spread": 0.02, "correlation": 0.0, "walk": 0.65,
    "walk_energy": 0.4, "walk_mass": 0.004, "walk_event": 0.3, "noise_first": 3.3, "noise_second": 2.2, "noise": 1.7,
    "doubt": 0.03, "doubt_spread": 10.0, "doubt_first": 0.1, "doubt_first_spread": 19.0, "doubt_repeated": 0.5,
    "jump": 0.03, "jump_spread": 6.6, "jump_first": 0.06,
}  # fmt: skip
CHANCES = ("doubt", "doubt_first", "doubt_repeated", "jump", "jump_first")


@dataclass(frozen=True)
class Observed:
    """What the filter needs of recorded heats beside the paths: reading [K], time [min], energy [MWh], mass [kg]
    cumulated to each dip, and which dips were repeated; all (dips,); offset (n+1,)."""

    offset: np.ndarray
    reading: np.ndarray
    time: np.ndarray
    energy: np.ndarray
    mass: np.ndarray
    repeated: np.ndarray


def observed(heats: Heats, added: np.ndarray) -> Observed:
    """Return the filter's view of `heats`; `added` (dips, materials) is the mass added before each dip [kg]."""
    return Observed(
        heats.dip_offset, heats.dip_temperature, heats.dip_time / 60.0, from_si(energy_before(heats), "MWh"),
        added.sum(axis=1), repeated(heats),
    )  # fmt: skip


def repeat_shares(seen: Observed) -> tuple[float, float]:
    """Return how many of the later and of the first dips of a heat were repeated within 90 s."""
    first = np.zeros(len(seen.repeated), dtype=bool)
    first[seen.offset[:-1]] = True
    return float(seen.repeated[~first].mean()), float(seen.repeated[first].mean())


def hyper_at(z: np.ndarray, shares: tuple[float, float]) -> np.ndarray:
    """Return the noise numbers as a record, shape (1,), at standardised z, shape (19,), and `repeat_shares`."""
    record = np.zeros(1, HYPER_RECORD)
    for name, share in zip(SHARES, shares, strict=True):
        record[name] = share
    for name, place in zip(HYPER, z, strict=True):
        start = START[name]
        if name == "correlation":
            record[name] = math.tanh(start + place)
        elif name in CHANCES:
            record[name] = 1.0 / (1.0 + math.exp(min(max(-math.log(start / (1.0 - start)) - place, -30.0), 30.0)))
        else:
            record[name] = start * math.exp(min(max(place, -6.0), 3.0))
    return record


def heat_scores(seen: Observed, path: np.ndarray, by: np.ndarray, hyper: np.ndarray) -> np.ndarray:
    """Return the log-likelihood of each heat, dip by dip plus last-from-first, shape (n,); constants left out."""
    logs = np.zeros(len(path)), np.zeros(len(seen.offset) - 1)
    none = np.zeros((1, 5)), np.zeros((1, 5))
    filter_heats(
        seen.offset, (path, seen.reading, by, seen.time, seen.energy, seen.mass), (path, by), seen.repeated, hyper[0],
        False, logs, none, np.zeros((1, 8, 3)), np.zeros((1, 3)),
    )  # fmt: skip
    return np.add.reduceat(logs[0], seen.offset[:-1]) + logs[1]


@dataclass
class Fit:
    """Where the search ended: z (parameters then noise numbers), information matrix (with prior), objective, steps."""

    z: np.ndarray
    information: np.ndarray
    objective: float
    steps: int


def search(
    seen: Observed, around: Paths, columns: np.ndarray, anchor: np.ndarray, z: np.ndarray, most: int = 30,
    threads: int = 2, progress: Callable[[float], None] | None = None,
) -> Fit:  # fmt: skip
    """Climb the posterior by scoring from `z`; paths are linear in the parameters around `anchor`, shape (p,)."""
    p, shares = columns.shape[1], repeat_shares(seen)

    def heats_at(point: np.ndarray) -> np.ndarray:
        path = around.path + columns @ (point[:p] - anchor)
        return heat_scores(seen, path, around.by, hyper_at(point[p:], shares))

    def objective(point: np.ndarray) -> float:
        return float(heats_at(point).sum() - 0.5 * point @ point)

    value, steps, information = objective(z), 0, np.eye(len(z))
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        while steps < most:
            steps += 1
            scores = _scores(heats_at, z, pool)
            information = scores.T @ scores + np.eye(len(z))
            direction = np.linalg.solve(information, scores.sum(axis=0) - z)
            best, reached = _line(objective, z, direction, value)
            gain, z, value = reached - value, best, reached
            if progress:
                progress(steps / most)
            if gain < LEAST_GAIN:
                break
    return Fit(z, information, value, steps)


def _scores(heats_at: Callable[[np.ndarray], np.ndarray], z: np.ndarray, pool: ThreadPoolExecutor) -> np.ndarray:
    """Return the derivative of each heat's log-likelihood, shape (n, len(z)), by forward differences."""
    here = heats_at(z)

    def column(i: int) -> np.ndarray:
        moved = z.copy()
        moved[i] += DIFFERENCE
        return (heats_at(moved) - here) / DIFFERENCE

    return np.stack(list(pool.map(column, range(len(z)))), axis=1)


def _line(
    objective: Callable[[np.ndarray], float], z: np.ndarray, direction: np.ndarray, value: float
) -> tuple[np.ndarray, float]:
    """Return the best point of a short search along `direction` and its objective; `z` itself if nothing is better."""
    best, reached = z, value
    for length in (1.0, 2.0, 4.0, 0.5, 0.25, 0.1):
        point = z + length * direction
        there = objective(point)
        if there > reached:
            best, reached = point, there
        elif best is not z:
            break
    return best, reached


def covariance(information: np.ndarray) -> np.ndarray:
    """Return the widened posterior covariance of z from the information matrix (prior included)."""
    prior = np.eye(len(information))
    return np.linalg.inv((information - prior) / WIDENING + prior)
