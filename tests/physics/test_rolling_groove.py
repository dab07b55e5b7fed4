"""Grooves: contours against exact arcs, dimensions of the drawings, areas, widths, the equivalent flat pass."""

import math
from itertools import pairwise

import numpy as np
import pytest

from steelyard.errors import ValidityError
from steelyard.physics import bar_section as bar
from steelyard.physics.groove import OUTLINES, contour_points, groove_section, rectangular_bar, round_bar

MM = 1e-3
DRAWINGS = {
    "R1": ("swedish oval", {"r1": 6, "r2": 26, "ground_width": 38, "usable_width": 60, "depth": 7.25}, 13.5),
    "R2": ("round", {"r1": 4, "r2": 18, "depth": 17.5}, 1.5),
    "R9": ("circular oval", {"r1": 6, "r2": 21.2, "depth": 2.5}, 3.5),
    "F1": ("circular oval", {"r1": 2.5, "usable_width": 15.6, "depth": 2.9}, 2.3),
    "1": ("box", {"usable_width": 185.29, "depth": 52, "ground_width": 157.62, "r1": 15, "r2": 18}, 15.0),
    "3": (
        "oval 3-radii flanked",
        {"depth": 41.1, "r1": 6, "r2": 23.5, "r3": 183, "flank_deg": 73, "usable_width": 148.5},
        12.0,
    ),
    "4": ("false round", {"depth": 50, "r1": 8, "r2": 55, "flank_deg": 65}, 10.0),
    "5": ("oval 3-radii", {"depth": 28.5, "r1": 10, "r2": 30, "r3": 170, "usable_width": 124.618}, 10.0),
    "diamond": ("diamond", {"r1": 3, "r2": 5, "usable_width": 60, "tip_depth": 20}, 2.0),
    "square": ("square", {"r1": 3, "r2": 4, "usable_width": 40}, 2.0),
}


def si(dimensions: dict[str, float]) -> dict[str, float]:
    """The dimensions of a drawing (mm, °) in m and rad."""
    lengths = {name: MM * value for name, value in dimensions.items() if name != "flank_deg"}
    if "flank_deg" in dimensions:
        lengths["flank_angle"] = math.radians(dimensions["flank_deg"])
    return lengths


def section(label: str):  # type: ignore[no-untyped-def]
    kind, dimensions, gap = DRAWINGS[label]
    return groove_section(kind, si(dimensions), MM * gap)


@pytest.mark.parametrize("label", DRAWINGS)
def test_contour_has_the_dimensions_of_the_drawing(label: str) -> None:
    _, dimensions, _ = DRAWINGS[label]
    made = section(label)
    if "depth" in dimensions:
        assert made.depth == pytest.approx(MM * dimensions["depth"], rel=1e-9)
    if "usable_width" in dimensions:
        assert made.usable_width == pytest.approx(MM * dimensions["usable_width"], rel=1e-6)
    if "flank_deg" in dimensions:
        assert made.flank == pytest.approx(math.radians(dimensions["flank_deg"]))
    assert made.z[0] == 0.0
    assert made.y[-1] == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(made.z) > 0.0)
    assert np.all(np.diff(made.y) <= 1e-15)
    slopes = -np.diff(made.y) / np.diff(made.z)
    assert np.max(slopes) <= math.tan(made.flank) * (1 + 1e-9)


@pytest.mark.parametrize("label", DRAWINGS)
def test_pieces_meet_without_a_corner_and_end_on_the_roll_face(label: str) -> None:
    kind, dimensions, _ = DRAWINGS[label]
    pieces = OUTLINES[kind](si(dimensions), kind).pieces()
    for (_, _, end), (_, start, _) in pairwise(pieces):
        assert start == pytest.approx(end)
    assert pieces[-1][2] == 0.0


def test_chords_cut_off_less_than_a_thousandth_of_the_area() -> None:
    kind, dimensions, _ = DRAWINGS["R2"]
    outline = OUTLINES[kind](si(dimensions), kind)
    made = section("R2")
    exact_ground = outline.r2**2 * (outline.flank - math.sin(outline.flank) * math.cos(outline.flank))
    lift = made.depth - outline.r2 * (1.0 - math.cos(outline.flank))
    exact = 2.0 * (exact_ground + 2.0 * outline.r2 * math.sin(outline.flank) * lift)
    width = 2.0 * outline.r2 * math.sin(outline.flank)
    assert bar.filled_area(made.z, made.y, 0.0, width) == pytest.approx(exact, rel=1e-3)
    circle = round_bar(0.050)
    assert bar.filled_area(circle.z, circle.y, 0.0, 0.050) == pytest.approx(math.pi * 0.025**2, rel=1e-3)
    assert bar.section_perimeter(circle.z, circle.y, 0.0, 0.050) == pytest.approx(math.pi * 0.050, rel=1e-3)


