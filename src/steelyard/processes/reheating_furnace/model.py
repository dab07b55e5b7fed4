"""Walking-beam reheating furnace: eight zones above and below the steel, thirty slots, one piece in each.

**Model** Per zone one gas temperature, one wall of three nodes, a burner group; gas flows from the soak zone to the
charge end and through a recuperator. Grey enclosure of steel, wall and radiating gas (weighted sum of grey gases);
convection; walls of neighbouring zones see each other. Per piece the specific enthalpy at 21 nodes through the whole
thickness, twice: between the skids and over a skid (shadow, contact, lateral conduction). A round bar, or a billet
heated from four sides, is a slab of its own thickness whose mass per face area is that of the piece: heating rate and
difference surface–core at constant flux are then exactly those of the cylinder (q·d/4k) and of the square. Scale with
its heat and resistance, decarburisation, furnace pressure, doors, leaks. Left out: flow field, spread of temperature
along the piece other than skids, end faces, oxygen drawn from the gas by scale, time lag of gas between the zones.
**Holds** 20–1300 °C steel, 0.02–0.4 m thick, zones up to 1400 °C, air ratio 0.8–2, steps of 0.2–5 s.
**Source** docs/explanation/physics-of-the-reheating-furnace.md; each law names its own source.
**Checked** tests/validation/reheating_furnace/*.toml against benchmarks of energy use only: no measured steel
temperature of a furnace was at hand.
"""

from steelyard.engine.blocks import unit_dtype
from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream
from steelyard.processes.reheating_furnace.control import level_1, level_2
from steelyard.processes.reheating_furnace.layout import (
    COLUMN_LABELS,
    COLUMNS,
    INTERVAL,
    NODES,
    PROFILES,
    SLOTS,
    SPECIES,
    SPECIES_LABELS,
    WALL_LABELS,
    WALL_NODES,
    ZONE_LABELS,
    ZONES,
)
from steelyard.processes.reheating_furnace.slots import (
    can_charge,
    can_walk,
    charge,
    conduct_slots,
    discharge,
    heat_slots,
    ready,
    show_slots,
    steel_heat_content,
    walk,
)
from steelyard.processes.reheating_furnace.start import place_warm, prepare
from steelyard.processes.reheating_furnace.zones import fire_zones, gather, wall_and_gas_heat
from steelyard.signals import Array, Scalar, quantity

__all__ = [
    "can_charge", "can_walk", "charge", "discharge", "furnace_step", "heat_content", "place_warm", "prepare", "ready",
    "trust_outputs", "walk",
]  # fmt: skip

FUEL = stream("reheating_furnace.fuel")
FUEL_INTERVAL = 600.0


