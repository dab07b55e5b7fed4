"""Spread: how much wider a bar leaves the roll gap.

**Model** Empirical equations for flat rolls; in grooves they are used on the equivalent flat pass (physics/groove.py),
and a factor on the logarithmic spread is fitted to records. One signature, so that a caller passes the law as a
choice: `law(entry_thickness, entry_width, exit_thickness, radius, temperature) -> exit width`, all [m] and [K].
**Holds** hot steel, width/thickness below about 10; a pass without draught leaves the width as it is.
**Source** as each function says; all from memory of the cited papers: defaults.
**Checked** tests/physics/test_rolling_spread.py (limits and trends; no measured spread at hand).
"""

from math import exp, log, sqrt

from steelyard.engine.kernel import kernel


@kernel
def wusatowski(entry_thickness, entry_width, exit_thickness, radius, temperature):
    """Return the exit width after Wusatowski [m]: b₁ = b₀·(h₁/h₀)^(−W), for soft steel on steel rolls.

    W = 10^(−1.269·(b₀/h₀)·(h₀/D)^0.556) for h₁/h₀ above 0.5 (the rule used here throughout; the published set for
    heavier draughts makes a jump). Temperature does not enter: the published factor is 1 above 900 °C and 1.005 below.
    Source: Wusatowski, Fundamentals of Rolling (1969), from memory.

    >>> round(1e3 * wusatowski(0.040, 0.040, 0.030, 0.160, 1373.15), 2)
    44.86
    """
    if exit_thickness >= entry_thickness:
        return entry_width
    slender = entry_width / entry_thickness
    power = 10.0 ** (-1.269 * slender * (0.5 * entry_thickness / radius) ** 0.556)
    return entry_width * (entry_thickness / exit_thickness) ** power


@kernel
def hill(entry_thickness, entry_width, exit_thickness, radius, temperature):
    """Return the exit width after Hill [m]: ln(b₁/b₀) = S·ln(h₀/h₁), S = ½·exp(−½·b₀/L), L = sqrt(R·Δh).

    Temperature does not enter. Source: Hill, The Mathematical Theory of Plasticity (1950), from memory.

    >>> round(1e3 * hill(0.040, 0.040, 0.030, 0.160, 1373.15), 2)
    43.65
    """
    draught = entry_thickness - exit_thickness
    if draught <= 0.0:
        return entry_width
    share = 0.5 * exp(-0.5 * entry_width / sqrt(radius * draught))
    return entry_width * (entry_thickness / exit_thickness) ** share


@kernel
def sparling(entry_thickness, entry_width, exit_thickness, radius, temperature):
    """Return the exit width after Sparling [m]: ln(b₁/b₀) = S·ln(h₀/h₁).

    S = 0.981·exp(−1.6735·b₀^0.9/(R^0.55·h₀^0.1·Δh^0.25)). Temperature does not enter. Source: Sparling, Proc. IMechE
    175 (1961) 604, from memory.

    >>> round(1e3 * sparling(0.040, 0.040, 0.030, 0.160, 1373.15), 2)
    43.92
    """
    draught = entry_thickness - exit_thickness
    if draught <= 0.0:
        return entry_width
    shape = entry_width**0.9 / (radius**0.55 * entry_thickness**0.1 * draught**0.25)
    return entry_width * (entry_thickness / exit_thickness) ** (0.981 * exp(-1.6735 * shape))


@kernel
def helmi_alexander(entry_thickness, entry_width, exit_thickness, radius, temperature):
    """Return the exit width after Helmi and Alexander [m]: ln(b₁/b₀) = S·ln(h₀/h₁).

    S = 0.95·(h₀/b₀)^1.1·exp(−0.707·(b₀/L)·(h₀/b₀)^0.971), at most 1 (made for b₀ ≥ h₀). Temperature does not enter.
    Source: Helmi & Alexander, JISI 206 (1968) 1110, from memory.

    >>> round(1e3 * helmi_alexander(0.040, 0.040, 0.030, 0.160, 1373.15), 2)
    45.77
    """
    draught = entry_thickness - exit_thickness
    if draught <= 0.0:
        return entry_width
    slim = entry_thickness / entry_width
    share = min(0.95 * slim**1.1 * exp(-0.707 * entry_width / sqrt(radius * draught) * slim**0.971), 1.0)
    return entry_width * (entry_thickness / exit_thickness) ** share


@kernel
def spread_exponent(entry_thickness, entry_width, exit_thickness, exit_width):
    """Return S = ln(b₁/b₀)/ln(h₀/h₁): the share of the thickness strain that goes sideways; 0 without draught.

    >>> round(spread_exponent(2.0, 1.0, 1.0, 2.0**0.5), 3)
    0.5
    """
    if exit_thickness >= entry_thickness:
        return 0.0
    return log(exit_width / entry_width) / log(entry_thickness / exit_thickness)


@kernel
def scaled_spread(entry_width, exit_width, factor):
    """Return the exit width with the logarithmic spread times `factor` [m]: b₀·(b₁/b₀)^factor.

    >>> round(scaled_spread(1.0, 1.21, 0.5), 3)
    1.1
    """
    return entry_width * (exit_width / entry_width) ** factor
