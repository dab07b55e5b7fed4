"""The section of a bar as a contour, the groove as a table, and the equivalent flat pass between two of them.

**Model** A quarter contour: half heights at POINTS places from the middle of the bar to half its width. A quarter turn
inverts the contour. A pass pushes it into the groove; free sides stand upright at the spread width. The equivalent flat
pass is Lendl's: only the part of both sections inside the width on which the entering bar is higher than the groove
counts, each as a rectangle of that width. Left out: bulging of free sides, bars not symmetric about both axes, 45° turns.
**Holds** grooves without undercut whose opening falls from the middle to the edge.
**Source** Lendl, Archiv für das Eisenhüttenwesen 19-21 (1948-1950), as used in textbooks (from memory).
**Checked** tests/processes/bar_rolling/test_section.py.
"""

from math import pi, sqrt

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.processes.bar_rolling.blocks import POINTS


@kernel
def round_bar(bar, diameter):
    """Make the section of `bar` a circle of `diameter` [m]."""
    for k in range(POINTS):
        y = k / (POINTS - 1.0)
        bar.half_height[k] = 0.5 * diameter * sqrt(max(1.0 - y * y, 0.0))
    bar.width = diameter
    bar.area = 0.25 * pi * diameter * diameter
    bar.perimeter = pi * diameter
    scale_to_area(bar)


@kernel
def rectangular_bar(bar, height, width):
    """Make the section of `bar` a rectangle [m]."""
    for k in range(POINTS):
        bar.half_height[k] = 0.5 * height
    bar.width = width
    bar.area = height * width
    bar.perimeter = 2.0 * (height + width)


@kernel
def contour_area(bar):
    """Return the area that the contour of `bar` encloses [m²] (trapezia)."""
    total = 0.5 * (bar.half_height[0] + bar.half_height[POINTS - 1])
    for k in range(1, POINTS - 1):
        total += bar.half_height[k]
    return 2.0 * total * bar.width / (POINTS - 1.0)


@kernel
def scale_to_area(bar):
    """Scale the heights of the contour so that it encloses `bar.area`: takes up the rounding of the table."""
    factor = bar.area / contour_area(bar)
    for k in range(POINTS):
        bar.half_height[k] *= factor


@kernel
def measure_perimeter(bar):
    """Set the perimeter of `bar` from its contour."""
    step = 0.5 * bar.width / (POINTS - 1.0)
    total = bar.half_height[POINTS - 1]
    for k in range(1, POINTS):
        rise = bar.half_height[k] - bar.half_height[k - 1]
        total += sqrt(step * step + rise * rise)
    bar.perimeter = 4.0 * total


@kernel
def quarter_turn(bar):
    """Turn `bar` by 90°: its width becomes its height."""
    top = bar.half_height[0]
    step = 0.5 * bar.width / (POINTS - 1.0)
    j = POINTS - 1
    for k in range(POINTS):
        level = top * k / (POINTS - 1.0)
        while j > 0 and bar.half_height[j] < level:
            j -= 1
        y = j * step
        if j < POINTS - 1 and bar.half_height[j] > bar.half_height[j + 1]:
            y += step * (bar.half_height[j] - level) / (bar.half_height[j] - bar.half_height[j + 1])
        bar.work[k] = min(y, 0.5 * bar.width)
    for k in range(POINTS):
        bar.half_height[k] = bar.work[k]
    bar.width = 2.0 * top
    scale_to_area(bar)


@kernel
def groove_half_height(table, half_width, gap, y):
    """Return half the height of the pass at `y` [m] from its middle; beyond the groove the barrels stand `gap` apart."""
    if y >= half_width:
        return 0.5 * gap
    place = y / half_width * (POINTS - 1.0)
    k = min(int(place), POINTS - 2)
    return 0.5 * gap + table[k] + (place - k) * (table[k + 1] - table[k])


@kernel
def pass_area(table, half_width, gap, width):
    """Return the section of the pass between the barrels up to the bar's `width` [m²]."""
    step = 0.5 * width / (POINTS - 1.0)
    total = 0.5 * groove_half_height(table, half_width, gap, 0.0)
    total += 0.5 * groove_half_height(table, half_width, gap, 0.5 * width)
    for k in range(1, POINTS - 1):
        total += groove_half_height(table, half_width, gap, k * step)
    return 4.0 * total * step


@kernel
def lendl(bar, table, half_width, gap):
    """Return width [m], entry height and exit height [m] of the equivalent flat pass of `bar` in a groove.

    The width ends where the entering contour comes below the groove, at most at half the bar's width. Without any
    touch: (0, height, height).
    """
    step = 0.5 * bar.width / (POINTS - 1.0)
    entering, leaving = 0.0, 0.0
    high, low = bar.half_height[0], groove_half_height(table, half_width, gap, 0.0)
    if high <= low:
        return 0.0, 2.0 * high, 2.0 * high
    for k in range(1, POINTS):
        next_high = bar.half_height[k]
        next_low = groove_half_height(table, half_width, gap, k * step)
        if next_high <= next_low:
            share = (high - low) / ((high - low) + (next_low - next_high))
            share = max(share, 1e-6)
            edge_high = high + share * (next_high - high)
            edge_low = low + share * (next_low - low)
            half = step * (k - 1 + share)
            entering += 0.5 * step * share * (high + edge_high)
            leaving += 0.5 * step * share * (low + edge_low)
            return 2.0 * half, 2.0 * entering / half, 2.0 * leaving / half
        entering += 0.5 * step * (high + next_high)
        leaving += 0.5 * step * (low + next_low)
        high, low = next_high, next_low
    half = 0.5 * bar.width
    return bar.width, 2.0 * entering / half, 2.0 * leaving / half


@kernel
def take_shape(bar, table, half_width, gap, width):
    """Give `bar` the contour of the pass up to `width` [m]; sets width, area and perimeter."""
    step = 0.5 * width / (POINTS - 1.0)
    for k in range(POINTS):
        bar.half_height[k] = groove_half_height(table, half_width, gap, k * step)
    bar.width = width
    bar.area = contour_area(bar)
    measure_perimeter(bar)


def groove_table(contour_y: np.ndarray, contour_depth: np.ndarray) -> tuple[float, np.ndarray]:
    """Return half the usable width [m] and the table (POINTS,) of half the opening over the barrel line [m].

    contour_y: places from the middle outwards [m], rising; contour_depth: depth there [m], 0 at the last.
    """
    half = float(contour_y[-1])
    return half, np.interp(np.linspace(0.0, half, POINTS), contour_y, contour_depth)
