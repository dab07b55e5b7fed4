"""Stirring of a ladle by gas from a bottom plug.

**Source** The Making, Shaping and Treating of Steel, 11th ed. (Fruehan, 1998), eq. 11.2.1; mixing time: Nakanishi et
al. (1975). Both [R: unverified literature: recalled, the original not re-opened].
**Checked** validation case L8.
"""

from math import exp, log10

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ATMOSPHERE


@kernel
def stirring_power(gas_flow, temperature, steel_mass, bath_depth, surface_pressure):
    """Return the stirring power per mass of steel [W/kg].

    ε = 14.23·(V·T/M)·log10((1 + H/1.48)/P₀) in W/t with V [Nm³/min], T [K], M [t], H [m], P₀ [atm].
    gas_flow [Nm³/s], temperature [K], steel_mass [kg], bath_depth [m], surface_pressure [Pa] (taken as at least 10 Pa).
    Range: gas_flow >= 0; returns 0 for no gas. Source: MSTS 11th ed., eq. 11.2.1 [R: unverified literature]; a public
    code divides (1 + H) by 1.48·P₀ instead, which is 13 % lower.

    >>> round(1e3 * stirring_power(0.3 / 60.0, 1873.0, 100e3, 2.5, 101325.0), 1)  # W/t, case L8
    34.4
    """
    if gas_flow <= 0.0 or steel_mass <= 0.0:
        return 0.0
    pressure = max(surface_pressure, 10.0) / ATMOSPHERE
    gas = 14.23 * gas_flow * 60.0 * temperature / (steel_mass * 1e-3)
    per_tonne = gas * log10((1.0 + bath_depth / 1.48) / pressure)
    return max(per_tonne, 0.0) * 1e-3


@kernel
def mixing_time(power):
    """Return the time to mix the bath [s]: τ = 800·ε^(−0.4), ε in W/t; `power` in W/kg, taken as at least 0.5 W/t.

    The floor stands for the natural convection of a ladle without gas (assumed; about 18 min).
    Source: Nakanishi et al. (1975) [R: unverified literature].

    >>> round(mixing_time(0.040))
    183
    """
    return 800.0 * max(power * 1e3, 0.5) ** -0.4


@kernel
def open_eye_fraction(power, reference_power):
    """Return the share of the bath surface that the plume frees of slag: 1 − exp(−ε/ε_ref), both in W/kg.

    A smooth saturating form; assumed: the eye grows about linearly with gas flow and cannot exceed the surface.

    >>> round(open_eye_fraction(0.05, 0.5), 4)
    0.0952
    """
    return 1.0 - exp(-max(power, 0.0) / reference_power)
