"""The zones: fire, gas that flows against the steel, enclosure radiation, walls, doors, skids, recuperator.

One step solves, zone after zone from the soak zone on, two linear equations for gas and hot face (implicit, emissive
powers linearised, inner wall nodes eliminated). What leaves one part enters another with the same number, so the heat
closes to rounding. Enthalpies of gases count from 25 °C.
"""

import math

from steelyard.engine.kernel import kernel
from steelyard.physics.combustion import (
    AIR_DENSITY,
    AIR_MASS,
    AIR_OXYGEN,
    air_enthalpy,
    air_heat_capacity,
    burn_fuel,
    gas_enthalpy,
    gas_heat_capacity,
    nox_per_heat,
)
from steelyard.physics.constants import STEFAN_BOLTZMANN
from steelyard.physics.convection import shell_coefficient
from steelyard.physics.gas_radiation import enclosure, gas_emissivity
from steelyard.processes.reheating_furnace.layout import COLUMNS, PROFILES, SLOTS, ZONES
from steelyard.processes.reheating_furnace.slots import skid_share, slot_column

GAS_HEAT = 320.0
"""Heat capacity of furnace gas per volume [J/(m³·K)]: 0.25 kg/m³ at 1100 °C times 1280 J/(kg·K)."""
GAS_DENSITY = 0.25
WATER_HEAT = 4186.0
DISCHARGE_COEFFICIENT = 0.6
LEAST_FLOW = 1e-9
UNWIRED_PRESSURE = -299.0
GREATEST_RECOVERY = 0.9
GREATEST_ESCAPE = 0.3


@kernel
def wall_area(unit, z):
    """Return the hot face of zone `z` [m²]: roof or floor, both sides, and the end wall of the first and last column."""
    p, k = unit.p, z % COLUMNS
    area = p.zone_length[k] * (p.inner_width + 2.0 * p.zone_height[z])
    if k == 0 or k == COLUMNS - 1:
        area += p.inner_width * p.zone_height[z]
    return area


@kernel
def furnace_length(unit):
    """Return the length of the furnace [m]."""
    total = 0.0
    for k in range(COLUMNS):
        total += unit.p.zone_length[k]
    return total


@kernel
def zone_volume(unit, z):
    """Return the gas volume of zone `z` [m³]."""
    return unit.p.zone_length[z % COLUMNS] * unit.p.inner_width * unit.p.zone_height[z]


@kernel
def gather(unit):
    """Sum up, per zone, the faces of the steel in it with their temperature and emissive power."""
    x = unit.x
    w = skid_share(unit)
    for z in range(ZONES):
        x.face_sum[z], x.warmth_sum[z], x.emission_sum[z] = 0.0, 0.0, 0.0
    for i in range(SLOTS):
        if x.occupied[i] < 0.5:
            continue
        k = slot_column(unit, i)
        for b in range(PROFILES):
            above = x.face[i] * (w if b == 1 else 1.0 - w)
            below = above * (1.0 - unit.p.skid_shadow) if b == 1 else above
            x.face_sum[k] += above
            x.warmth_sum[k] += above * x.skin[i, b, 1]
            x.emission_sum[k] += above * x.emission[i, b, 1]
            x.face_sum[COLUMNS + k] += below
            x.warmth_sum[COLUMNS + k] += below * x.skin[i, b, 0]
            x.emission_sum[COLUMNS + k] += below * x.emission[i, b, 0]


@kernel
def _exchange_walls(unit, a, b, conductance):
    """Let the walls of two zones see each other: `conductance` [m²] times the difference of their emissive powers."""
    x = unit.x
    heat = conductance * STEFAN_BOLTZMANN * (x.wall_temperature[a, 0] ** 4 - x.wall_temperature[b, 0] ** 4)
    x.wall_link[a] -= heat
    x.wall_link[b] += heat


