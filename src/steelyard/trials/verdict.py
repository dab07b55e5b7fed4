"""The verdict: better, not worse, worse, unsafe or inconclusive, with reasons, conditions and one sentence."""

from dataclasses import dataclass
from typing import Any

from steelyard.trials.catalogue import catalogue
from steelyard.trials.labels import labels
from steelyard.trials.plan import TrialPlan
from steelyard.trials.seal import demonstration_commitment
from steelyard.trials.wording import VERDICTS, amount, number, points, sentence

Text = dict[str, str]


REFUSED_SHARE = 0.01


@dataclass(frozen=True)
class Safety:
    """What was counted: hard violations of each arm, the runs in which the solution had more, and how it behaved.

    `decisions`: how often it was asked; `written`: set-points carried out; `interventions`: answers refused or faulty.
    """

    solution_hard: int = 0
    baseline_hard: int = 0
    worse_runs: tuple[int, ...] = ()
    decisions: int = 0
    written: int = 0
    interventions: int = 0


def _effect(result: dict[str, Any], plan: TrialPlan) -> dict[str, Any]:
    one = catalogue(plan.trial.kind, plan.plant.process)[result["kpi"]]
    low = amount(result["low"], "1", signed=True)
    margin, whole = result.get("margin"), 0 if float(result.get("margin") or 0.5).is_integer() else None
    units = {lang: points(one.unit, lang) for lang in ("en", "ko")}
    effect, high = (
        {lang: amount(result[end], unit, signed=True) for lang, unit in units.items()} for end in ("effect", "high")
    )
    return {
        "name": one.name,
        "effect": effect,
        "interval": {"en": f"{low} to {high['en']}", "ko": f"{low} ~ {high['ko']}"},
        "baseline": amount(result["baseline"], one.unit),
        "solution": amount(result["solution"], one.unit),
        "margin": {lang: amount(margin, unit, whole) for lang, unit in units.items()},
        "needed": number(result.get("needed_runs"), 0),
        "level": number(100.0 * result["confidence"], 0),
    }


