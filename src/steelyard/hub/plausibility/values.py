"""Checks on single values: impossible by nature, marks for 'no reading' that pose as numbers, what is missing."""

from dataclasses import dataclass

import numpy as np

from steelyard.hub.plausibility.finding import Finding
from steelyard.hub.plausibility.sheet import Sheet
from steelyard.hub.texts import text

KNOWN_MARKS = frozenset(
    sign * value for value in (999, 9999, 99999, 999999, 999.9, 9999.9, 32767, 32768, 65535) for sign in (1, -1)
)  # what loggers write for 'no value' and what counters show when they overflow
# amounts and settings repeat far-off values for good reasons; sensors do not
SENSORS = ("temperature", "ph", "power factor")
FEWEST_REPEATS, OFTEN = 5, 5.0  # a mark comes at least five times, and five times as often as values do in that column
MANY = 0.2  # more impossible values than this: not the values are wrong but the guess from the name
METAL_COLD_C = 100.0  # a temperature column whose middle half lies above this never reads 0 °C in service


def impossible_values(sheet: Sheet) -> list[Finding]:
    """Values that nature forbids for what the column's name and unit say it is."""
    found = []
    for name, values in sheet.numbers.items():
        kind = sheet.kinds[name]
        given = values[np.isfinite(values)]
        low = -np.inf if kind.low is None else kind.low
        high = np.inf if kind.high is None else kind.high
        bad = given[(given < low) | (given > high)]
        if bad.size > MANY * given.size:
            found.append(_doubtful_unit(sheet, name, bad.size, given.size))
        elif bad.size:
            found.append(_impossible_value(sheet, name, bad, given.size))
    return found


def _doubtful_unit(sheet: Sheet, name: str, outside: int, rows: int) -> Finding:
    said = text(
        f"{name}: {outside} of {rows} values do not fit its name ({sheet.kinds[name].why}). "
        "So many mean another unit or another meaning than the name says.",
        f"{name}: {rows}개 값 중 {outside}개가 이름과 맞지 않습니다. 이렇게 많으면 단위나 의미가 이름과 다른 것입니다.",
    )
    return Finding("doubtful_unit", "note", sheet.name, (name,), said, {"outside": outside, "rows": rows})


def _impossible_value(sheet: Sheet, name: str, bad: np.ndarray, rows: int) -> Finding:
    kind, worst = sheet.kinds[name], float(bad[np.argmax(np.abs(bad))])
    said = text(
        f"{name}: {bad.size} of {rows} values are impossible, e.g. {worst:g} ({kind.why}). "
        "Treat them as missing; ask what they mean.",
        f"{name}: {rows}개 값 중 {bad.size}개는 있을 수 없는 값입니다(예: {worst:g}). "
        "결측으로 처리하고 의미를 확인하십시오.",
    )
    evidence = {"count": bad.size, "rows": rows, "worst": worst, "low": kind.low, "high": kind.high}
    return Finding("impossible_value", "warning", sheet.name, (name,), said, evidence)


def sentinel_values(sheet: Sheet) -> list[Finding]:
    """Numbers that stand for 'no reading': far from everything else, and again and again the same number."""
    far = {
        name: _far_values(values[np.isfinite(values)])
        for name, values in sheet.numbers.items()
        if sheet.distinct[name] > 10 and not sheet.is_order(name) and sheet.kinds[name].name != "spread"
    }
    marks = KNOWN_MARKS | {
        hit.value
        for name, hits in far.items()
        for hit in hits
        if hit.repeats and hit.value != 0 and sheet.kinds[name].name in SENSORS
    }
    found: list[Finding] = []
    alone: list[tuple[str, FarValue]] = []
    for name, hits in far.items():
        if _zero_means_missing(sheet, name):
            found.append(_zero_finding(sheet, name))
        found += [_mark_finding(sheet, name, hit) for hit in [_everywhere(sheet, name, marks)] if hit]
        for hit in hits:
            if hit.value == 0:
                found += _zero_apart(sheet, name, hit)
            elif hit.value in marks or (hit.repeats and sheet.kinds[name].name in SENSORS):
                found.append(_mark_finding(sheet, name, hit))
            elif hit.gap > 2.0 * hit.spread and not _impossible(sheet, name, hit.value):
                alone.append((name, hit))
    return found + _alone_finding(sheet, alone)


