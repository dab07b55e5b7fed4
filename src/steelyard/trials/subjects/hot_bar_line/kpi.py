"""The KPIs of a campaign on the hot bar line: functions of the log of bars.

All go by the truth in the log, not by what instruments showed. Amounts that pile up between two discharges (fuel,
time) count from the first bar of the window to its last, so the first bar is where the window begins.
"""

from functools import partial
from typing import Any

import numpy as np

from steelyard.trials import kpi as common
from steelyard.trials.kpi import RunRecord, declare
from steelyard.units import from_si

TOLERANCE_K = 20.0
STEEL_HEAT_CAPACITY = 650.0
"""Austenite [J/(kg·K)]. Source: assumed from the usual 600 to 680 between 900 and 1200 °C."""
MARGINAL_EFFICIENCY = 0.6
"""Share of further fuel heat that reaches steel and walls. Source: assumed, available heat of natural gas at 900 °C
flue gas and 350 to 400 °C air, 0.55 to 0.65."""
ITEMS = {
    "fuel": "won/GJ",
    "electricity": "won/kWh",
    "scale": "won/kg",
    "cobble": "won",
    "off_temperature": "won/t",
    "hour": "won/h",
    "grid_co2": "kg/kWh",
}
BAR_COLUMNS = (
    "mass", "discharge_time", "exit_temperature", "exit_difference", "target_temperature", "scale_loss",
    "decarburised_depth", "fuel_energy", "furnace_heat", "emission", "electric_energy", "pump_energy", "force",
    "expected_force", "finish_temperature", "diameter_deviation", "hardness", "cobble", "overload", "cold",
)  # fmt: skip


def exit_errors(bars: Any) -> Any:
    """Return the true mean temperature at discharge minus target of each bar [K]."""
    return bars["exit_temperature"] - bars["target_temperature"]


def _later(bars: Any, name: str) -> Any:
    """Return a column of all bars of the window but the first."""
    return bars[name][1:]


def _tonnes(bars: Any) -> float:
    return float(from_si(np.sum(_later(bars, "mass")), "t"))


def _hours(bars: Any) -> float:
    return float(from_si(bars["discharge_time"][-1] - bars["discharge_time"][0], "h"))


def equalised_fuel(bars: Any) -> float:
    """Return the fuel energy [J] of the window as if the furnace had ended as warm as it began, and no bar too cold.

    Heat that walls, gas and charge lost from the first discharge to the last, and heat that a bar lacks below its
    target, are charged at the marginal efficiency; a bar hotter than its target earns nothing.
    """
    stored = float(bars["furnace_heat"][-1] - bars["furnace_heat"][0])
    lacking = np.maximum(-exit_errors(bars)[1:], 0.0) * _later(bars, "mass") * STEEL_HEAT_CAPACITY
    return float(np.sum(_later(bars, "fuel_energy"))) + (float(np.sum(lacking)) - stored) / MARGINAL_EFFICIENCY


def fuel(record: RunRecord) -> float:
    """Return the fuel energy with end state equalised [GJ/t]."""
    return float(from_si(equalised_fuel(record.log), "GJ")) / _tonnes(record.log)


def fuel_raw(record: RunRecord) -> float:
    """Return the fuel energy as metered [GJ/t]."""
    return float(from_si(np.sum(_later(record.log, "fuel_energy")), "GJ")) / _tonnes(record.log)


def outside_share(record: RunRecord) -> float:
    """Return the share of bars whose mean temperature at discharge is more than 20 K off target [%]."""
    return float(100.0 * np.mean(np.abs(exit_errors(record.log)) > TOLERANCE_K))


def exit_deviation(record: RunRecord) -> float:
    """Return the mean absolute deviation of the temperature at discharge from target [K]."""
    return float(np.mean(np.abs(exit_errors(record.log))))


def difference_p95(record: RunRecord) -> float:
    """Return the 95th percentile of the core to surface difference at discharge [K]."""
    return float(np.quantile(record.log["exit_difference"], 0.95))


