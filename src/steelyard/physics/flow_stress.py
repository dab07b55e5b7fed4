"""Flow stress of steel in hot forming.

**Model** Three published equations of temperature, strain, strain rate (and carbon). Left out: softening between passes
(see physics/recrystallisation.py), the history of strain rate, ferrite below the transformation except in Shida.
**Holds** Hensel–Spittel: 700–1250 °C, strain 0.04–1.5, rate 0.01–500 1/s (as far as its coefficients were measured);
Shida: carbon 0.07–1.2 %, 700–1200 °C, strain up to 0.7, rate 0.1–100 1/s; Misaka: carbon up to 1.2 %, 750–1200 °C,
strain up to 0.5, rate 30–200 1/s.
**Source** Spittel & Spittel, Landolt–Börnstein VIII/2C1 (2009); Shida, J. JSTP 10 (1969) 610; Misaka & Yoshimoto, J.
JSTP 8 (1967) 414 (Shida and Misaka from memory: default).
**Checked** validation cases V17, V18, V19, V20.

`hensel_spittel` and `shida` give the stress *at* a strain, `misaka_mean` the mean over a pass from 0 to that strain: a
force law wants a mean, so give it `misaka_mean` or `hensel_spittel_mean`, never the stress at the end of the pass.
"""

from math import exp, log

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import STANDARD_GRAVITY, ZERO_CELSIUS

SMALLEST_STRAIN = 1e-3
"""Strain below which the equations, singular at zero, are evaluated at this strain."""

SMALLEST_RATE = 1e-3
"""Strain rate [1/s] below which the equations are evaluated at this rate."""


@kernel
def hensel_spittel(temperature, strain, strain_rate, a, m1, m2, m3, m4, m5, m6, m7, m8, m9):
    """Return the flow stress after Hensel and Spittel [Pa].

    σ = A·e^(m1·T)·ε^m2·ε̇^m3·e^(m4/ε)·(1+ε)^(m5·T+m6)·e^(m7·ε)·ε̇^(m8·T)·T^m9 with T in °C.
    temperature [K], strain [1], strain_rate [1/s], a [Pa], m1…m9 as published; strain at least 0.001, rate at least
    0.001 1/s. Source: Spittel & Spittel (2009); coefficients: materials/flow_stress.toml.

    >>> c45 = (3268.49e6, -0.00267855, 0.34446, 0.0, 5.51814e-4, -0.00132042, 0.0, 0.0166334, 1.49907e-4, 0.0)
    >>> round(hensel_spittel(1273.15, 0.3, 10.0, *c45) / 1e6, 1)  # MPa, case V19
    149.1
    """
    t = max(temperature - ZERO_CELSIUS, 1.0)
    e = max(strain, SMALLEST_STRAIN)
    power = m1 * t + m2 * log(e) + (m3 + m8 * t) * log(max(strain_rate, SMALLEST_RATE)) + m4 / e
    return a * exp(power + (m5 * t + m6) * log(1.0 + e) + m7 * e + m9 * log(t))


@kernel
def hensel_spittel_mean(
    temperature, strain, strain_rate, entry_strain, a, m1, m2, m3, m4, m5, m6, m7, m8, m9
):  # fmt: skip
    """Return the mean of `hensel_spittel` over a pass from `entry_strain` (retained) to entry_strain + strain [Pa].

    Mean over strain by five Gauss–Legendre points at constant temperature and rate; arguments as `hensel_spittel`.

    >>> c45 = (3268.49e6, -0.00267855, 0.34446, 0.0, 5.51814e-4, -0.00132042, 0.0, 0.0166334, 1.49907e-4, 0.0)
    >>> round(hensel_spittel_mean(1273.15, 0.3, 10.0, 0.0, *c45) / 1e6, 1)
    128.6
    """
    total = 0.0
    for i in range(5):
        if i == 0:
            x, weight = 0.046910077030668, 0.118463442528095
        elif i == 1:
            x, weight = 0.230765344947158, 0.239314335249683
        elif i == 2:
            x, weight = 0.5, 0.284444444444444
        elif i == 3:
            x, weight = 0.769234655052842, 0.239314335249683
        else:
            x, weight = 0.953089922969332, 0.118463442528095
        at = entry_strain + x * strain
        total += weight * hensel_spittel(temperature, at, strain_rate, a, m1, m2, m3, m4, m5, m6, m7, m8, m9)
    return total


