"""The twin of one furnace: what the records say of it, with doubt. Plain data; `calibrate` makes, `file` keeps it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.errors import ParameterError
from steelyard.twin.adjustable import Adjustable, apply
from steelyard.twin.aim import Aim
from steelyard.twin.residual import Residual
from steelyard.twin.sensitivity import Plant

ENSEMBLE_KEY = 0x7713
NOISE = (
    "dip_noise", "dip_noise_unmixed", "dip_outlier_share", "dip_outlier_share_unmixed", "dip_outlier_spread",
    "efficiency_spread", "disturbance",
)  # fmt: skip


@dataclass(frozen=True)
class Learned:
    """What is learned beside the physics: residuals of both tasks, the aim, and the factors that set the widths of
    the forecast intervals so that they covered 50 and 90 % of heats held out inside the calibration (task, 2)."""

    interval: Residual
    final: Residual
    aim: Aim
    widths: np.ndarray


@dataclass
class Twin:
    """A calibrated twin. `parameters`, `practice`, `arrival` are full SI dicts of the blocks of those names.

    `numbers` are the adjustable numbers, `z` their standardised estimates (p,), `covariance` (p, p) their widened
    posterior; `hyper` the noise numbers of the filter; `wait` the lining per log wait [K]; `base` the furnace numbers
    that the adjustables start from; `until` the first key that the calibration did not see (None: it saw all);
    `fingerprint` the sorted digests of the heats that it saw (`records.fingerprints`).
    """

    process: str
    plant: str
    dataset: str
    dataset_hash: str
    until: int | None
    seed: int
    heats: int
    base: dict[str, Any]
    parameters: dict[str, Any]
    arrival: dict[str, Any]
    practice: dict[str, Any]
    wait: float
    numbers: list[Adjustable]
    z: np.ndarray
    covariance: np.ndarray
    hyper: dict[str, float]
    learned: Learned
    figures: dict[str, Any] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    fingerprint: list[str] = field(default_factory=list)

    def as_plant(self) -> Plant:
        """Return what a replay over recorded heats needs."""
        return Plant(self.parameters, self.arrival, self.wait, self.practice["argon_flow"])

    def draws(self, n: int, seed: int) -> list[dict[str, Any]]:
        """Return n plausible furnaces: full SI parameter dicts drawn from the posterior.

        Numbers of the arrival (temperature, lining) stay at their estimates and the furnace's are drawn given them,
        so that every draw still explains the records. Same seed, same draws. ParameterError when n < 1.
        """
        if n < 1:
            raise ParameterError(f"{n!r} draws asked for; ask for at least one")
        free = [i for i, number in enumerate(self.numbers) if number.block == "furnace"]
        precision = np.linalg.inv(self.covariance)[np.ix_(free, free)]
        root = np.linalg.cholesky(np.linalg.inv(precision))
        noise = np.random.default_rng([ENSEMBLE_KEY, seed]).standard_normal((n, len(free)))
        found = []
        for row in noise:
            z = self.z.copy()
            z[free] += root @ row
            drawn = apply(self.numbers, z, self.base, self.arrival)[0]
            found.append(drawn | {name: self.parameters[name] for name in NOISE})
        return found

    def estimates(self) -> list[dict[str, Any]]:
        """Return one row per adjustable number: name, unit, prior, estimate and standard deviations in its unit, the
        ratio posterior/prior, and whether the records identify it (ratio below 0.5)."""
        from steelyard.twin.adjustable import shown

        ratio = np.sqrt(np.diag(self.covariance))
        rows = []
        for number, z, r in zip(self.numbers, self.z, ratio, strict=True):
            value, unit = shown(number, number.value(float(z)))
            low, high = (shown(number, number.value(float(z + s * r)))[0] for s in (-1.0, 1.0))
            prior = [shown(number, number.value(s))[0] for s in (-1.0, 0.0, 1.0)]
            rows.append(
                {
                    "name": number.label, "block": number.block, "unit": unit, "prior": prior[1],
                    "prior_sd": 0.5 * (prior[2] - prior[0]), "value": value, "sd": 0.5 * (high - low),
                    "ratio": float(r), "identified": bool(r < 0.5), "source": number.source,
                }
            )  # fmt: skip
        return rows
