"""Faults that grow: a parameter moves from its healthy to its faulty value while the plant runs.

A wire copies one number of the record to another each step: what an instrument shows to the control that acts on it.
"""

import math

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.errors import ParameterError

RAMPS = 48
WIRES = 16
RAMP = np.dtype(
    [("active", "f8"), ("position", "f8"), ("change", "f8"), ("start", "f8"), ("growth", "f8"), ("done", "f8")],
    align=True,
)
WIRE = np.dtype([("active", "f8"), ("source", "f8"), ("target", "f8")], align=True)


@kernel
def follow_ramps(flat, ramps, time):
    """Move every parameter on a ramp to where it stands at plant `time` [s]; several ramps may share one parameter.

    `flat`, shape (n,), is the record as float64; a ramp adds `change` between `start` and `start + growth` [s].
    """
    for k in range(len(ramps)):
        ramp = ramps[k]
        if ramp.active < 0.5:
            return
        if ramp.done >= 1.0 or time < ramp.start:
            continue
        share = 1.0
        if ramp.growth > 0.0:
            share = min((time - ramp.start) / ramp.growth, 1.0)
        flat[int(ramp.position)] += ramp.change * (share - ramp.done)
        ramp.done = share


@kernel
def carry(flat, wires):
    """Copy along every wire; a value that is not there (nan) leaves the last one standing."""
    for k in range(len(wires)):
        wire = wires[k]
        if wire.active < 0.5:
            return
        value = flat[int(wire.source)]
        if not math.isnan(value):
            flat[int(wire.target)] = value


def add_ramp(plant: np.ndarray, position: int, change: float, start: float, growth: float) -> None:
    """Let the number at `position` of the flat record change by `change` between `start` and `start + growth` [s]."""
    ramps = plant["ramps"][0]
    free = np.flatnonzero(ramps["active"] < 0.5)
    if not len(free):
        raise ParameterError(f"the plant carries at most {len(ramps)} moving parameters at a time: inject fewer faults")
    ramp = ramps[free[0]]
    ramp["active"], ramp["position"], ramp["change"] = 1.0, position, change
    ramp["start"], ramp["growth"], ramp["done"] = start, growth, 0.0
