"""Checks of the tables of one data set against each other: do their clocks agree, does the key follow the time?"""

from typing import TYPE_CHECKING

import numpy as np

from steelyard.hub.plausibility.clock import duration
from steelyard.hub.plausibility.finding import Finding
from steelyard.hub.texts import table_word, text

if TYPE_CHECKING:
    import polars as pl

APART_S = 1800.0  # no table of a heat lies half an hour beside the others, and never for many heats in a row
IN_A_ROW = 20
PARTNERS = (("heatings", "start"), ("dips", "time"), ("additions", "time"))


def check_across(tables: "dict[str, pl.DataFrame]") -> list[Finding]:
    """Return findings on clocks that differ between tables, and on keys that do not follow the time."""
    label = dict(tables["heats"].iter_rows()) if "heats" in tables else {}
    spans = {name: _spans(tables[name], time) for name, time in PARTNERS if name in tables and tables[name].height}
    found = []
    for name in spans:
        others = [other for other in spans if other != name]
        if len(others) == 2:
            found += _shifted(spans, name, others, label)
    return found + _key_order(spans, label)


def _spans(frame: "pl.DataFrame", time: str) -> dict[int, tuple[float, float]]:
    """Return key → (first, last) time [s]."""
    import polars as pl

    stamps = frame.select("key", at=pl.col(time).to_physical().cast(pl.Float64) / 1e6).drop_nulls()
    ends = stamps.group_by("key").agg(pl.col("at").min().alias("first"), pl.col("at").max().alias("last"))
    return {key: (first, last) for key, first, last in ends.iter_rows()}


def _shifted(
    spans: dict[str, dict[int, tuple[float, float]]], name: str, others: list[str], label: dict[int, str]
) -> list[Finding]:
    """Runs of heats in which table `name` lies apart from both others while these agree."""
    keys = sorted(set(spans[name]) & set(spans[others[0]]) & set(spans[others[1]]))
    if len(keys) < IN_A_ROW:
        return []
    own, one, two = (np.array([spans[table][key] for key in keys]) for table in (name, *others))
    middle = 0.5 * (np.minimum(one[:, 0], two[:, 0]) + np.maximum(one[:, 1], two[:, 1]))
    offset = own.mean(axis=1) - middle
    apart = ((own[:, 0] > np.maximum(one[:, 1], two[:, 1]) + 0.0) | (own[:, 1] < np.minimum(one[:, 0], two[:, 0]))) & (
        np.abs(offset) > APART_S
    )
    if _longest_run(apart) < IN_A_ROW:
        return []
    first = keys[_onset(apart)]
    called = label.get(first, first)
    own_ko, one_ko, two_ko = (table_word(table, "ko") for table in (name, *others))
    usual = float(np.median(offset[~apart])) if (~apart).sum() > apart.size // 4 else 0.0
    shift = float(np.median(offset[apart])) - usual
    count = int(apart.sum())
    return [
        Finding(
            "clock_shift",
            "error",
            name,
            ("time",),
            text(
                f"in {count} heats (from heat {called} on) the times of {name} lie about "
                f"{duration(abs(shift))} {'after' if shift > 0 else 'before'} those of {others[0]} and "
                f"{others[1]} of the same heat: "
                "two clocks (time zone, summer time, or a wrong setting). Correct the times and import again.",
                f"히트 {count}개(히트 {called}부터)에서 {own_ko}의 시각이 같은 히트의 "
                f"{one_ko}·{two_ko}보다 약 {duration(abs(shift), True)} "
                f"{'늦습니다' if shift > 0 else '빠릅니다'}. "
                "두 시계가 다릅니다(시간대, 서머타임, 설정 오류). 시각을 고쳐 다시 가져오십시오.",
            ),
            {"heats": count, "first_key": first, "shift_s": shift},
        )
    ]


def _longest_run(flags: np.ndarray) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def _onset(flags: np.ndarray) -> int:
    """Return where flags begin to be mostly True: the first True with four in five of the next ones True."""
    share = np.convolve(flags, np.ones(IN_A_ROW), "full")[IN_A_ROW - 1 :][: flags.size] / IN_A_ROW
    return int(np.argmax(flags & (share >= 0.8)))


def _key_order(spans: dict[str, dict[int, tuple[float, float]]], label: dict[int, str]) -> list[Finding]:
    """Heats whose number and time disagree."""
    starts: dict[int, float] = {}
    for table in spans.values():
        for key, (first, _) in table.items():
            starts[key] = min(first, starts.get(key, first))
    keys = np.array(sorted(starts))
    steps = np.diff(np.array([starts[key] for key in keys]))
    back = np.flatnonzero(steps < 0)
    if not back.size:
        return []
    worst, first = float(-steps[back].min()), int(keys[back[0]])
    called = label.get(first, first)
    severity = "note" if back.size <= 0.02 * steps.size and worst < 86400 else "warning"
    return [
        Finding(
            "key_order",
            severity,
            "all tables",
            ("key",),
            text(
                f"the numbers of the heats do not follow the time in {back.size} of {steps.size} steps "
                f"(by up to {duration(worst)}, first after heat {called}). Order by time, not by "
                "number.",
                f"히트 번호 순서와 시간 순서가 {steps.size}번 중 {back.size}번 어긋납니다(최대 "
                f"{duration(worst, True)}, 첫 위치 히트 {called} 다음). 번호가 아니라 시간으로 "
                "정렬하십시오.",
            ),
            {"count": int(back.size), "steps": int(steps.size), "worst_s": worst},
        )
    ]
