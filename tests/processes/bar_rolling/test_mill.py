"""The mill on its clock: bars, alarms, wear, set-up, faults, corners."""

import numpy as np
import pytest
from tests.processes.bar_rolling.conftest import billet, mill_values, new_mill, roll_one

from steelyard.processes.bar_rolling import model
from steelyard.processes.bar_rolling.faults import FAULTS
from steelyard.signals import declared
from steelyard.units import from_si


def test_a_billet_becomes_a_bar() -> None:
    unit, piece = new_mill(), billet()
    assert model.is_free(unit)
    end = roll_one(unit, piece, 100.0)
    y = unit["y"]
    assert y["alarm"] == 0.0
    assert 60.0 < end - 100.0 < 110.0
    assert piece["roundness"] == 1.0
    assert 1e3 * piece["thickness"] == pytest.approx(8.2, abs=0.4)
    assert piece["length"] * 7500.0 * 0.25 * np.pi * piece["thickness"] ** 2 == pytest.approx(piece["mass"], rel=0.03)
    assert (np.diff(y["pass_time"][:14]) > 0.0).all()
    assert (y["pass_force"][14:] == 0.0).all()
    assert y["bar_energy"] / 3.6e6 / (1e-3 * piece["mass"]) == pytest.approx(85.0, rel=0.5)
    assert model.is_free(unit)


def test_worn_grooves_are_changed_before_the_next_bar() -> None:
    unit = new_mill()
    unit["x"]["groove_worn"][:] = 0.4 * unit["p"]["groove_wear_limit"]
    unit["x"]["groove_worn"][3] = unit["p"]["groove_wear_limit"]
    end = roll_one(unit, billet(), 0.0)
    assert not model.is_free(unit)
    assert unit["y"]["groove_changes"] == 1.0
    assert unit["x"]["groove_worn"][3] == 0.0
    assert unit["x"]["groove_worn"][5] > 0.0
    model.mill_step(unit, 1, end, 60.0)
    assert 0.0 < unit["y"]["change_remaining"] <= unit["p"]["groove_change_time"]
    model.mill_step(unit, 1, end + 60.0, float(unit["p"]["groove_change_time"]))
    assert model.is_free(unit)
    assert unit["y"]["change_remaining"] == 0.0


def test_the_step_does_not_change_the_bar() -> None:
    logs = []
    for dt in (0.5, 1.0, 2.0):
        unit = new_mill()
        roll_one(unit, billet(), dt=dt)
        logs.append([unit["y"][name].copy() for name in ("pass_force", "pass_time", "diameter", "bar_energy")])
    for log in logs[1:]:
        for a, b in zip(logs[0], log, strict=True):
            assert np.array_equal(a, b)


def test_energy_drawn_is_idling_and_the_energy_of_the_bars() -> None:
    unit = new_mill()
    time = roll_one(unit, billet())
    for _ in range(200):
        model.mill_step(unit, 1, time, 1.0)
        time += 1.0
    idle = unit["p"]["idle_power"] * time
    assert unit["y"]["electric_energy"] == pytest.approx(idle + float(unit["y"]["bar_energy"]), rel=1e-9)


def test_equal_bars_differ_by_their_number_and_by_the_seed_alone() -> None:
    forces = []
    for seed, number in ((1, 5.0), (1, 5.0), (2, 5.0), (1, 6.0)):
        unit = new_mill()
        roll_one(unit, billet(number=number), seed=seed)
        forces.append(unit["y"]["pass_force"].copy())
    assert np.array_equal(forces[0], forces[1])
    assert not np.array_equal(forces[0], forces[2])
    assert not np.array_equal(forces[0], forces[3])


def test_pauses_are_weibull_and_belong_to_bar_and_pass() -> None:
    unit = new_mill()
    drawn = []
    for number in range(800):
        unit["x"]["bar_number"] = number
        drawn.append(model.pause_before(unit, 3, 4))
    scale, shape = unit["p"]["pause_scale"][4], unit["p"]["pause_shape"][4]
    assert np.mean(np.array(drawn) < scale) == pytest.approx(1.0 - np.exp(-1.0), abs=0.05)
    assert np.mean(np.array(drawn) < 0.8 * scale) == pytest.approx(1.0 - np.exp(-(0.8**shape)), abs=0.04)


