"""Ladle furnace, with vacuum degassing as a second mode of the same station.

**Model** Lumped steel bath (enthalpy state, so that freezing costs its latent heat) with a stratification mode that
argon stirs away; lumped slag that takes part of the arc and radiates to the lid; one-dimensional lining from hot face
to shell, whose stored heat is the ladle's thermal history; additions that wait in a pool, dissolve at first order and
chill the bath; arc efficiency that falls with a thin slag; aluminium–oxygen, sulphur, carbon, silicon, manganese,
hydrogen and nitrogen balances; electrode, plug and lining condition. Left out: flow field, slag chemistry beyond
desulphurisation, oxygen in the slag, refractory dissolution, arc instability.
**Holds** 1480–1750 °C, 40–350 t, slag 2–40 kg/t, argon up to 1.5 Nm³/min, pressure 50 Pa to 1 atm.
**Source** energy balance and layers: docs/explanation/physics-of-the-ladle-furnace.md; each law names its own source.
**Checked** tests/validation/ladle_furnace/*.toml, tests/test_laws.py, `steelyard twin agreement`.
"""

import math

import numpy as np

from steelyard.engine.blocks import unit_dtype
from steelyard.engine.kernel import kernel
from steelyard.materials.slag import SLAG_HEAT_CAPACITY
from steelyard.materials.steel import LIQUID_HEAT_CAPACITY, specific_enthalpy, temperature_from_enthalpy
from steelyard.physics.constants import ATMOSPHERE
from steelyard.physics.degassing import stirring_factor
from steelyard.physics.electric_arc import electrode_consumption
from steelyard.physics.stirring import mixing_time, stirring_power
from steelyard.processes.ladle_furnace.chemistry import react
from steelyard.processes.ladle_furnace.dip import take_dip
from steelyard.processes.ladle_furnace.losses import efficiency_now, surface_loss, wall_loss
from steelyard.signals import Array, Scalar, quantity

WALL_CELLS = 12
MATERIALS = 24
LABELS = tuple(f"bulk_{i}" for i in range(1, 16)) + tuple(f"wire_{i}" for i in range(1, 10))
TRIP_TEMPERATURE = 2023.15
RATING = 1.3
USUAL_STIRRING = 0.032  # W/kg: 0.28 Nm³/min in 100 t, where slag_steel_coefficient holds
UNSTIRRED = 0.2  # assumed: share of the slag-steel exchange that natural convection and the arc keep up