@dataclass(frozen=True)
class FarValue:
    """A value at the end of a column, apart from the rest by `gap`; `repeats`: far more often than values do there."""

    value: float
    count: int
    low: float
    high: float
    gap: float
    spread: float
    repeats: bool
    share: float


def _far_values(given: np.ndarray) -> list[FarValue]:
    """Return the extremes that stand apart by more than the spread of the rest, outermost first."""
    found: list[FarValue] = []
    rest = given
    for _ in range(4):
        hit = (
            next((hit for value in (rest.max(), rest.min()) if (hit := _far(given, rest, float(value)))), None)
            if rest.size > 30
            else None
        )
        if hit is None:
            return found
        found.append(hit)
        rest = rest[rest != hit.value]
    return found


def _far(given: np.ndarray, rest: np.ndarray, value: float) -> FarValue | None:
    others = rest[rest != value]
    count = int(rest.size - others.size)
    if others.size < 20 or (value == 0 and others.size < 0.3 * given.size):
        return None
    low, high = np.quantile(others, [0.01, 0.99])
    spread, gap = float(high - low), float(np.abs(others - value).min())
    if gap <= max(spread, 1e-12):
        return None
    usual = float(np.median(np.unique(others, return_counts=True)[1]))
    repeats = count >= max(FEWEST_REPEATS, OFTEN * usual)
    return FarValue(value, count, float(others.min()), float(others.max()), gap, spread, repeats, count / given.size)


def _everywhere(sheet: Sheet, name: str, marks: frozenset[float] | set[float]) -> FarValue | None:
    """Return the mark that fills most of a column (it hides as 'normal' there), or None."""
    given = sheet.numbers[name][np.isfinite(sheet.numbers[name])]
    levels, counts = np.unique(given, return_counts=True)
    at = int(np.argmax(counts))
    others = np.delete(levels, at)
    if (
        levels[at] not in marks
        or counts[at] < 0.5 * given.size
        or not (levels[at] > others.max() or levels[at] < others.min())
    ):
        return None
    gap = float(np.abs(others - levels[at]).min())
    if gap > max(np.subtract(*np.quantile(given[given != levels[at]], [0.99, 0.01])), 1e-12):
        return None  # apart from the rest: found already
    return FarValue(
        float(levels[at]),
        int(counts[at]),
        float(others.min()),
        float(others.max()),
        gap,
        0.0,
        True,
        counts[at] / given.size,
    )


def _impossible(sheet: Sheet, name: str, value: float) -> bool:
    low, high = sheet.kinds[name].low, sheet.kinds[name].high
    return (low is not None and value < low) or (high is not None and value > high)


def _zero_means_missing(sheet: Sheet, name: str) -> bool:
    """Return whether a hot temperature column holds zeros, and hardly anything between them and its real values."""
    values = sheet.numbers[name][np.isfinite(sheet.numbers[name])]
    zeros, real = int((values == 0).sum()), values[values != 0]
    if not (sheet.kinds[name].zero_is_missing and zeros and real.size > zeros):
        return False
    floor = float(np.quantile(real, 0.02))
    return floor > METAL_COLD_C and zeros > int(((real > 0) & (real < 0.5 * floor)).sum()) / 2


def _zero_finding(sheet: Sheet, name: str) -> Finding:
    values = sheet.numbers[name][np.isfinite(sheet.numbers[name])]
    count, real = int((values == 0).sum()), values[values != 0]
    low, high = (float(q) for q in np.quantile(real, [0.02, 0.98]))
    return Finding(
        "sentinel_value",
        "warning",
        sheet.name,
        (name,),
        text(
            f"{name}: 0 in {count} row(s) while the usual values lie between {low:g} and {high:g}: it "
            "means 'not measured'. Treat it as missing.",
            f"{name}: {count}개 행이 0인데 보통 값은 {low:g}~{high:g}입니다. "
            "'미측정'을 뜻하므로 결측으로 처리하십시오.",
        ),
        {"value": 0.0, "count": count, "others_low": low, "others_high": high},
    )


