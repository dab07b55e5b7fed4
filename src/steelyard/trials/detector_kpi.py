"""KPIs of a detector trial: functions of the alarms of one campaign, scored against the fault that was injected."""

from dataclasses import dataclass
from functools import partial

from steelyard.trials.kpi import Kpi, declare

REMINDER_S = 3600.0
"""An alarm that stays on counts again after each hour: a crew has to look each time."""


@dataclass(frozen=True)
class ScoredAlarms:
    """One campaign of one detector; times in plant seconds.

    `onset` of the fault, `end` of the run, `detected_at` (None: never); `false_alarms` within the `watched_s` seconds
    of both runs after the warm-up; `asked` and `unanswered` decisions.
    """

    onset: float
    end: float
    detected_at: float | None
    false_alarms: int
    watched_s: float
    asked: int
    unanswered: int


def delay(record: ScoredAlarms) -> float:
    """Return the time from the onset to the alarm, to the end of the run when there was none [h]."""
    return ((record.end if record.detected_at is None else record.detected_at) - record.onset) / 3600.0


def detected(record: ScoredAlarms) -> float:
    """Return 100 when the fault was found before the end of the run, else 0 [%]."""
    return 0.0 if record.detected_at is None else 100.0


def false_alarms(record: ScoredAlarms) -> float:
    """Return the false alarms per day of watching [1/d]."""
    return record.false_alarms / (record.watched_s / 86400.0)


def unanswered(record: ScoredAlarms) -> float:
    """Return the share of decisions without a usable answer [%]."""
    return 100.0 * record.unanswered / max(1, record.asked)


def episodes(raised: list[tuple[float, bool]]) -> int:
    """Return how often an alarm was raised in (time [s], on or not), each further hour that it stayed on included.

    >>> episodes([(0.0, False), (60.0, True), (120.0, True), (180.0, False), (240.0, True)])
    2
    >>> episodes([(0.0, True), (3600.0, True), (7000.0, True)])
    2
    """
    count, since = 0, None
    for time, on in raised:
        if not on:
            since = None
        elif since is None or time - since >= REMINDER_S:
            count, since = count + 1, time
    return count


_kpi = partial(declare, timing="per campaign: one sound run and one with a fault", audience="engineer, operator")
CATALOGUE: dict[str, Kpi] = {
    one.id: one
    for one in (
        _kpi("delay_h", "h", "lower", (0, 1000), delay, "t_alarm − t_onset, censored at the end of the run",
             "Delay of detection", "감지 지연",
             "Time from the onset to the first alarm raised after it that names fault and place; "
             "the end of the run when there is none",
             "이상 시작부터 그 후 해당 이상과 위치를 지목한 첫 경보까지의 시간; 없으면 운전 종료까지"),
        _kpi("detected_share", "%", "higher", (0, 100), detected, "100 · n(detected) / n",
             "Faults detected", "이상 감지율",
             "Share of faults for which an alarm that names fault and place was raised after their onset",
             "시작 이후 이상과 위치를 지목한 경보가 발령된 이상의 비율",
             digits=0),
        _kpi("false_alarms_per_day", "1/d", "lower", (0, 10000), false_alarms, "n(false) / t",
             "False alarms per day", "일일 오경보 수",
             "Every alarm of the sound run and before the onset; after it those that do not name the fault and its "
             "place, and repeats of the right one within an hour; each hour on counts again",
             "정상 운전과 이상 시작 전의 모든 경보; 시작 후에는 해당 이상과 위치를 지목하지 않은 경보와 "
             "1시간 이내에 반복된 올바른 경보; 지속 시 매시간 다시 셈"),
        _kpi("unanswered_share", "%", "lower", (0, 100), unanswered, "100 · n(no answer) / n",
             "Decisions without an answer", "무응답 비율",
             "Share of decisions without a usable answer", "쓸 수 있는 답이 없던 결정의 비율", digits=1),
    )
}  # fmt: skip


def evaluate(record: ScoredAlarms) -> dict[str, float]:
    """Return every KPI for one campaign."""
    return {id_: float(one.value(record)) for id_, one in CATALOGUE.items()}
