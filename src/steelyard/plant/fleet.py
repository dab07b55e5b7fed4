"""Many plants of one kind side by side: an array of records."""

from collections.abc import Iterable

import numpy as np

from steelyard.engine.ensemble import advance_ensemble
from steelyard.plant import ladle_station
from steelyard.plant.works import PlantValues, new_plant


def fleet(values: PlantValues, seeds: Iterable[int]) -> np.ndarray:
    """Return the records, shape (number of seeds,), of plants that differ in their seed only."""
    return np.concatenate([new_plant(values, seed) for seed in seeds])


def advance_fleet(plants: np.ndarray, n: int, dt: float = 1.0, threads: int = 1) -> None:
    """Advance every plant by `n` steps of `dt` [s] on `threads` threads; the bytes do not depend on their number."""
    advance_ensemble(ladle_station.advance, plants, n, dt, threads)
