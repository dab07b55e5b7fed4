"""Labels that are an exact rule of other columns: computed, not observed."""

from dataclasses import dataclass

import numpy as np

from steelyard.hub.plausibility.finding import Finding, names
from steelyard.hub.plausibility.literals import Feature, Literal, features, pure_literals
from steelyard.hub.plausibility.sheet import Sheet, codes
from steelyard.hub.texts import text

MOST_LITERALS = 8
LEAST_OF_A_CLASS = 10
# three and more classes told apart by several columns are a good classifier, not a rule
MOST_COLUMNS_OF_CLASSES = 1
BITS_SHARE = 0.5  # a rule may cost at most half the bits that the labels hold: else it only memorises them


@dataclass(frozen=True)
class Rule:
    """``class = value`` where any of the literals holds, and nowhere else."""

    value: str
    literals: list[Literal]

    @property
    def words(self) -> str:
        """The rule as a sentence."""
        return " or ".join(literal.words for literal in self.literals)

    @property
    def bits(self) -> float:
        """What it costs to write the rule down."""
        return sum(literal.bits for literal in self.literals)


def computed_labels(sheet: Sheet) -> list[Finding]:
    """Labels that a short rule over other columns reproduces in every row."""
    found = []
    onehot = one_hot_groups(sheet)
    for target in sheet.labels:
        siblings = {name for group in onehot if target in group for name in group}
        offered = features(sheet, {target, *siblings, *(label for label in sheet.labels if label != target)})
        finding = _judge(sheet, target, offered)
        if finding is not None:
            found.append(finding)
    return found


def one_hot_groups(sheet: Sheet) -> list[list[str]]:
    """Return groups of neighbouring 0/1 columns of which exactly one is 1 in every row."""
    groups, at = [], 0
    binary = [
        name
        for name in sheet.numbers
        if sheet.distinct[name] == 2 and set(np.unique(sheet.numbers[name])) == {0.0, 1.0}
    ]
    while at < len(binary):
        total = np.zeros(sheet.rows)
        for end in range(at, len(binary)):
            total = total + sheet.numbers[binary[end]]
            if total.max() > 1:
                break
            if end > at and total.min() == 1:
                groups.append(binary[at : end + 1])
                at = end
                break
        at += 1
    return groups


def _judge(sheet: Sheet, target: str, offered: list[Feature]) -> Finding | None:
    """Return the finding on one label column, or None."""
    code = codes(sheet, target)
    classes, counts = np.unique(code[code >= 0], return_counts=True)
    if classes.size < 2 or not offered:
        return None
    shown = _class_names(sheet, target)
    rules = []
    for value, count in sorted(zip(classes, counts, strict=True), key=lambda entry: entry[1]):
        if min(count, (code >= 0).sum() - count) < LEAST_OF_A_CLASS:
            continue
        rule = find_rule(offered, code == value, (code >= 0) & (code != value), shown[int(value)])
        if rule is not None:
            rules.append(rule)
        if rules and classes.size == 2:
            break
    used = {column for rule in rules for literal in rule.literals for column in literal.columns}
    if not rules or (classes.size > 2 and (len(rules) < classes.size - 1 or len(used) > MOST_COLUMNS_OF_CLASSES)):
        return None
    if all(len(rule.literals) == 1 and not rule.literals[0].dense for rule in rules):
        return _easy(sheet, target, rules)
    return _computed(sheet, target, rules, int((code >= 0).sum()))


def _class_names(sheet: Sheet, target: str) -> dict[int, str]:
    code = codes(sheet, target)
    if target in sheet.words:
        return {int(code[at]): str(value) for at, value in enumerate(sheet.words[target]) if value is not None}
    return {int(code[at]): f"{value:g}" for at, value in enumerate(sheet.numbers[target]) if np.isfinite(value)}


def find_rule(offered: list[Feature], wanted: np.ndarray, good: np.ndarray, value: str) -> Rule | None:
    """Return a rule for all `wanted` rows and no `good` row, short enough and true on rows it has not seen."""
    rule = _cover(offered, wanted, good, value)
    if rule is None:
        return None
    total, positive = int((wanted | good).sum()), int(wanted.sum())
    share = positive / total
    held = total * (-share * np.log2(share) - (1 - share) * np.log2(1 - share))
    if rule.bits > BITS_SHARE * held:
        return None
    half = np.random.default_rng(1).permutation(wanted.size) % 2 == 0
    learned = _cover(offered, wanted & half, good & half, value)
    if learned is None:
        return None
    says = np.zeros(wanted.size, dtype=bool)
    for literal in learned.literals:
        says |= literal.holds
    wrong = int((says[~half & wanted] == 0).sum() + says[~half & good].sum())
    return rule if wrong <= max(2, 2 * len(learned.literals)) and wrong < 0.2 * positive else None


