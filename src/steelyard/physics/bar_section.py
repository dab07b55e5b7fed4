"""Sections of bars in grooves: area, width, perimeter, and the equivalent flat pass.

**Model** A section is (z, y, gap, width): the half contour of the groove that made it (physics/groove.py), the roll
gap, and its width; beyond the contour the roll face goes on, at ±width/2 the bar ends upright. The next pass sees it
as it lies or turned by 90°. The equivalent flat pass after Lendl looks only at the part of the section that the groove
touches: where the incoming section is higher than the groove; its mean heights before and after make a flat pass.
**Holds** sections that fill the groove up to a free side; overfilling goes into the gap. Turning by 45° is not in.
**Source** Lendl, Iron and Steel 21–22 (1948/49) (method from memory); plane geometry.
**Checked** tests/physics/test_rolling_groove.py.

z, y: float64 (n,), z rising from 0, y falling [m].
"""

from math import sqrt

from steelyard.engine.kernel import kernel


@kernel
def groove_depth_at(z, y, at):
    """Return the depth of the contour [m] at the distance `at` >= 0 from the middle; 0 on the roll face."""
    n = z.shape[0]
    if at > z[n - 1]:
        return 0.0
    low, high = 0, n - 1
    while high - low > 1:
        middle = (low + high) // 2
        if z[middle] <= at:
            low = middle
        else:
            high = middle
    return y[low] + (y[high] - y[low]) * (at - z[low]) / (z[high] - z[low])


@kernel
def local_height(z, y, gap, width, at):
    """Return the height [m] of a section as it lies, at the distance `at` from its middle; 0 outside."""
    if at > 0.5 * width:
        return 0.0
    return 2.0 * groove_depth_at(z, y, at) + gap


@kernel
def chord(z, y, gap, width, at):
    """Return the height [m] of a section turned by 90°, at the distance `at` from its middle; 0 outside."""
    level = at - 0.5 * gap
    if level <= 0.0:
        return width
    n = z.shape[0]
    if level > y[0]:
        return 0.0
    low, high = 0, n - 1
    while high - low > 1:
        middle = (low + high) // 2
        if y[middle] >= level:
            low = middle
        else:
            high = middle
    fall = y[low] - y[high]
    reach = z[low] if fall <= 0.0 else z[low] + (z[high] - z[low]) * (y[low] - level) / fall
    return min(2.0 * reach, width)


@kernel
def filled_area(z, y, gap, width):
    """Return the area [m²] of a section of this width: ∫(2y + gap)dz from −width/2 to width/2.

    >>> import numpy as np
    >>> float(filled_area(np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.5, 4.0))  # a diamond 2 high, and the gap
    4.0
    """
    half = 0.5 * width
    area = 0.0
    for i in range(z.shape[0] - 1):
        if z[i] >= half:
            break
        end = min(z[i + 1], half)
        at_end = y[i] + (y[i + 1] - y[i]) * (end - z[i]) / (z[i + 1] - z[i])
        area += (y[i] + at_end) * (end - z[i])
    return 2.0 * area + gap * width


@kernel
def filled_width(z, y, gap, area):
    """Return the width [m] of a section of this area: inverse of `filled_area`.

    What the groove does not hold goes into the gap; without gap the width is at most that of the contour.

    >>> import numpy as np
    >>> float(filled_width(np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.5, 4.0))
    4.0
    """
    rest = 0.5 * area
    for i in range(z.shape[0] - 1):
        step = z[i + 1] - z[i]
        piece = (y[i] + y[i + 1] + gap) * step
        if piece >= rest:
            height, slope = 2.0 * y[i] + gap, (y[i + 1] - y[i]) / step
            root = sqrt(max(height * height + 4.0 * slope * rest, 0.0))
            return 2.0 * (z[i] + 2.0 * rest / (height + root))
        rest -= piece
    edge = z[z.shape[0] - 1]
    return 2.0 * (edge + rest / gap) if gap > 0.0 else 2.0 * edge


@kernel
def turned_area(z, y, gap, width, extent):
    """Return the area [m²] of a section turned by 90° within ±extent/2 of its middle: ∫min(2y + gap, extent)dz.

    >>> import numpy as np
    >>> float(turned_area(np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.0, 2.0, 2.0))
    2.0
    """
    half, most = 0.5 * width, 0.5 * (extent - gap)
    if most <= 0.0:
        return extent * width
    area = 0.0
    for i in range(z.shape[0] - 1):
        if z[i] >= half:
            break
        end = min(z[i + 1], half)
        first, slope = y[i], (y[i + 1] - y[i]) / (z[i + 1] - z[i])
        last = first + slope * (end - z[i])
        if first <= most:
            area += (first + last) * (end - z[i])
        elif last >= most:
            area += 2.0 * most * (end - z[i])
        else:
            crossing = z[i] + (most - first) / slope
            area += 2.0 * most * (crossing - z[i]) + (most + last) * (end - crossing)
    return 2.0 * area + gap * width


