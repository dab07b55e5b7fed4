"""The scripted heats of the contract check: plausible signals of a ladle furnace, synthetic and plainly so.

No plant is behind them: a fixed treatment (arrive, add, heat, dip, wait, depart) drawn as a table. They show whether a
solution keeps the contract, never how good it is.
"""

import math
from collections.abc import Iterator, Mapping

from steelyard.solutions.contract import SignalInfo

PLANT = {
    "name": "scripted ladle furnace",
    "nominal_mass_t": 100.0,
    "nominal_power_mw": 14.0,
    "textbook_k_per_mwh": 18.0,
    "textbook_k_per_min": 0.9,
    "target_temperature_c": 1593.0,
}
PREDICTED = "ladle_furnace.dip_temperature"
MEASURED = ("ladle_furnace.dip_",)  # known only after a measurement
HEAT_S = 2400.0
HEATS = 2
_HEATINGS = ((180.0, 420.0), (720.0, 900.0), (1260.0, 1380.0))  # s since arrival, arc on and off
_DIPS = (480.0, 660.0, 960.0, 1440.0, 2100.0)  # s since arrival
_ADDITIONS = (("bulk_12", 60.0, 205.0), ("bulk_14", 60.0, 150.0), ("bulk_15", 60.0, 154.0), ("wire_1", 1500.0, 90.0))


def _energy(time_s: float) -> float:
    """Return the arc energy up to `time_s` of the heat [MWh]."""
    return sum(14.0 / 3600.0 * min(max(time_s - on, 0.0), off - on) for on, off in _HEATINGS)


def _temperature(heat: int, time_s: float) -> float:
    """Return the scripted steel temperature [°C]: no model, two straight rates and a wave instead of noise."""
    return 1568.0 + 6.0 * heat + 18.0 * _energy(time_s) - 0.9 * time_s / 60.0 + 2.0 * math.sin(time_s / 97.0 + heat)


def _scripted(heat: int, time_s: float) -> dict[str, float]:
    dips = [at for at in _DIPS if at <= time_s]
    arc_on = any(on <= time_s < off for on, off in _HEATINGS)
    values = {
        "heat_number": heat + 1.0, "heat_time": time_s, "steel_mass": 101.5, "target_temperature": 1593.0,
        "time_to_departure": (HEAT_S - 120.0 - time_s) / 60.0, "arc_power": 14.0 * arc_on,
        "arc_energy": _energy(time_s), "alarm": 0.0, "argon_pressure": 4.0,
        "heating_count": float(sum(on <= time_s for on, _ in _HEATINGS)), "argon_flow": 250.0,
        "argon_volume": 0.25 * time_s / 60.0, "dip_count": float(len(dips)), "failed_dips": 0.0,
        "dip_temperature": _temperature(heat, dips[-1]) if dips else math.nan,
        "dip_age": time_s - dips[-1] if dips else math.nan, "shell_temperature": 265.0, "tank_pressure": 101.3,
        "electrode_mass": 6.0 * _energy(time_s),
    }  # fmt: skip
    named = {f"ladle_furnace.{name}": value for name, value in values.items()}
    for material, at, amount in _ADDITIONS:
        named[f"ladle_furnace.addition[{material}]"] = amount if time_s >= at else 0.0
    named["operator.planned_addition"] = sum(amount for _, at, amount in _ADDITIONS if time_s < at)
    named["operator.phase"] = 2.0 if arc_on else 4.0 if dips and time_s - dips[-1] < 30.0 else 3.0
    return named


def known_names() -> list[str]:
    """Return the names of all scripted signals."""
    slots = [*(f"bulk_{i}" for i in range(1, 16)), *(f"wire_{i}" for i in range(1, 10))]
    names = [name for name in _scripted(0, 0.0) if "[" not in name]
    return [*names, *(f"ladle_furnace.addition[{slot}]" for slot in slots)]


def _value(name: str, values: Mapping[str, float], infos: Mapping[str, SignalInfo]) -> float:
    value = values.get(name, 0.0)
    info = infos.get(name)
    return value if info is None or math.isnan(value) else min(max(value, info.low), info.high)


def rows(
    names: list[str], interval_s: float, infos: Mapping[str, SignalInfo]
) -> Iterator[tuple[float, dict[str, float], bool]]:
    """Give (time [s], signals, a dip was just made) every `interval_s` over the scripted heats, within known ranges.

    The signals are in board units; nan stands where nothing was measured yet.
    """
    step = min(max(interval_s, 1.0), 300.0)
    for heat in range(HEATS):
        dips, time_s = 0.0, 0.0
        while time_s < HEAT_S:
            values = _scripted(heat, time_s)
            count = values["ladle_furnace.dip_count"]
            yield heat * HEAT_S + time_s, {name: _value(name, values, infos) for name in names}, count > dips
            dips, time_s = count, time_s + step
