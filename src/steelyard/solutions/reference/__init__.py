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
    "furnace_setpoint_optimiser": {
        "en": "reheating furnace: lowest zone set-points with which each billet still reaches its target in its time",
        "ko": "가열로: 각 빌릿이 남은 시간 안에 목표 온도에 이르는 가장 낮은 대역 설정온도를 지령",
    },
    "pass_mean_predictor": {
        "en": "mean roll force of the same pass and steel; the baseline of the roll-force trial",
        "ko": "같은 패스·강종의 평균 압연하중. 압연하중 예측 시험의 기준",
    },
    "roll_force_adapter": {
        "en": "roll force per pass by recursive least squares on entry temperature and pause",
        "ko": "입측 온도와 대기 시간에 대한 순환 최소제곱으로 패스별 압연하중을 예측",
    },
    "roll_force_setup": {
        "en": "the same algorithm, written as the set-up forces of the next bar's passes",
        "ko": "같은 알고리즘으로 다음 봉의 패스별 설정 하중을 지령",
    },
    "burner_limit_alarm": {
        "en": "limit alarms of a usual control system; the baseline of the detector trial",
        "ko": "일반 제어 시스템의 한계값 경보. 검출 시험의 기준",
    },
    "burner_clogging_detector": {
        "en": "finds clogging burners from fuel flow per valve opening, learned healthy value and CUSUM",
        "ko": "밸브 개도당 연료 유량의 정상값을 학습하고 누적합(CUSUM)으로 버너 막힘을 검출",
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
