"""What the KPIs of a predictor trial have in common: functions of the scored estimates of one block of products.

Which KPIs there are is said by the subject; an error is in its unit, or in percent of the measured value.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.trials.kpi import Kpi

WIDEST = 1e6
"""K or %: beyond it a width is no figure to calculate with."""


@dataclass(frozen=True)
class ScoredValues:
    """Scored estimates: `error` = estimate - measured, `inside` the 90 % interval or not, its `width`."""

    error: Any
    inside: Any
    width: Any
    unanswered: Any


def mean_absolute_error(record: ScoredValues) -> float:
    """Return the mean absolute error per measurement."""
    return float(np.mean(np.abs(record.error)))


def large_error_share(record: ScoredValues) -> float:
    """Return the share of measurements with an error above 10 (K or %) [%]."""
    return float(100.0 * np.mean(np.abs(record.error) > 10.0))


def bias(record: ScoredValues) -> float:
    """Return the mean error, estimate minus measured."""
    return float(np.mean(record.error))


def coverage(record: ScoredValues) -> float:
    """Return the share of measurements inside the stated 90 % interval [%]."""
    return float(100.0 * np.mean(record.inside))


def width(record: ScoredValues) -> float:
    """Return the mean width of the stated 90 % interval; one of more than `WIDEST` says nothing and counts as that."""
    return float(np.mean(np.minimum(record.width, WIDEST)))


def unanswered(record: ScoredValues) -> float:
    """Return the share of measurements without a usable answer; the baseline's estimate was taken instead [%]."""
    return float(100.0 * np.mean(record.unanswered))


def evaluate(catalogue: dict[str, Kpi], record: ScoredValues) -> dict[str, float]:
    """Return every KPI for one block."""
    return {id_: float(one.value(record)) for id_, one in catalogue.items()}
