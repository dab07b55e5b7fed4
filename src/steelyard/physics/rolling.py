"""The roll gap: geometry, flattening, slip, force and torque of one hot pass between two equal rolls.

**Model** Plane strain of an equivalent flat pass (grooves: physics/groove.py). Force laws share the signature
`law(entry_thickness, exit_thickness, width, radius, yield_stress, friction) -> N`, torque laws the same `-> N·m per
roll`, so that a caller passes its choice; `width` is the mean contact width, `radius` the (flattened) roll radius,
`yield_stress` the *mean* uniaxial flow stress over the pass; the laws put in 2/√3 for plane strain themselves where it
belongs. Left out: tension, roll bending, elastic zones (cold rolling).
**Holds** hot rolling with contact length/mean thickness from about 0.3 (Hensel) or 1 (Sims, Lippmann–Mahrenholtz) up
to 10.
**Source** Sims, Proc. IMechE 168 (1954) 191; Hitchcock, ASME (1935); Orowan & Pascoe (1946); Lippmann & Mahrenholtz
(1967); Hensel & Poluchin (coefficients as in the public code pyroll-hensel-force-torque); Ekelund. Cold and Coulomb
friction: physics/roll_gap_slab.py.
**Checked** validation cases V21, V22, V24, V28.
"""

from math import atan, exp, log, pi, sqrt, tan

from steelyard.engine.kernel import kernel
from steelyard.physics.constants import ZERO_CELSIUS

PLANE_STRAIN = 1.1547005383792517
"""2/√3: plane-strain over uniaxial yield stress after von Mises."""

MOST_FLATTENING = 6.0
"""Greatest ratio of flattened to free radius that `hitchcock_radius` returns; beyond it the arc is no circle."""


@kernel
def contact_length(radius, draught):
    """Return the projected length of contact [m]: L = sqrt(R·Δh), 0 without draught.

    >>> round(1e3 * contact_length(0.250, 0.003), 1)  # mm, case V22
    27.4
    """
    return sqrt(radius * max(draught, 0.0))


@kernel
def greatest_draught(radius, friction):
    """Return the greatest draught the rolls take in by themselves [m]: μ²·R.

    >>> round(1e3 * greatest_draught(0.250, 0.12), 2)  # mm, case V22
    3.6
    """
    return friction * friction * radius


@kernel
def rolling_strain(entry_thickness, exit_thickness):
    """Return the equivalent strain of a plane-strain pass: (2/√3)·ln(h₁/h₂), 0 without draught.

    >>> round(rolling_strain(0.040, 0.028), 4)
    0.4119
    """
    if exit_thickness >= entry_thickness:
        return 0.0
    return PLANE_STRAIN * log(entry_thickness / exit_thickness)


@kernel
def strain_rate(strain, roll_speed, length):
    """Return the mean strain rate of a pass [1/s]: ε·v/L; strain, roll_speed [m/s], contact length [m].

    >>> round(strain_rate(0.4119, 1.0, 0.07), 2)
    5.88
    """
    return strain * roll_speed / max(length, 1e-6)


@kernel
def hitchcock_constant(elastic_modulus, poisson_ratio):
    """Return the constant of `hitchcock_radius` [1/Pa]: 16·(1 − ν²)/(π·E).

    >>> round(1e6 * 1e5 * hitchcock_constant(210e9, 0.3), 3)  # 1e-5 mm²/N, case V21
    2.207
    """
    return 16.0 * (1.0 - poisson_ratio * poisson_ratio) / (pi * elastic_modulus)


@kernel
def hitchcock_radius(radius, force, width, draught, constant):
    """Return the radius of the flattened roll [m]: R′ = R·(1 + C₀·F/(b·Δh)), at most 6·R, R without draught.

    force [N], width [m], draught [m], constant [1/Pa] from `hitchcock_constant`. Source: Hitchcock (1935).

    >>> round(1e3 * hitchcock_radius(0.400, 13.65e6, 1.2, 0.012, 2.21e-11), 1)  # mm, case V28
    408.4
    """
    if draught <= 0.0:
        return radius
    return radius * min(1.0 + constant * max(force, 0.0) / (width * draught), MOST_FLATTENING)


@kernel
def forward_slip(radius, exit_thickness, neutral_angle):
    """Return how much faster the bar leaves than the rolls turn, (v₂ − v_r)/v_r: (R/h₂)·φ_n², small angles.

    >>> round(forward_slip(0.200, 0.0048, 0.0227), 4)
    0.0215
    """
    return radius / exit_thickness * neutral_angle * neutral_angle


@kernel
def _neutral_angle(reduction, exit_thickness, radius, share):
    slender = sqrt(exit_thickness / radius)
    angle = 0.5 * share * slender * log(1.0 - reduction) + 0.5 * atan(sqrt(reduction / (1.0 - reduction)))
    return max(slender * tan(angle), 0.0)


