"""Austenite between passes: recrystallisation, grain growth, retained strain of carbon–manganese steel.

**Model** Static recrystallisation after a strain below the critical one, metadynamic above it, with a soft change from
one to the other; what is not recrystallised when the next pass comes keeps its strain (uniform softening: retained
strain = (1 − X)·strain, grain size mixed by fractions). Left out: niobium (no recrystallisation stop), the temperature
course during the pause (one mean temperature).
**Holds** C–Mn steels without microalloying, 850–1150 °C, grains of 15–350 µm.
**Source** Hodgson & Gibbs, ISIJ Int. 32 (1992) 1329, constants as in the public code pyroll-jmak-recrystallization,
except that the static half time goes with the square of the grain size in µm (the code has power 1).
**Checked** validation cases V31, V32.
"""

from math import exp, log, sqrt

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import GAS_CONSTANT

MICRON = 1e6
"""Micrometres per metre; the published constants take the grain size in µm."""

SPREAD_OF_CRITICAL = 0.15
"""Width of the change from static to metadynamic, as a share of the critical strain (assumed)."""


@kernel
def zener_hollomon(temperature, strain_rate):
    """Return the Zener–Hollomon parameter [1/s]: Z = ε̇·exp(300 kJ/mol/(R·T)); temperature [K], strain_rate [1/s].

    >>> round(zener_hollomon(1223.15, 10.0) / 1e13, 2)  # case V32
    6.48
    """
    return max(strain_rate, 1e-3) * exp(300e3 / (GAS_CONSTANT * temperature))


@kernel
def critical_strain(grain_size, zener):
    """Return the strain from which austenite recrystallises dynamically: 5.6e-4·d₀^0.3·Z^0.17, d₀ in µm.

    grain_size [m], zener [1/s].

    >>> round(critical_strain(50e-6, 6.49e13), 3)
    0.404
    """
    return 5.6e-4 * (grain_size * MICRON) ** 0.3 * zener**0.17


@kernel
def static_half_time(temperature, strain, grain_size):
    """Return the time to half static recrystallisation [s]: 2.3e-15·ε^(−2.5)·d₀²·exp(230 kJ/mol/(R·T)), d₀ in µm.

    >>> round(static_half_time(1223.15, 0.3, 50e-6), 3)  # case V31
    0.774
    """
    grain = grain_size * MICRON
    return 2.3e-15 * max(strain, 1e-3) ** -2.5 * grain * grain * exp(230e3 / (GAS_CONSTANT * temperature))


@kernel
def static_grain(temperature, strain, grain_size):
    """Return the grain size after static recrystallisation [m]: 343·ε^(−0.5)·d₀^0.4·exp(−45 kJ/mol/(R·T)), d in µm.

    Small strains give no coarser grain than before.

    >>> round(1e6 * static_grain(1223.15, 0.3, 50e-6), 1)  # case V31
    35.9
    """
    grain = 343.0 / sqrt(max(strain, 1e-3)) * (grain_size * MICRON) ** 0.4 * exp(-45e3 / (GAS_CONSTANT * temperature))
    return min(grain / MICRON, grain_size)


@kernel
def metadynamic_half_time(temperature, zener):
    """Return the time to half metadynamic recrystallisation [s]: 1.1·Z^(−0.8)·exp(230 kJ/mol/(R·T)).

    >>> round(metadynamic_half_time(1223.15, 6.49e13), 3)
    0.065
    """
    return 1.1 * zener**-0.8 * exp(230e3 / (GAS_CONSTANT * temperature))


@kernel
def metadynamic_grain(zener):
    """Return the grain size after metadynamic recrystallisation [m]: 2.6e4·Z^(−0.23) µm.

    >>> round(1e6 * metadynamic_grain(6.49e13), 1)
    17.3
    """
    return 2.6e4 * zener**-0.23 / MICRON


@kernel
def recrystallised_fraction(time, half_time, exponent):
    """Return the recrystallised share: 1 − exp(−ln 2·(t/t½)^n); n = 1 static, 1.5 metadynamic.

    >>> recrystallised_fraction(2.0, 2.0, 1.5)
    0.5
    """
    if time <= 0.0:
        return 0.0
    return 1.0 - exp(-log(2.0) * (time / half_time) ** exponent)


@kernel
def grown_grain(grain_size, temperature, time):
    """Return the grain size after growth [m]: d⁷ = d₀⁷ + 1.45e27·t·exp(−400 kJ/mol/(R·T)), d in µm.

    >>> round(1e6 * grown_grain(60e-6, 1373.15, 10.0), 1)  # case V32
    73.5
    """
    growth = 1.45e27 * max(time, 0.0) * exp(-400e3 / (GAS_CONSTANT * temperature))
    return ((grain_size * MICRON) ** 7 + growth) ** (1.0 / 7.0) / MICRON


@kernel
def metadynamic_share(strain, critical):
    """Return how much of the softening after a pass is metadynamic, 0 to 1: 1/(1 + exp(−(strain/critical − 1)/0.15)).

    Grains of a bar do not reach the critical strain all at once; the width is assumed.

    >>> metadynamic_share(0.4, 0.4)
    0.5
    """
    return 1.0 / (1.0 + exp(-min(max((strain / critical - 1.0) / SPREAD_OF_CRITICAL, -50.0), 50.0)))


@kernel
def _after(grain_size, new, half, exponent, temperature, pause):
    """Return (grain size [m], recrystallised share) after `pause` [s] of one kind of recrystallisation, and growth."""
    share = recrystallised_fraction(pause, half, exponent)
    mixed = share * new + (1.0 - share) * grain_size
    rest = pause - half * (log(20.0) / log(2.0)) ** (1.0 / exponent)
    return (grown_grain(mixed, temperature, rest) if rest > 0.0 else mixed), share


@kernel
def after_pause(grain_size, strain, strain_rate, pass_temperature, pause_temperature, pause):
    """Return (grain size [m], retained strain) after a pass and the pause that follows it.

    grain_size before the pass [m]; strain of the pass plus the retained strain before it; strain_rate [1/s];
    temperatures [K] of the pass and mean of the pause; pause [s]. Static recrystallisation below the critical strain,
    metadynamic above, both by `metadynamic_share` about it, so that the result is smooth in all arguments; then growth
    for what is left of the pause after 95 % recrystallisation.

    >>> grain, retained = after_pause(50e-6, 0.2, 10.0, 1223.15, 1223.15, 10.0)
    >>> round(1e6 * grain, 1), round(retained, 3)
    (44.1, 0.008)
    """
    if strain < 1e-3:
        return grown_grain(grain_size, pause_temperature, pause), strain
    zener = zener_hollomon(pass_temperature, strain_rate)
    dynamic = metadynamic_share(strain, critical_strain(grain_size, zener))
    slow, slow_share = _after(
        grain_size, static_grain(pause_temperature, strain, grain_size),
        static_half_time(pause_temperature, strain, grain_size), 1.0, pause_temperature, pause,
    )  # fmt: skip
    fast, fast_share = _after(
        grain_size, metadynamic_grain(zener), metadynamic_half_time(pause_temperature, zener), 1.5,
        pause_temperature, pause,
    )  # fmt: skip
    share = dynamic * fast_share + (1.0 - dynamic) * slow_share
    return dynamic * fast + (1.0 - dynamic) * slow, (1.0 - share) * strain
