"""The pyrometers of a recording: what they see of a bar, their lag, their range, scale and water in their way.

**Source** lag, range, noise and step: read off the Freiberg recordings of 20 Oct 2022 (MIT licence); scale and water:
assumed rates.
"""

from dataclasses import dataclass
from math import exp, log

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.units import from_si

SHADE = stream("bar_rolling.recording.shade")
WATER = stream("bar_rolling.recording.water")
READING = stream("bar_rolling.recording.reading")

LAG_UP, LAG_DOWN = 0.05, 0.012  # s
READING_NOISE = 0.06  # K
RANGES = ((670.0, 0.0910), (600.0, 0.0860))  # °C: end of the range, step of the converter
SHADE_GAP, SHADE_DEPTH, SHADE_TIME = 2.5, 20.0, 0.10  # s, K, s: means of exponential distributions
WATER_GAP, WATER_TIME = 25.0, 0.12  # s, s
MOST_EVENTS = 400


@dataclass(frozen=True)
class Beam:
    """The recorded bar as sensors need it: keys of the noise, and its temperature along the length."""

    seed: int
    number: int
    skid_difference: float
    end_chill: float
    end_length: float
    skids: float

    def deviation(self, along: np.ndarray) -> np.ndarray:
        """Return how much the bar is off its mean [K] at places `along` (0 head to 1 tail): skid marks, colder ends.

        skid_difference is the temperature between skids less that over a skid.
        """
        marks = 0.5 * self.skid_difference * np.cos(2.0 * np.pi * self.skids * along)
        ends = np.exp(-along / self.end_length) + np.exp(-(1.0 - along) / self.end_length)
        return marks - self.end_chill * ends


@dataclass(frozen=True)
class Sight:
    """The bar under a pyrometer from `start` to `end` [s], read `first` to `last` [K]; places along the bar 0 to 1."""

    start: float
    end: float
    first: float
    last: float
    begins: float
    ends: float


def quantised(values: np.ndarray, step: float) -> np.ndarray:
    """Return `values` on the steps of a converter."""
    return np.round(values / step) * step


@kernel
def _lagged(values, level, up, down):
    for i in range(values.size):
        level += (values[i] - level) * (up if values[i] > level else down)
        values[i] = level


@kernel
def _reading_noise(values, seed, entity, channel, size):
    for i in range(values.size):
        values[i] += size * normal(seed, READING, entity, channel * 16777216 + i)


def pyrometer_signal(place: int, sights: list[Sight], times: np.ndarray, beam: Beam) -> np.ndarray:
    """Return the signal [°C] (samples,) of the pyrometer number `place` (0 first), times [s] evenly spaced."""
    low, step = RANGES[1 if place >= 3 and place % 2 else 0]
    shown = np.full(times.size, low)
    for sight in sights:
        part = slice(*np.searchsorted(times, [sight.start, sight.end]))
        share = (times[part] - sight.start) / max(sight.end - sight.start, 1e-6)
        seen = from_si(sight.first + (sight.last - sight.first) * share, "°C")
        if sight.ends > sight.begins:
            seen = seen + beam.deviation(sight.begins + (sight.ends - sight.begins) * share)
        shown[part] = np.maximum(seen, low)
    shown = np.maximum(shown - _shades(place, times, beam), low)
    shown[_blinded(place, times, beam)] = low
    dt = times[1] - times[0]
    _lagged(shown, low, 1.0 - exp(-dt / LAG_UP), 1.0 - exp(-dt / LAG_DOWN))
    _reading_noise(shown, beam.seed, beam.number, place, READING_NOISE)
    return quantised(shown, step)


def _events(key: np.uint64, place: int, times: np.ndarray, beam: Beam, gap: float) -> list[tuple[float, int]]:
    """Return (time [s], count) of events at random, `gap` [s] apart in the mean."""
    at, found = float(times[0]), []
    for count in range(MOST_EVENTS):
        at -= gap * log(uniform(beam.seed, key, beam.number, 4096 * place + 4 * count))
        if at > times[-1]:
            break
        found.append((at, 4096 * place + 4 * count))
    return found


def _shades(place: int, times: np.ndarray, beam: Beam) -> np.ndarray:
    """Return how much loose scale lowers the reading [K] (samples,)."""
    lost = np.zeros(times.size)
    for at, count in _events(SHADE, place, times, beam, SHADE_GAP):
        depth = -SHADE_DEPTH * log(uniform(beam.seed, SHADE, beam.number, count + 1))
        length = -SHADE_TIME * log(uniform(beam.seed, SHADE, beam.number, count + 2))
        lost[slice(*np.searchsorted(times, [at, at + length]))] += depth
    return lost


def _blinded(place: int, times: np.ndarray, beam: Beam) -> np.ndarray:
    """Return where water hides the bar (samples,), bool."""
    hidden = np.zeros(times.size, dtype=bool)
    for at, count in _events(WATER, place, times, beam, WATER_GAP):
        length = -WATER_TIME * log(uniform(beam.seed, WATER, beam.number, count + 2))
        hidden[slice(*np.searchsorted(times, [at, at + length]))] = True
    return hidden
