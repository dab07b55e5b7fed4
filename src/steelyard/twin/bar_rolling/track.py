"""Bars through the mill's own kernel: what it says of temperature, force and torque of every pass of recorded bars."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.processes.bar_rolling.blocks import BAR, PASS, RECORD, STANDS, Parameters
from steelyard.processes.bar_rolling.prepare import prepare
from steelyard.processes.bar_rolling.schedule import new_bar, roll_schedule
from steelyard.twin.bar_rolling.records import Bars

BAR_DIAMETER = 0.05  # m; shared/data/rolling-freiberg-passes/README.md
BAR_MASS = 5.0  # kg; from contact times and speeds of the records, assumed: forces do not depend on it
CORE_OVER_MEAN = 20.0  # K; assumed: round bar of 50 mm after a quarter of a minute in air
ROLLS = 2.0  # the records give the torque of both rolls
NUDGE = 10.0


@kernel
def _roll_bars(p, x, bars, intervals, given, setup, results):
    """Roll all bars; intervals, given (n, STANDS); results (n, STANDS) PASS records."""
    for i in range(len(bars)):
        roll_schedule(p, x, bars[i], intervals[i], given[i], setup, results[i])


@dataclass(frozen=True)
class Tracks:
    """What the kernel says of each pass of each bar, arrays (n, P), SI; torque of both rolls.

    mean: mean temperature at entry; entry, exit: what its pyrometers read.
    """

    mean: np.ndarray
    entry: np.ndarray
    exit: np.ndarray
    force: np.ndarray
    torque: np.ndarray


@dataclass(frozen=True)
class Response:
    """Tracks and what a bar that is 1 K hotter changes there: per kelvin of mean temperature at the same pass.

    hold (n, P): decay of a deviation from the pass before; start (n, P): deviation at the pass per kelvin at the start;
    entry_gain, exit_gain: of the readings; force_slope, torque_slope: of the logarithm of the load [1/K].
    """

    tracks: Tracks
    start: np.ndarray
    hold: np.ndarray
    entry_gain: np.ndarray
    exit_gain: np.ndarray
    force_slope: np.ndarray
    torque_slope: np.ndarray


def mill_of(values: dict[str, Any]) -> np.ndarray:
    """Return a mill record (1,) with these SI parameters, its tables prepared."""
    unit = np.zeros(1, RECORD)
    fill(unit["p"][0], Parameters, values)
    prepare(unit[0])
    return unit


def tracks(
    values: dict[str, Any], bars: Bars, start: np.ndarray | float, shift: float = 0.0, mill: np.ndarray | None = None
) -> Tracks:
    """Return the tracks of `bars` that start at mean temperature `start` [K] + `shift`, scalar or (n,)."""
    unit = mill_of(values) if mill is None else mill
    n, passes = bars.pause.shape
    begin = np.broadcast_to(np.asarray(start, dtype=float) + shift, n)
    stock = np.zeros(n, BAR)
    for i in range(n):
        t = float(begin[i])
        stock[i] = new_bar(unit[0], BAR_DIAMETER, BAR_MASS, int(bars.grade[i]), t, t + CORE_OVER_MEAN)[0]
    intervals = np.zeros((n, STANDS))
    intervals[:, :passes] = np.nan_to_num(bars.pause)
    results = np.zeros((n, STANDS), PASS)
    free, right = np.full((n, STANDS), np.nan), np.full(STANDS, -1.0)
    _roll_bars(unit["p"][0], unit["x"][0], stock, intervals, free, right, results)
    r = results[:, :passes]
    return Tracks(
        r["mean_temperature"].copy(), r["entry_reading"].copy(), r["exit_reading"].copy(), r["force"].copy(),
        ROLLS * r["torque"],
    )  # fmt: skip


def response(values: dict[str, Any], bars: Bars, start: float) -> Response:
    """Return tracks and their response to a hotter bar, by a second run that starts NUDGE hotter."""
    cold = tracks(values, bars, start)
    hot = tracks(values, bars, start, NUDGE)
    rise = hot.mean - cold.mean
    hold = np.ones_like(rise)
    hold[:, 1:] = rise[:, 1:] / rise[:, :-1]
    return Response(
        cold, rise / NUDGE, hold, (hot.entry - cold.entry) / rise, (hot.exit - cold.exit) / rise,
        np.log(hot.force / cold.force) / rise, np.log(hot.torque / cold.torque) / rise,
    )  # fmt: skip
