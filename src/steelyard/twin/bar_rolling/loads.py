"""Force and torque of the passes: factors per pass and grade and the slope over temperature, by robust least squares.

**Model** ln(measured) = ln(kernel at the filtered temperature) + factors + tilt·(T − reference). The filtered
temperature is the best estimate from readings, so its error is of Berkson's kind: it widens the scatter but does not
flatten the slope. Rows are weighted with the scatter of their pass and Huber's weights; priors are those of `numbers`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.processes.bar_rolling.blocks import STANDS
from steelyard.twin.bar_rolling.numbers import LOADS, SCALAR, TILTS, Number, apply, grades_of, load_numbers
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


def fit_loads(
    base: dict[str, Any], bars: Bars, estimate: Estimate, reference: float, anchor: np.ndarray | None = None
) -> Loads:
    """Estimate the load numbers of a mill with parameters `base` from `bars` at their filtered temperatures.

    `estimate` is that of `base` with its load numbers at `anchor` (m,), None: as they are in `base`; reference [K]:
    temperature at which the tilt is none.
    """
    passes = len(bars.labels)
    numbers = load_numbers(base, passes, grades_of(bars.grade))
    rows, values, place, kind = [], [], [], []
    for load in LOADS:
        gap = np.log(getattr(bars, load) / getattr(estimate, load))
        for i, k in zip(*np.nonzero(np.isfinite(gap)), strict=True):
            rows.append(_row(numbers, load, int(bars.grade[i]), int(k), estimate.mean[i, k] - reference))
            values.append(gap[i, k])
            place.append(k)
            kind.append(LOADS.index(load))
    design = np.array(rows)
    seen = np.array(values) + (design @ anchor if anchor is not None else 0.0)
    return _solve(numbers, design, seen, np.array(place), np.array(kind), passes)


def _row(numbers: list[Number], load: str, grade: int, k: int, warm: float) -> np.ndarray:
    """Return the change of ln(load) per z of each number for a pass `k` of a bar `warm` [K] over the reference."""
    sizes = {
        (f"{load}_factor", k): 1.0, (f"grade_{load}_factor", grade): 1.0,
        (f"grade_stand_{load}_factor", grade * STANDS + k): 1.0, (TILTS["force"], SCALAR): warm,
        (TILTS[load], SCALAR): warm,
    }  # fmt: skip
    return np.array([number.sd * sizes.get((number.name, number.slot), 0.0) for number in numbers])


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
