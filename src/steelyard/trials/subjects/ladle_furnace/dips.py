"""The KPIs of a predictor trial at the ladle furnace: functions of the scored dips of one block of heats."""

from functools import partial

from steelyard.trials.kpi import Kpi, declare
from steelyard.trials.predictor_kpi import bias, coverage, large_error_share, mean_absolute_error, unanswered, width

_kpi = partial(declare, timing="per block of consecutive heats", audience="engineer, operator")

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