@kernel
def _link_walls(unit, dt):
    """Fill x.wall_link: heat between walls of neighbouring zones and through the open doors [W]."""
    p, x = unit.p, unit.x
    for z in range(ZONES):
        x.wall_link[z] = 0.0
    for k in range(COLUMNS):
        plan = p.zone_length[k] * p.inner_width
        gaps = max(plan - 0.5 * (x.face_sum[k] + x.face_sum[COLUMNS + k]), 0.05 * plan)
        _exchange_walls(unit, k, COLUMNS + k, p.gap_exchange * gaps)
        if k < COLUMNS - 1:
            for z in (k, COLUMNS + k):
                height = min(p.zone_height[z], p.zone_height[z + 1])
                _exchange_walls(unit, z, z + 1, p.end_exchange * p.inner_width * height)
    ambient = p.ambient_temperature**4
    for z in range(ZONES):
        k = z % COLUMNS
        stays_open = x.charge_door if k == 0 else (x.discharge_door if k == COLUMNS - 1 else 0.0)
        if stays_open > 0.0:
            heat = 0.5 * p.door_area * STEFAN_BOLTZMANN * (x.wall_temperature[z, 0] ** 4 - ambient)
            x.wall_link[z] -= heat
            x.energy_door += heat * dt


@kernel
def _draught(unit, dt):
    """Advance furnace pressure and doors; return (air drawn in at the charge end, at the exit, gas that escapes there).

    All in kg/s; the first two are 0 under pressure, the last two (charge end, exit) are 0 under suction.
    """
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    open_doors = (1.0 if x.charge_door > 0.0 else 0.0) + (1.0 if x.discharge_door > 0.0 else 0.0)
    shown = u.measured_pressure if u.measured_pressure > UNWIRED_PRESSURE else y.furnace_pressure
    error = shown - y.furnace_pressure
    aim = u.pressure_setpoint - error + p.pressure_offset - p.door_pressure * open_doors
    x.pressure += (aim - x.pressure) * dt / (p.pressure_time + dt)
    y.furnace_pressure = x.pressure
    charge_end = p.leak_area + (p.door_area if x.charge_door > 0.0 else 0.0)
    exit_end = p.leak_area + (p.door_area if x.discharge_door > 0.0 else 0.0)
    x.charge_door = max(x.charge_door - dt, 0.0)
    x.discharge_door = max(x.discharge_door - dt, 0.0)
    if x.pressure < 0.0:
        speed = DISCHARGE_COEFFICIENT * math.sqrt(-2.0 * x.pressure * AIR_DENSITY)
        return charge_end * speed, exit_end * speed, 0.0, 0.0
    speed = DISCHARGE_COEFFICIENT * math.sqrt(2.0 * x.pressure * GAS_DENSITY)
    return 0.0, 0.0, charge_end * speed, exit_end * speed


@kernel
def _wall_solution(unit, z, dt):
    """Eliminate brick and insulation of zone `z`; return what the hot face needs: (pivot, load, and five for later).

    Per m²: pivot·φ = load + flux into the face, φ the rise of the face in this step.
    """
    p, x = unit.p, unit.x
    t0, t1, t2 = x.wall_temperature[z, 0], x.wall_temperature[z, 1], x.wall_temperature[z, 2]
    d0, d1, d2 = p.wall_thickness[0], p.wall_thickness[1], p.wall_thickness[2]
    k0, k1, k2 = p.wall_conductivity[0], p.wall_conductivity[1], p.wall_conductivity[2]
    leak = p.wall_leakage[z]
    g01 = 2.0 * leak / (d0 / k0 + d1 / k1)
    g12 = 2.0 * leak / (d1 / k1 + d2 / k2)
    shell = unit.y.shell_temperature[z]
    outside = shell_coefficient(shell, p.ambient_temperature, p.shell_emissivity)
    out = 1.0 / (1.0 / max(outside, 0.1) + 0.5 * d2 / (k2 * leak))
    pivot2 = p.wall_heat[2] * d2 / dt + g12 + out
    load2 = g12 * (t1 - t2) - out * (t2 - p.ambient_temperature)
    pivot1 = p.wall_heat[1] * d1 / dt + g01 + g12 - g12 * g12 / pivot2
    load1 = g01 * (t0 - t1) - g12 * (t1 - t2) + g12 * load2 / pivot2
    pivot0 = p.wall_heat[0] * d0 / dt + g01 - g01 * g01 / pivot1
    load0 = -g01 * (t0 - t1) + g01 * load1 / pivot1
    return pivot0, load0, g01, g12, pivot1, load1, pivot2, load2, out, outside


