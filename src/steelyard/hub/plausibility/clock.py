"""Checks on time stamps: inversions, gaps, stamps that a machine invented."""

import numpy as np

from steelyard.hub.plausibility.finding import Finding
from steelyard.hub.plausibility.sheet import Sheet
from steelyard.hub.texts import text

LEAST_GAPS = 150  # fewer gaps cannot tell an invented clock from a real one
REGULAR_SHARE = 0.9


def regular_step(sheet: Sheet) -> float | None:
    """Return the sampling step [s] when 90 % of the steps (inside batches) are within 10 % of it, else None."""
    clock = sheet.clock()
    if clock is None:
        return None
    steps = np.diff(clock)
    if sheet.runs is not None:
        steps = steps[np.diff(sheet.runs) == 0]
    steps = steps[np.isfinite(steps)]
    if steps.size < 20:
        return None
    typical = float(np.median(steps))
    return typical if typical > 0 and _mostly_equal(steps) else None


def _mostly_equal(steps: np.ndarray) -> bool:
    """Return whether at least 90 % of the steps lie within 10 % (or one second) of their median."""
    typical = float(np.median(steps))
    slack = max(0.1 * typical, 1.0 if typical > 2 else 0.0)
    return bool(typical > 0 and np.mean(np.abs(steps - typical) <= slack) >= REGULAR_SHARE)


def inversions(sheet: Sheet) -> list[Finding]:
    """Rows whose time lies before the row above, per time column."""
    found = []
    for name, clock in sheet.times.items():
        given = np.flatnonzero(np.isfinite(clock))
        if sheet.runs is not None and _sorted_by_batch(sheet):
            steps = np.where(np.diff(sheet.runs[given]) == 0, np.diff(clock[given]), 0.0)
        else:
            steps = np.diff(clock[given])
        if steps.size < LEAST_GAPS // 5 or np.ptp(clock[given]) == 0:
            continue
        back = np.flatnonzero(steps < 0)
        if not back.size:
            continue
        share = back.size / steps.size
        worst = float(-steps[back].min())
        regular = _mostly_equal(steps)
        if name != sheet.time and not regular:
            continue  # a second time of an event need not follow the order of the rows
        if share > 0.2:
            if name == sheet.time:
                found.append(_unordered(sheet.name, name, share))
            continue
        severity = "warning" if regular or worst > 86400.0 else "note"
        where = int(given[back[0]]) + 2
        found.append(
            _inversion(sheet, name, severity, (back.size, steps.size, where), worst, _daily(clock[given], back))
        )
    return found


def _inversion(
    sheet: Sheet, name: str, severity: str, counts: tuple[int, int, int], worst: float, daily: bool
) -> Finding:
    back, steps, row = counts
    once = ", once a day: the stamp at midnight carries the wrong date" if daily else ""
    once_ko = ", 하루 한 번: 자정 시각에 날짜가 잘못 붙었습니다" if daily else ""
    said = text(
        f"{name} jumps back {back} times in {steps} steps, by up to {duration(worst)} (first at row {row}){once}. "
        "Order by time only after you know which clock is right.",
        f"{name}이(가) {steps}번 중 {back}번 거꾸로 갑니다(최대 {duration(worst, True)}, 첫 위치 {row}행{once_ko}). "
        "어느 시계가 맞는지 확인한 뒤 시간순으로 정렬하십시오.",
    )
    evidence = {"count": back, "steps": steps, "worst_s": worst, "first_row": row, "daily": daily}
    return Finding("time_inversion", severity, sheet.name, (name,), said, evidence)


def _sorted_by_batch(sheet: Sheet) -> bool:
    """Return whether the file is sorted by the batch's number: then only steps inside a batch are steps in time."""
    values = sheet.numbers.get(sheet.group or "")
    return values is not None and bool((np.diff(values[np.isfinite(values)]) >= 0).all())


def _daily(clock: np.ndarray, back: np.ndarray) -> bool:
    """Return whether the clock jumps back once a day."""
    days = np.floor(clock[back] / 86400.0)
    once = np.unique(days).size == back.size and bool(np.all(np.diff(days) >= 1))
    return back.size >= 5 and once and bool(back.size > 0.8 * np.ptp(days))


