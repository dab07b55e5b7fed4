"""KPIs of a predictor trial: functions of the scored dips of one block of heats."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.trials.kpi import Kpi


@dataclass(frozen=True)
class ScoredDips:
    """Scored dips: `error` = estimate - measured [K], `inside` the 90 % interval or not, its `width` [K]."""

    error: Any
    inside: Any
    width: Any
    unanswered: Any


def _kpi(
    id_: str, unit: str, trend: str, span: tuple[float, float], value: Any, formula: str, *texts: str,
    target: float | None = None,
) -> Kpi:  # fmt: skip
    return Kpi(
        id_, {"en": texts[0], "ko": texts[1]}, {"en": texts[2], "ko": texts[3]}, formula, unit, span[0], span[1], trend,
        "per block of consecutive heats", "engineer, operator", value,
        target=target,
    )  # fmt: skip


def mean_absolute_error(record: ScoredDips) -> float:
    """Return the mean absolute error per dip [K]."""
    return float(np.mean(np.abs(record.error)))


def large_error_share(record: ScoredDips) -> float:
    """Return the share of dips with an error above 10 K [%]."""
    return float(100.0 * np.mean(np.abs(record.error) > 10.0))


def bias(record: ScoredDips) -> float:
    """Return the mean error, estimate minus measured [K]."""
    return float(np.mean(record.error))


def coverage(record: ScoredDips) -> float:
    """Return the share of dips inside the stated 90 % interval [%]."""
    return float(100.0 * np.mean(record.inside))


def width(record: ScoredDips) -> float:
    """Return the mean width of the stated 90 % interval [K]."""
    return float(np.mean(record.width))


def unanswered(record: ScoredDips) -> float:
    """Return the share of dips without a usable answer; the baseline's estimate was taken instead [%]."""
    return float(100.0 * np.mean(record.unanswered))


CATALOGUE: dict[str, Kpi] = {
    one.id: one
    for one in (
        _kpi("mae_k", "K", "lower", (0, 100), mean_absolute_error, "Σ|estimate − dip| / n",
             "Error of the next dip", "다음 측온 오차",
             "Mean absolute error of the estimate of the next dip, made before it was known",
             "다음 측온값을 알기 전에 낸 추정의 평균 절대 오차"),
        _kpi("large_error_share", "%", "lower", (0, 100), large_error_share, "100 · n(|error| > 10 K) / n",
             "Errors above 10 K", "10 K 초과 오차",
             "Share of dips missed by more than 10 K", "10 K 넘게 빗나간 측온의 비율"),
        _kpi("bias_k", "K", "target", (-100, 100), bias, "Σ(estimate − dip) / n",
             "Bias", "편향", "Mean error, estimate minus dip", "평균 오차 (추정 − 측온)",
             target=0.0),
        _kpi("coverage_90", "%", "target", (0, 100), coverage, "100 · n(low ≤ dip ≤ high) / n",
             "Coverage of the 90 % interval", "90 % 구간 포함률",
             "Share of dips inside the solution's own 90 % interval", "솔루션이 제시한 90 % 구간 안에 든 측온의 비율",
             target=90.0),
        _kpi("interval_width_k", "K", "lower", (0, 500), width, "Σ(high − low) / n",
             "Width of the 90 % interval", "90 % 구간 폭", "Mean width of the stated interval", "제시 구간의 평균 폭"),
        _kpi("unanswered_share", "%", "lower", (0, 100), unanswered, "100 · n(no answer) / n",
             "Dips without an answer", "무응답 비율",
             "Share of dips without a usable answer", "쓸 수 있는 답이 없던 측온의 비율"),
    )
}  # fmt: skip


def evaluate(record: ScoredDips) -> dict[str, float]:
    """Return every KPI for one block."""
    return {id_: float(one.value(record)) for id_, one in CATALOGUE.items()}
