"""Campaign trials on the virtual works: A/A, bad solutions, faults, determinism, verification."""

import json
import resource
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from steelyard.errors import DataError, SolutionError
from steelyard.solutions.host import Host
from steelyard.trials.campaign import _Loop, run_baseline, run_solution
from steelyard.trials.canonical import digest
from steelyard.trials.executor import run_lanes
from steelyard.trials.kpi import RunRecord
from steelyard.trials.report import write
from steelyard.trials.run import board_infos as infos
from steelyard.trials.run import run_trial
from steelyard.trials.subjects.ladle_furnace.kpi import energy
from steelyard.trials.subjects.ladle_furnace.truth import undissolved_kelvin
from steelyard.trials.verify import verify
from steelyard.trials.world import open_plant
from steelyard.units import from_si

from .conftest import SOLUTIONS, small_plan


def test_an_advisor_that_never_advises_changes_nothing_at_all(silent_report):
    """A/A through the whole machine: lock-step with a solution and the fused baseline give the same bytes."""
    result = silent_report["result"]
    assert silent_report["verdict"] == "not worse"
    assert silent_report["primary"]["effect"] == 0.0
    assert (silent_report["primary"]["low"], silent_report["primary"]["high"]) == (0.0, 0.0)
    for run in result["runs"]:
        assert {k: v for k, v in run["solution"].items() if k != "interventions_per_heat"} == {
            k: v for k, v in run["baseline"].items() if k != "interventions_per_heat"
        }
    assert result["resolution"]["planned_paired"] > 0.0
    assert result["resolution"]["planned_unpaired"] > 0.0


def test_the_heavy_handed_controller_fails():
    report = run_trial(small_plan("reference:heavy_handed_controller", "controller", runs={"campaigns": 6}))
    assert report["verdict"] in ("worse", "unsafe")


def test_a_good_advisor_is_found_better():
    report = run_trial(small_plan("reference:arc_energy_advisor", runs={"campaigns": 10, "heats": 12}))
    assert report["verdict"] == "better"
    assert report["primary"]["high"] < 0.0
    assert sum(run["advice_taken"] for run in report["result"]["runs"]) > 0


@pytest.mark.parametrize(
    ("name", "kind", "fault"),
    [
        ("crashing_advisor.py", "advisor", "crashed"),
        ("hanging_advisor.py", "advisor", "hung"),
        ("nonsense_advisor.py", "advisor", "nonsense"),
        ("forbidden_controller.py", "controller", "forbidden"),
    ],
)
def test_a_broken_solution_ends_in_counted_interventions_and_a_finished_report(name, kind, fault, tmp_path):
    runs = {"campaigns": 2, "heats": 1, "warmup_heats": 0, "decision_timeout_s": 0.2, "floor_campaigns": 0}
    report = run_trial(small_plan(name, kind, runs=runs))
    result = report["result"]
    assert sum(run["faults"][fault] for run in result["runs"]) > 0
    assert all(run["solution"]["interventions_per_heat"] > 0 for run in result["runs"])
    page = write(report, tmp_path, "en").read_text(encoding="utf-8")
    assert fault in page
    if fault in ("crashed", "hung"):
        assert report["verdict"] == "worse"
        assert result["runs"][0]["solution"]["fallback_share"] > 50.0
    else:
        assert report["primary"]["effect"] == 0.0
        said = " ".join(condition["en"] for condition in result["verdict"]["conditions"])
        assert "never acted" in said
        assert "were refused or faulty" in said


def test_what_the_board_refuses_is_counted_and_not_executed():
    """Even a host that lets everything through cannot write what the board forbids."""

    class Host:
        fallback, faults, reasons = False, {}, []

        class hello:  # noqa: N801
            kind, interval_s, writes = "advisor", 60.0, ("operator.heating_energy_advice",)

        def reads(self):
            return ["ladle_furnace.heat_number"]

        def start(self, run, world=None):
            pass

        def decide(self, time_s, signals):
            class Answer:
                set = {"ladle_furnace.arc_power_setpoint": 14.0, "operator.heating_energy_advice": 99.0}

            return Answer()

    plant = open_plant(small_plan("silent_advisor.py"), 1)
    arm = run_solution(plant.open(5, "normal"), Host(), {}, 0, 1)
    base = run_baseline(plant.open(5, "normal"), 0, 1)
    assert arm.counts["refused"] == 2 * arm.counts["decisions"] > 0
    assert arm.counts["written"] == 0
    assert arm.log.tobytes() == base.log.tobytes()


