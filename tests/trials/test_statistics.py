"""The statistics keep their promises: coverage, false alarms, resolution, determinism."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import binom, ttest_rel

from steelyard.errors import DataError
from steelyard.trials import statistics as st

TRIALS = 2000


def _bounds(rate: float) -> tuple[float, float]:
    """Where the share of hits of a nominal rate lies in 2,000 trials with probability 99.9 %."""
    low, high = binom.ppf([0.0005, 0.9995], TRIALS, rate)
    return low / TRIALS, high / TRIALS


def _intervals(draw, strata):
    rng = np.random.default_rng(20260)
    return [st.paired(draw(rng), strata, seed=i, resamples=799) for i in range(TRIALS)]


@pytest.mark.parametrize("strata", [None, ["a", "b", "c"] * 10])
def test_interval_of_noise_without_effect_covers_zero_at_its_nominal_rate(strata):
    """2,000 A/A trials with 30 paired runs: "better" and "worse" each come up at alpha/2, not more."""
    found = _intervals(lambda rng: rng.normal(size=30), strata)
    low, high = _bounds(0.025)
    better = sum(one.high < 0.0 for one in found) / TRIALS
    worse = sum(one.low > 0.0 for one in found) / TRIALS
    assert low <= better <= high
    assert low <= worse <= high


def test_coverage_holds_for_skewed_differences():
    """Skewed differences (few bad runs) are what BCa is for: total coverage within 2.5 points of 95 %."""
    found = _intervals(lambda rng: rng.exponential(size=30) - 1.0, None)
    covered = sum(one.low <= 0.0 <= one.high for one in found) / TRIALS
    assert 0.925 <= covered <= 0.965
    by_t = sum(one.t_low <= 0.0 <= one.t_high for one in found) / TRIALS
    assert covered >= by_t


def test_planned_power_is_reached():
    """An effect of the size of the floor is found in about 80 % of the trials."""
    effect = st.detectable(1.0, 20, 0.05, 0.8)
    rng = np.random.default_rng(3)
    found = sum(st.paired(rng.normal(effect, 1.0, 20), seed=i, resamples=799).low > 0.0 for i in range(800)) / 800
    assert 0.74 <= found <= 0.86


def test_equal_seeds_give_equal_bytes_and_other_seeds_other_bytes():
    values = np.random.default_rng(1).normal(size=25)
    one, same = (st.paired(values, seed=7) for _ in range(2))
    assert one == same
    assert (one.low, one.high) != (st.paired(values, seed=8).low, st.paired(values, seed=8).high)


def test_paired_t_agrees_with_scipy():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 15))
    assert st.paired(a - b).p_value == pytest.approx(ttest_rel(a, b).pvalue, rel=1e-9)


def test_strata_weigh_equally_whatever_their_number_of_runs():
    values = [1.0, 1.1, 0.9, 1.0, 1.2, 0.8, 5.0, 5.2]
    found = st.paired(values, ["a"] * 6 + ["b"] * 2)
    assert found.mean == pytest.approx((1.0 + 5.1) / 2)


def test_no_difference_at_all_is_a_point():
    found = st.paired([0.0] * 10, ["a", "b"] * 5)
    assert (found.low, found.mean, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "strata"), [([1.0], None), ([1.0, math.nan], None), ([1.0, 2.0, 3.0], ["a", "a", "b"])]
)
def test_too_little_or_broken_data_is_refused(values, strata):
    with pytest.raises(DataError):
        st.paired(values, strata)


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.floats(-100.0, 100.0), min_size=5, max_size=30).filter(lambda v: np.std(v) > 1e-3),
    some.floats(-50.0, 50.0),
    some.floats(0.01, 20.0),
)
def test_interval_moves_and_stretches_with_the_data(values, shift, factor):
    """Changing the unit of a KPI, or adding a constant, changes nothing but the unit (up to ties in the bootstrap)."""
    plain = st.paired(values, seed=5, resamples=299)
    moved = st.paired([factor * value + shift for value in values], seed=5, resamples=299)
    scale = 0.03 * factor * (plain.high - plain.low) + 1e-6 * (1.0 + abs(shift))
    assert moved.low == pytest.approx(factor * plain.low + shift, abs=scale)
    assert moved.high == pytest.approx(factor * plain.high + shift, abs=scale)


def test_pairing_is_measured_within_scenarios():
    rng = np.random.default_rng(6)
    common = rng.normal(size=200)
    baseline, solution = common + 0.1 * rng.normal(size=200), common + 0.1 * rng.normal(size=200)
    found = st.variance_reduction(baseline, solution)
    assert found["one_minus_rho"] == pytest.approx(0.01 / 1.01, rel=0.5)
    assert found["variance_ratio"] == pytest.approx(
        np.var(baseline - solution) / (np.var(baseline) + np.var(solution)), rel=1e-6
    )


@given(some.lists(some.floats(0.0, 1.0), min_size=1, max_size=8))
def test_holm_is_between_plain_and_bonferroni(p_values):
    adjusted = st.holm(p_values)
    for plain, holm in zip(p_values, adjusted, strict=True):
        assert plain <= holm <= min(1.0, plain * len(p_values)) + 1e-12


@given(some.floats(0.05, 3.0), some.integers(3, 400))
def test_needed_runs_and_detectable_effect_belong_together(sd, runs):
    effect = st.detectable(sd, runs, 0.05, 0.8)
    assert st.needed_runs(sd, effect, 0.05, 0.8) == pytest.approx(runs, abs=1)


def test_non_inferiority_needs_the_whole_interval_below_the_margin():
    assert st.non_inferior(-0.2, 0.99, 1.0) == "held"
    assert st.non_inferior(-0.2, 1.01, 1.0) == "unclear"
    assert st.non_inferior(1.01, 2.0, 1.0) == "broken"
    assert st.non_inferior(0.0, 0.0, 0.0) == "held"
