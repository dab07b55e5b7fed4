"""Removal of hydrogen and nitrogen under vacuum: first order towards Sieverts equilibrium.

**Source** rate constants k_H 0.12–0.20 1/min, k_N 0.03–0.06 1/min (slower with S and O) [R: unverified literature].
"""

from math import exp

from steelyard.engine.kernel import kernel
from steelyard.physics.thermochemistry import hydrogen_solubility, nitrogen_solubility


@kernel
def hydrogen_removed(hydrogen, temperature, hydrogen_pressure, rate, dt):
    """Return hydrogen (mass fraction) after `dt` [s] under a partial pressure [Pa], rate [1/s], temperature [K].

    >>> round(1e6 * hydrogen_removed(5e-6, 1873.0, 50.0, 0.15 / 60.0, 900.0), 2)  # 15 min of vacuum: ppm
    1.02
    """
    equilibrium = hydrogen_solubility(hydrogen_pressure, temperature)
    return equilibrium + (hydrogen - equilibrium) * exp(-rate * dt)


@kernel
def nitrogen_removed(nitrogen, temperature, nitrogen_pressure, rate, dt):
    """Return nitrogen (mass fraction) after `dt` [s] under a partial pressure [Pa], rate [1/s], temperature [K].

    >>> round(1e6 * nitrogen_removed(80e-6, 1873.0, 50.0, 0.04 / 60.0, 900.0), 1)
    48.5
    """
    equilibrium = nitrogen_solubility(nitrogen_pressure, temperature)
    return equilibrium + (nitrogen - equilibrium) * exp(-rate * dt)


@kernel
def stirring_factor(power, reference_power):
    """Return the factor by which stirring changes a rate constant: sqrt(ε/ε_ref), held between 0 and 2; powers in W/kg.

    Assumed: penetration theory (mass transfer ~ square root of surface renewal).

    >>> stirring_factor(0.04, 0.04)
    1.0
    """
    return min((max(power, 0.0) / reference_power) ** 0.5, 2.0)