@kernel
def sims_neutral_angle(entry_thickness, exit_thickness, radius):
    """Return the angle of the neutral point after Sims [rad]; 0 without draught.

    φ_n = sqrt(h₂/R)·tan[(π/8)·sqrt(h₂/R)·ln(1 − r) + ½·atan sqrt(r/(1 − r))]; at least 0.

    >>> round(sims_neutral_angle(0.040, 0.028, 0.4084), 4)
    0.0677
    """
    if exit_thickness >= entry_thickness:
        return 0.0
    return _neutral_angle(1.0 - exit_thickness / entry_thickness, exit_thickness, radius, 0.25 * pi)


@kernel
def _sticking_multiplier(entry_thickness, exit_thickness, radius, share):
    """Return p_mean/K for sticking friction K/2 and dp = share·K·dh/h ± …; share π/4 is Sims, 1 homogeneous slabs."""
    reduction = 1.0 - exit_thickness / entry_thickness
    if reduction < 1e-4:
        return share
    slope = sqrt((1.0 - reduction) / reduction)
    angle = _neutral_angle(reduction, exit_thickness, radius, share)
    neutral = exit_thickness + radius * angle * angle
    hill = slope * sqrt(radius / exit_thickness)
    friction = 0.5 * log(1.0 / (1.0 - reduction)) - log(neutral / exit_thickness)
    return 2.0 * share * slope * atan(1.0 / slope) - share + hill * friction


@kernel
def sims_multiplier(entry_thickness, exit_thickness, radius):
    """Return the mean roll pressure over the plane-strain yield stress after Sims, Q_p.

    Q_p = (π/2)·s·atan(1/s) − π/4 − s·sqrt(R/h₂)·ln(h_n/h₂) + (s/2)·sqrt(R/h₂)·ln(1/(1 − r)), s = sqrt((1 − r)/r);
    π/4 without draught.

    >>> round(sims_multiplier(0.040, 0.028, 0.4084), 3)  # case V28
    1.268
    """
    return _sticking_multiplier(entry_thickness, exit_thickness, radius, 0.25 * pi)


@kernel
def sims_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force after Sims [N]: b·L·(2/√3)·σ·Q_p; sticking, so `friction` does not enter.

    >>> round(sims_force(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3) / 1e6, 2)
    13.64
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    return width * length * PLANE_STRAIN * yield_stress * sims_multiplier(entry_thickness, exit_thickness, radius)