def test_a_pause_is_shown_when_it_is_over_and_not_before() -> None:
    unit = new_mill()
    model.start_bar(unit, billet(), 0.0)
    shown = {}
    for time in range(120):
        model.mill_step(unit, 3, float(time), 1.0)
        shown.setdefault(int(unit["y"]["pass_number"]), float(unit["y"]["pause_time"]))
    assert shown[1] == 0.0
    for stand in range(1, 11):
        assert shown[stand + 1] == pytest.approx(model.pause_before(unit, 3, stand), abs=1e-6), stand
    assert shown[14] == shown[11]


def test_level_two_learns_its_forces() -> None:
    values = mill_values()
    values["force_scatter"] = [0.0] * 16
    unit, errors = new_mill(values), []
    for number in range(12):
        roll_one(unit, billet(number=float(number), temperature=1380.0), time=200.0 * number)
        errors.append(abs(float(unit["y"]["pass_force"][0] - unit["y"]["setup_force_used"][0])))
    assert errors[-1] < 0.1 * errors[0]
    assert errors[0] > 10e3


def test_a_written_set_up_rules_and_the_right_one_makes_the_right_bar() -> None:
    values = mill_values()
    values["force_scatter"], values["guide_clearance"] = [0.0] * 16, 0.0
    unit = new_mill(values)
    roll_one(unit, billet())
    right = unit["y"]["pass_force"].copy()
    deviations = []
    for share in (1.0, 0.7):
        unit["u"]["setup_force"] = share * right
        roll_one(unit, billet())
        assert np.array_equal(unit["y"]["setup_force_used"][:14], unit["u"]["setup_force"][:14])
        deviations.append(float(unit["y"]["diameter_deviation"]))
    assert abs(deviations[0]) < 0.03e-3
    assert deviations[1] > 0.1e-3


@pytest.mark.parametrize(
    ("changes", "parameters", "alarm"),
    [
        ({"temperature": 900.0, "surface_temperature": 890.0, "core_temperature": 910.0}, {}, model.TOO_COLD),
        ({"thickness": 0.09, "width": 0.09, "mass": 35.0}, {}, model.NO_BITE),
        ({}, {"drive_weakness": 0.9}, model.DRIVE_TRIPPED),
        ({}, {"force_limit": [100e3] * 16, "torque_limit": [1e6] * 16}, model.FORCE_LIMIT),
    ],
)
def test_what_cannot_be_rolled_ends_in_its_alarm(changes: dict, parameters: dict, alarm: float) -> None:
    unit, piece = new_mill({**mill_values(), **parameters}), billet(**changes)
    end = roll_one(unit, piece)
    y = unit["y"]
    assert y["alarm"] == alarm
    assert y["cobble"] == 1.0
    assert y["overload"] == float(alarm in (model.DRIVE_TRIPPED, model.FORCE_LIMIT))
    assert y["diameter"] == 0.0
    assert end < 1000.0
    roll_one(unit, billet(number=2.0), time=end) if not parameters else None
    assert parameters or y["alarm"] == 0.0


def test_a_bar_that_gets_cold_on_the_way_is_flagged_and_rolled_with_more_force() -> None:
    warm, cold = new_mill(), new_mill({**mill_values(), "lowest_temperature": 1120.0})
    roll_one(warm, billet())
    roll_one(cold, billet(temperature=1330.0, surface_temperature=1320.0, core_temperature=1340.0))
    assert warm["y"]["cold"] == 0.0
    assert cold["y"]["cold"] == 1.0
    assert cold["y"]["alarm"] == model.TOO_COLD
    assert cold["y"]["cobble"] == 0.0
    assert cold["y"]["pass_force"][0] > 1.2 * warm["y"]["pass_force"][0]


CORNERS = [
    {},
    {"temperature": 300.0, "surface_temperature": 300.0, "core_temperature": 300.0},
    {"temperature": 1650.0, "surface_temperature": 1650.0, "core_temperature": 1650.0},
    {"thickness": 0.005, "width": 0.005, "mass": 0.1},
    {"thickness": 0.3, "width": 0.3, "mass": 500.0},
    {"roundness": 0.0, "thickness": 0.04, "width": 0.06},
    {"grain_size": 0.0, "scale": 0.0, "length": 0.0, "mass": 1e-3},
    {"grade": 5.0, "length": 12.0, "mass": 180.0},
]