@kernel
def shida_transition_temperature(carbon):
    """Return the temperature below which Shida counts ferrite [K]: 950·(C + 0.41)/(C + 0.32), C in %.

    >>> round(shida_transition_temperature(0.001) - 273.15, 1)
    880.4
    """
    c = 100.0 * carbon
    return 950.0 * (c + 0.41) / (c + 0.32)


@kernel
def shida(temperature, strain, strain_rate, carbon):
    """Return the flow stress after Shida [Pa].

    σ = g₀·s(T, C)·f(ε)·(ε̇/10)^m in kgf/mm², f = 1.3·(5ε)^n − 1.5·ε, n = 0.41 − 0.07·C (C in %), with one branch of s
    and m above the transition temperature and one below it. temperature [K], strain_rate [1/s], carbon as mass
    fraction. Source: Shida (1969), from memory, checked against a public code whose sign of the rate exponent and
    whose T in place of T_d below the transition are wrong (there the stress falls with rate).

    >>> round(shida(1273.15, 0.3, 10.0, 0.001) / 1e6, 1)  # MPa, case V17
    140.9
    """
    c = 100.0 * carbon
    t = temperature / 1000.0
    td = shida_transition_temperature(carbon) / 1000.0
    if t >= td:
        stress = 0.28 * exp(5.0 / t - 0.01 / (c + 0.05))
        m = (-0.019 * c + 0.126) * t + 0.075 * c - 0.050
    else:
        g = 30.0 * (c + 0.9) * (t - 0.95 * (c + 0.49) / (c + 0.42)) ** 2 + (c + 0.06) / (c + 0.09)
        stress = 0.28 * g * exp(5.0 / td - 0.01 / (c + 0.05))
        m = (0.081 * c - 0.154) * t - 0.019 * c + 0.207 + 0.027 / (c + 0.32)
    e = max(strain, SMALLEST_STRAIN)
    hardening = 1.3 * (5.0 * e) ** (0.41 - 0.07 * c) - 1.5 * e
    return 1e6 * STANDARD_GRAVITY * stress * hardening * (max(strain_rate, SMALLEST_RATE) / 10.0) ** m


@kernel
def misaka_mean(temperature, strain, strain_rate, carbon):
    """Return the mean flow stress over a pass after Misaka and Yoshimoto [Pa].

    σ_m = g₀·exp(0.126 − 1.75·C + 0.594·C² + (2851 + 2968·C − 1120·C²)/T)·ε^0.21·ε̇^0.13 in kgf/mm², C in %, T in K.
    carbon as mass fraction. Source: Misaka & Yoshimoto (1967), from memory.

    >>> round(misaka_mean(1273.15, 0.3, 10.0, 0.001) / 1e6, 1)  # MPa, case V18
    115.6
    """
    c = 100.0 * carbon
    thermal = 0.126 - 1.75 * c + 0.594 * c * c + (2851.0 + 2968.0 * c - 1120.0 * c * c) / temperature
    rate = max(strain_rate, SMALLEST_RATE) ** 0.13
    return 1e6 * STANDARD_GRAVITY * exp(thermal) * max(strain, SMALLEST_STRAIN) ** 0.21 * rate


@kernel
def minami_factor(niobium, manganese, titanium):
    """Return the factor on `misaka_mean` for microalloyed steel: 0.768 + 0.51·Nb + 0.137·Mn + 4.217·Ti, in %.

    Arguments as mass fractions. Source: Minami et al., ISIJ Int. 36 (1996) 1507, after Siciliano (from memory).

    >>> round(minami_factor(0.0, 0.014, 0.0), 3)
    0.96
    """
    return 0.768 + 51.0 * niobium + 13.7 * manganese + 421.7 * titanium
