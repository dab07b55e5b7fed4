"""A prepared mill, and billets for it."""

from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.materials.piece import PIECE
from steelyard.parameters import load_parameters
from steelyard.processes.bar_rolling import model
from steelyard.processes.catalogue import HOUSES


def mill_values(plant: str = "pilot") -> dict[str, Any]:
    """Return the SI values of a shipped mill."""
    return load_parameters(HOUSES["bar_rolling"].parameter_file("mill", plant), model.Parameters).values()


def new_mill(values: dict[str, Any] | None = None, plant: str = "pilot") -> np.void:
    """Return the record of a prepared mill."""
    unit = np.zeros(1, dtype=model.RECORD)[0]
    fill(unit["p"], model.Parameters, mill_values(plant) if values is None else values)
    model.prepare(unit)
    return unit


def billet(**changes: float) -> np.void:
    """Return a warm round billet of the pilot line."""
    piece = np.zeros(1, dtype=PIECE)[0]
    given = {
        "number": 1.0, "grade": 2.0, "roundness": 1.0, "thickness": 0.05, "width": 0.05, "length": 0.7, "mass": 10.7,
        "temperature": 1450.0, "surface_temperature": 1440.0, "core_temperature": 1460.0, "grain_size": 150e-6,
        "scale": 20e-6,
    }  # fmt: skip
    for name, value in {**given, **changes}.items():
        piece[name] = value
    return piece


def roll_one(unit: np.void, piece: np.void, time: float = 0.0, seed: int = 1, dt: float = 1.0) -> float:
    """Roll one billet to its end; return the time at which it was taken out."""
    model.start_bar(unit, piece, time)
    for _ in range(int(3000 / dt)):
        if model.is_done(unit):
            break
        model.mill_step(unit, seed, time, dt)
        time += dt
    assert model.is_done(unit)
    model.finish_bar(unit, piece, time)
    return time
