"""The section of a bar in the mill: the contour of the groove that made it, its gap and its width.

The geometry itself is physics/groove.py and physics/bar_section.py; here it is bound to the records of this house.
"""

from math import cos, pi, sin, sqrt

from steelyard.engine.kernel import kernel
from steelyard.physics.bar_section import (
    chord,
    filled_area,
    groove_depth_at,
    local_height,
    section_height,
    section_perimeter,
)
from steelyard.processes.bar_rolling.blocks import CONTOUR

SLICES = 16


@kernel
def round_bar(bar, diameter):
    """Make the section of `bar` a circle of `diameter` [m]."""
    for k in range(CONTOUR):
        angle = 0.5 * pi * k / (CONTOUR - 1)
        bar.contour_place[k] = 0.5 * diameter * sin(angle)
        bar.contour_depth[k] = 0.5 * diameter * cos(angle)
    bar.contour_depth[CONTOUR - 1] = 0.0
    bar.gap, bar.width = 0.0, diameter
    bar.area, bar.perimeter = 0.25 * pi * diameter * diameter, pi * diameter


@kernel
def rectangular_bar(bar, height, width):
    """Make the section of `bar` a rectangle [m]; it lies with `width` along the rolls."""
    for k in range(CONTOUR):
        bar.contour_place[k] = 0.5 * width * k / (CONTOUR - 1)
        bar.contour_depth[k] = 0.5 * height
    bar.gap, bar.width = 0.0, width
    bar.area, bar.perimeter = height * width, 2.0 * (height + width)


@kernel
def take_shape(bar, place, depth, gap, width):
    """Give `bar` the contour of a pass (place, depth: (CONTOUR,) [m]) with `gap`, up to `width` [m]."""
    for k in range(CONTOUR):
        bar.contour_place[k] = place[k]
        bar.contour_depth[k] = depth[k]
    bar.gap, bar.width = gap, width
    bar.area = filled_area(place, depth, gap, width)
    bar.perimeter = section_perimeter(place, depth, gap, width)


@kernel
def extent(bar, turned):
    """Return how wide `bar` enters [m], turned by 90° or not."""
    return section_height(bar.contour_depth, bar.gap) if turned else bar.width


@kernel
def entry_height(bar, turned):
    """Return how high `bar` enters in its middle [m], turned by 90° or not."""
    return bar.width if turned else section_height(bar.contour_depth, bar.gap)


@kernel
def free_side(bar):
    """Return the height of the upright side of `bar` [m], which no roll touched."""
    return bar.gap + 2.0 * groove_depth_at(bar.contour_place, bar.contour_depth, 0.5 * bar.width)


@kernel
def contact_area(bar, turned, place, depth, gap, barrel_radius, contact, width, length):
    """Return the area of contact with one roll, projected on the plane of rolling [m²].

    The local arcs sqrt(R(y)·Δh(y)) over the width of `contact` [m] (SLICES strips), and a wedge of a third of the contact
    `length` [m] for the spread up to the exit `width` [m] or the edge of the groove.
    """
    step = 0.5 * contact / SLICES
    total = 0.0
    for i in range(SLICES):
        at = (i + 0.5) * step
        low = 2.0 * groove_depth_at(place, depth, at) + gap
        if turned:
            high = chord(bar.contour_place, bar.contour_depth, bar.gap, bar.width, at)
        else:
            high = local_height(bar.contour_place, bar.contour_depth, bar.gap, bar.width, at)
        radius = max(barrel_radius + 0.5 * gap - 0.5 * low, 0.1 * barrel_radius)
        total += sqrt(radius * max(high - low, 0.0)) * step
    edge = place[CONTOUR - 1]
    sideways = max(min(0.5 * width, edge) - 0.5 * contact, 0.0)
    return 2.0 * (total + sideways * length / 3.0)
