"""Liquid ladle slag: heat content, density, optical basicity.

**Source** usual in the trade: cp 1.2–1.25 kJ/(kg·K), enthalpy about 0.55 kWh/kg at 1600–1650 °C, density
2,700–3,300 kg/m³ (ranges of the trade, no single source opened); optical basicities: Ghosh, through public code [V].
"""

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ZERO_CELSIUS

SLAG_HEAT_CAPACITY = 1225.0
"""Heat capacity of liquid slag [J/(kg·K)]: middle of 1.2–1.25 kJ/(kg·K)."""

SLAG_DENSITY = 2900.0
"""Density of liquid ladle slag [kg/m³]: inside 2,700–3,300."""


@kernel
def slag_enthalpy(temperature):
    """Return the enthalpy of liquid slag above 25 °C [J/kg]: 1.98 MJ/kg (0.55 kWh/kg) at 1625 °C, cp constant; T [K].

    >>> round(slag_enthalpy(1898.15) / 3.6e6, 2)  # kWh/kg
    0.55
    """
    return 1.98e6 + SLAG_HEAT_CAPACITY * (temperature - ZERO_CELSIUS - 1625.0)


@kernel
def optical_basicity(lime, magnesia, silica, alumina, iron_oxide, manganese_oxide):
    """Return the optical basicity Λ of a slag; arguments are mass fractions (they need not add to one).

    Λ = Σ x·n·Λ_i / Σ x·n with x moles of the oxide and n oxygen atoms in it; Λ_i: CaO 1.0, MgO 0.92, SiO2 0.47,
    Al2O3 0.66, FeO 0.94, MnO 0.95. At least one argument > 0.

    >>> round(optical_basicity(0.55, 0.0, 0.0, 0.45, 0.0, 0.0), 3)
    0.805
    """
    cao, mgo, sio2 = lime / 56.08, magnesia / 40.30, 2.0 * silica / 60.08
    al2o3, feo, mno = 3.0 * alumina / 101.96, iron_oxide / 71.84, manganese_oxide / 70.94
    oxygen = cao + mgo + sio2 + al2o3 + feo + mno
    return (1.0 * cao + 0.92 * mgo + 0.47 * sio2 + 0.66 * al2o3 + 0.94 * feo + 0.95 * mno) / oxygen