def _unordered(table: str, name: str, share: float) -> Finding:
    return Finding(
        "not_in_time_order",
        "note",
        table,
        (name,),
        text(
            f"rows are not in the order of {name} ({share:.0%} of the steps go back). Sort before "
            "plotting or splitting by time.",
            f"행이 {name} 순서가 아닙니다(단계의 {share:.0%}가 거꾸로). 그래프나 시간 분할 전에 정렬하십시오.",
        ),
        {"share": share},
    )


def duration(seconds: float, korean: bool = False) -> str:
    """Return a duration in words."""
    for size, unit, unit_ko in ((86400.0, "days", "일"), (3600.0, "h", "시간"), (60.0, "min", "분")):
        if seconds >= size:
            return f"{seconds / size:.1f}{unit_ko if korean else ' ' + unit}"
    return f"{seconds:.3g}{'초' if korean else ' s'}"


def gaps(sheet: Sheet) -> list[Finding]:
    """Holes in a regularly sampled record."""
    step = regular_step(sheet)
    if step is None or sheet.time is None or sheet.runs is not None:
        return []
    clock = sheet.times[sheet.time]
    steps = np.diff(clock[np.isfinite(clock)])
    holes = steps[steps > 5 * step]
    if not holes.size:
        return []
    return [
        Finding(
            "gap",
            "note",
            sheet.name,
            (sheet.time,),
            text(
                f"{holes.size} hole(s) in a record of one row every {duration(step)}; the longest lasts "
                f"{duration(float(holes.max()))}. Nothing may be interpolated across.",
                f"{duration(step, True)} 간격 기록에 빈 구간이 {holes.size}개 있고 가장 긴 것은 "
                f"{duration(float(holes.max()), True)}입니다. 이 구간을 보간하지 마십시오.",
            ),
            {"count": holes.size, "longest_s": float(holes.max()), "step_s": step},
        )
    ]


def invented_clock(sheet: Sheet) -> list[Finding]:
    """Time stamps whose gaps are dice: equally likely between two hard limits, with nothing outside.

    Real arrivals bunch, stop for breaks and have a long tail; a uniform law with hard limits is what `rand()` gives.
    """
    from scipy import stats

    clock = sheet.clock()
    if clock is None:
        return []
    steps = np.diff(np.sort(clock[np.isfinite(clock)]))
    steps = steps[steps > 0]
    if steps.size < LEAST_GAPS:
        return []
    body = _body(np.sort(steps))
    if body.size < max(LEAST_GAPS, 0.9 * steps.size) or np.unique(body).size < 20:
        return []
    low, high = float(body[0]), float(body[-1])
    if low <= 0 or high < 1.3 * low:
        return []
    resolution = float(np.diff(np.unique(body)).min())
    jitter = (np.arange(body.size) * 0.6180339887498949) % 1.0  # spreads ties of a coarse clock, the same every time
    test = stats.kstest((body - low + jitter * resolution) / (high - low + resolution), "uniform")
    if test.pvalue < 0.01:
        return []
    return [_invented(sheet, body.size, low, high, float(test.pvalue))]


def _invented(sheet: Sheet, gaps_seen: int, low: float, high: float, p: float) -> Finding:
    said = text(
        f"the {gaps_seen} gaps between time stamps are spread evenly from {low:g} to {high:g} s and stop dead at both "
        f"limits (Kolmogorov-Smirnov p = {p:.2f} for dice). A real line has breaks, jams and bunches. These stamps "
        "were made up: nothing about sequence or time can be learned from them.",
        f"시각 사이 간격 {gaps_seen}개가 {low:g}~{high:g}초에 고르게 퍼져 있고 양 끝에서 딱 끊깁니다(균등분포 KS 검정 "
        f"p = {p:.2f}). 실제 라인에는 휴지·정체·몰림이 있습니다. "
        "만들어 낸 시각이므로 순서나 시간에 관한 것은 배울 수 없습니다.",
    )
    evidence = {"gaps": gaps_seen, "low_s": low, "high_s": high, "ks_p": p}
    return Finding("invented_clock", "error", sheet.name, (sheet.time or "",), said, evidence)


def _body(ordered: np.ndarray) -> np.ndarray:
    """Return the sorted gaps below the first big jump (stops between shifts lie above it)."""
    start = ordered.size // 2
    jumps = np.flatnonzero(ordered[start + 1 :] > 1.5 * ordered[start:-1])
    return ordered[: start + 1 + jumps[0]] if jumps.size else ordered
