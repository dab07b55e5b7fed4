"""The KPIs of a campaign at the ladle furnace: functions of the log of heats."""

from typing import Any

import numpy as np

from steelyard.trials import kpi as common
from steelyard.trials.kpi import RunRecord, declare
from steelyard.trials.subjects.ladle_furnace.truth import departure_errors
from steelyard.units import from_si

WINDOW_K = 5.0
ITEMS = {
    "electricity": "won/kWh",
    "electrode": "won/kg",
    "dip": "won",
    "argon": "won/Nm³",
    "minute": "won/min",
    "off_target": "won/t",
    "grid_co2": "kg/kWh",
    "electrode_co2": "kg/kg",
}
HEAT_COLUMNS = (
    "number", "arrival_time", "departure_time", "arrival_temperature", "departure_temperature", "target_temperature",
    "steel_mass", "arc_energy", "heat_per_kelvin", "electrode_mass", "argon_volume", "dips", "failed_dips", "heatings",
    "lateness", "undissolved_chill",
)  # fmt: skip


def _mass_t(record: RunRecord) -> Any:
    return from_si(record.log["steel_mass"], "t")


def _per_tonne(record: RunRecord, amounts: Any) -> float:
    return float(np.sum(amounts) / np.sum(_mass_t(record)))


def equalised_energy(record: RunRecord) -> Any:
    """Return the arc energy of each heat [J] as if it had departed exactly at its target, mixed and dissolved.

    Each kelvin of deviation is priced with that heat's own rate (`heat_per_kelvin`, J/K): E - (T_set - T_target) * w,
    where T_set is the temperature once the additions still in the pool have dissolved.
    """
    heats = record.log
    return heats["arc_energy"] - departure_errors(heats) * heats["heat_per_kelvin"]


def energy_raw(record: RunRecord) -> float:
    """Return the arc energy as metered [kWh/t]."""
    return _per_tonne(record, from_si(record.log["arc_energy"], "kWh"))


def energy(record: RunRecord) -> float:
    """Return the arc energy with end-state equalised [kWh/t]."""
    return _per_tonne(record, from_si(equalised_energy(record), "kWh"))


def hit_share(record: RunRecord) -> float:
    """Return the share of heats whose settled departure temperature is within ±5 K of target [%]."""
    return float(100.0 * np.mean(np.abs(departure_errors(record.log)) <= WINDOW_K))


def departure_deviation(record: RunRecord) -> float:
    """Return the mean absolute deviation of the settled departure temperature from target [K]."""
    return float(np.mean(np.abs(departure_errors(record.log))))


def dips(record: RunRecord) -> float:
    """Return the dips per heat, failed ones included [1]."""
    return float(np.mean(record.log["dips"] + record.log["failed_dips"]))


def heatings(record: RunRecord) -> float:
    """Return the heatings per heat [1]."""
    return float(np.mean(record.log["heatings"]))


def treatment_time(record: RunRecord) -> float:
    """Return the mean time from arrival to departure [min]."""
    return float(np.mean(from_si(record.log["departure_time"] - record.log["arrival_time"], "min")))


def lateness(record: RunRecord) -> float:
    """Return the mean time by which heats left after the caster's call, early ones counted as 0 [min]."""
    return float(np.mean(from_si(np.maximum(record.log["lateness"], 0.0), "min")))


def electrode(record: RunRecord) -> float:
    """Return the electrode consumption [kg/t]."""
    return _per_tonne(record, record.log["electrode_mass"])


def argon(record: RunRecord) -> float:
    """Return the argon consumption [Nm³/t]."""
    return _per_tonne(record, record.log["argon_volume"])


def cost_parts(record: RunRecord) -> dict[str, float]:
    """Return the treatment cost [won/t] by cause; their sum is the KPI `cost_won_per_t`."""
    heats, price = record.log, record.prices
    outside = np.maximum(np.abs(departure_errors(heats)) - WINDOW_K, 0.0)
    minutes = from_si(heats["departure_time"] - heats["arrival_time"], "min")
    return {
        "electricity": _per_tonne(record, from_si(equalised_energy(record), "kWh")) * price["electricity"],
        "electrode": _per_tonne(record, heats["electrode_mass"]) * price["electrode"],
        "dip": _per_tonne(record, heats["dips"] + heats["failed_dips"]) * price["dip"],
        "argon": _per_tonne(record, heats["argon_volume"]) * price["argon"],
        "minute": _per_tonne(record, minutes) * price["minute"],
        "off_target": _per_tonne(record, outside * _mass_t(record)) * price["off_target"],
    }


def cost(record: RunRecord) -> float:
    """Return the treatment cost [won/t] at the prices of the plan."""
    return float(sum(cost_parts(record).values()))


def co2(record: RunRecord) -> float:
    """Return CO2 of electricity (scope 2, end-state equalised) and electrodes (scope 1) [kg/t]."""
    return energy(record) * record.prices["grid_co2"] + electrode(record) * record.prices["electrode_co2"]


