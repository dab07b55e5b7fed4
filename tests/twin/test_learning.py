"""What is learned beside the physics: it learns, it fades, it repeats."""

import numpy as np
import pytest

from steelyard.twin.aim import Aim, _objective, fit_aim
from steelyard.twin.residual import cluster_centres, fit_residual, scaling

SETTING = {"size": 60, "lengths": (1.5, 3.0), "amplitude": 4.0, "linear": 0.1, "noise": 0.5}


def points(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 3))


def truth(x: np.ndarray) -> np.ndarray:
    return 3.0 * np.sin(1.5 * x[:, 0]) + x[:, 1]


def test_it_learns_a_smooth_error_despite_gross_outliers() -> None:
    x = points(800, 1)
    y = truth(x) + 0.3 * np.random.default_rng(2).standard_normal(800)
    y[::25] += 40.0
    learned = fit_residual(x, y, 3, 1, **SETTING)
    new = np.clip(points(200, 3), -1.8, 1.8)
    assert np.abs(learned(new) - truth(new)).mean() < 0.45
    assert np.abs(truth(new)).mean() > 1.5


def test_outside_its_data_it_is_switched_off() -> None:
    x = points(800, 1)
    learned = fit_residual(x, truth(x) + 7.0, 3, 1, **SETTING)
    assert abs(learned(np.zeros((1, 3)))[0] - 7.0) < 1.0
    far = np.array([[30.0, 0.0, 0.0], [0.0, -30.0, 30.0], [30.0, 30.0, 30.0]])
    fading = learned.support(learned.scaling.standard(np.array([[s, s, s] for s in (0.0, 1.0, 2.5, 3.0, 4.0)])))
    assert np.abs(learned(far)).max() < 1e-9
    assert (np.diff(fading) <= 0.0).all()
    assert fading[0] == 1.0
    assert fading[-1] < 0.2


def test_same_seed_same_bytes() -> None:
    x = points(300, 4)
    one, two = (fit_residual(x, truth(x), 3, 9, **SETTING) for _ in range(2))
    assert one.weights.tobytes() == two.weights.tobytes()
    assert one.centres.tobytes() == two.centres.tobytes()


def test_no_recorded_row_is_kept_as_a_centre() -> None:
    x = points(400, 5)
    centres = cluster_centres(x, 20, 1)
    assert np.abs(centres[:, None, :] - x).sum(axis=2).min() > 0.0


def test_constant_features_are_left_out_and_tails_are_rooted() -> None:
    x = np.stack([np.ones(200), np.linspace(0.0, 1.0, 200) ** 6, np.linspace(-1.0, 1.0, 200)], axis=1)
    scale = scaling(x)
    assert scale.used.tolist() == [1, 2]
    assert scale.rooted.tolist() == [True, False]


def aimed_heats(n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Physics of 12 K spread, an operator who hits 1866 K within 4 K — or 1890 K when the recipe says so."""
    rng = np.random.default_rng(6)
    hot = rng.random(n) < 0.3
    last = np.where(hot, 1890.0, 1866.0) + 4.0 * rng.standard_normal(n)
    mixture = np.zeros((n, 8, 3))
    mixture[:, 0] = np.stack([np.ones(n), last + 12.0 * rng.standard_normal(n), np.full(n, 12.0)], axis=1)
    mixture[:, 1:, 1], mixture[:, 1:, 2] = 1866.0, 1.0
    return mixture, np.stack([hot * 200.0, rng.standard_normal(n)], axis=1), last


def test_the_aim_finds_where_ladles_are_steered() -> None:
    mixture, context, last = aimed_heats()
    aim = fit_aim(mixture[:300], context[:300], last[:300])
    told = aim.quantiles(mixture[300:], context[300:], np.array([0.05, 0.5, 0.95]))
    error, plain = np.abs(told[:, 1] - last[300:]).mean(), np.abs(mixture[300:, 0, 1] - last[300:]).mean()
    assert error < 0.5 * plain
    assert 0.82 <= ((last[300:] >= told[:, 0]) & (last[300:] <= told[:, 2])).mean() <= 0.98
    assert aim.known(np.array([[2000.0, 60.0]]))[0] < aim.known(context[:1])[0]


def test_the_gradient_of_the_aim_is_that_of_its_objective() -> None:
    mixture, context, last = aimed_heats(60)
    mixture[:, :, 1] -= 1866.0
    x = (context - context.mean(axis=0)) / context.std(axis=0)
    w, prior = 0.1 * np.random.default_rng(7).standard_normal(15), np.ones(15)
    slope = _objective(w, x, mixture, last - 1866.0, prior)[1]
    for i in range(15):
        step = np.zeros(15)
        step[i] = 1e-5
        up, down = (_objective(w + s * step, x, mixture, last - 1866.0, prior)[0] for s in (1.0, -1.0))
        assert slope[i] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-4)


def test_an_aim_is_plain_data() -> None:
    mixture, context, last = aimed_heats(80)
    assert isinstance(fit_aim(mixture, context, last), Aim)
