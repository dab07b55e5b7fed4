"""The statistics of a paired trial: intervals, non-inferiority, several KPIs, resolution and needed runs.

Unit of analysis: the run (campaign), never the time sample. A *difference* is solution minus baseline of one paired
run; *strata* are scenarios, each with the same weight however many runs it got.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from steelyard.errors import DataError

RESAMPLES = 9999
DEGENERATE = 1e-12


@dataclass(frozen=True)
class Interval:
    """Mean difference with its interval; `t_low`, `t_high` and `p_value` come from the paired t as a check.

    `worst_decile` is the 90th percentile of the harm (difference in the bad direction when `harmful` = +1).
    """

    n: int
    mean: float
    median: float
    low: float
    high: float
    t_low: float
    t_high: float
    p_value: float
    sd: float
    standard_error: float
    degrees_of_freedom: float
    worst_decile: float
    confidence: float


def seed_from(*parts: str) -> int:
    """Return a 64-bit seed that depends on the parts alone (plan hash, KPI id), never on a clock or call order.

    >>> seed_from("plan", "cost") == seed_from("plan", "cost") != seed_from("plan", "energy")
    True
    """
    return int.from_bytes(sha256("\x1f".join(parts).encode()).digest()[:8], "big")


def _strata(differences: Sequence[float], strata: Sequence[str] | None) -> list[np.ndarray]:
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise DataError(f"a paired comparison needs at least 2 runs, got {values.size}; plan more runs")
    if not np.all(np.isfinite(values)):
        raise DataError(f"{int((~np.isfinite(values)).sum())} of {len(values)} paired differences are not finite")
    if strata is None:
        return [values]
    if len(strata) != len(values):
        raise DataError(f"{len(values)} differences but {len(strata)} scenario names")
    names = np.asarray(list(strata))
    groups = [values[names == name] for name in sorted(set(strata))]
    if min(len(group) for group in groups) < 2:
        raise DataError("each scenario needs at least 2 paired runs, else its spread is unknown; plan more runs")
    return groups


def _stratified(groups: list[np.ndarray]) -> tuple[float, float, float]:
    """Return mean, standard error and degrees of freedom (Welch–Satterthwaite) of equally weighted strata."""
    weight = 1.0 / len(groups)
    mean = sum(weight * float(np.mean(group)) for group in groups)
    parts = [weight**2 * float(np.var(group, ddof=1)) / len(group) for group in groups]
    variance = sum(parts)
    below = sum(part**2 / (len(group) - 1) for part, group in zip(parts, groups, strict=True))
    freedom = variance**2 / below if below > 0.0 else float(sum(len(group) - 1 for group in groups))
    return mean, math.sqrt(variance), freedom


def _expanded_level(confidence: float, freedom: float, groups: list[np.ndarray]) -> float:
    """Return the bootstrap level that gives `confidence` in small samples.

    A bootstrap interval is too narrow by sqrt((n-1)/n) and uses normal instead of t quantiles; the level is widened
    for both. Source: Hesterberg, The American Statistician 69(4), 2015, 371-386 ("expanded percentile").
    """
    from scipy.stats import norm, t

    within = len(groups[0]) if len(groups) == 1 else float(np.mean([len(group) for group in groups]))
    quantile = t.ppf(0.5 + confidence / 2.0, freedom) * math.sqrt(within / (within - 1.0))
    return float(2.0 * norm.cdf(quantile) - 1.0)


def _mean_of_means(*samples: np.ndarray, axis: int = -1) -> np.ndarray:
    total = np.mean(samples[0], axis=axis)
    for sample in samples[1:]:
        total = total + np.mean(sample, axis=axis)
    return total / len(samples)


def _bca(groups: list[np.ndarray], level: float, seed: int, resamples: int) -> tuple[float, float]:
    """Return the BCa interval; the data are standardised and rounded first, so that ties do not depend on the unit."""
    import warnings

    from scipy.stats import bootstrap

    every = np.concatenate(groups)
    middle, spread = float(np.mean(every)), float(np.std(every))
    groups = [np.round((group - middle) / spread, 9) for group in groups]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a stratum without spread: scipy warns and gives nan; handled by the caller
        result = bootstrap(
            tuple(groups), _mean_of_means, n_resamples=resamples, confidence_level=level, method="BCa",
            vectorized=True, rng=np.random.default_rng(seed),
        )  # fmt: skip
    interval = result.confidence_interval
    return middle + spread * float(interval.low), middle + spread * float(interval.high)


def paired(
    differences: Sequence[float],
    strata: Sequence[str] | None = None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
    harmful: int = 1,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return the mean paired difference with a BCa bootstrap interval, stratified, and the paired t as a check.

    `differences` shape (n,), any unit; `strata` n scenario names; `harmful` +1 when a larger value is worse.
    Deterministic for a given `seed`. Raises DataError below 2 runs (per scenario) or for values that are not finite.
    """
    from scipy.stats import t

    groups = _strata(differences, strata)
    every = np.concatenate(groups)
    mean, error, freedom = _stratified(groups)
    scale = max(1.0, float(np.max(np.abs(every))))
    if error <= DEGENERATE * scale:  # no spread at all, as in A/A with common random numbers
        low = high = t_low = t_high = mean
        p_value = 1.0 if abs(mean) <= DEGENERATE * scale else 0.0
    else:
        half = float(t.ppf(0.5 + confidence / 2.0, freedom)) * error
        t_low, t_high = mean - half, mean + half
        p_value = float(2.0 * t.sf(abs(mean) / error, freedom))
        low, high = _bca(groups, _expanded_level(confidence, freedom, groups), seed, resamples)
        if not (math.isfinite(low) and math.isfinite(high)):
            low, high = t_low, t_high
    return Interval(
        len(every), mean, float(np.median(every)), low, high, t_low, t_high, p_value,
        float(np.std(every, ddof=1)), error, freedom,
        float(harmful * np.quantile(harmful * every, 0.9)), confidence,
    )  # fmt: skip


