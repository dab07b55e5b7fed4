"""The operator's aim: final temperatures are steered to a target, so a record's end tells more than its physics.

**Model** the density of the last dip is proportional to the physics mixture (first dip, treatment) times an aim: three
Gaussians — usual target, hotter grade, anything — whose shares and centre depend linearly on the context (recent ends,
recipe, timing). p(y | physics, context) = N(y)·a(y) / ∫ N·a, closed form for Gaussian mixtures.
**Holds** for records of treatments that an operator carried out, inside the data of the calibration (support). It says
nothing about cause: asked "what if", the twin answers by the kernel alone.
**Source** product of experts, Hinton, *Neural Computation* 14 (2002) 1771. **Checked** tests/twin/test_aim.py
"""

from dataclasses import dataclass

import numpy as np

from steelyard.twin.residual import Scaling, Support, scaling, support

CENTRES = np.array([0.0, 24.0, 3.0])
CENTRE_STEPS = np.array([3.0, 5.0, 5.0])
SPREADS = np.array([6.0, 7.0, 20.0])
SHARES = np.array([0.0, -2.0, -1.5])
SHIFTED = np.array([1.0, 1.0, 0.0])
SHRINK, SHRINK_SHIFT = 6.0, 1.8
MOST_STEPS = 60


@dataclass(frozen=True)
class Aim:
    """Fitted aim: `usual` target [K], weights of the model (9 + 3 f,), scaling and support of its context."""

    usual: float
    weights: np.ndarray
    scaling: Scaling
    support: Support

    def quantiles(self, mixture: np.ndarray, context: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Return quantiles [K] of the last dip, shape (n, q), of physics `mixture` (n, k, 3) and `context` (n, f)."""
        from scipy.special import ndtr

        logs, centre, variance = _joint(self.weights, self.scaling(context), _relative(mixture, self.usual))[:3]
        n = len(mixture)
        logs = logs.reshape(n, -1)
        share = np.exp(logs - _log_sum(logs)[:, None])
        centre, spread = centre.reshape(n, -1), np.sqrt(variance).reshape(n, -1)
        found = np.empty((n, len(probabilities)))
        for i, p in enumerate(probabilities):
            low, high = np.full(n, -200.0), np.full(n, 200.0)
            for _ in range(40):
                middle = 0.5 * (low + high)
                below = (share * ndtr((middle[:, None] - centre) / spread)).sum(axis=1) < p
                low, high = np.where(below, middle, low), np.where(below, high, middle)
            found[:, i] = 0.5 * (low + high) + self.usual
        return found

    def known(self, context: np.ndarray) -> np.ndarray:
        """Return the support of the contexts, shape (n,): 1 inside the calibration's data, 0 far outside."""
        return self.support(self.scaling.standard(context))


def fit_aim(mixture: np.ndarray, context: np.ndarray, last: np.ndarray) -> Aim:
    """Fit the aim to last dips [K], shape (n,), given physics mixtures (n, k, 3) and contexts (n, f)."""
    from scipy.optimize import minimize

    scale = scaling(context)
    x = scale(context)
    usual = float(np.median(last))
    f = x.shape[1]
    prior = np.concatenate([np.full(8, 0.5), np.full(2 * f, SHRINK), np.full(f, SHRINK_SHIFT), [4.0]])
    found = minimize(
        _objective, np.zeros(9 + 3 * f), args=(x, _relative(mixture, usual), last - usual, prior), jac=True,
        method="L-BFGS-B", options={"maxiter": MOST_STEPS},
    )  # fmt: skip
    return Aim(usual, np.array([float(f"{w:.9g}") for w in found.x]), scale, support(scale.standard(context)))


def _relative(mixture: np.ndarray, usual: float) -> np.ndarray:
    moved = mixture.copy()
    moved[:, :, 1] -= usual
    return moved


def _log_normal(x: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return -0.5 * x * x / variance - 0.5 * np.log(variance)


def _log_sum(logs: np.ndarray) -> np.ndarray:
    top = logs.max(axis=1)
    return top + np.log(np.exp(logs - top[:, None]).sum(axis=1))


def _aims(w: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return centres (n, 3), variances (3,) and log shares (n, 3) of the aim at contexts x (n, f)."""
    f = x.shape[1]
    shift = x @ w[8 + 2 * f : 8 + 3 * f]
    centre = CENTRES + CENTRE_STEPS * w[:3] + shift[:, None] * SHIFTED
    variance = (SPREADS * np.exp(w[3:6])) ** 2
    logit = np.stack(
        [np.zeros(len(x)), SHARES[1] + w[6] + x @ w[8 : 8 + f], SHARES[2] + w[7] + x @ w[8 + f : 8 + 2 * f]], axis=1
    )
    return centre, variance, logit - _log_sum(logit)[:, None]


def _joint(w: np.ndarray, x: np.ndarray, mixture: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return (log weight, centre, variance), each (n, k, 3), of physics times aim, and what the gradient needs."""
    centre, aim_variance, logit = _aims(w, x)
    weight, middle, spread = mixture[:, :, 0], mixture[:, :, 1], mixture[:, :, 2]
    own = (spread**2 * np.exp(w[-1]))[:, :, None]
    total = own + aim_variance
    gap = middle[:, :, None] - centre[:, None, :]
    logs = np.log(weight + 1e-300)[:, :, None] + logit[:, None, :] + _log_normal(gap, total)
    fused = (middle[:, :, None] * aim_variance + centre[:, None, :] * own) / total
    return logs, fused, own * aim_variance / total, gap, total


def _objective(
    w: np.ndarray, x: np.ndarray, mixture: np.ndarray, y: np.ndarray, prior: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the negative log posterior of the aim and its gradient."""
    centre, variance, logit = _aims(w, x)
    logs, _, _, gap, total = _joint(w, x, mixture)
    own = mixture[:, :, 2] ** 2 * np.exp(w[-1])
    log_physics = np.log(mixture[:, :, 0] + 1e-300) + _log_normal(y[:, None] - mixture[:, :, 1], own)
    off = y[:, None] - centre
    log_aim = logit + _log_normal(off, variance)
    flat = logs.reshape(len(y), -1)
    physics, aim, norm = _log_sum(log_physics), _log_sum(log_aim), _log_sum(flat)
    r = np.exp(logs - norm[:, None, None])
    rp, ra = np.exp(log_physics - physics[:, None]), np.exp(log_aim - aim[:, None])
    d_logit = ra - r.sum(axis=1)
    d_centre = ra * off / variance - (r * gap / total).sum(axis=1)
    pull = r * (0.5 * gap**2 / total**2 - 0.5 / total)
    d_variance = (ra * (0.5 * off**2 / variance**2 - 0.5 / variance)).sum(axis=0) - pull.sum(axis=(0, 1))
    d_own = (rp * (0.5 * (y[:, None] - mixture[:, :, 1]) ** 2 / own - 0.5)).sum() - (pull * own[:, :, None]).sum()
    f = x.shape[1]
    slope = np.empty_like(w)
    slope[:3], slope[3:6] = d_centre.sum(axis=0) * CENTRE_STEPS, 2.0 * d_variance * variance
    slope[6:8] = d_logit.sum(axis=0)[1:]
    slope[8 : 8 + f], slope[8 + f : 8 + 2 * f] = x.T @ d_logit[:, 1], x.T @ d_logit[:, 2]
    slope[8 + 2 * f : 8 + 3 * f], slope[-1] = x.T @ (d_centre @ SHIFTED), d_own
    return float(-(physics + aim - norm).sum() + 0.5 * (prior * w * w).sum()), -slope + prior * w
