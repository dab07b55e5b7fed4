"""What the physics leaves over: a smooth learned correction that is switched off outside its data.

**Model** Gaussian-process regression on standardised features, approximated on the centres of k-means clusters
(Nyström), with a small linear part; Student-t noise by iterated weights, so that single odd dips do not bend it. It is
multiplied by the *support* of the point: 1 where the Mahalanobis distance is that of the training data, falling
smoothly to 0 at twice the 99 % distance.
**Why** the operator closes the loop: the treatment he chose tells of what he saw. That may inform a forecast of a
record, never the twin's answer to "what if", which comes from the kernel alone.
**Source** Rasmussen & Williams, *Gaussian Processes for Machine Learning* (2006), ch. 8; Lange, Little & Taylor, JASA
84 (1989) 881 (t-weights). The centres are means of many heats: no recorded row is kept.
**Checked** tests/twin/test_residual.py
"""

from dataclasses import dataclass

import numpy as np

FAR = 4.0
DEGREES = 3.0
ROUNDS = 5
WELL_KNOWN = 0.99


@dataclass(frozen=True)
class Scaling:
    """How features become standard: root flags, centre and width, shape (f,); constant features are left out."""

    used: np.ndarray
    rooted: np.ndarray
    centre: np.ndarray
    width: np.ndarray

    def standard(self, features: np.ndarray) -> np.ndarray:
        """Return standardised features, shape (n, used), as far out as they are."""
        x = features[:, self.used]
        x = np.where(self.rooted, np.sqrt(np.maximum(x, 0.0)), x)
        return (x - self.centre) / self.width

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return standardised features, shape (n, used), held within ±4."""
        return np.clip(self.standard(features), -FAR, FAR)


def scaling(features: np.ndarray) -> Scaling:
    """Return the scaling learned from `features`, shape (n, f); long-tailed non-negative ones get a square root."""
    used = np.flatnonzero(features.std(axis=0) > 1e-9)
    x = features[:, used]
    long = (
        (x.min(axis=0) >= 0.0) & ((x == 0.0).mean(axis=0) < 0.9) & (x.max(axis=0) > 8.0 * np.median(x, axis=0) + 1e-9)
    )
    x = np.where(long, np.sqrt(np.maximum(x, 0.0)), x)
    return Scaling(used, long, _round(x.mean(axis=0)), _round(x.std(axis=0)))


@dataclass(frozen=True)
class Support:
    """Where the training data lie: whitening matrix and the distance within which a point is well known."""

    whiten: np.ndarray
    reach: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the support of standardised points, shape (n,): 1 inside the data, 0 beyond twice their reach."""
        distance = np.sqrt(((x @ self.whiten) ** 2).sum(axis=1)) / self.reach
        inside = np.clip(2.0 - distance, 0.0, 1.0)
        return inside * inside * (3.0 - 2.0 * inside)


def support(x: np.ndarray) -> Support:
    """Return the support of standardised training points, shape (n, f); directions without spread count little."""
    values, vectors = np.linalg.eigh(x.T @ x / len(x) + 0.05 * np.eye(x.shape[1]))
    whiten = _round(vectors / np.sqrt(values))
    reach = float(np.quantile(np.sqrt(((x @ whiten) ** 2).sum(axis=1)), WELL_KNOWN))
    return Support(whiten, float(f"{reach:.6g}"))


@dataclass(frozen=True)
class Residual:
    """A learned correction [K]: scaling, support, cluster centres (m, f) over lengths (f,), weights (m + f + 1,)."""

    scaling: Scaling
    support: Support
    lengths: np.ndarray
    centres: np.ndarray
    weights: np.ndarray
    linear: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the correction [K] at `features`, shape (n, f) → (n,); 0 outside the data."""
        x = self.scaling(features)
        m = len(self.centres)
        part = _kernel(x / self.lengths, self.centres) @ self.weights[:m]
        return self.support(self.scaling.standard(features)) * (
            part + self.linear * (x @ self.weights[m:-1]) + self.weights[-1]
        )


def fit_residual(
    features: np.ndarray, error: np.ndarray, near: int, seed: int, *, size: int, lengths: tuple[float, float],
    amplitude: float, linear: float, noise: float,
) -> Residual:  # fmt: skip
    """Learn the correction from `features` (n, f) to `error` (n,) [K].

    The first `near` features get the shorter of the two correlation `lengths` (in standard deviations), the rest the
    longer. `size` clusters; `amplitude` and `noise` [K]; `linear` is the scale of the linear part. Same seed, same
    bytes.
    """
    scale = scaling(features)
    x = scale(features)
    length = np.where(scale.used < near, lengths[0], lengths[1])
    centres = _round(cluster_centres(x / length, min(size, max(len(x) // 4, 1)), seed))
    m = len(centres)
    gram = _kernel(centres, centres) + 1e-6 * np.eye(m)
    root = np.linalg.inv(np.linalg.cholesky(gram)).T
    design = np.concatenate([_kernel(x / length, centres) @ root, linear * x, np.ones((len(x), 1))], axis=1)
    weights = _robust_ridge(design, error, noise, amplitude)
    weights[:m] = root @ weights[:m]
    return Residual(scale, support(scale.standard(features)), _round(length), centres, _round(weights, 9), linear)


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
    return np.exp(-0.5 * np.maximum(square, 0.0))


def _robust_ridge(design: np.ndarray, error: np.ndarray, noise: float, amplitude: float) -> np.ndarray:
    """Return the ridge weights under Student-t noise of scale `noise` and weights of spread `amplitude`."""
    weight = np.ones(len(error))
    found = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        normal = (design * weight[:, None]).T @ design / noise**2 + np.eye(design.shape[1]) / amplitude**2
        found = np.linalg.solve(normal, (design * weight[:, None]).T @ error / noise**2)
        left = error - design @ found
        weight = (DEGREES + 1.0) / (DEGREES + (left / noise) ** 2)
    return found


def cluster_centres(x: np.ndarray, size: int, seed: int, rounds: int = 6) -> np.ndarray:
    """Return k-means centres of `x` (n, f) → (size, f), started at random points of generator `seed`."""
    centres = x[np.random.default_rng(seed).choice(len(x), size, replace=False)]
    for _ in range(rounds):
        distance = (centres**2).sum(axis=1) - 2.0 * x @ centres.T
        owner = distance.argmin(axis=1)
        count = np.bincount(owner, minlength=size)
        total = np.zeros_like(centres)
        np.add.at(total, owner, x)
        filled = count > 0
        centres[filled] = total[filled] / count[filled, None]
    return centres


def _round(values: np.ndarray, digits: int = 7) -> np.ndarray:
    """Return values rounded to significant digits, so that the file holds what the twin used."""
    with np.errstate(divide="ignore"):
        power = np.where(
            values == 0.0, 0.0, digits - 1 - np.floor(np.log10(np.abs(np.where(values == 0.0, 1.0, values))))
        )
    return np.round(values * 10.0**power) / 10.0**power