def _reference_controller(argon: float):
    """A host stub that runs the reference planner as a controller, in this process, with a fixed argon flow."""
    from steelyard.solutions.reference import arc_energy_advisor as reference

    def answer(energy):
        wanted = -1.0 if energy is None else round(energy, 3)
        both = {"operator.heating_energy_setpoint": wanted, "ladle_furnace.argon_flow_setpoint": argon}
        return SimpleNamespace(set=both)

    def decide(time_s, signals):
        known = {name: None if value != value else value for name, value in signals.items()}
        return answer(host.planner.energy(time_s, known))

    writes = ("operator.heating_energy_setpoint", "ladle_furnace.argon_flow_setpoint")
    host = SimpleNamespace(
        hello=SimpleNamespace(kind="controller", interval_s=10.0, writes=writes), fallback=False, faults={}, reasons=[],
        reads=lambda: list(reference.Solution.reads), decide=decide,
        start=lambda run, world: setattr(host, "planner", reference.Planner(run)),
    )  # fmt: skip
    return host


@pytest.mark.parametrize("flow", [60.0, 10.0])
def test_argon_turned_down_buys_no_energy_that_is_not_real(flow):
    """Without an open eye gentle stirring loses no less heat; a saving then would be what has not dissolved yet.

    The saving is taken where it is claimed, in the equalised KPI; two standard errors are the noise. At
    10 NL/min the KPI without the price of undissolved additions fails this (0.49 kWh/t, standard error 0.17).
    """
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    plant.values.furnace["eye_loss"] = 0.0
    practice, run = from_si(plant.values.practice["argon_flow"], "NL/min"), {"plant": plant.sheet()}
    savings, unsettled = [], []
    for seed in range(10):
        hosts = (_reference_controller(practice), _reference_controller(flow))
        arms = [run_solution(plant.open(seed, "normal"), host, run, 1, 8) for host in hosts]
        usual, thin = (energy(RunRecord(arm.log, {})) for arm in arms)
        savings.append(usual - thin)
        unsettled.append([float(np.mean(undissolved_kelvin(arm.log))) for arm in arms])
    assert np.mean(unsettled, axis=0)[1] > 2.0 * np.mean(unsettled, axis=0)[0]  # it is played: more is left undissolved
    assert np.mean(savings) <= 2.0 * np.std(savings, ddof=1) / np.sqrt(len(savings))


def test_argon_turned_down_does_not_come_out_better():
    """With an open eye it really loses less heat, and pays with undissolved additions: the soft limits hold it."""
    runs = {"campaigns": 12, "heats": 12}
    rails = [{"kpi": "soft_violations_per_heat", "margin": 0.05}]
    primary = [{"kpi": "energy_kwh_per_t", "margin": 0.5}]
    plan = small_plan("thin_argon_controller.py", "controller", primary=primary, guardrails=rails, runs=runs)
    report = run_trial(plan)
    assert report["primary"]["high"] < 0.0
    assert report["verdict"] == "worse"
    assert sum(run["solution_violations"]["undissolved"] for run in report["result"]["runs"]) > 0


def test_the_practice_hardly_breaks_the_soft_limits_on_mixing():
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    counted = [run_baseline(plant.open(seed, "normal"), 1, 20).violations for seed in range(10)]
    assert sum(one["stratified"] for one in counted) == 0
    assert sum(one["undissolved"] for one in counted) <= 4  # of 200 heats
    assert sum(one["shell_too_hot"] + one["arc_tripped"] for one in counted) == 0


def test_both_arms_are_judged_alike_when_the_plant_itself_is_hot():
    """A lining so poor that every shell is too hot: the fused baseline counts the same heats as the solution."""
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    plant.values.furnace["wall_conductivity"] = [3.0 * k for k in plant.values.furnace["wall_conductivity"]]
    runs = {"campaigns": 2, "heats": 3}
    base = run_baseline(plant.open(3, "normal"), 0, runs["heats"])
    with Host(SOLUTIONS / "silent_advisor.py", signals=infos("ladle_furnace")) as host:
        host.open()
        arm = run_solution(plant.open(3, "normal"), host, {"plant": plant.sheet()}, 0, runs["heats"])
    assert base.violations == arm.violations
    assert base.violations["shell_too_hot"] == runs["heats"]