def _zero_apart(sheet: Sheet, name: str, hit: FarValue) -> list[Finding]:
    if _zero_means_missing(sheet, name) or hit.count < 2:
        return []
    return [
        Finding(
            "zero_apart",
            "note",
            sheet.name,
            (name,),
            text(
                f"{name}: 0 stands apart in {hit.count} rows (all others lie between {hit.low:g} and "
                f"{hit.high:g}): 'off' or 'not measured'? Ask before averaging.",
                f"{name}: {hit.count}개 행의 0이 동떨어져 있습니다(나머지는 {hit.low:g}~{hit.high:g}). "
                "'꺼짐'인지 '미측정'인지 확인한 뒤 평균을 내십시오.",
            ),
            {"count": hit.count, "others_low": hit.low, "others_high": hit.high},
        )
    ]


def _mark_finding(sheet: Sheet, name: str, hit: FarValue) -> Finding:
    dead = f" That is {hit.share:.0%} of the column: the sensor is practically not there." if hit.share > 0.5 else ""
    dead_ko = f" 열의 {hit.share:.0%}가 이 값이므로 센서가 없는 것과 같습니다." if hit.share > 0.5 else ""
    return Finding(
        "sentinel_value",
        "warning",
        sheet.name,
        (name,),
        text(
            f"{name}: {hit.value:g} in {hit.count} row(s), apart from everything else ({hit.low:g} to "
            f"{hit.high:g}): a mark for 'no sensor', 'overflow' or 'not measured', not a reading. "
            f"Treat it as missing.{dead}",
            f"{name}: {hit.count}개 행이 {hit.value:g}로 나머지({hit.low:g}~{hit.high:g})와 동떨어져 "
            "있습니다. 측정값이 아니라 '센서 없음·오버플로·미측정' 표시입니다. 결측으로 "
            f"처리하십시오.{dead_ko}",
        ),
        {"value": hit.value, "count": hit.count, "share": hit.share, "others_low": hit.low, "others_high": hit.high},
    )


def _alone_finding(sheet: Sheet, alone: list[tuple[str, FarValue]]) -> list[Finding]:
    if not alone:
        return []
    columns = tuple(dict.fromkeys(name for name, _ in alone))
    shown = "; ".join(
        f"{name} {h.value:g} in {h.count} row(s) (others {h.low:g} to {h.high:g})" for name, h in alone[:5]
    )
    shown_ko = "; ".join(f"{name} {h.value:g} {h.count}개 행(나머지 {h.low:g}~{h.high:g})" for name, h in alone[:5])
    return [
        Finding(
            "lone_outlier",
            "note",
            sheet.name,
            columns,
            text(
                f"values far from all others: {shown}. Look at those rows: sensor fault, typing error or "
                "a special event?",
                f"나머지와 멀리 떨어진 값: {shown_ko}. 그 행을 보고 센서 이상, 오기, 특이 작업 여부를 확인하십시오.",
            ),
            {"values": [[name, hit.value, hit.count] for name, hit in alone[:20]]},
        )
    ]


def overflowed_counters(sheet: Sheet) -> list[Finding]:
    """Counters that ran into the end of their memory (32767 or 65535) and piled up there."""
    found = []
    for name, values in sheet.numbers.items():
        given = values[np.isfinite(values)]
        if given.size < 30 or given.max() not in (32767.0, 65535.0):
            continue
        limit = float(given.max())
        count = int((given >= limit - 8).sum())
        if count < 3 or float(np.quantile(given, 0.9)) > 0.5 * limit or (sheet.distinct[name] <= 10):
            continue
        said = text(
            f"{name}: {count} values lie at {limit:g}, where a counter's memory ends, while 90 % lie below "
            f"{np.quantile(given, 0.9):g}: the counter overflowed or ran backwards past 0. Leave these rows out.",
            f"{name}: {count}개 값이 계수기 한계인 {limit:g}에 몰려 있고 90 %는 {np.quantile(given, 0.9):g} "
            "아래입니다. 계수기가 넘쳤거나 0 아래로 내려간 것이므로 이 행은 제외하십시오.",
        )
        found.append(Finding("overflow", "warning", sheet.name, (name,), said, {"count": count, "limit": limit}))
    return found