_PRIMARY = {
    "better": (
        "{name}: better, {effect} ({level} % interval {interval})",
        "{name}: 개선, {effect} ({level} % 구간 {interval})",
    ),
    "worse": (
        "{name}: worse, {effect} ({level} % interval {interval})",
        "{name}: 악화, {effect} ({level} % 구간 {interval})",
    ),
    "not worse": (
        "{name}: no difference shown, {effect} ({interval}), and harm above the margin of {margin} is excluded",
        "{name}: 차이 확인 안 됨, {effect} ({interval}); 허용 한계 {margin} 초과 악화는 배제됨",
    ),
    "unclear": (
        "{name}: {effect} ({interval}) is compatible with better and with worse than the margin of {margin}",
        "{name}: {effect} ({interval}); 개선과 허용 한계 {margin} 초과 악화 모두 가능",
    ),
}  # fmt: skip
_RAIL = {
    "broken": (
        "guardrail broken: {name} {effect} ({interval}), margin {margin}",
        "가드레일 위반: {name} {effect} ({interval}), 허용 한계 {margin}",
    ),
    "unclear": (
        "guardrail not shown to hold: {name} {effect} ({interval}), margin {margin}, would need about {needed} runs",
        "가드레일 미확인: {name} {effect} ({interval}), 허용 한계 {margin}, 약 {needed}회 필요",
    ),
}
_SENTENCE = {
    "better": (
        "The solution makes this plant better. {name}: {baseline} → {solution}, {effect} "
        "({level} % interval {interval}).",
        "솔루션이 이 설비를 개선합니다. {name}: {baseline} → {solution}, {effect} ({level} % 구간 {interval}).",
    ),
    "not worse": (
        "No difference was shown; the solution is not worse than the baseline. {name}: {effect} "
        "({interval}), margin {margin}.",
        "차이가 확인되지 않았으며 기준보다 나쁘지 않습니다. {name}: {effect} ({interval}), 허용 한계 {margin}.",
    ),
    "worse": (
        "The solution makes this plant worse. {name}: {baseline} → {solution}, {effect} ({interval}).",
        "솔루션이 이 설비를 악화시킵니다. {name}: {baseline} → {solution}, {effect} ({interval}).",
    ),
    "inconclusive": (
        "The trial does not decide. {name}: {effect} ({interval}); about {runs} paired runs would be needed.",
        "이번 시험으로는 판정할 수 없습니다. {name}: {effect} ({interval}); 약 {runs}회의 쌍체 실행이 필요합니다.",
    ),
}  # fmt: skip
_SENTENCES = {"predictor": {
    "better": (
        "The solution predicts better than the baseline. {name}: {baseline} → {solution}, {effect} "
        "({level} % interval {interval}).",
        "솔루션의 예측이 기준보다 좋습니다. {name}: {baseline} → {solution}, {effect} ({level} % 구간 {interval}).",
    ),
    "worse": (
        "The solution predicts worse than the baseline. {name}: {baseline} → {solution}, {effect} ({interval}).",
        "솔루션의 예측이 기준보다 나쁩니다. {name}: {baseline} → {solution}, {effect} ({interval}).",
    ),
}, "detector": {
    "better": (
        "The solution detects better than the baseline. {name}: {baseline} → {solution}, {effect} "
        "({level} % interval {interval}).",
        "솔루션의 감지가 기준보다 좋습니다. {name}: {baseline} → {solution}, {effect} ({level} % 구간 {interval}).",
    ),
    "worse": (
        "The solution detects worse than the baseline. {name}: {baseline} → {solution}, {effect} ({interval}).",
        "솔루션의 감지가 기준보다 나쁩니다. {name}: {baseline} → {solution}, {effect} ({interval}).",
    ),
}}  # fmt: skip
_WORSE_BY_RAIL = (
    "The solution breaks a guardrail, so it counts as worse. {name}: {effect} ({interval}), margin {margin}.",
    "가드레일을 위반하여 악화로 판정합니다. {name}: {effect} ({interval}), 허용 한계 {margin}.",
)
_UNSAFE = (
    "The solution is unsafe: {count} hard-limit violation(s) against {base} under the baseline, in run(s) {runs}.",
    "솔루션이 위험합니다: 안전 한계 위반 {count}건 (기준 제어 {base}건), 실행 {runs}.",
)


def _name(primary: list[dict[str, Any]], rails: list[dict[str, Any]], safety: Safety) -> str:
    findings = [result["finding"] for result in primary]
    states = [rail["state"] for rail in rails]
    if safety.worse_runs:
        return "unsafe"
    if "worse" in findings or "broken" in states:
        return "worse"
    if "unclear" in states:
        return "inconclusive"
    if "better" in findings and "unclear" not in findings:
        return "better"
    return "inconclusive" if "unclear" in findings else "not worse"


def _needed(primary: list[dict[str, Any]], rails: list[dict[str, Any]]) -> int | None:
    open_ones = [rail for rail in rails if rail["state"] == "unclear"]
    open_ones += [result for result in primary if result["finding"] == "unclear"]
    numbers = [one["needed_runs"] for one in open_ones]
    return None if not numbers or None in numbers else max(numbers)


def decide(results: dict[str, Any], safety: Safety, plan: TrialPlan, synthetic: bool = False) -> dict[str, Any]:
    """Return verdict, sentence, reasons (by KPI) and about how many runs an inconclusive trial would need."""
    primary, rails = results["primary"], results["guardrails"]
    name = _name(primary, rails, safety)
    needed = _needed(primary, rails) if name == "inconclusive" else None
    reasons: list[Text] = [sentence(*_PRIMARY[one["finding"]], **_effect(one, plan)) for one in primary]
    reasons += [sentence(*_RAIL[one["state"]], **_effect(one, plan)) for one in rails if one["state"] in _RAIL]
    if name == "unsafe":
        runs = ", ".join(str(run + 1) for run in safety.worse_runs[:12]) + (" …" if len(safety.worse_runs) > 12 else "")
        said = sentence(*_UNSAFE, count=str(safety.solution_hard), base=str(safety.baseline_hard), runs=runs)
        reasons.insert(0, said)
    else:
        said = _said(name, primary, rails, needed, plan)
    return {
        "verdict": name,
        "label": VERDICTS[name],
        "sentence": said,
        "reasons": reasons,
        "needed_runs": needed,
        "conditions": [*([labels(plan.plant.process)["synthetic"]] if synthetic else []), *_conditions(safety, plan)],
    }


