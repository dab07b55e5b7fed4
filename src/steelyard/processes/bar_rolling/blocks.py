"""The four blocks of the rolling mill, and the records of a bar in it and of one pass of it."""

from typing import Any

import numpy as np

from steelyard.engine.blocks import block_dtype
from steelyard.materials.piece import GRADE_LABELS, GRADES
from steelyard.signals import Array, Scalar, quantity

STANDS = 16
CONTOUR = 49
RINGS = 8
COEFFICIENTS = 10
STAND_LABELS = tuple(f"pass_{i}" for i in range(1, STANDS + 1))
PER_PASS: dict[str, Any] = {"shape": STANDS, "labels": STAND_LABELS}
PER_GRADE: dict[str, Any] = {"shape": GRADES, "labels": GRADE_LABELS}

BAR = np.dtype(
    [
        ("grade", "f8"),  # index into GRADE_LABELS
        ("mass", "f8"),  # kg
        ("area", "f8"),  # m²
        ("width", "f8"),  # m, as the last groove left it
        ("gap", "f8"),  # m, of the pass that made the section
        ("contour_place", "f8", (CONTOUR,)),  # m, half contour: see physics/groove.py
        ("contour_depth", "f8", (CONTOUR,)),  # m
        ("ring", "f8", (RINGS,)),  # K, from the core to the surface
        ("surface", "f8"),  # K
        ("scale", "f8"),  # m
        ("grain_size", "f8"),  # m
        ("retained_strain", "f8"),  # 1
        ("perimeter", "f8"),  # m
        ("sweep", "f8", (RINGS,)),  # work space of the ring solver
    ],
    align=True,
)

PASS_FIELDS = (
    "force", "torque", "area", "width", "height", "strain", "strain_rate", "flow_stress", "mean_temperature",
    "entry_surface", "exit_surface", "exit_mean", "entry_thickness", "exit_thickness", "contact_width", "contact_time",
    "contact_area", "working_radius", "flattened_radius", "bite_angle", "velocity", "power", "filling", "tension_factor",
    "gap", "length", "heat_to_rolls", "deformation_heat", "recrystallised",
    "later_surface", "entry_reading", "exit_reading", "interval",
)  # fmt: skip
PASS = np.dtype([(name, "f8") for name in PASS_FIELDS], align=True)