def missing_values(sheet: Sheet) -> list[Finding]:
    """Columns with gaps, and columns that are missing in one stretch (sensor added later, removed, out of order)."""
    share = {name: 1.0 - float(_given(sheet, name).mean()) for name in sheet.columns} if sheet.rows else {}
    thin = sorted(((part, name) for name, part in share.items() if 0.0 < part < 1.0), reverse=True)
    found = [_missing(sheet, thin)] if thin else []
    for part, name in thin:
        edges = int(np.count_nonzero(np.diff(_given(sheet, name).astype(np.int8))))
        if 0.02 < part < 0.98 and sheet.rows >= 200 and edges <= 2:
            found.append(_stretch(sheet, name, part))
    for name in sheet.labels:
        count = int((~_given(sheet, name)).sum())
        if 0 < count < 0.5 * sheet.rows:
            found.append(_no_verdict(sheet, name, count))
    return found


def _missing(sheet: Sheet, thin: list[tuple[float, str]]) -> Finding:
    listed = ", ".join(f"{name} {part:.2g}" if part < 0.001 else f"{name} {part:.1%}" for part, name in thin[:6])
    said = text(
        f"cells without a value in {len(thin)} column(s): {listed}. Find out whether they were not measured, "
        "not needed or lost.",
        f"{len(thin)}개 열에 빈 칸이 있습니다: {listed}. 측정하지 않은 것인지, 해당 없음인지, 유실인지 확인하십시오.",
    )
    evidence = {name: part for part, name in thin[:20]}
    return Finding("missing_values", "note", sheet.name, tuple(name for _, name in thin), said, evidence)


def _stretch(sheet: Sheet, name: str, part: float) -> Finding:
    said = text(
        f"{name}: its {part:.0%} missing values lie in one stretch: the signal was added later, removed, or down.",
        f"{name}: 결측 {part:.0%}이(가) 한 구간에 몰려 있습니다. 신호가 나중에 추가됐거나 제거·고장 상태였던 것입니다.",
    )
    return Finding("missing_stretch", "note", sheet.name, (name,), said, {"share": part})


def _no_verdict(sheet: Sheet, name: str, count: int) -> Finding:
    said = text(
        f"{name}: {count} of {sheet.rows} rows have no verdict. Leave them out; they are not 'good'.",
        f"{name}: {sheet.rows}개 행 중 {count}개에 판정이 없습니다. '양품'으로 세지 말고 제외하십시오.",
    )
    return Finding("missing_label", "warning", sheet.name, (name,), said, {"count": count, "rows": sheet.rows})


def _given(sheet: Sheet, name: str) -> np.ndarray:
    if name in sheet.words:
        return np.array([value is not None for value in sheet.words[name]])
    return np.isfinite(sheet.numbers[name] if name in sheet.numbers else sheet.times[name])


def wrong_trade(sheet: Sheet) -> list[Finding]:
    """'Melt' temperatures at which no metal of the trade melts: plastics, not metal."""
    from steelyard.hub.plausibility.quantity_guess import tokens

    melts = [
        name
        for name in sheet.numbers
        if {"melt", "molten"} & set(tokens(name)) and sheet.kinds[name].name == "temperature"
    ]
    medians = {name: float(np.nanmedian(values)) for name in melts if np.isfinite(values := sheet.numbers[name]).any()}
    plastics = {name: value for name, value in medians.items() if 120.0 < value < 400.0}
    if not plastics or len(plastics) < len(medians):
        return []
    low, high = min(plastics.values()), max(plastics.values())
    return [
        Finding(
            "wrong_trade",
            "warning",
            sheet.name,
            tuple(plastics),
            text(
                f"melt temperatures of {low:.0f} to {high:.0f} °C: steel melts near 1500 °C, aluminium at "
                "660 °C, zinc at 420 °C. This is a plastics (polymer) "
                "line, not metal forming: do not carry its results over to metal.",
                f"용융 온도가 {low:.0f}~{high:.0f} °C입니다. 강은 약 1500 °C, 알루미늄은 660 °C, 아연은 "
                "420 °C에서 녹습니다. 금속 가공이 아니라 플라스틱(고분자) "
                "설비의 기록이므로 결과를 금속 공정에 옮겨 쓰지 마십시오.",
            ),
            medians,
        )
    ]
