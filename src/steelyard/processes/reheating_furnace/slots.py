"""The pieces in the furnace: charging, walking, heating through the thickness, scale, discharging."""

import math

from steelyard.engine.kernel import kernel
from steelyard.materials.carbon_steel import COLD_DENSITY, conductivity, steel_heat, steel_state
from steelyard.materials.piece import ROUND
from steelyard.physics.conduction import conduct_body
from steelyard.physics.constants import STEFAN_BOLTZMANN
from steelyard.physics.oxidation import (
    DECARBURISING_ABOVE,
    OXIDATION_HEAT,
    carbon_diffusivity,
    gas_factor,
    metal_lost,
    scale_after,
)
from steelyard.processes.reheating_furnace.layout import COLUMNS, INTERVAL, NODES, PROFILES, SLOTS

FIRST_GRAIN = 20e-6
"""Austenite grain just after the transformation [m] (assumed)."""
GROWTH, GROWTH_TEMPERATURE = 1.45e27, 48108.7  # µm⁷/s and K = 400 kJ/mol over R: Hodgson & Gibbs (1992), C–Mn


@kernel
def slot_column(unit, i):
    """Return the column (0 charge end … 3 soak) above slot `i`, by the middle of the slot."""
    p = unit.p
    total = 0.0
    for k in range(COLUMNS):
        total += p.zone_length[k]
    at = (i + 0.5) * total / SLOTS
    for k in range(COLUMNS - 1):
        at -= p.zone_length[k]
        if at < 0.0:
            return k
    return COLUMNS - 1


@kernel
def can_charge(unit):
    """Return whether the charge slot is free and the beam stands still."""
    return unit.x.occupied[0] < 0.5 and unit.x.beam_busy <= 0.0


@kernel
def can_walk(unit):
    """Return whether the beam may move: it stands still and the exit slot is free."""
    return unit.x.occupied[SLOTS - 1] < 0.5 and unit.x.beam_busy <= 0.0


@kernel
def ready(unit):
    """Return whether a piece stands at the exit and the beam stands still."""
    return unit.x.occupied[SLOTS - 1] > 0.5 and unit.x.beam_busy <= 0.0


@kernel
def _clear(unit, i):
    """Make slot `i` empty."""
    x = unit.x
    x.occupied[i], x.number[i], x.grade[i], x.roundness[i] = 0.0, 0.0, 0.0, 0.0
    x.thickness[i], x.breadth[i], x.length[i], x.mass[i], x.face[i] = 0.0, 0.0, 0.0, 0.0, 0.0
    x.target[i], x.charge_clock[i], x.charge_temperature[i], x.age[i] = 0.0, 0.0, 0.0, 0.0
    x.scale[i], x.scale_start[i], x.carbon_way[i], x.grain[i], x.gathered[i] = 0.0, 0.0, 0.0, 0.0, 0.0
    for b in range(PROFILES):
        for j in range(NODES):
            x.heat[i, b, j] = 0.0
        for s in range(2):
            x.received[i, b, s], x.skin[i, b, s], x.emission[i, b, s] = 0.0, 0.0, 0.0


@kernel
def _copy(unit, a, b):
    """Copy slot `a` to slot `b`."""
    x = unit.x
    x.occupied[b], x.number[b], x.grade[b], x.roundness[b] = x.occupied[a], x.number[a], x.grade[a], x.roundness[a]
    x.thickness[b], x.breadth[b], x.length[b] = x.thickness[a], x.breadth[a], x.length[a]
    x.mass[b], x.face[b] = x.mass[a], x.face[a]
    x.target[b], x.charge_clock[b], x.age[b] = x.target[a], x.charge_clock[a], x.age[a]
    x.charge_temperature[b] = x.charge_temperature[a]
    x.scale[b], x.scale_start[b], x.carbon_way[b] = x.scale[a], x.scale_start[a], x.carbon_way[a]
    x.grain[b], x.gathered[b] = x.grain[a], x.gathered[a]
    for c in range(PROFILES):
        for j in range(NODES):
            x.heat[b, c, j] = x.heat[a, c, j]
        for s in range(2):
            x.received[b, c, s], x.skin[b, c, s] = x.received[a, c, s], x.skin[a, c, s]
            x.emission[b, c, s] = x.emission[a, c, s]