class Parameters:
    """What makes this mill this mill; stands beyond `stand_count` are ignored."""

    stand_count: Scalar = quantity("1", "passes of the schedule", low=1.0, high=STANDS)
    billet_shape: Scalar = quantity("1", "section the schedule begins with: 1 round, 0 rectangular", low=0.0, high=1.0)
    billet_thickness: Scalar = quantity("m", "thickness or diameter the schedule begins with", low=5.0, high=500.0, shown="mm")  # fmt: skip
    billet_width: Scalar = quantity("m", "width the schedule begins with", low=5.0, high=500.0, shown="mm")
    billet_length: Scalar = quantity("m", "length of the billet for which the pauses of level 2's model are reckoned", low=0.05, high=20.0)  # fmt: skip
    billet_temperature: Scalar = quantity("K", "temperature for which the speed cone is set", low=700.0, high=1300.0, shown="°C")  # fmt: skip
    billet_grade: Scalar = quantity("1", "grade for which the speed cone is set: index", low=0.0, high=GRADES - 1.0)
    stand_group: Array = quantity("1", "continuous train the stand belongs to; 0 is a reversing pass", low=0.0, high=8.0, **PER_PASS)  # fmt: skip
    groove_kind: Array = quantity("1", "shape of the groove: index into prepare.GROOVES", low=0.0, high=15.0, **PER_PASS)  # fmt: skip
    groove_depth: Array = quantity("m", "depth of the groove in one roll", low=0.0, high=300.0, shown="mm", **PER_PASS)
    groove_usable_width: Array = quantity("m", "usable width of the groove; 0 where the shape gives it", low=0.0, high=800.0, shown="mm", **PER_PASS)  # fmt: skip
    groove_ground_width: Array = quantity("m", "width of the groove ground; 0 where there is none", low=0.0, high=800.0, shown="mm", **PER_PASS)  # fmt: skip
    groove_edge_radius: Array = quantity("m", "radius between groove and barrel", low=0.0, high=200.0, shown="mm", **PER_PASS)  # fmt: skip
    groove_ground_radius: Array = quantity("m", "radius of the groove ground or side", low=0.0, high=1000.0, shown="mm", **PER_PASS)  # fmt: skip
    groove_main_radius: Array = quantity("m", "third radius of a groove of three radii; else 0", low=0.0, high=2000.0, shown="mm", **PER_PASS)  # fmt: skip
    groove_flank_angle: Array = quantity("rad", "angle of the flank; 0 where there is none", low=0.0, high=90.0, shown="°", **PER_PASS)  # fmt: skip
    roll_gap: Array = quantity("m", "gap between the barrels under load", low=0.0, high=100.0, shown="mm", **PER_PASS)
    roll_radius: Array = quantity("m", "nominal roll radius at half the gap", low=20.0, high=1000.0, shown="mm", **PER_PASS)  # fmt: skip
    velocity: Array = quantity("m/s", "speed of the bar at the exit", low=0.01, high=120.0, **PER_PASS)
    stand_distance: Array = quantity("m", "way to the next stand of the train", low=0.0, high=100.0, **PER_PASS)
    turn: Array = quantity("1", "1 when the bar is turned by 90° before the pass, else 0", low=0.0, high=1.0, **PER_PASS)  # fmt: skip
    pause_scale: Array = quantity("s", "scale of the Weibull pause before a reversing pass", low=0.0, high=120.0, **PER_PASS)  # fmt: skip
    pause_shape: Array = quantity("1", "shape of the Weibull pause", low=0.5, high=100.0, **PER_PASS)
    force_law: Scalar = quantity("1", "law of the roll force: index into passes.FORCE_LAWS", low=0.0, high=9.0)
    torque_law: Scalar = quantity("1", "law of the roll torque: index into passes.TORQUE_LAWS", low=0.0, high=9.0)
    spread_law: Scalar = quantity("1", "law of the spread: index into passes.SPREAD_LAWS", low=0.0, high=9.0)
    young_modulus: Scalar = quantity("Pa", "modulus of elasticity of the rolls", low=1e4, high=7e5, shown="MPa")
    poisson_ratio: Scalar = quantity("1", "Poisson's ratio of the rolls", low=0.0, high=0.5)
    friction_factor: Scalar = quantity("1", "friction over Ekelund's", low=0.2, high=3.0)
    spread_factor: Array = quantity("1", "natural spread over that of the law", low=0.0, high=3.0, **PER_PASS)
    density: Scalar = quantity("kg/m³", "density of the hot steel", low=6500.0, high=8000.0)
    conductivity: Scalar = quantity("W/(m·K)", "conductivity of the hot steel", low=10.0, high=60.0)
    ambient_temperature: Scalar = quantity("K", "hall temperature", low=-30.0, high=80.0, shown="°C")
    emissivity: Scalar = quantity("1", "emissivity of the scaled bar", low=0.05, high=1.0)
    convection_coefficient: Scalar = quantity("W/(m²·K)", "convection from the bar to the air", low=0.0, high=300.0)
    contact_coefficient: Scalar = quantity("W/(m²·K)", "heat transfer from bar to roll", low=0.0, high=1e5)
    roll_temperature: Scalar = quantity("K", "roll surface at the bite before the campaign", low=-30.0, high=300.0, shown="°C")  # fmt: skip
    roll_heating: Scalar = quantity("K/J", "rise of the roll surface per heat taken up in a pass", low=0.0, high=1.0)
    roll_cooling_time: Scalar = quantity("s", "time constant in which the roll cooling takes it away", low=10.0, high=7200.0)  # fmt: skip
    deformation_heat_share: Scalar = quantity("1", "share of the plastic work that heats the bar", low=0.0, high=1.0)
    scale_growth: Scalar = quantity("m²/s", "parabolic growth of the scale at 1100 °C", low=0.0, high=1e-7)
    scale_conductivity: Scalar = quantity("W/(m·K)", "conductivity of the scale", low=0.5, high=10.0)
    force_factor: Array = quantity("1", "force over that of the law, per pass", low=0.2, high=4.0, **PER_PASS)
    torque_factor: Array = quantity("1", "torque over that of the law, per pass", low=0.05, high=5.0, **PER_PASS)
    grade_force_factor: Array = quantity("1", "flow stress over that of the table, per grade", low=0.3, high=3.0, **PER_GRADE)  # fmt: skip
    flow_stress_temperature_correction: Scalar = quantity("1/K", "flow stress × exp(this·(T − reference))", low=-0.01, high=0.01)  # fmt: skip
    torque_temperature_correction: Scalar = quantity("1/K", "torque × exp(this·(T − reference)) beside that", low=-0.01, high=0.01)  # fmt: skip
    reference_temperature: Scalar = quantity("K", "temperature at which that correction is none", low=600.0, high=1300.0, shown="°C")  # fmt: skip
    grade_torque_factor: Array = quantity("1", "torque over that of the law, per grade", low=0.3, high=3.0, **PER_GRADE)
    grade_stand_force_factor: Array = quantity("1", "force over that of the law, grade · STANDS + stand", low=0.3, high=3.0, shape=GRADES * STANDS)  # fmt: skip
    grade_stand_torque_factor: Array = quantity("1", "torque over that of the law, grade · STANDS + stand", low=0.3, high=3.0, shape=GRADES * STANDS)  # fmt: skip
    radiation_factor: Scalar = quantity("1", "radiation between passes over that of the emissivity", low=0.1, high=3.0)
    pass_temperature_correction: Array = quantity("K", "bar behind the pass over what the model says", low=-100.0, high=100.0, **PER_PASS)  # fmt: skip
    start_correction: Scalar = quantity("K", "bar at the first pass over the temperature given", low=-200.0, high=200.0)
    scale_skin_rate: Scalar = quantity("K/s", "further drop of the entry reading per second of a pause longer than usual", low=-20.0, high=20.0)  # fmt: skip
    usual_pause: Scalar = quantity("s", "pause from which that drop counts", low=0.0, high=60.0)
    entry_pyrometer_offset: Array = quantity("K", "entry pyrometer of the pass over the true surface", low=-200.0, high=200.0, **PER_PASS)  # fmt: skip
    pyrometer_delay: Scalar = quantity("s", "time from the roll gap to the exit pyrometer", low=0.001, high=2.0)
    exit_pyrometer_offset: Array = quantity("K", "exit pyrometer of the pass over the true surface", low=-200.0, high=200.0, **PER_PASS)  # fmt: skip
    force_scatter: Array = quantity("1", "standard deviation of the force from bar to bar", low=0.0, high=0.3, **PER_PASS)  # fmt: skip
    mill_stiffness: Array = quantity("N/m", "stiffness of stand and rolls", low=0.01, high=20.0, shown="MN/mm", **PER_PASS)  # fmt: skip
    force_limit: Array = quantity("N", "force that the stand bears", low=1.0, high=50000.0, shown="kN", **PER_PASS)
    torque_limit: Array = quantity("N·m", "torque of one roll at which the drive trips", low=0.01, high=5000.0, shown="kN·m", **PER_PASS)  # fmt: skip
    drive_weakness: Scalar = quantity("1", "share by which the drive trips early", low=0.0, high=0.95)
    drive_efficiency: Scalar = quantity("1", "roll work over electric energy", low=0.2, high=1.0)
    idle_power: Scalar = quantity("W", "electric power of the idling mill", low=0.0, high=20000.0, shown="kW")
    bite_angle_limit: Scalar = quantity("rad", "bite angle beyond which the rolls do not grip", low=5.0, high=60.0, shown="°")  # fmt: skip
    lowest_temperature: Scalar = quantity("K", "mean bar temperature below which it is not rolled", low=500.0, high=1200.0, shown="°C")  # fmt: skip
    cobble_time: Scalar = quantity("s", "time to clear a cobble", low=1.0, high=240.0, shown="min")
    tension_stiffness: Scalar = quantity("Pa", "tension between stands per relative error of the mass flow", low=0.0, high=1e5, shown="MPa")  # fmt: skip
    tension_limit: Scalar = quantity("Pa", "highest tension or push between stands", low=0.0, high=200.0, shown="MPa")
    water_box_length: Scalar = quantity("m", "length of the water box behind the last stand", low=0.0, high=60.0)
    water_box_coefficient: Scalar = quantity("W/(m²·K)", "heat transfer in the open water box", low=0.0, high=60000.0)
    water_temperature: Scalar = quantity("K", "water of the box", low=2.0, high=60.0, shown="°C")
    water_valve_leak: Scalar = quantity("1", "opening at which the valve of the water box stays", low=0.0, high=1.0)
    groove_wear: Array = quantity("m", "groove worn off beside the wear of this campaign", low=0.0, high=20.0, shown="mm", **PER_PASS)  # fmt: skip
    groove_wear_rate: Scalar = quantity("1/Pa", "Archard wear: depth per pressure and way of sliding", low=0.0, high=1.0, shown="1/GPa")  # fmt: skip
    groove_wear_limit: Scalar = quantity("m", "wear at which the crew turns to fresh grooves and guides", low=0.0, high=50.0, shown="mm")  # fmt: skip
    groove_change_time: Scalar = quantity("s", "time to turn to fresh grooves", low=0.0, high=480.0, shown="min")
    misalignment: Array = quantity("m", "axial shift of one roll against the other", low=0.0, high=20.0, shown="mm", **PER_PASS)  # fmt: skip
    guide_clearance: Scalar = quantity("m", "play of the guides in which the bar can lie askew", low=0.0, high=20.0, shown="mm")  # fmt: skip
    guide_wear_rate: Scalar = quantity("1", "wear of the guides per length of bar", low=0.0, high=1e-3)
    setup_learning: Scalar = quantity("1", "share of the last force that level 2 takes into its table", low=0.0, high=1.0)  # fmt: skip
    setup_table: Array = quantity("N", "forces of the roller's book for the set-up", low=0.0, high=50000.0, shown="kN", **PER_PASS)  # fmt: skip


