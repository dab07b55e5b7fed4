"""Grooves of bar and rod mills: contours from drawing dimensions.

**Model** The half contour of one roll, from the middle outwards: level ground, arc r3, arc r2, straight flank, convex
tip arc r1 that ends tangentially on the roll face. Every groove here is a special case of it. `groove_section` turns
the dimensions of a drawing into a table (z, y): depth y of the groove below the roll face at the distance z from its
middle, with POINTS points, joints of arcs and straights among them; the kernels of physics/bar_section.py work on that
table.
**Holds** symmetric grooves whose flanks do not overhang. The chords of the table cut off less than 0.1 % of the area.
**Source** plane geometry; names and meaning of the dimensions as in the public code PyRolL (usable width: where the
tangents of the flanks meet the roll face; ground width: where they meet the ground).
**Checked** tests/physics/test_rolling_groove.py (areas against exact arcs, tangency, dimensions of the two shipped
mills).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import acos, asin, atan, cos, pi, sin, sqrt, tan

import numpy as np

from steelyard.errors import ValidityError

POINTS = 49
"""Points of a half contour."""

Dimensions = Mapping[str, float]


@dataclass(frozen=True)
class Outline:
    """Half contour: level half width, arc r3 up to slope `inner`, arc r2 up to slope `flank`, straight, tip arc r1."""

    level: float
    r3: float
    inner: float
    r2: float
    flank: float
    straight: float
    r1: float

    def pieces(self) -> list[tuple[float, float, float]]:
        """Return (length of a straight or radius of an arc, slope at its start, slope at its end), empty ones left out.

        A straight has equal slopes.
        """
        arcs = [
            (self.level, 0.0, 0.0),
            (self.r3, 0.0, self.inner),
            (self.r2, self.inner, self.flank),
            (self.straight, self.flank, self.flank),
            (self.r1, self.flank, 0.0),
        ]
        return [(size, a, b) for size, a, b in arcs if (size if a == b else size * abs(a - b)) > 1e-12]


@dataclass(frozen=True)
class Section:
    """A groove with its gap, or the contour of a bar: z, y (POINTS,), gap, depth, usable_width [m], flank [rad]."""

    kind: str
    gap: float
    z: np.ndarray
    y: np.ndarray
    depth: float
    usable_width: float
    flank: float


def _take(kind: str, dimensions: Dimensions, *names: str) -> list[float]:
    missing = [name for name in names if name not in dimensions]
    if missing:
        raise ValidityError(f"a groove of kind {kind!r} needs {', '.join(names)}; missing: {', '.join(missing)}")
    return [float(dimensions[name]) for name in names]


def _bisect(function: Callable[[float], float], low: float, high: float, kind: str) -> float:
    at_low, at_high = function(low), function(high)
    if at_low * at_high > 0.0:
        raise ValidityError(f"the dimensions of the groove of kind {kind!r} contradict each other: no arc fits them")
    for _ in range(100):
        middle = 0.5 * (low + high)
        if function(middle) * at_low > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _one_arc(dimensions: Dimensions, kind: str) -> Outline:
    """Round and circular oval: r1 and two of r2, depth, usable_width."""
    (r1,) = _take(kind, dimensions, "r1")
    if "r2" in dimensions and "depth" in dimensions:
        r2, depth = _take(kind, dimensions, "r2", "depth")
        if depth > r1 + r2:
            raise ValidityError(f"a groove of kind {kind!r} cannot be deeper than r1 + r2")
        return Outline(0.0, 0.0, 0.0, r2, acos(1.0 - depth / (r1 + r2)), 0.0, r1)
    if "depth" in dimensions:
        depth, width = _take(kind, dimensions, "depth", "usable_width")
        half = 0.5 * width
        flank = 2.0 * atan(2.0 * depth / (half + sqrt(half * half + 4.0 * r1 * depth)))
        return Outline(0.0, 0.0, 0.0, depth / (1.0 - cos(flank)) - r1, flank, 0.0, r1)
    r2, width = _take(kind, dimensions, "r2", "usable_width")
    flank = _bisect(lambda a: (r1 + r2) * sin(a) - r1 * tan(0.5 * a) - 0.5 * width, 1e-9, 0.5 * pi, kind)
    return Outline(0.0, 0.0, 0.0, r2, flank, 0.0, r1)


def _trapezoid(dimensions: Dimensions, kind: str) -> Outline:
    """Box and swedish oval: r1, r2, usable_width, ground_width, depth."""
    r1, r2, width, ground, depth = _take(kind, dimensions, "r1", "r2", "usable_width", "ground_width", "depth")
    flank = atan(2.0 * depth / (width - ground)) if width > ground else 0.5 * pi
    level = 0.5 * ground - r2 * tan(0.5 * flank)
    return Outline(level, 0.0, 0.0, r2, flank, depth / sin(flank) - (r1 + r2) * tan(0.5 * flank), r1)


def _diamond(dimensions: Dimensions, kind: str) -> Outline:
    """Diamond: r1, r2 (at the tip), usable_width, tip_depth (of the sharp tip); a square needs no tip_depth (90°)."""
    r1, r2, width = _take(kind, dimensions, "r1", "r2", "usable_width")
    tip = 0.5 * width if kind == "square" else _take(kind, dimensions, "tip_depth")[0]
    flank = atan(2.0 * tip / width)
    return Outline(0.0, 0.0, 0.0, r2, flank, tip / sin(flank) - r2 * tan(flank) - r1 * tan(0.5 * flank), r1)


def _false_round(dimensions: Dimensions, kind: str) -> Outline:
    """False round: r1, flank_angle [rad] and two of r2, depth, usable_width."""
    r1, flank = _take(kind, dimensions, "r1", "flank_angle")
    if "r2" not in dimensions:
        depth, width = _take(kind, dimensions, "depth", "usable_width")
        r2 = (0.5 * width - depth / tan(flank)) / tan(0.5 * flank)
    elif "depth" not in dimensions:
        r2, width = _take(kind, dimensions, "r2", "usable_width")
        depth = (0.5 * width - r2 * tan(0.5 * flank)) * tan(flank)
    else:
        r2, depth = _take(kind, dimensions, "r2", "depth")
    return Outline(0.0, 0.0, 0.0, r2, flank, (depth - (r1 + r2) * (1.0 - cos(flank))) / sin(flank), r1)


def _three_radii(dimensions: Dimensions, kind: str) -> Outline:
    """Oval of three radii: r1 (tip), r2 (side), r3 (ground), usable_width, depth."""
    r1, r2, r3, width, depth = _take(kind, dimensions, "r1", "r2", "r3", "usable_width", "depth")

    def inner(flank: float) -> float:
        return acos(min(max(1.0 - (depth - (r1 + r2) * (1.0 - cos(flank))) / (r3 - r2), -1.0), 1.0))

    def misfit(flank: float) -> float:
        half = (r3 - r2) * sin(inner(flank)) + (r1 + r2) * sin(flank) - r1 * tan(0.5 * flank)
        return half - 0.5 * width

    least = acos(max(1.0 - depth / (r1 + r3), 0.0))
    most = acos(max(1.0 - depth / (r1 + r2), 0.0))
    flank = _bisect(misfit, least, most, kind)
    return Outline(0.0, r3, inner(flank), r2, flank, 0.0, r1)


def _three_radii_flanked(dimensions: Dimensions, kind: str) -> Outline:
    """Oval of three radii with straight flanks: as `_three_radii`, and flank_angle [rad]."""
    names = ("r1", "r2", "r3", "usable_width", "depth", "flank_angle")
    r1, r2, r3, width, depth, flank = _take(kind, dimensions, *names)

    def rise(inner: float) -> float:
        return (r3 - r2) * (1.0 - cos(inner)) + r2 * (1.0 - cos(flank))

    def misfit(inner: float) -> float:
        return (r3 - r2) * sin(inner) + r2 * sin(flank) + (depth - rise(inner)) / tan(flank) - 0.5 * width

    inner = _bisect(misfit, 0.0, flank, kind)
    straight = (depth - rise(inner) - r1 * (1.0 - cos(flank))) / sin(flank)
    return Outline(0.0, r3, inner, r2, flank, straight, r1)


OUTLINES: dict[str, Callable[[Dimensions, str], Outline]] = {
    "round": _one_arc,
    "circular oval": _one_arc,
    "swedish oval": _trapezoid,
    "box": _trapezoid,
    "diamond": _diamond,
    "square": _diamond,
    "false round": _false_round,
    "oval 3-radii": _three_radii,
    "oval 3-radii flanked": _three_radii_flanked,
}
"""Builder of the outline by kind of groove."""


def _intervals(pieces: list[tuple[float, float, float]], total: int) -> list[int]:
    turning = [abs(a - b) for _, a, b in pieces]
    straights = sum(1 for turn in turning if turn == 0.0)
    free, whole = total - straights, sum(turning)
    counts = [1 if turn == 0.0 else max(1, int(free * turn / whole)) for turn in turning]
    counts[max(range(len(counts)), key=lambda i: turning[i])] += total - sum(counts)
    return counts


def contour_points(outline: Outline) -> tuple[np.ndarray, np.ndarray]:
    """Return z and y [m], float64 (POINTS,), of a half contour: z rises from 0, y falls to 0 at the roll face."""
    pieces = outline.pieces()
    z, fall = [0.0], [0.0]
    for (size, start, end), count in zip(pieces, _intervals(pieces, POINTS - 1), strict=True):
        z0, fall0 = z[-1], fall[-1]
        sign = 1.0 if end > start else -1.0
        for i in range(1, count + 1):
            if start == end:
                z.append(z0 + size * cos(start) * i / count)
                fall.append(fall0 + size * sin(start) * i / count)
            else:
                slope = start + (end - start) * i / count
                z.append(z0 + sign * size * (sin(slope) - sin(start)))
                fall.append(fall0 + sign * size * (cos(start) - cos(slope)))
    depth = fall[-1]
    return np.array(z), np.maximum(depth - np.array(fall), 0.0)


def groove_section(kind: str, dimensions: Dimensions, gap: float) -> Section:
    """Return the section of a groove with its roll gap.

    kind: a key of OUTLINES. dimensions: lengths [m] and flank_angle [rad] by name, those that the kind needs
    (docstrings of the builders; further ones are ignored). gap: distance of the two roll faces [m]. Raises
    ValidityError for an unknown kind, a missing dimension, or dimensions that contradict each other.

    >>> oval = groove_section("circular oval", {"r1": 0.0025, "usable_width": 0.0156, "depth": 0.0029}, 0.0023)
    >>> round(1e3 * oval.usable_width, 2), round(1e3 * oval.depth, 2), oval.z.size
    (15.6, 2.9, 49)
    """
    if kind not in OUTLINES:
        raise ValidityError(f"unknown kind of groove {kind!r}; known are: {', '.join(OUTLINES)}")
    outline = OUTLINES[kind](dimensions, kind)
    if min(outline.level, outline.straight, outline.r1, outline.r2, outline.inner) < -1e-9 or gap < 0.0:
        raise ValidityError(f"the dimensions of the groove of kind {kind!r} leave no room for its radii: {outline}")
    z, y = contour_points(outline)
    usable = 2.0 * (z[-1] - outline.r1 * tan(0.5 * outline.flank))
    return Section(kind, gap, z, y, float(y[0]), float(usable), outline.flank)


def round_bar(diameter: float) -> Section:
    """Return the contour of a round bar, as a section without gap.

    >>> bar = round_bar(0.050)
    >>> float(bar.y[0]), round(float(bar.z[-1]), 6)
    (0.025, 0.025)
    """
    angle = 0.5 * pi * np.arange(POINTS) / (POINTS - 1)
    y = 0.5 * diameter * np.cos(angle)
    y[-1] = 0.0
    return Section("round bar", 0.0, 0.5 * diameter * np.sin(angle), y, 0.5 * diameter, diameter, 0.5 * pi)


def rectangular_bar(thickness: float, width: float, corner_radius: float = 0.0) -> Section:
    """Return the contour of a billet or slab, as a section without gap; its sides are upright.

    corner_radius [m], up to half the thickness (0: sharp).
    """
    if not 0.0 <= corner_radius <= 0.5 * min(thickness, width):
        raise ValidityError("the corner radius of a bar lies between 0 and half of its thickness")
    level = 0.5 * width - corner_radius
    slope = np.array([asin(i / (POINTS - 2)) for i in range(POINTS - 1)]) if corner_radius else np.zeros(POINTS - 1)
    z = np.concatenate([[0.0], level + corner_radius * np.sin(slope)])
    y = np.concatenate([[0.5 * thickness], 0.5 * thickness - corner_radius * (1.0 - np.cos(slope))])
    if corner_radius == 0.0:
        z, y = np.linspace(0.0, level, POINTS), np.full(POINTS, 0.5 * thickness)
    return Section("rectangular bar", 0.0, z, y, 0.5 * thickness, width, 0.5 * pi)
