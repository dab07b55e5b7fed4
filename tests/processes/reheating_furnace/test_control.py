"""Level 1 holds, trips and cross-limits the zones; level 2 knows the steel and the delay; faults show themselves."""

import numpy as np
import pytest

from steelyard.processes.reheating_furnace import model
from steelyard.processes.reheating_furnace.warm import zone_of_slots

CELSIUS = 273.15
TOP_2, TOP_3, BOTTOM_2 = 1, 2, 5


def test_in_normal_production_the_bars_leave_at_their_target(rig):
    furnace = rig("warm")
    exits, differences = [], []
    for _ in range(12):
        furnace.produce(90.0)
        exits.append(float(furnace.out["temperature"]) - CELSIUS)
        differences.append(abs(float(furnace.out["surface_temperature"] - furnace.out["core_temperature"])))
    assert max(abs(t - 1157.0) for t in exits) < 10.0
    assert max(differences) < 10.0
    assert 3.0 < float(furnace.out["skid_difference"]) < 40.0
    assert 50e-6 < float(furnace.out["scale"]) < 600e-6
    assert 0.05e-3 < float(furnace.out["decarburised_depth"]) < 1e-3


def test_zones_are_held_at_their_set_points(rig):
    furnace = rig("warm")
    furnace.produce(1800.0)
    y = furnace.unit["y"]
    assert abs(y["zone_temperature"] - y["zone_reference"]).max() < 5.0
    assert ((y["valve_position"] > 0.0) & (y["valve_position"] < 1.0)).all()


def test_an_order_replaces_the_table_and_the_neutral_value_gives_it_back(rig):
    furnace = rig("warm")
    table = float(furnace.unit["y"]["zone_reference"][TOP_3])
    furnace.unit["u"]["zone_setpoint"][TOP_3] = table + 30.0
    furnace.produce(3600.0)
    assert float(furnace.unit["y"]["zone_reference"][TOP_3]) == table + 30.0
    assert float(furnace.unit["y"]["zone_temperature"][TOP_3]) == pytest.approx(table + 30.0, abs=5.0)
    furnace.unit["u"]["zone_setpoint"][TOP_3] = CELSIUS
    furnace.produce(60.0)
    assert float(furnace.unit["y"]["zone_reference"][TOP_3]) == pytest.approx(table, abs=2.0)


def test_lower_set_points_in_the_first_zones_save_fuel_at_the_same_exit_temperature(rig):
    fuel, exits = [], []
    for change in (0.0, -80.0):
        furnace = rig("warm")
        if change:
            for z in (0, 1, 4, 5):
                furnace.unit["u"]["zone_setpoint"][z] = furnace.unit["y"]["zone_reference"][z] + change
        furnace.produce(2 * 3600.0)
        before = float(furnace.unit["y"]["fuel_energy"])
        furnace.produce(2 * 3600.0)
        fuel.append(float(furnace.unit["y"]["fuel_energy"]) - before)
        exits.append(float(furnace.out["temperature"]))
    assert fuel[1] < 0.99 * fuel[0]
    assert abs(exits[1] - exits[0]) < 10.0


def test_level_2_lowers_the_set_points_in_a_delay_and_brings_them_back_before_its_end(rig):
    furnace = rig("warm")
    before = furnace.unit["y"]["zone_reference"].copy()
    furnace.unit["x"]["announced_delay"] = 40 * 60.0
    furnace.step(20.0)
    assert (furnace.unit["y"]["zone_reference"] <= before - 75.0).all()
    furnace.unit["x"]["announced_delay"] = 5 * 60.0
    furnace.step(20.0)
    assert furnace.unit["y"]["zone_reference"] == pytest.approx(before, abs=0.5)


