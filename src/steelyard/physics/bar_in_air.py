"""A hot bar in air: natural and forced convection over a cylinder, and what a row of bars hides from the surroundings.

**Model** Correlations for a horizontal cylinder with properties of air at the film temperature, mixed convection as the
cube root of the sum of cubes. **Holds** Ra < 10¹², Re 1–10⁵, film 250–1000 K. **Source** Churchill & Chu (1975),
Churchill & Bernstein (1977), as in Incropera, 6th ed., ch. 7 and 9; properties: power laws through its table A.4;
Hottel's crossed strings. **Checked** tests/physics/test_bar_in_air.py.
"""

import math

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import STANDARD_GRAVITY

_PRANDTL = 0.70
_NATURAL = 0.387 / (1.0 + (0.559 / _PRANDTL) ** (9.0 / 16.0)) ** (8.0 / 27.0)
_FORCED = 0.62 * _PRANDTL ** (1.0 / 3.0) / (1.0 + (0.4 / _PRANDTL) ** (2.0 / 3.0)) ** 0.25


@kernel
def air_properties(film_temperature):
    """Return kinematic viscosity [m²/s] and conductivity [W/(m·K)] of air at 1 atm; film temperature [K].

    >>> viscosity, conductivity = air_properties(700.0)
    >>> round(viscosity * 1e6, 1), round(conductivity, 4)  # table A.4: 68.1, 0.0524
    (68.2, 0.0524)
    """
    scaled = math.log(film_temperature / 300.0)
    return 15.89e-6 * math.exp(1.72 * scaled), 0.0263 * math.exp(0.814 * scaled)


@kernel
def cylinder_convection(surface_temperature, air_temperature, diameter, velocity):
    """Return the convective coefficient of a horizontal cylinder in air [W/(m²·K)].

    Nu³ = Nu_n³ + Nu_f³; Nu_n = {0.60 + 0.387·Ra^(1/6)/[…]}² (Churchill & Chu), Nu_f = 0.3 + 0.62·√Re·∛Pr/[…]·
    [1 + (Re/282000)^(5/8)]^(4/5) (Churchill & Bernstein). Temperatures [K], diameter [m], cross flow velocity [m/s].

    >>> round(cylinder_convection(438.15, 296.15, 0.1, 0.0), 1)  # Ra = 5.3e6, Nu = 23.4
    7.2
    """
    film = min(max(0.5 * (surface_temperature + air_temperature), 200.0), 1500.0)
    viscosity, conductivity = air_properties(film)
    buoyancy = STANDARD_GRAVITY / film * abs(surface_temperature - air_temperature)
    rayleigh = buoyancy * diameter * diameter * diameter * _PRANDTL / (viscosity * viscosity)
    root = 0.60 + _NATURAL * max(rayleigh, 1e-12) ** (1.0 / 6.0)
    natural = root * root
    if velocity <= 0.0:
        return natural * conductivity / diameter
    reynolds = velocity * diameter / viscosity
    forced = 0.3 + _FORCED * math.sqrt(reynolds) * (1.0 + (reynolds / 282000.0) ** 0.625) ** 0.8
    return (natural * natural * natural + forced * forced * forced) ** (1.0 / 3.0) * conductivity / diameter


@kernel
def open_share(pitch, diameter):
    """Return the share of a bar's surface in a row that sees the surroundings and not its two neighbours.

    1 − (2/π)·[√(X² − 1) + asin(1/X) − X], X = pitch/diameter >= 1. Source: Hottel's crossed strings.

    >>> round(open_share(1.0, 1.0), 3), round(open_share(0.06, 0.008), 3)
    (0.637, 0.957)
    """
    x = max(pitch / diameter, 1.0)
    return 1.0 - 2.0 / math.pi * (math.sqrt(x * x - 1.0) + math.asin(1.0 / x) - x)