class Parameters:
    """What makes this furnace this furnace; SI, with the trade unit in which a parameter file may give it."""

    bath_depth: Scalar = quantity("m", "depth of the steel bath", low=0.5, high=6.0)
    bath_area: Scalar = quantity("m²", "free surface of the bath", low=1.0, high=25.0)
    wall_area: Scalar = quantity("m²", "lining wetted by steel and slag", low=5.0, high=120.0)
    wall_thickness: Array = quantity("m", "thickness of the lining cells from hot face to shell", low=0.5, high=400.0, shown="mm", shape=WALL_CELLS)  # fmt: skip
    wall_conductivity: Array = quantity("W/(m·K)", "conductivity of the lining cells", low=0.02, high=80.0, shape=WALL_CELLS)  # fmt: skip
    wall_heat: Array = quantity("J/(m³·K)", "heat capacity of the lining cells per volume", low=0.03, high=8.0, shown="MJ/(m³·K)", shape=WALL_CELLS)  # fmt: skip
    inside_coefficient: Scalar = quantity("W/(m²·K)", "heat transfer from steel to hot face", low=100.0, high=20000.0)
    shell_emissivity: Scalar = quantity("1", "emissivity of the shell", low=0.05, high=1.0)
    ambient_temperature: Scalar = quantity("K", "hall temperature", low=-30.0, high=80.0, shown="°C")
    arc_efficiency: Scalar = quantity("1", "share of the arc energy that reaches steel and slag under a good slag", low=0.15, high=0.98)  # fmt: skip
    arc_slag_share: Scalar = quantity("1", "share of that energy that the slag takes first", low=0.0, high=0.9)
    nominal_power: Scalar = quantity("W", "arc power in normal operation", low=0.5, high=80.0, shown="MW")
    arc_voltage: Scalar = quantity("V", "voltage over one arc at nominal power", low=60.0, high=400.0)
    power_factor: Scalar = quantity("1", "power factor at nominal power", low=0.4, high=1.0)
    secondary_voltage: Scalar = quantity("V", "secondary line voltage of the tap in use", low=100.0, high=900.0)
    tap_step: Scalar = quantity("1", "change of arc and secondary voltage per tap", low=0.0, high=0.3)
    slag_foaming: Scalar = quantity("1", "height of the foamed slag over the quiet slag", low=1.0, high=20.0)
    exposed_share: Scalar = quantity("1", "share of its useful heat that a bare arc loses to lid and wall", low=0.0, high=1.0)  # fmt: skip
    electrode_tip_rate: Scalar = quantity("kg/(A²·s)", "tip wear of one electrode", low=0.0, high=0.1, shown="kg/(kA²·h)")  # fmt: skip
    electrode_side_rate: Scalar = quantity("kg/(m²·s)", "side oxidation of one electrode", low=0.0, high=20.0, shown="kg/(m²·h)")  # fmt: skip
    electrode_side_area: Scalar = quantity("m²", "hot side of one electrode", low=0.1, high=10.0)
    electrode_break_probability: Scalar = quantity("1", "electrode break per heating", low=0.0, high=0.5)
    electrode_break_delay: Scalar = quantity("s", "time without arc after an electrode break", low=0.0, high=60.0, shown="min")  # fmt: skip
    slag_steel_coefficient: Scalar = quantity("W/(m²·K)", "heat transfer from slag to steel, stirred", low=200.0, high=60000.0)  # fmt: skip
    surface_emissivity: Scalar = quantity("1", "effective emissivity of the crusted slag surface, lid closed", low=0.005, high=0.9)  # fmt: skip
    open_lid_factor: Scalar = quantity("1", "surface loss with open lid over closed lid", low=1.0, high=10.0)
    eye_loss: Scalar = quantity("1", "rise of the surface loss per stirring of 1 Nm³/min", low=0.0, high=20.0)
    lid_leak: Scalar = quantity("1", "extra share of surface loss through a leaking lid", low=0.0, high=3.0)
    vacuum_loss: Scalar = quantity("W", "extra loss of the boiling surface under full vacuum", low=0.0, high=10.0, shown="MW")  # fmt: skip
    mixing_constant: Scalar = quantity("1", "mixing time over the published correlation", low=0.1, high=10.0)
    arc_stratification: Scalar = quantity("1", "share of the arc heat that stays in the upper bath before mixing", low=0.0, high=3.0)  # fmt: skip
    plug_conductance: Scalar = quantity("1", "argon that passes the plug over the argon asked for", low=0.0, high=1.0)
    plug_clogging_rate: Scalar = quantity(
        "1/s", "share of the plug that clogs in an hour of stirring", low=0.0, high=5.0, shown="1/h"
    )
    lining_wear_rate: Scalar = quantity(
        "m/s", "wear of the lining under a covered arc", low=0.0, high=50.0, shown="mm/h"
    )
    chill: Array = quantity("J/kg", "heat that 1 kg of the material takes from the bath", low=-15.0, high=40.0, shown="MJ/kg", shape=MATERIALS, labels=LABELS)  # fmt: skip
    dissolution_time: Array = quantity("s", "time constant of dissolution, stirred", low=1.0, high=1200.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    steel_yield: Array = quantity("1", "share of the material that ends in the steel", low=0.0, high=1.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    slag_yield: Array = quantity("1", "share of the material that ends in the slag", low=0.0, high=1.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    carbon_content: Array = quantity("1", "recovered carbon per kg of material", low=0.0, high=100.0, shown="%", shape=MATERIALS, labels=LABELS)  # fmt: skip
    silicon_content: Array = quantity("1", "recovered silicon per kg of material", low=0.0, high=100.0, shown="%", shape=MATERIALS, labels=LABELS)  # fmt: skip
    manganese_content: Array = quantity("1", "recovered manganese per kg of material", low=0.0, high=100.0, shown="%", shape=MATERIALS, labels=LABELS)  # fmt: skip
    aluminium_content: Array = quantity("1", "recovered aluminium per kg of material", low=0.0, high=100.0, shown="%", shape=MATERIALS, labels=LABELS)  # fmt: skip
    bin_bias: Scalar = quantity("1", "true mass over weighed mass of bulk additions, minus one", low=-50.0, high=50.0, shown="%")  # fmt: skip
    sulphur_partition: Scalar = quantity("1", "equilibrium sulphur ratio slag to steel", low=1.0, high=2000.0)
    aluminium_fade: Scalar = quantity("1/s", "rate of aluminium towards equilibrium with the reoxidation", low=0.0, high=1.0, shown="1/min")  # fmt: skip
    reoxidation: Scalar = quantity("1/s", "oxygen pick-up of the steel", low=0.0, high=1e-6)
    hydrogen_rate: Scalar = quantity("1/s", "hydrogen removal under full vacuum", low=0.0, high=1.0, shown="1/min")
    nitrogen_rate: Scalar = quantity("1/s", "nitrogen removal under full vacuum", low=0.0, high=1.0, shown="1/min")
    pump_time: Scalar = quantity("s", "time constant of the vacuum pump", low=5.0, high=1200.0)
    dip_noise: Scalar = quantity("K", "standard deviation of a dip in a mixed bath", low=0.0, high=20.0)
    dip_noise_unmixed: Scalar = quantity("K", "further standard deviation of a dip in the unmixed bath on arrival", low=0.0, high=40.0)  # fmt: skip
    dip_outlier_share: Scalar = quantity("1", "share of dips in a mixed bath that mislead", low=0.0, high=0.5)
    dip_outlier_share_unmixed: Scalar = quantity(
        "1", "further share of misleading dips in the unmixed bath on arrival", low=0.0, high=0.5
    )
    dip_outlier_spread: Scalar = quantity("K", "standard deviation of a misleading dip", low=0.0, high=60.0)
    dip_bias: Scalar = quantity("K", "bias of the probe", low=-30.0, high=30.0)
    dip_sign: Scalar = quantity("1", "1, or -1 to mirror every dip error for a sensitivity study", low=-1.0, high=1.0)
    dip_failure: Scalar = quantity("1", "share of dips that give no reading", low=0.0, high=0.9)
    dip_duration: Scalar = quantity("s", "time from request to reading", low=0.0, high=120.0)
    efficiency_spread: Scalar = quantity("1", "standard deviation of the arc efficiency from heat to heat", low=0.0, high=0.5)  # fmt: skip
    disturbance: Scalar = quantity("K", "random walk of the bath temperature per square root of minute", low=0.0, high=8.0)  # fmt: skip


class Inputs:
    """Set-points of the station."""

    arc_power_setpoint: Scalar = quantity("W", "arc power asked for; 0 lifts the electrodes", low=0.0, high=80.0, shown="MW")  # fmt: skip
    tap_offset: Scalar = quantity(
        "1", "transformer taps above the nominal one: longer arc, less current", low=-3.0, high=3.0
    )
    argon_flow_setpoint: Scalar = quantity("Nm³/s", "argon asked for", low=0.0, high=1500.0, shown="NL/min")
    lid_closed: Scalar = quantity("1", "1 lid closed, 0 open", low=0.0, high=1.0)
    tank_pressure_setpoint: Scalar = quantity("Pa", "pressure asked for; 101.3 kPa is open to the air", low=0.05, high=110.0, shown="kPa")  # fmt: skip
    dip_request: Scalar = quantity("1", "1 asks for a temperature dip", low=0.0, high=1.0)
    transfer_request: Scalar = quantity("1", "1 sends the ladle away, 0 holds it", low=0.0, high=1.0)
    feed: Array = quantity("kg", "mass to drop into the ladle in this step", low=0.0, high=5000.0, shape=MATERIALS, labels=LABELS)  # fmt: skip


class State:
    """What the furnace remembers. Nothing of it is on the board."""

    occupied: Scalar = quantity("1", "1 while a ladle stands in the station", low=0.0, high=1.0)
    heat_time: Scalar = quantity("s", "time since arrival", low=0.0, high=1e6)
    steel_mass: Scalar = quantity("kg", "steel in the ladle", low=0.0, high=500.0, shown="t")
    steel_enthalpy: Scalar = quantity("J/kg", "specific enthalpy of the steel above 25 °C", low=-100.0, high=3000.0, shown="kJ/kg")  # fmt: skip
    steel_temperature: Scalar = quantity("K", "mean temperature of the steel", low=-50.0, high=2300.0, shown="°C")
    stratification: Scalar = quantity("K", "temperature of the upper bath above the mean", low=-300.0, high=600.0)
    slag_mass: Scalar = quantity("kg", "slag on the steel", low=0.0, high=60.0, shown="t")
    slag_temperature: Scalar = quantity("K", "temperature of the slag", low=-50.0, high=2600.0, shown="°C")
    wall_temperature: Array = quantity("K", "lining cells from hot face to shell", low=-50.0, high=2300.0, shown="°C", shape=WALL_CELLS)  # fmt: skip
    wall_sweep: Array = quantity("1", "work space of the wall solver", shape=WALL_CELLS)
    pool: Array = quantity("kg", "additions not yet dissolved", low=0.0, high=20000.0, shape=MATERIALS, labels=LABELS)
    carbon: Scalar = quantity("1", "carbon in the steel", low=0.0, high=6.0, shown="%")
    silicon: Scalar = quantity("1", "silicon in the steel", low=0.0, high=100.0, shown="%")
    manganese: Scalar = quantity("1", "manganese in the steel", low=0.0, high=100.0, shown="%")
    aluminium: Scalar = quantity("1", "dissolved aluminium in the steel", low=0.0, high=100.0, shown="%")
    oxygen: Scalar = quantity("1", "dissolved oxygen in the steel", low=0.0, high=3000.0, shown="ppm")
    sulphur: Scalar = quantity("1", "sulphur in the steel", low=0.0, high=2.0, shown="%")
    slag_sulphur: Scalar = quantity("kg", "sulphur held by the slag", low=0.0, high=10000.0)
    hydrogen: Scalar = quantity("1", "hydrogen in the steel", low=0.0, high=60.0, shown="ppm")
    nitrogen: Scalar = quantity("1", "nitrogen in the steel", low=0.0, high=1000.0, shown="ppm")
    chemistry_time: Scalar = quantity("s", "time since the chemistry was last advanced", low=0.0, high=120.0)
    heat_efficiency: Scalar = quantity("1", "arc efficiency of this heat over the mean", low=0.2, high=2.0)
    arc_blocked: Scalar = quantity("s", "time until the arc can be struck again", low=0.0, high=7200.0)
    dip_pending: Scalar = quantity("s", "time until the dip shows, negative when none is under way", low=-1.0, high=120.0)  # fmt: skip
    unmixed: Scalar = quantity("1", "1 on arrival, falls to 0 as the ladle mixes", low=0.0, high=1.0)
    plug_clogging: Scalar = quantity("1", "clogged share of this ladle's plug", low=0.0, high=1.0)
    lining_worn: Scalar = quantity("m", "lining worn off in this heat", low=0.0, high=1000.0, shown="mm")
    electrode_worn: Scalar = quantity("kg", "graphite used since the start", low=0.0, high=1e9)
    energy_arc: Scalar = quantity("J", "arc energy that reached steel and slag", low=0.0, high=1e9, shown="MWh")
    energy_shell: Scalar = quantity("J", "heat given off by the shell", low=-1e9, high=1e9, shown="MWh")
    energy_surface: Scalar = quantity("J", "heat given off by surface, argon and vacuum", low=-1e9, high=1e9, shown="MWh")  # fmt: skip
    energy_additions: Scalar = quantity("J", "net heat brought by additions and disturbances", low=-1e9, high=1e9, shown="MWh")  # fmt: skip
    mass_fed: Scalar = quantity("kg", "true mass dropped into the ladle", low=0.0, high=1e6)
    mass_lost: Scalar = quantity("kg", "mass that left as fume and gas", low=0.0, high=1e6)


class Outputs:
    """What instruments show; all of it is on the board."""

    heat_number: Scalar = quantity("1", "heats arrived so far", low=0.0, high=1e9)
    heat_time: Scalar = quantity("s", "time since arrival", low=0.0, high=1e6)
    steel_mass: Scalar = quantity("kg", "weighed steel", low=0.0, high=500.0, shown="t")
    target_temperature: Scalar = quantity("K", "temperature wanted at departure", low=-50.0, high=1800.0, shown="°C")
    time_to_departure: Scalar = quantity("s", "time until the caster calls; negative when late", low=-1e4, high=1e4, shown="min")  # fmt: skip
    arc_power: Scalar = quantity("W", "arc power", low=0.0, high=80.0, shown="MW")
    arc_energy: Scalar = quantity("J", "arc energy of this heat", low=0.0, high=1e6, shown="MWh")
    heating_count: Scalar = quantity("1", "heatings of this heat", low=0.0, high=1e6)
    argon_flow: Scalar = quantity("Nm³/s", "argon through the plug", low=0.0, high=1500.0, shown="NL/min")
    argon_pressure: Scalar = quantity("Pa", "back pressure of the argon line", low=0.0, high=20.0, shown="bar")
    argon_volume: Scalar = quantity("Nm³", "argon of this heat", low=0.0, high=1e6)
    dip_temperature: Scalar = quantity("K", "last good dip of this heat; not a number before the first", low=-50.0, high=2300.0, shown="°C")  # fmt: skip
    dip_count: Scalar = quantity("1", "good dips of this heat", low=0.0, high=1e6)
    dip_age: Scalar = quantity("s", "time since the last good dip", low=0.0, high=1e6)
    failed_dips: Scalar = quantity("1", "failed dips of this heat", low=0.0, high=1e6)
    addition: Array = quantity("kg", "weighed mass added in this heat", low=0.0, high=20000.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    shell_temperature: Scalar = quantity("K", "shell temperature", low=-50.0, high=1700.0, shown="°C")
    tank_pressure: Scalar = quantity("Pa", "pressure over the bath", low=0.0, high=110.0, shown="kPa")
    electrode_mass: Scalar = quantity("kg", "graphite used in this heat", low=0.0, high=1e5)
    alarm: Scalar = quantity("1", "0 none, 1 arc tripped: steel too hot, 2 arc tripped: no ladle", low=0.0, high=2.0)


RECORD = unit_dtype(Parameters, Inputs, State, Outputs)


@kernel
def heat_content(unit):
    """Return the heat stored in steel, slag and lining of the unit record [J]."""
    x, p = unit.x, unit.p
    stored = x.steel_mass * x.steel_enthalpy + x.slag_mass * SLAG_HEAT_CAPACITY * x.slag_temperature
    for i in range(WALL_CELLS):
        stored += p.wall_area * p.wall_thickness[i] * p.wall_heat[i] * x.wall_temperature[i]
    return stored


@kernel
def _arc(unit, dt):
    """Strike or lift the arc within the transformer's rating; return the power that reaches steel and slag [W]."""
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    x.arc_blocked = max(x.arc_blocked - dt, 0.0)
    y.alarm = 0.0
    if u.arc_power_setpoint > 0.0:
        y.alarm = 2.0 if x.occupied < 0.5 else (1.0 if x.steel_temperature > TRIP_TEMPERATURE else 0.0)
    power = min(u.arc_power_setpoint, RATING * p.nominal_power) if y.alarm == 0.0 and x.arc_blocked <= 0.0 else 0.0
    if power > 0.0 and y.arc_power <= 0.0:
        y.heating_count += 1.0
    y.arc_power = power
    y.arc_energy += power * dt
    if power <= 0.0:
        return 0.0
    tap = 1.0 + p.tap_step * u.tap_offset
    current = power / (math.sqrt(3.0) * p.secondary_voltage * tap * p.power_factor)
    wear = electrode_consumption(current, p.electrode_tip_rate, p.electrode_side_rate, p.electrode_side_area)
    y.electrode_mass += wear * dt
    x.electrode_worn += wear * dt
    return power * efficiency_now(unit)


@kernel
def _dissolve(unit, stirred, dt):
    """Take this step's additions into the pool and dissolve the pool; return the heat it takes from the bath [J]."""
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    steel_gain, slag_gain, chill = 0.0, 0.0, 0.0
    carbon, silicon, manganese, aluminium = 0.0, 0.0, 0.0, 0.0
    for i in range(MATERIALS):
        if u.feed[i] > 0.0:
            mass = u.feed[i] * (1.0 + p.bin_bias) if i < 15 else u.feed[i]
            y.addition[i] += u.feed[i]
            x.pool[i] += mass
            x.mass_fed += mass
            u.feed[i] = 0.0
        if x.pool[i] > 0.0:
            melted = x.pool[i] * (1.0 - math.exp(-dt * stirred / p.dissolution_time[i]))
            if x.pool[i] < 1e-6:
                melted = x.pool[i]
            x.pool[i] -= melted
            steel_gain += melted * p.steel_yield[i]
            slag_gain += melted * p.slag_yield[i]
            x.mass_lost += melted * (1.0 - p.steel_yield[i] - p.slag_yield[i])
            chill += melted * p.chill[i]
            carbon += melted * p.carbon_content[i]
            silicon += melted * p.silicon_content[i]
            manganese += melted * p.manganese_content[i]
            aluminium += melted * p.aluminium_content[i]
    if steel_gain + slag_gain > 0.0 or chill != 0.0:
        total = x.steel_mass + steel_gain
        x.carbon = (x.carbon * x.steel_mass + carbon) / total
        x.silicon = (x.silicon * x.steel_mass + silicon) / total
        x.manganese = (x.manganese * x.steel_mass + manganese) / total
        x.aluminium = (x.aluminium * x.steel_mass + aluminium) / total
        x.oxygen *= x.steel_mass / total
        x.sulphur *= x.steel_mass / total
        x.hydrogen *= x.steel_mass / total
        x.nitrogen *= x.steel_mass / total
        x.steel_mass = total
        x.slag_mass += slag_gain
        x.energy_additions += (
            steel_gain * x.steel_enthalpy + slag_gain * SLAG_HEAT_CAPACITY * x.slag_temperature - chill
        )
    return chill


@kernel
def furnace_step(unit, disturbance, dip_noise, dip_luck, dt):
    """Advance the furnace record `unit` by `dt` [s].

    `disturbance` is this step's random heat as a temperature change of the bath [K]; `dip_noise` a standard normal and
    `dip_luck` a uniform number for a dip that shows in this step (low: it fails, high: it misleads). All three come
    from named streams of the caller.
    """
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    x.heat_time += dt * x.occupied
    y.heat_time = x.heat_time
    y.tank_pressure += (u.tank_pressure_setpoint - y.tank_pressure) * (1.0 - math.exp(-dt / p.pump_time))
    y.argon_flow = u.argon_flow_setpoint * p.plug_conductance * (1.0 - x.plug_clogging) * x.occupied
    y.argon_pressure = (
        ATMOSPHERE + 7000.0 * 9.81 * p.bath_depth + 4.0e7 * u.argon_flow_setpoint * (2.0 - p.plug_conductance)
    )
    y.argon_volume += y.argon_flow * dt
    absorbed = _arc(unit, dt)
    if x.occupied < 0.5:
        wall_loss(unit, dt)
        y.dip_age += dt
        return
    stirring = stirring_power(y.argon_flow, x.steel_temperature, x.steel_mass, p.bath_depth, y.tank_pressure)
    mixing = p.mixing_constant * mixing_time(max(stirring, 1.0e-3))
    chill = _dissolve(unit, min(1.0, 60.0 / mixing) if mixing > 60.0 else 1.0, dt)
    _wear(unit, dt)
    _heat(unit, absorbed, chill, stirring, mixing, disturbance, dt)
    x.unmixed *= math.exp(-dt / mixing)
    x.chemistry_time += dt
    if x.chemistry_time >= 10.0:
        react(unit, stirring, x.chemistry_time)
        x.chemistry_time = 0.0
    take_dip(unit, dip_noise, dip_luck, dt)


@kernel
def _wear(unit, dt):
    """Age plug and lining: the plug clogs while it stirs; a flaring arc wears the lining faster than a covered one.

    The wear of one heat is too small to change its heat flow; a thin lining is a parameter (fault `lining_wear`).
    """
    p, x, y = unit.p, unit.x, unit.y
    if y.argon_flow > 0.0:
        x.plug_clogging = min(x.plug_clogging + p.plug_clogging_rate * dt, 1.0)
    if y.arc_power > 0.0:
        flare = p.arc_efficiency * x.heat_efficiency / efficiency_now(unit)
        x.lining_worn += p.lining_wear_rate * flare * flare * dt


@kernel
def _heat(unit, absorbed, chill, stirring, mixing, disturbance, dt):
    """Close the energy balance of steel and slag over one step."""
    p, x, y = unit.p, unit.x, unit.y
    vacuum = math.exp(-y.tank_pressure / 1.0e4)
    surface = surface_loss(unit, vacuum) * dt
    slag_capacity = max(x.slag_mass, 1.0) * SLAG_HEAT_CAPACITY
    coefficient = p.slag_steel_coefficient * max(stirring_factor(stirring, USUAL_STIRRING), UNSTIRRED)
    exchange = slag_capacity * (1.0 - math.exp(-coefficient * p.bath_area * dt / slag_capacity))
    to_slag = p.arc_slag_share * absorbed * dt
    across = exchange * (x.slag_temperature - x.steel_temperature)
    wall = wall_loss(unit, dt)
    random_heat = disturbance * x.steel_mass * LIQUID_HEAT_CAPACITY
    x.slag_temperature += (to_slag - surface - across) / slag_capacity
    direct = absorbed * dt - to_slag
    x.steel_enthalpy += (direct + across - wall - chill + random_heat) / x.steel_mass
    x.steel_temperature = temperature_from_enthalpy(x.steel_enthalpy, x.carbon)
    top_heat = p.arc_stratification * (direct + across) / (x.steel_mass * LIQUID_HEAT_CAPACITY)
    x.stratification = (x.stratification + top_heat) * math.exp(-dt / mixing)
    x.energy_arc += absorbed * dt
    x.energy_surface += surface
    x.energy_additions += random_heat


@kernel
def place_ladle(unit, temperature, mass, slag_mass, hot_face, efficiency):
    """Put a ladle of `mass` [kg] steel at `temperature` [K] into the station.

    `hot_face` [K] is the lining's hot-face temperature when it was filled: the thermal history. The profile behind it
    is that of the preheated lining, straight in thermal resistance down to the shell.
    """
    u, x, y = unit.u, unit.x, unit.y
    x.occupied, x.heat_time, x.steel_mass, x.slag_mass = 1.0, 0.0, mass, slag_mass
    x.steel_temperature = temperature
    x.steel_enthalpy = specific_enthalpy(temperature, x.carbon)
    x.slag_temperature = temperature
    x.stratification, x.unmixed, x.heat_efficiency = 0.0, 1.0, efficiency
    x.arc_blocked, x.dip_pending, x.chemistry_time, x.slag_sulphur = 0.0, -1.0, 0.0, 0.0
    preheat_lining(unit, hot_face)
    for i in range(MATERIALS):
        x.pool[i] = 0.0
        u.feed[i] = 0.0
        y.addition[i] = 0.0
    x.energy_arc, x.energy_shell, x.energy_surface, x.energy_additions = 0.0, 0.0, 0.0, 0.0
    x.mass_fed, x.mass_lost, x.plug_clogging, x.lining_worn = 0.0, 0.0, 0.0, 0.0
    u.dip_request, u.arc_power_setpoint, u.transfer_request = 0.0, 0.0, 0.0
    y.steel_mass, y.heat_time, y.arc_power, y.arc_energy = mass, 0.0, 0.0, 0.0
    y.heating_count, y.argon_volume, y.dip_count, y.failed_dips = 0.0, 0.0, 0.0, 0.0
    y.dip_age, y.electrode_mass, y.dip_temperature = 0.0, 0.0, np.nan


@kernel
def preheat_lining(unit, hot_face):
    """Set the lining profile: `hot_face` [K] inside, straight in thermal resistance to 22 % of it at the shell (assumed)."""
    p, x = unit.p, unit.x
    total = 0.0
    for i in range(WALL_CELLS):
        total += p.wall_thickness[i] / p.wall_conductivity[i]
    shell = p.ambient_temperature + 0.22 * (hot_face - p.ambient_temperature)
    passed = 0.0
    for i in range(WALL_CELLS):
        own = p.wall_thickness[i] / p.wall_conductivity[i]
        x.wall_temperature[i] = hot_face + (shell - hot_face) * (passed + 0.5 * own) / total
        passed += own


@kernel
def remove_ladle(unit):
    """Take the ladle away; the station stands empty, vented, closed and at its nominal tap."""
    u = unit.u
    unit.x.occupied = 0.0
    u.arc_power_setpoint, u.argon_flow_setpoint, u.tap_offset = 0.0, 0.0, 0.0
    u.tank_pressure_setpoint, unit.y.tank_pressure, u.lid_closed = ATMOSPHERE, ATMOSPHERE, 1.0
    u.dip_request, u.transfer_request = 0.0, 0.0
