"""Conduction of heat: a layered plane wall, and a body of steel whose enthalpy is the state.

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
def conduct_body(
    heat, temperature, slope, conductivity, mass, passage, low_heat, low_coefficient, low_temperature, high_heat,
    high_coefficient, high_temperature, dt, scratch,
):  # fmt: skip
    """Advance the enthalpy of a body in one dimension by `dt` [s] in place; both faces carry heat.

    m·∂h/∂t = ∂/∂x(A·k·∂T/∂x). Vertex-centred finite volumes: the first and the last node lie on the faces (or the first
    on the axis of a cylinder). Backward Euler with the slope dT/dh of the old state; the heat, not the temperature, is
    what is carried, so Σ m·(h_new − h_old) equals the heat that passed the faces to rounding, peaks included.

    heat (n,) specific enthalpies [J/kg], changed in place; temperature (n,) [K] and slope dT/dh (n,) [K·kg/J] of the
    old state; conductivity (n,) [W/(m·K)]; mass (n,) per unit of face [kg/m²]; passage (n−1,) area over distance
    between the nodes per unit of face [1/m]. low_heat, high_heat: heat given to the faces in this step [J/m²];
    the coefficients [W/(m²·K)] and fluid temperatures [K] add convection at the new temperature. scratch (2, n).
    Returns the heat taken up by convection at the low and at the high face [J/m²]. For a slab mass = ρ·dx (half at the
    faces), passage = 1/dx. Source: Patankar (1980), ch. 4; enthalpy form: Voller, Num. Heat Transfer B 17 (1990) 155.

    >>> import numpy as np
    >>> h, T = np.zeros(3), np.full(3, 300.0)
    >>> m, k = np.array([1.0, 2.0, 1.0]), np.full(3, 30.0)
    >>> work = np.zeros((2, 3))
    >>> _ = conduct_body(h, T, np.full(3, 2e-3), k, m, np.full(2, 10.0), 4e3, 0.0, 0.0, 4e3, 0.0, 0.0, 10.0, work)
    >>> float((m * h).sum().round(6))  # both gifts are inside
    8000.0
    """
    n = heat.shape[0]
    last = n - 1
    flow_in = 0.0
    ahead = 0.0
    left = 0.0
    for i in range(n):
        load = flow_in
        pivot = mass[i] / slope[i] + left
        if i < last:
            right = dt * 0.5 * (conductivity[i] + conductivity[i + 1]) * passage[i]
            flow_out = right * (temperature[i] - temperature[i + 1])
            load -= flow_out
            pivot += right
            flow_in = flow_out
        else:
            right = 0.0
            load += high_heat + dt * high_coefficient * (high_temperature - temperature[i])
            pivot += dt * high_coefficient
        if i == 0:
            load += low_heat + dt * low_coefficient * (low_temperature - temperature[0])
            pivot += dt * low_coefficient
            over = 1.0 / pivot
            ahead = load * over
        else:
            over = 1.0 / (pivot - left * scratch[0, i - 1])
            ahead = (load + left * ahead) * over
        scratch[0, i] = right * over
        scratch[1, i] = ahead
        left = right
    low_rise = _put_back(heat, slope, scratch)
    low = dt * low_coefficient * (low_temperature - temperature[0] - low_rise)
    high = dt * high_coefficient * (high_temperature - temperature[last] - scratch[1, last])
    return low, high


@kernel
def _put_back(heat, slope, scratch):
    """Finish the elimination in `scratch` from the last node on: heat every node; return the rise of the first [K]."""
    last = heat.shape[0] - 1
    rise = scratch[1, last]
    heat[last] += rise / slope[last]
    for i in range(last - 1, -1, -1):
        rise = scratch[1, i] + scratch[0, i] * rise
        heat[i] += rise / slope[i]
    return rise


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
