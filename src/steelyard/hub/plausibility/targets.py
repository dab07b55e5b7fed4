"""Checks on what is to be predicted: too few, too tight, too bunched in time, or unrelated to everything."""

import numpy as np

from steelyard.hub.plausibility.clock import regular_step
from steelyard.hub.plausibility.finding import Finding, names
from steelyard.hub.plausibility.sheet import Sheet, codes
from steelyard.hub.texts import text

FEWEST = 10
FEW_EPISODES = 20
LONG_EPISODE = 3.0  # rows to an episode, on average
TOLERANCE = 0.004  # thermocouple class 1: 0.4 % of the reading (IEC 60584-1)


def rare_labels(sheet: Sheet) -> list[Finding]:
    """Labels of which one class is so rare that nothing can be learned or tested."""
    found = []
    for target in sheet.labels:
        code = codes(sheet, target)
        counts = np.unique(code[code >= 0], return_counts=True)[1]
        if counts.size == 2 and counts.min() < FEWEST and counts.sum() >= 50:
            found.append(
                Finding(
                    "too_few",
                    "warning",
                    sheet.name,
                    (target,),
                    text(
                        f"{target}: only {counts.min()} of {counts.sum()} rows belong to the rarer class. No "
                        "model can be trained and tested on so few; collect more.",
                        f"{target}: {counts.sum()}개 행 중 드문 쪽이 {counts.min()}개뿐입니다. 이 수로는 학습과 "
                        "검증을 할 수 없으니 더 모으십시오.",
                    ),
                    {"rarer": int(counts.min()), "rows": int(counts.sum())},
                )
            )
    return found


def bunched_labels(sheet: Sheet) -> list[Finding]:
    """Labels that come in few episodes: a random hold-out then tests on rows next to the training rows."""
    clock = sheet.clock()
    if clock is None and sheet.group is None and not any(sheet.is_order(name) for name in sheet.numbers):
        return []
    order = (
        np.argsort(clock, kind="stable") if clock is not None and np.isfinite(clock).all() else np.arange(sheet.rows)
    )
    found = []
    for target in sheet.labels:
        code = codes(sheet, target)[order]
        code = code[code >= 0]
        classes, counts = np.unique(code, return_counts=True)
        if classes.size != 2 or counts.min() < FEWEST:
            continue
        rare = (code == classes[np.argmin(counts)]).astype(float)
        finding = _bunched(sheet, target, rare)
        if finding is not None:
            found.append(finding)
    return found


def _bunched(sheet: Sheet, target: str, rare: np.ndarray) -> Finding | None:
    episodes = int(np.count_nonzero(np.diff(rare, prepend=0.0) > 0))
    memory = float(np.corrcoef(rare[1:], rare[:-1])[0, 1])
    chance = 4.0 / np.sqrt(rare.size)
    last = float(np.flatnonzero(rare)[-1] + 1) / rare.size
    first = float(np.flatnonzero(rare)[0]) / rare.size
    if memory < max(0.1, chance):
        return None
    empty = ""
    empty_ko = ""
    if last < 0.8 or first > 0.2:
        share = 1 - last if last < 0.8 else first
        side, side_ko = ("last", "마지막") if last < 0.8 else ("first", "처음")
        empty = (
            f" The {side} {share:.0%} of the record holds none of them, so a split by time leaves nothing to test on."
        )
        empty_ko = f" 기록의 {side_ko} {share:.0%}에는 하나도 없어서 시간으로 나누면 검증할 것이 남지 않습니다."
    long = rare.sum() >= LONG_EPISODE * episodes
    severity = "warning" if long and (episodes < FEW_EPISODES or empty) else "note"
    return Finding(
        "bunched_label",
        severity,
        sheet.name,
        (target,),
        text(
            f"the {int(rare.sum())} rows of the rarer class of {target} come in {episodes} episodes "
            f"(a neighbour of one is usually one too, autocorrelation {memory:.2f}). "
            "Count episodes, not rows, and never hold out rows at random: the test would sit inside "
            f"the training episodes. Split by time.{empty}",
            f"{target}의 드문 쪽 {int(rare.sum())}개 행은 {episodes}개 구간에 몰려 있습니다(자기상관 "
            f"{memory:.2f}). 행이 아니라 구간 수로 세고, 무작위로 나누지 말고 "
            f"시간으로 나누십시오. 무작위 분할은 학습 구간 안에서 시험하는 셈입니다.{empty_ko}",
        ),
        {"rows": int(rare.sum()), "episodes": episodes, "autocorrelation": memory, "first": first, "last": last},
    )


