"""Reactions of the ladle: aluminium–oxygen, desulphurisation, hydrogen and nitrogen removal under vacuum."""

import math

from steelyard.engine.kernel import kernel
from steelyard.materials.slag import SLAG_HEAT_CAPACITY
from steelyard.physics.degassing import hydrogen_removed, nitrogen_removed, stirring_factor
from steelyard.physics.thermochemistry import desulphurisation_rate, desulphurised, oxygen_at_aluminium

ALUMINIUM_PER_OXYGEN = 2.0 * 26.98 / (3.0 * 16.0)
HYDROGEN_SHARE = 0.01
NITROGEN_SHARE = 0.01
LEAST_ALUMINIUM = 2e-5
VACUUM_STIRRING = 0.18  # W/kg: 0.2 Nm³/min in 100 t at 100 Pa, where the removal rates hold


@kernel
def react(unit, stirring, dt):
    """Advance the chemistry of the furnace record `unit` by `dt` [s]; `stirring` is the stirring power [W/kg]."""
    _deoxidise(unit, dt)
    _desulphurise(unit, stirring, dt)
    _degas(unit, stirring, dt)


@kernel
def _deoxidise(unit, dt):
    """Oxygen comes in by reoxidation and goes with aluminium to alumina, at first order to the equilibrium."""
    p, x = unit.p, unit.x
    x.oxygen += p.reoxidation * dt
    if x.aluminium < LEAST_ALUMINIUM:
        return
    surplus = x.oxygen - oxygen_at_aluminium(x.aluminium, max(x.steel_temperature, 1750.0))
    if surplus <= 0.0:
        return
    removed = min(surplus * (1.0 - math.exp(-p.aluminium_fade * dt)), x.aluminium / ALUMINIUM_PER_OXYGEN)
    x.oxygen -= removed
    x.aluminium -= removed * ALUMINIUM_PER_OXYGEN
    alumina = removed * (1.0 + ALUMINIUM_PER_OXYGEN) * x.steel_mass
    richer = x.steel_mass / (x.steel_mass - alumina)
    x.carbon, x.silicon, x.manganese = x.carbon * richer, x.silicon * richer, x.manganese * richer
    x.sulphur, x.hydrogen, x.nitrogen = x.sulphur * richer, x.hydrogen * richer, x.nitrogen * richer
    x.slag_mass += alumina
    x.steel_mass -= alumina
    x.energy_additions += alumina * (SLAG_HEAT_CAPACITY * x.slag_temperature - x.steel_enthalpy)


@kernel
def _desulphurise(unit, stirring, dt):
    """Sulphur goes to the slag at first order, as fast as the stirring allows; a killed steel is the condition."""
    p, x = unit.p, unit.x
    if x.aluminium < LEAST_ALUMINIUM or x.slag_mass <= 0.0:
        return
    total = x.sulphur + x.slag_sulphur / x.steel_mass
    rate = desulphurisation_rate(stirring)
    after = desulphurised(x.sulphur, total, rate, p.sulphur_partition, x.slag_mass / x.steel_mass, dt)
    x.slag_sulphur += (x.sulphur - after) * x.steel_mass
    x.sulphur = after


@kernel
def _degas(unit, stirring, dt):
    """Hydrogen and nitrogen leave under vacuum, as fast as the stirring allows, towards the solubility there."""
    p, x, y = unit.p, unit.x, unit.y
    vacuum = math.exp(-y.tank_pressure / 1.0e4)
    if vacuum < 1e-3:
        return
    temperature = x.steel_temperature
    pace = vacuum * stirring_factor(stirring, VACUUM_STIRRING)
    x.hydrogen = hydrogen_removed(x.hydrogen, temperature, HYDROGEN_SHARE * y.tank_pressure, p.hydrogen_rate * pace, dt)
    x.nitrogen = nitrogen_removed(x.nitrogen, temperature, NITROGEN_SHARE * y.tank_pressure, p.nitrogen_rate * pace, dt)
