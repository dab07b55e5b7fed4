"""The instruments of a plant: what the board shows is what they read, not what is true.

Each instrument looks at one true value of the plant's record and shows it late (lag, delay, sample period), wrong
(bias, drift, gain, noise, spikes), coarse (quantisation, range), or not at all (dropout, freeze), with a quality flag
and a time stamp of its own that may lie. The state lies in the plant's record, and randomness depends on (seed,
stream, instrument, sample) only, so a copy of the record is an exact snapshot. Declared in TOML: `instrument_file`.
"""

import math
from dataclasses import dataclass

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.errors import ParameterError
from steelyard.signals import Signal

NOISE = stream("instruments.noise")
NOISE_ANGLE = stream("instruments.noise.angle")
BIAS = stream("instruments.bias")
DRIFT = stream("instruments.drift")
SPIKE = stream("instruments.spike")
SPIKE_SIGN = stream("instruments.spike.sign")
DROPOUT = stream("instruments.dropout")
FREEZE = stream("instruments.freeze")
JITTER = stream("instruments.jitter")
LIE = stream("instruments.lie")

RING = 8  # samples that a delay can reach back, less one
LIVE, LOST, FROZEN = 0.0, 1.0, 2.0
GOOD, UNCERTAIN, BAD = 0.0, 1.0, 2.0

HOT = ("due", "lag", "keep", "keep_dt", "keep_lag", "lagged", "stamp", "offset", "shown", "quality")
SETTINGS = (
    "noise", "noise_share", "bias", "bias_spread", "drift", "drift_spread", "gain", "gain_drift", "step", "low", "high",
    "period", "delay", "clock", "jitter", "dropout_rate", "dropout_length", "freeze_rate", "freeze_length",
    "spike_rate", "spike_height", "lie", "event", "sign",
)  # fmt: skip
STATE = ("samples", "seen", "spare", "sampled_at", "own_bias", "own_drift", "drifted", "gain_drifted", "mode")
INSTRUMENT = np.dtype(
    [("position", "i8"), ("number", "i8")]
    + [(name, "f8") for name in (*HOT, *SETTINGS, *STATE)]
    + [("ring", "f8", (RING,))]
)
IDEAL = {"gain": 1.0, "sign": 1.0, "low": -math.inf, "high": math.inf, "period": 0.0}
INITIAL = {
    "seen": -math.inf,
    "lagged": math.nan,
    "spare": math.nan,
    "shown": math.nan,
    "quality": BAD,
    "sampled_at": -math.inf,
}


def new_instruments(count: int) -> np.ndarray:
    """Return `count` ideal instruments that have read nothing yet, numbered 0, 1, 2 …; positions are to be set."""
    instruments = np.zeros(count, INSTRUMENT)
    instruments["number"], instruments["position"] = np.arange(count), -1
    for name, value in (IDEAL | INITIAL).items():
        instruments[name] = value
    return instruments


@kernel
def read_instruments(flat, instruments, seed, time, dt):
    """Let every instrument follow the last `dt` seconds of its true value in `flat` (SI) up to plant time `time` [s].

    `flat` is the plant's record as float64; shown (nan: nothing measured), quality (0 good, 1 uncertain, 2 bad) and
    offset (time stamp less plant time [s]) of each instrument are updated in place; position -1 is no instrument.
    An instrument of events reads each new value once; 0 means that there was none yet, and is shown as it is.
    """
    for i in range(instruments.size):
        one = instruments[i]
        if one.position < 0:
            continue
        truth = flat[one.position]
        if one.event > 0.0:
            if truth == one.seen or (math.isnan(truth) and math.isnan(one.seen)):
                one.offset = one.stamp - time
                continue
            one.seen = truth
            if truth == 0.0:
                one.shown, one.quality, one.stamp, one.offset = 0.0, GOOD, time, 0.0
                continue
        if one.lag > 0.0:
            if one.keep_dt != dt or one.keep_lag != one.lag:
                one.keep, one.keep_dt, one.keep_lag = math.exp(-dt / one.lag), dt, one.lag
            if math.isnan(one.lagged):
                one.lagged = truth
            else:
                one.lagged = truth + (one.lagged - truth) * one.keep
            truth = one.lagged
        if time + 1e-9 >= one.due:
            _sample(one, truth, seed, time, dt)
        one.offset = one.stamp - time