@kernel
def sims_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the torque per roll after Sims [N·m]: R²·b·(2/√3)·σ·(α/2 − φ_n), α = sqrt(Δh/R).

    >>> round(sims_torque(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3) / 1e3)
    461
    """
    if exit_thickness >= entry_thickness:
        return 0.0
    bite = sqrt((entry_thickness - exit_thickness) / radius)
    lever = 0.5 * bite - sims_neutral_angle(entry_thickness, exit_thickness, radius)
    return radius * radius * width * PLANE_STRAIN * yield_stress * max(lever, 0.0)


@kernel
def lippmann_mahrenholtz_multiplier(entry_thickness, exit_thickness, radius):
    """Return the mean pressure over the plane-strain yield stress for homogeneous slabs with sticking friction.

    As `sims_multiplier` with 1 in place of π/4 (Sims took Orowan's inhomogeneous stress); 1 without draught.
    Source: Lippmann & Mahrenholtz, Plastomechanik der Umformung (1967), without tension; derived here from
    h·dp/dφ = K·(2·R·φ ± R), p = K at both ends, and checked against its numerical integration.

    >>> round(lippmann_mahrenholtz_multiplier(0.040, 0.028, 0.4084), 3)
    1.463
    """
    return _sticking_multiplier(entry_thickness, exit_thickness, radius, 1.0)


@kernel
def lippmann_mahrenholtz_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force after Lippmann and Mahrenholtz [N]; sticking, so `friction` does not enter.

    >>> sims = sims_force(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3)
    >>> round(lippmann_mahrenholtz_force(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3) / sims, 3)
    1.154
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    multiplier = lippmann_mahrenholtz_multiplier(entry_thickness, exit_thickness, radius)
    return width * length * PLANE_STRAIN * yield_stress * multiplier


@kernel
def lippmann_mahrenholtz_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the torque per roll [N·m] of sticking friction about the neutral angle of homogeneous slabs.

    >>> sims = sims_torque(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3)
    >>> round(lippmann_mahrenholtz_torque(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3) / sims, 2)
    1.16
    """
    if exit_thickness >= entry_thickness:
        return 0.0
    angle = _neutral_angle(1.0 - exit_thickness / entry_thickness, exit_thickness, radius, 1.0)
    lever = 0.5 * sqrt((entry_thickness - exit_thickness) / radius) - angle
    return radius * radius * width * PLANE_STRAIN * yield_stress * max(lever, 0.0)


@kernel
def hensel_efficiency(shape):
    """Return the forming efficiency η of Hensel and Poluchin; `shape` = contact area (one roll) over mean section.

    1/η = 0.9901 + 0.106·A + 0.0283·A² + 1.5718·e^(−2.4609·A) + 0.3117·e^(−15.625·A²). It holds for small A too, where
    the section does not yield through; η is greatest, about 0.81, near A = 1.25.

    >>> round(hensel_efficiency(1.0), 3), round(hensel_efficiency(0.2), 3)
    (0.795, 0.467)
    """
    a = max(shape, 0.0)
    inverse = 0.9901 + 0.106 * a + 0.0283 * a * a + 1.5718 * exp(-2.4609 * a) + 0.3117 * exp(-15.625 * a * a)
    return 1.0 / inverse


@kernel
def hensel_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force after Hensel and Poluchin [N]: b·L·σ/η(L/h_m); made for bars, no plane-strain factor.

    >>> round(hensel_force(0.040, 0.030, 0.045, 0.160, 120e6, 0.3) / 1e3, 1)
    268.4
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    mean = 0.5 * (entry_thickness + exit_thickness)
    return width * length * yield_stress / hensel_efficiency(length / mean)


@kernel
def hensel_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the torque per roll [N·m] from the forming work: ½·(σ/η)·ln(h₁/h₂)·b·h₂·R.

    Power of both rolls = (σ/η)·φ·volume flow (b·h₂·v, without forward slip); torque = power·R/(2·v).

    >>> round(hensel_torque(0.040, 0.030, 0.045, 0.160, 120e6, 0.3) / 1e3, 2)
    4.63
    """
    if exit_thickness >= entry_thickness:
        return 0.0
    length = contact_length(radius, entry_thickness - exit_thickness)
    shape = 2.0 * length / (entry_thickness + exit_thickness)
    work = yield_stress / hensel_efficiency(shape) * log(entry_thickness / exit_thickness)
    return 0.5 * work * width * exit_thickness * radius


@kernel
def orowan_pascoe_multiplier(entry_thickness, exit_thickness, radius):
    """Return mean pressure over plane-strain yield stress after Orowan and Pascoe: 0.8 + 0.25·L/h_m, a quick estimate.

    >>> round(orowan_pascoe_multiplier(0.040, 0.028, 0.4084), 3)
    1.315
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    return 0.8 + 0.5 * length / (entry_thickness + exit_thickness)


@kernel
def orowan_pascoe_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force after Orowan and Pascoe [N]; sticking, so `friction` does not enter.

    >>> round(orowan_pascoe_force(0.040, 0.028, 1.2, 0.4084, 110.9e6, 0.3) / 1e6, 2)
    14.14
    """
    length = contact_length(radius, entry_thickness - exit_thickness)
    multiplier = orowan_pascoe_multiplier(entry_thickness, exit_thickness, radius)
    return width * length * PLANE_STRAIN * yield_stress * multiplier


@kernel
def ekelund_friction(temperature):
    """Return the friction of steel rolls on hot steel: 1.05 − 0.0005·T(°C), kept within 0.15 and 0.4. Source: Ekelund.

    >>> round(ekelund_friction(1473.15), 3)
    0.4
    """
    return min(max(1.05 - 0.0005 * (temperature - ZERO_CELSIUS), 0.15), 0.4)


@kernel
def ekelund_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force after Ekelund [N]: b·L·σ·(1 + (1.6·μ·L − 1.2·Δh)/(h₁ + h₂)); from memory.

    >>> round(ekelund_force(0.040, 0.030, 0.045, 0.160, 120e6, 0.4) / 1e3, 1)
    258.0
    """
    draught = max(entry_thickness - exit_thickness, 0.0)
    length = contact_length(radius, draught)
    rise = (1.6 * friction * length - 1.2 * draught) / (entry_thickness + exit_thickness)
    return width * length * yield_stress * (1.0 + max(rise, 0.0))


@kernel
def lever_arm_torque(force, length, lever_arm):
    """Return the torque per roll [N·m]: F·m·L, the lever arm m (0.4–0.5) as a share of the contact length.

    >>> round(lever_arm_torque(1444786.0, 0.02738613, 0.5))  # case V22
    19784
    """
    return force * lever_arm * length


@kernel
def rolling_power(torque, roll_speed, radius):
    """Return the power of both rolls [W]: 2·G·v/R; torque per roll [N·m], roll_speed at the surface [m/s].

    >>> round(rolling_power(19786.0, 1.309, 0.250) / 1e3, 1)
    207.2
    """
    return 2.0 * torque * roll_speed / radius
