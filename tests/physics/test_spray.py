"""Sprays: momentum, removal, the semi-infinite body and the impulse responses against a fine numerical solution."""

import math

import numpy as np
import pytest

from steelyard.physics.conduction import conduct_wall
from steelyard.physics.spray import (
    cylinder_response,
    heat_taken,
    impact_pressure,
    jet_force,
    plate_response,
    removed_share,
)


def test_the_force_is_that_of_the_momentum() -> None:
    flow, pressure = 30.0 / 60000.0, 150e5
    velocity = math.sqrt(2.0 * pressure / 1000.0)
    assert jet_force(flow, pressure) == pytest.approx(1000.0 * flow * velocity)


def test_twice_the_distance_is_a_quarter_of_the_impact() -> None:
    near, far = (impact_pressure(80.0, h, 0.5, 0.05) for h in (0.06, 0.12))
    assert near == pytest.approx(4.0 * far)


def test_removal_rises_from_nothing_to_all() -> None:
    shares = [removed_share(p, 0.4e6, 0.08e6) for p in np.linspace(0.0, 2e6, 50)]
    assert shares[0] == 0.0
    assert shares[-1] > 0.9999
    assert (np.diff(shares) > 0.0).all()


@pytest.mark.parametrize(("coefficient", "time"), [(5e3, 0.02), (20e3, 0.05), (60e3, 0.4), (4e5, 2.0)])
def test_the_heat_taken_is_that_of_a_fine_wall(coefficient: float, time: float) -> None:
    k, c, n, steps = 28.0, 7500.0 * 650.0, 400, 800
    depth = 6.0 * math.sqrt(k / c * time)
    wall, dx = np.full(n, 1400.0), np.full(n, depth / n)
    gone = 0.0
    for _ in range(steps):
        into, _ = conduct_wall(
            wall, dx, np.full(n, k), np.full(n, c), coefficient, 300.0, 0.0, 0.0, time / steps, np.zeros(n)
        )
        gone -= into * time / steps
    assert heat_taken(1100.0, coefficient, math.sqrt(k * c), time) == pytest.approx(gone, rel=0.01)


def test_the_heat_taken_has_no_step_where_the_formula_changes() -> None:
    for x in (1e-3, 5.0):
        effusivity, time = 12000.0, 0.04
        low, high = (heat_taken(1000.0, x * s * effusivity / 0.2, effusivity, time) for s in (0.9999, 1.0001))
        assert high == pytest.approx(low, rel=1e-3)


@pytest.mark.parametrize("fourier", [0.01, 0.05, 0.3])
def test_the_plate_response_is_that_of_a_fine_plate(fourier: float) -> None:
    n, steps = 200, 2000
    plate = np.zeros(n)
    plate[0] = -float(n)
    ones = np.ones(n)
    for _ in range(steps):
        conduct_wall(plate, ones / n, ones, ones, 0.0, 0.0, 0.0, 0.0, fourier / steps, np.zeros(n))
    surface, core = plate_response(fourier)
    assert -plate[0] == pytest.approx(surface, rel=0.02)
    assert -plate[-1] == pytest.approx(core, abs=0.02)


@pytest.mark.parametrize("response", [cylinder_response, plate_response])
def test_after_long_surface_and_core_are_at_the_mean(response) -> None:
    assert response(5.0) == pytest.approx((1.0, 1.0), abs=1e-9)
    surface, core = response(0.0)
    assert surface > 4.0
    assert 0.0 <= core < 0.1
