"""The verdict: each of the five, and what decides between them."""

from types import SimpleNamespace

import pytest

from steelyard.trials.analysis import Pair, analyse
from steelyard.trials.verdict import Safety, decide

from .conftest import small_plan

KPIS = ("departure_deviation_k", "fallback_share", "energy_kwh_per_t")


def _decided(deviation, energy=(0.0,), safety=None, fallback=0.0, margin=0.5):
    from steelyard.trials.subjects.ladle_furnace.kpi import CATALOGUE

    plan = small_plan(
        "silent_advisor.py",
        primary=[{"kpi": "departure_deviation_k", "margin": margin}],
        guardrails=[
            {"kpi": "energy_kwh_per_t", "margin": 0.5},
            {"kpi": "fallback_share", "margin": 5.0, "against": 0.0},
        ],
    )
    pairs = []
    for i in range(12):
        base = dict.fromkeys(CATALOGUE, 10.0 + 0.1 * i)
        solution = dict(base)
        solution["departure_deviation_k"] += deviation[i % len(deviation)]
        solution["energy_kwh_per_t"] += energy[i % len(energy)]
        solution["fallback_share"] = fallback
        pairs.append(Pair(i, "normal", i, base, solution))
    return decide(analyse(pairs, plan, "hash"), safety or Safety(), plan)


def test_better():
    found = _decided([-1.0, -1.2, -0.8])
    assert found["verdict"] == "better"
    assert "better" in found["sentence"]["en"]
    assert "개선" in found["sentence"]["ko"]


def test_no_difference_is_not_worse():
    assert _decided([0.1, -0.1, 0.05])["verdict"] == "not worse"
    assert _decided([0.0])["verdict"] == "not worse"


def test_worse():
    assert _decided([1.0, 1.2, 0.8])["verdict"] == "worse"


def test_too_noisy_is_inconclusive_and_says_how_many_runs():
    found = _decided([-3.0, 3.0, 2.0, -1.0])
    assert found["verdict"] == "inconclusive"
    assert found["needed_runs"] > 12


def test_a_broken_guardrail_spoils_a_better_primary():
    found = _decided([-1.0, -1.2], energy=(2.0, 2.1))
    assert found["verdict"] == "worse"
    assert "guardrail" in found["sentence"]["en"]


def test_an_unclear_guardrail_withholds_the_verdict():
    assert _decided([-1.0, -1.2], energy=(-2.0, 3.0))["verdict"] == "inconclusive"


def test_one_hard_violation_is_unsafe_whatever_the_mean_says():
    found = _decided([-1.0, -1.2], safety=Safety(1, 0, (4,)))
    assert found["verdict"] == "unsafe"
    assert "5" in found["sentence"]["en"]


def test_a_solution_that_hardly_ran_cannot_be_not_worse():
    assert _decided([0.0], fallback=40.0)["verdict"] == "worse"


def test_hard_violations_of_both_arms_are_a_condition_not_a_verdict():
    found = _decided([-1.0, -1.2], safety=Safety(2, 2, ()))
    assert found["verdict"] == "better"
    assert any("feasible" in one["en"] for one in found["conditions"])


@pytest.mark.parametrize(("solution", "unsafe"), [(0, False), (1, False), (2, True)])
def test_hard_violations_are_compared_run_by_run(solution, unsafe):
    from steelyard.trials.assemble import safety_of
    from steelyard.trials.subjects import subject

    def arm(count):
        return SimpleNamespace(violations={"steel_freezing": count, "caster_waits": 9}, counts={})

    runs = [SimpleNamespace(job=SimpleNamespace(index=3), baseline=arm(1), solution=arm(solution))]
    assert bool(safety_of(runs, subject("ladle_furnace")).worse_runs) is unsafe


