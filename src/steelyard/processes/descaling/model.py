"""Descaling: a ring of flat water jets between the reheating furnace and the mill.

**Model** A piece runs through the ring at constant speed and is treated at once. A pump of limited capacity feeds
nozzles whose mouths wear wider and clog: worn nozzles make thicker jets and ask for more water than the pump has, so
that the pressure falls.
Jets have the momentum of their water; the share of scale that comes off is logistic in the impact pressure, with a half
value that rises with silicon and, above the melting of fayalite, steeply. Heat leaves a semi-infinite body through a
spray coefficient; mean temperature by enthalpy, surface and core by the exact response a while later. Wear grows with
spraying time. Left out: jet break-up, uneven scale, cooling of the ends, scale that grows again, friction in the rolls.
**Holds** 50–400 bar, 0.1–5 m/s, pieces thicker than 10 mm at 700–1300 °C.
**Source** docs/explanation/physics-of-descaling-and-cooling.md; laws: physics/spray.py.
**Checked** tests/validation/descaling/*.toml, tests/processes/descaling/.
"""

import math
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill, unit_dtype
from steelyard.engine.kernel import kernel
from steelyard.materials.carbon_steel import conductivity, heat_capacity, steel_heat, steel_state
from steelyard.materials.chemistry import SILICON, content
from steelyard.physics.spray import (
    cylinder_response,
    heat_taken,
    impact_pressure,
    jet_force,
    plate_response,
    removed_share,
    specific_energy,
)
from steelyard.signals import Scalar, quantity

STEEL_DENSITY = 7500.0
"""Density of hot steel [kg/m³], EN 1993-1-2 less the expansion to 1150 °C."""
FAYALITE_MELTING = 1450.15
"""Eutectic of fayalite and wüstite [K], 1177 °C."""
FAYALITE_WIDTH = 6.0
SCALE_DENSITY = 5700.0
"""Density of wüstite scale [kg/m³]."""
FLAT = 2.5
"""Width over thickness from which a piece is treated as a plate and not as a cylinder of the same surface (assumed)."""


class Parameters:
    """What makes this ring this ring; SI, with the trade unit in which a parameter file may give it."""

    nozzle_count: Scalar = quantity("1", "flat-jet nozzles", low=1.0, high=400.0)
    nozzle_flow: Scalar = quantity("m³/s", "water through one new nozzle at the reference pressure", low=1.0, high=400.0, shown="L/min")  # fmt: skip
    reference_pressure: Scalar = quantity("Pa", "pressure at which the nozzle flow is given", low=10.0, high=600.0, shown="bar")  # fmt: skip
    pump_capacity: Scalar = quantity("m³/s", "water that a sound pump delivers", low=10.0, high=60000.0, shown="L/min")
    pump_efficiency: Scalar = quantity("1", "hydraulic over electric power", low=0.2, high=0.95)
    standby_power: Scalar = quantity("W", "electric power between pieces", low=0.0, high=3000.0, shown="kW")
    header_loss: Scalar = quantity("1", "share of the pump pressure lost before the nozzles", low=0.0, high=0.6)
    stand_off: Scalar = quantity("m", "distance from nozzle to steel", low=20.0, high=500.0, shown="mm")
    spread_angle: Scalar = quantity("rad", "opening of the flat jet across the piece", low=10.0, high=80.0, shown="°")
    depth_angle: Scalar = quantity("rad", "opening of the flat jet along the piece", low=0.5, high=15.0, shown="°")
    spray_length: Scalar = quantity("m", "length of the piece that is cooled at a time", low=5.0, high=1000.0, shown="mm")  # fmt: skip
    spray_coefficient: Scalar = quantity("W/(m²·K)", "heat transfer under the spray at the reference flow", low=1000.0, high=80000.0)  # fmt: skip
    spray_exponent: Scalar = quantity("1", "power of the flow in the heat transfer", low=0.0, high=1.0)
    water_temperature: Scalar = quantity("K", "temperature of the water", low=1.0, high=80.0, shown="°C")
    scale_conductivity: Scalar = quantity("W/(m·K)", "conductivity of the scale", low=0.5, high=6.0)
    half_impact: Scalar = quantity("Pa", "impact pressure that takes half of the scale off plain steel", low=0.02, high=2.0, shown="MPa")  # fmt: skip
    impact_width: Scalar = quantity("Pa", "width of the removal curve", low=0.01, high=0.6, shown="MPa")
    silicon_adhesion: Scalar = quantity("1", "rise of the half impact per mass fraction of silicon", low=0.0, high=300.0)  # fmt: skip
    fayalite_adhesion: Scalar = quantity("1", "further rise once fayalite has melted, per mass fraction of silicon", low=0.0, high=600.0)  # fmt: skip
    rebound_time: Scalar = quantity("s", "time from the ring to the first pyrometer", low=0.2, high=60.0)
    lead_time: Scalar = quantity("s", "time the water runs before and after the piece, together", low=0.0, high=20.0)
    alarm_pressure: Scalar = quantity("Pa", "header pressure under which the alarm comes", low=0.0, high=500.0, shown="bar")  # fmt: skip
    nozzle_wear: Scalar = quantity("1", "growth of the nozzle mouths at the start", low=0.0, high=1.0)
    clogging: Scalar = quantity("1", "share of the nozzles that is clogged at the start", low=0.0, high=1.0)
    pump_wear: Scalar = quantity("1", "share of the pump's delivery lost at the start", low=0.0, high=0.9)
    nozzle_wear_rate: Scalar = quantity("1/s", "growth of the mouths in an hour of spraying", low=0.0, high=10.0, shown="1/h")  # fmt: skip
    clogging_rate: Scalar = quantity("1/s", "share of nozzles that clogs in an hour of spraying", low=0.0, high=10.0, shown="1/h")  # fmt: skip
    pump_wear_rate: Scalar = quantity("1/s", "loss of delivery in an hour of spraying", low=0.0, high=10.0, shown="1/h")