@kernel
def _warm_wall(unit, z, face_rise, solution, area, dt):
    """Put the rises into the wall nodes of zone `z`; note shell temperature and shell loss."""
    p, x = unit.p, unit.x
    _, _, g01, g12, pivot1, load1, pivot2, load2, out, outside = solution
    rise1 = (load1 + g01 * face_rise) / pivot1
    rise2 = (load2 + g12 * rise1) / pivot2
    x.wall_temperature[z, 0] += face_rise
    x.wall_temperature[z, 1] += rise1
    x.wall_temperature[z, 2] += rise2
    loss = out * (x.wall_temperature[z, 2] - p.ambient_temperature)
    x.energy_shell += loss * area * dt
    unit.y.shell_temperature[z] = p.ambient_temperature + loss / max(outside, 0.1)


@kernel
def _balance_zone(unit, z, products, air, gas, heat_in, dt):
    """Solve gas and hot face of zone `z`; return the heat [W] that leaves with the gas.

    products, air: kg/s that flow through; gas: coefficients and moles of the products from `burn_fuel`; heat_in [W]:
    enthalpy that flows in and heat of combustion. Sets gas temperature, wall temperature and irradiation.
    """
    p, x = unit.p, unit.x
    area, tg, tw = wall_area(unit, z), x.gas_temperature[z], x.wall_temperature[z, 0]
    faces = p.stock_view * x.face_sum[z]
    ratio = min(faces / area, 1.0)
    volume = zone_volume(unit, z)
    vapour = products * (gas[7] + gas[8]) / max(products * (gas[9] + gas[8]) + air / AIR_MASS, LEAST_FLOW)
    dim = gas_emissivity(tg, vapour * 3.6 * volume / (area + p.inner_width * p.zone_length[z % COLUMNS]))
    sw, ss, sg, ww, ws, wg = enclosure(dim, p.steel_emissivity, p.wall_emissivity, ratio)
    eg, ew = STEFAN_BOLTZMANN * tg**4, STEFAN_BOLTZMANN * tw**4
    es = x.emission_sum[z] / max(x.face_sum[z], LEAST_FLOW)
    deg, dew = 4.0 * eg / tg, 4.0 * ew / tw
    capacity = products * gas_heat_capacity(gas[4], gas[5], gas[6], tg) + air * air_heat_capacity(tg)
    outflow = products * gas_enthalpy(gas[4], gas[5], gas[6], tg) + air * air_enthalpy(tg)
    skid = 0.0
    if z >= COLUMNS:
        skid = p.skid_area * p.skid_conductance * p.skid_leakage * p.zone_length[z - COLUMNS] / furnace_length(unit)
    absorbed = p.steel_emissivity * faces
    to_steel = absorbed * (sw * ew + ss * es + sg * eg - es) + p.convection * (x.face_sum[z] * tg - x.warmth_sum[z])
    to_wall = p.wall_emissivity * (ww * ew + ws * es + wg * eg - ew) + p.convection * (tg - tw)
    wall = _wall_solution(unit, z, dt)
    wall_by_gas = p.wall_emissivity * wg * deg + p.convection
    wall_by_wall = p.wall_emissivity * (ww - 1.0) * dew - p.convection
    a11 = GAS_HEAT * volume / dt + capacity + absorbed * sg * deg + p.convection * x.face_sum[z] + skid
    a11 += area * wall_by_gas
    a12 = absorbed * sw * dew + area * wall_by_wall
    a22 = wall[0] - wall_by_wall
    r1 = heat_in - outflow - to_steel - area * to_wall - skid * (tg - p.ambient_temperature)
    r2 = wall[1] + to_wall + x.wall_link[z] / area
    over = 1.0 / (a11 * a22 + a12 * wall_by_gas)
    gas_rise, face_rise = (r1 * a22 - a12 * r2) * over, (a11 * r2 + wall_by_gas * r1) * over
    x.gas_temperature[z] = tg + gas_rise
    x.irradiation[z] = sw * (ew + dew * face_rise) + ss * es + sg * (eg + deg * gas_rise)
    _warm_wall(unit, z, face_rise, wall, area, dt)
    taken = skid * (x.gas_temperature[z] - p.ambient_temperature)
    x.energy_skid += taken * dt
    unit.y.skid_heat += taken
    return outflow + capacity * gas_rise