def variance_reduction(
    baseline: Sequence[float], solution: Sequence[float], strata: Sequence[str] | None = None
) -> dict[str, float | None]:
    """Return what pairing bought: `rho` within scenarios, `one_minus_rho`, and Var(difference)/(Var(b) + Var(s)).

    A variance ratio of 0.1 means that 10 unpaired runs say as much as 1 paired one.
    """
    names = list(strata) if strata is not None else ["all"] * len(baseline)
    b, s = np.array(baseline, dtype=float), np.array(solution, dtype=float)
    for name in set(names):
        inside = np.array([other == name for other in names])
        b[inside] -= b[inside].mean()
        s[inside] -= s[inside].mean()
    bb, ss, bs = float(b @ b), float(s @ s), float(b @ s)
    if bb <= DEGENERATE or ss <= DEGENERATE:
        return {"rho": None, "one_minus_rho": None, "variance_ratio": None}
    rho = min(1.0, bs / math.sqrt(bb * ss))
    return {"rho": rho, "one_minus_rho": 1.0 - rho, "variance_ratio": max(0.0, bb + ss - 2.0 * bs) / (bb + ss)}


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p values, in the order given.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = running
    return adjusted


def non_inferior(harm_low: float, harm_high: float, margin: float) -> str:
    """Return "held" (upper bound of the harm below the margin), "broken" (lower bound above it) or "unclear".

    >>> non_inferior(-1.0, 0.5, 1.0), non_inferior(1.2, 3.0, 1.0), non_inferior(0.5, 2.0, 1.0)
    ('held', 'broken', 'unclear')
    """
    if harm_high < margin or (harm_low == harm_high and harm_high <= margin):
        return "held"
    return "broken" if harm_low > margin else "unclear"


def detectable(sd: float, runs: int, alpha: float, power: float) -> float:
    """Return the smallest true difference found with `power` at two-sided `alpha` from `runs` pairs of spread `sd`.

    >>> round(detectable(1.0, 30, 0.05, 0.8), 3)
    0.529
    """
    from scipy.stats import t

    freedom = max(1, runs - 1)
    return float((t.ppf(1.0 - alpha / 2.0, freedom) + t.ppf(power, freedom)) * sd / math.sqrt(runs))


def needed_runs(sd: float, effect: float, alpha: float, power: float, most: int = 100_000) -> int | None:
    """Return about how many paired runs would find `effect` with `power`; None when more than `most`.

    >>> needed_runs(1.0, 0.53, 0.05, 0.8)
    30
    """
    if sd <= 0.0:
        return 2
    if abs(effect) <= 0.0 or detectable(sd, most, alpha, power) > abs(effect):
        return None
    low, high = 2, most
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if detectable(sd, middle, alpha, power) <= abs(effect) * (1 + 1e-9) else (middle + 1, high)
        )
    return low


def pooled_sd(differences: Sequence[float], strata: Sequence[str] | None = None) -> float:
    """Return the spread of paired differences within scenarios (unit of the difference), the input to `detectable`."""
    groups = _strata(differences, strata)
    squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in groups)
    return math.sqrt(squares / sum(len(group) - 1 for group in groups))


def binomial_interval(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson interval of a share, e.g. of plausible plants in which the verdict holds."""
    from scipy.stats import binomtest

    found: Any = binomtest(hits, trials).proportion_ci(confidence_level=confidence, method="wilson")
    return float(found.low), float(found.high)
