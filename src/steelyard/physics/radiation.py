"""Radiation between grey surfaces (Incropera & DeWitt, Fundamentals of Heat and Mass Transfer, 6th ed., ch. 13)."""

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import STEFAN_BOLTZMANN


@kernel
def grey_flux(source_temperature, surface_temperature, exchange_factor):
    """Return the net radiative flux from source to surface [W/m²]: q = F·σ·(T₁⁴ − T₂⁴), T [K], 0 <= F <= 1.

    >>> round(grey_flux(1000.0, 300.0, 0.8))
    44996
    """
    return exchange_factor * STEFAN_BOLTZMANN * (source_temperature**4 - surface_temperature**4)


@kernel
def radiation_coefficient(first_temperature, second_temperature, emissivity):
    """Return the coefficient h [W/(m²·K)] with which h·(T₁ − T₂) equals the grey flux: h = ε·σ·(T₁² + T₂²)·(T₁ + T₂).

    >>> h = radiation_coefficient(1000.0, 300.0, 0.8)
    >>> round(h * 700.0) == round(grey_flux(1000.0, 300.0, 0.8))
    True
    """
    squares = first_temperature * first_temperature + second_temperature * second_temperature
    return emissivity * STEFAN_BOLTZMANN * squares * (first_temperature + second_temperature)


@kernel
def parallel_exchange_factor(first_emissivity, second_emissivity):
    """Return the exchange factor of two large parallel grey planes: 1/(1/ε₁ + 1/ε₂ − 1); emissivities in (0, 1].

    >>> round(parallel_exchange_factor(0.8, 0.8), 4)
    0.6667
    """
    return 1.0 / (1.0 / first_emissivity + 1.0 / second_emissivity - 1.0)


@kernel
def shielded_exchange_factor(first_emissivity, second_emissivity, shield_emissivity):
    """Return the exchange factor of two parallel planes with one grey shield (a lid that loses no heat) between them.

    1/(1/ε₁ + 1/ε₂ − 1 + 2/ε_s − 1); emissivities in (0, 1].

    >>> round(shielded_exchange_factor(1.0, 1.0, 1.0), 3)
    0.5
    """
    return 1.0 / (1.0 / first_emissivity + 1.0 / second_emissivity + 2.0 / shield_emissivity - 2.0)
