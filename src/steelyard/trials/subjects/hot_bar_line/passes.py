"""Recorded bars as a predictor meets them, pass by pass in time order, and the KPIs of its forecasts of roll force."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from steelyard.errors import DataError
from steelyard.trials.kpi import Kpi, declare
from steelyard.trials.predictor_kpi import bias, coverage, large_error_share, mean_absolute_error, unanswered, width
from steelyard.trials.subjects.base import Moment, Records

PREFIX = "bar_rolling."
FORCE = PREFIX + "roll_force"
MEASURED = {"roll_force": "roll_force_kn", "roll_torque": "roll_torque_knm", "exit_temperature": "out_temperature_c"}
LEAST_FORCE_KN = 1.0


@dataclass(frozen=True)
class RecordedPass:
    """One pass: its place in the schedule (1 …), begin and end, °C before it, and what was measured in and after it.

    `setup_force` [kN] is what a twin would have set it up for, nan without one; `label` its name in the schedule.
    """

    number: int
    start: datetime
    end: datetime
    entry_temperature: float
    measured: dict[str, float]
    label: str = ""
    setup_force: float = math.nan


@dataclass
class RecordedBar:
    """One bar: its number in time order, the number of its steel, its passes in time order, (campaign, trial)."""

    key: int
    grade: int
    passes: list[RecordedPass] = field(default_factory=list)
    place: tuple[str, str] = ("", "")

    def begin(self) -> datetime:
        """Return when the first pass began."""
        return self.passes[0].start

    def scorable(self) -> bool:
        """Say whether a force was measured in it."""
        return any(_counts(one) for one in self.passes)


def _counts(one: RecordedPass) -> bool:
    return one.measured["roll_force"] > LEAST_FORCE_KN


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def load_bars(store: Any, name: str) -> list[RecordedBar]:
    """Return the bars of a data set of recorded passes in time order; DataError when there are none.

    Bars that did not follow the schedule are left out, as the import has marked them.
    """
    places = {label: i + 1 for i, label in enumerate(store.table(name, "schedule")["pass_label"].to_list())}
    table = store.table(name, "passes").sort("start", maintain_order=True)
    bars: dict[tuple, RecordedBar] = {}
    grades: dict[Any, int] = {}
    order: dict[tuple, int] = {}
    for row in table.iter_rows(named=True):
        place = (row["campaign"], row["trial"])
        key = order.setdefault(place, len(order) + 1)
        if row.get("off_schedule"):
            continue
        grade = grades.setdefault(row["steel"], len(grades))
        bar = bars.setdefault(place, RecordedBar(key, grade, [], place))
        measured = {signal: _number(row[column]) for signal, column in MEASURED.items()}
        entry = _number(row["in_temperature_c"])
        label = row["pass_label"]
        bar.passes.append(RecordedPass(places[label], row["start"], row["end"], entry, measured, label))
    if not bars:
        raise DataError(f"data set {name!r} has no bar with passes on schedule; nothing can be predicted")
    return sorted(bars.values(), key=lambda bar: (bar.begin(), bar.key))


def moments(bar: RecordedBar, origin: datetime) -> Iterator[Moment]:
    """Give the beginnings and ends of the passes of one bar in time order, each with what was known then.

    At its beginning the force of a pass is to be predicted, at its end it is shown; passes of a continuous mill begin
    before the one before has ended. A pass whose force was not measured is shown, not scored.
    """
    begun: list[tuple[datetime, int, RecordedPass]] = [(one.end, 0, one) for one in bar.passes]
    events = sorted(begun + [(one.start, 1, one) for one in bar.passes], key=lambda event: event[:2])
    ended: datetime | None = None
    for now, begins, one in events:
        pause = math.nan if ended is None else (now - ended).total_seconds()
        signals = {
            "bar_number": float(bar.key), "pass_number": float(one.number), "grade": float(bar.grade),
            "entry_temperature": one.entry_temperature, "setup_force": one.setup_force,
            **dict.fromkeys(MEASURED, math.nan),
        }  # fmt: skip
        known = {PREFIX + name: value for name, value in signals.items()}
        at = (now - origin).total_seconds()
        if begins:
            value = one.measured["roll_force"] if _counts(one) else math.nan
            yield Moment(at, bar.key, known | {PREFIX + "pause_time": pause}, value, one.number - 1, None)
        else:
            ended = now
            after = known | {PREFIX + name: value for name, value in one.measured.items()}
            yield Moment(at, bar.key, known, math.nan, one.number - 1, after)


def _with_setup(bars: list[RecordedBar], store: Any, name: str, path: Path, scored: set[int]) -> list[RecordedBar]:
    from steelyard.trials.subjects.hot_bar_line.setup import with_setup

    return with_setup(bars, store, name, path, scored)


RECORDS = Records(
    dataset="freiberg-passes", signal=FORCE, unit="kN", load=load_bars, moments=moments,
    scorable=RecordedBar.scorable, first=0, relative=True, near=0.1, suspicious=25.0, missing=50.0, window=10.0,
    groups=(
        (0, 0, {"en": "first pass", "ko": "1번째 패스"}),
        (1, 9, {"en": "passes 2 to 10", "ko": "2~10번째 패스"}),
        (10, 99, {"en": "later passes", "ko": "이후 패스"}),
    ),
    sheet={"process": "hot_bar_line"}, setup=_with_setup,
)  # fmt: skip
_kpi = partial(declare, timing="per block of consecutive bars", audience="engineer, operator")
CATALOGUE: dict[str, Kpi] = {
    one.id: one
    for one in (
        _kpi("force_mape", "%", "lower", (0, 200), mean_absolute_error, "100 · Σ|estimate / F − 1| / n",
             "Error of the next pass's force", "다음 패스 하중 오차",
             "Mean absolute error of the forecast of the roll force, made before the pass",
             "패스 전에 낸 압연 하중 예측의 평균 절대 오차"),
        _kpi("large_error_share", "%", "lower", (0, 100), large_error_share, "100 · n(|error| > 10 %) / n",
             "Errors above 10 %", "10 % 초과 오차", "Share of passes missed by more than 10 %",
             "10 % 넘게 빗나간 패스의 비율"),
        _kpi("bias_percent", "%", "target", (-100, 100), bias, "100 · Σ(estimate / F − 1) / n",
             "Bias", "편향", "Mean error, estimate minus measured", "평균 오차 (예측 − 측정)", target=0.0),
        _kpi("coverage_90", "%", "target", (0, 100), coverage, "100 · n(low ≤ F ≤ high) / n",
             "Coverage of the 90 % interval", "90 % 구간 포함률",
             "Share of passes inside the solution's own 90 % interval", "솔루션이 제시한 90 % 구간 안에 든 패스의 비율",
             target=90.0),
        _kpi("interval_width_percent", "%", "lower", (0, 500), width, "100 · Σ((high − low) / F) / n",
             "Width of the 90 % interval", "90 % 구간 폭", "Mean width of the stated interval", "제시 구간의 평균 폭"),
        _kpi("unanswered_share", "%", "lower", (0, 100), unanswered, "100 · n(no answer) / n",
             "Passes without an answer", "무응답 비율",
             "Share of passes without a usable answer", "쓸 수 있는 답이 없던 패스의 비율"),
    )
}  # fmt: skip
