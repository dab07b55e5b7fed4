"""What a mill says of recorded bars: temperatures, force, torque; from measured temperatures or the start alone.

**given** temperatures: at each pass the bar's temperature is the filter's estimate from the readings of this bar up to
and including the entry pyrometer of the pass, the actual pauses, and the steel. **predicted**: from the first entry
reading (the start temperature) and the actual pauses alone. No force and no torque of the bar is used in either.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.twin.bar_rolling.filtering import everything, filter_bars, only_start
from steelyard.twin.bar_rolling.records import Bars
from steelyard.twin.bar_rolling.track import Response, response


@dataclass(frozen=True)
class Estimate:
    """What the twin says, arrays (n, P), SI: mean temperature at entry, both readings, force, torque of both rolls.

    The readings are those expected before they were taken.
    """

    mean: np.ndarray
    entry: np.ndarray
    exit: np.ndarray
    force: np.ndarray
    torque: np.ndarray


def estimate(
    values: dict[str, Any], bars: Bars, start: float, noise: np.ndarray, given: bool, around: Response | None = None
) -> Estimate:
    """Return what the mill with SI parameters `values` says of `bars`.

    start [K]: usual mean temperature at the first pass; noise (2P + 2,): of the filter; given: whether the readings on
    the way may be used (see the module's text).
    """
    r = response(values, bars, start) if around is None else around
    passes = len(bars.labels)
    before, known = np.empty_like(bars.entry), np.empty_like(bars.entry)
    filter_bars(
        bars.entry - r.tracks.entry, bars.exit - r.tracks.exit, r.entry_gain, r.exit_gain, r.hold,
        np.nan_to_num(bars.pause), noise, everything(passes) if given else only_start(passes), before, known,
    )  # fmt: skip
    t = r.tracks
    return Estimate(
        t.mean + known, t.entry + r.entry_gain * before, t.exit + r.exit_gain * known,
        t.force * np.exp(r.force_slope * known), t.torque * np.exp(r.torque_slope * known),
    )  # fmt: skip
