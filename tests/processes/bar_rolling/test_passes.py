"""One pass and one schedule: trends, conservation, the spring of the stand, the choice of laws, speed."""

import time

import numpy as np
import pytest
from tests.processes.bar_rolling.conftest import mill_values, new_mill

from steelyard.errors import ParameterError
from steelyard.physics.phase_heat import austenite_enthalpy
from steelyard.processes.bar_rolling import laws, model, prepare, schedule, thermal
from steelyard.processes.bar_rolling.blocks import PASS, STANDS
from steelyard.processes.bar_rolling.passes import roll_pass

FREE, RIGHT = np.full(STANDS, np.nan), np.full(STANDS, -1.0)


def first_pass(unit: np.void, temperature: float = 1423.15, setup: float = -1.0, **arguments: float) -> np.void:
    """Roll the nominal bar in the first stand and return the result."""
    bar, out = prepare.nominal_bar(unit)[0], np.zeros(1, dtype=PASS)[0]
    schedule.set_profile(bar, temperature, temperature, temperature)
    bar["retained_strain"] = arguments.get("retained", 0.0)
    back, front = arguments.get("back", 0.0), arguments.get("front", 0.0)
    roll_pass(unit["p"], unit["x"], 0, bar, setup, arguments.get("scatter", 0.0), back, front, out)
    assert out["area"] == pytest.approx(float(bar["area"]))
    return out


def whole(unit: np.void, temperature: float = 1443.15, given: np.ndarray = FREE, grade: int = 2) -> np.ndarray:
    """Roll the nominal bar through all passes and return the results."""
    bar, results = prepare.nominal_bar(unit)[0], schedule.new_results()
    bar["grade"] = grade
    schedule.set_profile(bar, temperature, temperature, temperature)
    schedule.roll_schedule(unit["p"], unit["x"], bar, schedule.usual_intervals(unit["p"]), given, RIGHT, results)
    return results[: int(unit["p"]["stand_count"])]


def test_force_rises_with_draught_cold_retained_strain_and_falls_with_tension() -> None:
    values = mill_values()
    usual = first_pass(new_mill(values))
    assert first_pass(new_mill(values), temperature=1323.15)["force"] > 1.2 * usual["force"]
    assert first_pass(new_mill(values), retained=0.3)["force"] > 1.02 * usual["force"]
    pulled = first_pass(new_mill(values), back=5e6, front=5e6)
    assert 0.85 * usual["force"] < pulled["force"] < 0.99 * usual["force"]
    values["roll_gap"][0] -= 2e-3
    assert first_pass(new_mill(values))["force"] > usual["force"]


def test_forces_fall_smoothly_with_temperature() -> None:
    unit = new_mill()
    forces = [first_pass(unit, temperature=t)["force"] for t in np.arange(1273.0, 1473.0, 10.0)]
    slopes = np.diff(np.log(forces)) / 10.0
    assert (slopes < -0.0018).all()
    assert (slopes > -0.0035).all()
    assert np.abs(np.diff(slopes)).max() < 1e-4


def test_the_bar_keeps_its_volume_and_grows_longer_in_every_pass() -> None:
    results = whole(new_mill())
    assert (np.diff(results["area"]) < 0.0).all()
    lengths = results["length"] * results["area"]
    assert lengths == pytest.approx(np.full(14, lengths[0]))
    assert results["filling"].min() > 0.7
    assert results["filling"].max() < 1.05
    assert 1e3 * results["width"][-1] == pytest.approx(8.0, abs=0.5)


@pytest.mark.parametrize("plant", ["pilot", "rod_mill"])
def test_the_drives_bring_at_least_the_work_of_forming(plant: str) -> None:
    results = whole(new_mill(plant=plant))
    work = results["flow_stress"] * results["strain"] * results["area"] * results["velocity"]
    assert (results["power"] > 0.8 * work).all()
    assert (results["power"] < 2.5 * work).all()


@pytest.mark.parametrize("stand", [0, 4, 9])
def test_the_heat_of_a_pass_is_that_of_deformation_less_that_of_the_rolls(stand: int) -> None:
    values = mill_values()
    values["pass_temperature_correction"] = [0.0] * STANDS
    unit = new_mill(values)
    bar, results = prepare.nominal_bar(unit)[0], schedule.new_results()
    schedule.set_profile(bar, 1403.15, 1403.15, 1403.15)
    for k in range(stand):
        roll_pass(unit["p"], unit["x"], k, bar, -1.0, 0.0, 0.0, 0.0, results[k])
    before = heat(bar)
    out = results[stand]
    roll_pass(unit["p"], unit["x"], stand, bar, -1.0, 0.0, 0.0, 0.0, out)
    gained = (heat(bar) - before) * float(unit["p"]["density"]) * float(bar["area"])
    assert out["heat_to_rolls"] > 0.05 * out["deformation_heat"] > 0.0
    assert gained == pytest.approx(float(out["deformation_heat"] - out["heat_to_rolls"]), rel=0.01)


