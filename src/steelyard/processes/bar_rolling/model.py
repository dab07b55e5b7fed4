"""Hot rolling of bar and rod: a reversing stand, a continuous train, or both in turn.

**Model** Bar by bar, pass by pass, at the instants at which passes happen: cooling and softening since the last pass,
the pass itself (passes.py), what it does to rolls, guides and drives. One temperature profile over the section stands
for the whole length; head and tail differ by what a pass takes (`end_difference`). Between reversing passes lie pauses
from a Weibull stream; the stands of a train follow at the way between them over the speed, with tension from the mass
flow against the speed cone. Left out: acceleration, threading, loops, side wear, temperature along the bar.
**Holds** one bar in the mill at a time; sections and grooves as in passes.py.
**Source** docs/explanation/physics-of-bar-rolling.md; each law names its own.
**Checked** tests/validation/bar_rolling/*.toml, tests/processes/bar_rolling, `steelyard twin agreement`.
"""

from math import log

import numpy as np

from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.processes.bar_rolling.blocks import (  # noqa: F401
    BAR,
    PASS,
    RECORD,
    STAND_LABELS,
    STANDS,
    Inputs,
    Outputs,
    Parameters,
    State,
)
from steelyard.processes.bar_rolling.control import learn_force, set_gaps, train_tension
from steelyard.processes.bar_rolling.passes import roll_pass
from steelyard.processes.bar_rolling.prepare import prepare  # noqa: F401
from steelyard.processes.bar_rolling.schedule import before_pass, behind_pass
from steelyard.processes.bar_rolling.section import rectangular_bar, round_bar
from steelyard.processes.bar_rolling.thermal import chill, cool_in_air, mean_temperature, set_profile
from steelyard.processes.bar_rolling.wear import finished_size, fresh_grooves, warm_roll, wear_stand

PAUSE = stream("bar_rolling.pause")
FORCE = stream("bar_rolling.force")
FREE, ROLLING, DONE, CHANGING = 0.0, 1.0, 2.0, 3.0
NO_ALARM, DRIVE_TRIPPED, FORCE_LIMIT, NO_BITE, TOO_COLD, NO_FIT = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0
OVERFILLED = 1.2
REJECT_TIME = 10.0


@kernel
def is_free(unit):
    """Return whether the mill can take a bar."""
    return unit.x.prepared > 0.5 and unit.x.phase == FREE


@kernel
def is_done(unit):
    """Return whether a bar, rolled or lost, waits to be taken out with `finish_bar`."""
    return unit.x.phase == DONE


@kernel
def pause_before(unit, seed, stand):
    """Return the pause before a reversing pass [s]: Weibull, drawn for this bar and pass."""
    p = unit.p
    luck = uniform(seed, PAUSE, unit.x.bar_number, stand)
    return p.pause_scale[stand] * (-log(luck)) ** (1.0 / p.pause_shape[stand])


@kernel
def pass_duration(unit, stand):
    """Return how long the bar takes through the rolls of `stand` at its nominal section [s]."""
    p, x = unit.p, unit.x
    return x.bar.mass / (p.density * max(x.nominal_area[stand], 1e-7) * p.velocity[stand] * unit.u.speed_trim[stand])


@kernel
def start_bar(unit, piece, time):
    """Take `piece` (PIECE record) into the mill at `time` [s]: the gaps are set, the first pass begins after its pause."""
    p, x, y = unit.p, unit.x, unit.y
    bar = x.bar
    bar.grade, bar.mass, bar.scale = piece.grade, piece.mass, max(piece.scale, 0.0)
    bar.grain_size, bar.retained_strain = max(piece.grain_size, 1e-6), piece.retained_strain
    if piece.roundness > 0.5:
        round_bar(bar, piece.thickness)
    else:
        rectangular_bar(bar, piece.thickness, piece.width)
    set_profile(bar, piece.core_temperature, piece.surface_temperature, piece.temperature + p.start_correction)
    x.phase, x.bar_number, x.pass_index = ROLLING, piece.number, 0.0
    x.next_time, x.mid_time, x.last_rate, x.release_time = time + p.pause_scale[0], time, 0.0, np.inf
    y.bar_number, y.grade, y.pass_number, y.occupied = piece.number, piece.grade, 0.0, 1.0
    y.cobble, y.overload, y.cold, y.alarm, y.bar_energy = 0.0, 0.0, 0.0, NO_ALARM, 0.0
    y.diameter, y.ovality, y.finish_temperature, y.rolling_start, y.rolling_end = 0.0, 0.0, bar.surface, time, time
    y.diameter_deviation, y.pause_time = 0.0, 0.0
    for i in range(STANDS):
        y.pass_force[i], y.pass_torque[i], y.pass_time[i], y.setup_force_used[i] = 0.0, 0.0, 0.0, 0.0
        y.pass_entry_temperature[i], y.pass_exit_temperature[i], y.pass_mean_temperature[i] = 0.0, 0.0, 0.0
    set_gaps(unit)


