"""Grooves, spread and equivalent pass together on two real schedules: free spread must fill the grooves as drawn."""

import csv
import math
import re
from pathlib import Path

import pytest

from steelyard.physics import bar_section as bar
from steelyard.physics.groove import Section, groove_section, rectangular_bar, round_bar
from steelyard.physics.spread import wusatowski

MILLS = {"rolling-freiberg-passes/schedule.csv": "round", "rod-mill-16stand/stands.csv": "square"}


def dimensions(text: str) -> dict[str, float]:
    found = {}
    for name, value in re.findall(r"(\w+)=([\d.]+)", text):
        found[name.replace("flank_deg", "flank_angle")] = (
            math.radians(float(value)) if "deg" in name else float(value) / 1e3
        )
    return found


def fillings(path: Path, billet: str) -> tuple[list[float], list[float], float]:
    """Return width over usable width, elongation of each pass, and the last section [m²], by free spread alone."""
    start: Section = round_bar(0.050) if billet == "round" else rectangular_bar(0.160, 0.160, 0.003)
    z, y, gap, width, turned = start.z, start.y, 0.0, start.usable_width, False
    filled, elongation, area = [], [], bar.filled_area(z, y, gap, width)
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        opening = float(row["roll_gap_mm"] or 4.5) / 1e3
        groove = groove_section(row["groove"], dimensions(row["groove_dimensions_mm"]), opening)
        flat = bar.equivalent_flat_pass(z, y, gap, width, turned, groove.z, groove.y, groove.gap)
        radius = bar.working_radius(float(row["roll_nominal_radius_mm"]) / 1e3, opening, flat[2])
        extent = bar.section_height(y, gap) if turned else width
        width = extent * wusatowski(flat[1], flat[0], flat[2], radius, 1323.15) / flat[0]
        z, y, gap, turned = groove.z, groove.y, groove.gap, True
        before, area = area, bar.filled_area(z, y, gap, width)
        filled.append(width / groove.usable_width)
        elongation.append(before / area)
    return filled, elongation, area


@pytest.mark.parametrize("name", MILLS)
def test_free_spread_fills_the_grooves_of_a_real_mill_without_overfilling(shared_data: Path, name: str) -> None:
    filled, elongation, last = fillings(shared_data / name, MILLS[name])
    assert min(filled) > 0.70
    assert max(filled) < 1.08
    assert all(1.0 < one < 1.65 for one in elongation)
    diameter = 0.008 if MILLS[name] == "round" else 0.025
    assert last == pytest.approx(0.25 * math.pi * diameter**2, rel=0.06)