INFINITE = float("inf")
CATALOGUE: dict[str, common.Kpi] = {
    kpi.id: kpi
    for kpi in (
        declare("energy_kwh_per_t", "kWh/t", "lower", (0, 120), energy, "Σ(E − w·(T_set − T_target)) / Σm",
             "Arc energy, end state equalised", "아크 전력량 (출강 상태 보정)",
             "Arc energy per tonne as if every heat had departed exactly at target with its additions dissolved",
             "모든 히트가 첨가물이 녹은 상태로 목표 온도에서 출발했다고 보정한 톤당 아크 전력량"),
        declare("energy_raw_kwh_per_t", "kWh/t", "lower", (0, 120), energy_raw, "ΣE / Σm",
             "Arc energy, as metered", "아크 전력량 (계량값)",
             "Arc energy per tonne as metered; a colder departure looks like a saving here",
             "계량된 톤당 아크 전력량; 낮은 온도로 출발하면 절감처럼 보임"),
        declare("hit_share", "%", "higher", (0, 100), hit_share, "100 · n(|T_set − T_target| ≤ 5 K) / n",
             "Heats within ±5 K of target", "목표 ±5 K 적중률",
             "Share of heats whose true (hidden) settled temperature at departure is within ±5 K of target",
             "출발 시 실제(숨은) 안정 온도가 목표 ±5 K 이내인 히트의 비율", digits=1),
        declare("departure_deviation_k", "K", "lower", (0, 100), departure_deviation, "Σ|T_set − T_target| / n",
             "Departure deviation", "출발 온도 편차",
             "Mean absolute deviation of the true settled departure temperature from target",
             "출발 시 실제 안정 온도와 목표의 평균 절대 편차"),
        declare("dips_per_heat", "1", "lower", (0, 30), dips, "Σ(dips + failed dips) / n",
             "Dips per heat", "히트당 측온 횟수",
             "Immersion measurements per heat, failed ones included", "실패를 포함한 히트당 침적 측온 횟수"),
        declare("heatings_per_heat", "1", "lower", (0, 30), heatings, "Σ heatings / n",
             "Heatings per heat", "히트당 승온 횟수", "Arc heatings per heat", "히트당 아크 승온 횟수"),
        declare("treatment_min", "min", "lower", (0, 300), treatment_time, "Σ(t_dep − t_arr) / n",
             "Treatment time", "처리 시간",
             "Mean time from arrival to departure of the ladle", "레이들 도착에서 출발까지의 평균 시간", digits=1),
        declare("lateness_min", "min", "lower", (0, 300), lateness, "Σ max(0, t_dep − t_call) / n",
             "Lateness to the caster", "연주 호출 대비 지연",
             "Mean delay after the caster's call", "연주기 호출 이후 평균 지연 시간"),
        declare("electrode_kg_per_t", "kg/t", "lower", (0, 5), electrode, "Σ m_electrode / Σm",
             "Electrode consumption", "전극 원단위", "Graphite electrode per tonne", "톤당 흑연 전극 소모량", digits=3),
        declare("argon_nm3_per_t", "Nm³/t", "lower", (0, 5), argon, "Σ V_argon / Σm",
             "Argon consumption", "아르곤 원단위", "Stirring gas per tonne", "톤당 교반 가스 사용량", digits=3),
        declare("cost_won_per_t", "won/t", "lower", (0, 100000), cost,
             "Σ(electricity + electrode + dips + argon + time + off-target) / Σm",
             "Treatment cost", "처리 원가",
             "Electricity (equalised), electrode, dips, argon, furnace time and off-target penalty",
             "전력(보정), 전극, 측온, 아르곤, 설비 시간, 목표 이탈 비용의 합", digits=0, audience="management"),
        declare("co2_kg_per_t", "kg/t", "lower", (0, 100), co2, "E_eq · f_grid + m_electrode · 3.65",
             "CO2, scope 1 + 2", "CO2 (스코프 1+2)",
             "Electricity by grid factor (scope 2) and electrodes (scope 1)",
             "전력 배출계수(스코프 2)와 전극(스코프 1)에 의한 배출량"),
        declare("interventions_per_heat", "1", "lower", (0, INFINITE), common.interventions,
                "Σ(refused writes + faults) / n",
             "Interventions per heat", "히트당 개입 횟수",
             "Commands refused by the board and faults of the solution, per heat",
             "보드가 거부한 명령과 솔루션 장애의 히트당 횟수", audience="engineer"),
        declare("fallback_share", "%", "lower", (0, 100), common.fallback_share,
                "100 · decisions in fallback / decisions",
             "Time in fallback", "폴백 비율",
             "Share of decisions in which the baseline had to take over", "기준 제어가 대신한 결정의 비율",
             audience="engineer", digits=1),
        declare("soft_violations_per_heat", "1", "lower", (0, INFINITE), common.soft_violations,
                "Σ soft violations / n",
             "Soft-limit violations", "품질 한계 위반", "Soft-limit (quality) violations per heat",
             "히트당 품질(소프트) 한계 위반 횟수"),
        declare("hard_violations", "1", "lower", (0, INFINITE), common.counted("hard"), "Σ hard violations",
             "Hard-limit violations", "안전 한계 위반", "Hard-limit (people, equipment) violations in the run",
             "실행 중 안전(하드) 한계 위반 횟수", digits=0),
    )
}  # fmt: skip


def evaluate(record: RunRecord) -> dict[str, float]:
    """Return every KPI of the catalogue for one run; DataError when the log is empty or lacks a column."""
    return common.evaluate(CATALOGUE, HEAT_COLUMNS, record, "heat")
