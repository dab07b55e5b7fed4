"""The slab method: pressure along the roll gap under Coulomb friction, and its short forms.

**Model** Plane strain, homogeneous slabs, rigid circular rolls, no tension: pressure rises from entry and exit towards
the neutral point (von Kármán; Bland & Ford). The yield stress may change linearly with the angle from entry to exit.
**Holds** friction below about 0.3 and thin bars (contact length/thickness > 2); hot sticking passes:
physics/rolling.py.
**Source** Ghosh & Mallik, Manufacturing Science, ch. 3; Dieter, Mechanical Metallurgy, ch. 17.
**Checked** validation cases V23, V24.
"""

from math import atan, exp, log, sqrt, tan

from steelyard.engine.kernel import kernel
from steelyard.physics.rolling import PLANE_STRAIN, contact_length


@kernel
def _hump(radius, exit_thickness, angle):
    slender = sqrt(radius / exit_thickness)
    return 2.0 * slender * atan(slender * angle)


@kernel
def coulomb_neutral_angle(entry_thickness, exit_thickness, radius, friction):
    """Return the neutral angle under Coulomb friction [rad]; 0 when the rolls slip over the whole arc.

    φ_n = sqrt(h₂/R)·tan(½·sqrt(h₂/R)·H_n), H_n = ½·(H₁ − ln(h₁/h₂)/μ), H = 2·sqrt(R/h₂)·atan(sqrt(R/h₂)·φ).

    >>> round(coulomb_neutral_angle(0.006, 0.0048, 0.200, 0.1), 4)  # case V23
    0.0227
    """
    bite = sqrt((entry_thickness - exit_thickness) / radius)
    neutral = 0.5 * (_hump(radius, exit_thickness, bite) - log(entry_thickness / exit_thickness) / friction)
    slender = sqrt(exit_thickness / radius)
    return max(slender * tan(0.5 * slender * neutral), 0.0)


@kernel
def _zone(low, high, bite, exit_thickness, radius, entry_stress, exit_stress, friction, steps):
    """Integral of the pressure over the arc between two angles on one side of the neutral point (midpoints) [Pa]."""
    whole = _hump(radius, exit_thickness, bite)
    entry_thickness = exit_thickness + radius * bite * bite
    total = 0.0
    for i in range(steps):
        angle = low + (high - low) * (i + 0.5) / steps
        height = exit_thickness + radius * angle * angle
        hump = _hump(radius, exit_thickness, angle)
        ahead = height / exit_thickness * exp(friction * hump)
        behind = height / entry_thickness * exp(friction * (whole - hump))
        stress = exit_stress + (entry_stress - exit_stress) * angle / bite
        total += PLANE_STRAIN * stress * min(ahead, behind)
    return total * (high - low) / steps


@kernel
def coulomb_pass(entry_thickness, exit_thickness, width, radius, entry_stress, exit_stress, friction, steps):
    """Return (force [N], torque per roll [N·m]) by integration of the pressure over the arc.

    p = k·(h/h₂)·e^(μH) from the exit, k·(h/h₁)·e^(μ(H₁ − H)) from the entry, the smaller of both; k = (2/√3)·σ with σ
    linear in the angle between entry_stress and exit_stress [Pa, uniaxial]. steps: midpoints on each side of the
    neutral point.

    >>> force, torque = coulomb_pass(0.006, 0.0048, 0.150, 0.200, 750e6 / 1.1547, 750e6 / 1.1547, 0.1, 100)
    >>> round(force / 1e3), round(torque / 1e3, 2)  # case V23
    (1907, 15.5)
    """
    bite = sqrt((entry_thickness - exit_thickness) / radius)
    neutral = coulomb_neutral_angle(entry_thickness, exit_thickness, radius, friction)
    arguments = (bite, exit_thickness, radius, entry_stress, exit_stress, friction, steps)
    ahead = _zone(0.0, neutral, *arguments)
    behind = _zone(neutral, bite, *arguments)
    return width * radius * (behind + ahead), width * radius * radius * friction * (behind - ahead)


@kernel
def coulomb_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force by the friction hill of mean height [N]: (2/√3)·σ·b·L·(e^Q − 1)/Q, Q = μ·L/h_m.

    A force law as those of physics/rolling.py. Source: Dieter, ch. 17.

    >>> round(coulomb_force(0.040, 0.028, 0.760, 0.450, 170e6 / 1.1547005, 0.3) / 1e6, 2)  # case V24
    13.36
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    hill = 2.0 * friction * length / (entry_thickness + exit_thickness)
    rise = (exp(hill) - 1.0) / hill if hill > 1e-9 else 1.0
    return PLANE_STRAIN * yield_stress * width * length * rise


@kernel
def sticking_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force by the sticking friction hill [N]: (2/√3)·σ·b·L·(1 + L/(4·h_m)); `friction` does not enter.

    >>> round(sticking_force(0.040, 0.028, 0.760, 0.450, 170e6 / 1.1547005, 0.3) / 1e6, 2)  # case V24
    14.62
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    mean = 0.5 * (entry_thickness + exit_thickness)
    return PLANE_STRAIN * yield_stress * width * length * (1.0 + 0.25 * length / mean)