def scale_loss(record: RunRecord) -> float:
    """Return the steel lost to scale [%]."""
    return float(100.0 * np.sum(record.log["scale_loss"]) / np.sum(record.log["mass"]))


def decarburisation(record: RunRecord) -> float:
    """Return the mean depth of decarburisation at discharge [mm]."""
    return float(np.mean(from_si(record.log["decarburised_depth"], "mm")))


def throughput(record: RunRecord) -> float:
    """Return the bars per hour that were not lost in the mill [1/h]."""
    return float(np.sum(_later(record.log, "cobble") < 0.5)) / _hours(record.log)


def _good(bars: Any) -> Any:
    """Return the bars that were not lost in the mill; all when none was rolled."""
    sound = bars[bars["cobble"] < 0.5]
    return sound if len(sound) else bars


def trouble(record: RunRecord) -> float:
    """Return the cobbles and overloads per 100 bars [1]."""
    return float(100.0 * np.mean(np.maximum(record.log["cobble"], record.log["overload"])))


def cold_share(record: RunRecord) -> float:
    """Return the share of bars below the lowest rolling temperature [%]."""
    return float(100.0 * np.mean(record.log["cold"]))


def diameter(record: RunRecord) -> float:
    """Return the mean absolute deviation of the bar's diameter from nominal [mm]."""
    return float(np.mean(np.abs(from_si(_good(record.log)["diameter_deviation"], "mm"))))


def force_error(record: RunRecord) -> float:
    """Return the mean error of the force for which the gaps were set, over all passes [%]."""
    bars = _good(record.log)
    rolled = (bars["force"] > 0.0) & (bars["expected_force"] > 0.0)
    if not rolled.any():
        return 0.0
    return float(100.0 * np.mean(np.abs(bars["expected_force"][rolled] / bars["force"][rolled] - 1.0)))


def finish_spread(record: RunRecord) -> float:
    """Return the standard deviation of the temperature after the last pass [K]."""
    return float(np.std(_good(record.log)["finish_temperature"]))


def hardness_spread(record: RunRecord) -> float:
    """Return the standard deviation of the hardness of the cooled bars within their grade [HV]."""
    bars = _good(record.log)
    grades = bars["grade"]
    within = [bars["hardness"][grades == grade] for grade in np.unique(grades)]
    return float(np.sqrt(np.mean(np.concatenate([(group - group.mean()) ** 2 for group in within]))))


def electricity(record: RunRecord) -> float:
    """Return the electric energy of mill drives and descaling pumps [kWh/t]."""
    used = record.log["electric_energy"] + record.log["pump_energy"]
    return float(from_si(np.sum(used), "kWh") / from_si(np.sum(record.log["mass"]), "t"))


def cost_parts(record: RunRecord) -> dict[str, float]:
    """Return the cost [won/t] by cause; their sum is the KPI `cost_won_per_t`."""
    bars, price = record.log, record.prices
    tonnes = float(from_si(np.sum(bars["mass"]), "t"))
    outside = np.maximum(np.abs(exit_errors(bars)) - TOLERANCE_K, 0.0)
    return {
        "fuel": fuel(record) * price["fuel"],
        "electricity": electricity(record) * price["electricity"],
        "scale": float(np.sum(bars["scale_loss"])) / tonnes * price["scale"],
        "cobble": float(np.sum(bars["cobble"])) / tonnes * price["cobble"],
        "off_temperature": float(np.sum(outside * bars["mass"]) / np.sum(bars["mass"])) * price["off_temperature"],
        "hour": _hours(bars) / _tonnes(bars) * price["hour"],
    }


def cost(record: RunRecord) -> float:
    """Return the cost of heating and rolling [won/t] at the prices of the plan."""
    return float(sum(cost_parts(record).values()))


def co2(record: RunRecord) -> float:
    """Return CO2 of the fuel (scope 1, end state equalised) and of the electricity (scope 2) [kg/t]."""
    burnt = float(np.sum(_later(record.log, "fuel_energy")))
    per_joule = float(np.sum(_later(record.log, "emission"))) / burnt if burnt > 0.0 else 0.0
    fuel_part = equalised_fuel(record.log) * per_joule / _tonnes(record.log)
    return fuel_part + electricity(record) * record.prices["grid_co2"]


