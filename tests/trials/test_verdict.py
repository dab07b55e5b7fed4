"""The verdict: each of the five, and what decides between them."""

from types import SimpleNamespace

import pytest

from steelyard.trials.analysis import Pair, analyse
from steelyard.trials.verdict import Safety, decide

from .conftest import small_plan

KPIS = ("departure_deviation_k", "fallback_share", "energy_kwh_per_t")


def _decided(deviation, energy=(0.0,), safety=None, fallback=0.0, margin=0.5):
    from steelyard.trials.kpi import CATALOGUE

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

    def arm(count):
        return SimpleNamespace(violations={"steel_freezing": count, "caster_waits": 9})

    runs = [SimpleNamespace(job=SimpleNamespace(index=3), baseline=arm(1), solution=arm(solution))]
    assert bool(safety_of(runs).worse_runs) is unsafe
