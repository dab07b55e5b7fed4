"""Checks on columns as such: dead, copied, half copied, rows that stand twice, blocks that were pasted again."""

import itertools

import numpy as np

from steelyard.hub.plausibility.batches import roughness
from steelyard.hub.plausibility.clock import regular_step
from steelyard.hub.plausibility.finding import Finding, names
from steelyard.hub.plausibility.sheet import Sheet, codes, is_label_name
from steelyard.hub.texts import text

SENSORS = ("temperature", "ph", "power factor")
LEAST_ROWS = 20  # fewer rows say nothing about a column that does not change
FINE = 0.05  # fewer different values than this share of the rows: equal values are no coincidence to wonder at
CHANCE = 1e-6  # a coincidence less likely than this is none


def dead_columns(sheet: Sheet) -> list[Finding]:
    """Columns that are empty or never change."""
    if sheet.rows < LEAST_ROWS:
        return []
    empty = [name for name in sheet.columns if sheet.distinct.get(name) == 0]
    empty += [name for name, values in sheet.times.items() if not np.isfinite(values).any()]
    found = [_empty(sheet, empty)] if empty else []
    for name, values in sheet.numbers.items():
        given = values[np.isfinite(values)]
        if given.size >= LEAST_ROWS and sheet.distinct[name] == 1 and name != sheet.group:
            found.append(_constant(sheet, name, float(given[0]), given.size))
    same = tuple(name for name in sheet.words if sheet.distinct[name] == 1)
    if same:
        said = text(
            f"{names(same)}: the same text in every row; it tells nothing.",
            f"{names(same)}: 모든 행의 값이 같아 알려 주는 것이 없습니다.",
        )
        found.append(Finding("constant_column", "note", sheet.name, same, said))
    return found


def _empty(sheet: Sheet, columns: list[str]) -> Finding:
    said = text(
        f"{names(columns)}: no value at all. Remove the column, or find out why nothing was recorded.",
        f"{names(columns)}: 값이 하나도 없습니다. 열을 빼거나 기록되지 않은 이유를 확인하십시오.",
    )
    return Finding("empty_column", "warning", sheet.name, tuple(columns), said, {"rows": sheet.rows})


def _constant(sheet: Sheet, name: str, value: float, rows: int) -> Finding:
    """A sensor that never moves is worth a question; a setting, an unused item or a property of a lot is not."""
    sensor = sheet.kinds[name].name in SENSORS or (regular_step(sheet) is not None and not is_label_name(name))
    severity = "warning" if sensor and (value != 0 or sheet.kinds[name].zero_is_missing) else "note"
    said = text(
        f"{name} is {value:g} in all {rows} rows: a dead sensor, a fixed setting, or something never used. "
        "Nothing can be learned from it; check the signal.",
        f"{name}은(는) {rows}개 행 모두 {value:g}입니다. 센서가 죽었거나 고정 설정값이거나 쓰지 않은 항목입니다. "
        "학습에 쓸 수 없으니 신호를 확인하십시오.",
    )
    return Finding("constant_column", severity, sheet.name, (name,), said, {"value": value, "rows": rows})


def duplicate_columns(sheet: Sheet) -> list[Finding]:
    """Columns that are identical to, or a straight-line copy of, another one."""
    found = []
    usable = [
        name
        for name in sheet.numbers
        if sheet.distinct[name] > 2 and np.isfinite(sheet.numbers[name]).sum() >= LEAST_ROWS
    ]
    standard = {name: _sampled(sheet.numbers[name]) for name in usable}
    copied: set[str] = set()
    for a, b in itertools.combinations(usable, 2):
        if b in copied or not _may_be_copy(standard[a], standard[b]):
            continue
        relation = _affine(sheet.numbers[a], sheet.numbers[b])
        if relation is None:
            continue
        copied.add(b)
        slope, offset, rows = relation
        order = sheet.is_order(a) or sheet.is_order(b)
        severity = "note" if order or (sheet.distinct[a] <= 10 and (slope, offset) != (1.0, 0.0)) else "warning"
        found.append(_copy_finding(sheet.name, a, b, slope, offset, rows, severity))
    return found


