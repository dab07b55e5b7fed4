"""Campaign trials on the hot bar line: A/A, a bad controller, end states, words, the shipped plan."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from steelyard.errors import DataError
from steelyard.trials.campaign import _Loop, run_baseline
from steelyard.trials.kpi import RunRecord
from steelyard.trials.plan import load_plan, plan_from, plan_from_record
from steelyard.trials.report import write
from steelyard.trials.run import run_trial
from steelyard.trials.safety import Monitor
from steelyard.trials.subjects import subject
from steelyard.trials.subjects.hot_bar_line import figures_of, kpi
from steelyard.trials.verify import verify
from steelyard.trials.world import open_plant

from .conftest import SOLUTIONS

LINE = subject("hot_bar_line")
PRICES = dict.fromkeys(kpi.ITEMS, 1.0)


def line_plan(path: str, **sections):
    """A campaign plan of a few bars; `sections` replace single values."""
    raw = {
        "trial": {"id": "small line", "kind": "campaign"},
        "plant": {"process": "hot_bar_line"},
        "solution": {"path": path, "kind": "controller"},
        "suite": {"scenarios": ["normal"], "seed": 5},
        "statistics": {"resamples": 999},
        "runs": {"campaigns": 2, "bars": 20, "warmup_bars": 20, "floor_campaigns": 2, "oracle": False},
        "primary": [{"kpi": "fuel_gj_per_t", "margin": 0.02}],
        "guardrails": [{"kpi": "exit_outside_share", "margin": 2.0}],
    }
    for name, values in sections.items():
        raw[name] = {**raw.get(name, {}), **values} if isinstance(values, dict) else values
    return plan_from(raw, SOLUTIONS, "small plan")


@pytest.fixture(scope="module")
def silent_line_report():
    """The report of a trial of a controller that never writes."""
    return run_trial(line_plan("silent_line_controller.py"))


def bars(count: int = 4, **values) -> np.ndarray:
    """A log of equal bars of 10 kg, one every 90 s, 15 MJ of fuel each, on target."""
    names = [*kpi.BAR_COLUMNS, "grade", "highest_zone_temperature", "exit_surface_temperature", "exit_core_temperature"]
    shapes = {"force": (16,), "expected_force": (16,)}
    table = np.zeros(count, dtype=[(name, "f8", shapes.get(name, ())) for name in dict.fromkeys(names)])
    usual = {
        "mass": 10.0, "exit_temperature": 1430.0, "target_temperature": 1430.0, "exit_surface_temperature": 1430.0,
        "exit_core_temperature": 1430.0, "fuel_energy": 15e6, "furnace_heat": 1e9, "emission": 0.8, "scale_loss": 0.1,
        "electric_energy": 3.6e6, "finish_temperature": 1200.0, "highest_zone_temperature": 1500.0,
        "discharge_time": 90.0 * np.arange(count),
    }  # fmt: skip
    for name, value in {**usual, **values}.items():
        table[name] = value
    return table


def record(log: np.ndarray) -> RunRecord:
    return RunRecord(log, PRICES)


def test_a_controller_that_never_writes_changes_nothing_at_all(silent_line_report):
    """A/A through the whole machine: lock-step with a solution and the fused baseline give the same bytes."""
    assert silent_line_report["verdict"] == "not worse"
    primary = silent_line_report["primary"]
    assert (primary["effect"], primary["low"], primary["high"]) == (0.0, 0.0, 0.0)
    for run in silent_line_report["result"]["runs"]:
        assert run["solution"] == run["baseline"]
        assert run["solution_violations"] == run["baseline_violations"]
    resolution = silent_line_report["result"]["resolution"]
    assert resolution["planned_paired"] > 0.0
    assert resolution["planned_unpaired"] > resolution["planned_paired"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report_speaks_of_bars_in_both_languages_and_verifies(silent_line_report, tmp_path, lang):
    page = write(dict(silent_line_report), tmp_path, lang).read_text(encoding="utf-8")
    said = {
        "en": (
            "20 bars",
            "hot bar line",
            "won/t",
            "scale, descaling and cooling bed: published and analytic cases only",
        ),
        "ko": ("봉 20개", "봉강 압연 라인", "연료 원단위", "실측값이 없습니다"),
    }[lang]
    assert all(word in page for word in said)
    assert not any(word in page for word in ("heats", "히트", "ladle", "NaN", "None", "{products}"))
    stored = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["result"]["plan"]
    assert (stored["runs"]["bars"], stored["runs"]["warmup_bars"]) == (20, 20)
    assert not any("heats" in key for section in stored.values() if isinstance(section, dict) for key in section)
    if lang == "en":
        assert verify(tmp_path / "report.json")["verified"] is True


def test_a_cold_furnace_saves_on_the_meter_and_fails():
    report = run_trial(line_plan("cold_furnace_controller.py"))
    kpis = report["result"]["results"]["kpis"]
    assert kpis["fuel_raw_gj_per_t"]["effect"] < -0.2
    assert kpis["fuel_gj_per_t"]["effect"] > kpis["fuel_raw_gj_per_t"]["effect"]
    assert kpis["exit_outside_share"]["solution"] > 50.0
    assert report["verdict"] in ("worse", "unsafe")


@given(some.floats(-5e8, 5e8))
def test_heat_taken_from_the_walls_buys_nothing(joule):
    """Fuel replaced by heat of the walls at the marginal efficiency leaves the equalised KPI as it is."""
    log = bars(4)
    log["furnace_heat"][-1] -= joule
    log["fuel_energy"][1:] -= joule / kpi.MARGINAL_EFFICIENCY / 3.0
    assert kpi.fuel(record(log)) == pytest.approx(1.5, abs=1e-9)


@given(some.floats(0.0, 100.0))
def test_a_colder_bar_buys_nothing_and_a_hotter_one_earns_nothing(kelvin):
    joule = kelvin * 10.0 * kpi.STEEL_HEAT_CAPACITY / kpi.MARGINAL_EFFICIENCY
    colder = bars(4, exit_temperature=1430.0 - kelvin, fuel_energy=15e6 - joule)
    hotter = bars(4, exit_temperature=1430.0 + kelvin, fuel_energy=15e6 + joule)
    assert kpi.fuel(record(colder)) == pytest.approx(1.5, abs=1e-9)
    assert kpi.fuel(record(hotter)) == pytest.approx(1.5 + joule / 10.0 / 1e6, abs=1e-9)


def test_values_and_units_of_plain_bars():
    found = kpi.evaluate(record(bars(5)))
    assert found["fuel_raw_gj_per_t"] == pytest.approx(1.5)
    assert found["throughput_per_h"] == pytest.approx(40.0)
    assert found["scale_loss_percent"] == pytest.approx(1.0)
    assert found["electricity_kwh_per_t"] == pytest.approx(100.0)
    assert found["cost_won_per_t"] == pytest.approx(sum(kpi.cost_parts(record(bars(5))).values()))
    lost = bars(5)
    lost["cobble"][2] = 1.0
    assert kpi.evaluate(record(lost))["throughput_per_h"] == pytest.approx(30.0)
    assert kpi.evaluate(record(lost))["trouble_per_100"] == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        ("steel_too_hot", {"exit_core_temperature": 1572.0}, {"exit_core_temperature": 1574.0}),
        ("zone_too_hot", {"highest_zone_temperature": 1572.0}, {"highest_zone_temperature": 1574.0}),
        ("cobble", {"cobble": 0.0}, {"cobble": 1.0}),
        ("overload", {"overload": 0.0}, {"overload": 1.0}),
        ("cold_bar", {"cold": 0.0}, {"cold": 1.0}),
        ("far_off_target", {"exit_temperature": 1381.0}, {"exit_temperature": 1379.0}),
        ("uneven", {"exit_difference": 39.0}, {"exit_difference": 41.0}),
    ],
)
def test_a_limit_counts_bars_beyond_it(limit, within, beyond):
    monitor = Monitor(LINE.limits, LINE.board_limits)
    assert monitor.counts(bars(3, **within))[limit] == 0
    assert monitor.counts(bars(3, **beyond))[limit] == 3


def test_every_kpi_is_declared_in_two_languages_and_a_short_log_is_refused():
    for kpis in LINE.kpis.values():
        for one in kpis.values():
            assert set(one.name) == set(one.description) == {"en", "ko"}
            assert one.low < one.high
    with pytest.raises(DataError, match="departed bar"):
        kpi.evaluate(record(bars(1)))
    with pytest.raises(DataError, match="no column"):
        kpi.evaluate(record(np.zeros(3, dtype=[("mass", "f8")])))


def test_key_figures_of_a_log_need_no_prices():
    assert {row["id"] for row in figures_of(bars(5))} < set(kpi.CATALOGUE)
    assert all(row["value"] is None for row in figures_of(bars(0)))
    assert all(np.isfinite(row["value"]) for row in figures_of(bars(5)))


def test_a_plan_of_the_line_counts_bars_not_heats():
    plan = line_plan("silent_line_controller.py")
    again = plan_from_record(plan.record(), SOLUTIONS, {"solution": str(plan.solution_path())})
    assert again.hash() == plan.hash()
    assert plan.with_changes(runs={"bars": 30}).runs.products == 30
    assert plan.plant.parameters == "pilot"
    with pytest.raises(DataError, match="heats is not known there; known are: campaigns, bars, warmup_bars"):
        plan.with_changes(runs={"heats": 30})
    with pytest.raises(DataError, match=r"warmup_bars \+ bars is above 400"):
        plan.with_changes(runs={"bars": 400})
    with pytest.raises(DataError, match="campaign trial takes"):
        plan.with_changes(solution={"kind": "advisor"})


def test_the_shipped_plan_asks_for_fuel_and_guards_the_bars():
    plan = load_plan("furnace")
    assert [target.kpi for target in plan.primary] == ["fuel_gj_per_t"]
    assert {"exit_outside_share", "difference_p95_k", "scale_loss_percent", "throughput_per_h", "trouble_per_100",
            "diameter_mm"} <= {target.kpi for target in plan.guardrails}  # fmt: skip
    assert plan.prices().units["fuel"] == "won/GJ"
    assert {"normal", "mixed_grades", "mill_delays", "thermocouple_drift", "dirty_pyrometer", "fuel_quality"} <= set(
        plan.suite.scenarios
    )
    assert plan.runs.campaigns % len(plan.suite.scenarios) == 0


def test_in_fallback_the_zones_return_to_level_2():
    given = []

    def decide(time_s, signals):
        given.append(time_s)
        host.fallback = len(given) >= 3
        return SimpleNamespace(set={"reheating_furnace.zone_setpoint[top_4]": 1000.0})

    host = SimpleNamespace(
        hello=SimpleNamespace(kind="controller", interval_s=60.0, writes=("reheating_furnace.zone_setpoint[top_4]",)),
        fallback=False, faults={}, reasons=[], reads=lambda: ["line.bars_rolled"], start=lambda run, world: None,
        decide=decide,
    )  # fmt: skip
    world = open_plant(line_plan("silent_line_controller.py"), 1).open(3, "normal")
    loop = _Loop(world, host)
    for i in range(4):
        world.advance(60)
        loop.decide(loop.look())
        shown = world.board.read(["reheating_furnace.zone_setpoint[top_4]"])[0]
        assert shown == pytest.approx(1000.0 if i < 2 else 0.0)


def test_looking_at_a_run_does_not_change_it_and_mirrored_luck_does():
    plant = open_plant(line_plan("silent_line_controller.py"), 1)
    fused = run_baseline(plant.open(9, "mill_delays"), 5, 15)
    watched = run_baseline(plant.open(9, "mill_delays"), 5, 15, trace_s=60)
    mirrored = run_baseline(plant.open_mirrored(9, "mill_delays"), 5, 15)
    assert fused.log.tobytes() == watched.log.tobytes()
    assert len(watched.trace["exits"]) == 15
    assert watched.trace["zones"]
    assert np.array_equal(fused.log["charge_temperature"], mirrored.log["charge_temperature"])
    assert not np.array_equal(fused.log["fuel_energy"], mirrored.log["fuel_energy"])


def test_plausible_lines_differ_and_the_ensemble_uses_them():
    plan = line_plan("silent_line_controller.py", runs={"bars": 8, "warmup_bars": 2, "floor_campaigns": 0},
                     ensemble={"draws": 2, "campaigns": 2})  # fmt: skip
    report = run_trial(plan)
    found = report["result"]["ensemble"]
    assert (found["holds"], len(found["draws"])) == (2, 2)
    fuel = {run["draw"]: run["baseline"]["fuel_gj_per_t"] for run in report["result"]["runs"]}
    assert len(set(fuel.values())) == 3


@pytest.mark.slow
def test_the_set_point_optimiser_saves_fuel_under_its_guardrails():
    changes = {"runs": {"campaigns": 12, "bars": 80, "warmup_bars": 40, "floor_campaigns": 4}}
    report = run_trial(load_plan("furnace").with_changes(**changes))
    assert report["verdict"] == "better"
    assert report["primary"]["high"] < 0.0


def test_a_twin_brings_its_mill_and_the_rest_is_drawn_from_the_priors():
    shipped = LINE.shipped("pilot")
    mills = [{**shipped.mill, "radiation_factor": value} for value in (1.1, 1.2, 1.3)]
    twin = SimpleNamespace(plant="pilot", values=lambda: mills[0], draws=lambda n, seed: mills[1 : n + 1])
    values, draws = LINE.from_twin(twin, 2, 7)
    assert values.mill == mills[0]
    assert values.furnace == shipped.furnace
    assert [draw.mill for draw in draws] == mills[1:]
    assert all(draw.furnace != shipped.furnace for draw in draws)
    assert LINE.from_twin(twin, 0, 7)[1] == []
