"""Heat in the roll gap and austenite between passes: limits and trends."""

import math

import numpy as np
import pytest

from steelyard.physics import recrystallisation as grain
from steelyard.physics import rolling_heat as heat


def test_contact_heat_has_both_limits_and_no_jump_between_its_branches() -> None:
    bar, roll = 11.7e3, 12.5e3
    bare = 2.0 * 940.0 * math.sqrt(0.05 / math.pi) / (1.0 / bar + 1.0 / roll)
    assert heat.contact_heat(1273.15, 333.15, bar, roll, 1e-9, 0.05) == pytest.approx(bare, rel=1e-3)
    insulated = heat.contact_heat(1273.15, 333.15, bar, roll, 1e-2, 0.05)
    assert insulated == pytest.approx(940.0 / 1e-2 * 0.05, rel=0.01)
    b = (1.0 / bar + 1.0 / roll) / 20e-6
    for x in (0.02, 6.0):
        below, above = (heat.contact_heat(1.0, 0.0, bar, roll, 20e-6, (f * x / b) ** 2) for f in (1 - 1e-7, 1 + 1e-7))
        assert above == pytest.approx(below, rel=2e-5)
    values = [heat.contact_heat(1273.15, 333.15, bar, roll, r, 0.05) for r in (1e-6, 1e-5, 1e-4)]
    assert values == sorted(values, reverse=True)
    assert heat.contact_heat(1273.15, 333.15, bar, roll, 1e-5, 0.0) == 0.0


def test_contact_heat_is_the_integral_of_the_flux_of_two_half_spaces() -> None:
    """Explicit finite differences of bar and roll with a resistance between them give the same heat."""
    conductivity, capacity, resistance, time = 28.0, 4.9e6, 2e-5, 0.02
    dx, cells = 2e-5, 200
    dt = 0.4 * dx * dx * capacity / conductivity
    hot, cold, given = np.full(cells, 1000.0), np.zeros(cells), 0.0
    for _ in range(round(time / dt)):
        flux = (hot[0] - cold[0]) / (resistance + dx / conductivity)
        given += flux * dt
        for body, sign in ((hot, -1.0), (cold, 1.0)):
            between = conductivity * np.diff(body) / dx
            body[:-1] += dt * between / (capacity * dx)
            body[1:] -= dt * between / (capacity * dx)
            body[0] += sign * flux * dt / (capacity * dx)
    effusive = heat.effusivity(conductivity, capacity, 1.0)
    assert heat.contact_heat(1000.0, 0.0, effusive, effusive, resistance, time) == pytest.approx(given, rel=0.01)


def test_contact_coefficient_lies_where_mills_report_it() -> None:
    assert 10e3 < heat.contact_coefficient(11.7e3, 12.5e3, 20e-6, 0.05) < 30e3
    assert heat.contact_time(0.05, 2.0, 0.04) < 0.025


def test_austenite_softens_faster_hot_and_after_more_strain() -> None:
    assert grain.static_half_time(1273.15, 0.3, 50e-6) < grain.static_half_time(1173.15, 0.3, 50e-6)
    assert grain.static_half_time(1273.15, 0.4, 50e-6) < grain.static_half_time(1273.15, 0.2, 50e-6)
    assert grain.static_grain(1273.15, 0.01, 50e-6) == 50e-6
    assert grain.metadynamic_half_time(1273.15, 1e13) > grain.metadynamic_half_time(1273.15, 1e14)


def test_pause_keeps_what_is_not_recrystallised() -> None:
    short = grain.after_pause(50e-6, 0.2, 5.0, 1173.15, 1173.15, 0.05)
    long = grain.after_pause(50e-6, 0.2, 5.0, 1173.15, 1173.15, 60.0)
    assert 0.15 < short[1] <= 0.2
    assert long[1] < 0.01
    assert long[0] < 50e-6
    assert grain.after_pause(50e-6, 0.2, 5.0, 1173.15, 1173.15, 0.0) == (pytest.approx(50e-6), 0.2)
    assert grain.after_pause(50e-6, 0.0, 5.0, 1373.15, 1373.15, 30.0)[0] > 50e-6
    dynamic = grain.after_pause(50e-6, 1.0, 10.0, 1223.15, 1223.15, 2.0)
    assert 15e-6 < dynamic[0] < 40e-6
    assert dynamic[1] == pytest.approx(0.0, abs=1e-6)


def test_growth_in_two_halves_is_growth_at_once() -> None:
    once = grain.grown_grain(40e-6, 1373.15, 20.0)
    half = grain.grown_grain(grain.grown_grain(40e-6, 1373.15, 10.0), 1373.15, 10.0)
    assert half == pytest.approx(once, rel=1e-12)