class Inputs:
    """Set-points of the mill."""

    setup_force: Array = quantity("N", "force for which the gap of the next bar is set; 0 leaves it to level 2", low=0.0, high=50000.0, shown="kN", **PER_PASS)  # fmt: skip
    speed_trim: Array = quantity("1", "speed of the stand over the speed cone", low=0.8, high=1.2, **PER_PASS)
    water_valve: Scalar = quantity("1", "opening of the water box behind the last stand", low=0.0, high=1.0)


class State:
    """What the mill remembers. Nothing of it is on the board."""

    prepared: Scalar = quantity("1", "1 when the tables below are filled", low=0.0, high=1.0)
    phase: Scalar = quantity("1", "0 free, 1 a bar is in the mill, 2 the bar is done, 3 grooves are changed", low=0.0, high=3.0)  # fmt: skip
    groove_place: Array = quantity("m", "contour of the groove: way from its middle", shape=(STANDS, CONTOUR))
    groove_below: Array = quantity("m", "contour of the groove: depth below the barrel", shape=(STANDS, CONTOUR))
    flow_stress_table: Array = quantity("1", "coefficients of Hensel and Spittel by grade", shape=(GRADES, COEFFICIENTS))  # fmt: skip
    nominal_area: Array = quantity("m²", "section of the bar behind the pass for which the speed cone is set", shape=STANDS)  # fmt: skip
    learned_force: Array = quantity("N", "level 2: learned force of the pass", shape=STANDS)
    groove_worn: Array = quantity("m", "groove worn off in this campaign", shape=STANDS)
    guide_worn: Scalar = quantity("m", "play that the guides have gained in this campaign")
    tension: Array = quantity("Pa", "tension before the stand in the last bar of the train", shape=STANDS)
    energy_due: Scalar = quantity("J", "electric energy of passes under way")
    power_due: Scalar = quantity("W", "electric power at which it is drawn")
    roll_heat: Array = quantity("K", "roll surface over its temperature at the start of the campaign", shape=STANDS)
    roll_heat_time: Array = quantity("s", "time of that temperature", shape=STANDS)
    bar_number: Scalar = quantity("1", "bar in the mill")
    pass_index: Scalar = quantity("1", "index of the coming pass")
    next_time: Scalar = quantity("s", "time at which the coming pass begins")
    mid_time: Scalar = quantity("s", "time up to which the bar's temperature is reckoned")
    last_rate: Scalar = quantity("1/s", "strain rate of the last pass")
    last_temperature: Scalar = quantity("K", "mean temperature of the bar in the last pass")
    release_time: Scalar = quantity("s", "time at which the bar leaves the mill")


