"""Arrival of ladles: temperature, mass, slag carry-over and thermal history of each heat, and when the caster calls.

Every draw comes from a named stream keyed by (seed, heat number): the 7th ladle is the same in both arms of a trial.
"""

import math

from steelyard.engine.blocks import block_dtype
from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.processes.ladle_furnace.model import place_ladle
from steelyard.signals import Scalar, quantity

TEMPERATURE = stream("ladle_furnace.arrival.temperature")
MASS = stream("ladle_furnace.arrival.mass")
SLAG = stream("ladle_furnace.arrival.slag")
LINING = stream("ladle_furnace.arrival.lining")
EFFICIENCY = stream("ladle_furnace.arrival.efficiency")
WINDOW = stream("ladle_furnace.arrival.window")
GAP = stream("ladle_furnace.arrival.gap")
GRADE = stream("ladle_furnace.arrival.grade")
TARGET = stream("ladle_furnace.arrival.target")
ANALYSIS = stream("ladle_furnace.arrival.analysis")


class Arrival:
    """How ladles arrive: the distribution of what comes from the melting furnace, and the caster's call."""

    temperature: Scalar = quantity("K", "mean steel temperature on arrival", low=1450.0, high=1750.0, shown="°C")
    temperature_spread: Scalar = quantity("K", "standard deviation of the arrival temperature", low=0.0, high=60.0)
    temperature_memory: Scalar = quantity("1", "autocorrelation of arrival temperatures from heat to heat", low=0.0, high=0.99)  # fmt: skip
    mass: Scalar = quantity("kg", "mean steel mass", low=10.0, high=400.0, shown="t")
    mass_spread: Scalar = quantity("kg", "standard deviation of the steel mass", low=0.0, high=30.0, shown="t")
    slag: Scalar = quantity("1", "slag carried over and tapped on", low=1.0, high=40.0, shown="kg/t")
    slag_spread: Scalar = quantity("1", "standard deviation of that slag", low=0.0, high=15.0, shown="kg/t")
    hot_face: Scalar = quantity("K", "mean hot-face temperature of the lining at filling", low=300.0, high=1500.0, shown="°C")  # fmt: skip
    hot_face_spread: Scalar = quantity("K", "standard deviation of it: preheating and waiting", low=0.0, high=300.0)
    window: Scalar = quantity("s", "median time from arrival to the caster's call", low=5.0, high=240.0, shown="min")
    window_spread: Scalar = quantity("1", "standard deviation of its logarithm", low=0.0, high=1.0)
    gap: Scalar = quantity("s", "median time from a departure to the next arrival", low=0.5, high=240.0, shown="min")
    gap_spread: Scalar = quantity("1", "standard deviation of its logarithm", low=0.0, high=1.5)
    target: Scalar = quantity("K", "usual target at departure", low=1480.0, high=1720.0, shown="°C")
    target_spread: Scalar = quantity("K", "standard deviation of the target from grade to grade", low=0.0, high=30.0)
    hot_grade_share: Scalar = quantity("1", "share of heats of a grade with a hotter target", low=0.0, high=1.0)
    hot_grade_rise: Scalar = quantity("K", "by how much that target is hotter", low=0.0, high=60.0)
    carbon: Scalar = quantity("1", "carbon on arrival", low=0.0, high=2.0, shown="%")
    silicon: Scalar = quantity("1", "silicon on arrival", low=0.0, high=3.0, shown="%")
    manganese: Scalar = quantity("1", "manganese on arrival", low=0.0, high=3.0, shown="%")
    aluminium: Scalar = quantity("1", "aluminium on arrival", low=0.0, high=0.2, shown="%")
    oxygen: Scalar = quantity("1", "dissolved oxygen on arrival", low=0.0, high=1200.0, shown="ppm")
    sulphur: Scalar = quantity("1", "sulphur on arrival", low=0.0, high=0.2, shown="%")
    hydrogen: Scalar = quantity("1", "hydrogen on arrival", low=0.0, high=15.0, shown="ppm")
    nitrogen: Scalar = quantity("1", "nitrogen on arrival", low=0.0, high=200.0, shown="ppm")


ARRIVAL_RECORD = block_dtype(Arrival)
HEATS_OF_A_GRADE = 4
MOST_DEVIATION = 2.2  # assumed: a melting furnace does not tap steel that would freeze in the ladle


@kernel
def arrival_deviation(memory, seed, heat):
    """Return the standardised arrival deviation of heat `heat`: an AR(1) series summed from its innovations.

    d_n = a·d_(n−1) + sqrt(1 − a²)·z_n, cut after 12 terms (a¹² is noise for a <= 0.6) and rescaled to unit variance.
    """
    total, weight, square = 0.0, 1.0, 0.0
    for k in range(12):
        if heat - k < 0.0:
            break
        total += weight * normal(seed, TEMPERATURE, heat - k, 0)
        square += weight * weight
        weight *= memory
    return total / math.sqrt(square)


@kernel
def target_temperature(arrival, seed, heat):
    """Return the target [K] of a heat; grades come in campaigns of a few heats."""
    grade = math.floor(heat / HEATS_OF_A_GRADE)
    target = arrival.target + arrival.target_spread * normal(seed, TARGET, grade, 0)
    if uniform(seed, GRADE, grade, 0) < arrival.hot_grade_share:
        target += arrival.hot_grade_rise
    return target


@kernel
def window_of(arrival, seed, heat):
    """Return the time from arrival to the caster's call [s]."""
    return arrival.window * math.exp(arrival.window_spread * normal(seed, WINDOW, heat, 0))


@kernel
def gap_before(arrival, seed, heat):
    """Return the time the station stands empty before heat `heat` [s]."""
    return arrival.gap * math.exp(arrival.gap_spread * normal(seed, GAP, heat, 0))


@kernel
def bring_ladle(unit, arrival, seed, heat):
    """Place heat `heat` of the campaign with this seed into the station."""
    deviation = min(max(arrival_deviation(arrival.temperature_memory, seed, heat), -MOST_DEVIATION), MOST_DEVIATION)
    temperature = arrival.temperature + arrival.temperature_spread * deviation
    mass = max(arrival.mass + arrival.mass_spread * normal(seed, MASS, heat, 0), 0.5 * arrival.mass)
    share = max(arrival.slag + arrival.slag_spread * normal(seed, SLAG, heat, 0), 0.2 * arrival.slag)
    hot_face = arrival.hot_face + arrival.hot_face_spread * normal(seed, LINING, heat, 0)
    efficiency = math.exp(unit.p.efficiency_spread * normal(seed, EFFICIENCY, heat, 0))
    x = unit.x
    x.carbon, x.silicon, x.manganese = arrival.carbon, arrival.silicon, arrival.manganese
    x.aluminium, x.oxygen = arrival.aluminium, arrival.oxygen
    x.sulphur = arrival.sulphur * math.exp(0.25 * normal(seed, ANALYSIS, heat, 0))
    x.hydrogen, x.nitrogen = arrival.hydrogen, arrival.nitrogen
    place_ladle(
        unit,
        temperature,
        mass,
        share * mass,
        min(max(hot_face, 400.0), temperature),
        min(max(efficiency, 0.3), 1.9),
    )
    unit.y.heat_number += 1.0
    unit.y.target_temperature = target_temperature(arrival, seed, heat)
    unit.y.time_to_departure = window_of(arrival, seed, heat)
