"""How the crew works and how ladles arrive, fitted to the records: plain medians, spreads and one regression.

Every number lands in the blocks `Practice` and `Arrival`; what the records do not say keeps its shipped value.
"""

from typing import Any

import numpy as np

from steelyard.processes.ladle_furnace.arrival import Arrival
from steelyard.processes.ladle_furnace.control import Practice
from steelyard.twin.adjustable import inside
from steelyard.twin.records import Heats, energy_before
from steelyard.units import to_si

MEGAWATT_HOUR = to_si(1.0, "MWh")
HOT_GRADE = 15.0
ROBUST = 1.4826


def fit_practice(heats: Heats, shipped: dict[str, Any], target: float) -> dict[str, Any]:
    """Return the SI values of the block `Practice`; `target` [K] is the usual target of the records."""
    found = dict(shipped)
    found |= _heatings(heats) | _delays(heats) | _recipe(heats, shipped) | _reckoning(heats, target)
    found |= _rule(heats, found, target)
    last = heats.dip_temperature[heats.last_dip]
    found["tolerance"] = ROBUST * float(np.median(np.abs(last - np.median(last))))
    return {name: _held(name, value, Practice) for name, value in found.items()}


def fit_arrival(
    heats: Heats, shipped: dict[str, Any], practice: dict[str, Any], deviation: np.ndarray
) -> dict[str, Any]:
    """Return the SI values of the block `Arrival` but temperature and lining, which the calibration estimates.

    `deviation` (n,) [K] is the filtered deviation of each heat at its first dip, from which the memory is taken.
    """
    last = heats.dip_temperature[heats.last_dip]
    usual = float(np.median(last))
    hot = last > usual + HOT_GRADE
    span = heats.dip_time[heats.last_dip]
    wait = heats.start[1:] - np.maximum.accumulate(heats.end)[:-1] - practice["prepare_delay"]
    wait = wait[(wait > 60.0) & (wait < 4 * 3600.0)]
    centred = deviation - np.median(deviation)
    found = dict(shipped)
    found["window"] = float(np.median(span)) + practice["prepare_delay"] + practice["last_dip_lead"]
    found["window_spread"] = _log_spread(span[span > 0.0])
    if len(wait) > 10:
        found["gap"], found["gap_spread"] = float(np.median(wait)), _log_spread(wait)
    found["target"], found["hot_grade_share"] = float(np.median(last[~hot])), float(hot.mean())
    if hot.sum() > 10:
        found["hot_grade_rise"] = float(np.median(last[hot]) - np.median(last[~hot]))
    if len(centred) > 20:
        found["temperature_memory"] = max(float(np.corrcoef(centred[1:], centred[:-1])[0, 1]), 0.0)
    return {name: _held(name, value, Arrival) for name, value in found.items()}


def usual_target(heats: Heats) -> float:
    """Return the target [K] that most heats were steered to: the median of the last dips."""
    return float(np.median(heats.dip_temperature[heats.last_dip]))


def _held(name: str, value: Any, block: type) -> Any:
    if isinstance(value, list):
        return [inside(name, float(v), block) for v in value]
    return inside(name, float(value), block)


def _log_spread(values: np.ndarray) -> float:
    return float(np.subtract(*np.percentile(np.log(values), [75, 25])) / 1.349)


def _heatings(heats: Heats) -> dict[str, Any]:
    energy = heats.heating_energy
    first = energy[heats.heating_offset[:-1]]
    return {
        "first_energy": float(np.median(first)), "first_energy_spread": _log_spread(first[first > 0.0]),
        "shortest_heating": float(np.percentile(energy, 5)), "longest_heating": float(np.percentile(energy, 95)),
    }  # fmt: skip


def _delays(heats: Heats) -> dict[str, Any]:
    """Return the medians of dip → heating, heating → dip and dip → dip without a heating between [s]."""
    decide, dip, hold = [], [], []
    for h in range(len(heats)):
        dips = heats.dip_time[heats.dip_offset[h] : heats.dip_offset[h + 1]]
        arcs = slice(heats.heating_offset[h], heats.heating_offset[h + 1])
        begin, end = heats.heating_begin[arcs], heats.heating_end[arcs]
        for i, time in enumerate(dips):
            later, before = begin[begin >= time], end[end <= time]
            following = dips[i + 1] if i + 1 < len(dips) else np.inf
            if len(later) and later[0] <= following:
                decide.append(later[0] - time)
            elif np.isfinite(following) and following - time > 90.0:
                hold.append(following - time)
            if len(before) and (i == 0 or before[-1] > dips[i - 1]):
                dip.append(time - before[-1])
    found: dict[str, Any] = {}
    if decide and dip:
        found |= {"decide_delay": float(np.median(decide)), "dip_delay": float(np.median(dip))}
        found["delay_spread"] = _log_spread(np.maximum(np.array(dip), 5.0))
    if len(hold) > 10:
        found["hold_interval"] = float(np.median(hold))
    return found