class Parameters:
    """What makes this furnace this furnace; SI, with the trade unit in which a parameter file may give it."""

    zone_length: Array = quantity("m", "length of a zone along the furnace", low=0.2, high=30.0, shape=COLUMNS, labels=COLUMN_LABELS)  # fmt: skip
    zone_height: Array = quantity("m", "height of a zone above or below the steel", low=0.1, high=4.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    inner_width: Scalar = quantity("m", "inner width of the furnace", low=0.3, high=20.0)
    door_area: Scalar = quantity("m²", "opening of the charge door, and of the discharge door", low=0.0, high=10.0)
    door_time: Scalar = quantity("s", "time for which a door is open per piece", low=0.0, high=300.0)
    leak_area: Scalar = quantity("m²", "leaks at each end with the doors closed", low=0.0, high=2.0)
    walk_time: Scalar = quantity("s", "time of one beam cycle", low=1.0, high=900.0)
    wall_thickness: Array = quantity("m", "thickness of the wall nodes from the hot face to the shell", low=1.0, high=600.0, shown="mm", shape=WALL_NODES, labels=WALL_LABELS)  # fmt: skip
    wall_conductivity: Array = quantity("W/(m·K)", "conductivity of the wall nodes", low=0.02, high=10.0, shape=WALL_NODES, labels=WALL_LABELS)  # fmt: skip
    wall_heat: Array = quantity("J/(m³·K)", "heat capacity of the wall nodes per volume", low=0.05, high=6.0, shown="MJ/(m³·K)", shape=WALL_NODES, labels=WALL_LABELS)  # fmt: skip
    wall_leakage: Array = quantity("1", "conductance of the lining over that of the sound one (spalling)", low=0.3, high=5.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    shell_emissivity: Scalar = quantity("1", "emissivity of the shell", low=0.05, high=1.0)
    wall_emissivity: Scalar = quantity("1", "emissivity of the hot face", low=0.1, high=0.99)
    steel_emissivity: Scalar = quantity("1", "emissivity of the scaled steel", low=0.2, high=0.99)
    stock_view: Scalar = quantity("1", "share of the face of a piece that sees the furnace past its neighbours", low=0.05, high=1.0)  # fmt: skip
    side_exposure: Scalar = quantity("1", "share of the side faces of a rectangular piece that counts as face", low=0.0, high=1.0)  # fmt: skip
    convection: Scalar = quantity("W/(m²·K)", "convection of furnace gas to steel and wall", low=0.0, high=100.0)
    gap_exchange: Scalar = quantity("1", "exchange factor between the walls above and below through the gaps of the stock", low=0.0, high=1.0)  # fmt: skip
    end_exchange: Scalar = quantity("1", "exchange factor between the walls of zones in a row", low=0.0, high=1.0)
    skid_area: Scalar = quantity("m²", "insulated surface of all skid pipes", low=0.0, high=400.0)
    skid_conductance: Scalar = quantity("W/(m²·K)", "conductance of the skid insulation", low=0.0, high=200.0)
    skid_leakage: Scalar = quantity("1", "skid loss over that with sound insulation", low=0.5, high=6.0)
    skid_pitch: Scalar = quantity("m", "distance between skids along a piece", low=0.1, high=4.0)
    skid_width: Scalar = quantity("m", "width of a piece that a skid touches or shades", low=0.005, high=0.4)
    skid_shadow: Scalar = quantity("1", "share of the heat from below that the skid keeps from that width", low=0.0, high=0.9)  # fmt: skip
    skid_contact: Scalar = quantity("W/(m²·K)", "heat transfer from steel to skid rider", low=0.0, high=1000.0)
    rider_temperature: Scalar = quantity("K", "temperature of the skid riders", low=20.0, high=1200.0, shown="°C")
    skid_water: Scalar = quantity("kg/s", "cooling water of the skids", low=0.01, high=1000.0)
    fuel_composition: Array = quantity("1", "mole fraction in the fuel gas", low=0.0, high=100.0, shown="%", shape=SPECIES, labels=SPECIES_LABELS)  # fmt: skip
    fuel_richness: Scalar = quantity("1", "heating value of the fuel over the nominal one", low=0.5, high=1.5)
    fuel_spread: Scalar = quantity("1", "standard deviation of the heating value from ten minutes to ten minutes", low=0.0, high=20.0, shown="%")  # fmt: skip
    burner_power: Array = quantity("W", "fuel power of a zone with the valve fully open", low=0.0, high=60e3, shown="kW", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    burner_clogging: Array = quantity("1", "share of the fuel flow that clogged burners hold back", low=0.0, high=0.95, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    burner_clogging_rate: Array = quantity("1/s", "growth of that share while the zone burns", low=0.0, high=1.0, shown="1/h", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    least_fire: Scalar = quantity("1", "valve position below which a zone does not go", low=0.0, high=0.5)
    valve_time: Scalar = quantity("s", "time constant of fuel and air valves", low=0.1, high=60.0)
    air_ratio: Array = quantity("1", "air ratio of the crew", low=0.7, high=3.0, shape=ZONES, labels=ZONE_LABELS)
    air_meter_error: Scalar = quantity("1", "true air over metered air, minus one", low=-50.0, high=100.0, shown="%")
    air_meter_drift: Scalar = quantity("1/s", "growth of that error", low=-1.0, high=1.0, shown="1/h")
    oxygen_target: Scalar = quantity("1", "oxygen in the dry flue gas that the trim seeks", low=0.0, high=15.0, shown="%")  # fmt: skip
    trim_rate: Scalar = quantity("1/s", "speed of the oxygen trim per unit of oxygen", low=0.0, high=1.0)
    trim_limit: Scalar = quantity("1", "most by which the trim changes the air", low=0.0, high=0.5)
    gain: Array = quantity("1/K", "gain of the zone controllers", low=0.0, high=1.0, shape=ZONES, labels=ZONE_LABELS)
    integral_time: Array = quantity("s", "integral time of the zone controllers", low=1.0, high=36000.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    zone_limit: Scalar = quantity("K", "zone temperature at which the burners trip", low=500.0, high=1450.0, shown="°C")
    thermocouple_time: Array = quantity("s", "time constant of the sheathed zone thermocouples", low=0.1, high=900.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    thermocouple_gas: Scalar = quantity("1", "share of the gas in what a zone thermocouple sees; the rest is the wall", low=0.0, high=1.0)  # fmt: skip
    recuperator_effectiveness: Scalar = quantity("1", "air preheat over the greatest possible", low=0.0, high=0.95)
    recuperator_fouling: Scalar = quantity("1", "share of the recuperator that is fouled", low=0.0, high=0.95)
    recuperator_fouling_rate: Scalar = quantity("1/s", "growth of that share", low=0.0, high=1.0, shown="1/h")
    recuperator_time: Scalar = quantity("s", "time constant of the air preheat", low=1.0, high=3600.0)
    air_limit: Scalar = quantity("K", "greatest air preheat", low=20.0, high=800.0, shown="°C")
    pressure_time: Scalar = quantity("s", "time constant of the pressure control", low=1.0, high=600.0)
    pressure_offset: Scalar = quantity("Pa", "lasting error of the pressure control", low=-100.0, high=100.0)
    door_pressure: Scalar = quantity("Pa", "pressure lost while a door is open", low=0.0, high=100.0)
    ambient_temperature: Scalar = quantity("K", "hall, air and fuel temperature", low=-30.0, high=60.0, shown="°C")
    scale_factor: Scalar = quantity("1", "scale growth over that of the textbook", low=0.2, high=5.0)
    scale_conductivity: Scalar = quantity("W/(m·K)", "conductivity of the scale", low=0.3, high=10.0)
    skin_drop: Scalar = quantity("K", "how much colder than the steel a pyrometer sees thick scale at the exit", low=0.0, high=100.0)  # fmt: skip
    nox_reference: Scalar = quantity("kg/J", "NOx per fuel heat at 1200 °C gas, 400 °C air and 2 % oxygen", low=0.0, high=1000.0, shown="mg/MJ")  # fmt: skip
    fan_pressure: Scalar = quantity("Pa", "pressure of the combustion air fan", low=0.0, high=30.0, shown="kPa")
    fan_efficiency: Scalar = quantity("1", "efficiency of the fan", low=0.1, high=0.95)
    table_setpoint: Array = quantity("K", "zone temperatures of the level 2 table", low=20.0, high=1400.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    table_target: Scalar = quantity("K", "exit temperature for which the table holds", low=500.0, high=1350.0, shown="°C")  # fmt: skip
    table_gain: Array = quantity("1", "change of a zone set-point per change of the target of the pieces in it", low=0.0, high=3.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    table_thickness: Scalar = quantity("m", "thickness for which the table holds", low=10.0, high=500.0, shown="mm")
    table_thickness_gain: Scalar = quantity("K", "set-point change per relative change of thickness", low=0.0, high=300.0)  # fmt: skip
    table_pace: Scalar = quantity("s", "time between pieces for which the table holds", low=5.0, high=3600.0)
    table_pace_gain: Scalar = quantity("K", "set-point change per relative change of throughput", low=0.0, high=300.0)
    table_charge_gain: Scalar = quantity("1", "fall of the set-point per rise of the charge temperature", low=0.0, high=1.0)  # fmt: skip
    delay_lead: Scalar = quantity("s", "time before the end of a delay at which the set-points are back", low=0.0, high=120.0, shown="min")  # fmt: skip
    delay_slope: Scalar = quantity("K/s", "fall of the set-points per time of the delay beyond the lead", low=0.0, high=60.0, shown="K/min")  # fmt: skip
    delay_drop: Scalar = quantity("K", "greatest fall of the set-points in a delay", low=0.0, high=500.0)


class Inputs:
    """Set-points of the furnace. Values that lie below the useful range leave the decision to level 2 and the crew."""

    zone_setpoint: Array = quantity("K", "zone temperature asked for; below 400 °C the level 2 table decides", low=-50.0, high=1400.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    air_ratio_setpoint: Array = quantity("1", "air ratio asked for; below 0.7 the crew's own", low=0.0, high=3.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    measured_temperature: Array = quantity("K", "zone temperature that the instruments show to level 1; 0 K when not wired", low=-280.0, high=3000.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    measured_oxygen: Scalar = quantity("1", "oxygen that the analyser shows to the trim; negative when not wired", low=-100.0, high=100.0, shown="%")  # fmt: skip
    measured_pressure: Scalar = quantity("Pa", "pressure that the instrument shows to the damper; -300 when not wired", low=-1000.0, high=1000.0)  # fmt: skip
    pressure_setpoint: Scalar = quantity("Pa", "furnace pressure at the level of the steel", low=-50.0, high=50.0)


class State:
    """What the furnace remembers. Nothing of it is on the board."""

    clock: Scalar = quantity("s", "time since the start of this furnace's life", low=0.0, high=1e12)
    pace: Scalar = quantity("s", "present time between pieces, told by the line", low=0.0, high=1e6)
    announced_delay: Scalar = quantity("s", "announced delay still to come, told by the line", low=0.0, high=1e7)
    fuel_factor: Scalar = quantity("1", "heating value of the present fuel over the nominal one", low=0.3, high=2.0)
    fuel_block: Scalar = quantity("1", "count of the ten minutes for which that holds", low=-1.0, high=1e9)
    gas_temperature: Array = quantity("K", "gas of a zone", low=-60.0, high=2600.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    wall_temperature: Array = quantity("K", "wall nodes of a zone from the hot face to the shell", low=-60.0, high=2300.0, shown="°C", shape=(ZONES, WALL_NODES))  # fmt: skip
    irradiation: Array = quantity("W/m²", "radiation that falls on the steel of a zone", low=-1e6, high=1e7, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    emission_sum: Array = quantity("W", "face of the steel in a zone times its emissive power", low=0.0, high=1e12, shape=ZONES)  # fmt: skip
    face_sum: Array = quantity("m²", "face of the steel in a zone", low=0.0, high=1e5, shape=ZONES)
    warmth_sum: Array = quantity("m²·K", "face of the steel in a zone times its temperature", low=0.0, high=1e8, shape=ZONES)  # fmt: skip
    wall_link: Array = quantity("W", "heat that the wall of a zone receives from other walls and through doors", low=-1e9, high=1e9, shape=ZONES)  # fmt: skip
    thermocouple: Array = quantity("K", "junction of the sheathed zone thermocouple", low=-60.0, high=2600.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    table_value: Array = quantity("K", "set-point of level 2", low=-60.0, high=1500.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    integral: Array = quantity("1", "integral of the zone controllers", low=-2.0, high=2.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    tripped: Array = quantity("1", "1 while a zone is shut off by its limit", low=0.0, high=1.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    air_share: Array = quantity("1", "air of a zone over that of its full fuel flow at its air ratio", low=0.0, high=2.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    clogging: Array = quantity("1", "clogging that has grown since the start", low=0.0, high=0.95, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    trim: Scalar = quantity("1", "oxygen trim", low=-0.5, high=0.5)
    oxygen: Scalar = quantity("1", "true oxygen in the dry flue gas", low=0.0, high=100.0, shown="%")
    water_vapour: Scalar = quantity("1", "water in the flue gas", low=0.0, high=100.0, shown="%")
    air_temperature: Scalar = quantity("K", "preheated air", low=-60.0, high=900.0, shown="°C")
    flue_heat: Scalar = quantity("W", "heat of the gas that leaves the furnace", low=-1e9, high=1e9)
    pressure: Scalar = quantity("Pa", "furnace pressure", low=-300.0, high=300.0)
    charge_door: Scalar = quantity("s", "time for which the charge door stays open", low=0.0, high=300.0)
    discharge_door: Scalar = quantity("s", "time for which the discharge door stays open", low=0.0, high=300.0)
    beam_busy: Scalar = quantity("s", "time until the beam is ready again", low=0.0, high=900.0)
    occupied: Array = quantity("1", "1 where a piece lies", low=0.0, high=1.0, shape=SLOTS)
    heat: Array = quantity("J/kg", "specific enthalpy above 20 °C: slot, profile, node from below", low=-100.0, high=1200.0, shown="kJ/kg", shape=(SLOTS, PROFILES, NODES))  # fmt: skip
    received: Array = quantity("J/m²", "heat gathered at the lower and upper face", low=-1e10, high=1e10, shape=(SLOTS, PROFILES, 2))  # fmt: skip
    skin: Array = quantity("K", "outer temperature of the lower and upper face", low=-60.0, high=2000.0, shown="°C", shape=(SLOTS, PROFILES, 2))  # fmt: skip
    emission: Array = quantity("W/m²", "emissive power of these faces", low=0.0, high=1e7, shape=(SLOTS, PROFILES, 2))
    gathered: Array = quantity("s", "time over which that heat was gathered", low=0.0, high=1e4, shape=SLOTS)
    number: Array = quantity("1", "number of the piece", low=0.0, high=1e12, shape=SLOTS)
    grade: Array = quantity("1", "grade of the piece", low=0.0, high=20.0, shape=SLOTS)
    roundness: Array = quantity("1", "1 for a round bar", low=0.0, high=1.0, shape=SLOTS)
    thickness: Array = quantity("m", "thickness or diameter of the piece", low=0.0, high=600.0, shown="mm", shape=SLOTS)
    breadth: Array = quantity("m", "width of the piece", low=0.0, high=3000.0, shown="mm", shape=SLOTS)
    length: Array = quantity("m", "length of the piece", low=0.0, high=30.0, shape=SLOTS)
    mass: Array = quantity("kg", "mass of the piece when charged", low=0.0, high=60e3, shape=SLOTS)
    face: Array = quantity("m²", "lower face of the piece, and its upper face", low=0.0, high=100.0, shape=SLOTS)
    target: Array = quantity("K", "exit temperature wanted", low=-60.0, high=1400.0, shown="°C", shape=SLOTS)
    charge_clock: Array = quantity("s", "line time at which the piece was charged", low=-1e9, high=1e12, shape=SLOTS)
    charge_temperature: Array = quantity("K", "temperature at which it was charged", low=-60.0, high=1400.0, shown="°C", shape=SLOTS)  # fmt: skip
    age: Array = quantity("s", "time of the piece in the furnace", low=0.0, high=1e9, shape=SLOTS)
    scale: Array = quantity("m", "scale on the piece", low=0.0, high=50000.0, shown="µm", shape=SLOTS)
    scale_start: Array = quantity("m", "scale on the piece when charged", low=0.0, high=50000.0, shown="µm", shape=SLOTS)  # fmt: skip
    carbon_way: Array = quantity("m²", "time integral of the diffusivity of carbon", low=0.0, high=1.0, shape=SLOTS)
    grain: Array = quantity("m", "austenite grain", low=0.0, high=5000.0, shown="µm", shape=SLOTS)
    work: Array = quantity("1", "work space of the conduction", shape=(8, NODES))
    sweep: Array = quantity("1", "work space of the solver", shape=(2, NODES))
    energy_fuel: Scalar = quantity("J", "heat of combustion of the fuel fed", low=0.0, high=1e12, shown="GJ")
    energy_air: Scalar = quantity("J", "heat of the air drawn in, above 25 °C", low=-1e12, high=1e12, shown="GJ")
    energy_scale: Scalar = quantity("J", "heat of oxidation of the steel", low=0.0, high=1e12, shown="GJ")
    energy_flue: Scalar = quantity("J", "heat that left with the flue gas behind the recuperator", low=-1e12, high=1e12, shown="GJ")  # fmt: skip
    energy_unburnt: Scalar = quantity("J", "fuel that left unburnt", low=0.0, high=1e12, shown="GJ")
    energy_shell: Scalar = quantity("J", "heat given off by the shell", low=-1e12, high=1e12, shown="GJ")
    energy_skid: Scalar = quantity("J", "heat taken by the skid water", low=-1e12, high=1e12, shown="GJ")
    energy_door: Scalar = quantity("J", "heat lost through doors and leaks", low=-1e12, high=1e12, shown="GJ")
    energy_charged: Scalar = quantity("J", "heat of the steel charged", low=-1e12, high=1e12, shown="GJ")
    energy_discharged: Scalar = quantity("J", "heat of the steel discharged", low=-1e12, high=1e12, shown="GJ")
    mass_charged: Scalar = quantity("kg", "steel charged", low=0.0, high=1e12)
    mass_discharged: Scalar = quantity("kg", "steel discharged, without its scale", low=0.0, high=1e12)
    mass_scaled: Scalar = quantity("kg", "steel that became scale on the pieces discharged", low=0.0, high=1e12)


class Outputs:
    """True values at the sensors; all of it is on the board."""

    zone_temperature: Array = quantity("K", "zone thermocouple", low=-300.0, high=2600.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    zone_reference: Array = quantity("K", "zone set-point in force", low=-60.0, high=1500.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    zone_power: Array = quantity("W", "fuel power of the zone by its nominal heating value", low=0.0, high=90e3, shown="kW", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    valve_position: Array = quantity("1", "fuel valve", low=0.0, high=100.0, shown="%", shape=ZONES, labels=ZONE_LABELS)
    fuel_flow: Array = quantity("Nm³/s", "fuel of the zone", low=0.0, high=1e5, shown="Nm³/h", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    air_flow: Array = quantity("Nm³/s", "metered air of the zone", low=0.0, high=1e6, shown="Nm³/h", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    zone_alarm: Array = quantity("1", "1 while the zone is shut off by its limit", low=0.0, high=1.0, shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    shell_temperature: Array = quantity("K", "shell of the zone", low=-60.0, high=800.0, shown="°C", shape=ZONES, labels=ZONE_LABELS)  # fmt: skip
    flue_oxygen: Scalar = quantity("1", "oxygen in the dry flue gas", low=-30.0, high=30.0, shown="%")
    flue_temperature: Scalar = quantity("K", "gas before the recuperator", low=-60.0, high=2600.0, shown="°C")
    stack_temperature: Scalar = quantity("K", "gas behind the recuperator", low=-200.0, high=2600.0, shown="°C")
    air_temperature: Scalar = quantity("K", "preheated air", low=-60.0, high=900.0, shown="°C")
    furnace_pressure: Scalar = quantity("Pa", "pressure at the level of the steel", low=-300.0, high=300.0)
    skid_heat: Scalar = quantity("W", "heat taken by the skid water", low=-1e3, high=1e6, shown="kW")
    skid_water_rise: Scalar = quantity("K", "temperature rise of the skid water", low=-300.0, high=3000.0)
    fuel_energy: Scalar = quantity("J", "fuel energy since the start", low=0.0, high=1e12, shown="GJ")
    carbon_dioxide: Scalar = quantity("kg", "CO₂ from the fuel since the start (scope 1)", low=0.0, high=1e12)
    nox_intensity: Scalar = quantity("kg/J", "NOx per fuel heat (proxy)", low=0.0, high=1e5, shown="mg/MJ")
    fan_energy: Scalar = quantity("J", "electricity of the air fan since the start", low=0.0, high=1e12, shown="kWh")
    exit_pyrometer: Scalar = quantity("K", "surface of the piece last discharged, as a pyrometer sees it", low=-60.0, high=1500.0, shown="°C")  # fmt: skip
    pieces: Scalar = quantity("1", "pieces in the furnace", low=0.0, high=30.0)
    charged: Scalar = quantity("1", "pieces charged since the start", low=0.0, high=1e12)
    discharged: Scalar = quantity("1", "pieces discharged since the start", low=0.0, high=1e12)
    scale_loss: Scalar = quantity("kg", "steel that the piece last discharged lost to its scale", low=0.0, high=5000.0)
    slot_number: Array = quantity("1", "number of the piece in the slot, 0 when empty", low=0.0, high=1e12, shape=SLOTS)
    slot_grade: Array = quantity("1", "grade of the piece in the slot", low=0.0, high=20.0, shape=SLOTS)
    slot_charge_temperature: Array = quantity("K", "temperature at which it was charged", low=-60.0, high=1400.0, shown="°C", shape=SLOTS)  # fmt: skip
    slot_time: Array = quantity("s", "time of the piece in the furnace", low=0.0, high=1e9, shown="min", shape=SLOTS)
    slot_remaining_time: Array = quantity("s", "time to its discharge at the present pace and with the announced delay", low=0.0, high=1e9, shown="min", shape=SLOTS)  # fmt: skip
    slot_thickness: Array = quantity("m", "thickness of the piece", low=0.0, high=600.0, shown="mm", shape=SLOTS)
    slot_target: Array = quantity("K", "exit temperature wanted", low=-60.0, high=1400.0, shown="°C", shape=SLOTS)


RECORD = unit_dtype(Parameters, Inputs, State, Outputs)


@kernel
def _fuel_of_the_hour(unit, seed):
    """Draw the heating value of the fuel for the ten minutes in which the clock stands."""
    p, x = unit.p, unit.x
    block = float(int(x.clock / FUEL_INTERVAL))
    if block != x.fuel_block:
        x.fuel_block = block
        x.fuel_factor = 1.0
        if p.fuel_spread > 0.0:
            x.fuel_factor = min(max(1.0 + p.fuel_spread * normal(seed, FUEL, block, 0), 0.5), 1.5)


@kernel
def furnace_step(unit, seed, dt):
    """Advance the furnace record `unit` by `dt` [s]; `seed` keys the named streams (heating value of the fuel).

    Before the step the line tells x.pace and x.announced_delay [s]. Heat that gas and walls give to the steel is gathered
    every step; each slot conducts what it gathered about every INTERVAL seconds.
    """
    x = unit.x
    _fuel_of_the_hour(unit, seed)
    before = int(x.clock / INTERVAL)
    x.clock += dt
    if int(x.clock / INTERVAL) != before or x.clock <= 1.5 * dt:
        level_2(unit)
    level_1(unit, dt)
    gather(unit)
    fire_zones(unit, dt)
    heat_slots(unit, dt)
    conduct_slots(unit)
    show_slots(unit, dt)


@kernel
def trust_outputs(unit):
    """Wire a furnace that is used alone: level 1 sees the true values at the sensors."""
    u, y = unit.u, unit.y
    for z in range(ZONES):
        u.measured_temperature[z] = y.zone_temperature[z]
    u.measured_oxygen, u.measured_pressure = y.flue_oxygen, y.furnace_pressure


@kernel
def heat_content(unit):
    """Return the heat [J] in steel (above 20 °C), walls and gas (above 0 K); its changes close the energy balance."""
    return steel_heat_content(unit) + wall_and_gas_heat(unit)