def _said(name: str, primary: list, rails: list, needed: int | None, plan: TrialPlan) -> Text:
    broken = [one for one in rails if one["state"] == "broken"]
    worse = [one for one in primary if one["finding"] == "worse"]
    if name == "worse" and not worse:
        return sentence(*_WORSE_BY_RAIL, **_effect(broken[0], plan))
    said = {**_SENTENCE, **_SENTENCES.get(plan.trial.kind, {})}
    order = {"better": ("better",), "worse": ("worse",), "inconclusive": ("unclear",)}.get(name, ())
    first = next((one for one in primary if one["finding"] in order), primary[0])
    if name == "inconclusive" and first["finding"] != "unclear":
        first = next((one for one in rails if one["state"] == "unclear"), first)
    return sentence(*said[name], **_effect(first, plan), runs=number(needed, 0) if needed else "> 100,000")


def _conditions(safety: Safety, plan: TrialPlan) -> list[Text]:
    if plan.trial.kind == "predictor":
        return [labels(plan.plant.process)["condition_records"]]
    whole = [
        {
            "en": "Holds for the plant, parameter set, scenarios and solution version named here, and for no other.",
            "ko": "여기 명시된 설비, 파라미터, 시나리오, 솔루션 버전에만 유효합니다.",
        }
    ]
    return [*whole, *_of_the_suite(safety, plan), *_of_the_solution(safety)]


def _of_the_suite(safety: Safety, plan: TrialPlan) -> list[Text]:
    """What must be known of the scenarios and their seeds."""
    conditions: list[Text] = []
    if plan.suite.tag == "public":
        conditions.append(
            {
                "en": "Public suite: the solution may have been tuned to it. A final verdict needs a sealed suite.",
                "ko": "공개 시험집이므로 솔루션이 맞춰졌을 수 있음. 최종 판정에는 봉인 시험집이 필요합니다.",
            }
        )
    if plan.suite.tag == "sealed" and plan.suite.commitment == demonstration_commitment():
        conditions.append(
            {
                "en": "Demonstration seal: it ships with the software, so a solution may be tuned to it; "
                "a centre makes its own.",
                "ko": "시연용 봉인: 소프트웨어와 함께 배포되므로 솔루션이 맞춰졌을 수 있음. 센터는 자체 봉인을 사용함.",
            }
        )
    if safety.baseline_hard:
        conditions.append(
            sentence(
                "The baseline itself violated a hard limit {n} time(s): the suite is not fully feasible.",
                "기준 제어 자체가 안전 한계를 {n}회 위반: 시험집이 완전히 실행 가능하지 않습니다.",
                n=str(safety.baseline_hard),
            )
        )
    return conditions


def _of_the_solution(safety: Safety) -> list[Text]:
    """What must be known of how the solution behaved."""
    conditions: list[Text] = []
    if safety.decisions and not safety.written:
        conditions.append(
            sentence(
                "The solution never acted: of {n} answers none was carried out, so this is the baseline weighed "
                "against itself.",
                "솔루션이 한 번도 작동하지 않음: 응답 {n}건 중 실행된 것이 없어 기준 제어를 자기 자신과 비교한 "
                "셈입니다.",
                n=number(safety.decisions, 0),
            )
        )
    if safety.interventions > REFUSED_SHARE * safety.decisions:
        conditions.append(
            sentence(
                "{n} of its {all} answers were refused or faulty.",
                "응답 {all}건 중 {n}건이 거부되었거나 오류였습니다.",
                n=number(safety.interventions, 0),
                all=number(safety.decisions, 0),
            )
        )
    return conditions
