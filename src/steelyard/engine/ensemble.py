"""Many plants at once: chunks of records on ordinary threads, while the kernels hold no lock.

Each plant is advanced in blocks of steps, so that its state stays in the first-level cache. There is one compiled
entry point ``advance(plants, lo, hi, n, dt)``; hence the same bits alone, fused, in an ensemble, on any thread count.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

Advance = Callable[[np.ndarray, int, int, int, float], None]


def advance_ensemble(advance: Advance, plants: np.ndarray, n: int, dt: float, threads: int = 1) -> None:
    """Advance every record of `plants`, shape (count,), by `n` steps of `dt` seconds on `threads` threads."""
    count = len(plants)
    if threads <= 1 or count == 1:
        advance(plants, 0, count, n, dt)
        return
    edges = np.linspace(0, count, min(4 * threads, count) + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda lo, hi: advance(plants, int(lo), int(hi), n, dt), edges[:-1], edges[1:]))


def digest(plants: np.ndarray) -> str:
    """Return the hash of the records' bytes: the proof that two runs were the same."""
    return hashlib.sha256(np.ascontiguousarray(plants).tobytes()).hexdigest()
