"""Force and torque of the passes: factors per pass and grade and the slope over temperature, by robust least squares.

**Model** ln(measured) = ln(kernel at the filtered temperature) + factors + tilt·(T − reference). The filtered temperature
is the best estimate from readings, so its error is of Berkson's kind: it widens the scatter but does not flatten the
slope. Rows are weighted with the scatter of their pass and Huber's weights; priors are those of `numbers`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.processes.bar_rolling.blocks import STANDS
from steelyard.twin.bar_rolling.numbers import LOADS, TILTS, Number, apply, grades_of, load_numbers
from steelyard.twin.bar_rolling.predict import Estimate
from steelyard.twin.bar_rolling.records import Bars

SCATTER = {"force": 0.03, "torque": 0.02}
SCATTER_SHARE = 4.0  # rows that the prior scatter of a pass counts
HUBER = 1.5
ROUNDS = 12


@dataclass(frozen=True)
class Loads:
    """Estimate of the load numbers at z (m,) with covariance (m, m), and the scatter per pass (P,) of both loads."""

    numbers: list[Number]
    z: np.ndarray
    covariance: np.ndarray
    scatter: dict[str, np.ndarray]


def fit_loads(base: dict[str, Any], bars: Bars, estimate: Estimate, reference: float) -> Loads:
    """Estimate the load numbers of a mill with parameters `base` from `bars` at their filtered temperatures.

    `estimate` is that of `base` itself (its factors as given); reference [K]: temperature at which the tilt is none.
    """
    passes = len(bars.labels)
    numbers = load_numbers(base, passes, grades_of(bars.grade))
    index = {(n.name, n.slot): j for j, n in enumerate(numbers)}
    rows, values, place, kind = [], [], [], []
    for load, measured, told in (
        ("force", bars.force, estimate.force), ("torque", bars.torque, estimate.torque),
    ):  # fmt: skip
        gap = np.log(measured / told)
        for i, k in zip(*np.nonzero(np.isfinite(gap)), strict=True):
            row = np.zeros(len(numbers))
            g = int(bars.grade[i])
            for name, slot in (
                (f"{load}_factor", k), (f"grade_{load}_factor", g), (f"grade_stand_{load}_factor", g * STANDS + k),
            ):  # fmt: skip
                j = index[name, int(slot)]
                row[j] = numbers[j].sd
            warm = estimate.mean[i, k] - reference
            for name in {TILTS["force"], TILTS[load]}:
                j = index[name, -1]
                row[j] = numbers[j].sd * warm
            rows.append(row)
            values.append(gap[i, k])
            place.append(k)
            kind.append(LOADS.index(load))
    return _solve(numbers, np.array(rows), np.array(values), np.array(place), np.array(kind), passes)


def _solve(
    numbers: list[Number], rows: np.ndarray, values: np.ndarray, place: np.ndarray, kind: np.ndarray, passes: int
) -> Loads:
    """Return the robust maximum a posteriori of standardised numbers; scatter is re-estimated per pass and load."""
    scatter = {load: np.full(passes, SCATTER[load]) for load in LOADS}
    weight = np.ones(len(values))
    z = np.zeros(len(numbers))
    information = np.eye(len(numbers))
    for _ in range(ROUNDS):
        sd = np.stack([scatter[load] for load in LOADS])[kind, place]
        scaled = rows * (weight / sd**2)[:, None]
        information = np.eye(len(numbers)) + rows.T @ scaled
        z = np.linalg.solve(information, scaled.T @ values)
        u = np.abs(values - rows @ z) / sd
        weight = np.minimum(1.0, HUBER / np.maximum(u, 1e-9))
        for i, load in enumerate(LOADS):
            for k in range(passes):
                own = (kind == i) & (place == k)
                squares = np.sum(weight[own] * (values[own] - rows[own] @ z) ** 2)
                count = SCATTER_SHARE + own.sum()
                scatter[load][k] = np.sqrt((SCATTER_SHARE * SCATTER[load] ** 2 + squares) / count)
    return Loads(numbers, z, np.linalg.inv(information), scatter)


def with_loads(base: dict[str, Any], loads: Loads) -> dict[str, Any]:
    """Return the mill's SI parameters with the estimated load numbers in them."""
    return apply(base, loads.numbers, loads.z)
