"""Sensors that froze: a signal that moves at almost every sample stands still for long while its neighbours go on."""

import numpy as np

from steelyard.hub.plausibility.clock import regular_step
from steelyard.hub.plausibility.finding import Finding
from steelyard.hub.plausibility.sheet import Sheet
from steelyard.hub.texts import text

LIVELY = 0.8  # share of samples at which a measured signal with its noise changes; held set values change less
LEAST_FROZEN = 30
CHANCE = 1e-9


def stuck_sensors(sheet: Sheet) -> list[Finding]:
    """Stretches in which one signal is frozen, away from the end of its range, while most others move."""
    if regular_step(sheet) is None:
        return []
    lively = {}
    for name in sheet.measured():
        moves = np.diff(sheet.numbers[name]) != 0
        rate = float(np.mean(moves)) if moves.size else 0.0
        if rate > 0.2:
            lively[name] = (moves, rate)
    found = []
    for name in lively:
        hit = _frozen(sheet, name, lively)
        if hit is not None:
            found.append(_finding(sheet, name, *hit))
    return found


def _frozen(sheet: Sheet, name: str, lively: dict[str, tuple[np.ndarray, float]]) -> tuple[int, int, int] | None:
    """Return (first row, length, rows frozen in all) of the longest stretch that chance cannot explain, or None."""
    moves, _ = lively[name]
    values = sheet.numbers[name]
    edges = np.flatnonzero(np.concatenate([[True], moves, [True]]))
    length = np.diff(edges)
    outside = np.delete(moves, slice(edges[np.argmax(length)], edges[np.argmax(length)] + length.max() - 1))
    rate = float(np.mean(outside)) if outside.size else 0.0
    if rate < LIVELY:
        return None
    needed = max(LEAST_FROZEN, np.log(CHANCE / values.size) / np.log(max(1e-12, 1.0 - rate)))
    long = [(int(start), int(size)) for start, size in zip(edges[:-1], length, strict=True) if size > needed]
    low, high = np.nanmin(values), np.nanmax(values)
    long = [
        (start, size) for start, size in long if low < values[start] < high and _others_move(name, start, size, lively)
    ]
    if not long:
        return None
    start, size = max(long, key=lambda entry: entry[1])
    return start, size, sum(entry[1] for entry in long)


def _others_move(name: str, start: int, size: int, lively: dict[str, tuple[np.ndarray, float]]) -> bool:
    """Return whether most other lively signals move on meanwhile: else the plant, or the recorder, stood still."""
    going = [
        np.mean(moves[start : start + size - 1]) > 0.5 * rate
        for other, (moves, rate) in lively.items()
        if other != name
    ]
    return bool(going) and float(np.mean(going)) > 0.5


def _finding(sheet: Sheet, name: str, start: int, size: int, total: int) -> Finding:
    value = sheet.numbers[name][start]
    said = text(
        f"{name} stands at exactly {value:g} for {size} samples from row {start + 2} on, while other signals move: "
        "the sensor or its line was stuck. Leave these rows out.",
        f"{name}이(가) {start + 2}행부터 {size}개 표본 동안 정확히 {value:g}에 멈춰 있는데 다른 신호는 움직입니다. "
        "센서나 통신이 멈춘 것이므로 이 행은 제외하십시오.",
    )
    evidence = {"value": value, "first_row": start + 2, "samples": size, "samples_in_all": total}
    return Finding("stuck_sensor", "warning", sheet.name, (name,), said, evidence)
