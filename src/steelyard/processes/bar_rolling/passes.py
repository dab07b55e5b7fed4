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
from steelyard.physics.flow_stress import hensel_spittel_mean
from steelyard.physics.rolling import ekelund_friction, hitchcock_constant, hitchcock_radius
from steelyard.processes.bar_rolling.blocks import POINTS, STANDS
from steelyard.processes.bar_rolling.laws import exit_width, roll_force, roll_torque
from steelyard.processes.bar_rolling.section import groove_half_height, lendl, pass_area, quarter_turn, take_shape
from steelyard.processes.bar_rolling.thermal import _capacity, chill, mean_temperature, shift

ROUNDS = 4
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
def _contact_area(bar, table, half_width, gap, barrel_radius, width, length):
    """Return the contact area projected on the plane of rolling [m²]: the local arcs over the width, and the spread."""
    step = 0.5 * bar.width / (POINTS - 1.0)
    total, edge, before = 0.0, 0.0, 0.0
    for k in range(POINTS):
        low = groove_half_height(table, half_width, gap, k * step)
        draught = 2.0 * (bar.half_height[k] - low)
        if draught <= 0.0:
            if k > 0:
                total += 0.5 * step * before * 2.0 / 3.0
                edge += 0.5 * step
            break
        local = sqrt(max(barrel_radius + 0.5 * gap - low, 0.1 * barrel_radius) * draught)
        if k > 0:
            total += 0.5 * step * (before + local)
            edge += step
        before = local
    sideways = max(0.5 * min(width, 2.0 * half_width) - edge, 0.0)
    return 2.0 * (total + sideways * length / 3.0)


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
    table, half = x.groove_table[stand], x.groove_half_width[stand]
    contact, entry, leaving = lendl(bar, table, half, gap)
    out.entry_thickness, out.exit_thickness, out.gap = entry, leaving, gap
    if entry - leaving < 1e-6 * entry or contact <= 0.0:
        return False
    radius = p.roll_radius[stand] + 0.5 * gap - 0.5 * leaving
    spread = exit_width(p.spread_law, entry, contact, leaving, radius, out.mean_temperature) / contact
    width = min(bar.width * spread ** p.spread_factor[stand], 2.0 * WIDEST * half)
    area = pass_area(table, half, gap, width)
    for _ in range(3):
        if area > 0.998 * bar.area:
            width *= 0.998 * bar.area / area
            area = pass_area(table, half, gap, width)
    out.width, out.area, out.working_radius = width, area, radius
    out.filling = width / (2.0 * half)
    length = sqrt(radius * (entry - leaving))
    out.contact_area = _contact_area(bar, table, half, gap, p.roll_radius[stand], width, length)
    out.contact_width = out.contact_area / length
    out.strain = _strains(bar, entry, leaving, area)
    out.strain_rate = out.strain * p.velocity[stand] / length
    out.contact_time = length / p.velocity[stand]
    return True


@kernel
def _bite_angle(p, x, stand, bar, gap):
    """Return the angle of bite at the middle of the groove [rad]."""
    low = groove_half_height(x.groove_table[stand], x.groove_half_width[stand], gap, 0.0)
    radius = p.roll_radius[stand] + 0.5 * gap - low
    return acos(min(max(1.0 - (bar.half_height[0] - low) / max(radius, 1e-3), -1.0), 1.0))


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
    out.area, out.width, out.height = bar.area, bar.width, 2.0 * bar.half_height[0]
    out.contact_width, out.contact_area, out.contact_time, out.filling = 0.0, 0.0, 0.0, 0.0
    out.tension_factor, out.heat_to_rolls, out.deformation_heat, out.bite_angle = 1.0, 0.0, 0.0, 0.0
    out.exit_mean, out.exit_surface = out.mean_temperature, bar.surface


@kernel
def _heat(p, x, stand, bar, out):
    """Chill `bar`, now in its new section, at the rolls and heat it by its deformation."""
    free = 4.0 * bar.half_height[POINTS - 1] / bar.perimeter
    coefficient = p.contact_coefficient * max(1.0 - free, 0.1)
    rolls = p.roll_temperature + x.roll_heat[stand]
    out.heat_to_rolls = chill(
        bar, x.heat_capacity_table, p.conductivity, p.density, coefficient, rolls, out.contact_time
    )
    out.deformation_heat = p.deformation_heat_share * out.flow_stress * out.strain * bar.area
    capacity = _capacity(x.heat_capacity_table, int(bar.grade), mean_temperature(bar))
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
    if p.turn[stand] > 0.5:
        quarter_turn(bar)
    out.entry_surface, out.mean_temperature = bar.surface, mean_temperature(bar)
    out.velocity = p.velocity[stand]
    base = p.roll_gap[stand] + 2.0 * x.groove_worn[stand]
    gap, touched = base, True
    for _ in range(ROUNDS):
        touched = _gap_geometry(p, x, stand, bar, gap, out)
        if not touched:
            break
        _load(p, x, stand, bar, scatter, back_tension, front_tension, out)
        stretch = (out.force - setup_force) / p.mill_stiffness[stand] if setup_force >= 0.0 else 0.0
        gap = max(base + stretch, 0.0)
    if not touched:
        _idle(bar, out)
        return
    out.bite_angle = _bite_angle(p, x, stand, bar, gap)
    out.power = 2.0 * out.torque * out.velocity / out.working_radius
    surface = bar.perimeter / bar.area
    take_shape(bar, x.groove_table[stand], x.groove_half_width[stand], out.gap, out.width)
    out.area, out.height = bar.area, 2.0 * bar.half_height[0]
    bar.scale *= min(surface * bar.area / bar.perimeter, 1.0)
    _heat(p, x, stand, bar, out)
    out.exit_mean, out.exit_surface = mean_temperature(bar), bar.surface
    out.length = bar.mass / (p.density * bar.area)
    bar.retained_strain += out.strain
