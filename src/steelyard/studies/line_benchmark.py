"""How fast the hot bar line runs: lock-step, fused, one schedule against PyRolL, and a year in flat memory."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from steelyard.plant.bar_log import LOG_LENGTH
from steelyard.plant.line import LineWorks, new_line, shipped_line
from steelyard.twin.bar_rolling.race import schedule_rates

REPEATS = 5
DAY = 86_400
YEAR_DAYS = 365
YEAR = "from steelyard.studies.line_benchmark import print_days; print_days({days})"


def line_benchmark(progress: Callable[..., None], days: int = YEAR_DAYS) -> dict[str, Any]:
    """Return the speed of the line as multiples of real time on one core.

    ``line_lockstep_x``: one call for each second, every tag read after it; ``line_fused_x``: one call for an hour;
    ``schedule_vs_pyroll``: solves of one 14-pass schedule for each solve of PyRolL in the same process (None without
    the [bench] extra); ``year_*``: `days` simulated days in a process of their own, with the peak memory after the
    first tenth and at the end.
    """
    progress(0.0, "line in lock-step and fused")
    lockstep, tags = _lockstep(4_000)
    fused = _fused(40_000)
    progress(0.2, "PyRolL")
    schedule = schedule_rates(shipped_line().mill)
    progress(0.4, f"{days} days")
    year = json.loads(_python(YEAR.format(days=days)))
    progress(1.0, "")
    return {"line_lockstep_x": round(lockstep), "line_tags_read": tags, "line_fused_x": round(fused), **schedule,
            **year}  # fmt: skip


def _lockstep(steps: int) -> tuple[float, int]:
    works = LineWorks(new_line(shipped_line(), 1))
    reader = works.board.reader(works.board.signals)

    def run() -> float:
        start = time.perf_counter()
        for _ in range(steps):
            works.advance(1)
            reader.read()
        return steps / (time.perf_counter() - start)

    run()
    return statistics.median(run() for _ in range(REPEATS)), len(reader.names)


def _fused(steps: int) -> float:
    works = LineWorks(new_line(shipped_line(), 1))

    def run() -> float:
        start = time.perf_counter()
        works.advance(steps)
        return steps / (time.perf_counter() - start)

    run()
    return statistics.median(run() for _ in range(REPEATS))


def print_days(days: int) -> None:
    """Run the line for `days`, draining its log, and print the rate and the peak memory [MB] as JSON."""
    works = LineWorks(new_line(shipped_line(), 1))
    works.advance(60)
    early, bars, start = 0.0, 0, time.perf_counter()
    pieces = 4 * days
    for k in range(pieces):
        works.advance(DAY // 4)
        bars += len(works.bars(bars))
        if k == pieces // 10:
            early = _peak_mb()
    seconds = time.perf_counter() - start
    result = {"year_days": days, "year_s": round(seconds, 1), "year_bars": bars, "year_peak_mb_early": early,
              "year_peak_mb": _peak_mb(), "log_length": LOG_LENGTH}  # fmt: skip
    sys.stdout.write(json.dumps(result))


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1)


def _python(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, check=True)
    return run.stdout.strip().splitlines()[-1]