@pytest.mark.parametrize("corner", range(len(CORNERS)))
@pytest.mark.parametrize("setup", [0.0, 1.0, 5e7])
def test_outputs_stay_finite_and_in_their_range_in_the_corners(corner: int, setup: float) -> None:
    unit = new_mill()
    unit["u"]["setup_force"] = setup
    unit["u"]["speed_trim"] = [0.8, 1.2] * 8
    unit["u"]["water_valve"] = 1.0
    piece = billet(**CORNERS[corner])
    roll_one(unit, piece, dt=2.0)
    for name, quantity in declared(model.Outputs).items():
        shown = from_si(np.asarray(unit["y"][name], dtype=float), quantity.board_unit)
        assert np.isfinite(shown).all(), name
        assert (shown >= quantity.low - 1e-9).all(), f"{name} = {shown}"
        assert (shown <= quantity.high + 1e-9).all(), f"{name} = {shown}"
    for name in piece.dtype.names:
        assert np.isfinite(piece[name]), name


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_of_severity_zero_is_none_and_a_severe_one_shows(fault: str) -> None:
    logs = []
    for severity in (None, 0.0, 1.0):
        values = mill_values()
        if severity is not None:
            FAULTS[fault](values, severity)
        unit = new_mill(values)
        for number in range(2):
            roll_one(unit, billet(number=float(number)), time=200.0 * number)
        logs.append((unit["x"].tobytes(), unit["y"].tobytes()))
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


def test_grooves_and_guides_wear_with_what_is_rolled() -> None:
    unit = new_mill()
    for number in range(3):
        roll_one(unit, billet(number=float(number)), time=200.0 * number)
        if number == 0:
            first, play = unit["x"]["groove_worn"].copy(), float(unit["x"]["guide_worn"])
    assert unit["x"]["groove_worn"][:14] == pytest.approx(3.0 * first[:14], rel=0.15)
    assert unit["x"]["guide_worn"] == pytest.approx(3.0 * play, rel=0.05)
    assert (first[:14] > 0.0).all()
    assert first[:14].max() < 1e-6


def test_worn_rolls_make_a_thicker_bar_and_worn_guides_a_scattered_one() -> None:
    spread = {}
    for fault in ("none", "roll_wear", "guide_wear"):
        values = mill_values()
        if fault != "none":
            FAULTS[fault](values, 1.0)
        unit = new_mill(values)
        found = []
        for number in range(8):
            roll_one(unit, billet(number=float(number)), time=200.0 * number)
            found.append(float(unit["y"]["diameter"]))
        spread[fault] = (np.mean(found), np.std(found))
    assert spread["roll_wear"][0] > spread["none"][0] + 0.1e-3
    assert spread["guide_wear"][1] > 1.5 * spread["none"][1]


def test_speed_trim_makes_tension_and_tension_lowers_the_force() -> None:
    forces, tensions = [], []
    for trim in (1.0, 1.03):
        values = mill_values()
        values["force_scatter"] = [0.0] * 16
        unit = new_mill(values)
        unit["u"]["speed_trim"][13] = trim
        roll_one(unit, billet())
        forces.append(float(unit["y"]["pass_force"][13]))
        tensions.append(float(unit["x"]["tension"][13]))
    assert tensions[1] > tensions[0] + 2e6
    assert forces[1] < forces[0]


def test_the_water_box_cools_the_bar() -> None:
    ends = []
    for opening in (0.0, 1.0):
        unit, piece = new_mill(), billet()
        unit["u"]["water_valve"] = opening
        roll_one(unit, piece)
        ends.append(float(piece["temperature"]))
    assert ends[1] < ends[0] - 50.0


def test_the_rod_mill_rolls_its_billet() -> None:
    unit = new_mill(plant="rod_mill")
    piece = billet(
        grade=3.0, roundness=0.0, thickness=0.16, width=0.16, length=12.0, mass=2300.0, temperature=1373.15,
        surface_temperature=1363.15, core_temperature=1383.15,
    )  # fmt: skip
    roll_one(unit, piece)
    assert unit["y"]["alarm"] == 0.0
    assert 1e3 * piece["thickness"] == pytest.approx(25.0, abs=1.5)
