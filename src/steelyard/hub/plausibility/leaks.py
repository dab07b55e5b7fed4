"""One column gives the answer away: values of the same row from which another can be computed."""

import itertools

import numpy as np

from steelyard.hub.plausibility.finding import Finding
from steelyard.hub.plausibility.sheet import Sheet
from steelyard.hub.texts import text

SAMPLE = 96
LEAST_ROWS = 100
MOST_COLUMNS = 48
ALMOST_ALL = 0.98


def power_factor(sheet: Sheet) -> list[Finding]:
    """Triples with pf = P / sqrt(P² + Q²): each of the three is computed from the other two."""
    usable = [name for name in sheet.numbers if sheet.distinct[name] > 50][:MOST_COLUMNS]
    loads = [name for name in usable if np.nanmin(sheet.numbers[name]) >= 0]
    highest = {name: float(np.nanmax(sheet.numbers[name])) for name in loads}
    factors = [name for name in loads if 0.5 < highest[name] <= 1.0001 or 50.0 < highest[name] <= 100.01]
    rounding = {name: _rounding(sheet.numbers[name]) for name in loads} if factors else {}
    found = []
    for factor in factors:
        scale = 100.0 if highest[factor] > 1.5 else 1.0
        for active, reactive in itertools.permutations([name for name in loads if name != factor], 2):
            share, rows = _factor_share(sheet, (factor, active, reactive), scale, rounding)
            if share >= ALMOST_ALL:
                found.append(_factor_finding(sheet.name, factor, active, reactive, share, rows))
    return found


