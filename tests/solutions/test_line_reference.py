"""The reference solutions of the hot bar line, each on worlds small enough to know the answer."""

import csv
import itertools
import math
import random
from datetime import datetime

import pytest

from steelyard.solutions.reference import billet_model, burner_clogging_detector, burner_limit_alarm
from steelyard.solutions.reference import furnace_setpoint_optimiser as optimiser
from steelyard.solutions.reference import roll_force_adapter as adapter
from steelyard.solutions.reference import roll_force_setup as setup
from steelyard.solutions.reference.pass_mean_predictor import Solution as PassMean

ZONES = burner_clogging_detector.ZONES
FURNACE = "reheating_furnace."


# --- roll force ------------------------------------------------------------------------------------------------------


def mill(bar, number, temperature=None, force=None, grade=0.0):
    """Return the mill's signals."""
    return {adapter.BAR: bar, adapter.PASS: number, adapter.GRADE: grade, adapter.ENTRY: temperature,
            adapter.FORCE: force}  # fmt: skip


def rolled(solution, bars, slope=-0.0026, noise=0.02, seed=1):
    """Roll made-up bars of three passes; return [(relative error, inside)] of the second half."""
    luck = random.Random(seed)
    solution.start({})
    scores = []
    for bar in range(bars):
        hot = luck.gauss(0.0, 25.0)
        for number in (1.0, 2.0, 3.0):
            temperature = 1150.0 - 40.0 * number + hot
            force = 80.0 * number * math.exp(slope * hot + luck.gauss(0.0, noise))
            time_s = 100.0 * bar + 8.0 * number
            estimate = solution.predict(time_s, mill(bar, number, temperature), adapter.FORCE)
            if bar >= bars // 2:
                scores.append((estimate["value"] / force - 1.0, estimate["low"] <= force <= estimate["high"]))
            solution.observe(time_s + 1.0, mill(bar, number, temperature, force))
    return scores


def mean_error(scores):
    return sum(abs(error) for error, _ in scores) / len(scores)


def test_the_adapter_learns_how_force_falls_with_temperature():
    adapted, averaged = rolled(adapter.Solution(), 120), rolled(PassMean(), 120)
    assert mean_error(adapted) < 0.022
    assert mean_error(averaged) > 1.8 * mean_error(adapted)
    for scores in (adapted, averaged):
        assert 0.82 <= sum(inside for _, inside in scores) / len(scores) <= 0.99


def test_a_wild_force_or_temperature_does_not_spoil_the_adapter():
    solution = adapter.Solution()
    rolled(solution, 60)
    before = solution.predict(1e5, mill(900.0, 2.0, 1070.0), adapter.FORCE)["value"]
    solution.observe(1e5, mill(900.0, 2.0, 1070.0, 900.0))
    after = solution.predict(2e5, mill(901.0, 2.0, 1070.0), adapter.FORCE)["value"]
    assert after == pytest.approx(before, rel=0.03)
    for temperature in (None, 20.0, 5000.0):
        assert solution.predict(3e5, mill(902.0, 2.0, temperature), adapter.FORCE)["value"] == pytest.approx(
            before, rel=0.03
        )


def test_a_new_steel_begins_where_the_other_stands():
    solution = adapter.Solution()
    rolled(solution, 60)
    estimate = solution.predict(1e5, mill(900.0, 3.0, 1030.0, grade=1.0), adapter.FORCE)
    assert estimate["value"] == pytest.approx(240.0, rel=0.1)
    assert estimate["high"] > 1.1 * estimate["value"]


def test_a_pass_told_twice_counts_once():
    solution = PassMean()
    solution.start({})
    for force in (100.0, 100.0, 900.0):
        solution.observe(0.0, mill(1.0, 1.0, None, force))
    assert solution.predict(9.0, mill(2.0, 1.0), adapter.FORCE)["value"] == 100.0


def test_the_set_up_learns_each_steel_and_leaves_the_unknown_to_level_2():
    solution, said = setup.Solution(), {}
    solution.start({})
    for bar in range(12):
        grade = float(bar % 2)
        for number in (1.0, 2.0):
            now = mill(float(bar), number, 1100.0, 100.0 * number * (1.0 + 0.2 * grade), grade)
            said |= solution.decide(100.0 * bar + number, {**now, setup.NEXT_GRADE: 1.0})
            assert solution.decide(100.0 * bar + number + 0.5, {**now, setup.NEXT_GRADE: 1.0}) == {}
    assert said["bar_rolling.setup_force[pass_1]"] == pytest.approx(120.0, rel=0.02)
    assert said["bar_rolling.setup_force[pass_2]"] == pytest.approx(240.0, rel=0.02)
    assert "bar_rolling.setup_force[pass_3]" not in said
    softer = solution.decide(5e3, {**mill(12.0, 0.0), setup.NEXT_GRADE: 0.0})
    assert softer["bar_rolling.setup_force[pass_1]"] == pytest.approx(100.0, rel=0.02)
    unknown = solution.decide(6e3, {**mill(12.0, 0.0), setup.NEXT_GRADE: 4.0})
    assert set(unknown.values()) == {0.0}


