"""The ladle furnace as a Gymnasium environment: passes the checker, as deterministic as the kernels."""

import warnings

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.utils.env_checker import check_env  # noqa: E402

from steelyard.environments import register  # noqa: E402
from steelyard.environments.channels import box, scaled, unit_box  # noqa: E402
from steelyard.environments.ladle_furnace import OBSERVED, LadleFurnaceEnv  # noqa: E402
from steelyard.errors import ParameterError, SignalError  # noqa: E402

ID = "steelyard/LadleFurnace-v0"


@pytest.fixture
def env():
    """A short episode, made as a user makes it."""
    register()
    return gymnasium.make(ID, heats=3).unwrapped


def played(env, seed, actions):
    """Return the bytes of everything that an episode shows."""
    shown, _ = env.reset(seed=seed)
    seen = [shown.tobytes()]
    for action in actions:
        shown, reward, _, truncated, info = env.step([action])
        seen.append((shown.tobytes(), np.float64(reward).tobytes(), repr(info)))
        if truncated:
            break
    return seen


def test_gymnasiums_own_checker_passes_without_a_warning(env):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


def test_equal_seeds_and_actions_give_equal_bytes(env):
    actions = np.random.default_rng(1).uniform(-1.0, 0.0, 200).tolist()
    first = played(env, 5, actions)
    assert played(env, 5, actions) == first
    assert played(LadleFurnaceEnv(heats=3), 5, actions) == first
    assert played(env, 6, actions) != first


def test_a_reset_without_a_seed_goes_on_to_another_works_but_reproducibly(env):
    def three():
        return [env.reset(seed=9)[0].tobytes(), env.reset()[0].tobytes(), env.reset()[0].tobytes()]

    shown = three()
    assert len(set(shown)) == 3
    assert three() == shown


def test_an_episode_ends_after_its_heats_and_rewards_the_target(env):
    def total(action):
        env.reset(seed=3)
        result, truncated = 0.0, False
        while not truncated:
            _, reward, terminated, truncated, info = env.step([action])
            assert not terminated
            result += reward
        assert info["departed"] == 3
        return result

    careful, hottest = total(-0.3), total(1.0)
    assert careful > hottest
    assert careful < 0.0


def test_observations_are_the_board_within_declared_bounds(env):
    shown, info = env.reset(seed=1)
    assert shown.shape == (len(OBSERVED),)
    assert np.isfinite(env.observation_space.low).all()
    assert np.isfinite(env.observation_space.high).all()
    board = dict(zip(OBSERVED, shown, strict=True))
    assert 1450.0 < board["ladle_furnace.dip_temperature"] < 1750.0
    assert info["time_s"] > 0.0


def test_actions_are_cut_and_scaled():
    assert scaled([-3.0, 0.0, 9.0], np.zeros(3), np.full(3, 4.0)).tolist() == [0.0, 2.0, 4.0]
    assert unit_box(2).shape == (2,)


def test_what_cannot_be_is_refused(env):
    with pytest.raises(ParameterError, match="1 to 64"):
        LadleFurnaceEnv(heats=0)
    env.reset(seed=1)
    with pytest.raises(SignalError, match="finite"):
        env.step([float("nan")])
    with pytest.raises(SignalError, match="open"):
        box(_OpenBoard(), ["a.b"])


class _OpenBoard:
    def signal(self, name):
        from steelyard.signals import Quantity, Signal

        return Signal(name, Quantity("1", "without an end"))
