"""From the parameters of a mill to the tables that its kernels read: grooves, flow stress, speed cone."""

from typing import Any

import numpy as np

from steelyard.errors import ParameterError, SteelyardError
from steelyard.materials.flow_stress import flow_stress_coefficients
from steelyard.materials.piece import GRADE_LABELS
from steelyard.physics.groove import Section, groove_section
from steelyard.processes.bar_rolling.blocks import CONTOUR, STANDS
from steelyard.processes.bar_rolling.schedule import new_bar, new_results, roll_schedule, usual_intervals
from steelyard.processes.bar_rolling.section import rectangular_bar

GROOVES = (
    "round", "circular oval", "swedish oval", "box", "diamond", "square", "false round", "oval 3-radii",
    "oval 3-radii flanked", "flat",
)  # fmt: skip
"""Shapes of grooves; `groove_kind` is the index. "flat" is the plain barrel, as wide as `groove_usable_width`."""

_DIMENSIONS = {
    "r1": "groove_edge_radius",
    "r2": "groove_ground_radius",
    "r3": "groove_main_radius",
    "depth": "groove_depth",
    "usable_width": "groove_usable_width",
    "ground_width": "groove_ground_width",
    "flank_angle": "groove_flank_angle",
}


def stand_groove(p: Any, stand: int) -> tuple[np.ndarray, np.ndarray]:
    """Return place and depth (CONTOUR,) [m] of the groove of one stand; ParameterError when it cannot be drawn."""
    kind = int(p["groove_kind"][stand])
    where = f"groove of pass {stand + 1}"
    if not 0 <= kind < len(GROOVES):
        raise ParameterError(f"{where}: kind {kind} is unknown; kinds are {dict(enumerate(GROOVES))}")
    given = {name: float(p[field][stand]) for name, field in _DIMENSIONS.items() if p[field][stand] > 0.0}
    if GROOVES[kind] == "flat":
        return np.linspace(0.0, 0.5 * float(p["groove_usable_width"][stand]), CONTOUR), np.zeros(CONTOUR)
    try:
        section: Section = groove_section(GROOVES[kind], given, float(p["roll_gap"][stand]))
    except SteelyardError as error:
        raise ParameterError(f"{where}: {error}") from error
    return section.z, section.y


def prepare(unit: Any) -> None:
    """Fill the tables of the record `unit` from its parameters; to be called once after they are written.

    Raises ParameterError when a groove cannot be drawn from its dimensions.
    """
    p, x = unit["p"], unit["x"]
    for stand in range(int(p["stand_count"])):
        x["groove_place"][stand], x["groove_below"][stand] = stand_groove(p, stand)
    for i, grade in enumerate(GRADE_LABELS):
        x["flow_stress_table"][i] = list(flow_stress_coefficients(grade).values())
    unit["y"]["groove_worn"] = p["groove_wear"]
    unit["u"]["setup_force"], unit["u"]["speed_trim"], unit["u"]["water_valve"] = 0.0, 1.0, 0.0
    results = nominal_schedule(unit)
    last = results[int(p["stand_count"]) - 1]
    unit["y"]["target_diameter"] = 0.5 * (last["height"] + last["width"])
    x["nominal_area"], x["learned_force"] = results["area"], results["force"]
    written = p["setup_table"] > 0.0
    x["learned_force"][written] = p["setup_table"][written]
    for seen in ("entry_temperature", "exit_temperature", "bar_temperature", "finish_temperature"):
        unit["y"][seen] = p["ambient_temperature"]
    x["phase"], x["prepared"] = 0.0, 1.0


def nominal_bar(unit: Any, mass: float = 1.0) -> np.ndarray:
    """Return the bar with which the schedule begins, uniform at its temperature (BAR record array of one)."""
    p = unit["p"]
    bar = new_bar(unit, float(p["billet_thickness"]), mass, int(p["billet_grade"]), float(p["billet_temperature"]))
    if p["billet_shape"] < 0.5:
        rectangular_bar(bar[0], float(p["billet_thickness"]), float(p["billet_width"]))
    return bar


def nominal_schedule(unit: Any) -> np.ndarray:
    """Return the passes (PASS records) of the nominal bar with fresh grooves, mean pauses and gaps that are right."""
    p, x, results = unit["p"], unit["x"], new_results()
    free, right = np.full(STANDS, np.nan), np.full(STANDS, -1.0)
    healthy, x["groove_worn"], intervals = p["groove_wear"].copy(), 0.0, usual_intervals(p)
    p["groove_wear"] = 0.0
    for _ in range(2):
        roll_schedule(p, x, nominal_bar(unit)[0], intervals, free, right, results)
        intervals = usual_intervals(p, results["area"])
    p["groove_wear"] = healthy
    return results
