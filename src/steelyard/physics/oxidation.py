"""Scale and decarburisation of carbon steel in furnace gas.

**Model** Parabolic growth of the scale, x·dx/dt = kp/2; the metal lost is the scale over the Pilling–Bedworth ratio of
wüstite; carbon leaves by diffusion in austenite, depth² = ∫D dt. Left out: spalling, grade dependence, gas supply.
**Holds** 850–1300 °C; physical scatter of the scale ±40 %.
**Source** Paidassi-type constants (air) and carbon diffusion as in the brief, from memory of the literature [M].
**Checked** validation case V13.
"""

import math

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import GAS_CONSTANT

PILLING_BEDWORTH = 1.77
"""Volume of wüstite over the volume of the iron in it."""

OXIDATION_HEAT = 4.87e6
"""Heat of Fe + ½O₂ → FeO [J/kg Fe]: 272 kJ/mol."""

DECARBURISING_ABOVE = 1000.0
"""Temperature [K] above which carbon is taken to leave the steel (austenite)."""


@kernel
def scale_rate(temperature):
    """Return the parabolic rate kp of scale growth in air [m²/s]: kp = 0.61e-4·exp(−169452/(R·T)), T [K].

    >>> round(1e6 * (3600.0 * scale_rate(1373.15)) ** 0.5)  # µm after 1 h at 1100 °C, case V13
    280
    """
    return 0.61e-4 * math.exp(-169452.0 / (GAS_CONSTANT * temperature))


@kernel
def scale_after(thickness, temperature, factor, dt):
    """Return the scale [m] after `dt` [s] at `temperature` [K]: x² grows by factor·kp·dt; factor: gas over air.

    >>> round(1e6 * scale_after(0.0, 1473.15, 1.0, 3600.0))
    464
    """
    return math.sqrt(thickness * thickness + factor * scale_rate(temperature) * dt)


@kernel
def metal_lost(scale):
    """Return the thickness of steel [m] that became `scale` [m]: x/1.77.

    >>> round(1e6 * metal_lost(354e-6))
    200
    """
    return scale / PILLING_BEDWORTH


@kernel
def gas_factor(oxygen, water):
    """Return scale growth in furnace gas over that in air; mole fractions of O₂ and H₂O in the wet gas.

    (0.6 + 0.4·min(O₂/0.05, 1))·(1 + 0.4·min(H₂O/0.2, 1)): the brief's 0.6–1.0 for oxygen and 1.1–1.5 for water [M].

    >>> round(gas_factor(0.0, 0.0), 2), round(gas_factor(0.05, 0.2), 2)
    (0.6, 1.4)
    """
    return (0.6 + 0.4 * min(max(oxygen, 0.0) / 0.05, 1.0)) * (1.0 + 0.4 * min(max(water, 0.0) / 0.2, 1.0))


@kernel
def carbon_diffusivity(temperature):
    """Return the diffusivity of carbon in austenite [m²/s]: 0.15e-4·exp(−135000/(R·T)), T [K].

    >>> round(1e12 * carbon_diffusivity(1423.15))
    166
    """
    return 0.15e-4 * math.exp(-135000.0 / (GAS_CONSTANT * temperature))