def heat(bar: np.void) -> float:
    """Return the mean specific heat of a bar [J/kg]."""
    return float(sum(s * austenite_enthalpy(t) for s, t in zip(thermal.SHARE, bar["ring"], strict=True)))


def test_a_force_above_the_set_up_opens_the_gap_by_the_stretch() -> None:
    unit = new_mill()
    right = first_pass(unit)
    for error in (-20e3, 30e3):
        out = first_pass(unit, setup=float(right["force"]) + error)
        stretch = (out["force"] - right["force"] - error) / unit["p"]["mill_stiffness"][0]
        assert out["gap"] - right["gap"] == pytest.approx(stretch, rel=0.02)
        assert np.sign(out["height"] - right["height"]) == -np.sign(error)


def test_a_worn_groove_makes_the_bar_higher() -> None:
    unit = new_mill()
    fresh = first_pass(unit)
    unit["x"]["groove_worn"][0] = 0.2e-3
    worn = first_pass(unit)
    assert worn["height"] - fresh["height"] == pytest.approx(0.4e-3, rel=1e-6)
    assert worn["force"] < fresh["force"]


def test_every_law_is_the_one_at_its_index() -> None:
    numbers = (0.040, 0.030, 0.045, 0.160, 120e6, 0.35)
    for i, law in enumerate(laws.FORCE_LAWS):
        assert laws.roll_force(float(i), *numbers) == law(*numbers)
    for i, law in enumerate(laws.TORQUE_LAWS):
        assert laws.roll_torque(float(i), *numbers) == law(*numbers)
    for i, law in enumerate(laws.SPREAD_LAWS):
        assert laws.exit_width(float(i), 0.04, 0.045, 0.03, 0.16, 1373.15) == law(0.04, 0.045, 0.03, 0.16, 1373.15)


def test_factors_scale_force_and_torque_and_nothing_else() -> None:
    values, changed = mill_values(), mill_values()
    changed["force_factor"][0], changed["grade_force_factor"][2] = 1.1, 0.9
    changed["grade_stand_force_factor"][2 * STANDS], changed["torque_factor"][0] = 1.05, 0.8
    usual, out = first_pass(new_mill(values)), first_pass(new_mill(changed))
    assert out["force"] == pytest.approx(usual["force"] * 1.1 * 0.9 * 1.05, rel=2e-3)
    assert out["torque"] == pytest.approx(usual["torque"] * 0.8, rel=2e-3)
    assert out["area"] == usual["area"]
    assert out["exit_mean"] == usual["exit_mean"]


def test_a_given_temperature_is_the_one_the_pass_sees() -> None:
    unit, given = new_mill(), np.full(STANDS, np.nan)
    given[4] = 1333.0
    results = whole(unit, given=given)
    assert results["entry_surface"][4] == pytest.approx(1333.0)
    assert results["force"][4] != whole(unit)["force"][4]
    assert results["force"][3] == whole(unit)["force"][3]


def test_the_same_schedule_gives_the_same_result_twice() -> None:
    unit = new_mill()
    assert whole(unit).tobytes() == whole(unit).tobytes()


def test_recrystallisation_needs_time_and_the_train_has_little() -> None:
    results = whole(new_mill(), temperature=1373.15)
    assert results["recrystallised"][1:10].min() > 0.9
    assert results["recrystallised"][11] < 0.99


def test_a_schedule_takes_less_than_a_millisecond() -> None:
    unit = new_mill()
    whole(unit)
    begun = time.process_time()
    for _ in range(50):
        whole(unit)
    assert (time.process_time() - begun) / 50 < 1e-3


def test_an_impossible_groove_is_refused_by_name() -> None:
    values = mill_values()
    values["groove_depth"][3] = 0.2
    with pytest.raises(ParameterError, match="pass 4"):
        new_mill(values)


def test_the_nominal_bar_of_the_rod_mill_is_square() -> None:
    bar = prepare.nominal_bar(new_mill(plant="rod_mill"))[0]
    assert bar["area"] == pytest.approx(0.16 * 0.16)
    assert model.RECORD["x"].fields["bar"] is not None
