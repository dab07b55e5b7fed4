"""The recording of one bar at 500 Hz, made when it is asked for from the row of its passes. SYNTHETIC signals.

**Model** Reversing passes show on four load cells (V, H: front, rear; L, R: left, right of the barrel; the groove's
place divides the force), finishing stands on one each. Force and torque rise while the roll gap fills and fall while
it empties, carry the temperature of the bar along its length (colder ends, skid marks), roll eccentricity, an
oscillation of the drive at the bite, slow and white noise, zero drift, and the step of the converter. Pyrometers sit
on both sides of the reversing stand and before and after the finishing stands: they see the true surface plus their
offset while the bar is under them, with a lag, shaded by loose scale and blinded by water now and then; else they show
the end of their range. Left out: tension between stands, guides, what a cobble looks like (the bar just ends).
**Holds** any mill of this house; channels are named as the Freiberg recordings of 2022 are.
**Source** sizes of noise, lag, oscillation, zero drift and steps: read off eight recordings of the Freiberg mill (20
Oct 2022, MIT licence), of which this code holds no sample; rates of scale and water: assumed.
**Checked** tests/processes/bar_rolling/test_recording.py: the pass detector of the hub finds the passes again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.processes.bar_rolling.blocks import RECORD
from steelyard.processes.bar_rolling.prepare import nominal_schedule, prepare
from steelyard.processes.bar_rolling.recording_sensors import Beam, Sight, pyrometer_signal, quantised
from steelyard.units import from_si

RATE = 500.0
"""Samples per second."""

LEAD, TRAIL = 8.0, 3.0
EPOCH = np.datetime64("2000-01-01T00:00:00", "us")
"""Date of plant time 0 in recordings."""

NOISE = stream("bar_rolling.recording.noise")
PHASE = stream("bar_rolling.recording.phase")
ZERO = stream("bar_rolling.recording.zero")

FIRST_LEFT, LEFT_STEP, LEAST_LEFT = 0.77, 0.09, 0.25
FRONT = 0.465
CELLS = ("VL", "VR", "HL", "HR")
CELL_NOISE = {"VL": 0.45, "VR": 0.68, "HL": 0.16, "HR": 0.80}  # kN
CELL_STEP = {"VL": 0.0840, "VR": 0.0786, "HL": 0.0721, "HR": 0.0713}  # kN
FINISHING_NOISE, FINISHING_STEP = 0.045, 0.029  # kN
TORQUE_NOISE, TORQUE_STEP, IDLE_TORQUE = 0.055, 0.0065, (0.15, 1.1)  # kN·m; idle: forward, backward
DRIVE_NOISE, DRIVE_STEP = 0.001, 0.0004  # kN·m
ZERO_DRIFT, DRIFT_BLOCK = 0.09, 10.0

FORCE_BY_TEMPERATURE, TORQUE_BY_TEMPERATURE = -0.0026, -0.0022  # 1/K, records of 2023
END_CHILL, END_LENGTH, SKIDS = 20.0, 0.025, 2.0
ECCENTRICITY = (0.003, 0.005, 0.003)
ROUGHNESS, ROUGHNESS_TIME = 0.008, 0.05
BITE_SWING, BITE_FREQUENCY, BITE_DECAY = 0.08, 14.0, 0.08
PYROMETER_DISTANCE = 0.6
TABLE_WAY = 4.0


@dataclass(frozen=True)
class Pass:
    """One pass of the recorded bar: times [s], force [N], torque [N·m], temperatures [K] as the pyrometers would read."""

    stand: int
    group: int
    start: float
    end: float
    fill: float
    speed: float
    entry_speed: float
    radius: float
    force: float
    torque: float
    entry: float
    leaving: float


def channels(p: Any) -> tuple[str, ...]:
    """Return the names of the channels of a mill with parameters `p`, in the order of the recording."""
    groups = [int(g) for g in p["stand_group"][: int(p["stand_count"])]]
    finishing = sum(1 for g in groups if g > 0)
    duo = len(groups) - finishing
    names = [f"force_duo_{cell}_kN" for cell in CELLS] if duo else []
    names += [f"force_F{i + 1}_kN" for i in range(finishing)]
    names += ["torque_duo_kNm"] if duo else []
    names += [f"torque_F{i + 1}_kNm" for i in range(finishing)]
    places = ["roller_table", *(["duo_exit", "duo_entry"] if duo else [])]
    places += [f"before_F{i + 1}" for i in range(finishing)] + ([f"after_F{finishing}"] if finishing else [])
    return (*names, *(f"T{i + 1}_{place}_C" for i, place in enumerate(places)))


def record_bar(p: Any, bar_row: Any, seed: int) -> np.ndarray:
    """Return the recording of one bar: structured array (samples,) of `time` (datetime64[us]) and `channels` (f4).

    p: Parameters of the mill in SI, a record or a dict. bar_row: row of the bar by name, SI: number, mass, force,
    torque, entry_temperature, leaving_temperature, pass_time (middle of the pass), each per pass, and skid_difference;
    a pass of force 0 was not rolled. seed: of the plant; equal arguments give equal bytes. Units: kN, kN·m, °C.
    """
    passes = passes_of(p, bar_row)
    begin = passes[0].start if passes else float(bar_row["pass_time"][0])
    begin = float(np.floor(begin - LEAD))
    finish = max((one.end for one in passes), default=begin + LEAD) + TRAIL
    times = begin + np.arange(int((finish - begin) * RATE)) / RATE
    result = np.zeros(times.size, dtype=[("time", "datetime64[us]"), *((name, "f4") for name in channels(p))])
    result["time"] = EPOCH + np.round(times * 1e6).astype("timedelta64[us]")
    skid, number = float(bar_row["skid_difference"]), int(bar_row["number"])
    beam = Beam(int(seed), number, skid, END_CHILL, END_LENGTH, SKIDS)
    for make in (_forces, _torques, _readings):
        for name, values in make(p, passes, times, beam).items():
            result[name] = values
    return result


def passes_of(p: Any, bar_row: Any) -> list[Pass]:
    """Return the rolled passes of a bar in order of time; sections as the nominal bar has them."""
    unit = np.zeros(1, dtype=RECORD).view(np.recarray)[0]
    for name in unit["p"].dtype.names:
        unit["p"][name] = p[name]
    prepare(unit)
    nominal = nominal_schedule(unit)
    rolled = [k for k in range(int(p["stand_count"])) if bar_row["force"][k] > 0.0]
    return [_one_pass(p, bar_row, nominal, k) for k in rolled]


def _one_pass(p: Any, row: Any, nominal: np.ndarray, k: int) -> Pass:
    speed, before = float(p["velocity"][k]), max(k - 1, 0)
    duration = float(row["mass"]) / (float(p["density"]) * max(float(nominal["area"][k]), 1e-7) * speed)
    middle = float(row["pass_time"][k])
    pause = middle - float(row["pass_time"][before]) if k else float(p["usual_pause"])
    group = int(p["stand_group"][k])
    late = float(p["scale_skin_rate"]) * (pause - float(p["usual_pause"])) if group == 0 else 0.0
    slower = float(nominal["area"][k] / nominal["area"][before]) if k else 0.75
    return Pass(
        k, group, middle - 0.5 * duration, middle + 0.5 * duration, max(float(nominal["contact_time"][k]), 0.005),
        speed, speed * min(slower, 1.0), float(p["roll_radius"][k]), float(row["force"][k]), float(row["torque"][k]),
        float(row["entry_temperature"][k]) + float(p["entry_pyrometer_offset"][k]) + late,
        float(row["leaving_temperature"][k]) + float(p["exit_pyrometer_offset"][k]),
    )  # fmt: skip


def _envelope(one: Pass, times: np.ndarray) -> tuple[slice, np.ndarray, np.ndarray]:
    """Return the samples of a pass, how far the roll gap is filled, and the place along the bar in it, 0 to 1."""
    low, high = np.searchsorted(times, [one.start, one.end + one.fill])
    at = times[low:high]
    filled = np.clip(np.minimum(at - one.start, one.end + one.fill - at) / one.fill, 0.0, 1.0)
    return slice(low, high), filled, np.clip((at - one.start) / (one.end - one.start), 0.0, 1.0)


def _wave(one: Pass, along: np.ndarray, beam: Beam, slope: float) -> np.ndarray:
    """Return the factor on force or torque along the bar: temperature, eccentricity of the rolls, roughness."""
    turns = along * (one.end - one.start) * one.speed / (2.0 * np.pi * one.radius)
    wave = np.exp(slope * beam.deviation(along))
    for order, size in enumerate(ECCENTRICITY):
        phase = uniform(beam.seed, PHASE, beam.number, 8 * one.stand + order)
        wave += size * np.sin(2.0 * np.pi * ((order + 1.0) * turns + phase))
    return wave + ROUGHNESS * slow_noise(along.size, beam.seed, beam.number, 64 + one.stand, ROUGHNESS_TIME)


def _forces(p: Any, passes: list[Pass], times: np.ndarray, beam: Beam) -> dict[str, np.ndarray]:
    """Return the load cells [kN]."""
    finishing, signals, shares = _finishing(p), {}, left_shares(p)
    cells = {cell: np.zeros(times.size) for cell in CELLS}
    stands = {k: np.zeros(times.size) for k in finishing}
    for one in passes:
        part, filled, along = _envelope(one, times)
        force = from_si(one.force, "kN") * filled * _wave(one, along, beam, FORCE_BY_TEMPERATURE)
        if one.group > 0:
            stands[one.stand][part] += force
            continue
        for cell in CELLS:
            side = shares[one.stand] if cell[1] == "L" else 1.0 - shares[one.stand]
            cells[cell][part] += force * side * (FRONT if cell[0] == "V" else 1.0 - FRONT)
    if len(finishing) < int(p["stand_count"]):
        for i, cell in enumerate(CELLS):
            noise = white_noise(times.size, beam.seed, beam.number, i) * CELL_NOISE[cell]
            noise += 0.25 * slow_noise(times.size, beam.seed, beam.number, 32 + i, 1.0)
            signals[f"force_duo_{cell}_kN"] = quantised(cells[cell] + noise, CELL_STEP[cell])
    usual = {one.stand: from_si(one.force, "kN") for one in passes}
    for i, k in enumerate(finishing):
        drifted = uniform(beam.seed, ZERO, int(beam.number // DRIFT_BLOCK), 0) < 0.5
        zero = -ZERO_DRIFT * usual.get(k, 0.0) if drifted else -0.05
        noise = FINISHING_NOISE * white_noise(times.size, beam.seed, beam.number, 4 + i)
        signals[f"force_F{i + 1}_kN"] = quantised(stands[k] + zero + noise, FINISHING_STEP)
    return signals


def _torques(p: Any, passes: list[Pass], times: np.ndarray, beam: Beam) -> dict[str, np.ndarray]:
    """Return the drives [kN·m]; on the reversing stand odd passes are negative, even ones positive."""
    finishing, signals = _finishing(p), {}
    duo = np.full(times.size, IDLE_TORQUE[0])
    stands = {k: np.zeros(times.size) for k in finishing}
    for one in passes:
        part, filled, along = _envelope(one, times)
        since = along * (one.end - one.start)
        swing = np.exp(-since / BITE_DECAY) * np.sin(2.0 * np.pi * BITE_FREQUENCY * since)
        wave = _wave(one, along, beam, TORQUE_BY_TEMPERATURE) + BITE_SWING * swing
        torque = from_si(one.torque, "kN·m") * filled * wave
        if one.group > 0:
            stands[one.stand][part] += torque
            continue
        direction = -1.0 if one.stand % 2 == 0 else 1.0
        duo[times >= one.end + one.fill] = IDLE_TORQUE[1] if one.stand % 2 == 0 else IDLE_TORQUE[0]
        duo[part] = direction * torque + duo[part] * (1.0 - filled)
    if len(finishing) < int(p["stand_count"]):
        noise = TORQUE_NOISE * white_noise(times.size, beam.seed, beam.number, 24)
        noise += 0.05 * slow_noise(times.size, beam.seed, beam.number, 40, 0.5)
        signals["torque_duo_kNm"] = quantised(duo + noise, TORQUE_STEP)
    for i, k in enumerate(finishing):
        noise = DRIVE_NOISE * white_noise(times.size, beam.seed, beam.number, 48 + i)
        signals[f"torque_F{i + 1}_kNm"] = quantised(stands[k] + noise, DRIVE_STEP)
    return signals


def _readings(p: Any, passes: list[Pass], times: np.ndarray, beam: Beam) -> dict[str, np.ndarray]:
    """Return the pyrometers [°C]."""
    names = [name for name in channels(p) if name.startswith("T") and name.endswith("_C")]
    seen = {name: sights(name.split("_", 1)[1].removesuffix("_C"), passes) for name in names}
    return {name: pyrometer_signal(i, seen[name], times, beam) for i, name in enumerate(names)}


def sights(place: str, passes: list[Pass]) -> list[Sight]:
    """Return when the pyrometer at `place` sees the bar, and what it would read there."""
    duo = [one for one in passes if one.group == 0]
    train = [one for one in passes if one.group > 0]
    if place == "roller_table":
        table = [(one.start - TABLE_WAY, one.entry) for one in passes[:1]]
        return [Sight(gone - 2.0, gone, entry + 15.0, entry + 10.0, 0.0, 1.0) for gone, entry in table]
    if place in ("duo_entry", "duo_exit"):
        return _duo_sights(duo, 0 if place == "duo_entry" else 1, train[0].start - 2.0 if train else None)
    order = int(place.rsplit("_F", 1)[1]) - 1
    if order >= len(train):
        return []
    one = train[order]
    if place.startswith("after"):
        late = PYROMETER_DISTANCE / one.speed
        return [Sight(one.start + late, one.end + late, one.leaving, one.leaving, 0.0, 1.0)]
    early = 0.5
    if order:
        early = 0.5 * min(one.start - train[order - 1].start, 2.0 * PYROMETER_DISTANCE / one.entry_speed)
    return [Sight(one.start - early, one.end - early, one.entry, one.entry, 0.0, 1.0)]


def _duo_sights(duo: list[Pass], side: int, gone: float | None) -> list[Sight]:
    """Return what one pyrometer of the reversing stand sees; side 0: where odd passes enter, 1: where they leave.

    gone: when the bar is taken to the train after its last reversing pass [s].
    """
    found = []
    for i, one in enumerate(duo):
        enters = (one.stand + side) % 2 == 0
        if enters:
            came = duo[i - 1].end if i else one.start - 1.3
            way = PYROMETER_DISTANCE / one.entry_speed
            before = duo[i - 1].leaving if i else one.entry + 3.0
            found.append(Sight(came, one.start, before, one.entry, 0.5, 0.5))
            found.append(Sight(one.start, one.end - way, one.entry, one.entry, 0.0, 1.0))
        else:
            way = PYROMETER_DISTANCE / one.speed
            found.append(Sight(one.start + way, one.end, one.leaving, one.leaving, 0.0, 1.0))
            if i == len(duo) - 1:
                end = max(gone, one.end + 1.0) if gone is not None else one.end + 2.0
                found.append(Sight(one.end, end, one.leaving, one.leaving - 10.0, 0.5, 0.5))
    return found


def left_shares(p: Any) -> list[float]:
    """Return the share of the force on the left of the barrel for each reversing pass, by the place of its groove.

    Grooves lie side by side from left to right in the order of their first use; equal grooves are one groove.
    """
    known: list[tuple[float, ...]] = []
    shares = []
    for k in range(int(p["stand_count"])):
        names = ("groove_kind", "groove_depth", "groove_ground_radius", "groove_usable_width")
        groove = tuple(float(p[name][k]) for name in names)
        if groove not in known:
            known.append(groove)
        shares.append(max(FIRST_LEFT - LEFT_STEP * known.index(groove), LEAST_LEFT))
    return shares


def _finishing(p: Any) -> list[int]:
    return [k for k in range(int(p["stand_count"])) if p["stand_group"][k] > 0.0]


@kernel
def _fill_white(values, seed, entity, channel):
    for i in range(values.size):
        values[i] = normal(seed, NOISE, entity, channel * 16777216 + i)


@kernel
def _smooth(values, share):
    level, scale = 0.0, (1.0 - share * share) ** 0.5
    for i in range(values.size):
        level = share * level + scale * values[i]
        values[i] = level


def white_noise(size: int, seed: int, entity: int, channel: int) -> np.ndarray:
    """Return standard normal noise (size,) of one channel of the recording of bar `entity`."""
    values = np.empty(size)
    _fill_white(values, seed, entity, channel)
    return values


def slow_noise(size: int, seed: int, entity: int, channel: int, correlation: float) -> np.ndarray:
    """Return noise (size,) of unit standard deviation that forgets itself in `correlation` [s]."""
    values = white_noise(size, seed, entity, channel)
    _smooth(values, float(np.exp(-1.0 / (RATE * correlation))))
    return values