@kernel
def walk(unit):
    """Move every piece one slot towards the exit if the beam may; return whether it did."""
    if not can_walk(unit):
        return False
    for i in range(SLOTS - 1, 0, -1):
        if unit.x.occupied[i - 1] > 0.5:
            _copy(unit, i - 1, i)
        elif unit.x.occupied[i] > 0.5:
            _clear(unit, i)
    if unit.x.occupied[0] > 0.5:
        _clear(unit, 0)
    unit.x.beam_busy = unit.p.walk_time
    return True


@kernel
def place(unit, i, piece, time):
    """Put `piece` (a PIECE record) into slot `i`: even temperature, its scale and decarburised depth go on."""
    x = unit.x
    _clear(unit, i)
    x.occupied[i], x.number[i], x.grade[i], x.roundness[i] = 1.0, piece.number, piece.grade, piece.roundness
    x.thickness[i], x.breadth[i], x.length[i], x.mass[i] = piece.thickness, piece.width, piece.length, piece.mass
    across = piece.width + unit.p.side_exposure * piece.thickness
    if piece.roundness == ROUND:
        across = 0.5 * math.pi * piece.thickness
    x.face[i] = across * piece.length
    x.target[i], x.charge_clock[i], x.charge_temperature[i] = piece.target_temperature, time, piece.temperature
    x.scale[i], x.scale_start[i] = piece.scale, piece.scale
    x.carbon_way[i], x.grain[i] = piece.decarburised_depth * piece.decarburised_depth, FIRST_GRAIN
    start = steel_heat(piece.temperature)
    for b in range(PROFILES):
        for j in range(NODES):
            x.heat[i, b, j] = start
        for s in range(2):
            x.skin[i, b, s] = piece.temperature
            x.emission[i, b, s] = STEFAN_BOLTZMANN * piece.temperature**4


@kernel
def charge(unit, piece, time):
    """Charge `piece` at the line time `time` [s] into the first slot; the charge door opens. The slot must be free."""
    x = unit.x
    place(unit, 0, piece, time)
    x.energy_charged += piece.mass * steel_heat(piece.temperature)
    x.mass_charged += piece.mass
    x.charge_door = unit.p.door_time
    unit.y.charged += 1.0


@kernel
def mean_heat(unit, i, profile):
    """Return the mean specific enthalpy [J/kg] of one profile of slot `i`, without the heat still gathered."""
    heat = unit.x.heat
    total = 0.5 * (heat[i, profile, 0] + heat[i, profile, NODES - 1])
    for j in range(1, NODES - 1):
        total += heat[i, profile, j]
    return total / (NODES - 1.0)


@kernel
def skid_share(unit):
    """Return the share of a piece that lies on or over skids."""
    return min(unit.p.skid_width / unit.p.skid_pitch, 0.9)