class Inputs:
    """Set-points of the ring."""

    water_on: Scalar = quantity("1", "1 the ring sprays, 0 it lets pieces pass dry", low=0.0, high=1.0)
    pressure_setpoint: Scalar = quantity("Pa", "pump pressure asked for", low=20.0, high=500.0, shown="bar")
    feed_speed: Scalar = quantity("m/s", "speed of the piece through the ring", low=0.1, high=10.0)


class State:
    """What the ring remembers. Nothing of it is on the board."""

    nozzle_worn: Scalar = quantity("1", "growth of the nozzle mouths since the start", low=0.0, high=1e3)
    nozzle_clogged: Scalar = quantity("1", "share of nozzles clogged since the start", low=0.0, high=1e3)
    pump_worn: Scalar = quantity("1", "share of delivery lost since the start", low=0.0, high=1e3)
    last_time: Scalar = quantity("s", "time of the last piece; negative before the first", low=-1.0, high=1e10)
    removed_scale: Scalar = quantity("kg", "scale taken off since the start", low=0.0, high=1e9)
    heat_taken: Scalar = quantity("J", "heat that the water took since the start", low=0.0, high=1e9, shown="MWh")
    mean_drop: Scalar = quantity("K", "drop of the mean temperature of the last piece", low=0.0, high=600.0)
    removal: Scalar = quantity("1", "share of scale taken off the last piece, stripes included", low=0.0, high=1.0)