def tight_targets(sheet: Sheet) -> list[Finding]:
    """Continuous targets whose spread is no wider than what the instrument can tell apart."""
    found = []
    for target in sheet.values:
        values = sheet.numbers[target]
        given = values[np.isfinite(values)]
        if given.size < 30 or np.ptp(given) == 0:
            continue
        noise, why, why_ko = _noise(sheet, target, given)
        spread = float(np.quantile(given, 0.84) - np.quantile(given, 0.16)) / 2
        if spread <= 1.2 * noise:
            found.append(
                Finding(
                    "tight_target",
                    "warning",
                    sheet.name,
                    (target,),
                    text(
                        f"{target} spreads by only ±{spread:.3g}, no more than {why} (±{noise:.3g}). It is held "
                        "so tightly that there is nothing to learn: any model will look good and know nothing.",
                        f"{target}의 산포가 ±{spread:.3g}뿐으로 {why_ko}(±{noise:.3g}) 수준입니다. 너무 좁게 "
                        "관리되어 배울 것이 없습니다. 어떤 모델이든 좋아 보이지만 아는 것이 없습니다.",
                    ),
                    {"spread": spread, "noise": noise},
                )
            )
    return found


def _noise(sheet: Sheet, target: str, given: np.ndarray) -> tuple[float, str, str]:
    """Return the smallest difference that the record can show, and what it is."""
    step = float(np.diff(np.unique(given)).min())
    if sheet.kinds[target].name == "temperature" and abs(float(np.median(given))) > 100:
        return TOLERANCE * abs(float(np.median(given))) / 2, "the tolerance of a thermocouple", "열전대 허용차"
    return step, "one step of its display", "표시 분해능 한 눈금"


def tight_columns(sheet: Sheet) -> list[Finding]:
    """Temperatures held so tightly that they carry no information (far inside the tolerance of the sensor)."""
    tight = []
    for name in sheet.measured():
        values = sheet.numbers[name]
        given = values[np.isfinite(values)]
        if (
            sheet.kinds[name].name != "temperature"
            or given.size < 30
            or np.median(given) < 50
            or np.mean(given == np.median(given)) > 0.5
        ):
            continue
        spread = float(np.subtract(*np.quantile(given, [0.95, 0.05])))
        if spread < TOLERANCE * float(np.median(given)) / 2:
            tight.append((name, spread, float(np.median(given))))
    if not tight:
        return []
    name, spread, level = min(tight, key=lambda entry: entry[1] / entry[2])
    return [
        Finding(
            "tight_column",
            "note",
            sheet.name,
            tuple(entry[0] for entry in tight),
            text(
                f"{names([t[0] for t in tight])}: controlled so tightly ({name}: 90 % within {spread:.2g} "
                f"around {level:.0f}) that the spread lies inside the sensor's tolerance. These columns "
                "cannot explain anything.",
                f"{names([t[0] for t in tight])}: 매우 좁게 제어되어({name}: 90 %가 {level:.0f} 부근 "
                f"{spread:.2g} 이내) 산포가 센서 허용차 안에 있습니다. 이 열로는 아무것도 설명할 수 "
                "없습니다.",
            ),
            {entry[0]: entry[1] for entry in tight},
        )
    ]


def unrelated_target(sheet: Sheet) -> list[Finding]:
    """Targets to which no numeric column is related more than chance would make the best of so many."""
    from scipy import stats

    found = []
    for target in sheet.targets:
        if target not in sheet.numbers:
            continue
        y = sheet.numbers[target]
        others = [name for name in sheet.measured() if name != target]
        smallest, strongest, tried = 1.0, (0.0, ""), 0
        for name in others:
            both = np.isfinite(sheet.numbers[name]) & np.isfinite(y)
            if both.sum() < 30 or np.unique(y[both]).size < 2 or np.unique(sheet.numbers[name][both]).size < 2:
                continue
            tried += 1
            result = stats.spearmanr(sheet.numbers[name][both], y[both])
            smallest, strongest = (
                min(smallest, float(result.pvalue)),
                max(strongest, (abs(float(result.statistic)), name)),
            )
        if tried >= 3 and min(1.0, smallest * tried) > 0.05 and regular_step(sheet) is None:
            found.append(
                Finding(
                    "unrelated_target",
                    "note",
                    sheet.name,
                    (target,),
                    text(
                        f"none of {tried} columns is related to {target} more than chance allows (best: "
                        f"{strongest[1]}, rank correlation {strongest[0]:.2f}). Do not promise a predictor on "
                        "this table.",
                        f"{tried}개 열 가운데 {target}와(과) 우연 이상으로 관계있는 것이 없습니다(최대: "
                        f"{strongest[1]}, 순위상관 {strongest[0]:.2f}). 이 표로 예측기를 약속하지 마십시오.",
                    ),
                    {"columns": tried, "strongest": strongest[0], "p_corrected": min(1.0, smallest * tried)},
                )
            )
    return found
