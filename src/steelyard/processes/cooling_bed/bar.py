"""One bar on the bed: its heat, its phases, and the properties it ends with.

The mean temperature follows from enthalpy and phases, so the heat of transformation enters once and the balance closes
to rounding. Surface and core lie on the parabola of quasi-steady cooling: T_mean ∓ q·r/(4k).
"""

from steelyard.engine.kernel import kernel
from steelyard.materials.carbon_steel import conductivity
from steelyard.materials.chemistry import CARBON, CHROMIUM, MANGANESE, MOLYBDENUM, NICKEL, SILICON, VANADIUM, content
from steelyard.physics import transformation
from steelyard.physics.bar_in_air import cylinder_convection, open_share
from steelyard.physics.constants import STEFAN_BOLTZMANN
from steelyard.physics.hardness import (
    bainite_hardness,
    ferrite_grain,
    ferrite_pearlite_hardness,
    martensite_hardness,
    tensile_strength,
)
from steelyard.physics.phase_heat import phase_heat_capacity, temperature_of_phases
from steelyard.physics.transformation import ROW, austenite, decompose

STEP_KELVIN, COLD_STEP_KELVIN = 4.0, 12.0
"""Greatest fall of the temperature in one inner step with and without austenite."""
STEP_SHARE = 0.03
"""Greatest share of the bar that may transform in one inner step: 4 K of recalescence."""
SHORTEST = 1e-3
LONGEST_INTERVAL = 60.0
CRITICAL = 973.15
FERRITE, PEARLITE = transformation.FERRITE, transformation.PEARLITE
BAINITE, MARTENSITE = transformation.BAINITE, transformation.MARTENSITE


@kernel
def air_velocity(unit):
    """Return the cross flow over the bars [m/s]."""
    lost = min(unit.p.fan_loss + unit.x.fan_fouled, 1.0)
    return unit.p.air_velocity * unit.u.fan_speed * (1.0 - lost)


@kernel
def surface_temperature(unit, k):
    """Return the surface temperature of bar `k` [K]."""
    x = unit.x
    return x.bar_temperature[k] - 0.25 * x.flux[k] * x.radius[k] / conductivity(x.bar_temperature[k])


@kernel
def biot(unit, k):
    """Return the Biot number of bar `k`: h·(r/2)/k; the lumped model holds below about 0.1."""
    x = unit.x
    difference = max(x.bar_temperature[k] - unit.p.ambient_temperature, 1.0)
    return x.flux[k] / difference * 0.5 * x.radius[k] / conductivity(x.bar_temperature[k])


@kernel
def _flux(p, surface, radiation, convection):
    """Return the heat flux from a surface to the hall [W/m²]; radiation ε·F·σ, convection [W/(m²·K)]."""
    ambient = p.ambient_temperature
    square, still = surface * surface, ambient * ambient
    return radiation * (square * square - still * still) + convection * (surface - ambient)


@kernel
def _react(unit, k, temperature, sub):
    """Let the austenite of bar `k` decompose, shortening the step where too much would; return the step taken [s]."""
    x = unit.x
    phases, steel, backup = x.phases[k], x.steel[k], x.backup
    before = austenite(phases)
    for i in range(ROW):
        backup[i] = phases[i]
    while True:
        decompose(phases, steel, temperature, sub)
        changed = before - austenite(phases)
        if changed <= STEP_SHARE or sub <= SHORTEST:
            return sub
        for i in range(ROW):
            phases[i] = backup[i]
        sub = max(min(0.8 * sub * STEP_SHARE / changed, 0.5 * sub), SHORTEST)