@kernel
def _in_train(unit, stand):
    """Say whether `stand` (1 or more) rolls the bar while the stand before it still does."""
    group = unit.p.stand_group
    return group[stand] > 0.5 and group[stand] == group[stand - 1]


@kernel
def _alarm_of(unit, stand):
    """Return the alarm that the last pass raises, NO_ALARM if the stand bears it."""
    p, last = unit.p, unit.x.last
    if last.bite_angle > p.bite_angle_limit:
        return NO_BITE
    if last.torque > p.torque_limit[stand] * (1.0 - p.drive_weakness):
        return DRIVE_TRIPPED
    if last.force > p.force_limit[stand]:
        return FORCE_LIMIT
    return NO_FIT if last.filling > OVERFILLED else NO_ALARM


@kernel
def _lose_bar(unit, alarm, time):
    """Stop the rolling of the bar with `alarm`; it leaves when the mill is cleared. A cold billet is only pushed off."""
    p, x, y = unit.p, unit.x, unit.y
    y.alarm = alarm
    y.overload = 1.0 if alarm in (DRIVE_TRIPPED, FORCE_LIMIT) else 0.0
    y.cobble = 1.0
    x.release_time, x.next_time = time + (p.cobble_time if alarm != TOO_COLD else REJECT_TIME), np.inf


@kernel
def _show(unit, stand, middle, duration):
    """Write the last pass to the outputs."""
    p, x, y = unit.p, unit.x, unit.y
    last, bar = x.last, x.bar
    y.pass_number = stand + 1.0
    if stand > 0 and not _in_train(unit, stand):
        y.pause_time = max(middle - 0.5 * duration - x.mid_time - 0.5 * pass_duration(unit, stand - 1), 0.0)
    y.roll_force, y.roll_torque, y.roll_power = last.force, 2.0 * last.torque, last.power
    y.entry_temperature, y.exit_temperature, y.bar_temperature = last.entry_reading, last.exit_reading, last.exit_mean
    y.exit_length, y.strain, y.strain_rate, y.flow_stress = last.length, last.strain, last.strain_rate, last.flow_stress
    y.filling, y.grain_size, y.retained_strain = last.filling, bar.grain_size, bar.retained_strain - last.strain
    y.pass_force[stand], y.pass_torque[stand], y.pass_time[stand] = last.force, 2.0 * last.torque, middle
    y.pass_entry_temperature[stand], y.pass_exit_temperature[stand] = last.entry_surface, last.later_surface
    y.pass_mean_temperature[stand] = last.mean_temperature
    loss = 5.670374419e-8 * p.emissivity * p.radiation_factor * bar.surface**4 * bar.perimeter
    y.end_difference = min(loss / (bar.area * p.density * 650.0) * duration, 500.0)
    y.tension = x.tension[stand]


@kernel
def _draw_power(unit, duration):
    """Book the electric energy of the last pass, to be drawn while it lasts."""
    p, x, y = unit.p, unit.x, unit.y
    energy = x.last.power * duration / p.drive_efficiency
    x.energy_due += energy
    x.power_due = max(x.energy_due / max(duration, 0.1), 0.0)
    y.bar_energy += energy


@kernel
def _next_pass(unit, seed, stand, start, duration):
    """Fix when the pass after `stand` begins, or when the bar leaves."""
    p, x, y = unit.p, unit.x, unit.y
    x.pass_index = stand + 1.0
    if stand + 1 < int(p.stand_count):
        if _in_train(unit, stand + 1):
            x.next_time = start + p.stand_distance[stand] / p.velocity[stand]
        else:
            x.next_time = start + duration + pause_before(unit, seed, stand + 1)
        return
    x.next_time, x.release_time = np.inf, start + duration
    y.diameter, y.ovality = finished_size(unit, seed)
    y.diameter_deviation = y.diameter - y.target_diameter
    y.finish_temperature = x.last.later_surface
    opening = max(unit.u.water_valve, p.water_valve_leak)
    if opening > 0.0 and p.water_box_length > 0.0:
        seconds = p.water_box_length / p.velocity[stand]
        chill(
            x.bar, p.conductivity, p.density, p.water_box_coefficient * opening,
            p.water_temperature, seconds,
        )  # fmt: skip


