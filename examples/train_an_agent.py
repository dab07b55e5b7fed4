"""Can a learning agent take over a furnace? The two Gymnasium environments, and the simplest search there is.

Needs the extra [rl]. The search draws constant actions, keeps the best and tries near it: not a serious agent, but it
shows that the reward can be learned from, and that equal seeds give equal episodes.
"""

import gymnasium
import numpy as np

import steelyard.environments  # noqa: F401  (makes the environments known to Gymnasium)

ENVIRONMENTS = {"steelyard/LadleFurnace-v0": {"heats": 4}, "steelyard/ReheatingFurnace-v0": {"bars": 30}}
TRIES = 12


def episode(env: gymnasium.Env, action: np.ndarray, seed: int) -> float:
    """Return the sum of rewards of one episode with a constant action."""
    env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        _, reward, terminated, truncated, _ = env.step(action)
        total, over = total + float(reward), terminated or truncated
    return total


for name, size in ENVIRONMENTS.items():
    env = gymnasium.make(name, **size)
    luck = np.random.default_rng(0)
    best = np.zeros(env.action_space.shape)
    score = first = episode(env, best, seed=1)
    assert episode(env, best, seed=1) == first, "equal seeds and actions give equal episodes"
    for _ in range(TRIES):
        tried = np.clip(best + luck.normal(0.0, 0.4, best.shape), -1.0, 1.0)
        reached = episode(env, tried, seed=1)
        if reached > score:
            best, score = tried, reached
    print(f"{name:<32} reward of the middle action {first:8.2f}, after {TRIES} tries {score:8.2f}")
    assert score >= first