@kernel
def _fire(unit, z, fuel, true_air, unburnt, air):
    """Burn in zone `z` what its air allows; return (mass turned to products, heat released, unburnt heat left, air left).

    fuel: `burn_fuel` of the present gas; true_air [kg/s] fed to the zone; unburnt [W] and air [kg/s] from the zone before.
    """
    offered = unit.y.fuel_flow[z] * fuel[0] + unburnt
    need = fuel[2] / fuel[0]
    there = air + true_air
    burnt = min(offered, there / need)
    return unit.y.fuel_flow[z] * fuel[1] + burnt * need, burnt, offered - burnt, max(there - burnt * need, 0.0)


@kernel
def fire_zones(unit, dt):
    """Advance fire, gas and walls of all zones by `dt` [s], then flue gas, recuperator and counters."""
    p, x, y = unit.p, unit.x, unit.y
    _link_walls(unit, dt)
    fuel = burn_fuel(p.fuel_composition, p.fuel_richness * x.fuel_factor)
    in_charge, in_exit, out_charge, out_exit = _draught(unit, dt)
    cold = air_enthalpy(p.ambient_temperature)
    error = 1.0 + max(p.air_meter_error + p.air_meter_drift * x.clock, -0.9)
    blown = 0.0
    for z in range(ZONES):
        blown += y.air_flow[z] * AIR_DENSITY * error
    wanted = blown * (air_enthalpy(x.air_temperature) - cold)
    recovered = min(max(wanted, 0.0), GREATEST_RECOVERY * max(x.flue_heat, 0.0))
    hot = cold + (recovered / blown if blown > LEAST_FLOW else 0.0)
    y.skid_heat = 0.0
    flue_products, flue_air, flue_heat, flue_unburnt = 0.0, 0.0, 0.0, 0.0
    for level in range(2):
        products, air, heat, unburnt = 0.0, 0.0, 0.0, 0.0
        for step in range(COLUMNS):
            k = COLUMNS - 1 - step
            z = level * COLUMNS + k
            drawn = 0.5 * (in_exit if k == COLUMNS - 1 else (in_charge if k == 0 else 0.0))
            fed = y.air_flow[z] * AIR_DENSITY * error
            turned, burnt, unburnt, air = _fire(unit, z, fuel, fed + drawn, unburnt, air)
            products += turned
            heat = _balance_zone(unit, z, products, air, fuel, heat + fed * hot + drawn * cold + burnt, dt)
            lost = 0.5 * (out_exit if k == COLUMNS - 1 else (out_charge if k == 0 else 0.0))
            keep = 1.0 - min(lost / max(products + air, LEAST_FLOW), GREATEST_ESCAPE)
            x.energy_door += (1.0 - keep) * heat * dt
            x.energy_unburnt += (1.0 - keep) * unburnt * dt
            products, air, heat, unburnt = keep * products, keep * air, keep * heat, keep * unburnt
        flue_products, flue_air = flue_products + products, flue_air + air
        flue_heat, flue_unburnt = flue_heat + heat, flue_unburnt + unburnt
    x.energy_air += (blown + in_charge + in_exit) * cold * dt
    x.energy_flue += (flue_heat - recovered) * dt
    x.energy_unburnt += flue_unburnt * dt
    x.flue_heat = flue_heat
    _show_flue(unit, fuel, flue_products, flue_air, recovered, dt)
    _count(unit, fuel, blown, dt)


