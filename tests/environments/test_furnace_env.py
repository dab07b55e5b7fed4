"""The reheating furnace as a Gymnasium environment: passes the checker, as deterministic as the kernels."""

import warnings

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.utils.env_checker import check_env  # noqa: E402

from steelyard.environments import register  # noqa: E402
from steelyard.environments.reheating_furnace import OBSERVED, WRITTEN, ReheatingFurnaceEnv  # noqa: E402
from steelyard.errors import ParameterError, SignalError  # noqa: E402

ID = "steelyard/ReheatingFurnace-v0"
IDLE = np.zeros(len(WRITTEN))


@pytest.fixture
def env():
    """A short episode, made as a user makes it."""
    register()
    register()
    return gymnasium.make(ID, bars=12).unwrapped


def played(env, seed, actions):
    """Return the bytes of everything that an episode shows."""
    shown, _ = env.reset(seed=seed)
    seen = [shown.tobytes()]
    for action in actions:
        shown, reward, _, truncated, info = env.step(action)
        seen.append((shown.tobytes(), np.float64(reward).tobytes(), repr(info)))
        if truncated:
            break
    return seen


def totals(env, action):
    """Return (sum of rewards, fuel [GJ], deviations [K]) of one episode with a constant action."""
    env.reset(seed=3)
    result, truncated = np.zeros(3), False
    while not truncated:
        _, reward, terminated, truncated, info = env.step(action)
        assert not terminated
        result += reward, info["fuel_gj"], info["off_target_k"]
    assert info["discharged"] >= 12
    return result


def test_gymnasiums_own_checker_passes_without_a_warning(env):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


def test_equal_seeds_and_actions_give_equal_bytes(env):
    actions = np.random.default_rng(1).uniform(-1.0, 1.0, (40, len(WRITTEN)))
    first = played(env, 5, actions)
    assert len(first) > 4
    assert played(env, 5, actions) == first
    assert played(ReheatingFurnaceEnv(bars=12), 5, actions) == first
    assert played(env, 6, actions) != first


def test_a_reset_without_a_seed_goes_on_to_another_line_but_reproducibly(env):
    def three():
        return [played(env, seed, [IDLE])[-1] for seed in (9, None, None)]

    shown = three()
    assert len({str(one) for one in shown}) == 3
    assert three() == shown


def test_colder_zones_burn_less_and_miss_the_target(env):
    usual, cold = totals(env, IDLE), totals(env, -np.ones(len(WRITTEN)))
    assert cold[1] < usual[1]
    assert cold[2] > usual[2]
    assert cold[0] < usual[0] < 0.0


def test_observations_are_the_board_within_declared_bounds(env):
    shown, info = env.reset(seed=1)
    assert shown.shape == (len(OBSERVED),)
    assert np.isfinite([env.observation_space.low, env.observation_space.high]).all()
    board = dict(zip(OBSERVED, shown, strict=True))
    assert 700.0 < board["reheating_furnace.zone_temperature[top_4]"] < 1300.0
    assert board["reheating_furnace.slot_thickness[5]"] == pytest.approx(50.0, rel=0.1)
    assert info["time_s"] > 0.0


def test_what_cannot_be_is_refused(env):
    with pytest.raises(ParameterError, match="at least 1"):
        ReheatingFurnaceEnv(bars=0)
    env.reset(seed=1)
    with pytest.raises(SignalError, match="finite"):
        env.step(np.full(len(WRITTEN), np.nan))