def _cover(offered: list[Feature], wanted: np.ndarray, good: np.ndarray, value: str) -> Rule | None:
    """Return pure conditions that together hold for every wanted row (largest first), or None."""
    everything = np.ones(wanted.size, dtype=bool)
    left, chosen = wanted.copy(), []
    candidates = pure_literals(offered, good, wanted, everything, 0.0)
    paired = False
    while left.any():
        best = max(candidates, key=lambda literal: int((literal.holds & left).sum()) / literal.bits, default=None)
        if best is None or not (best.holds & left).any():
            if paired or left.sum() < LEAST_OF_A_CLASS // 2:
                return None
            candidates, paired = candidates + _pairs(offered, good, left), True
            continue
        chosen.append(best)
        left &= ~best.holds
        if len(chosen) > MOST_LITERALS:
            return None
    return Rule(value, _needed(chosen, wanted)) if chosen else None


def _needed(chosen: list[Literal], wanted: np.ndarray) -> list[Literal]:
    """Return the literals without those that the others cover."""
    kept = list(chosen)
    for literal in chosen:
        others = [other for other in kept if other is not literal]
        if others and not (wanted & ~np.logical_or.reduce([other.holds for other in others])).any():
            kept = others
    return kept


def _pairs(offered: list[Feature], good: np.ndarray, left: np.ndarray) -> list[Literal]:
    """Return conditions 'choice and condition' that hold for no good row."""
    found = []
    choices = [(feature.name, words, holds) for feature in offered for words, holds in feature.choices.items()]
    if len(choices) > 60:
        return []
    bits = float(np.log2(max(2, len(choices))))
    for name, words, holds in choices:
        if (holds & left).sum() < 2 or not (holds & good).any():
            continue
        rest = [feature for feature in offered if feature.name != name]
        for literal in pure_literals(rest, good, left, holds, bits):
            both = f"({words} and {literal.words})"
            found.append(Literal(literal.holds, both, literal.bits, (name, *literal.columns), literal.dense))
    return found


def _computed(sheet: Sheet, target: str, rules: list[Rule], rows: int) -> Finding:
    columns = tuple(dict.fromkeys(c for rule in rules for literal in rule.literals for c in literal.columns))
    words = "; ".join(f"{target} = {rule.value} exactly where {rule.words}" for rule in rules[:4])
    words_ko = "; ".join(f"{target} = {rule.value} ⇔ {rule.words}" for rule in rules[:4])
    return Finding(
        "computed_label",
        "error",
        sheet.name,
        (target, *columns),
        text(
            f"{words}. This rule reproduces all {rows} labels without one exception: the label was "
            f"computed from {names(columns)}, not observed. "
            "A model trained on it only finds the rule again; nothing about the real defect can be learned or proved.",
            f"{words_ko}. 이 규칙이 라벨 {rows}개를 예외 없이 모두 재현합니다. 라벨은 관찰된 것이 "
            f"아니라 {names(columns)}(으)로 계산한 것입니다. "
            "여기서 학습한 모델은 이 규칙만 다시 찾을 뿐 실제 불량에 대해서는 아무것도 배우거나 증명할 수 없습니다.",
        ),
        {"rules": {rule.value: [literal.words for literal in rule.literals] for rule in rules}, "rows": rows},
    )


def _easy(sheet: Sheet, target: str, rules: list[Rule]) -> Finding:
    words = "; ".join(f"{target} = {rule.value}: {rule.words}" for rule in rules[:4])
    columns = tuple(dict.fromkeys(c for rule in rules for literal in rule.literals for c in literal.columns))
    return Finding(
        "separable_label",
        "note",
        sheet.name,
        (target, *columns),
        text(
            f"one threshold separates the classes with a clear gap ({words}): an easy task. "
            "High scores here prove little.",
            f"문턱값 하나로 등급이 뚜렷이 갈립니다({words}). 쉬운 과제이므로 높은 점수가 큰 의미는 없습니다.",
        ),
        {"rules": {rule.value: rule.words for rule in rules}},
    )
