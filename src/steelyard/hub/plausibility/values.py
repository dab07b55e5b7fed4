"""Checks on single values: impossible by nature, marks for 'no reading' that pose as numbers, what is missing."""

import numpy as np

from steelyard.hub.plausibility.finding import Finding, names
from steelyard.hub.plausibility.sheet import Sheet
from steelyard.hub.texts import text

KNOWN_MARKS = frozenset(
    sign * value for value in (999, 9999, 99999, 999999, 999.9, 9999.9, 32767, 32768, 65535, 4095, 16383, 850, 1372, 1449) for sign in (1, -1)
)
METAL_COLD_C = 100.0  # a temperature column whose middle half lies above this never reads 0 °C in service


def impossible_values(sheet: Sheet) -> list[Finding]:
    """Values that nature forbids for what the column's name and unit say it is."""
    found = []
    for name, values in sheet.numbers.items():
        kind = sheet.kinds[name]
        given = values[np.isfinite(values)]
        if not given.size:
            continue
        low = -np.inf if kind.low is None else kind.low
        high = np.inf if kind.high is None else kind.high
        bad = given[(given < low) | (given > high)]
        if not bad.size:
            continue
        if bad.size > 0.2 * given.size:
            found.append(Finding("doubtful_unit", "note", sheet.name, (name,), text(
                f"{name}: {bad.size} of {given.size} values are outside {low:g} to {high:g} ({kind.why}). So many mean another unit or another meaning than the name says.",
                f"{name}: {given.size}개 값 중 {bad.size}개가 {low:g}~{high:g} 범위를 벗어납니다. 이렇게 많으면 단위나 의미가 이름과 다른 것입니다."),
                {"outside": bad.size, "rows": given.size}))  # fmt: skip
            continue
        found.append(Finding("impossible_value", "warning", sheet.name, (name,), text(
            f"{name}: {bad.size} of {given.size} values are impossible, e.g. {bad[np.argmax(np.abs(bad))]:g} ({kind.why}). Treat them as missing; ask what they mean.",
            f"{name}: {given.size}개 값 중 {bad.size}개는 있을 수 없는 값입니다(예: {bad[np.argmax(np.abs(bad))]:g}). 결측으로 처리하고 의미를 확인하십시오."),
            {"count": bad.size, "rows": given.size, "worst": float(bad[np.argmax(np.abs(bad))]), "low": kind.low, "high": kind.high}))  # fmt: skip
    return found


def sentinel_values(sheet: Sheet) -> list[Finding]:
    """Numbers that stand for 'no reading': far from everything else, and always the same number."""
    found = []
    for name, values in sheet.numbers.items():
        if sheet.distinct[name] <= 10 or sheet.is_order(name) or sheet.kinds[name].name == "spread":
            continue
        for value, count, low, high in _far_values(values[np.isfinite(values)]):
            finding = _sentinel_finding(sheet, name, value, count, low, high)
            if finding is not None:
                found.append(finding)
    return found


def _far_values(given: np.ndarray) -> list[tuple[float, int, float, float]]:
    """Return (value, count, low, high of the rest) for extremes that stand apart by more than the spread of the rest."""
    found, rest = [], given
    for _ in range(4):
        if rest.size < 30:
            break
        hit = None
        for value in (rest.max(), rest.min()):
            others = rest[rest != value]
            if others.size < max(20, 0.3 * given.size):
                continue
            low, high = np.quantile(others, [0.01, 0.99])
            gap = np.abs(others - value).min()
            if gap > max(high - low, 1e-12):
                hit = (float(value), int(rest.size - others.size), float(others.min()), float(others.max()))
                rest = others
                break
        if hit is None:
            break
        found.append(hit)
    return found


def _sentinel_finding(sheet: Sheet, name: str, value: float, count: int, low: float, high: float) -> Finding | None:
    kind = sheet.kinds[name]
    middle = float(np.nanmedian(sheet.numbers[name]))
    evidence = {"value": value, "count": count, "others_low": low, "others_high": high}
    if value == 0:
        cold = kind.name == "temperature" and middle > METAL_COLD_C
        if not (cold or kind.name == "ph"):
            if count < 2:
                return None
            return Finding("zero_apart", "note", sheet.name, (name,), text(
                f"{name}: 0 stands apart in {count} rows (all others lie between {low:g} and {high:g}): 'off' or 'not measured'? Ask before averaging.",
                f"{name}: {count}개 행의 0이 동떨어져 있습니다(나머지는 {low:g}~{high:g}). '꺼짐'인지 '미측정'인지 확인한 뒤 평균을 내십시오."), evidence)  # fmt: skip
        return Finding("sentinel_value", "warning", sheet.name, (name,), text(
            f"{name}: 0 in {count} row(s) while everything else lies between {low:g} and {high:g}: it means 'not measured'. Treat it as missing.",
            f"{name}: {count}개 행이 0인데 나머지는 모두 {low:g}~{high:g}입니다. '미측정'을 뜻하므로 결측으로 처리하십시오."), evidence)  # fmt: skip
    if count >= 2 or value in KNOWN_MARKS:
        return Finding("sentinel_value", "warning", sheet.name, (name,), text(
            f"{name}: {value:g} in {count} row(s), far from everything else ({low:g} to {high:g}): a mark for 'no sensor', 'overflow' or 'not measured', not a reading. Treat it as missing.",
            f"{name}: {count}개 행이 {value:g}로 나머지({low:g}~{high:g})와 동떨어져 있습니다. 측정값이 아니라 '센서 없음·오버플로·미측정' 표시입니다. 결측으로 처리하십시오."),
            evidence)  # fmt: skip
    return Finding("lone_outlier", "note", sheet.name, (name,), text(
        f"{name}: one value, {value:g}, lies far from all others ({low:g} to {high:g}). Look at that row: sensor fault, typing error or a special event?",
        f"{name}: 값 하나({value:g})가 나머지({low:g}~{high:g})와 멀리 떨어져 있습니다. 그 행을 보고 센서 이상, 오기, 특이 작업 여부를 확인하십시오."), evidence)  # fmt: skip