@kernel
def discharge(unit, piece, time):
    """Fill `piece` with what stands at the exit at the line time `time` [s], free the slot, open the discharge door."""
    x, i = unit.x, SLOTS - 1
    _conduct(unit, i)
    w = skid_share(unit)
    between, over = mean_heat(unit, i, 0), mean_heat(unit, i, 1)
    mean = (1.0 - w) * between + w * over
    low, high = steel_state(x.heat[i, 0, 0])[0], steel_state(x.heat[i, 0, NODES - 1])[0]
    piece.number, piece.grade, piece.roundness = x.number[i], x.grade[i], x.roundness[i]
    piece.thickness, piece.width, piece.length = x.thickness[i], x.breadth[i], x.length[i]
    lost = _iron_in_scale(unit, i)
    piece.mass = x.mass[i] - lost
    piece.temperature = steel_state(mean)[0]
    piece.surface_temperature = 0.5 * (low + high)
    piece.core_temperature = steel_state(x.heat[i, 0, NODES // 2])[0]
    piece.skid_difference = steel_state(between)[0] - steel_state(over)[0]
    piece.scale, piece.grain_size, piece.retained_strain = x.scale[i], x.grain[i], 0.0
    piece.decarburised_depth = max(math.sqrt(x.carbon_way[i]) - metal_lost(x.scale[i]), 0.0)
    piece.target_temperature, piece.charge_time = x.target[i], x.charge_clock[i]
    piece.charge_temperature, piece.discharge_time = x.charge_temperature[i], time
    unit.y.exit_pyrometer = piece.surface_temperature - unit.p.skin_drop * (1.0 - math.exp(-piece.scale / 1e-4))
    x.energy_discharged += x.mass[i] * mean
    x.mass_discharged += piece.mass
    x.mass_scaled += lost
    unit.y.scale_loss = lost
    x.discharge_door = unit.p.door_time
    unit.y.discharged += 1.0
    _clear(unit, i)


@kernel
def _iron_in_scale(unit, i):
    """Return the steel [kg] of slot `i` that became scale in this furnace."""
    x = unit.x
    return COLD_DENSITY * 2.0 * x.face[i] * (metal_lost(x.scale[i]) - metal_lost(x.scale_start[i]))


@kernel
def heat_slots(unit, dt):
    """Gather in each slot what gas, walls and skids give it in this step."""
    p, x = unit.p, unit.x
    w = skid_share(unit)
    open_share = 1.0 - p.skid_shadow
    absorbed = p.steel_emissivity * p.stock_view
    for i in range(SLOTS):
        if x.occupied[i] < 0.5:
            continue
        k = slot_column(unit, i)
        for b in range(PROFILES):
            below = p.convection * (x.gas_temperature[COLUMNS + k] - x.skin[i, b, 0])
            below += absorbed * (x.irradiation[COLUMNS + k] - x.emission[i, b, 0])
            above = p.convection * (x.gas_temperature[k] - x.skin[i, b, 1])
            above += absorbed * (x.irradiation[k] - x.emission[i, b, 1])
            if b == 1:
                contact = p.skid_contact * max(x.skin[i, 1, 0] - p.rider_temperature, 0.0)
                below = open_share * below - contact
                x.energy_skid += w * x.face[i] * contact * dt
            x.received[i, b, 0] += below * dt
            x.received[i, b, 1] += above * dt
        x.gathered[i] += dt
        x.age[i] += dt


@kernel
def conduct_slots(unit):
    """Conduct the gathered heat into the pieces whose time has come."""
    for i in range(SLOTS):
        if unit.x.occupied[i] > 0.5 and unit.x.gathered[i] >= INTERVAL - 1e-6:
            _conduct(unit, i)


@kernel
def _states(unit, i):
    """Fill the work space of slot `i`: per profile b rows 3b…3b+2 with temperature, slope and conductivity."""
    x = unit.x
    for b in range(PROFILES):
        for j in range(NODES):
            temperature, slope = steel_state(x.heat[i, b, j])
            x.work[3 * b, j] = temperature
            x.work[3 * b + 1, j] = slope
            x.work[3 * b + 2, j] = conductivity(temperature)


@kernel
def _even_out(unit, i, dt):
    """Conduct heat along the piece between the part over a skid and the part between skids (distance a quarter pitch)."""
    p, x = unit.p, unit.x
    w = skid_share(unit)
    rate = 8.0 * dt / (COLD_DENSITY * p.skid_width * p.skid_pitch)
    back = w / (1.0 - w)
    for j in range(NODES):
        moved = rate * x.work[2, j] * (x.work[0, j] - x.work[3, j])
        x.heat[i, 1, j] += moved
        x.heat[i, 0, j] -= back * moved


@kernel
def _grow_scale(unit, i, dt):
    """Grow scale, decarburisation and grain of slot `i` over `dt`; return the heat of oxidation per face [J/m²]."""
    p, x = unit.p, unit.x
    surface = 0.5 * (x.work[0, 0] + x.work[0, NODES - 1])
    factor = p.scale_factor * gas_factor(x.oxygen, x.water_vapour)
    grown = scale_after(x.scale[i], surface, factor, dt)
    iron = COLD_DENSITY * (metal_lost(grown) - metal_lost(x.scale[i]))
    x.scale[i] = grown
    if surface > DECARBURISING_ABOVE:
        x.carbon_way[i] += carbon_diffusivity(surface) * dt
        size = 1e6 * x.grain[i]
        x.grain[i] = 1e-6 * (size**7 + GROWTH * dt * math.exp(-GROWTH_TEMPERATURE / surface)) ** (1.0 / 7.0)
    x.energy_scale += 2.0 * x.face[i] * iron * OXIDATION_HEAT
    return iron * OXIDATION_HEAT


@kernel
def _conduct(unit, i):
    """Conduct what slot `i` gathered into it; renew its skin temperature, scale and emissive power."""
    x = unit.x
    dt = x.gathered[i]
    if dt <= 0.0:
        return
    _states(unit, i)
    _even_out(unit, i, dt)
    oxidation = _grow_scale(unit, i, dt)
    layer = x.mass[i] / (x.face[i] * (NODES - 1.0))
    passage = (NODES - 1.0) / x.thickness[i]
    mass, ways = x.work[6], x.work[7, : NODES - 1]
    for j in range(NODES - 1):
        mass[j], ways[j] = layer, passage
    mass[0], mass[NODES - 1] = 0.5 * layer, 0.5 * layer
    resistance = x.scale[i] / unit.p.scale_conductivity
    for b in range(PROFILES):
        low, high = x.received[i, b, 0], x.received[i, b, 1]
        temperature, slope, k = x.work[3 * b], x.work[3 * b + 1], x.work[3 * b + 2]
        conduct_body(
            x.heat[i, b], temperature, slope, k, mass, ways, low + oxidation, 0.0, 0.0, high + oxidation, 0.0, 0.0, dt,
            x.sweep,
        )  # fmt: skip
        for s in range(2):
            flux = (high if s == 1 else low) / dt
            skin = max(steel_state(x.heat[i, b, s * (NODES - 1)])[0] + resistance * flux, 200.0)
            x.skin[i, b, s] = skin
            x.emission[i, b, s] = STEFAN_BOLTZMANN * skin * skin * skin * skin
            x.received[i, b, s] = 0.0
    x.gathered[i] = 0.0


@kernel
def steel_heat_content(unit):
    """Return the heat [J] of all pieces above 20 °C, with what is gathered and not yet conducted."""
    x = unit.x
    w = skid_share(unit)
    total = 0.0
    for i in range(SLOTS):
        if x.occupied[i] > 0.5:
            for b in range(PROFILES):
                share = w if b == 1 else 1.0 - w
                waiting = x.face[i] * (x.received[i, b, 0] + x.received[i, b, 1])
                total += share * (x.mass[i] * mean_heat(unit, i, b) + waiting)
    return total


@kernel
def show_slots(unit, dt):
    """Write the slot table: who lies where, since when, and for how long still."""
    x, y = unit.x, unit.y
    x.beam_busy = max(x.beam_busy - dt, 0.0)
    pieces = 0.0
    for i in range(SLOTS):
        pieces += x.occupied[i]
        y.slot_number[i] = x.number[i]
        y.slot_grade[i] = x.grade[i]
        y.slot_charge_temperature[i] = x.charge_temperature[i]
        y.slot_time[i] = x.age[i]
        y.slot_thickness[i] = x.thickness[i]
        y.slot_target[i] = x.target[i]
        y.slot_remaining_time[i] = x.announced_delay + (SLOTS - 1 - i) * x.pace if x.occupied[i] > 0.5 else 0.0
    y.pieces = pieces
