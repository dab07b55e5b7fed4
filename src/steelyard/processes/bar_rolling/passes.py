"""One pass: a bar and a stand in, force, torque, section and temperature out. Plant, twin and validation all call this.

**Model** Equivalent flat pass after Lendl; contact area integrated over the contours; natural spread by law; mean flow
stress after Hensel and Spittel over the strain of the pass on top of the retained strain; force and torque by law with
Hitchcock's flattening; the gap yields under the force less the force it was set for; tension lowers the force; roll
chill, heat of deformation. Left out: bending and kinking of the rolls, side forces, forward slip in the speed, inertia.
**Holds** passes that are narrower than their barrels, 700–1300 °C; a bar that does not touch the rolls passes unchanged.
**Source** physics/rolling.py, physics/spread.py, physics/flow_stress.py name theirs.
**Checked** validation cases V26, V27.
"""

from math import acos, exp, log, sqrt

from steelyard.engine.kernel import kernel
from steelyard.physics.bar_section import (
    equivalent_flat_pass,
    filled_area,
    filled_width,
    section_height,
    working_radius,
)
from steelyard.physics.flow_stress import hensel_spittel_mean
from steelyard.physics.phase_heat import phase_heat_capacity
from steelyard.physics.rolling import ekelund_friction, hitchcock_constant, hitchcock_radius
from steelyard.processes.bar_rolling.blocks import CONTOUR, STANDS
from steelyard.processes.bar_rolling.laws import exit_width, roll_force, roll_torque
from steelyard.processes.bar_rolling.section import contact_area, entry_height, extent, free_side, take_shape
from steelyard.processes.bar_rolling.thermal import chill, mean_temperature, shift

ROUNDS = 3
LEAST_ELONGATION = 0.998
WIDEST = 1.25
BACK, FRONT = 0.6, 0.4
WEAKEST = 0.3


@kernel
def mean_flow_stress(p, x, grade, temperature, strain, strain_rate, retained):
    """Return the mean flow stress over a pass [Pa] with the corrections of the mill's parameters."""
    c = x.flow_stress_table
    stress = hensel_spittel_mean(
        temperature, strain, strain_rate, retained, c[grade, 0], c[grade, 1], c[grade, 2], c[grade, 3], c[grade, 4],
        c[grade, 5], c[grade, 6], c[grade, 7], c[grade, 8], c[grade, 9],
    )  # fmt: skip
    tilt = exp(p.flow_stress_temperature_correction * (temperature - p.reference_temperature))
    return stress * tilt


@kernel
def _strains(bar, entry, leaving, area):
    """Return the equivalent strain of the pass after von Mises from the strains of height and section."""
    high = log(entry / leaving)
    long = log(bar.area / area)
    wide = high - long
    return sqrt(2.0 / 3.0 * (high * high + long * long + wide * wide))


@kernel
def _gap_geometry(p, x, stand, bar, gap, out):
    """Fill section, widths and strains of the pass at `gap` into `out`; return whether the rolls touch the bar."""
    place, depth, turned = x.groove_place[stand], x.groove_below[stand], p.turn[stand] > 0.5
    contact, entry, leaving = equivalent_flat_pass(
        bar.contour_place, bar.contour_depth, bar.gap, bar.width, turned, place, depth, gap
    )
    out.gap = gap
    if contact <= 0.0 or entry - leaving < 1e-6 * entry:
        return False
    radius = working_radius(p.roll_radius[stand], gap, leaving)
    spread = exit_width(p.spread_law, entry, contact, leaving, radius, out.mean_temperature) / contact
    width = min(extent(bar, turned) * spread ** p.spread_factor[stand], 2.0 * WIDEST * place[CONTOUR - 1])
    area = filled_area(place, depth, gap, width)
    if area > LEAST_ELONGATION * bar.area:
        area = LEAST_ELONGATION * bar.area
        width = filled_width(place, depth, gap, area)
    length = sqrt(radius * (entry - leaving))
    out.entry_thickness, out.exit_thickness, out.working_radius = entry, leaving, radius
    out.width, out.area, out.filling = width, area, 0.5 * width / place[CONTOUR - 1]
    out.contact_area = contact_area(bar, turned, place, depth, gap, p.roll_radius[stand], contact, width, length)
    out.contact_width = out.contact_area / length
    out.strain = _strains(bar, entry, leaving, area)
    out.strain_rate = out.strain * p.velocity[stand] / length
    out.contact_time = length / p.velocity[stand]
    return True


@kernel
def _bite_angle(p, x, stand, bar, gap):
    """Return the angle of bite at the middle of the groove [rad]."""
    leaving = section_height(x.groove_below[stand], gap)
    radius = p.roll_radius[stand] + 0.5 * (gap - leaving)
    draught = entry_height(bar, p.turn[stand] > 0.5) - leaving
    return acos(min(max(1.0 - 0.5 * draught / max(radius, 1e-3), -1.0), 1.0))