class Outputs:
    """What instruments show; all of it is on the board."""

    piece_number: Scalar = quantity("1", "number of the last piece", low=-1.0, high=1e9)
    header_pressure: Scalar = quantity("Pa", "pressure before the nozzles while spraying", low=0.0, high=600.0, shown="bar")  # fmt: skip
    water_flow: Scalar = quantity("m³/s", "water while spraying", low=0.0, high=1e6, shown="L/min")
    impact_pressure: Scalar = quantity("Pa", "mean pressure under a jet", low=0.0, high=60.0, shown="MPa")
    specific_energy: Scalar = quantity("J/m²", "hydraulic energy per surface", low=0.0, high=1e6, shown="kJ/m²")
    entry_temperature: Scalar = quantity("K", "surface before the ring", low=-50.0, high=1500.0, shown="°C")
    exit_temperature: Scalar = quantity("K", "surface at the pyrometer behind the ring", low=-50.0, high=1500.0, shown="°C")  # fmt: skip
    residual_scale: Scalar = quantity("m", "scale left, on average", low=0.0, high=20000.0, shown="µm")
    stripe_share: Scalar = quantity("1", "share of the surface that no jet reached", low=0.0, high=1.0)
    spray_time: Scalar = quantity("s", "time of spraying for the last piece", low=0.0, high=1e4)
    water_used: Scalar = quantity("m³", "water since the start", low=0.0, high=1e9)
    electric_energy: Scalar = quantity("J", "electric energy since the start", low=0.0, high=1e9, shown="kWh")
    bar_energy: Scalar = quantity("J", "electric energy for the last piece and the pause before it", low=0.0, high=1e6, shown="kWh")  # fmt: skip
    alarm: Scalar = quantity("1", "0 none, 1 header pressure too low", low=0.0, high=1.0)


RECORD = unit_dtype(Parameters, Inputs, State, Outputs)


@kernel
def clogged_share(unit):
    """Return the share of nozzles that is clogged now, 0 to 1."""
    return min(unit.p.clogging + unit.x.nozzle_clogged, 1.0)


@kernel
def header(unit):
    """Return header pressure [Pa], flow of one open nozzle and of all [m³/s] with the water on.

    All open nozzles together pass √(p/p_ref) times their reference flow; where that is more than the pump delivers, the
    pressure falls to what its delivery can hold.
    """
    p, x = unit.p, unit.x
    mouth = p.nozzle_flow * (1.0 + p.nozzle_wear + x.nozzle_worn)
    count = p.nozzle_count * (1.0 - clogged_share(unit))
    pressure = unit.u.pressure_setpoint * (1.0 - p.header_loss)
    wanted = count * mouth * math.sqrt(pressure / p.reference_pressure)
    delivery = p.pump_capacity * max(1.0 - p.pump_wear - x.pump_worn, 0.02)
    if wanted > delivery:
        pressure *= (delivery / wanted) * (delivery / wanted)
    return pressure, mouth * math.sqrt(pressure / p.reference_pressure), min(wanted, delivery)


@kernel
def half_impact(unit, piece):
    """Return the impact pressure [Pa] that takes half of this piece's scale off."""
    p = unit.p
    silicon = content(piece.grade, SILICON)
    hottest = max(piece.surface_temperature, piece.temperature)
    molten = 1.0 / (1.0 + math.exp(-(hottest - FAYALITE_MELTING) / FAYALITE_WIDTH))
    return p.half_impact * (1.0 + silicon * (p.silicon_adhesion + p.fayalite_adhesion * molten))


@kernel
def surface_of(piece):
    """Return perimeter and area of the section of a piece [m], [m²]."""
    if piece.roundness > 0.5:
        return math.pi * piece.thickness, 0.25 * math.pi * piece.thickness * piece.thickness
    return 2.0 * (piece.thickness + piece.width), piece.thickness * piece.width


@kernel
def _cool(unit, piece, coefficient, removal, time):
    """Take the heat of the spray out of a piece; return it [J]."""
    p = unit.p
    k = conductivity(piece.surface_temperature)
    capacity = heat_capacity(max(piece.surface_temperature, 1173.15))
    effusivity = math.sqrt(k * STEEL_DENSITY * capacity)
    difference = max(piece.surface_temperature - p.water_temperature, 0.0)
    scaled = 1.0 / (1.0 / coefficient + piece.scale / p.scale_conductivity)
    bare_heat = heat_taken(difference, coefficient, effusivity, time)
    scaled_heat = heat_taken(difference, scaled, effusivity, time)
    wetted = 1.0 - clogged_share(unit)
    perimeter, area = surface_of(piece)
    heat = wetted * (removal * bare_heat + (1.0 - removal) * scaled_heat) * perimeter * piece.length
    after, _ = steel_state(steel_heat(piece.temperature) - heat / piece.mass)
    drop = piece.temperature - after
    diffusivity = k / (STEEL_DENSITY * capacity)
    if piece.roundness < 0.5 and piece.width > FLAT * piece.thickness:
        half = 0.5 * piece.thickness
        surface, core = plate_response(diffusivity * p.rebound_time / (half * half))
    else:
        half = 2.0 * area / perimeter
        surface, core = cylinder_response(diffusivity * p.rebound_time / (half * half))
    piece.temperature = after
    piece.surface_temperature = max(piece.surface_temperature - surface * drop, p.water_temperature)
    piece.core_temperature -= core * drop
    unit.x.mean_drop = drop
    return heat


