"""Checks on batches: lengths that never vary, curves that never fall, signals without memory, flat distributions."""

import numpy as np

from steelyard.hub.plausibility.clock import regular_step
from steelyard.hub.plausibility.finding import Finding, names
from steelyard.hub.plausibility.sheet import Sheet
from steelyard.hub.texts import text

LEAST_BATCHES = 20
LEAST_SERIES = 300
LAGS = 10
NO_MEMORY_P = 0.01
LEAST_SPREAD = 0.005
FLAT_P = 0.05


def fixed_batch_length(sheet: Sheet) -> list[Finding]:
    """Timed batches that all have the same number of samples."""
    if sheet.runs is None or sheet.clock() is None or regular_step(sheet) is None:
        return []
    sizes = np.bincount(sheet.runs)
    if sizes.size < LEAST_BATCHES or sizes[0] < 10 or np.unique(sizes).size > 1:
        return []
    clock = sheet.times[sheet.time or ""]
    starts = clock[np.flatnonzero(np.diff(sheet.runs, prepend=-1))]
    a_day = np.unique(np.floor(starts / 86400.0), return_counts=True)[1]
    daily = int(a_day[0]) if a_day.size >= 5 and np.unique(a_day).size == 1 else None
    also = f", and every day has exactly {daily} of them" if daily else ""
    also_ko = f" 게다가 하루 로트 수도 매일 정확히 {daily}개입니다." if daily else ""
    return [
        Finding(
            "fixed_batch_length",
            "warning",
            sheet.name,
            (sheet.group or "",),
            text(
                f"every one of the {sizes.size} batches ({sheet.group}) has exactly {sizes[0]} "
                f"samples{also}. Batches of a real line differ by at least a few samples: "
                "the record was cut to size or made up. Ask for the raw record.",
                f"배치({sheet.group}) {sizes.size}개 모두 표본이 정확히 {sizes[0]}개입니다.{also_ko} 실제 "
                "라인의 배치는 적어도 몇 개씩 다릅니다. "
                "잘라 맞췄거나 만들어 낸 기록이므로 원본을 요청하십시오.",
            ),
            {"batches": sizes.size, "samples": int(sizes[0]), "batches_a_day": daily},
        )
    ]


def monotone_batches(sheet: Sheet) -> list[Finding]:
    """Signals that only rise (or only fall) in nearly every batch, though they move in uneven steps."""
    if sheet.runs is None:
        return []
    starts = np.flatnonzero(np.diff(sheet.runs, prepend=-1))
    if starts.size < LEAST_BATCHES:
        return []
    found = []
    for name in sheet.measured():
        if sheet.kinds[name].name in ("amount", "spread"):
            continue
        values = sheet.numbers[name]
        resolution = float(np.diff(np.unique(values[np.isfinite(values)])).min())
        counts = {"up": 0, "down": 0}
        judged = 0
        for part in np.split(values, starts[1:]):
            steps = np.diff(part[np.isfinite(part)])
            if steps.size < 20 or not _uneven(steps, resolution):
                continue
            judged += 1
            counts["up"] += bool((steps >= 0).all())
            counts["down"] += bool((steps <= 0).all())
        side = max(counts, key=lambda way: counts[way])
        if judged >= LEAST_BATCHES and counts[side] >= 0.5 * judged:
            found.append(_monotone_finding(sheet, name, side, counts[side], judged))
    return found


def _uneven(steps: np.ndarray, resolution: float) -> bool:
    """Return whether a curve moves by uneven steps that a digital display cannot explain: there noise must show."""
    moving = np.abs(steps[steps != 0])
    if moving.size < 10:
        return False
    if np.mean(np.abs(steps)) < 2.0 * resolution:
        return False  # the display hides any trembling
    return roughness(steps) > 0.3


def roughness(steps: np.ndarray) -> float:
    """Return how much one step differs from the next, relative to the steps: 0 for a smooth curve, about 1 for dice."""
    return float(np.mean(np.abs(np.diff(steps))) / max(np.mean(np.abs(steps)), 1e-300))


def _monotone_finding(sheet: Sheet, name: str, side: str, count: int, judged: int) -> Finding:
    up, up_ko = ("rises", "올라가기만") if side == "up" else ("falls", "내려가기만")
    return Finding(
        "never_turns_back",
        "warning",
        sheet.name,
        (name,),
        text(
            f"{name} only ever {up} in {count} of {judged} batches, in uneven steps, without a single "
            "step back. A measured signal trembles: this curve was sorted, smoothed or computed.",
            f"{name}이(가) 배치 {judged}개 중 {count}개에서 불규칙한 폭으로 {up_ko} 하고 한 번도 "
            "되돌아오지 않습니다. 측정 신호는 떨립니다. 정렬·평활했거나 계산한 곡선입니다.",
        ),
        {"batches": judged, "monotone": count, "share": count / judged, "direction": side},
    )