def _factor_share(
    sheet: Sheet, triple: tuple[str, str, str], scale: float, rounding: dict[str, float]
) -> tuple[float, int]:
    """Return the share of rows in which the relation holds within rounding, and how many rows could tell."""
    factor, active, reactive = triple
    f, p, q = (sheet.numbers[name] for name in triple)
    usable = np.flatnonzero((p > 0) & (q > 0) & np.isfinite(f))
    if usable.size < LEAST_ROWS:
        return 0.0, 0
    spread = float(np.std(f[usable]))
    for rows in (usable[:: max(1, usable.size // SAMPLE)], usable):
        size = np.hypot(p[rows], q[rows])
        slack = 1.05 * rounding[factor] + scale * (rounding[active] + rounding[reactive]) / size
        sharp = slack < 0.05 * spread  # only rows whose rounding leaves the relation visible can tell
        if sharp.sum() < min(LEAST_ROWS, rows.size) // 2:
            return 0.0, 0
        share = float(np.mean(np.abs(f[rows] - scale * p[rows] / size)[sharp] <= slack[sharp]))
        if share < ALMOST_ALL:
            return 0.0, int(rows.size)
    return share, int(sharp.sum())


def _rounding(values: np.ndarray) -> float:
    """Return half the last recorded digit of a column (0 for more than six digits behind the point)."""
    given = values[np.isfinite(values)][:2000]
    for digits in range(7):
        if np.allclose(np.round(given, digits), given, rtol=0.0, atol=1e-9):
            return 0.5 * 10.0**-digits
    return 0.0


def _factor_finding(table: str, factor: str, active: str, reactive: str, share: float, rows: int) -> Finding:
    return Finding(
        "same_row_leak",
        "warning",
        table,
        (active, reactive, factor),
        text(
            f"{factor} = {active} / sqrt({active}² + {reactive}²) holds in {share:.1%} of {rows} "
            f"rows: {active} can be computed from {reactive} and {factor} of the same row. "
            f"A 'prediction' of {active} that uses them is arithmetic; a forecast may only use earlier rows.",
            f"{factor} = {active} / √({active}² + {reactive}²) 관계가 {rows}개 행의 {share:.1%}에서 "
            f"성립합니다. 같은 행의 {reactive}와(과) {factor}만 있으면 {active}가 계산됩니다. "
            "이 열을 쓴 '예측'은 계산일 뿐이며, 예측에는 이전 행만 써야 합니다.",
        ),
        {"relation": "pf = P/sqrt(P²+Q²)", "share": share, "rows": rows},
    )


def step_functions(sheet: Sheet) -> list[Finding]:
    """Columns that are a rounded multiple (or another step function) of one other column."""
    found = []
    usable = [
        name
        for name in sheet.numbers
        if not sheet.is_order(name) and np.isfinite(sheet.numbers[name]).sum() >= LEAST_ROWS
    ]
    for fine, coarse in itertools.permutations(usable, 2):
        if not (4 <= sheet.distinct[coarse] <= 0.2 * sheet.rows and sheet.distinct[fine] >= 3 * sheet.distinct[coarse]):
            continue
        share, guess = _step_share(sheet.numbers[fine], sheet.numbers[coarse])
        if share >= 0.99 and 1.0 - share <= 0.05 * (1.0 - guess):
            found.append(_step_finding(sheet, fine, coarse, share))
    return found


def _step_share(fine: np.ndarray, coarse: np.ndarray) -> tuple[float, float]:
    """Return the share of rows that fit 'coarse is a step function of fine', and that of its commonest level."""
    both = np.isfinite(fine) & np.isfinite(coarse)
    if both.sum() < LEAST_ROWS:
        return 0.0, 1.0
    x, y = fine[both], coarse[both]
    if x.size > 3000 and max(_rising(x[::37], y[::37]), _rising(x[::37], -y[::37])) < 0.97:
        return 0.0, 1.0
    counts = np.unique(y, return_counts=True)[1]
    if (counts >= 5).sum() < 4 or counts.max() > 0.9 * x.size:
        return 0.0, 1.0
    return max(_rising(x, y), _rising(x, -y)), float(counts.max() / x.size)


def _rising(x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of rows whose level of y can be told from x by cuts between neighbouring levels."""
    order = np.lexsort((x, y))
    x, y = x[order], y[order]
    starts = np.flatnonzero(np.diff(y, prepend=y[0] - 1.0))
    count = np.diff(np.append(starts, y.size))
    trim = np.floor(0.005 * count).astype(int)  # a few stray rows must not move a cut
    low, high = x[starts + trim], x[starts + count - 1 - trim]
    cuts = 0.5 * (high[:-1] + low[1:])
    if np.any(np.diff(cuts) < 0):
        return 0.0
    told = np.searchsorted(cuts, x, side="left")
    return float(np.mean(told == np.repeat(np.arange(starts.size), count)))


def _step_finding(sheet: Sheet, fine: str, coarse: str, share: float) -> Finding:
    x, y = sheet.numbers[fine], sheet.numbers[coarse]
    both = np.isfinite(x) & np.isfinite(y)
    factor = float(np.sum(x[both] * y[both]) / np.sum(x[both] ** 2))
    gap = float(np.diff(np.unique(y[both])).min())
    multiple = bool(np.mean(np.abs(y[both] - factor * x[both]) <= 0.75 * gap) > 0.98)
    how = (
        f"{coarse} is {fine} × {factor:.4g}, rounded to {gap:g}"
        if multiple
        else f"{coarse} is a step function of {fine}"
    )
    how_ko = (
        f"{coarse}은(는) {fine} × {factor:.4g}을 {gap:g} 단위로 반올림한 값입니다"
        if multiple
        else f"{coarse}은(는) {fine}의 계단 함수입니다"
    )
    severity = "warning" if multiple or {fine, coarse} & set(sheet.targets) else "note"
    return Finding(
        "rounded_copy",
        severity,
        sheet.name,
        (fine, coarse),
        text(
            f"{how} ({share:.2%} of the rows): it was computed, not measured. Do not use one to "
            f"predict the other; whoever has {coarse} knows {fine} already.",
            f"{how_ko}(행의 {share:.2%}). 측정이 아니라 계산한 값입니다. 한쪽으로 다른 쪽을 예측하지 "
            f"마십시오. {coarse}을(를) 알면 {fine}을(를) 이미 아는 셈입니다.",
        ),
        {"factor": factor, "step": gap, "share": share, "levels": sheet.distinct[coarse]},
    )


def arithmetic(sheet: Sheet) -> list[Finding]:
    """Columns that are sum, difference, product or quotient of two others (times a constant)."""
    usable = [
        name
        for name in sheet.numbers
        if sheet.distinct[name] > 20 and np.isfinite(sheet.numbers[name]).mean() > 0.5 and not sheet.is_order(name)
    ][:MOST_COLUMNS]
    if len(usable) < 3:
        return []
    table = np.column_stack([sheet.numbers[name] for name in usable])
    table = table[np.isfinite(table).all(axis=1)]
    if table.shape[0] < LEAST_ROWS:
        return []
    sample = table[:: max(1, table.shape[0] // SAMPLE)]
    found, done = [], set()
    for at, of, how, values in _combinations(sample):
        for c in _matches(sample, values):
            key = frozenset((at, of, c))
            if len(key) < 3 or key in done or not _holds(table, at, of, c, how):
                continue
            done.add(key)
            found.append(_arithmetic_finding(sheet, usable[c], usable[at], usable[of], how))
    return found


_OPERATIONS = {"+": np.add, "-": np.subtract, "×": np.multiply, "/": np.divide}


def _combinations(sample: np.ndarray):
    """Give (a, b, operation, values) for all pairs of columns."""
    with np.errstate(divide="ignore", invalid="ignore"):
        for a, b in itertools.combinations(range(sample.shape[1]), 2):
            for how, operation in _OPERATIONS.items():
                yield a, b, how, operation(sample[:, a], sample[:, b])


def _matches(sample: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the columns that are a constant multiple of `values`."""
    if not np.isfinite(values).all() or np.std(values) == 0:
        return np.array([], dtype=int)
    factor = sample.T @ values / (values @ values)
    error = np.abs(sample - np.outer(values, factor)).max(axis=0)
    return np.flatnonzero(
        (error <= 1e-5 * np.abs(sample).max(axis=0)) & (sample.std(axis=0) > 1e-3 * np.abs(sample).max(axis=0))
    )


def _holds(table: np.ndarray, a: int, b: int, c: int, how: str) -> bool:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = _OPERATIONS[how](table[:, a], table[:, b])
    fine = np.isfinite(values)
    factor = table[fine, c] @ values[fine] / (values[fine] @ values[fine])
    near = np.abs(table[fine, c] - factor * values[fine]) <= 1e-4 * np.abs(table[:, c]).max()
    spread = [np.std(table[:, at]) / max(np.abs(table[:, at]).max(), 1e-300) for at in (a, b)]
    return bool(near.mean() > 0.99 and min(spread) > 1e-3)


def _arithmetic_finding(sheet: Sheet, c: str, a: str, b: str, how: str) -> Finding:
    leak = bool({a, b, c} & set(sheet.targets))
    tail = (
        (
            "; one of them is the target: use it together with the others only by mistake",
            "; 그중 하나가 목표값이므로 함께 입력으로 쓰면 안 됩니다",
        )
        if leak
        else ("", "")
    )
    return Finding(
        "derived_column",
        "warning" if leak and sheet.stated_target else "note",
        sheet.name,
        (c, a, b),
        text(
            f"{c} follows from {a} {how} {b} (times a constant) in every row: it was computed, not measured{tail[0]}.",
            f"{c}은(는) 모든 행에서 {a} {how} {b}(상수배)로 계산됩니다. 측정값이 아닙니다{tail[1]}.",
        ),
        {"relation": f"{c} ~ {a} {how} {b}"},
    )


def single_column_leaks(sheet: Sheet) -> list[Finding]:
    """Continuous targets that one other column of the same row reproduces almost perfectly."""
    found = []
    for target in sheet.values:
        y = sheet.numbers[target]
        for name, x in sheet.numbers.items():
            both = np.isfinite(x) & np.isfinite(y)
            if (
                name == target
                or both.sum() < LEAST_ROWS
                or sheet.distinct[name] < 20
                or _constant(x[both])
                or _constant(y[both])
            ):
                continue
            r2 = float(np.corrcoef(x[both], y[both])[0, 1] ** 2)
            if r2 >= 0.995 and not _exact_copy(x[both], y[both]):
                found.append(
                    Finding(
                        "single_column_leak",
                        "warning",
                        sheet.name,
                        (target, name),
                        text(
                            f"{name} alone explains {r2:.2%} of {target}: it is the same thing measured or computed "
                            f"again, and gives the answer away. Leave it out of any prediction of {target}.",
                            f"{name} 하나로 {target}의 {r2:.2%}가 설명됩니다. 같은 것을 다시 재거나 계산한 값이라 "
                            f"답을 알려 주는 셈입니다. {target} 예측에서 빼십시오.",
                        ),
                        {"r2": r2, "rows": int(both.sum())},
                    )
                )
    return found


def _constant(values: np.ndarray) -> bool:
    return bool(np.ptp(values) == 0)


def _exact_copy(x: np.ndarray, y: np.ndarray) -> bool:
    slope, offset = np.polyfit(x, y, 1)
    return bool(np.abs(slope * x + offset - y).max() <= 1e-6 * np.ptp(y))
