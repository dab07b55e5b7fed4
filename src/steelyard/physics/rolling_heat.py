"""Heat in the roll gap: what deformation brings, what the cold rolls take.

**Model** Deformation: a share of the work of forming becomes heat, evenly over the section. Rolls: bar and roll are two
half-spaces at uniform temperatures that meet through a layer of scale without heat capacity. Left out: heat of friction
between bar and roll, curvature of a bar (contact times of 5–100 ms reach 0.3–1 mm deep).
**Holds** contact times up to about (thickness/4)²·ρc/k.
**Source** Carslaw & Jaeger, Conduction of Heat in Solids, 2nd ed., 2.7–2.8 and 12.8 (two half-spaces, contact
resistance).
**Checked** validation case V29; limits in tests/physics/test_rolling_heat.py.
"""

from math import erfc, exp, pi, sqrt

from steelyard.engine.kernel import kernel


@kernel
def deformation_heating(flow_stress, strain, density, heat_capacity, share):
    """Return the rise of temperature by deformation [K]: η·σ·ε/(ρ·c).

    flow_stress: mean over the pass [Pa]; strain [1]; density [kg/m³]; heat_capacity [J/(kg·K)]; share of the work that
    becomes heat, 0.9–0.95.

    >>> round(deformation_heating(150e6, 0.5, 7700.0, 650.0, 0.95), 1)  # case V29
    14.2
    """
    return share * flow_stress * strain / (density * heat_capacity)


@kernel
def effusivity(conductivity, density, heat_capacity):
    """Return the thermal effusivity [J/(m²·K·s^½)]: sqrt(k·ρ·c).

    >>> round(effusivity(28.0, 7500.0, 650.0))
    11683
    """
    return sqrt(conductivity * density * heat_capacity)


@kernel
def _excess(x):
    """Return exp(x²)·erfc(x) − 1 + 2x/√π, also for small and for large x."""
    if x < 0.02:
        return x * x * (1.0 - 4.0 * x / (3.0 * sqrt(pi)) + 0.5 * x * x)
    if x < 6.0:
        scaled = exp(x * x) * erfc(x)
    else:
        square = x * x
        scaled = (1.0 - 0.5 / square + 0.75 / square**2 - 1.875 / square**3) / (x * sqrt(pi))
    return scaled - 1.0 + 2.0 * x / sqrt(pi)


@kernel
def contact_heat(bar_temperature, roll_temperature, bar_effusivity, roll_effusivity, resistance, time):
    """Return the heat that one face of the bar gives to a roll during the contact [J/m²].

    Q = ΔT/(r·b²)·[e^(b²t)·erfc(b·√t) − 1 + 2b·√(t/π)], b = (1/e₁ + 1/e₂)/r; for r → 0 it becomes
    2·ΔT·√(t/π)/(1/e₁ + 1/e₂), two half-spaces in perfect contact.
    temperatures before contact [K]; effusivities [J/(m²·K·s^½)]; resistance of scale and gap, thickness/conductivity
    [m²·K/W], at least 1e-9; contact time [s].

    >>> round(contact_heat(1273.15, 333.15, 11.7e3, 12.5e3, 1e-9, 0.05) / 1e6, 3)  # bare metal: 1.433
    1.433
    >>> round(contact_heat(1273.15, 333.15, 11.7e3, 12.5e3, 20e-6 / 1.0, 0.05) / 1e6, 3)
    0.934
    """
    if time <= 0.0:
        return 0.0
    r = max(resistance, 1e-9)
    b = (1.0 / bar_effusivity + 1.0 / roll_effusivity) / r
    return (bar_temperature - roll_temperature) / (r * b * b) * _excess(b * sqrt(time))


@kernel
def contact_coefficient(bar_effusivity, roll_effusivity, resistance, time):
    """Return the mean heat transfer coefficient of the contact [W/(m²·K)]: `contact_heat`/(ΔT·t).

    >>> round(contact_coefficient(11.7e3, 12.5e3, 20e-6, 0.05) / 1e3, 1)
    19.9
    """
    return contact_heat(1.0, 0.0, bar_effusivity, roll_effusivity, resistance, time) / time


@kernel
def contact_time(length, roll_speed, slip):
    """Return the time of contact [s]: L/(v_r·(1 + slip/2)), as entry is slower and exit faster than the roll.

    >>> round(contact_time(0.05, 1.0, 0.0), 3)
    0.05
    """
    return length / (max(roll_speed, 1e-6) * (1.0 + 0.5 * slip))


@kernel
def contact_chill(heat, contact_perimeter, section_area, density, heat_capacity):
    """Return how much the mean temperature of a bar falls by contact with the rolls [K]: Q·p/(ρ·c·A).

    heat per face [J/m²]; contact_perimeter: length of the section's contour that touches both rolls [m].

    >>> round(contact_chill(0.934e6, 0.09, 1500e-6, 7500.0, 650.0), 1)
    11.5
    """
    return heat * contact_perimeter / (density * heat_capacity * section_area)