def missing_values(sheet: Sheet) -> list[Finding]:
    """Columns with gaps, and columns that are missing in one stretch (sensor added later, removed, out of order)."""
    thin, late = [], []
    for name in sheet.columns:
        given = _given(sheet, name)
        share = 1.0 - float(given.mean()) if given.size else 0.0
        if not 0.0 < share < 1.0:
            continue
        thin.append((name, share))
        edges = int(np.count_nonzero(np.diff(given.astype(np.int8))))
        if share > 0.02 and given.size >= 200 and edges <= 2:
            late.append((name, share))
    found = []
    if thin:
        most = sorted(thin, key=lambda entry: -entry[1])
        listed = ", ".join(f"{name} {share:.1%}" for name, share in most[:6])
        found.append(Finding("missing_values", "note", sheet.name, tuple(name for name, _ in most), text(
            f"cells without a value in {len(thin)} column(s): {listed}. Find out whether they were not measured, not needed or lost.",
            f"{len(thin)}개 열에 빈 칸이 있습니다: {listed}. 측정하지 않은 것인지, 해당 없음인지, 유실인지 확인하십시오."), dict(most[:20])))  # fmt: skip
    for name, share in late:
        found.append(Finding("missing_stretch", "note", sheet.name, (name,), text(
            f"{name}: its {share:.0%} missing values lie in one stretch: the signal was added later, removed, or down.",
            f"{name}: 결측 {share:.0%}이(가) 한 구간에 몰려 있습니다. 신호가 나중에 추가됐거나 제거·고장 상태였던 것입니다."), {"share": share}))  # fmt: skip
    blank = [(name, int((~_given(sheet, name)).sum())) for name in sheet.labels]
    for name, count in blank:
        if 0 < count < 0.5 * sheet.rows:
            found.append(Finding("missing_label", "warning", sheet.name, (name,), text(
                f"{name}: {count} of {sheet.rows} rows have no verdict. Leave them out; they are not 'good'.",
                f"{name}: {sheet.rows}개 행 중 {count}개에 판정이 없습니다. '양품'으로 세지 말고 제외하십시오."), {"count": count, "rows": sheet.rows}))  # fmt: skip
    return found


def _given(sheet: Sheet, name: str) -> np.ndarray:
    if name in sheet.words:
        return np.array([value is not None for value in sheet.words[name]])
    return np.isfinite(sheet.numbers.get(name, sheet.times.get(name)))


def wrong_trade(sheet: Sheet) -> list[Finding]:
    """'Melt' temperatures at which no metal of the trade melts: plastics, not metal."""
    from steelyard.hub.plausibility.quantity_guess import tokens

    melts = [name for name in sheet.numbers if {"melt", "molten"} & set(tokens(name)) and sheet.kinds[name].name == "temperature"]
    medians = {name: float(np.nanmedian(values)) for name in melts if np.isfinite(values := sheet.numbers[name]).any()}
    plastics = {name: value for name, value in medians.items() if 120.0 < value < 400.0}
    if not plastics or len(plastics) < len(medians):
        return []
    low, high = min(plastics.values()), max(plastics.values())
    return [Finding("wrong_trade", "warning", sheet.name, tuple(plastics), text(
        f"melt temperatures of {low:.0f} to {high:.0f} °C: steel melts near 1500 °C, aluminium at 660 °C, zinc at 420 °C. This is a plastics (polymer) "
        "line, not metal forming: do not carry its results over to metal.",
        f"용융 온도가 {low:.0f}~{high:.0f} °C입니다. 강은 약 1500 °C, 알루미늄은 660 °C, 아연은 420 °C에서 녹습니다. 금속 가공이 아니라 플라스틱(고분자) "
        "설비의 기록이므로 결과를 금속 공정에 옮겨 쓰지 마십시오."), medians)]  # fmt: skip