def test_level_2_follows_target_thickness_pace_and_hot_charge(rig):
    furnace = rig("warm")
    x = furnace.unit["x"]
    x["announced_delay"], x["pace"] = 0.0, 90.0
    normal = furnace.step(20.0).unit["y"]["zone_reference"].copy()
    for name, value, sign in (("target", 1458.15, 1.0), ("thickness", 0.06, 1.0), ("charge_temperature", 873.15, -1.0)):
        changed = furnace.record.copy()
        changed["x"][name] = value
        for _ in range(20):
            model.furnace_step(changed.view(np.recarray)[0], 7, 1.0)
        moved = changed[0]["y"]["zone_reference"] - normal
        assert (sign * moved > 0.0).all(), name
    x["pace"] = 180.0
    furnace.step(20.0)
    assert (furnace.unit["y"]["zone_reference"] < normal).all()


def test_a_zone_above_its_limit_trips_with_an_alarm_and_burns_again_below_it(rig):
    furnace = rig("warm")
    furnace.unit["p"]["zone_limit"] = float(furnace.unit["y"]["zone_temperature"][TOP_3]) - 5.0
    furnace.step(120.0)
    y = furnace.unit["y"]
    assert float(y["zone_alarm"][TOP_3]) == 1.0
    assert float(y["fuel_flow"][TOP_3]) < 1e-3 * float(y["fuel_flow"].max())
    furnace.unit["p"]["zone_limit"] = 1290.0 + CELSIUS
    furnace.step(600.0)
    assert float(y["zone_alarm"][TOP_3]) == 0.0
    assert float(y["fuel_flow"][TOP_3]) > 0.0


def test_fuel_waits_for_its_air(rig):
    furnace = rig("warm")
    y = furnace.unit["y"]
    furnace.step(120.0)
    furnace.unit["u"]["zone_setpoint"] = 1250.0 + CELSIUS
    for _ in range(60):
        furnace.step(1.0)
        least = y["fuel_flow"] * 9.3
        burning = y["fuel_flow"] > 0.02 * y["fuel_flow"].max()
        assert (y["air_flow"][burning] > least[burning]).all()


def test_level_1_believes_its_instruments(rig):
    furnace = rig("empty")
    for _ in range(3600):
        model.trust_outputs(furnace.unit)
        furnace.unit["u"]["measured_temperature"][TOP_3] -= 25.0
        furnace.step(1.0)
    y = furnace.unit["y"]
    assert float(y["zone_temperature"][TOP_3] - y["zone_reference"][TOP_3]) == pytest.approx(25.0, abs=4.0)


@pytest.mark.parametrize(
    ("wire", "lie", "shows"),
    [("measured_oxygen", 0.015, "flue_oxygen"), ("measured_pressure", 15.0, "furnace_pressure")],
)
def test_a_lying_analyser_misleads_the_trim_and_a_lying_gauge_the_damper(rig, wire, lie, shows):
    honest, misled = rig("warm"), rig("warm")
    for furnace in (honest, misled):
        for _ in range(900):
            model.trust_outputs(furnace.unit)
            if furnace is misled:
                furnace.unit["u"][wire] += lie
            furnace.step(1.0)
    assert float(misled.unit["y"][shows]) < float(honest.unit["y"][shows]) - 0.4 * lie


def test_trusted_outputs_are_as_good_as_no_wires(rig):
    wired, bare = rig("warm"), rig("warm")
    for furnace in (wired, bare):
        for _ in range(300):
            if furnace is wired:
                model.trust_outputs(furnace.unit)
            furnace.step(1.0)
    assert wired.unit["y"]["zone_temperature"] == pytest.approx(bare.unit["y"]["zone_temperature"], abs=0.5)


