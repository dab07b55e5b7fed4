"""What a reader must know before using the verdict: limits of validity, control list, credibility levels."""

from typing import Any

from steelyard.trials.labels import labels, several, texts
from steelyard.trials.seal import demonstration_commitment
from steelyard.trials.wording import number, sentence

Text = dict[str, str]


def limits_of_validity(result: dict[str, Any]) -> list[Text]:
    """Return the limits of validity of this trial, most important first."""
    plan = result["plan"]
    process, kind = plan["plant"]["process"], plan["trial"]["kind"]
    if kind == "predictor":
        return several("validity_records_", process)
    found = several(f"validity_{kind}_", process)
    if not plan["plant"]["twin"]:
        found.insert(1, labels(process)["uncalibrated"])
    return found


CAMPAIGN: Text = {"en": "campaign", "ko": "캠페인"}
LEFT_OUT: Text = {"en": "Cases left out?", "ko": "제외된 사례?"}
LEARNS: Text = {
    "en": "Does the solution change between cases (learning while running)?",
    "ko": "실행 중 학습으로 변하는가?",
}
LEARNS_ON: Text = {
    "en": "possible: each process sees its runs in a fixed order, so results repeat; `start` marks a run",
    "ko": "가능: 프로세스별 실행 순서가 고정되어 재현되며 `start`로 새 실행을 알림",
}
LEARNS_ANEW: Text = {
    "en": "only within a run: each run has a new process; the seed draws whether the sound or the faulty one is first",
    "ko": "한 실행 안에서만: 실행마다 프로세스를 새로 시작하며 정상·이상 운전의 순서는 시드로 추첨",
}
ABOUT_THE_SOLUTION: tuple[tuple[Text, Text], ...] = (
    (
        {"en": "Could the solution see the truth?", "ko": "솔루션이 정답을 볼 수 있었는가?"},
        {
            "en": "no: own process, declared signals only, no network; see isolation in section 2",
            "ko": "아니오: 별도 프로세스, 선언된 신호만, 네트워크 없음 (2절 격리 참조)",
        },
    ),
)


def control_list(result: dict[str, Any]) -> list[tuple[Text, Text]]:
    """Return questions and answers for learned solutions, after ISO/IEC TS 4213 (assessment of machine learning)."""
    learns = LEARNS_ANEW if result["plan"]["trial"]["kind"] == "detector" else LEARNS_ON
    return [*_about_the_test(result), (LEARNS, learns), *ABOUT_THE_SOLUTION, (LEFT_OUT, _left_out(result))]


def _about_the_test(result: dict[str, Any]) -> list[tuple[Text, Text]]:
    plan = result["plan"]
    process = plan["plant"]["process"]
    unit = texts("block_unit", process) if plan["trial"]["kind"] == "predictor" else CAMPAIGN
    return [
        (
            {"en": "Measure and data fixed before the trial?", "ko": "평가 척도와 데이터를 사전에 확정했는가?"},
            sentence("yes, plan hash {hash}…", "예, 계획 해시 {hash}…", hash=result["plan_hash"][:12]),
        ),
        (
            {"en": "Are test cases independent of what it learned from?", "ko": "시험 사례가 학습 자료와 독립인가?"},
            _independence(result),
        ),
        (
            {"en": "Compared with a baseline on the same cases?", "ko": "동일 사례에서 기준과 비교했는가?"},
            {"en": "yes, paired", "ko": "예, 쌍체 비교"},
        ),
        (
            {"en": "Number of independent cases, and the interval?", "ko": "독립 사례 수와 구간 추정?"},
            sentence(
                "{n}; BCa bootstrap, {level} %, unit of analysis {unit}",
                "{n}; BCa 부트스트랩 {level} %, 분석 단위 {unit}",
                n=str(result["results"]["primary"][0]["n"]),
                level=number(100 * (1 - plan["statistics"]["alpha"]), 0),
                unit=unit,
            ),
        ),
    ]


def _independence(result: dict[str, Any]) -> Text:
    plan = result["plan"]
    if plan["trial"]["kind"] == "predictor":
        first = str(result["runs"][0]["keys"]).split("–")[0]  # the plan may leave the split to the program
        return texts("independence_records", plan["plant"]["process"], key=first)
    if plan["suite"]["tag"] == "sealed" and plan["suite"]["commitment"] == demonstration_commitment():
        return {
            "en": "not shown: demonstration seal, which ships with the software; its seeds are known",
            "ko": "확인되지 않음: 시연용 봉인은 소프트웨어와 함께 배포되어 시드가 알려져 있음",
        }
    if plan["suite"]["tag"] == "sealed":
        return {
            "en": "sealed suite: seeds were committed to by hash and unknown before the trial",
            "ko": "봉인 시험집: 시드는 해시로만 공개되어 시험 전 알 수 없음",
        }
    return {"en": "not shown: public suite", "ko": "확인되지 않음: 공개 시험집"}


def _left_out(result: dict[str, Any]) -> Text:
    skipped = result.get("left_out")
    if not skipped:
        return {"en": "none", "ko": "없음"}
    return sentence("{what}", "{what}", what=skipped)


CARD_NAMES: dict[str, Text] = {
    "code_verification": {"en": "Code verification", "ko": "코드 검증"},
    "solution_verification": {"en": "Solution verification (step halving, closure)", "ko": "해 검증 (간격 반감, 수지)"},
    "validation": {"en": "Validation against data", "ko": "측정 자료 검증"},
    "input_pedigree": {"en": "Input pedigree", "ko": "입력 출처"},
    "uncertainty": {"en": "Uncertainty", "ko": "불확도"},
    "robustness": {"en": "Robustness", "ko": "강건성"},
    "use_history": {"en": "Use history", "ko": "사용 이력"},
}

SHIPPED_CARD: list[dict[str, Any]] = [
    {"id": "code_verification", "level": 2, "evidence": {
        "en": "validation cases and laws of every house run in the test suite (steelyard validate)",
        "ko": "모든 모형의 검증 사례와 법칙 시험이 자동 실행됨 (steelyard validate)"}},
    {"id": "solution_verification", "level": 2, "evidence": {
        "en": "energy and mass closure and step halving are tests", "ko": "에너지·질량 수지와 시간 간격 반감 시험"}},
    {"id": "validation", "level": 1, "evidence": {
        "en": "published cases only; not compared with records of your furnace",
        "ko": "공개 사례만 사용, 귀사 설비 기록과 비교하지 않음"}},
    {"id": "input_pedigree", "level": 1, "evidence": {
        "en": "every number has a source; several are assumed", "ko": "모든 값에 출처가 있으나 일부는 가정값"}},
    {"id": "uncertainty", "level": 0, "evidence": {
        "en": "one parameter set, no posterior", "ko": "단일 파라미터 세트, 사후 분포 없음"}},
    {"id": "robustness", "level": 1, "evidence": {
        "en": "fault scenarios in the suite", "ko": "시험집에 이상 시나리오 포함"}},
    {"id": "use_history", "level": 0, "evidence": {"en": "new", "ko": "신규"}},
]  # fmt: skip