@kernel
def section_height(y, gap):
    """Return the height of a section in its middle [m]: 2·depth + gap."""
    return 2.0 * y[0] + gap


@kernel
def section_perimeter(z, y, gap, width):
    """Return the perimeter [m] of a section: its contour on both rolls and the two upright sides.

    >>> import numpy as np
    >>> float(section_perimeter(np.array([0.0, 1.0]), np.array([1.0, 1.0]), 0.0, 2.0))
    8.0
    """
    half = 0.5 * width
    length = 0.0
    for i in range(z.shape[0] - 1):
        if z[i] >= half:
            break
        end = min(z[i + 1], half)
        slope = (y[i + 1] - y[i]) / (z[i + 1] - z[i])
        length += sqrt(1.0 + slope * slope) * (end - z[i])
    length += max(half - z[z.shape[0] - 1], 0.0)
    return 4.0 * length + 2.0 * (2.0 * groove_depth_at(z, y, half) + gap)


@kernel
def _overlap(z0, y0, gap0, width0, turned, z, y, gap, at):
    """How much higher the incoming section is than the groove at a distance from the middle [m]."""
    height = chord(z0, y0, gap0, width0, at) if turned else local_height(z0, y0, gap0, width0, at)
    return height - (2.0 * groove_depth_at(z, y, at) + gap)


@kernel
def contact_width(z0, y0, gap0, width0, turned, z, y, gap):
    """Return the width [m] within which an incoming section is higher than the groove, hence touched by the rolls.

    z0, y0, gap0, width0: incoming section; turned: True when it enters turned by 90°; z, y, gap: groove. 0 when the
    section passes through the groove untouched. The crossing is found to 1e-9 of the section's width.
    """
    extent = section_height(y0, gap0) if turned else width0
    if _overlap(z0, y0, gap0, width0, turned, z, y, gap, 0.0) <= 0.0:
        return 0.0
    steps = 48
    low = 0.0
    high = 0.5 * extent
    found = False
    for i in range(1, steps + 1):
        at = 0.5 * extent * i / steps
        if _overlap(z0, y0, gap0, width0, turned, z, y, gap, at) <= 0.0:
            high, found = at, True
            break
        low = at
    if not found:
        return extent
    for _ in range(30):
        middle = 0.5 * (low + high)
        if _overlap(z0, y0, gap0, width0, turned, z, y, gap, middle) > 0.0:
            low = middle
        else:
            high = middle
    return low + high


@kernel
def equivalent_flat_pass(z0, y0, gap0, width0, turned, z, y, gap):
    """Return (width, entry thickness, exit thickness) [m] of the flat pass that stands for a grooved one (Lendl).

    width: contact width; thicknesses: areas of incoming section and groove within that width over it. (0, 0, 0) when
    the rolls do not touch the bar. Arguments as `contact_width`.

    >>> from steelyard.physics.groove import groove_section, round_bar
    >>> bar = round_bar(0.050)
    >>> oval = groove_section("circular oval", {"r1": 0.006, "r2": 0.038, "depth": 0.010}, 0.010)
    >>> flat = equivalent_flat_pass(bar.z, bar.y, 0.0, 0.050, False, oval.z, oval.y, oval.gap)
    >>> [round(float(1e3 * value), 1) for value in flat]
    [48.4, 40.3, 24.5]
    """
    width = contact_width(z0, y0, gap0, width0, turned, z, y, gap)
    if width <= 0.0:
        return 0.0, 0.0, 0.0
    if turned:
        entry = turned_area(z0, y0, gap0, width0, width)
    else:
        entry = filled_area(z0, y0, gap0, min(width, width0))
    return width, entry / width, filled_area(z, y, gap, width) / width


@kernel
def mean_height(area, width):
    """Return the thickness of the flat pass of the whole section [m]: area/width, 0 without width."""
    return area / width if width > 0.0 else 0.0


@kernel
def working_radius(face_radius, gap, exit_thickness):
    """Return the radius at which a grooved roll works [m]: face radius less the mean depth, R − (h₁ − gap)/2.

    exit_thickness: of the equivalent flat pass [m].

    >>> round(working_radius(0.160, 0.002, 0.022), 3)
    0.15
    """
    return face_radius - 0.5 * (exit_thickness - gap)