def _bias_trial(baseline, solution, primary="bias_k", against=None):
    """Decide a predictor trial in which only one KPI with a target differs between the arms."""
    from dataclasses import replace

    from steelyard.trials.plan import load_plan
    from steelyard.trials.sections import Target
    from steelyard.trials.subjects.ladle_furnace.dips import CATALOGUE

    rails = (Target(primary, 5.0, against),) if against is not None else ()
    target = Target("mae_k" if rails else primary, 0.5)
    plan = replace(load_plan("predictor"), primary=(target,), guardrails=rails)
    pairs = []
    for i in range(12):
        base = dict.fromkeys(CATALOGUE, 3.0)
        wobble = 0.1 * (i % 3 - 1)
        pairs.append(Pair(i, "r", i, {**base, primary: baseline + wobble}, {**base, primary: solution - wobble}))
    results = analyse(pairs, plan, "hash")
    return decide(results, Safety(), plan)["verdict"], results


@pytest.mark.parametrize(
    ("baseline", "solution", "verdict"),
    [(5.0, 0.0, "better"), (-5.0, 0.5, "better"), (0.0, 5.0, "worse"), (1.0, -4.0, "worse"), (3.0, -3.0, "not worse")],
)
def test_a_kpi_with_a_target_is_better_the_nearer_it_comes(baseline, solution, verdict):
    assert _bias_trial(baseline, solution)[0] == verdict
    assert _bias_trial(baseline + 90.0, solution + 90.0, "coverage_90")[0] == verdict


@pytest.mark.parametrize(
    ("solution", "against", "state"),
    [(90.0, 90.0, "held"), (97.0, 90.0, "broken"), (83.0, 90.0, "broken"), (90.0, 80.0, "held"), (70.0, 80.0, "broken"),
     (99.0, 80.0, "held")],
)  # fmt: skip
def test_against_a_fixed_value_a_target_counts_in_both_directions(solution, against, state):
    _, results = _bias_trial(90.0, solution, "coverage_90", against)
    assert results["guardrails"][0]["state"] == state


def test_the_ensemble_goes_by_all_primary_kpis():
    from steelyard.trials.ensemble import _holds

    def primary(effect):
        return {"trend": "lower", "target": None, "against": None, "effect": effect, "low": effect, "high": effect,
                "margin": 0.5}  # fmt: skip

    good, bad = primary(-1.0), primary(2.0)
    assert _holds("better", [good, good], [], False)
    assert not _holds("better", [good, bad], [], False)
    assert not _holds("not worse", [good, bad], [], False)
    assert _holds("worse", [good, bad], [], False)
    assert not _holds("worse", [good, good], [], False)


def test_the_demonstration_seal_is_not_called_unknown():
    from steelyard.trials.plan import load_plan
    from steelyard.trials.validity import _independence

    record = load_plan("advisor").record()
    assert "known" in _independence({"plan": record})["en"]
    assert "unknown" not in _independence({"plan": record})["en"]
    record["suite"]["commitment"] = "0" * 64
    assert "unknown before" in _independence({"plan": record})["en"]


def test_trials_modules_import_in_one_direction():
    """No circle: what assembles a report does not import what runs the trial, also not inside a function."""
    import ast
    from pathlib import Path

    import steelyard.trials.assemble as module

    names = {node.module for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
             if isinstance(node, ast.ImportFrom)}  # fmt: skip
    assert "steelyard.trials.run" not in names


def test_a_predictor_trial_on_synthetic_heats_says_so_first(tmp_path):
    from steelyard.hub.ingest import import_dataset
    from steelyard.hub.store import open_store
    from steelyard.studies.samples import SAMPLES
    from steelyard.trials.plan import load_plan
    from steelyard.trials.predictor import run_predictor_trial

    store = open_store(tmp_path)
    import_dataset("ladle-furnace", SAMPLES, name="mine", store=store)
    report = run_predictor_trial(load_plan("predictor").with_changes(data={"name": "mine"}), store)
    assert report["result"]["verdict"]["conditions"][0]["en"].startswith("SYNTHETIC heats")
