"""How fast the works runs on this machine: measured in one run, and as ratios, since machines differ."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from steelyard.plant.fleet import advance_fleet, fleet
from steelyard.plant.works import Works, new_plant, shipped_values
from steelyard.studies.line_benchmark import YEAR_DAYS, line_benchmark

REPEATS = 5
STARTER = (
    "from steelyard.plant.works import Works, new_plant, shipped_values\n"
    "works = Works(new_plant(shipped_values(), 1)); works.advance(1); works.board.read(list(works.board.signals))"
)
UNJITTED = (
    "import time, numpy as np\n"
    "from steelyard.plant import ladle_station\n"
    "from steelyard.plant.works import new_plant, shipped_values\n"
    "plant = new_plant(shipped_values(), 1).view(np.recarray)\n"
    "np.seterr(over='ignore')\n"
    "ladle_station.advance(plant, 0, 1, 50, 1.0)\n"
    "start = time.perf_counter(); ladle_station.advance(plant, 0, 1, {steps}, 1.0)\n"
    "print({steps} / (time.perf_counter() - start))"
)


def benchmark(progress: Callable[..., None] | None = None, days: int = YEAR_DAYS) -> dict[str, Any]:
    """Return the speed figures of this machine; those of the hot bar line are in `line_benchmark` (`days` simulated).

    ``lockstep_per_s``: steps of 1 s a second, one call each, with every tag read after it. ``fused_per_s``: plant
    seconds a second in one call. ``threads_ratio``: 64 plants on two threads over one. ``cartpole_ratio``: lock-step
    over Gymnasium's CartPole in the same process (None without the [rl] extra). ``unjitted_ratio``: fused over the
    same source un-jitted. ``cold_start_s``, ``warm_start_s``: a new process to the first step read, kernels compiled
    or loaded.
    """
    report = progress or (lambda fraction, text="": None)
    report(0.0, "lock-step and fused")
    lockstep, tags = _lockstep_rate(60_000)
    fused = _median_rate(lambda: _fused(2_000_000), 2_000_000)
    report(0.2, "ensemble")
    one, two = _ensemble_rates(64, 40_000)
    report(0.5, "outside yardstick")
    cartpole = _cartpole_rate(60_000)
    report(0.6, "un-jitted")
    unjitted = float(_python(UNJITTED.format(steps=2_000), {"NUMBA_DISABLE_JIT": "1"})[1])
    report(0.7, "cold and warm start")
    with tempfile.TemporaryDirectory() as cache:
        cold = _python(STARTER, {"STEELYARD_CACHE": cache})[0]
        warm = statistics.median(_python(STARTER, {"STEELYARD_CACHE": cache})[0] for _ in range(3))
    line = line_benchmark(lambda fraction, text="": report(0.75 + 0.25 * fraction, text), days)
    return {
        "lockstep_per_s": round(lockstep),
        "tags_read": tags,
        "fused_per_s": round(fused),
        "ensemble_1_thread_per_s": round(one),
        "ensemble_2_threads_per_s": round(two),
        "threads_ratio": round(two / one, 3),
        "cartpole_per_s": cartpole and round(cartpole),
        "cartpole_ratio": cartpole and round(lockstep / cartpole, 3),
        "unjitted_per_s": round(unjitted),
        "unjitted_ratio": round(fused / unjitted, 1),
        "cold_start_s": round(cold, 2),
        "warm_start_s": round(warm, 2),
        **line,
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "processor": platform.machine()},
    }


def _median_rate(work: Callable[[], float], steps: int) -> float:
    work()
    return statistics.median(steps / work() for _ in range(REPEATS))


def _lockstep_rate(steps: int) -> tuple[float, int]:
    works = Works(new_plant(shipped_values(), 1))
    reader = works.board.reader(works.board.signals)

    def run() -> float:
        start = time.perf_counter()
        for _ in range(steps):
            works.advance(1)
            reader.read()
        return time.perf_counter() - start

    return _median_rate(run, steps), len(reader.names)


def _fused(steps: int) -> float:
    works = Works(new_plant(shipped_values(), 1))
    start = time.perf_counter()
    works.advance(steps)
    return time.perf_counter() - start


def _ensemble_rates(count: int, steps: int) -> tuple[float, float]:
    """Rates on one and on two threads, measured in turns so that a drifting machine meets both alike."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(REPEATS):
        for threads in (1, 2):
            plants = fleet(shipped_values(), range(count))
            start = time.perf_counter()
            advance_fleet(plants, steps, 1.0, threads)
            rates[threads].append(count * steps / (time.perf_counter() - start))
    return statistics.median(rates[1]), statistics.median(rates[2])


def _cartpole_rate(steps: int) -> float | None:
    try:
        import gymnasium
    except ImportError:
        return None
    env = gymnasium.make("CartPole-v1").unwrapped
    env.reset(seed=1)

    def run() -> float:
        start = time.perf_counter()
        for k in range(steps):
            if env.step(k % 2)[2]:
                env.reset()
        return time.perf_counter() - start

    return _median_rate(run, steps)


def _python(code: str, environment: dict[str, str]) -> tuple[float, str]:
    """Run `code` in a new Python; return (seconds, what it printed)."""
    start = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - start, run.stdout.strip()