def test_in_fallback_all_that_the_solution_moved_returns_to_the_practice():
    """It turns the argon down and gives up: the works goes on with the practice's flow, not with the one it left."""
    given = []

    def decide(time_s, signals):
        given.append(time_s)
        host.fallback = len(given) >= 30
        return SimpleNamespace(set={"ladle_furnace.argon_flow_setpoint": 60.0, "operator.heating_energy_setpoint": 2.0})

    writes = ("operator.heating_energy_setpoint", "ladle_furnace.argon_flow_setpoint")
    host = SimpleNamespace(
        hello=SimpleNamespace(kind="controller", interval_s=10.0, writes=writes), fallback=False, faults={}, reasons=[],
        reads=lambda: ["ladle_furnace.heat_number"], start=lambda run, world: None, decide=decide,
    )  # fmt: skip
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    world = plant.open(5, "normal")
    loop = _Loop(world, host)
    world.advance(5)
    world.board.write("ladle_furnace.argon_flow_setpoint", 90.0, "controller")
    for _ in range(30):
        world.advance(10)
        loop.decide(loop.look())
    names = ["ladle_furnace.argon_flow_setpoint", "operator.heating_energy_setpoint"]
    argon, energy_setpoint = world.board.read(names)
    assert argon == pytest.approx(from_si(plant.values.practice["argon_flow"], "NL/min"))
    assert energy_setpoint < 0.0
    assert loop.counts["fallback"] == 1


def test_looking_at_a_run_does_not_change_it():
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    fused = run_baseline(plant.open(9, "failing_dips"), 1, 3)
    watched = run_baseline(plant.open(9, "failing_dips"), 1, 3, trace_s=10)
    assert fused.log.tobytes() == watched.log.tobytes()
    assert len(watched.trace["departures"]) == 3
    assert watched.trace["dips"]


def test_the_heats_of_both_arms_are_the_same_ladles():
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    base = run_baseline(plant.open(3, "normal"), 0, 4).log
    oracle = run_baseline(plant.open_oracle(3, "normal"), 0, 4).log
    assert len(base) == len(oracle) == 4
    for name in ("number", "arrival_temperature", "target_temperature"):
        assert np.array_equal(base[name], oracle[name]), name
    assert len(set(base["arrival_temperature"])) == 4
    assert not np.array_equal(base["departure_temperature"], oracle["departure_temperature"])


def _first_dip_error(world) -> float:
    """Return the random part of the first good dip [K]: nothing that the crew decides lies before it."""
    unit = world.plant["ladle_furnace"][0]
    while unit["y"]["dip_count"] == 0.0:
        world.advance(1)
    truth = unit["x"]["steel_temperature"] + unit["x"]["stratification"] + unit["p"]["dip_bias"]
    return float(unit["y"]["dip_temperature"] - truth)


def test_mirroring_the_dips_alone_changes_what_the_crew_does():
    """The kernel squares the noise, so only `dip_sign` mirrors it: same ladles, opposite error, other decisions."""
    plant = open_plant(small_plan("silent_advisor.py"), 1)
    worlds = [plant.open(3, "normal") for _ in range(2)]
    worlds[1].plant["ladle_furnace"]["p"]["dip_sign"] *= -1.0
    plain, mirrored = (run_baseline(world, 0, 4).log for world in worlds)
    assert np.array_equal(plain["arrival_temperature"], mirrored["arrival_temperature"])
    assert not np.array_equal(plain["arc_energy"], mirrored["arc_energy"])
    errors = [_first_dip_error(plant.open(3, "normal")), _first_dip_error(plant.open_mirrored(3, "normal"))]
    assert errors[0] == pytest.approx(-errors[1], abs=1e-9)
    assert abs(errors[0]) > 0.01
    both = run_baseline(plant.open_mirrored(3, "normal"), 0, 4).log
    assert not np.array_equal(both["arc_energy"], mirrored["arc_energy"])
    assert worlds[1].plant["ladle_furnace"]["p"]["dip_sign"][0] == -1.0