def no_memory(sheet: Sheet) -> list[Finding]:
    """Process variables of a regular record in which each sample knows nothing of the one before."""
    from scipy import stats

    if regular_step(sheet) is None:
        return []
    runs = sheet.runs if sheet.runs is not None else np.zeros(sheet.rows, dtype=np.int64)
    found, tested = [], 0
    for name in sheet.measured():
        values = sheet.numbers[name]
        q, first, pairs = _ljung_box(values, runs)
        if pairs < LEAST_SERIES or np.nanstd(values) < LEAST_SPREAD * abs(np.nanmedian(values)):
            continue  # too short, or a held value that shows only the noise of its sensor
        tested += 1
        p = float(stats.chi2.sf(q, LAGS))
        if p > NO_MEMORY_P and abs(first) < 3 / np.sqrt(pairs):
            found.append((name, first, p, _flat_p(values)))
    if not found:
        return []
    return [_memory_finding(sheet, found, tested)]


def _memory_finding(sheet: Sheet, found: list[tuple[str, float, float, float]], tested: int) -> Finding:
    flat = [name for name, _, _, flatness in found if flatness > FLAT_P]
    how = f" Also {names(flat)} takes every value between two hard limits equally often." if flat else ""
    how_ko = f" 또 {names(flat)}은(는) 두 한계 사이의 모든 값을 똑같이 자주 가집니다." if flat else ""
    columns = tuple(entry[0] for entry in found)
    return Finding(
        "no_memory",
        "error" if len(found) > 1 or flat else "warning",
        sheet.name,
        columns,
        text(
            f"{names(columns)}: each sample is independent of the one before (autocorrelation "
            f"{found[0][1]:+.3f}, no more than chance gives). A bath, furnace or drive has inertia "
            "and cannot jump "
            f"like that: these are random numbers, not measurements.{how}",
            f"{names(columns)}: 각 값이 바로 앞 값과 무관합니다(자기상관 {found[0][1]:+.3f}, 우연 "
            "수준). 욕조·노·구동계에는 관성이 있어 이렇게 뛸 수 없습니다. "
            f"측정값이 아니라 난수입니다.{how_ko}",
        ),
        {
            "lag1": {n: r for n, r, _, _ in found},
            "p": {n: p for n, _, p, _ in found},
            "flat": flat,
            "columns_tested": tested,
        },
    )


def _ljung_box(values: np.ndarray, runs: np.ndarray) -> tuple[float, float, int]:
    """Return (Q over LAGS lags, lag-1 autocorrelation, number of pairs), pooled over batches about their means."""
    given = np.isfinite(values)
    count = np.bincount(runs[given], minlength=int(runs.max()) + 1)
    mean = np.bincount(runs[given], weights=values[given], minlength=count.size) / np.maximum(count, 1)
    deviation = np.where(given, values - mean[runs], 0.0)
    variance = float(np.mean(deviation[given] ** 2)) if given.any() else 0.0
    if variance <= 0:
        return np.inf, 1.0, 0
    typical = float(np.mean(count[count > 0]))
    q, first, pairs = 0.0, 1.0, 0
    for lag in range(1, LAGS + 1):
        same = (runs[lag:] == runs[:-lag]) & given[lag:] & given[:-lag]
        number = int(same.sum())
        if number < LEAST_SERIES // 2:
            break
        r = float(np.mean(deviation[lag:][same] * deviation[:-lag][same])) / variance + 1.0 / typical
        q += number * r * r
        if lag == 1:
            first, pairs = r, number
    return q, first, pairs


def _flat_p(values: np.ndarray) -> float:
    """Return the probability (Kolmogorov-Smirnov) that the values are spread evenly between their limits."""
    from scipy import stats

    given = np.sort(values[np.isfinite(values)])
    given = given[:: max(1, given.size // 5000)]
    if np.ptp(given) == 0:
        return 0.0
    return float(stats.kstest((given - given[0]) / np.ptp(given), "uniform").pvalue)


def independent_columns(sheet: Sheet) -> list[Finding]:
    """Many process variables, none related to any other: random numbers in every column."""
    from scipy import stats

    usable = [name for name in sheet.measured() if np.isfinite(sheet.numbers[name]).mean() > 0.9]
    if len(usable) < 3:
        return []
    table = np.column_stack([sheet.numbers[name] for name in usable])
    table = table[np.isfinite(table).all(axis=1)]
    if table.shape[0] < LEAST_SERIES:
        return []
    rank = np.argsort(np.argsort(table[:20000], axis=0), axis=0).astype(float)
    r = np.corrcoef(rank, rowvar=False)
    pairs = r[np.triu_indices(len(usable), 1)]
    q = float(rank.shape[0] * np.sum(pairs**2))
    p = float(stats.chi2.sf(q, pairs.size))
    if p < NO_MEMORY_P:
        return []
    return [
        Finding(
            "unrelated_columns",
            "warning",
            sheet.name,
            tuple(usable),
            text(
                f"none of {names(usable)} is related to any other in {rank.shape[0]} rows (strongest rank "
                f"correlation {np.abs(pairs).max():.3f}, as chance gives). "
                "Signals of one process always share something (load, time, temperature): "
                "this looks like random numbers.",
                f"{names(usable)} 사이에 {rank.shape[0]}개 행 어디에서도 관계가 없습니다(최대 순위상관 "
                f"{np.abs(pairs).max():.3f}, 우연 수준). "
                "한 공정의 신호는 부하·시간·온도 중 무언가를 공유합니다. 난수로 보입니다.",
            ),
            {"strongest": float(np.abs(pairs).max()), "p": p, "pairs": pairs.size},
        )
    ]
