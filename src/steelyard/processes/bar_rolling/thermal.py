"""Temperature of a bar in rings from the core to the surface: cooling between passes, chill of the rolls, water box.

**Model** RINGS rings that keep their share of the section from pass to pass, thin under the surface; backward Euler in
growing steps, radiation linearised over each step; a section that is not round conducts better by the square of its
perimeter over that of the circle (assumed). In the mill the steel is austenite, undercooled if need be: its heat
capacity alone; the heat of transformation belongs to the cooling bed. Left out: temperature along the bar (the ends: `end_difference`), unequal
cooling around the perimeter, the heat of friction as one of the surface.
**Holds** any pause; 500–1350 °C.
**Source** Patankar (1980), ch. 4; radiation after Incropera, ch. 13.
**Checked** validation case V06 through tests/processes/bar_rolling/test_thermal.py; energy closes there too.
"""

from math import exp, log, pi, sqrt

from steelyard.engine.kernel import kernel
from steelyard.physics.phase_heat import phase_heat_capacity
from steelyard.physics.radiation import radiation_coefficient
from steelyard.processes.bar_rolling.blocks import RINGS

EDGE = (0.0, 0.35, 0.55, 0.70, 0.81, 0.89, 0.945, 0.98, 1.0)
"""Radii between the rings over that of the bar."""

SHARE = tuple(EDGE[i + 1] ** 2 - EDGE[i] ** 2 for i in range(RINGS))
_CENTRE = tuple(sqrt(0.5 * (EDGE[i] ** 2 + EDGE[i + 1] ** 2)) for i in range(RINGS))
_BETWEEN = tuple(2.0 * pi / log(b / a) for a, b in zip(_CENTRE, (*_CENTRE[1:], 1.0), strict=True))
FIRST_STEP, LONGEST_STEP, GROWTH = 0.05, 2.0, 1.7
CHILL_STEPS = 3


@kernel
def mean_temperature(bar):
    """Return the mean temperature of `bar` over its section [K]."""
    total = 0.0
    for i in range(RINGS):
        total += SHARE[i] * bar.ring[i]
    return total


@kernel
def shift(bar, difference):
    """Shift all temperatures of `bar` by `difference` [K]."""
    for i in range(RINGS):
        bar.ring[i] += difference
    bar.surface += difference


@kernel
def set_profile(bar, core, surface, mean):
    """Give `bar` a parabola from `core` to `surface` [K], shifted so that its mean is `mean` [K]."""
    for i in range(RINGS):
        bar.ring[i] = core + (surface - core) * _CENTRE[i] * _CENTRE[i]
    bar.surface = surface
    shift(bar, mean - mean_temperature(bar))


@kernel
def exchange(bar, conductivity, density, coefficient, environment, dt):
    """Advance the rings of `bar` by `dt` [s] under one surface coefficient; return the heat lost per length [J/m].

    coefficient [W/(m²·K)] to `environment` [K]. One backward Euler step.
    """
    circle = 2.0 * sqrt(pi * bar.area)
    bulge = bar.perimeter / circle
    inner = conductivity * bulge * bulge
    film = max(coefficient, 1e-6) * bar.perimeter
    skin = inner * _BETWEEN[RINGS - 1]
    outer = film * skin / (film + skin)
    mass = density * bar.area / dt
    left = 0.0
    below = 0.0
    for i in range(RINGS):
        stored = mass * SHARE[i] * phase_heat_capacity(bar.ring[i], 1.0)
        right = inner * _BETWEEN[i] if i < RINGS - 1 else outer
        load = stored * bar.ring[i]
        if i == RINGS - 1:
            load += outer * environment
        if i == 0:
            pivot = stored + right
            bar.ring[i] = load / pivot
        else:
            pivot = stored + left + right - left * below
            bar.ring[i] = (load + left * bar.ring[i - 1]) / pivot
        below = right / pivot
        bar.sweep[i] = below
        left = right
    for i in range(RINGS - 2, -1, -1):
        bar.ring[i] += bar.sweep[i] * bar.ring[i + 1]
    flow = outer * (bar.ring[RINGS - 1] - environment)
    bar.surface = environment + flow / film
    return flow * dt


@kernel
def cool_in_air(bar, p, seconds):
    """Cool `bar` by radiation and convection for `seconds`, and let its scale grow; return the heat lost per length [J/m]."""
    left, step, lost = seconds, FIRST_STEP, 0.0
    while left > 1e-9:
        dt = min(step, left) if left - step > 0.25 * step else left
        emissivity = p.emissivity * p.radiation_factor
        h = radiation_coefficient(bar.surface, p.ambient_temperature, emissivity) + p.convection_coefficient
        lost += exchange(bar, p.conductivity, p.density, h, p.ambient_temperature, dt)
        left -= dt
        step = min(step * GROWTH, LONGEST_STEP)
    grow_scale(bar, p.scale_growth, seconds)
    return lost


@kernel
def grow_scale(bar, growth, seconds):
    """Grow the scale of `bar` parabolically: growth [m²/s] at 1100 °C, activation energy 169.5 kJ/mol (brief, V13)."""
    rate = growth * exp(-20381.5 * (1.0 / max(bar.surface, 300.0) - 1.0 / 1373.15))
    bar.scale = sqrt(bar.scale * bar.scale + rate * seconds)


@kernel
def chill(bar, conductivity, density, coefficient, environment, seconds):
    """Cool `bar` through one film (rolls, water) for `seconds` in CHILL_STEPS steps; return the heat per length [J/m]."""
    lost = 0.0
    for _ in range(CHILL_STEPS):
        dt = seconds / CHILL_STEPS
        lost += exchange(bar, conductivity, density, coefficient, environment, dt)
    return lost
