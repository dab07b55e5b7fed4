"""Heat that reaches the bath and heat that it loses: the arc under its slag, the surface, argon, vacuum, the lining."""

import math

from steelyard.engine.kernel import kernel
from steelyard.materials.gas import ARGON_HEAT_CAPACITY, ARGON_NORMAL_DENSITY
from steelyard.materials.slag import SLAG_DENSITY, SLAG_HEAT_CAPACITY
from steelyard.materials.steel import LIQUID_HEAT_CAPACITY
from steelyard.physics.conduction import conduct_wall
from steelyard.physics.convection import shell_coefficient
from steelyard.physics.electric_arc import arc_efficiency, arc_length
from steelyard.physics.radiation import grey_flux

SOAKING = 600.0  # s, assumed: usual time from a heating to departure in which the lining takes up heat
SLAG_LOSS = (
    1.04  # arc heat that the hotter slag sheds before it reaches the steel; from one more arc minute in the twin
)


@kernel
def efficiency_now(unit):
    """Return the share of the arc power that reaches steel and slag under the slag that covers it now."""
    p, u, x = unit.p, unit.u, unit.x
    cover = p.slag_foaming * x.slag_mass / (SLAG_DENSITY * p.bath_area)
    length = arc_length(p.arc_voltage * (1.0 + p.tap_step * u.tap_offset))
    return x.heat_efficiency * arc_efficiency(p.arc_efficiency, cover, length, p.exposed_share)


@kernel
def energy_per_kelvin(unit):
    """Return the arc energy [J] that makes this ladle leave 1 K hotter: steel, slag and what the lining soaks up.

    Lining: 2·A·sqrt(k·ρc·τ/π) per kelvin, a semi-infinite body after time τ (Carslaw & Jaeger, 2.4).
    """
    p, x = unit.p, unit.x
    lining = 2.0 * p.wall_area * math.sqrt(p.wall_conductivity[0] * p.wall_heat[0] * SOAKING / math.pi)
    capacity = x.steel_mass * LIQUID_HEAT_CAPACITY + x.slag_mass * SLAG_HEAT_CAPACITY + lining
    return SLAG_LOSS * capacity / efficiency_now(unit)


@kernel
def surface_loss(unit, vacuum):
    """Return the heat that leaves through slag surface, lid, eye and vacuum [W]."""
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    lid = 1.0 if u.lid_closed > 0.5 else p.open_lid_factor
    eye = 1.0 + p.eye_loss * y.argon_flow * 60.0
    exchange = p.surface_emissivity * lid * eye * (1.0 + p.lid_leak)
    surroundings = p.ambient_temperature
    flux = grey_flux(x.slag_temperature, surroundings, exchange)
    argon = y.argon_flow * ARGON_NORMAL_DENSITY * ARGON_HEAT_CAPACITY * (x.steel_temperature - surroundings)
    return flux * p.bath_area + argon + p.vacuum_loss * vacuum


@kernel
def wall_loss(unit, dt):
    """Advance the lining; return the heat that the bath gives to it in this step [J]."""
    p, x, y = unit.p, unit.x, unit.y
    outside = shell_coefficient(x.wall_temperature[-1], p.ambient_temperature, p.shell_emissivity)
    into, out = conduct_wall(
        x.wall_temperature, p.wall_thickness, p.wall_conductivity, p.wall_heat,
        p.inside_coefficient if x.occupied > 0.5 else 0.0, x.steel_temperature,
        outside, p.ambient_temperature, dt, x.wall_sweep,
    )  # fmt: skip
    x.energy_shell += out * p.wall_area * dt
    y.shell_temperature = x.wall_temperature[-1]
    return into * p.wall_area * dt
