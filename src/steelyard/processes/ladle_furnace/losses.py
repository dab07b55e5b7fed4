"""Heat that the bath loses: through slag surface and lid, with argon, under vacuum, and into the lining."""

from steelyard.engine.kernel import kernel
from steelyard.materials.gas import ARGON_HEAT_CAPACITY, ARGON_NORMAL_DENSITY
from steelyard.physics.conduction import conduct_wall
from steelyard.physics.convection import shell_coefficient
from steelyard.physics.radiation import grey_flux


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