@kernel
def _wear(unit, time):
    """Age nozzles and pump by `time` [s] of spraying."""
    p, x = unit.p, unit.x
    x.nozzle_worn = min(x.nozzle_worn + p.nozzle_wear_rate * time, 3.0)
    x.nozzle_clogged = min(x.nozzle_clogged + p.clogging_rate * time, 1.0)
    x.pump_worn = min(x.pump_worn + p.pump_wear_rate * time, 1.0)


@kernel
def descale(unit, piece, time):
    """Run a piece (record PIECE, changed in place) through the ring at `time` [s] and set the outputs.

    It leaves with less scale and colder; with the water off it passes as it came. Energy between pieces is counted here.
    """
    p, u, x, y = unit.p, unit.u, unit.x, unit.y
    idle = max(time - x.last_time, 0.0) if x.last_time >= 0.0 else 0.0
    y.bar_energy = p.standby_power * idle
    x.last_time = time
    y.piece_number, y.entry_temperature = piece.number, piece.surface_temperature
    y.header_pressure, y.water_flow, y.impact_pressure, y.specific_energy = 0.0, 0.0, 0.0, 0.0
    y.spray_time, y.alarm, x.removal, x.mean_drop = 0.0, 0.0, 0.0, 0.0
    y.stripe_share = 1.0
    if u.water_on > 0.5:
        pressure, single, total = header(unit)
        thick = p.depth_angle * (1.0 + p.nozzle_wear + x.nozzle_worn)
        impact = impact_pressure(jet_force(single, pressure), p.stand_off, p.spread_angle, thick)
        removal = removed_share(impact, half_impact(unit, piece), p.impact_width)
        flow_factor = (single / p.nozzle_flow) ** p.spray_exponent
        perimeter, _ = surface_of(piece)
        heat = _cool(unit, piece, p.spray_coefficient * flow_factor, removal, p.spray_length / u.feed_speed)
        y.stripe_share = clogged_share(unit)
        x.removal = removal * (1.0 - y.stripe_share)
        x.heat_taken += heat
        x.removed_scale += SCALE_DENSITY * x.removal * piece.scale * perimeter * piece.length
        piece.scale *= 1.0 - x.removal
        y.spray_time = piece.length / u.feed_speed + p.lead_time
        y.header_pressure, y.water_flow, y.impact_pressure = pressure, total, impact
        y.specific_energy = specific_energy(pressure, total, perimeter, u.feed_speed)
        y.water_used += total * y.spray_time
        y.bar_energy += pressure / (1.0 - p.header_loss) * total * y.spray_time / p.pump_efficiency
        y.alarm = 1.0 if pressure < p.alarm_pressure else 0.0
        _wear(unit, y.spray_time)
    y.electric_energy += y.bar_energy
    y.exit_temperature, y.residual_scale = piece.surface_temperature, piece.scale


def prepare(unit: Any) -> None:
    """Bring a zeroed record with its parameters to the usual set-points, before the first piece."""
    u, x, y = unit["u"], unit["x"], unit["y"]
    u["water_on"], u["pressure_setpoint"], u["feed_speed"] = 1.0, 180e5, 1.5
    x["last_time"], y["piece_number"] = -1.0, -1.0
    y["entry_temperature"] = y["exit_temperature"] = unit["p"]["water_temperature"]


def new_unit(values: dict[str, Any]) -> np.ndarray:
    """Return a fresh record (1,) of the ring with SI parameters `values`."""
    record = np.zeros(1, RECORD)
    fill(record["p"][0], Parameters, values)
    prepare(record[0])
    return record