@kernel
def advance_bar(unit, k, seconds):
    """Cool bar `k` for `seconds` and set when it is due again; second order in the inner step."""
    p, x = unit.p, unit.x
    surface = surface_temperature(unit, k)
    shell = max(2.0 * x.radius[k], 1e-3)
    convection = p.convection_factor * cylinder_convection(surface, p.ambient_temperature, shell, air_velocity(unit))
    radiation = STEFAN_BOLTZMANN * p.emissivity * open_share(p.slot_pitch, shell)
    area, phases, left, rate = x.heat_surface[k], x.phases[k], seconds, 0.0
    while left > 0.0:
        share = austenite(phases)
        temperature = x.bar_temperature[k]
        resistance = 0.25 * x.radius[k] / conductivity(temperature)
        surface = temperature - x.flux[k] * resistance
        rate = _flux(p, surface, radiation, convection) * area / phase_heat_capacity(temperature, share)
        limit = STEP_KELVIN if share > 1e-6 else COLD_STEP_KELVIN
        sub = min(left, limit / max(abs(rate), 1e-6))
        if share > 1e-6:
            sub = _react(unit, k, temperature - 0.5 * rate * sub, min(sub, 2.0 * x.sub_step[k]))
            x.sub_step[k] = max(sub, SHORTEST)
        x.flux[k] = _flux(p, surface - 0.5 * rate * sub, radiation, convection)
        _settle(unit, k, x.flux[k] * area, sub)
        left = left - sub if left - sub > 1e-9 else 0.0
    x.waiting[k] = 0.0
    x.interval[k] = min(max(2.0 * STEP_KELVIN / max(abs(rate), 1e-6), 1.0), LONGEST_INTERVAL)


@kernel
def _settle(unit, k, loss, dt):
    """Take `loss` [W/kg] for `dt` [s] out of bar `k`, find its temperature, note recalescence and the rate at 700 °C.

    That rate is the one which austenite would have: without the heat of transformation.
    """
    x = unit.x
    phases, heat = x.phases[k], loss * dt
    x.enthalpy[k] -= heat
    x.bar_heat_off[k] += heat * x.bar_mass[k]
    x.energy_off += heat * x.bar_mass[k]
    temperature = temperature_of_phases(
        x.enthalpy[k], austenite(phases), phases[BAINITE], phases[MARTENSITE], x.bar_temperature[k]
    )
    x.bar_temperature[k] = temperature
    if temperature <= CRITICAL and x.bar_cooling_rate[k] < 0.0:
        x.bar_cooling_rate[k] = max(loss / phase_heat_capacity(CRITICAL, 1.0), 0.0)
    x.lowest_temperature[k] = min(x.lowest_temperature[k], temperature)
    x.bar_recalescence[k] = max(x.bar_recalescence[k], temperature - x.lowest_temperature[k])


@kernel
def bar_hardness(grade, rate, phases):
    """Return HV of a bar of `grade` with these `phases`, cooled at `rate` [K/s] at 700 °C: Maynier, mixed by mass.

    Austenite that is left counts as martensite.
    """
    c, si, mn = content(grade, CARBON), content(grade, SILICON), content(grade, MANGANESE)
    ni, cr, mo = content(grade, NICKEL), content(grade, CHROMIUM), content(grade, MOLYBDENUM)
    vanadium = content(grade, VANADIUM)
    soft, bainite = phases[FERRITE] + phases[PEARLITE], phases[BAINITE]
    hard = max(1.0 - soft - bainite, 0.0)
    mixed = hard * martensite_hardness(c, si, mn, ni, cr, rate)
    mixed += bainite * bainite_hardness(c, si, mn, ni, cr, mo, rate)
    return mixed + soft * ferrite_pearlite_hardness(c, si, mn, ni, cr, mo, vanadium, rate)


@kernel
def note_properties(unit, k):
    """Write what bar `k` ends with to the outputs and the hidden truth of the bar last taken.

    Austenite of a bar that is taken too early goes on transforming beside the bed; that heat is not counted here.
    """
    x, y, phases = unit.x, unit.y, unit.x.phases[k]
    counted = x.energy_off
    for _ in range(120):
        if austenite(phases) < 1e-3 or x.bar_temperature[k] < unit.p.ambient_temperature + 30.0:
            break
        advance_bar(unit, k, 60.0)
    x.energy_off = counted
    rate = max(x.bar_cooling_rate[k], 0.0)
    x.ferrite, x.pearlite, x.bainite = phases[FERRITE], phases[PEARLITE], phases[BAINITE]
    x.martensite = max(1.0 - x.ferrite - x.pearlite - x.bainite, 0.0)
    x.cooling_rate, x.recalescence = rate, x.bar_recalescence[k]
    y.bar_number, y.diameter = x.bar_number[k], 2.0 * x.radius[k]
    y.hardness = bar_hardness(x.bar_grade[k], rate, phases)
    y.tensile_strength = tensile_strength(y.hardness)
    y.grain_size = ferrite_grain(x.bar_austenite_grain[k], x.bar_strain[k], rate)
