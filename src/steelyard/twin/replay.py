"""The kernel of the ladle furnace run over recorded heats: what the physics says each dip should have read.

**Model** every heat starts at the mean arrival temperature with the lining of `hot_face`; recorded heatings, additions
and times are played through `furnace_step` in steps aligned with the events; at each dip the temperature of the upper
bath is read. Differences of two replays are the sensitivities of the calibration.
**Left out** argon (records give no times: the practice's flow is used), lid and transfers.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.processes.ladle_furnace.model import RECORD, Parameters, furnace_step, place_ladle
from steelyard.twin.records import Heats, wait_before
from steelyard.units import to_si

STEP = 15.0
USUAL_WAIT = 12.0
COLDEST_LINING = to_si(400.0, "°C")


@dataclass(frozen=True)
class Script:
    """The events of all heats as segments: duration [s] and arc power [W] of each, what is fed at its begin (a range
    of feeds), and the dip read at its end (-1: none). `offset` (n+1,) are the segments of each heat."""

    offset: np.ndarray
    duration: np.ndarray
    power: np.ndarray
    dip: np.ndarray
    feed_offset: np.ndarray
    feed_slot: np.ndarray
    feed_mass: np.ndarray


def script_of(heats: Heats) -> Script:
    """Cut every heat at its events into segments of constant arc power."""
    duration: list[float] = []
    power: list[float] = []
    dip: list[int] = []
    feeds: list[int] = [0]
    slot: list[int] = []
    mass: list[float] = []
    offset = [0]
    for h in range(len(heats)):
        for time, watt, reading, added in _segments(heats, h):
            duration.append(time)
            power.append(watt)
            dip.append(reading)
            for j in added:
                slot.append(int(heats.addition_slot[j]))
                mass.append(float(heats.addition_mass[j]))
            feeds.append(len(slot))
        offset.append(len(duration))
    return Script(
        np.array(offset), np.array(duration), np.array(power), np.array(dip, dtype=np.int64),
        np.array(feeds), np.array(slot, dtype=np.int64), np.array(mass),
    )  # fmt: skip


def _segments(heats: Heats, h: int) -> list[tuple[float, float, int, list[int]]]:
    """Return (duration, power, dip at the end, additions at the begin) of the segments of heat h."""
    arcs = range(heats.heating_offset[h], heats.heating_offset[h + 1])
    events: list[tuple[float, int, int]] = []
    for j in arcs:
        events += [(float(heats.heating_begin[j]), 2, j), (float(heats.heating_end[j]), 1, j)]
    for j in range(heats.addition_offset[h], heats.addition_offset[h + 1]):
        events.append((max(float(heats.addition_time[j]), 0.0), 3, j))
    for j in range(heats.dip_offset[h], heats.dip_offset[h + 1]):
        events.append((float(heats.dip_time[j]), 0, j))
    events.sort()
    now, watt, found = 0.0, 0.0, []
    added: list[int] = []
    for time, what, j in events:
        if time > now or what == 0:
            found.append((time - now, max(watt, 0.0), j if what == 0 else -1, added))
            added, now = [], time
        if what == 3:
            added.append(j)
        elif what:
            rate = float(heats.heating_energy[j]) / max(float(heats.heating_end[j] - heats.heating_begin[j]), 1.0)
            watt = watt + rate if what == 2 else (watt - rate if watt > 1.001 * rate else 0.0)
    return found


@kernel
def _play(first, last, script, feeds, template, scratch, unit, start, out, dt):
    """Play heats first … last-1; `start` (n, 4) holds arrival temperature, mass, slag mass, hot face of each."""
    offset, duration, power, dip = script
    feed_offset, feed_slot, feed_mass = feeds
    for h in range(first, last):
        scratch[:] = template
        place_ladle(unit[0], start[h, 0], start[h, 1], start[h, 2], start[h, 3], 1.0)
        for s in range(offset[h], offset[h + 1]):
            for f in range(feed_offset[s], feed_offset[s + 1]):
                unit[0].u.feed[feed_slot[f]] += feed_mass[f]
            steps = math.ceil(duration[s] / dt)
            unit[0].u.arc_power_setpoint = power[s]
            for _ in range(steps):
                furnace_step(unit[0], 0.0, 0.0, 1.0, duration[s] / steps)
            if dip[s] >= 0:
                out[dip[s]] = unit[0].x.steel_temperature + unit[0].x.stratification + unit[0].p.dip_bias


@kernel
def _still_unmixed(unit, seconds, dt):
    """Return how unmixed (1 on arrival) the ladle in the station is after `seconds` without arc."""
    for _ in range(math.ceil(seconds / dt)):
        furnace_step(unit, 0.0, 0.0, 1.0, dt)
    return unit.x.unmixed


def template_of(furnace: dict[str, Any], arrival: dict[str, Any], argon_flow: float) -> np.ndarray:
    """Return a furnace record, shape (1,), with these SI parameters, the analysis of an arriving ladle and argon on."""
    unit = np.zeros(1, RECORD)
    fill(unit["p"][0], Parameters, furnace)
    x, u, y = unit["x"][0], unit["u"][0], unit["y"][0]
    for name in ("carbon", "silicon", "manganese", "aluminium", "oxygen", "sulphur", "hydrogen", "nitrogen"):
        x[name] = arrival[name]
    u["lid_closed"], u["argon_flow_setpoint"] = 1.0, argon_flow
    u["tank_pressure_setpoint"] = y["tank_pressure"] = to_si(1.0, "atm")
    x["dip_pending"] = -1.0
    return unit


def start_of(heats: Heats, arrival: dict[str, Any], lining_wait: float) -> np.ndarray:
    """Return the start of each heat, shape (n, 4): temperature [K], steel [kg], slag [kg], hot face [K].

    `lining_wait` is how much hotter [K] the lining is per natural logarithm of the idle minutes before the heat.
    """
    start = np.empty((len(heats), 4))
    start[:, 0], start[:, 1] = arrival["temperature"], arrival["mass"]
    start[:, 2] = arrival["slag"] * arrival["mass"]
    hot_face = arrival["hot_face"] + lining_wait * np.log(wait_before(heats) / USUAL_WAIT)
    start[:, 3] = np.clip(hot_face, COLDEST_LINING, arrival["temperature"])
    return start


def play(
    script: Script, unit: np.ndarray, start: np.ndarray, dips: int, threads: int = 2, dt: float = STEP,
    only: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Return what the furnace `unit` (a template record) shows at each dip [K], shape (dips,).

    `only` are the indices of the heats to play (the rest stays nan). The bytes do not depend on `threads`.
    """
    out = np.full(dips, np.nan)
    chosen = np.arange(len(start)) if only is None else only
    runs = _runs(chosen, 4 * threads)

    def work(pieces: list[tuple[int, int]]) -> None:
        own = unit.copy()
        for lo, hi in pieces:
            _play(lo, hi, *_arguments(script), unit.view(np.uint8), own.view(np.uint8), own, start, out, dt)

    if threads <= 1:
        for pieces in runs:
            work(pieces)
        return out
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, runs))
    return out