@kernel
def _do_pass(unit, seed):
    """Execute the coming pass."""
    p, x, y = unit.p, unit.x, unit.y
    bar, last, stand, start = x.bar, x.last, int(x.pass_index), x.next_time
    duration = pass_duration(unit, stand)
    middle = start + 0.5 * duration
    before_pass(p, x, stand, bar, max(middle - x.mid_time, 0.0), np.nan, last)
    if mean_temperature(bar) < p.lowest_temperature:
        y.alarm, y.cold = TOO_COLD, 1.0
        if stand == 0:
            _lose_bar(unit, TOO_COLD, start)
            return
    x.tension[stand] = train_tension(unit, stand)
    front = x.tension[stand + 1] if stand + 1 < int(p.stand_count) else 0.0
    scatter = max(p.force_scatter[stand] * normal(seed, FORCE, x.bar_number, stand), -0.5)
    roll_pass(p, x, stand, bar, y.setup_force_used[stand], scatter, x.tension[stand], front, last)
    if stand == 0:
        y.rolling_start = start
    x.last_rate, x.last_temperature = last.strain_rate, last.mean_temperature
    wait = p.stand_distance[stand] / p.velocity[stand] if p.stand_group[stand] > 0.5 else 2.0 * p.pyrometer_delay
    behind_pass(p, x, stand, bar, wait, last)
    _show(unit, stand, middle, duration)
    alarm = _alarm_of(unit, stand)
    if alarm != NO_ALARM:
        _lose_bar(unit, alarm, start)
        return
    x.mid_time = middle
    _draw_power(unit, duration)
    warm_roll(unit, stand, start, last.heat_to_rolls * last.length)
    wear_stand(unit, stand, last.length)
    learn_force(unit, stand, last.force)
    _next_pass(unit, seed, stand, start, duration)


@kernel
def mill_step(unit, seed, time, dt):
    """Advance the mill from `time` by `dt` [s]: every pass that begins in the step is executed at its own instant."""
    p, x, y = unit.p, unit.x, unit.y
    end = time + dt
    if x.phase == ROLLING:
        while x.next_time < end:
            _do_pass(unit, seed)
        if x.release_time < end:
            _release(unit)
    elif x.phase == CHANGING:
        y.change_remaining = max(x.release_time - end, 0.0)
        if x.release_time <= end:
            x.phase = FREE
    drawn = min(x.energy_due, x.power_due * dt)
    x.energy_due -= drawn
    y.motor_power = p.idle_power + drawn / dt
    y.electric_energy += y.motor_power * dt


@kernel
def _release(unit):
    """Let the bar, whole or lost, wait at the exit."""
    x, y = unit.x, unit.y
    cool_in_air(x.bar, unit.p, min(max(x.release_time - x.mid_time, 0.0), 60.0))
    x.phase, y.rolling_end = DONE, x.release_time
    y.bar_temperature = mean_temperature(x.bar)


@kernel
def finish_bar(unit, piece, time):
    """Fill `piece` with the bar that is done and free the mill. A lost bar keeps the shape in which it was lost."""
    x, y = unit.x, unit.y
    bar = x.bar
    piece.number, piece.grade, piece.mass = x.bar_number, bar.grade, bar.mass
    piece.roundness = 1.0 if y.diameter > 0.0 else piece.roundness
    piece.thickness = y.diameter if y.diameter > 0.0 else bar.area / bar.width
    piece.width = y.diameter if y.diameter > 0.0 else bar.width
    piece.length = bar.mass / (unit.p.density * bar.area)
    piece.temperature, piece.surface_temperature, piece.core_temperature = (
        mean_temperature(bar),
        bar.surface,
        bar.ring[0],
    )
    piece.skid_difference = 0.0
    piece.scale, piece.grain_size, piece.retained_strain = bar.scale, bar.grain_size, bar.retained_strain
    x.phase, y.occupied = FREE, 0.0
    if fresh_grooves(unit):
        x.phase, x.release_time = CHANGING, time + unit.p.groove_change_time
        y.change_remaining, y.groove_changes = unit.p.groove_change_time, y.groove_changes + 1.0
