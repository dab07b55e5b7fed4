"""The scripted shift of the contract check for the hot bar line: plausible signals, synthetic and plainly so.

No plant is behind them: billets pass a furnace at a fixed pace, with one announced delay, drawn as a table. They show
whether a solution keeps the contract, never how good it is.
"""

import math
from collections.abc import Iterator, Mapping

from steelyard.solutions.contract import SignalInfo

PLANT = {
    "name": "scripted hot bar line",
    "process": "hot_bar_line",
    "target_temperature_c": 1180.0,
    "billet_thickness_mm": 50.0,
    "billet_length_m": 0.7,
    "pace_s": 120.0,
    "slot_zone": [1 + i * 4 // 30 for i in range(30)],
    "zone_power_kw": [60.0] * 8,
    "level2_setpoint_c": [980.0, 1120.0, 1220.0, 1210.0] * 2,
    "setpoint_high_c": [1320.0] * 8,
}
PREDICTED = "bar_rolling.roll_force"
MEASURED = (PREDICTED, "bar_rolling.roll_torque", "bar_rolling.exit_temperature")  # known only after a pass
SHIFT_S = 7200.0
PACE_S, PASSES, PASS_S = 120.0, 14, 5.0
_DELAY = (3600.0, 900.0)  # s since start, s
_SLOTS = 30
ZONES = tuple(f"{side}_{i}" for side in ("top", "bottom") for i in (1, 2, 3, 4))
_SETPOINT = (980.0, 1120.0, 1220.0, 1210.0)
_STANDS = tuple(f"pass_{i}" for i in range(1, 17))


def _running(time_s: float) -> float:
    """Return the seconds up to `time_s` in which bars were rolled."""
    start, length = _DELAY
    return time_s - min(max(time_s - start, 0.0), length)


def _furnace(time_s: float) -> dict[str, float]:
    load = 0.55 + 0.2 * math.sin(time_s / 900.0)
    named = {
        "flue_oxygen": 2.0 + 0.3 * math.sin(time_s / 61.0), "furnace_pressure": 5.0, "flue_temperature": 780.0,
        "air_temperature": 340.0, "fuel_energy": 2e-4 * time_s,
        "exit_pyrometer": math.nan if time_s < PACE_S else 1175.0 + 6.0 * math.sin(_running(time_s) // PACE_S),
    }  # fmt: skip
    for i, zone in enumerate(ZONES):
        setpoint = _SETPOINT[i % 4]
        named[f"zone_setpoint[{zone}]"] = setpoint
        named[f"zone_temperature[{zone}]"] = setpoint + 4.0 * math.sin(time_s / 131.0 + i)
        named[f"valve_position[{zone}]"] = 100.0 * load
        named[f"fuel_flow[{zone}]"] = 6.0 * load
        named[f"air_flow[{zone}]"] = 62.0 * load
    return {f"reheating_furnace.{name}": value for name, value in named.items()}


def _slots(time_s: float) -> dict[str, float]:
    """Return the slots of the furnace: 0 is the charge end, the last slot leaves next."""
    start, length = _DELAY
    rolled = _running(time_s) // PACE_S
    delay = length - (time_s - start) if start <= time_s < start + length else 0.0
    named = {"line.delay_remaining": delay / 60.0, "line.pace": PACE_S, "line.bars_rolled": rolled}
    for i in range(_SLOTS):
        to_go = (_SLOTS - i) * PACE_S - _running(time_s) % PACE_S + delay
        values = {
            "number": rolled + _SLOTS - i, "charge_temperature": 20.0, "time": (i * PACE_S + time_s % PACE_S) / 60.0,
            "remaining_time": to_go / 60.0, "thickness": 50.0, "target": 1180.0,
        }  # fmt: skip
        named.update({f"reheating_furnace.slot_{name}[{i}]": value for name, value in values.items()})
    return named


def _mill(time_s: float) -> dict[str, float]:
    """Return the mill's signals: `pass_number` is the last pass of the bar that was done; its values stay."""
    running = _running(time_s)
    bar, since = running // PACE_S + 1.0, running % PACE_S
    number = min(since // PASS_S, float(PASSES))
    done = number > 0.0
    entry = 1120.0 - 12.0 * number + 5.0 * math.sin(bar)
    force = 60.0 + 4.0 * number - 0.1 * (entry - 1000.0)
    named = {
        "bar_number": bar, "pass_number": number, "grade": 0.0, "entry_temperature": entry,
        "exit_temperature": entry - 8.0 if done else math.nan, "roll_force": force if done else math.nan,
        "roll_torque": 0.02 * force if done else math.nan, "diameter": 8.0,
    }  # fmt: skip
    named.update({f"setup_force[{stand}]": 80.0 for stand in _STANDS})
    return {f"bar_rolling.{name}": value for name, value in named.items()}


def _scripted(time_s: float) -> dict[str, float]:
    return {**_furnace(time_s), **_slots(time_s), **_mill(time_s)}


def known_names() -> list[str]:
    """Return the names of all scripted signals."""
    return list(_scripted(0.0))


def rows(
    names: list[str], interval_s: float, infos: Mapping[str, SignalInfo]
) -> Iterator[tuple[float, dict[str, float], bool]]:
    """Give (time [s], signals, a pass has just ended) every `interval_s` of the shift, within known ranges."""
    step = min(max(interval_s, 1.0), 300.0)
    passes, time_s = 0.0, 0.0
    while time_s < SHIFT_S:
        values = _scripted(time_s)
        now = values["bar_rolling.pass_number"]
        shown = {name: _within(values.get(name, 0.0), infos.get(name)) for name in names}
        yield time_s, shown, now not in (0.0, passes)
        passes, time_s = now, time_s + step


def _within(value: float, info: SignalInfo | None) -> float:
    return value if info is None or math.isnan(value) else min(max(value, info.low), info.high)