class Outputs:
    """What the sensors see, true; and the log of the bar in the mill. Temperatures are those of the surface."""

    bar_number: Scalar = quantity("1", "bar in the mill or last in it", low=0.0, high=1e9)
    grade: Scalar = quantity("1", "grade of that bar: index", low=0.0, high=GRADES - 1.0)
    occupied: Scalar = quantity("1", "1 while a bar is in the mill", low=0.0, high=1.0)
    pass_number: Scalar = quantity("1", "last pass of this bar, 1 for the first; 0 before it", low=0.0, high=STANDS)
    pause_time: Scalar = quantity("s", "last pause between two reversing passes of this bar", low=0.0, high=3600.0)
    roll_force: Scalar = quantity("N", "force of the last pass", low=0.0, high=200000.0, shown="kN")
    roll_torque: Scalar = quantity("N·m", "torque of both rolls in the last pass", low=0.0, high=50000.0, shown="kN·m")
    roll_power: Scalar = quantity("W", "power of both rolls in the last pass", low=0.0, high=50.0, shown="MW")
    entry_temperature: Scalar = quantity("K", "what a pyrometer sees before the last pass: the skin of scale", low=-50.0, high=1400.0, shown="°C")  # fmt: skip
    exit_temperature: Scalar = quantity("K", "what a pyrometer sees behind the last pass", low=-50.0, high=1400.0, shown="°C")  # fmt: skip
    bar_temperature: Scalar = quantity("K", "mean temperature of the bar behind the last pass", low=-50.0, high=1400.0, shown="°C")  # fmt: skip
    end_difference: Scalar = quantity("K", "head over tail of the bar in the last pass", low=-600.0, high=600.0)
    motor_power: Scalar = quantity("W", "electric power of the mill, mean of the step", low=0.0, high=1000.0, shown="MW")  # fmt: skip
    electric_energy: Scalar = quantity("J", "electric energy of the mill, counter", low=0.0, high=1e12, shown="kWh")
    bar_energy: Scalar = quantity("J", "electric energy of the rolling of this bar", low=0.0, high=1e6, shown="kWh")
    diameter: Scalar = quantity("m", "mean diameter of the bar behind the last stand; 0 before it", low=0.0, high=500.0, shown="mm")  # fmt: skip
    diameter_deviation: Scalar = quantity("m", "that diameter less the one with every gap right", low=-100.0, high=100.0, shown="mm")  # fmt: skip
    target_diameter: Scalar = quantity("m", "diameter when every gap is right", low=0.0, high=500.0, shown="mm")
    ovality: Scalar = quantity("m", "largest less smallest diameter of that bar", low=0.0, high=200.0, shown="mm")
    finish_temperature: Scalar = quantity("K", "surface of the bar behind the last stand", low=-50.0, high=1400.0, shown="°C")  # fmt: skip
    exit_length: Scalar = quantity("m", "length of the bar behind the last pass", low=0.0, high=20000.0)
    grain_size: Scalar = quantity("m", "austenite grain behind the last pass", low=0.0, high=5000.0, shown="µm")
    retained_strain: Scalar = quantity("1", "strain not yet recrystallised before the last pass", low=0.0, high=100.0)
    strain: Scalar = quantity("1", "equivalent strain of the last pass", low=0.0, high=50.0)
    strain_rate: Scalar = quantity("1/s", "strain rate of the last pass", low=0.0, high=5000.0)
    flow_stress: Scalar = quantity("Pa", "mean flow stress in the last pass", low=0.0, high=1000.0, shown="MPa")
    tension: Scalar = quantity("Pa", "tension behind the last stand but one of a train; push is negative", low=-200.0, high=200.0, shown="MPa")  # fmt: skip
    filling: Scalar = quantity("1", "width of the bar over that of the groove in the last pass", low=0.0, high=5.0)
    rolling_start: Scalar = quantity("s", "time at which the first pass of this bar began", low=0.0, high=1e12)
    rolling_end: Scalar = quantity("s", "time at which this bar left the mill", low=0.0, high=1e12)
    alarm: Scalar = quantity("1", "0 none, 1 drive tripped, 2 force limit, 3 bar does not bite, 4 bar too cold, 5 bar does not fit", low=0.0, high=5.0)  # fmt: skip
    cobble: Scalar = quantity("1", "1 when this bar was lost in the mill", low=0.0, high=1.0)
    overload: Scalar = quantity("1", "1 when a drive or a stand tripped on this bar", low=0.0, high=1.0)
    cold: Scalar = quantity("1", "1 when this bar fell below the lowest rolling temperature", low=0.0, high=1.0)
    pass_force: Array = quantity("N", "force of this bar", low=0.0, high=200000.0, shown="kN", **PER_PASS)
    pass_torque: Array = quantity("N·m", "torque of both rolls of this bar", low=0.0, high=50000.0, shown="kN·m", **PER_PASS)  # fmt: skip
    pass_entry_temperature: Array = quantity("K", "true surface of this bar before the pass", low=-300.0, high=1400.0, shown="°C", **PER_PASS)  # fmt: skip
    pass_exit_temperature: Array = quantity("K", "true surface of this bar behind the pass", low=-300.0, high=1400.0, shown="°C", **PER_PASS)  # fmt: skip
    pass_mean_temperature: Array = quantity("K", "mean temperature of this bar in the pass", low=-300.0, high=1400.0, shown="°C", **PER_PASS)  # fmt: skip
    pass_time: Array = quantity("s", "middle of the pass of this bar", low=0.0, high=1e12, **PER_PASS)
    setup_force_used: Array = quantity("N", "force for which the gap was set", low=0.0, high=200000.0, shown="kN", **PER_PASS)  # fmt: skip
    groove_changes: Scalar = quantity("1", "changes to fresh grooves since the start", low=0.0, high=1e9)
    change_remaining: Scalar = quantity("s", "time until fresh grooves are in", low=0.0, high=480.0, shown="min")
    groove_worn: Array = quantity("m", "groove worn off, from the way rolled", low=0.0, high=100.0, shown="mm", **PER_PASS)  # fmt: skip


def _state_dtype() -> np.dtype:
    """Return the dtype of State with the records of the bar in the mill and of its last pass behind the fields."""
    plain = block_dtype(State)
    fields = [(name, plain.fields[name][0]) for name in plain.names]  # type: ignore[index, union-attr]
    return np.dtype([*fields, ("bar", BAR), ("last", PASS)], align=True)


RECORD = np.dtype(
    [("p", block_dtype(Parameters)), ("u", block_dtype(Inputs)), ("x", _state_dtype()), ("y", block_dtype(Outputs))],
    align=True,
)