def play_into(
    script: Script, template: np.ndarray, unit: np.ndarray, start: np.ndarray, h: int, out: np.ndarray
) -> None:
    """Play heat h alone; `unit`, shape (1,), then holds the furnace at its end and `out`, (dips,), the readings [K]."""
    _play(h, h + 1, *_arguments(script), template.view(np.uint8), unit.view(np.uint8), unit, start, out, STEP)


def unmixed_after(unit: np.ndarray, start: np.ndarray, seconds: float) -> float:
    """Return how unmixed the template furnace `unit` is `seconds` after a ladle came with `start`, shape (4,)."""
    own = unit.copy()
    place_ladle(own[0], start[0], start[1], start[2], start[3], 1.0)
    return float(_still_unmixed(own[0], seconds, STEP))


def _arguments(script: Script) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    return (
        (script.offset, script.duration, script.power, script.dip),
        (script.feed_offset, script.feed_slot, script.feed_mass),
    )


def _runs(chosen: np.ndarray, parts: int) -> list[list[tuple[int, int]]]:
    """Cut sorted heat indices into parts, each a list of consecutive ranges."""
    found = []
    for part in np.array_split(chosen, max(parts, 1)):
        if len(part):
            cuts = np.flatnonzero(np.diff(part) != 1) + 1
            found.append([(int(piece[0]), int(piece[-1]) + 1) for piece in np.split(part, cuts)])
    return found