@kernel
def _load(p, x, stand, bar, scatter, back, front, out):
    """Fill flow stress, force and torque of the pass whose geometry stands in `out`."""
    grade = int(bar.grade)
    pair = grade * STANDS + stand
    stress = mean_flow_stress(p, x, grade, out.mean_temperature, out.strain, out.strain_rate, bar.retained_strain)
    friction = ekelund_friction(out.mean_temperature) * p.friction_factor
    tension = max(1.0 - (BACK * back + FRONT * front) / (1.1547 * stress), WEAKEST)
    skew = 1.0 + 2.0 * p.misalignment[stand] / bar.width
    common = (1.0 + scatter) * skew
    force_scale = common * p.force_factor[stand] * p.grade_force_factor[grade] * p.grade_stand_force_factor[pair]
    torque_scale = common * p.torque_factor[stand] * p.grade_torque_factor[grade] * p.grade_stand_torque_factor[pair]
    torque_scale *= exp(p.torque_temperature_correction * (out.mean_temperature - p.reference_temperature))
    h0, h1, b, radius = out.entry_thickness, out.exit_thickness, out.contact_width, out.working_radius
    constant = hitchcock_constant(p.young_modulus, p.poisson_ratio)
    force = force_scale * tension * roll_force(p.force_law, h0, h1, b, radius, stress, friction)
    flattened = hitchcock_radius(radius, force, b, h0 - h1, constant)
    out.force = force_scale * tension * roll_force(p.force_law, h0, h1, b, flattened, stress, friction)
    torque = torque_scale * roll_torque(p.torque_law, h0, h1, b, flattened, stress, friction)
    out.torque = max(torque * tension + 0.5 * radius * (back * bar.area - front * out.area), 0.0)
    out.flow_stress, out.tension_factor, out.flattened_radius = stress, tension, flattened


@kernel
def _idle(bar, out):
    """Fill `out` for a bar that the rolls do not touch."""
    out.force, out.torque, out.power, out.strain, out.strain_rate, out.flow_stress = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    out.area, out.width, out.height = bar.area, bar.width, section_height(bar.contour_depth, bar.gap)
    out.contact_width, out.contact_area, out.contact_time, out.filling = 0.0, 0.0, 0.0, 0.0
    out.tension_factor, out.heat_to_rolls, out.deformation_heat, out.bite_angle = 1.0, 0.0, 0.0, 0.0
    out.exit_mean, out.exit_surface = out.mean_temperature, bar.surface


@kernel
def _heat(p, x, stand, bar, out):
    """Chill `bar`, now in its new section, at the rolls and heat it by its deformation."""
    free = 2.0 * free_side(bar) / bar.perimeter
    coefficient = p.contact_coefficient * max(1.0 - free, 0.1)
    rolls = p.roll_temperature + x.roll_heat[stand]
    out.heat_to_rolls = chill(bar, p.conductivity, p.density, coefficient, rolls, out.contact_time)
    out.deformation_heat = p.deformation_heat_share * out.flow_stress * out.strain * bar.area
    capacity = phase_heat_capacity(mean_temperature(bar), 1.0)
    warmer = out.deformation_heat / (bar.area * p.density * capacity) + p.pass_temperature_correction[stand]
    shift(bar, warmer)


@kernel
def roll_pass(p, x, stand, bar, setup_force, scatter, back_tension, front_tension, out):
    """Roll `bar` (a BAR record, changed in place) in `stand` (index); fill `out` (a PASS record).

    p: Parameters, x: a record with the tables of State (neither is changed). setup_force [N]: the force for which the
    gap was set, negative for a gap that is right whatever the force; scatter: relative random deviation of the force;
    tensions [Pa], 0 in a single stand. The bar is turned first where the schedule says so. Force at [N], torque per
    roll [N·m], temperatures [K], of `out`: `entry_surface`, `mean_temperature` (entry), `exit_mean`; `exit_surface` is
    that right behind the gap (the pyrometer's comes a moment later). Errors: none; out.force is 0 without contact.
    """
    out.entry_surface, out.mean_temperature = bar.surface, mean_temperature(bar)
    out.velocity = p.velocity[stand]
    base = p.roll_gap[stand] + 2.0 * (p.groove_wear[stand] + x.groove_worn[stand])
    gap, touched = max(base, 0.0), True
    for _ in range(ROUNDS):
        touched = _gap_geometry(p, x, stand, bar, gap, out)
        if not touched:
            break
        _load(p, x, stand, bar, scatter, back_tension, front_tension, out)
        if setup_force < 0.0:
            break
        gap = max(base + (out.force - setup_force) / p.mill_stiffness[stand], 0.0)
    if not touched:
        _idle(bar, out)
        return
    out.bite_angle = _bite_angle(p, x, stand, bar, gap)
    out.power = 2.0 * out.torque * out.velocity / out.working_radius
    surface = bar.perimeter / bar.area
    take_shape(bar, x.groove_place[stand], x.groove_below[stand], out.gap, out.width)
    out.area, out.height = bar.area, section_height(bar.contour_depth, bar.gap)
    bar.scale *= min(surface * bar.area / bar.perimeter, 1.0)
    _heat(p, x, stand, bar, out)
    out.exit_mean, out.exit_surface = mean_temperature(bar), bar.surface
    out.length = bar.mass / (p.density * bar.area)
    bar.retained_strain += out.strain