LABELS = [*(f"R{i}" for i in range(1, 11)), *(f"F{i}" for i in range(1, 5))]


def replayed(rows, solution):
    """Return [(relative error, inside)] of R2 to R10 of the last third of the trials of each steel."""
    steels = list(dict.fromkeys(row["steel"] for row in rows))
    trials = {s: list(dict.fromkeys(row["trial"] for row in rows if row["steel"] == s)) for s in steels}
    scored = {trial for found in trials.values() for trial in found[2 * len(found) // 3 :]}
    solution.start({})
    scores = []
    for row in rows:
        begin, end = (datetime.fromisoformat(row[key]).timestamp() for key in ("start", "end"))
        number, force = LABELS.index(row["pass_label"]) + 1.0, float(row["roll_force_kN"] or "nan")
        temperature = float(row["in_temperature_C"]) if row["in_temperature_C"] else None
        now = mill(float(row["trial"][-5:]), number, temperature, grade=float(steels.index(row["steel"])))
        estimate = solution.predict(begin, now, adapter.FORCE)
        if row["trial"] in scored and 2.0 <= number <= 10.0 and force > 1.0:
            scores.append((estimate["value"] / force - 1.0, estimate["low"] <= force <= estimate["high"]))
        solution.observe(end, {**now, adapter.FORCE: None if math.isnan(force) else force})
    return scores


def test_adaptation_on_measured_bars(shared_data):
    path = shared_data / "rolling-freiberg-passes" / "passes.csv"
    if not path.is_file():
        pytest.skip("measured data not present")
    with open(path, newline="", encoding="utf-8") as file:
        rows = sorted((row for row in csv.DictReader(file) if row["steel"]), key=lambda row: row["start"])
    adapted, averaged = replayed(rows, adapter.Solution()), replayed(rows, PassMean())
    assert mean_error(adapted) < 0.026  # 2.3 % measured
    assert mean_error(averaged) > 1.2 * mean_error(adapted)  # 3.1 %
    assert sum(inside for _, inside in adapted) / len(adapted) >= 0.88


# --- burners ---------------------------------------------------------------------------------------------------------


def fired(solution, hours, flow_factor, seed=1, load=lambda hour: 50.0):
    """Run a detector over a made-up furnace; `flow_factor(zone, hour)`; return {alarm: first hour raised}."""
    luck = random.Random(seed)
    solution.start({})
    raised = {}
    for minute in range(int(60 * hours)):
        hour, signals = minute / 60.0, {}
        for k, zone in enumerate(ZONES):
            valve = min(max(load(hour) + 5.0 * math.sin(hour + k) + luck.gauss(0.0, 1.0), 3.0), 100.0)
            flow = 0.12 * valve**0.9 * flow_factor(zone, hour) * (1.0 + luck.gauss(0.0, 0.01))
            signals[f"{FURNACE}valve_position[{zone}]"] = valve
            signals[f"{FURNACE}fuel_flow[{zone}]"] = flow
            signals[f"{FURNACE}zone_temperature[{zone}]"] = 1200.0 + luck.gauss(0.0, 3.0)
            signals[f"{FURNACE}zone_setpoint[{zone}]"] = signals[f"{FURNACE}zone_reference[{zone}]"] = 1200.0
        for name, score in solution.decide(60.0 * minute, signals).items():
            assert 0.0 <= score <= 1.0
            if score >= 0.5:
                raised.setdefault(name, hour)
    return raised


def clogs(zone, hour):
    """One zone loses up to 25 % of its flow in two hours from the fourth on."""
    return 1.0 - 0.25 * min(max((hour - 4.0) / 2.0, 0.0), 1.0) if zone == "top_3" else 1.0


def test_clogging_is_found_early_and_only_where_it_is():
    raised = fired(burner_clogging_detector.Solution(), 12.0, clogs)
    assert list(raised) == ["clogging[top_3]"]
    assert 4.0 < raised["clogging[top_3]"] < 5.0
    assert fired(burner_limit_alarm.Solution(), 12.0, clogs) == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_furnace_raises_nothing_whatever_fuel_and_load_do(seed):
    def other_fuel(zone, hour):
        return 1.0 - 0.06 * (hour > 5.0) + 0.02 * math.sin(hour)

    def load(hour):
        return 12.0 if 6.0 < hour < 7.0 else 75.0 if hour > 10.0 else 50.0

    assert fired(burner_clogging_detector.Solution(), 24.0, other_fuel, seed, load) == {}


def test_the_limit_alarm_waits_and_then_stands():
    alarm = burner_limit_alarm.Solution()
    alarm.start({})
    scores = []
    for minute in range(30):
        signals = {f"{FURNACE}valve_position[{zone}]": 99.0 if zone == "top_1" else 40.0 for zone in ZONES}
        scores.append(alarm.decide(60.0 * minute, signals))
    assert scores[14]["clogging[top_1]"] < 0.5 <= scores[15]["clogging[top_1]"]
    assert scores[29]["clogging[bottom_4]"] == 0.0
    alarm.start({})
    cold = {f"{FURNACE}zone_temperature[top_1]": 1100.0, f"{FURNACE}zone_reference[top_1]": 1200.0}
    assert [alarm.decide(6e4 + t, cold)["clogging[top_1]"] for t in (0.0, 900.0)] == [0.0, 1.0]


# --- furnace ---------------------------------------------------------------------------------------------------------


def test_a_billet_warms_towards_its_zone_and_faster_when_thin():
    thin, thick = (billet_model.Billet(20.0, d, 1150.0) for d in (0.05, 0.1))
    for billet in (thin, thick):
        billet.heat(1200.0, 1200.0, 0.5)
    assert 20.0 < thick.temperature < thin.temperature < 1200.0
    thin.heat(1200.0, 36000.0, 0.5)
    assert thin.temperature == pytest.approx(1200.0, abs=0.1)
    assert thick.sensitivity > 10.0 > abs(thin.sensitivity)
    assert billet_model.difference(1100.0, 1200.0, 0.5, 0.05) > billet_model.difference(1190.0, 1200.0, 0.5, 0.05) > 0.0


def test_heating_closes_to_the_flux():
    """A small step takes up what falls on it: rho c d / 4 dT = q dt."""
    rise = billet_model.warmed(900.0, 1200.0, 0.1, 0.5, 0.05) - 900.0
    flux = 0.5 * 5.670e-8 * (1473.15**4 - 1173.15**4)
    assert rise * 7500.0 * billet_model.heat_capacity(900.0) * 0.05 / 4.0 == pytest.approx(0.1 * flux, rel=0.001)


def test_the_exchange_factor_is_learned_from_the_pyrometer():
    learned, luck = billet_model.Exchange(0.5, -12.0), random.Random(1)
    for number in range(150):
        seconds = 500.0 + 20.0 * (number % 20)
        true, model = (billet_model.Billet(20.0, 0.08, 1150.0) for _ in range(2))
        true.heat(1200.0, seconds, 0.36)
        model.heat(1200.0, seconds, learned.value)
        learned.learn(true.temperature - 12.0 + luck.gauss(0.0, 5.0), model.temperature, model.sensitivity)
    assert learned.value == pytest.approx(0.36, rel=0.05)
    assert abs(learned.offset + 12.0) < 8.0


def furnace(pace=110.0, delay=0.0, thickness=50.0, **changes):
    """Return the signals of a furnace in even operation: every slot full, one billet every `pace` seconds."""
    named = {"line.delay_remaining": delay, optimiser.PYROMETER: 1140.0}
    for k in range(8):
        named[optimiser.TEMPERATURES[k]] = named[optimiser.IN_FORCE[k]] = (1000.0, 1100.0, 1200.0, 1190.0)[k % 4]
    for i in range(30):
        values = {"number": 30.0 - i, "charge_temperature": 20.0, "thickness": thickness, "target": 1150.0}
        values |= {"time": i * pace / 60.0, "remaining_time": (30.0 - i) * pace / 60.0 + delay}
        named.update({f"{FURNACE}slot_{name}[{i}]": value for name, value in values.items()})
    return {**named, **changes}


def settled(minutes=70, **changes):
    """Return what the optimiser has set after some minutes in a furnace that does not move."""
    solution = optimiser.Solution()
    solution.start({})
    return [solution.decide(60.0 * minute, furnace(**changes)) for minute in range(minutes)]


def test_the_optimiser_watches_then_moves_at_a_limited_rate():
    found = settled()
    assert all(one == {} for one in found[:30])
    for before, after in itertools.pairwise(found[30:]):
        for name in optimiser.SETPOINTS:
            assert -optimiser.DOWN - 0.11 <= after[name] - before[name] <= optimiser.UP + 0.11
    assert set(found[-1]) == set(optimiser.SETPOINTS)


def test_more_time_means_lower_set_points():
    cases = ({"pace": 110.0}, {"pace": 150.0}, {"pace": 110.0, "delay": 60.0})
    usual, slow, waiting = (settled(thickness=250.0, **case)[-1] for case in cases)
    name = "reheating_furnace.zone_setpoint[top_3]"
    assert slow[name] < usual[name]
    assert waiting[name] < usual[name]


def test_the_optimiser_keeps_near_the_table_and_copes_with_missing_signals():
    for changes in ({"pace": 20.0}, {"pace": 900.0}):
        for k, name in enumerate(optimiser.SETPOINTS):
            table = (1000.0, 1100.0, 1200.0, 1190.0)[k % 4]
            value = settled(120, **changes)[-1][name]
            assert (
                max(table - optimiser.BELOW[k % 4], optimiser.LOWEST) - 1.0
                <= value
                <= table + optimiser.ABOVE[k % 4] + 1.0
            )
    solution = optimiser.Solution()
    solution.start({})
    for minute in range(30):
        blind = {name: None if minute % 2 else value for name, value in furnace().items()}
        solution.decide(60.0 * minute, blind)
    empty = {name: 0.0 if "slot_" in name else value for name, value in furnace().items()}
    assert set(solution.decide(1800.0, empty)) == set(optimiser.SETPOINTS)
