"""How long one schedule takes here and with PyRolL, in the same process."""

import statistics
import time
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.processes.bar_rolling import blocks
from steelyard.processes.bar_rolling.prepare import nominal_bar, prepare
from steelyard.processes.bar_rolling.schedule import new_results, roll_schedule, usual_intervals
from steelyard.twin.bar_rolling import yardstick

REPEATS = 5


def schedule_rates(values: dict[str, Any]) -> dict[str, Any]:
    """Return schedule_ms, pyroll_ms and schedule_vs_pyroll for a mill with SI `values`; None without [bench]."""
    unit = np.zeros(1, blocks.RECORD)[0]
    fill(unit["p"], blocks.Parameters, values)
    prepare(unit)
    free, right = np.full(blocks.STANDS, np.nan), np.full(blocks.STANDS, -1.0)
    intervals, results = usual_intervals(unit["p"]), new_results()

    def own() -> float:
        bar = nominal_bar(unit)[0]
        start = time.perf_counter()
        roll_schedule(unit["p"], unit["x"], bar, intervals, free, right, results)
        return time.perf_counter() - start

    def outside() -> float:
        start = time.perf_counter()
        yardstick.solve_nominal(values, int(values["billet_grade"]), float(values["billet_temperature"]))
        return time.perf_counter() - start

    own()
    here = statistics.median(own() for _ in range(200))
    result: dict[str, Any] = {"schedule_ms": round(here * 1e3, 4), "pyroll_ms": None, "schedule_vs_pyroll": None}
    if yardstick.available():
        outside()
        there = statistics.median(outside() for _ in range(REPEATS))
        result |= {"pyroll_ms": round(there * 1e3, 1), "schedule_vs_pyroll": round(there / here)}
    return result
