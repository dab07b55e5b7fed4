"""Spread laws: limits, trends, agreement among each other; flow stress: mean and instantaneous are kept apart."""

import numpy as np
import pytest

from steelyard.errors import ValidityError
from steelyard.materials.flow_stress import flow_stress_coefficients, flow_stress_grades, flow_stress_source
from steelyard.materials.piece import GRADE_LABELS
from steelyard.physics import flow_stress, spread

LAWS = (spread.wusatowski, spread.hill, spread.sparling, spread.helmi_alexander)


@pytest.mark.parametrize("law", LAWS)
def test_spread_vanishes_without_draught_and_for_wide_strip_and_never_gains_area(law) -> None:  # type: ignore[no-untyped-def]
    assert law(0.02, 0.04, 0.02, 0.16, 1300.0) == 0.04
    assert law(0.02, 0.04, 0.025, 0.16, 1300.0) == 0.04
    assert law(0.02, 1.0, 0.016, 0.16, 1300.0) / 1.0 - 1.0 < 0.002
    for width in (0.01, 0.02, 0.04, 0.08):
        leaving = law(0.02, width, 0.014, 0.16, 1300.0)
        assert leaving > width
        assert leaving * 0.014 < width * 0.02 * (1 + 1e-12)
    shares = [spread.spread_exponent(0.02, w, 0.014, law(0.02, w, 0.014, 0.16, 1300.0)) for w in (0.02, 0.04, 0.08)]
    assert shares == sorted(shares, reverse=True)


def test_laws_of_different_authors_agree_within_a_quarter_of_the_draught() -> None:
    shares = [spread.spread_exponent(0.04, 0.04, 0.03, law(0.04, 0.04, 0.03, 0.16, 1300.0)) for law in LAWS]
    assert max(shares) - min(shares) < 0.25


def test_scaled_spread() -> None:
    assert spread.scaled_spread(0.04, 0.046, 0.0) == 0.04
    assert spread.scaled_spread(0.04, 0.046, 1.0) == pytest.approx(0.046)
    assert 0.046 < spread.scaled_spread(0.04, 0.046, 1.2) < 0.048


def test_every_grade_of_the_line_has_sourced_coefficients_and_a_sensible_strength() -> None:
    assert set(GRADE_LABELS) <= set(flow_stress_grades())
    for grade in GRADE_LABELS:
        assert len(flow_stress_source(grade)) > 10
        values = list(flow_stress_coefficients(grade).values())
        stress = [flow_stress.hensel_spittel(t + 273.15, 0.3, 10.0, *values) for t in (900.0, 1000.0, 1100.0, 1200.0)]
        assert stress == sorted(stress, reverse=True)
        assert 90e6 < stress[1] < 200e6
        slope = np.log(stress[2] / stress[1]) / 100.0
        assert -0.004 < slope < -0.0015
    with pytest.raises(ValidityError, match="C45"):
        flow_stress_coefficients("Inconel")


@pytest.mark.parametrize("grade", ["C15", "C20", "C45", "B10", "S355"])
def test_flow_stress_rises_with_rate_and_mean_lies_below_the_end(grade: str) -> None:
    values = list(flow_stress_coefficients(grade).values())
    stress = [flow_stress.hensel_spittel(1273.15, 0.3, rate, *values) for rate in (1.0, 10.0, 100.0)]
    assert stress == sorted(stress)
    at = np.linspace(0.0, 0.4, 200001)[1:]
    exact = np.mean([flow_stress.hensel_spittel(1273.15, e, 10.0, *values) for e in at[::100]])
    mean = flow_stress.hensel_spittel_mean(1273.15, 0.4, 10.0, 0.0, *values)
    assert mean == pytest.approx(exact, rel=0.01)
    assert mean < flow_stress.hensel_spittel(1273.15, 0.4, 10.0, *values) * 1.001
    retained = flow_stress.hensel_spittel_mean(1273.15, 0.4, 10.0, 0.2, *values)
    assert retained > mean


def test_equations_stay_finite_at_their_singular_corners() -> None:
    values = list(flow_stress_coefficients("B10").values())
    for temperature, strain, rate in ((300.0, 0.0, 0.0), (1700.0, 3.0, 1e4), (1273.15, 0.0, 10.0)):
        assert np.isfinite(flow_stress.hensel_spittel(temperature, strain, rate, *values))
        assert np.isfinite(flow_stress.shida(temperature, strain, rate, 0.001))
        assert flow_stress.misaka_mean(temperature, strain, rate, 0.001) > 0.0


def test_shida_is_continuous_at_its_transition() -> None:
    for carbon in (0.001, 0.0045, 0.01):
        at = flow_stress.shida_transition_temperature(carbon)
        above = flow_stress.shida(at + 1e-6, 0.3, 10.0, carbon)
        assert flow_stress.shida(at - 1e-6, 0.3, 10.0, carbon) == pytest.approx(above, rel=0.03)