def _recipe(heats: Heats, shipped: dict[str, Any]) -> dict[str, Any]:
    """Return share, median mass, its spread and median time of each material."""
    share, mass = [0.0] * len(heats.labels), list(shipped["recipe_mass"])
    spread, time = list(shipped["recipe_mass_spread"]), list(shipped["recipe_time"])
    heat = np.repeat(np.arange(len(heats)), np.diff(heats.addition_offset))
    for i in range(len(heats.labels)):
        rows = heats.addition_slot == i
        share[i] = len(np.unique(heat[rows])) / len(heats)
        if rows.sum() > 10:
            mass[i] = float(np.median(heats.addition_mass[rows]))
            spread[i] = _log_spread(np.maximum(heats.addition_mass[rows], 1e-3))
            time[i] = max(float(np.median(heats.addition_time[rows])), 0.0) + float(shipped["prepare_delay"])
    return {"recipe_share": share, "recipe_mass": mass, "recipe_mass_spread": spread, "recipe_time": time}


def _decisions(heats: Heats) -> np.ndarray:
    """Return one row per dip but the first that a heating follows: dip [K], last dip [K], energy of that heating [J],
    all energy still to come [J], bulk still to come [kg], time to the last dip [s]."""
    rows = []
    energy = energy_before(heats)
    for h in range(len(heats)):
        a, b = heats.dip_offset[h], heats.dip_offset[h + 1]
        arcs = slice(heats.heating_offset[h], heats.heating_offset[h + 1])
        adds = slice(heats.addition_offset[h], heats.addition_offset[h + 1])
        bulk = heats.addition_slot[adds] < 15
        for j in range(a + 1, b - 1):
            time = heats.dip_time[j]
            later = np.flatnonzero(
                (heats.heating_begin[arcs] >= time) & (heats.heating_begin[arcs] < heats.dip_time[j + 1])
            )
            if len(later):
                pending = heats.addition_mass[adds][bulk & (heats.addition_time[adds] > time)].sum()
                rows.append(
                    (heats.dip_temperature[j], heats.dip_temperature[b - 1], heats.heating_energy[arcs][later[0]],
                     energy[b - 1] - energy[j], pending, heats.dip_time[b - 1] - time)
                )  # fmt: skip
    return np.array(rows).reshape(-1, 6)


def _reckoning(heats: Heats, target: float) -> dict[str, Any]:
    """Return the rates that the crew's energies imply: energy to come = (rise + loss·time + chill·bulk)/rate."""
    rows = _decisions(heats)
    rows = rows[rows[:, 0] < target + 10.0]
    if len(rows) < 50:
        return {}
    matrix = np.stack([np.ones(len(rows)), rows[:, 1] - rows[:, 0], rows[:, 4], rows[:, 5]], axis=1)
    _, rise, bulk, time = np.linalg.lstsq(matrix, rows[:, 3], rcond=None)[0]
    if rise <= 0.0:
        return {}
    rate = 1.0 / rise
    return {"assumed_rate": rate, "assumed_loss": max(time, 0.0) * rate, "assumed_chill": max(bulk, 0.0) * rate}


def _rule(heats: Heats, known: dict[str, Any], target: float) -> dict[str, Any]:
    """Return offset, share and scatter of the next heating over the energy that the crew reckons missing."""
    rows = _decisions(heats)
    rows = rows[(rows[:, 0] < target + 10.0) & (np.abs(rows[:, 1] - target) < HOT_GRADE)]
    if len(rows) < 50:
        return {}
    ahead = np.minimum(rows[:, 5], known["horizon"])
    missing = target - rows[:, 0] + known["assumed_loss"] * ahead + known["assumed_chill"] * rows[:, 4]
    missing = np.maximum(missing / known["assumed_rate"], 0.0)
    matrix = np.stack([np.ones(len(rows)), missing], axis=1)
    offset, share = np.linalg.lstsq(matrix, rows[:, 2], rcond=None)[0]
    scatter = ROBUST * float(np.median(np.abs(rows[:, 2] - matrix @ np.array([offset, share]))))
    return {"heating_offset": offset, "heating_share": max(share, 0.0), "heating_scatter": scatter}
