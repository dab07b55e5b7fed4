"""Combustion of gaseous fuels: air need, products, heating value, enthalpy of air and of flue gas, NOx as a proxy.

**Model** Complete combustion of CH₄, C₂H₆, C₃H₈, H₂, CO with dry air (20.95 % O₂); CO₂ and N₂ pass. Enthalpies are
ideal, without dissociation (below about 1900 K). A gas is described per kilogram by the coefficients of
h = a·T + b·T²/2 − c/T.
**Holds** 273–2300 K; enthalpy of air within 2 % of tables.
**Source** heats of combustion (lower, 25 °C): ISO 6976:2016 as rounded in handbooks [M]; heat capacities
a + b·T + c/T²: Kubaschewski & Alcock, Metallurgical Thermochemistry, 5th ed. [M].
**Checked** tests/physics/test_combustion.py: elements balance; published air need of methane.
"""

import math

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import NORMAL_MOLAR_VOLUME

FUEL_SPECIES = ("CH4", "C2H6", "C3H8", "H2", "CO", "CO2", "N2", "O2")
"""Order of a fuel composition (mole fractions)."""

REFERENCE = 298.15
"""Temperature of zero enthalpy [K]."""

MOLAR_MASS = (16.043e-3, 30.069e-3, 44.096e-3, 2.016e-3, 28.010e-3, 44.010e-3, 28.013e-3, 31.998e-3)  # kg/mol
HEAT = (802.6e3, 1428.6e3, 2043.1e3, 241.8e3, 283.0e3, 0.0, 0.0, 0.0)  # J/mol
CARBON = (1.0, 2.0, 3.0, 0.0, 1.0, 1.0, 0.0, 0.0)
HYDROGEN = (4.0, 6.0, 8.0, 2.0, 0.0, 0.0, 0.0, 0.0)
OXYGEN_NEED = (2.0, 3.5, 5.0, 0.5, 0.5, 0.0, 0.0, -1.0)
AIR_OXYGEN = 0.2095
AIR_MASS = AIR_OXYGEN * MOLAR_MASS[7] + (1.0 - AIR_OXYGEN) * MOLAR_MASS[6]  # kg/mol, argon counted as nitrogen
AIR_DENSITY = AIR_MASS / NORMAL_MOLAR_VOLUME
"""Density of air [kg/Nm³]."""

_CO2 = (44.14, 9.04e-3, -8.54e5)  # J/(mol·K): a, b, c of cp = a + b·T + c/T²
_H2O = (30.00, 10.71e-3, 0.33e5)
_N2 = (27.87, 4.27e-3, 0.0)
_O2 = (29.96, 4.18e-3, -1.67e5)
AIR_GAS = tuple((AIR_OXYGEN * o + (1.0 - AIR_OXYGEN) * n) / AIR_MASS for o, n in zip(_O2, _N2, strict=True))
"""Coefficients (a, b, c) of the heat capacity of air per kilogram."""


@kernel
def gas_enthalpy(a, b, c, temperature):
    """Return the enthalpy above 25 °C [J/kg] of a gas with heat capacity a + b·T + c/T² [J/(kg·K)]; T [K].

    >>> round(gas_enthalpy(*AIR_GAS, 1273.15) / 1e3)  # air at 1000 °C; tables: 1065
    1067
    """
    t = temperature
    return a * (t - REFERENCE) + 0.5 * b * (t * t - REFERENCE * REFERENCE) - c * (1.0 / t - 1.0 / REFERENCE)


@kernel
def gas_heat_capacity(a, b, c, temperature):
    """Return a + b·T + c/T² [J/(kg·K)], T [K].

    >>> round(gas_heat_capacity(*AIR_GAS, 300.0), -1)
    1010.0
    """
    return a + b * temperature + c / (temperature * temperature)


@kernel
def air_enthalpy(temperature):
    """Return the enthalpy of air above 25 °C [J/kg]; temperature [K].

    >>> abs(air_enthalpy(773.15) / 494.3e3 - 1.0) < 0.02  # tables: 494.3 kJ/kg
    True
    """
    return gas_enthalpy(AIR_GAS[0], AIR_GAS[1], AIR_GAS[2], temperature)