@kernel
def _sample(one, truth, seed, time, dt):
    """Take the sample that is due; `truth` is the lagged true value."""
    elapsed = one.period if one.period > dt else dt
    count = one.samples
    if count == 0.0:
        one.own_bias = one.bias_spread * one.sign * normal(seed, BIAS, one.number, 0)
        one.own_drift = one.drift_spread * one.sign * normal(seed, DRIFT, one.number, 0)
    else:
        one.drifted += (one.drift + one.own_drift) * (time - one.sampled_at)
        one.gain_drifted += one.gain_drift * (time - one.sampled_at)
    one.samples, one.sampled_at = count + 1.0, time
    one.due += one.period
    if one.due <= time or count == 0.0:
        one.due = time + one.period
    one.stamp = time + one.clock - one.delay
    if one.jitter > 0.0:
        one.stamp += one.jitter * one.sign * normal(seed, JITTER, one.number, count)
    if one.delay > 0.0:
        truth = _delayed(one, truth, count, elapsed)
    if one.dropout_rate > 0.0 or one.mode == LOST:
        _switch(one, seed, DROPOUT, count, LOST, one.dropout_rate * elapsed, elapsed / max(one.dropout_length, elapsed))
    if one.freeze_rate > 0.0 or one.mode == FROZEN:
        _switch(one, seed, FREEZE, count, FROZEN, one.freeze_rate * elapsed, elapsed / max(one.freeze_length, elapsed))
    if one.mode == LOST or math.isnan(truth):
        one.shown, one.quality, one.spare = math.nan, BAD, math.nan
    else:
        if one.mode == LIVE or math.isnan(one.shown):
            honest = _measure(one, truth, seed, count)
        else:
            honest = UNCERTAIN
        one.quality = honest
        if one.lie > 0.0 and uniform(seed, LIE, one.number, count) < one.lie:
            one.quality = UNCERTAIN if honest == GOOD else GOOD


@kernel
def _delayed(one, truth, count, elapsed):
    """Put the sample into the ring and return the one that is `delay` old (the oldest, before there are so many)."""
    slot = int(count)
    one.ring[slot % RING] = truth
    back = min(slot, min(RING - 1, int(np.rint(one.delay / elapsed))))
    return one.ring[(slot - back) % RING]


@kernel
def _switch(one, seed, key, count, mode, begins, ends):
    """Let the instrument enter or leave `mode` with the probabilities of a Markov chain."""
    if one.mode == mode:
        if uniform(seed, key, one.number, count) < ends:
            one.mode = LIVE
    elif one.mode == LIVE and uniform(seed, key, one.number, count) < begins:
        one.mode = mode


@kernel
def _measure(one, truth, seed, count):
    """Set what a living instrument shows for the delayed true value; return the honest quality."""
    value = truth * (one.gain + one.gain_drifted) + one.bias + one.own_bias + one.drifted
    spread = one.noise + one.noise_share * abs(value)
    if spread > 0.0:
        value += spread * one.sign * _noise(one, seed, count)
    if one.spike_rate > 0.0 and uniform(seed, SPIKE, one.number, count) < one.spike_rate:
        side = uniform(seed, SPIKE_SIGN, one.number, count) - 0.5
        value += math.copysign(one.spike_height, side * one.sign)
    honest = GOOD
    if value < one.low:
        value, honest = one.low, UNCERTAIN
    elif value > one.high:
        value, honest = one.high, UNCERTAIN
    if one.step > 0.0:
        value = one.step * np.rint(value / one.step)
    one.shown = value
    return honest


@kernel
def _noise(one, seed, count):
    """Return a standard normal number; Box–Muller gives two at a time, and the second waits for the next odd sample."""
    if count % 2.0 == 1.0 and not math.isnan(one.spare):
        number = one.spare
        one.spare = math.nan
        return number
    radius = math.sqrt(-2.0 * math.log(uniform(seed, NOISE, one.number, count)))
    angle = 2.0 * math.pi * uniform(seed, NOISE_ANGLE, one.number, count)
    one.spare = radius * math.sin(angle)
    return radius * math.cos(angle)


def recalibrate(instruments: np.ndarray, rows: np.ndarray) -> None:
    """Adjust the instruments `rows` (indices): what they have drifted so far is taken off."""
    for name in ("drifted", "gain_drifted", "own_bias"):
        instruments[name][rows] = 0.0


@dataclass(frozen=True)
class InstrumentFault:
    """A fault of some instruments: at severity 1 the settings `changes` are added to those of the rows `rows`."""

    name: str
    title: str
    rows: tuple[int, ...]
    changes: dict[str, float]


def set_fault(instruments: np.ndarray, healthy: np.ndarray, fault: InstrumentFault, severity: float) -> None:
    """Give `instruments` the fault at `severity`; 0 is exactly the settings of `healthy` (same shape, never changed).

    May be called again with another severity at any time. ParameterError when the severity is not within 0 and 1.
    """
    if not 0.0 <= severity <= 1.0:
        raise ParameterError(f"severity {severity} of {fault.name} is not within 0 and 1")
    rows = np.array(fault.rows, dtype=np.intp)
    for setting, change in fault.changes.items():
        instruments[setting][rows] = healthy[setting][rows] + severity * change


def shown_signals(signals: list[Signal], instruments: np.ndarray, base: int) -> list[Signal]:
    """Return the signals with those behind an instrument pointing at what it shows.

    `base` is the index, in the flat record, of the first float64 of the plant's field of instruments.
    """
    dtype = instruments.dtype
    fields = dtype.fields
    assert fields is not None
    first, stride = base + fields["shown"][1] // 8, dtype.itemsize // 8
    places = {int(position): first + stride * row for row, position in enumerate(instruments["position"])}
    return [
        Signal(signal.name, signal.declaration, signal.writable, places.get(signal.position, signal.position))
        for signal in signals
    ]
