"""Flat-jet water sprays on hot steel: force, impact, specific energy, scale removal, and the heat they take.

**Model** Momentum of the jet on its footprint; scale comes off along a logistic curve of the impact pressure; the heat
is that of a semi-infinite body under a constant coefficient for the short time under the jet, and what surface and
core show a little later is the exact response of a cylinder or plate to heat taken in one moment. Left out: jet
break-up and stand-off beyond geometry, cross flow of water, thermal shock as a mechanism of its own.
**Holds** 50–400 bar, times under the jet far shorter than r²/α, surface above the Leidenfrost point.
**Source** momentum balance; Carslaw & Jaeger, Conduction of Heat in Solids, 2nd ed., 2.7, 3.3, 7.6.
**Checked** tests/physics/test_spray.py.
"""

import math

from steelyard.engine.kernel import kernel

WATER_DENSITY = 1000.0
"""Density of water [kg/m³]."""

_ZEROS = (
    3.831706, 7.015587, 10.173468, 13.323692, 16.470630, 19.615859, 22.760084, 25.903672, 29.046829, 32.189680,
)  # fmt: skip
_BESSEL = (
    -0.402759, 0.300116, -0.249705, 0.218359, -0.196465, 0.180063, -0.167185, 0.156725, -0.148011, 0.140606,
)  # fmt: skip
_SHORTEST = 0.004  # Fourier number below which ten terms no longer do; the answer of 0.004 is given


@kernel
def jet_force(flow, pressure):
    """Return the force of a jet [N]: F = Q·√(2ρp), i.e. 0.2357·Q[L/min]·√p[bar]; flow [m³/s], pressure [Pa].

    >>> round(jet_force(1.0 / 60000.0, 1e5), 4)
    0.2357
    """
    return flow * math.sqrt(2.0 * WATER_DENSITY * max(pressure, 0.0))


@kernel
def impact_pressure(force, stand_off, spread_angle, depth_angle):
    """Return the mean pressure under a flat jet [Pa]: F/(b·d), b, d = 2·H·tan(α/2); stand_off H [m], angles [rad].

    >>> round(impact_pressure(75.0, 0.08, 0.5236, 0.05) / 1e6, 2)
    0.44
    """
    width = 2.0 * stand_off * math.tan(0.5 * spread_angle)
    return force / (width * 2.0 * stand_off * math.tan(0.5 * depth_angle))


@kernel
def specific_energy(pressure, flow, width, speed):
    """Return the hydraulic energy per descaled surface [J/m²]: p·Q/(w·v); Pa, m³/s, m, m/s.

    >>> round(specific_energy(200e5, 0.0167, 1.0, 5.0) / 1e3)
    67
    """
    return pressure * flow / (width * speed)


@kernel
def removed_share(impact, half_impact, impact_width):
    """Return the share of scale that comes off: 1/(1 + exp(−(p − p₅₀)/s)), set to 0 at p = 0; all in Pa.

    >>> removed_share(0.0, 0.4e6, 0.1e6), round(removed_share(0.4e6, 0.4e6, 0.1e6), 2)
    (0.0, 0.49)
    """
    at_rest = 1.0 / (1.0 + math.exp(half_impact / impact_width))
    share = 1.0 / (1.0 + math.exp(-(impact - half_impact) / impact_width))
    return max((share - at_rest) / (1.0 - at_rest), 0.0)


@kernel
def heat_taken(temperature_difference, coefficient, effusivity, time):
    """Return the heat [J/m²] that a semi-infinite body gives off through `coefficient` [W/(m²·K)] in `time` [s].

    Q = (e²/h)·ΔT·[exp(x²)·erfc(x) − 1 + 2x/√π], x = h·√t/e, e = √(kρc) [W·√s/(m²·K)]. Source: Carslaw & Jaeger, 2.7.
    For small x it is h·ΔT·t, for large x 2·e·ΔT·√(t/π).

    >>> round(heat_taken(1000.0, 10.0, 12000.0, 0.05))
    500
    """
    x = coefficient * math.sqrt(max(time, 0.0)) / effusivity
    if x < 1e-3:
        return coefficient * temperature_difference * time * (1.0 - 4.0 * x / (3.0 * math.sqrt(math.pi)))
    if x > 5.0:
        decay = 1.0 / (x * math.sqrt(math.pi)) * (1.0 - 0.5 / (x * x))
    else:
        decay = math.exp(x * x) * math.erfc(x)
    gain = decay - 1.0 + 2.0 * x / math.sqrt(math.pi)
    return effusivity * effusivity / coefficient * temperature_difference * gain


@kernel
def cylinder_response(fourier):
    """Return the drop of surface and core over the drop of the mean, after heat left a cylinder in one moment.

    surface 1 + Σ exp(−β²Fo), core 1 + Σ exp(−β²Fo)/J₀(β), β the zeros of J₁, Fo = αt/r². Source: Carslaw & Jaeger, 7.6.

    >>> surface, core = cylinder_response(0.05)
    >>> round(surface, 2), round(core, 2)
    (1.57, 0.07)
    """
    surface, core = 1.0, 1.0
    time = max(fourier, _SHORTEST)
    for i in range(10):
        decay = math.exp(-_ZEROS[i] * _ZEROS[i] * time)
        surface += decay
        core += decay / _BESSEL[i]
    return surface, max(core, 0.0)


@kernel
def plate_response(fourier):
    """Return the drop of surface and core over the drop of the mean, after heat left both faces of a plate at once.

    surface 1 + 2·Σ exp(−n²π²Fo), core with (−1)ⁿ, Fo = αt/(half thickness)². Source: Carslaw & Jaeger, 3.3.

    >>> surface, core = plate_response(0.1)
    >>> round(surface, 2), round(core, 2)
    (1.78, 0.29)
    """
    surface, core, sign = 1.0, 1.0, -1.0
    time = max(fourier, _SHORTEST)
    for n in range(1, 11):
        decay = 2.0 * math.exp(-n * n * math.pi * math.pi * time)
        surface += decay
        core += sign * decay
        sign = -sign
    return surface, max(core, 0.0)