@kernel
def air_heat_capacity(temperature):
    """Return the heat capacity of air [J/(kg·K)]; temperature [K].

    >>> abs(air_heat_capacity(1000.0) / 1141.0 - 1.0) < 0.025  # tables: 1141
    True
    """
    return gas_heat_capacity(AIR_GAS[0], AIR_GAS[1], AIR_GAS[2], temperature)


@kernel
def burn_fuel(composition, richness):
    """Return what one Nm³ of fuel gas gives when it burns with just enough air, as a tuple of 10.

    composition: mole fractions in the order of FUEL_SPECIES, float64 (8,), sum 1. richness: 1 for this gas; f means the
    heating value times f, the rest being nitrogen added (f < 1) or left away (f > 1). Result: (heating value [J], mass
    of fuel [kg], mass of air [kg], CO₂ [kg], a, b, c of the products per kg, CO₂, H₂O, dry gas [mol/kg products]).

    >>> import numpy as np
    >>> methane = burn_fuel(np.array([1.0, 0, 0, 0, 0, 0, 0, 0]), 1.0)
    >>> round(methane[0] / 1e6, 1), round(methane[2] / AIR_DENSITY, 2)  # MJ/Nm³, Nm³ air per Nm³
    (35.8, 9.55)
    >>> round(1e9 * methane[3] / methane[0], 1)  # kg CO₂ per GJ
    54.8
    """
    heat, mass, need, co2, h2o = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(8):
        x = composition[i]
        heat += x * HEAT[i]
        mass += x * MOLAR_MASS[i]
        need += x * OXYGEN_NEED[i]
        co2 += x * CARBON[i]
        h2o += 0.5 * x * HYDROGEN[i]
    thin = 1.0 - richness
    heat, need, co2, h2o = richness * heat, richness * need, richness * co2, richness * h2o
    mass = richness * mass + thin * MOLAR_MASS[6]
    n2 = richness * composition[6] + thin + need * (1.0 - AIR_OXYGEN) / AIR_OXYGEN
    air = need / AIR_OXYGEN * AIR_MASS
    over = 1.0 / (mass + air)
    a = over * (co2 * _CO2[0] + h2o * _H2O[0] + n2 * _N2[0])
    b = over * (co2 * _CO2[1] + h2o * _H2O[1] + n2 * _N2[1])
    c = over * (co2 * _CO2[2] + h2o * _H2O[2] + n2 * _N2[2])
    m = 1.0 / NORMAL_MOLAR_VOLUME
    return (
        heat * m, mass * m, air * m, co2 * MOLAR_MASS[5] * m, a, b, c, co2 * over, h2o * over, (co2 + n2) * over,
    )  # fmt: skip


@kernel
def excess_air(oxygen_dry, dry_products, air):
    """Return the air ratio λ from the O₂ share of the dry flue gas: 1 + O₂/(0.2095 − O₂)·V_dry/A_min.

    oxygen_dry: mole fraction < 0.2095; dry_products, air: dry stoichiometric products and least air [Nm³/Nm³ fuel].
    Source: brief, section 2.3.

    >>> round(excess_air(0.02, 8.55, 9.55), 3)
    1.094
    """
    return 1.0 + oxygen_dry / (AIR_OXYGEN - oxygen_dry) * dry_products / air


@kernel
def nox_per_heat(gas_temperature, air_temperature, oxygen, reference):
    """Return a proxy of the NOx emission [kg/J]: reference·exp((T_g − 1473)/250)·exp((T_air − 673)/600)·√(O₂/0.02).

    reference: at 1200 °C gas, 400 °C air and 2 % O₂. A trend, not a prediction. Source: assumed: form after the brief
    (exponential in the gas temperature), slopes so that 1250 °C and 500 °C air about give +45 %.

    >>> nox_per_heat(1473.15, 673.15, 0.02, 80e-12) == 80e-12
    True
    """
    heat = math.exp((gas_temperature - 1473.15) / 250.0 + (air_temperature - 673.15) / 600.0)
    return reference * heat * math.sqrt(min(max(oxygen, 0.0), 0.1) / 0.02)