@pytest.mark.parametrize("label", DRAWINGS)
def test_width_is_the_inverse_of_area_also_when_overfilled(label: str) -> None:
    made = section(label)
    for share in (0.1, 0.5, 0.9, 1.0, 1.3):
        width = share * made.usable_width
        area = bar.filled_area(made.z, made.y, made.gap, width)
        assert bar.filled_width(made.z, made.y, made.gap, area) == pytest.approx(width, rel=1e-9)


@pytest.mark.parametrize("label", DRAWINGS)
def test_turning_a_section_keeps_its_area(label: str) -> None:
    made = section(label)
    width = 0.95 * made.usable_width
    height = bar.section_height(made.y, made.gap)
    whole = bar.filled_area(made.z, made.y, made.gap, width)
    assert bar.turned_area(made.z, made.y, made.gap, width, height) == pytest.approx(whole, rel=1e-9)
    at = np.linspace(0.0, 0.5 * height, 4001)
    chords = [bar.chord(made.z, made.y, made.gap, width, x) for x in at]
    part = bar.turned_area(made.z, made.y, made.gap, width, 0.6 * height)
    inside = at <= 0.3 * height + 1e-12
    summed = 2.0 * np.trapezoid(np.array(chords)[inside], at[inside])
    assert part == pytest.approx(summed, rel=2e-3)


def test_equivalent_pass_of_a_flat_bar_between_flat_rolls_is_the_pass_itself() -> None:
    billet = rectangular_bar(0.160, 0.150)
    flat = rectangular_bar(0.100, 0.400)
    width, entry, leaving = bar.equivalent_flat_pass(
        billet.z, billet.y, 0.0, 0.150, False, flat.z, flat.y - 0.050, 0.100
    )
    assert (width, entry, leaving) == pytest.approx((0.150, 0.160, 0.100))
    turned = bar.equivalent_flat_pass(billet.z, billet.y, 0.0, 0.150, True, flat.z, flat.y - 0.050, 0.100)
    assert turned == pytest.approx((0.160, 0.150, 0.100))


def test_equivalent_pass_ends_where_the_contours_cross() -> None:
    round_50, oval = round_bar(0.050), section("R1")
    width = bar.contact_width(round_50.z, round_50.y, 0.0, 0.050, False, oval.z, oval.y, oval.gap)
    incoming = bar.local_height(round_50.z, round_50.y, 0.0, 0.050, 0.5 * width)
    groove = 2.0 * bar.groove_depth_at(oval.z, oval.y, 0.5 * width) + oval.gap
    assert incoming == pytest.approx(groove, rel=1e-6)
    assert 0.040 < width < 0.050
    small = round_bar(0.010)
    assert bar.equivalent_flat_pass(small.z, small.y, 0.0, 0.010, False, oval.z, oval.y, oval.gap) == (0.0, 0.0, 0.0)


def test_a_rounded_billet_loses_its_corners() -> None:
    sharp, rounded = rectangular_bar(0.160, 0.160), rectangular_bar(0.160, 0.160, 0.020)
    whole = bar.filled_area(sharp.z, sharp.y, 0.0, 0.160)
    assert whole == pytest.approx(0.160**2)
    lost = (4.0 - math.pi) * 0.020**2
    assert bar.filled_area(rounded.z, rounded.y, 0.0, 0.160) == pytest.approx(whole - lost, rel=1e-3)


def test_working_radius_is_the_face_radius_for_flat_rolls() -> None:
    assert bar.working_radius(0.160, 0.010, 0.010) == 0.160
    assert bar.working_radius(0.160, 0.010, 0.030) == pytest.approx(0.150)


@pytest.mark.parametrize(
    ("kind", "dimensions", "said"),
    [
        ("hexagon", {}, "known are"),
        ("round", {"r1": 0.004}, "usable_width"),
        ("round", {"r1": 0.001, "r2": 0.002, "depth": 0.010}, "deeper"),
        ("box", {"r1": 0.01, "r2": 0.09, "usable_width": 0.1, "ground_width": 0.05, "depth": 0.03}, "no room"),
        ("oval 3-radii", {"r1": 0.01, "r2": 0.03, "r3": 0.17, "usable_width": 0.4, "depth": 0.0285}, "contradict"),
    ],
)
def test_impossible_drawings_are_refused(kind: str, dimensions: dict[str, float], said: str) -> None:
    with pytest.raises(ValidityError, match=said):
        groove_section(kind, dimensions, 0.001)


def test_outline_of_straights_only_still_has_all_points() -> None:
    z, y = contour_points(
        OUTLINES["diamond"]({"r1": 1e-4, "r2": 1e-4, "usable_width": 0.06, "tip_depth": 0.02}, "diamond")
    )
    assert z.size == y.size == 49