@kernel
def _show_flue(unit, fuel, products, air, recovered, dt):
    """Write flue gas temperature and oxygen; advance recuperator, analyser and trim."""
    p, x, y = unit.p, unit.x, unit.y
    flow = products + air
    if flow > 1e-6:
        top, bottom = x.gas_temperature[0], x.gas_temperature[COLUMNS]
        mean = 0.5 * (top + bottom)
        capacity = products * gas_heat_capacity(fuel[4], fuel[5], fuel[6], mean) + air * air_heat_capacity(mean)
        dry = products * fuel[9] + air / AIR_MASS
        x.oxygen = air / AIR_MASS * AIR_OXYGEN / dry
        x.water_vapour = products * fuel[8] / (dry + products * fuel[8])
        y.flue_temperature = mean
        y.stack_temperature = max(mean - recovered / capacity, p.ambient_temperature)
    else:
        x.oxygen, x.water_vapour = AIR_OXYGEN, 0.0
        y.flue_temperature += (p.ambient_temperature - y.flue_temperature) * dt / (p.recuperator_time + dt)
        y.stack_temperature = y.flue_temperature
    sound = 1.0 - min(p.recuperator_fouling + p.recuperator_fouling_rate * x.clock, 1.0)
    reach = p.ambient_temperature + p.recuperator_effectiveness * sound * (y.flue_temperature - p.ambient_temperature)
    x.air_temperature += (min(reach, p.air_limit) - x.air_temperature) * dt / (p.recuperator_time + dt)
    y.air_temperature = x.air_temperature
    y.flue_oxygen = x.oxygen
    shown = unit.u.measured_oxygen if unit.u.measured_oxygen >= 0.0 else y.flue_oxygen
    if p.trim_limit > 0.0 and flow > 1e-6:
        x.trim += p.trim_rate * (p.oxygen_target - shown) * dt
        x.trim = min(max(x.trim, -p.trim_limit), p.trim_limit)


@kernel
def _count(unit, fuel, blown, dt):
    """Advance the counters of fuel, CO₂, fan and skid water; set the NOx proxy."""
    p, x, y = unit.p, unit.x, unit.y
    flow, hottest = 0.0, 0.0
    for z in range(ZONES):
        flow += y.fuel_flow[z]
        hottest += y.fuel_flow[z] * x.gas_temperature[z]
    y.fuel_energy += flow * fuel[0] * dt
    x.energy_fuel += flow * fuel[0] * dt
    y.carbon_dioxide += flow * fuel[3] * dt
    if flow > 1e-9:
        y.nox_intensity = nox_per_heat(hottest / flow, x.air_temperature, x.oxygen, p.nox_reference)
    else:
        y.nox_intensity = 0.0
    y.fan_energy += blown / AIR_DENSITY * p.fan_pressure / p.fan_efficiency * dt
    y.skid_water_rise = y.skid_heat / (p.skid_water * WATER_HEAT)


@kernel
def wall_and_gas_heat(unit):
    """Return the heat [J] stored in walls and gas above 0 K at constant heat capacity."""
    p, x = unit.p, unit.x
    total = 0.0
    for z in range(ZONES):
        area = wall_area(unit, z)
        for j in range(3):
            total += area * p.wall_heat[j] * p.wall_thickness[j] * x.wall_temperature[z, j]
        total += GAS_HEAT * zone_volume(unit, z) * x.gas_temperature[z]
    return total
