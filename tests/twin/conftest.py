"""Synthetic heats made by the twin's own furnace from known parameters: what a calibration must find again."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from steelyard.plant.works import PlantValues, shipped_values
from steelyard.processes.ladle_furnace.model import LABELS
from steelyard.twin.calibrate import calibrate_heats
from steelyard.twin.records import Heats, assemble
from steelyard.twin.replay import play, script_of, start_of, template_of
from steelyard.twin.twin import Twin

HEATS = 240
TRUE_EFFICIENCY, TRUE_CHILL, TRUE_NOISE, BULK = 0.43, 1.4e6, 2.0, 13


@dataclass(frozen=True)
class Synthetic:
    """Heats, and what made them: furnace, arrival temperature of each, efficiency, chill of one material, dip noise."""

    heats: Heats
    values: PlantValues
    arrival: np.ndarray
    start: np.ndarray
    efficiency: float = TRUE_EFFICIENCY
    chill: float = TRUE_CHILL
    slot: int = BULK
    noise: float = TRUE_NOISE


def _append(table: dict[str, list[float]], *row: float) -> None:
    for column, value in zip(table.values(), row, strict=True):
        column.append(value)


def treatment(count: int, seed: int) -> Heats:
    """Heats with a plausible treatment and dips of 1600 °C still to be filled in."""
    rng = np.random.default_rng(seed)
    dips: dict[str, list[float]] = {"key": [], "time": [], "temperature_c": []}
    arcs: dict[str, list[float]] = {"key": [], "start": [], "end": [], "active_energy_mwh": []}
    adds: dict[str, list[float]] = {"key": [], "time": [], "slot": [], "amount": []}
    clock = 1.5e9
    for key in range(1, count + 1):
        time = clock
        for slot, amount in ((BULK, 150.0), (11, 200.0)):
            if rng.random() < 0.8:
                _append(adds, key, time + 400.0, slot, amount * rng.uniform(0.6, 1.6))
        for _ in range(int(rng.integers(3, 6))):
            length = rng.uniform(90.0, 300.0)
            _append(arcs, key, time, time + length, 13.9 * length / 3600.0)
            time += length + rng.uniform(60.0, 200.0)
            _append(dips, key, time, 1600.0)
            time += rng.uniform(60.0, 400.0)
        clock = time + rng.uniform(200.0, 1500.0)
    columns = [{name: np.array(values) for name, values in table.items()} for table in (dips, arcs, adds)]
    columns[2]["slot"] = columns[2]["slot"].astype(int)
    return assemble(LABELS, columns[0], columns[1], columns[2])


def synthesise(count: int, seed: int) -> Synthetic:
    """Heats whose dips the kernel computed from known parameters, with known deviations and dip noise."""
    rng = np.random.default_rng(seed + 1)
    heats = treatment(count, seed)
    values = shipped_values()
    furnace = dict(values.furnace, arc_efficiency=TRUE_EFFICIENCY)
    furnace["chill"] = [TRUE_CHILL if i == BULK else c for i, c in enumerate(furnace["chill"])]
    values = PlantValues(furnace, values.practice, values.arrival)
    start = start_of(heats, values.arrival, 0.0)
    start[:, 0] += 20.0 * rng.standard_normal(len(heats))
    unit = template_of(furnace, values.arrival, values.practice["argon_flow"])
    true = play(script_of(heats), unit, start, len(heats.dip_time), 1)
    noise = TRUE_NOISE * rng.standard_normal(len(true))
    return Synthetic(replace(heats, dip_temperature=true + noise), values, start[:, 0], start)


@pytest.fixture(scope="session")
def synthetic() -> Synthetic:
    """240 synthetic heats with known truth."""
    return synthesise(HEATS, 5)


@pytest.fixture(scope="session")
def twin(synthetic: Synthetic) -> Twin:
    """The twin calibrated on them."""
    return calibrate_heats("ladle_furnace", "made-up", "0" * 64, synthetic.heats, None, 3)
