"""Conduction of heat through a layered plane wall.

**Model** Finite volumes: each cell has one temperature and its own thickness, conductivity and volumetric heat;
backward Euler in time, solved by the Thomas algorithm in place. Left out: curvature, contact resistance,
properties that change with temperature within a step.
**Holds** for any step (unconditionally stable, first order in time, second order in space).
**Source** Patankar, Numerical Heat Transfer and Fluid Flow (1980), ch. 4 (harmonic mean at faces).
**Checked** validation case L6; energy closes to rounding (tests/physics/test_conduction.py).
"""

from math import pi, sqrt

from steelyard.engine.kernel import kernel


@kernel
def conduct_wall(
    temperature, thickness, conductivity, heat_capacity, inside_coefficient, inside_temperature, outside_coefficient,
    outside_temperature, dt, scratch,
):  # fmt: skip
    """Advance a plane wall by `dt` [s] in place; return the heat fluxes (in at the inside, out at the outside) [W/m²].

    ρc·∂T/∂t = ∂/∂x(k·∂T/∂x);  k·∂T/∂x = h·(T_face − T_fluid) at both faces.

    temperature: cell temperatures from inside to outside, float64 (n,) [K], changed in place. thickness (n,) [m],
    conductivity (n,) [W/(m·K)], heat_capacity (n,) per volume [J/(m³·K)]. inside_coefficient, outside_coefficient: heat
    transfer between fluid and face [W/(m²·K)], 0 = insulated; inside_temperature, outside_temperature [K].
    scratch: float64 (n,), overwritten. The fluxes are those of the new temperatures, hence
    Σ ρc·Δx·(T_new − T_old) = dt·(flux in − flux out) to rounding. Errors: none; n >= 2, thickness and conductivity > 0.

    >>> import numpy as np
    >>> wall, dx, k, c = np.full(3, 300.0), np.full(3, 0.1), np.full(3, 2.0), np.full(3, 1.0)
    >>> into, out = conduct_wall(wall, dx, k, c, 1e12, 500.0, 1e12, 300.0, 1e9, np.zeros(3))
    >>> round(into, 3), round(out, 3)  # steady: k·ΔT/thickness = 2·200/0.3
    (1333.333, 1333.333)
    """
    n = temperature.shape[0]
    inside = inside_coefficient / (1.0 + inside_coefficient * 0.5 * thickness[0] / conductivity[0])
    outside = outside_coefficient / (1.0 + outside_coefficient * 0.5 * thickness[n - 1] / conductivity[n - 1])
    left = inside
    pull = inside * inside_temperature
    below = 0.0
    for i in range(n):
        if i < n - 1:
            right = 2.0 / (thickness[i] / conductivity[i] + thickness[i + 1] / conductivity[i + 1])
            load = pull
        else:
            right = outside
            load = pull + outside * outside_temperature
        stored = heat_capacity[i] * thickness[i] / dt
        if i == 0:
            pivot = stored + left + right
            temperature[i] = (stored * temperature[i] + load) / pivot
        else:
            pivot = stored + left + right - left * below
            temperature[i] = (stored * temperature[i] + load + left * temperature[i - 1]) / pivot
        below = right / pivot
        scratch[i] = below
        left = right
        pull = 0.0
    for i in range(n - 2, -1, -1):
        temperature[i] += scratch[i] * temperature[i + 1]
    return inside * (inside_temperature - temperature[0]), outside * (temperature[n - 1] - outside_temperature)


@kernel
def stored_heat(temperature, thickness, heat_capacity, reference_temperature):
    """Return the heat stored in a wall above `reference_temperature` [J/m²]: Σ ρc·Δx·(T − T_ref).

    >>> import numpy as np
    >>> stored_heat(np.array([310.0, 320.0]), np.array([0.5, 0.5]), np.array([2.0, 2.0]), 300.0)
    30.0
    """
    heat = 0.0
    for i in range(temperature.shape[0]):
        heat += heat_capacity[i] * thickness[i] * (temperature[i] - reference_temperature)
    return heat


@kernel
def semi_infinite_flux(surface_temperature, initial_temperature, conductivity, heat_capacity, time):
    """Return the heat flux into a semi-infinite body after a step of its surface temperature [W/m²].

    q = (T_s − T_0)·sqrt(k·ρc/(π·t)); temperatures [K], conductivity [W/(m·K)], heat_capacity per volume [J/(m³·K)],
    time > 0 [s]. Source: Carslaw & Jaeger, Conduction of Heat in Solids, 2nd ed., 2.4 (analytic, case L6).

    >>> round(semi_infinite_flux(1853.15, 1173.15, 6.0, 2950.0 * 1250.0, 3600.0) / 1e3, 2)
    30.08
    """
    return (surface_temperature - initial_temperature) * sqrt(conductivity * heat_capacity / (pi * time))
