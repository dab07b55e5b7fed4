"""The wall solver: energy closes, steady state and semi-infinite step are right, any step is stable."""

import numpy as np
import pytest

from steelyard.physics.conduction import conduct_wall, semi_infinite_flux, stored_heat


def _wall(seed: int = 1, n: int = 12) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(300.0, 1800.0, n), rng.uniform(0.003, 0.06, n), rng.uniform(0.1, 20.0, n),
        rng.uniform(3e5, 5e6, n), np.zeros(n),
    )  # fmt: skip


@pytest.mark.parametrize("dt", [0.1, 1.0, 60.0, 3600.0])
@pytest.mark.parametrize("inside", [0.0, 2000.0, 1e9])
def test_energy_closes_to_rounding(dt: float, inside: float) -> None:
    wall, dx, k, c, scratch = _wall()
    before = stored_heat(wall, dx, c, 300.0)
    gained = 0.0
    for _ in range(50):
        into, out = conduct_wall(wall, dx, k, c, inside, 1873.0, 25.0, 300.0, dt, scratch)
        gained += dt * (into - out)
    after = stored_heat(wall, dx, c, 300.0)
    assert after - before == pytest.approx(gained, rel=1e-9, abs=1e-9 * before)


def test_long_steps_end_in_the_steady_state_of_the_series_resistance() -> None:
    wall, dx, k, c, scratch = _wall(2)
    into = out = 0.0
    for _ in range(20):
        into, out = conduct_wall(wall, dx, k, c, 2000.0, 1873.0, 25.0, 300.0, 1e8, scratch)
    flux = (1873.0 - 300.0) / (1 / 2000.0 + float(np.sum(dx / k)) + 1 / 25.0)
    assert into == pytest.approx(flux, rel=1e-6)
    assert out == pytest.approx(flux, rel=1e-6)


def test_no_step_makes_a_temperature_leave_the_range_of_its_surroundings() -> None:
    for dt in (0.01, 1.0, 1e4):
        wall, dx, k, c, scratch = _wall(3)
        low, high = min(300.0, wall.min()), max(1873.0, wall.max())
        for _ in range(100):
            conduct_wall(wall, dx, k, c, 5000.0, 1873.0, 25.0, 300.0, dt, scratch)
            assert wall.min() >= low - 1e-9
            assert wall.max() <= high + 1e-9


def test_halving_the_step_halves_the_error_of_the_semi_infinite_flux() -> None:
    exact = semi_infinite_flux(1853.15, 1173.15, 6.0, 2950.0 * 1250.0, 1800.0)
    errors = []
    for dt in (40.0, 20.0):
        dx = np.geomspace(0.3e-3, 20e-3, 120)
        n = dx.size
        wall, scratch = np.full(n, 1173.15), np.zeros(n)
        k, c = np.full(n, 6.0), np.full(n, 2950.0 * 1250.0)
        for _ in range(int(1800 / dt)):
            flux, _ = conduct_wall(wall, dx, k, c, 1e9, 1853.15, 0.0, 300.0, dt, scratch)
        errors.append(abs(flux - exact) / exact)
    assert errors[0] < 0.02
    assert errors[1] < 0.7 * errors[0]


def test_compiled_and_plain_python_agree() -> None:
    one, two = _wall(4), _wall(4)
    for _ in range(10):
        fast = conduct_wall(*one[:4], 2000.0, 1873.0, 25.0, 300.0, 1.0, one[4])
        plain = conduct_wall.py_func(*two[:4], 2000.0, 1873.0, 25.0, 300.0, 1.0, two[4])
    assert fast == pytest.approx(plain, rel=1e-12)
    assert one[0] == pytest.approx(two[0], rel=1e-12)
