"""The 500 Hz recording of one bar of a line, made when it is asked for from the row of its passes."""

from typing import Any

import numpy as np

from steelyard.processes.bar_rolling.recording import record_bar as record_passes


def record_bar(plant: np.ndarray, row: Any) -> np.ndarray:
    """Return the SYNTHETIC recording of the bar of log row `row` of a line record, shape (samples,), trade units.

    Equal records and rows give equal bytes; the noise is keyed by the seed of the line and the number of the bar.
    """
    return record_passes(plant["bar_rolling"][0]["p"], row, int(plant["seed"][0]))
