"""A bar in air: properties against the table, limits of convection, geometry of the row, and a bar that cools."""

import math

import pytest

from steelyard.physics.bar_in_air import air_properties, cylinder_convection, open_share

TABLE = [(300.0, 15.89e-6, 0.0263), (500.0, 38.79e-6, 0.0407), (1000.0, 121.9e-6, 0.0667)]


@pytest.mark.parametrize(("temperature", "viscosity", "conductivity"), TABLE)
def test_properties_of_air(temperature: float, viscosity: float, conductivity: float) -> None:
    assert air_properties(temperature) == pytest.approx((viscosity, conductivity), rel=0.06)


def test_fans_and_small_bars_raise_convection() -> None:
    still, slow, fast = (cylinder_convection(1100.0, 300.0, 0.008, v) for v in (0.0, 1.0, 10.0))
    assert still < slow < fast
    assert cylinder_convection(1100.0, 300.0, 0.05, 0.0) < still
    assert 5.0 < still < 40.0
    assert 80.0 < fast < 250.0


def test_convection_does_not_break_at_rest_or_in_the_cold() -> None:
    for surface in (200.0, 300.0, 300.0000001, 1500.0):
        assert math.isfinite(cylinder_convection(surface, 300.0, 0.01, 0.0))


def test_a_lone_bar_sees_the_hall_and_touching_bars_see_two_thirds_of_it() -> None:
    assert open_share(10.0, 0.01) == pytest.approx(1.0, abs=1e-3)
    assert open_share(0.01, 0.01) == pytest.approx(2.0 / math.pi)
    assert open_share(0.001, 0.01) == open_share(0.01, 0.01)