def test_a_crew_with_other_luck_is_no_better_at_the_nominal_rate():
    """A/A where decisions differ: same ladles, mirrored dip errors and hesitations; 24 trials of 10 pairs."""
    from steelyard.trials.kpi import RunRecord
    from steelyard.trials.statistics import paired
    from steelyard.trials.subjects.ladle_furnace.kpi import departure_deviation

    plant = open_plant(small_plan("silent_advisor.py"), 1)
    found = 0
    for trial in range(24):
        differences = []
        for pair in range(10):
            seed = 1000 * trial + pair
            worlds = (plant.open(seed, "normal"), plant.open_mirrored(seed, "normal"))
            arms = [departure_deviation(RunRecord(run_baseline(world, 1, 6).log, {})) for world in worlds]
            differences.append(arms[1] - arms[0])
        one = paired(differences, seed=trial, resamples=999)
        found += one.low > 0.0 or one.high < 0.0
    assert found <= 4  # 24 trials at 5 %: more than 4 has a probability of 0.6 %


def test_one_thread_and_two_give_the_same_result():
    plan = small_plan("silent_advisor.py", runs={"campaigns": 4, "heats": 2})
    assert run_trial(plan, threads=1)["result_hash"] == run_trial(plan, threads=2)["result_hash"]


def test_the_ensemble_says_in_which_share_of_plants_it_holds():
    ensemble = {"draws": 3, "campaigns": 2}
    plan = small_plan("silent_advisor.py", ensemble=ensemble, runs={"campaigns": 2, "heats": 2})
    found = run_trial(plan)["result"]["ensemble"]
    assert (found["holds"], len(found["draws"])) == (3, 3)
    assert found["share_low"] < 1.0


def test_a_solution_of_another_kind_or_without_a_hello_is_refused(tmp_path):
    with pytest.raises(DataError, match="says it is a"):
        run_trial(small_plan("silent_advisor.py", "controller"))
    dumb = tmp_path / "dumb.py"
    dumb.write_text("raise SystemExit(1)\n", encoding="utf-8")
    with pytest.raises(SolutionError, match=r"dumb\.py"):
        run_trial(small_plan(str(dumb)))


def test_verify_runs_it_again_and_finds_what_was_changed(silent_report, tmp_path):
    write(dict(silent_report), tmp_path, "ko")
    path = tmp_path / "report.json"
    assert verify(path)["verified"] is True
    report = json.loads(path.read_text(encoding="utf-8"))
    report["result"]["verdict"]["verdict"] = "better"
    path.write_text(json.dumps(report), encoding="utf-8")
    assert "changed after it was written" in verify(path)["differences"][0]
    report["result_hash"] = digest(report["result"])
    report["verdict"] = "better"
    path.write_text(json.dumps(report), encoding="utf-8")
    found = verify(path)
    assert found["verified"] is False
    assert any("verdict" in line for line in found["differences"])


def test_verify_notices_another_solution_and_a_missing_one(silent_report, tmp_path):
    write(dict(silent_report), tmp_path, "en")
    path = tmp_path / "report.json"
    other = tmp_path / "other.py"
    text = (Path(__file__).parent / "solutions" / "silent_advisor.py").read_text(encoding="utf-8")
    other.write_text(text + "#\n", encoding="utf-8")
    found = verify(path, {"solution": str(other)})
    assert not found["verified"]
    assert any("solution.hash" in line for line in found["differences"])
    report = json.loads(path.read_text(encoding="utf-8"))
    report["facts"]["places"] = {}
    path.write_text(json.dumps(report), encoding="utf-8")
    with pytest.raises(DataError, match="--solution FILE"):
        verify(path)
    with pytest.raises(DataError, match="cannot be read"):
        verify(tmp_path / "nothing.json")


def test_lanes_keep_order_and_raise_the_first_error():
    from contextlib import nullcontext

    def work(lane, job):
        if job == 5:
            raise ValueError("job 5")
        return (lane, job)

    assert run_lanes(range(5), 2, nullcontext, work) == [(0, 0), (1, 1), (0, 2), (1, 3), (0, 4)]
    with pytest.raises(ValueError, match="job 5"):
        run_lanes(range(8), 2, nullcontext, work)


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@pytest.mark.slow
def test_thirty_paired_campaigns_of_twenty_heats_take_less_than_a_minute():
    """The promise of issue 2, section 6 (on 2 cores), and the shipped advisor's verdict on the sealed suite."""
    from steelyard.trials.plan import load_plan

    before = _processor_seconds()
    report = run_trial(load_plan("advisor"))
    assert report["verdict"] == "better"
    assert _processor_seconds() - before < 2 * 60.0, "a minute on two cores; the wall clock is not ours alone"
    assert len(report["result"]["runs"]) == 30