INFINITE = float("inf")
_quality = partial(declare, audience="operator, engineer")
_count = partial(declare, audience="engineer")
OF_THE_LOG = (
    declare("fuel_gj_per_t", "GJ/t", "lower", (0, 20), fuel, "(ΣE + (Σ m·c·max(0, T_target − T) − ΔH)/0.6) / Σm",
            "Fuel energy, end state equalised", "연료 원단위 (종료 상태 보정)",
            "Fuel energy per tonne as if walls and charge had ended as warm as they began and no bar were below target",
            "노벽과 장입재가 시작 때와 같은 열량으로 끝나고 목표 미달 강편이 없다고 보정한 톤당 연료 에너지", digits=3),
    declare("fuel_raw_gj_per_t", "GJ/t", "lower", (0, 20), fuel_raw, "ΣE / Σm",
            "Fuel energy, as metered", "연료 원단위 (계량값)",
            "Fuel energy per tonne as metered; a furnace left cold looks like a saving here",
            "계량된 톤당 연료 에너지; 노를 식혀 두면 절감처럼 보임", digits=3),
    _quality("exit_outside_share", "%", "lower", (0, 100), outside_share, "100 · n(|T − T_target| > 20 K) / n",
             "Bars outside ±20 K at discharge", "추출 온도 ±20 K 이탈률",
             "Share of bars whose true mean temperature at discharge is more than 20 K off target",
             "추출 시 실제 평균 온도가 목표에서 20 K 넘게 벗어난 강편의 비율", digits=1),
    _quality("exit_deviation_k", "K", "lower", (0, 300), exit_deviation, "Σ|T − T_target| / n",
             "Deviation at discharge", "추출 온도 편차", "Mean absolute deviation from target",
             "목표와의 평균 절대 편차"),
    _quality("difference_p95_k", "K", "lower", (0, 500), difference_p95, "q95(|T_core − T_surface|)",
             "Core to surface, 95th percentile", "심부·표면 온도차 95백분위",
             "95th percentile of the core to surface difference at discharge", "추출 시 심부·표면 온도차의 95백분위수"),
    _quality("scale_loss_percent", "%", "lower", (0, 20), scale_loss, "100 · Σm_scale / Σm",
             "Scale loss", "스케일 손실", "Steel lost to scale in the furnace",
             "가열로 내 스케일로 잃은 강재", digits=3),
    _quality("decarburisation_mm", "mm", "lower", (0, 5), decarburisation, "Σd / n",
             "Decarburised depth", "탈탄 깊이", "Mean depth of decarburisation at discharge", "추출 시 평균 탈탄 깊이",
             digits=3),
    declare("throughput_per_h", "1/h", "higher", (0, 500), throughput, "(n − 1 − cobbles) / (t_last − t_first)",
            "Throughput", "시간당 생산", "Bars per hour that were not lost in the mill",
            "압연 사고 없이 생산된 시간당 봉 수", digits=1),
    declare("trouble_per_100", "1", "lower", (0, 100), trouble, "100 · n(cobble or overload) / n",
            "Cobbles and overloads per 100 bars", "봉 100개당 압연 사고·과부하",
            "Bars lost in the mill or rolled with an overload", "압연 중 손실되거나 과부하로 압연된 봉"),
    _quality("cold_share", "%", "lower", (0, 100), cold_share, "100 · n(cold) / n",
             "Bars rolled too cold", "저온 압연 비율",
             "Share of bars below the lowest rolling temperature", "최저 압연 온도 미만 봉의 비율", digits=1),
    _quality("diameter_mm", "mm", "lower", (0, 5), diameter, "Σ|d − d_nominal| / n",
             "Diameter deviation", "지름 편차", "Mean absolute deviation of the diameter from nominal",
             "공칭 지름과의 평균 절대 편차", digits=4),
    _quality("force_error_percent", "%", "lower", (0, 200), force_error, "100 · Σ|F_expected / F − 1| / n",
             "Error of the set-up force", "설정 하중 오차", "Mean error of the force for which the gaps were set",
             "롤 갭 설정에 사용된 하중의 평균 오차"),
    _quality("finish_spread_k", "K", "lower", (0, 200), finish_spread, "sd(T_finish)",
             "Spread of the finishing temperature", "마무리 온도 산포",
             "Standard deviation of the surface temperature after the last pass",
             "마지막 패스 후 표면 온도의 표준편차"),
    _quality("hardness_spread_hv", "HV", "lower", (0, 300), hardness_spread, "sd(HV within grade)",
             "Spread of hardness", "경도 산포", "Standard deviation of the hardness within a grade",
             "동일 강종 내 경도의 표준편차"),
    declare("electricity_kwh_per_t", "kWh/t", "lower", (0, 500), electricity, "Σ(E_drives + E_pumps) / Σm",
            "Electric energy", "전력 원단위", "Mill drives and descaling pumps",
            "압연 구동과 디스케일링 펌프", digits=1),
)  # fmt: skip
CATALOGUE: dict[str, common.Kpi] = {
    one.id: one
    for one in (
        *OF_THE_LOG,
        declare("cost_won_per_t", "won/t", "lower", (0, 1e7), cost,
                "Σ(fuel + electricity + scale + cobbles + off-temperature + time) / Σm",
                "Cost of heating and rolling", "가열·압연 원가",
                "Fuel (equalised), electricity, scale, cobbles, off-temperature penalty and line time",
                "연료(보정), 전력, 스케일, 압연 사고, 온도 이탈, 라인 시간 비용의 합", digits=0, audience="management"),
        declare("co2_kg_per_t", "kg/t", "lower", (0, 2000), co2, "m_CO2 · E_eq / E + E_el · f_grid",
                "CO2, scope 1 + 2", "CO2 (스코프 1+2)",
                "Fuel as burnt (scope 1, equalised) and electricity by grid factor (scope 2)",
                "연료 연소(스코프 1, 보정)와 전력 배출계수(스코프 2)에 의한 배출량", digits=1),
        _count("interventions_per_bar", "1", "lower", (0, INFINITE), common.interventions,
               "Σ(refused writes + faults) / n", "Interventions per bar", "봉당 개입 횟수",
               "Commands refused by the board and faults of the solution, per bar",
               "보드가 거부한 명령과 솔루션 장애의 봉당 횟수"),
        _count("fallback_share", "%", "lower", (0, 100), common.fallback_share,
               "100 · decisions in fallback / decisions", "Time in fallback", "폴백 비율",
               "Share of decisions in which the baseline had to take over", "기준 제어가 대신한 결정의 비율", digits=1),
        _quality("soft_violations_per_bar", "1", "lower", (0, INFINITE), common.soft_violations,
                 "Σ soft violations / n", "Soft-limit violations", "품질 한계 위반",
                 "Soft-limit (quality) violations per bar", "봉당 품질(소프트) 한계 위반 횟수"),
        declare("hard_violations", "1", "lower", (0, INFINITE), common.counted("hard"), "Σ hard violations",
                "Hard-limit violations", "안전 한계 위반", "Hard-limit (people, equipment) violations in the run",
                "실행 중 안전(하드) 한계 위반 횟수", digits=0),
    )
}  # fmt: skip


def evaluate(record: RunRecord) -> dict[str, float]:
    """Return every KPI of the catalogue for one run; DataError when the log is too short or lacks a column."""
    return common.evaluate(CATALOGUE, BAR_COLUMNS, record, "bar", least=2)


def figures_of(bars: np.ndarray) -> list[dict[str, Any]]:
    """Return the KPIs that need nothing but the log: id, name, unit, value (None below two bars), digits."""
    record = RunRecord(bars, {})
    return [
        {"id": one.id, "name": one.name, "unit": one.unit, "digits": one.digits,
         "value": one.value(record) if len(bars) > 1 else None}
        for one in OF_THE_LOG
    ]  # fmt: skip
