"""Control of the furnace: level 1 (PI per zone, fuel and air cross-limited, trip) and level 2 (table of set-points)."""

from steelyard.engine.kernel import kernel
from steelyard.physics.combustion import AIR_DENSITY, burn_fuel
from steelyard.processes.reheating_furnace.layout import COLUMNS, SLOTS, ZONES
from steelyard.processes.reheating_furnace.slots import slot_column

LOWEST_ORDER = 673.15
"""A set-point below 400 °C leaves the zone to level 2."""
LOWEST_AIR_ORDER = 0.7
WIRED_ABOVE = 1.0  # K: an input at 0 K is not wired
LOWEST_REFERENCE = 873.15
MARGIN = 20.0  # K by which a set-point stays below the limit of the zone
RESET = 30.0  # K below the limit at which a tripped zone may burn again
OFF_ABOVE = 25.0  # K above its set-point at which a zone goes out
AIR_LEAD = 1.05  # fuel may rise to the air there is, and 5 % more


@kernel
def level_2(unit):
    """Write the set-points of the table: by the pieces in each zone, pace, charge temperature and announced delay."""
    p, x = unit.p, unit.x
    fall = min(max((x.announced_delay - p.delay_lead) * p.delay_slope, 0.0), p.delay_drop)
    slow = p.table_pace_gain * min(max(1.0 - p.table_pace / max(x.pace, 1.0), -1.0), 1.0)
    for k in range(COLUMNS):
        count, change = 0.0, 0.0
        target = 0.0
        for i in range(SLOTS):
            if x.occupied[i] > 0.5 and slot_column(unit, i) == k:
                count += 1.0
                target += x.target[i] - p.table_target
                change += p.table_thickness_gain * (x.thickness[i] / p.table_thickness - 1.0)
                change -= p.table_charge_gain * (x.charge_temperature[i] - p.ambient_temperature)
        if count > 0.0:
            target, change = target / count, change / count
        for z in (k, COLUMNS + k):
            value = p.table_setpoint[z] + p.table_gain[z] * target + change - slow - fall
            x.table_value[z] = min(max(value, LOWEST_REFERENCE), p.zone_limit - MARGIN)


@kernel
def _measure(unit, z, dt):
    """Advance the sheathed thermocouple of zone `z`; return how much colder than asked level 1 sees the zone [K]."""
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    seen = p.thermocouple_gas * x.gas_temperature[z] + (1.0 - p.thermocouple_gas) * x.wall_temperature[z, 0]
    x.thermocouple[z] += (seen - x.thermocouple[z]) * dt / (p.thermocouple_time[z] + dt)
    y.zone_temperature[z] = x.thermocouple[z]
    shown = u.measured_temperature[z] if u.measured_temperature[z] > WIRED_ABOVE else y.zone_temperature[z]
    asked = u.zone_setpoint[z]
    y.zone_reference[z] = min(asked, p.zone_limit - MARGIN) if asked >= LOWEST_ORDER else x.table_value[z]
    if shown > p.zone_limit:
        x.tripped[z] = 1.0
    elif shown < p.zone_limit - RESET:
        x.tripped[z] = 0.0
    y.zone_alarm[z] = x.tripped[z]
    return y.zone_reference[z] - shown


@kernel
def _demand(unit, z, error, dt):
    """Return the valve position asked for by the PI controller of zone `z`; integrates unless that saturates it."""
    p, x = unit.p, unit.x
    asked = p.gain[z] * error + x.integral[z]
    if (asked < 1.0 or error < 0.0) and (asked > p.least_fire or error > 0.0):
        x.integral[z] = min(max(x.integral[z] + p.gain[z] * error * dt / p.integral_time[z], -0.5), 1.0)
    if x.tripped[z] > 0.5 or error < -OFF_ABOVE:
        return 0.0
    return min(max(asked, p.least_fire), 1.0)


@kernel
def level_1(unit, dt):
    """Advance thermocouples, controllers and valves by `dt` [s]; set fuel and metered air of every zone.

    The valve is linear and its position what level 1 asks: fuel = position·full flow·(1 − clogging). Air follows the fuel
    at the air ratio; a rising fuel waits for its air (cross-limiting).
    """
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    nominal = burn_fuel(p.fuel_composition, 1.0)
    heat, air_need = nominal[0], nominal[2] / AIR_DENSITY
    move = dt / (p.valve_time + dt)
    for z in range(ZONES):
        demand = _demand(unit, z, _measure(unit, z, dt), dt)
        clogged = min(p.burner_clogging[z] + x.clogging[z], 0.95)
        passes = 1.0 - clogged
        limit = (AIR_LEAD * x.air_share[z] + 0.02) / passes
        full = p.burner_power[z] / heat
        y.valve_position[z] += (min(demand, limit) - y.valve_position[z]) * move
        y.fuel_flow[z] = y.valve_position[z] * full * passes
        share = y.valve_position[z] * passes
        x.air_share[z] += (max(demand * passes, share) - x.air_share[z]) * move
        asked = u.air_ratio_setpoint[z]
        ratio = (asked if asked >= LOWEST_AIR_ORDER else p.air_ratio[z]) * (1.0 + x.trim)
        y.air_flow[z] = x.air_share[z] * full * air_need * ratio
        y.zone_power[z] = y.fuel_flow[z] * heat
        if demand > 0.0:
            x.clogging[z] = min(x.clogging[z] + p.burner_clogging_rate[z] * dt, 0.95)
