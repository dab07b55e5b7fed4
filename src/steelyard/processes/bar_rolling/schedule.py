"""A whole schedule of passes for one bar at given intervals: what the twin calibrates and the bench times.

The plant does the same pass by pass on its clock (model.py); both call `before_pass`, `roll_pass` and `behind_pass`.
"""

from math import gamma, isfinite
from typing import Any

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.processes.bar_rolling.blocks import BAR, PASS, STANDS
from steelyard.processes.bar_rolling.passes import roll_pass
from steelyard.processes.bar_rolling.section import round_bar
from steelyard.processes.bar_rolling.structure import soften
from steelyard.processes.bar_rolling.thermal import cool_in_air, set_profile, shift

EARLIEST_READING = 0.5


@kernel
def skin(p, bar):
    """Return how much colder the outside of the scale is than the steel under it [K]: flux·thickness/conductivity."""
    flux = 5.670374419e-8 * p.emissivity * (bar.surface**4 - p.ambient_temperature**4)
    return flux * bar.scale / p.scale_conductivity


@kernel
def before_pass(p, x, stand, bar, interval, given, out):
    """Cool `bar` through what is left of the `interval` [s] since the middle of its last pass, and soften it.

    given: true surface temperature [K] to which the profile is shifted, or nan for the model's own. Fills
    `entry_reading` of `out`: what the entry pyrometer shows, skin of scale and its offset in it.
    """
    waited = min(p.pyrometer_delay, EARLIEST_READING * interval)
    cool_in_air(bar, p, interval - waited)
    out.recrystallised = soften(bar, x.last_rate, x.last_temperature, interval)
    if isfinite(given):
        shift(bar, given - bar.surface)
    late = p.scale_skin_rate * (interval - p.usual_pause) if p.stand_group[stand] < 0.5 else 0.0
    out.entry_reading = bar.surface - skin(p, bar) + p.entry_pyrometer_offset[stand] + late
    out.interval = interval


@kernel
def behind_pass(p, x, stand, bar, interval, out):
    """Cool `bar` up to its exit pyrometer; fill `later_surface` (true) and `exit_reading` of `out`.

    interval: time to the middle of the next pass [s], of which the pyrometer takes at most half.
    """
    cool_in_air(bar, p, min(p.pyrometer_delay, EARLIEST_READING * interval))
    out.later_surface = bar.surface
    out.exit_reading = bar.surface - skin(p, bar) + p.exit_pyrometer_offset[stand]


@kernel
def roll_schedule(p, x, bar, intervals, given, setup_force, results):
    """Roll `bar` (BAR record, changed) through all passes; fill `results` (PASS records, one per pass).

    p: Parameters; x: State record for its tables, not changed but for `last_rate` and `last_temperature`. intervals (STANDS,): time from the
    middle of the pass before [s], the first is ignored; given (STANDS,): true surface temperatures at entry [K], nan
    where the model shall say; setup_force (STANDS,) [N], negative for a gap that is right whatever the force. No
    tension, no alarm, no random deviation. Errors: none.
    """
    count = int(p.stand_count)
    for stand in range(count):
        out = results[stand]
        before_pass(p, x, stand, bar, intervals[stand] if stand > 0 else 0.0, given[stand], out)
        roll_pass(p, x, stand, bar, setup_force[stand], 0.0, 0.0, 0.0, out)
        x.last_rate, x.last_temperature = out.strain_rate, out.mean_temperature
        behind_pass(p, x, stand, bar, intervals[stand + 1] if stand + 1 < count else 2.0 * p.pyrometer_delay, out)


def usual_intervals(p: Any, areas: np.ndarray | None = None) -> np.ndarray:
    """Return the mean times from the middle of a pass to that of the next (STANDS,) [s].

    In a train the way over the speed; else the mean pause, and half of both rolling times when the `areas` (STANDS,)
    behind the passes [m²] are given: of the billet that the parameters name.
    """
    count, result = int(p["stand_count"]), np.zeros(STANDS)
    billet = p["billet_thickness"] * (
        0.25 * np.pi * p["billet_thickness"] if p["billet_shape"] > 0.5 else p["billet_width"]
    )
    volume, rolling = billet * p["billet_length"], np.zeros(STANDS)
    if areas is not None:
        rolling[:count] = volume / (areas[:count] * p["velocity"][:count])
    for i in range(1, count):
        group = p["stand_group"][i]
        if group > 0.0 and group == p["stand_group"][i - 1]:
            result[i] = p["stand_distance"][i - 1] / p["velocity"][i - 1]
        else:
            pause = p["pause_scale"][i] * gamma(1.0 + 1.0 / p["pause_shape"][i])
            result[i] = pause + 0.5 * (rolling[i - 1] + rolling[i])
    return result


def new_bar(unit: Any, diameter: float, mass: float, grade: int, temperature: float, core: float = 0.0) -> np.ndarray:
    """Return a round bar (BAR record array of one) at `temperature` [K], uniform unless a `core` temperature is given."""
    bar = np.zeros(1, dtype=BAR).view(np.recarray)
    bar["mass"], bar["grade"], bar["grain_size"] = mass, grade, 100e-6
    round_bar(bar[0], diameter)
    surface = temperature if core <= 0.0 else 2.0 * temperature - core
    set_profile(bar[0], core if core > 0.0 else temperature, surface, temperature)
    return bar


def new_results() -> np.ndarray:
    """Return room for the results of a schedule: PASS records (STANDS,)."""
    return np.zeros(STANDS, dtype=PASS).view(np.recarray)