def test_clogging_opens_the_valve_for_the_same_fuel(rig):
    healthy, clogged = rig("warm"), rig("warm", "burner_clogging_bottom_2", 0.6)
    for furnace in (healthy, clogged):
        furnace.produce(2 * 3600.0)
    a, b = healthy.unit["y"], clogged.unit["y"]
    assert float(b["fuel_flow"][BOTTOM_2]) == pytest.approx(float(a["fuel_flow"][BOTTOM_2]), rel=0.15)
    ratio = b["valve_position"] / b["fuel_flow"] / (a["valve_position"] / a["fuel_flow"])
    assert float(ratio[BOTTOM_2]) == pytest.approx(1.0 / 0.7, rel=1e-6)
    assert np.delete(ratio, BOTTOM_2) == pytest.approx(1.0, rel=1e-6)


def test_growing_clogging_grows_with_burning_time(rig):
    furnace = rig("warm", "burner_clogging_growth", 1.0)
    furnace.produce(3600.0)
    assert float(furnace.unit["x"]["clogging"][TOP_2]) == pytest.approx(0.4 * 3600.0 / (21 * 86400.0), rel=0.01)


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("excess_air", lambda a, b: b["flue_oxygen"] > a["flue_oxygen"] + 0.02),
        ("recuperator_fouling", lambda a, b: b["air_temperature"] < a["air_temperature"] - 60.0),
        ("pressure_control", lambda a, b: b["furnace_pressure"] < -5.0 and b["fuel_energy"] > 1.02 * a["fuel_energy"]),
        ("skid_insulation", lambda a, b: b["skid_heat"] > 2.0 * a["skid_heat"]),
        ("refractory_spall", lambda a, b: b["shell_temperature"][1] > a["shell_temperature"][1] + 50.0),
        ("lean_fuel", lambda a, b: b["fuel_flow"].sum() > 1.04 * a["fuel_flow"].sum()),
    ],
)
def test_a_fault_shows_where_a_furnace_man_would_look(rig, fault, shows):
    healthy, broken = rig("warm"), rig("warm", fault, 1.0)
    for furnace in (healthy, broken):
        furnace.produce(4 * 3600.0)
    assert shows(healthy.unit["y"], broken.unit["y"])


def test_lost_skid_insulation_deepens_the_skid_mark(rig):
    marks = []
    for severity in (0.0, 1.0):
        furnace = rig("warm", "skid_insulation", severity)
        furnace.produce(3600.0)
        marks.append(float(furnace.out["skid_difference"]))
    assert marks[1] > 1.4 * marks[0]


def test_the_beam_moves_only_into_a_free_slot_and_takes_its_time(rig):
    furnace = rig("warm")
    unit = furnace.unit
    furnace.step(60.0)
    assert model.ready(unit)
    assert not model.can_walk(unit)
    assert not model.walk(unit)
    numbers = unit["x"]["number"].copy()
    model.discharge(unit, furnace.out, 0.0)
    assert float(furnace.out["number"]) == numbers[29]
    assert model.walk(unit)
    assert unit["x"]["number"][1:] == pytest.approx(numbers[:-1])
    assert not model.can_charge(unit)
    furnace.step(30.0)
    assert model.can_charge(unit)


def test_slots_know_their_zone_and_their_remaining_time(rig):
    furnace = rig("warm")
    zones = zone_of_slots(furnace.unit)
    assert zones == sorted(zones)
    assert set(zones) == {1, 2, 3, 4}
    furnace.unit["x"]["announced_delay"] = 600.0
    furnace.step(1.0)
    remaining = furnace.unit["y"]["slot_remaining_time"]
    assert remaining[29] == pytest.approx(600.0)
    assert remaining[0] == pytest.approx(600.0 + 29 * 90.0)


def test_hot_charging_saves_fuel(rig):
    fuel = []
    for celsius in (20.0, 500.0):
        furnace = rig("warm")
        furnace.piece["temperature"] = celsius + CELSIUS
        furnace.produce(5 * 3600.0)
        before = float(furnace.unit["y"]["fuel_energy"])
        furnace.produce(2 * 3600.0)
        fuel.append(float(furnace.unit["y"]["fuel_energy"]) - before)
    assert fuel[1] < 0.85 * fuel[0]
