"""Reference solutions: plain files that speak the contract and import nothing of the house."""

from pathlib import Path

from steelyard.errors import SolutionError

REFERENCE = {
    "textbook_predictor": {
        "en": "last dip plus textbook rates; the baseline of the predictor trial",
        "ko": "마지막 측온값에 교과서 승온·강온 속도를 더함. 예측 시험의 기준",
    },
    "dip_filter_predictor": {
        "en": "soft sensor: Kalman filter over all dips, learns from heat to heat",
        "ko": "소프트 센서: 모든 측온값을 쓰는 칼만 필터, 히트마다 학습",
    },
    "arc_energy_advisor": {
        "en": "advises the energy of the next heating from the filtered temperature",
        "ko": "필터로 추정한 용강 온도로 다음 승온의 투입 전력량을 제안",
    },
    "arc_energy_controller": {
        "en": "the same algorithm, written as a set-point",
        "ko": "같은 알고리즘을 설정값으로 직접 지령",
    },
    "heavy_handed_controller": {
        "en": "deliberately bad: always full energy; a trial must reject it",
        "ko": "일부러 나쁘게 만든 예: 항상 최대 전력량. 시험이 반드시 걸러내야 함",
    },
}


def reference_path(name: str) -> Path:
    """Return the path of a reference solution; SolutionError when there is none of this name."""
    if name not in REFERENCE:
        raise SolutionError(f"no reference solution {name!r}; there are: {', '.join(REFERENCE)}")
    return Path(__file__).with_name(f"{name}.py")