def _copy_finding(table: str, a: str, b: str, slope: float, offset: float, rows: int, severity: str) -> Finding:
    same = slope == 1.0 and offset == 0.0
    how = (
        ("is identical to", "와(과) 완전히 같습니다")
        if same
        else (f"= {slope:.6g} × {a} + {offset:.6g}, exactly: a copy of", "의 정확한 일차식(복사)입니다")
    )
    return Finding(
        "duplicate_column" if same else "affine_copy",
        severity,
        table,
        (a, b),
        text(
            f"{b} {how[0]} {a} in all {rows} rows. One of the two is not a measurement of its own: "
            "keep one, and find out which sensor is real.",
            f"{b}은(는) {rows}개 행 모두에서 {a}{how[1]}. 둘 중 하나는 독립된 측정이 아닙니다. 하나만 "
            "쓰고 어느 쪽이 실제 센서인지 확인하십시오.",
        ),
        {"slope": slope, "offset": offset, "rows": rows},
    )


def _sampled(values: np.ndarray) -> np.ndarray:
    step = max(1, values.size // 400)
    return values[::step]


def _may_be_copy(a: np.ndarray, b: np.ndarray) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 10:
        return True
    x, y = a[both] - a[both].mean(), b[both] - b[both].mean()
    size = np.sqrt((x @ x) * (y @ y))
    return size == 0 or abs(x @ y) > 0.999 * size


def _affine(a: np.ndarray, b: np.ndarray) -> tuple[float, float, int] | None:
    """Return (slope, offset, rows) when b = slope·a + offset holds in every row where either is given."""
    both = np.isfinite(a) & np.isfinite(b)
    rows = int(both.sum())
    if rows < LEAST_ROWS or rows < 0.95 * max(np.isfinite(a).sum(), np.isfinite(b).sum()):
        return None
    x, y = a[both], b[both]
    if np.array_equal(x, y):
        return 1.0, 0.0, rows
    low, high = int(np.argmin(x)), int(np.argmax(x))
    if x[high] == x[low] or y[high] == y[low]:
        return None
    slope = (y[high] - y[low]) / (x[high] - x[low])
    offset = y[low] - slope * x[low]
    error = np.abs(slope * x + offset - y).max()
    return (float(slope), float(offset), rows) if error <= 1e-6 * np.ptp(y) else None


def near_copies(sheet: Sheet) -> list[Finding]:
    """Pairs of columns that are not exact copies but hold the same information."""
    usable = [name for name in sheet.measured() if np.isfinite(sheet.numbers[name]).sum() >= LEAST_ROWS]
    pairs = []
    for a, b in itertools.combinations(usable, 2):
        both = np.isfinite(sheet.numbers[a]) & np.isfinite(sheet.numbers[b])
        x, y = sheet.numbers[a][both], sheet.numbers[b][both]
        if both.sum() < LEAST_ROWS or np.ptp(x) == 0 or np.ptp(y) == 0 or _affine(sheet.numbers[a], sheet.numbers[b]):
            continue
        r2 = float(np.corrcoef(x, y)[0, 1] ** 2)
        if r2 > 0.999:
            pairs.append((a, b, r2))
    if not pairs:
        return []
    shown = "; ".join(f"{a} = {b} ({r2:.2%})" for a, b, r2 in pairs[:5])
    return [
        Finding(
            "near_copy",
            "note",
            sheet.name,
            tuple(dict.fromkeys(c for p in pairs for c in p[:2])),
            text(
                f"pairs that hold the same information: {shown}. Two sensors on one point, or one "
                "computed from the other: do not count them as two.",
                f"같은 정보를 담은 열 쌍: {shown}. 한 지점의 센서 두 개이거나 한쪽이 계산값입니다. 독립된 "
                "두 신호로 세지 마십시오.",
            ),
            {"pairs": [list(p) for p in pairs[:20]]},
        )
    ]


def half_copied_columns(sheet: Sheet) -> list[Finding]:
    """Pairs of fine-grained columns that are equal in part of the rows: one value was written into both."""
    fine = [name for name in sheet.measured() if sheet.distinct[name] >= max(50, FINE * sheet.rows)]
    pairs = []
    for a, b in itertools.combinations(fine, 2):
        x, y = sheet.numbers[a], sheet.numbers[b]
        both = np.isfinite(x) & np.isfinite(y) & (x != 0)
        if both.sum() < 50:
            continue
        x, y = x[both], y[both]
        share = float(np.mean(x == y))
        if not 0.1 <= share < 0.999:
            continue
        near = np.mean(np.abs(x - y)[x != y] <= 0.05 * (np.quantile(y, 0.95) - np.quantile(y, 0.05)))
        if near < 0.2 and np.mean(x == np.roll(y, 1)) < 0.5 * share:
            pairs.append((a, b, share))
    if not pairs:
        return []
    worst = max(pairs, key=lambda pair: pair[2])
    return [
        Finding(
            "half_copied",
            "warning",
            sheet.name,
            tuple(dict.fromkeys(c for p in pairs for c in p[:2])),
            text(
                f"{worst[0]} and {worst[1]} have exactly the same value in {worst[2]:.0%} of the rows and "
                "differ clearly in the others "
                f"({len(pairs)} such pair(s)): in those rows one value was probably written into both. "
                "Leave them out where you compare the two.",
                f"{worst[0]}와(과) {worst[1]}의 값이 행의 {worst[2]:.0%}에서 완전히 같고 나머지에서는 "
                f"뚜렷이 다릅니다(이런 쌍 {len(pairs)}개). "
                "한 값을 양쪽에 적은 것으로 보입니다. 두 값을 비교할 때 이 행은 빼십시오.",
            ),
            {"pairs": [list(p) for p in pairs[:12]]},
        )
    ]


def duplicate_rows(sheet: Sheet) -> list[Finding]:
    """Rows that stand twice although a time stamp says that they cannot."""
    clock = sheet.clock()
    if clock is None or len(sheet.numbers) < 1 or sheet.rows < LEAST_ROWS:
        return []
    table = np.column_stack([codes(sheet, name) for name in sheet.columns])
    count = sheet.rows - np.unique(table, axis=0).shape[0]
    if not count:
        return []
    severity = "warning" if count >= 0.001 * sheet.rows else "note"
    return [
        Finding(
            "duplicate_rows",
            severity,
            sheet.name,
            tuple(sheet.columns),
            text(
                f"{count} of {sheet.rows} rows repeat another row in every column, time stamp included: "
                "an export written twice? Remove them before counting anything.",
                f"{sheet.rows}개 행 중 {count}개가 시각까지 포함해 다른 행과 완전히 같습니다. 두 번 "
                "내보낸 것 같습니다. 집계하기 전에 제거하십시오.",
            ),
            {"duplicates": count, "rows": sheet.rows},
        )
    ]


def copied_blocks(sheet: Sheet) -> list[Finding]:
    """Stretches of a signal that come again, value by value, at another time: pasted data."""
    if sheet.rows < 200:
        return []
    found = []
    for name in sheet.measured():
        values = sheet.numbers[name]
        if sheet.distinct[name] < 100 or not np.isfinite(values).all():
            continue
        hit = _repeated_window(values)
        if hit is not None:
            found.append((name, *hit))
    if not found:
        return []
    name, first, again, length, repeats = max(found, key=lambda entry: entry[4])
    return [
        Finding(
            "copied_block",
            "warning",
            sheet.name,
            tuple(entry[0] for entry in found),
            text(
                f"{name}: rows {first + 1} to {first + length} come again, value by value, from row "
                f"{again + 1} on ({repeats} rows in all lie in such "
                "repeats). No process repeats itself to the last digit: part of the record was "
                "pasted. Ask for the original.",
                f"{name}: {first + 1}~{first + length}행의 값이 {again + 1}행부터 그대로 다시 "
                f"나옵니다(반복된 행 모두 {repeats}개). "
                "공정은 마지막 자리까지 반복되지 않습니다. 기록 일부를 복사해 붙인 것입니다. 원본을 요청하십시오.",
            ),
            {"first_row": first + 1, "again_row": again + 1, "window": length, "rows_repeated": repeats},
        )
    ]


def _repeated_window(values: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return (first, again, window, rows) of a repeat that chance cannot explain, or None."""
    steps = np.unique(np.diff(values), return_counts=True)[1] / (values.size - 1)
    collision = float((steps**2).sum())
    if collision > 0.2:
        return None  # mostly flat or coarse: repeats are natural
    window = max(12, int(np.ceil(2 * np.log(CHANCE / values.size**2) / np.log(collision))))
    if values.size < 4 * window:
        return None
    ranks = np.unique(values, return_inverse=True)[1].astype(np.uint64)
    total = np.zeros(values.size - window + 1, dtype=np.uint64)
    for at in range(window):
        total = total * np.uint64(6364136223846793005) + ranks[at : at + total.size] + np.uint64(1442695040888963407)
    order = np.argsort(total, kind="stable")
    same = np.flatnonzero(total[order][1:] == total[order][:-1])
    pairs = [(int(order[at]), int(order[at + 1])) for at in same if order[at + 1] - order[at] >= window]
    pairs = [(a, b) for a, b in pairs if np.unique(values[a : a + window]).size > window // 2]
    pairs = [(a, b) for a, b in pairs if roughness(np.diff(values[a : a + window])) > 0.3]  # smooth curves may agree
    if len(pairs) < 1:
        return None
    first, again = min(pairs)
    return first, again, window, len(pairs) + window - 1
