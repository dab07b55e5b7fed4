"""Randomness without hidden state: a number depends on (seed, stream, entity, count) and on nothing else.

So the 7th heat has the same arrival temperature in both arms of a trial, alone, in an ensemble, on any number of
threads and after a restored snapshot. A stream has a name: ``ARRIVAL = stream("ladle_furnace.arrival.temperature")``.
"""

import hashlib
import math

import numpy as np

from steelyard.engine.kernel import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_ENTITY = np.uint64(0xD1342543DE82EF95)
_SHIFT_11, _SHIFT_27 = np.uint64(11), np.uint64(27)
_SHIFT_30, _SHIFT_31 = np.uint64(30), np.uint64(31)
_TO_UNIT = 1.0 / 9007199254740992.0


def stream(name: str) -> np.uint64:
    """Return the key of the stream with this name."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


@kernel
def _mix(z):
    """SplitMix64 finaliser. Source: Steele, Lea & Flood, OOPSLA 2014."""
    z = (z ^ (z >> _SHIFT_30)) * _FIRST
    z = (z ^ (z >> _SHIFT_27)) * _SECOND
    return z ^ (z >> _SHIFT_31)


@kernel
def _bits(seed, key, entity, count):
    z = _mix(np.uint64(seed) * _GOLDEN + key)
    z = _mix(z + np.uint64(entity) * _ENTITY)
    return _mix(z + np.uint64(count) * _GOLDEN)


@kernel
def uniform(seed, key, entity, count):
    """Return a number in (0, 1) of stream `key` for (seed, entity, count), all non-negative integers."""
    return (np.float64(_bits(seed, key, entity, count) >> _SHIFT_11) + 0.5) * _TO_UNIT


@kernel
def normal(seed, key, entity, count):
    """Return a standard normal number of stream `key` for (seed, entity, count) (Box–Muller)."""
    bits = _bits(seed, key, entity, count)
    radius = (np.float64(bits >> _SHIFT_11) + 0.5) * _TO_UNIT
    angle = (np.float64(_mix(bits + _GOLDEN) >> _SHIFT_11) + 0.5) * _TO_UNIT
    return math.sqrt(-2.0 * math.log(radius)) * math.cos(2.0 * math.pi * angle)
