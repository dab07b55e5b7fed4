"""The four blocks of the cooling bed: what it is, its set-points, what it remembers and what it shows."""

from typing import Any

from steelyard.engine.blocks import unit_dtype
from steelyard.physics.transformation import ROW
from steelyard.signals import Array, Scalar, quantity

BED_SLOTS = 24
SLOT_LABELS = tuple(f"slot_{i}" for i in range(1, BED_SLOTS + 1))
PER_BAR: dict[str, Any] = {"shape": BED_SLOTS}


class Parameters:
    """What makes this bed this bed; SI, with the trade unit in which a parameter file may give it."""

    slot_pitch: Scalar = quantity("m", "distance of the bars on the rake", low=5.0, high=2000.0, shown="mm")
    emissivity: Scalar = quantity("1", "emissivity of the oxidised bar", low=0.2, high=1.0)
    convection_factor: Scalar = quantity("1", "convection over that of a single cylinder", low=0.1, high=5.0)
    ambient_temperature: Scalar = quantity("K", "hall temperature", low=-30.0, high=80.0, shown="°C")
    air_velocity: Scalar = quantity("m/s", "cross flow at full fan speed", low=0.0, high=60.0)
    fan_power: Scalar = quantity("W", "electric power at full fan speed", low=0.0, high=1000.0, shown="kW")
    fan_loss: Scalar = quantity("1", "share of the cross flow that is missing at the start", low=0.0, high=1.0)
    fan_fouling_rate: Scalar = quantity("1/s", "share of the cross flow that is lost in an hour", low=0.0, high=5.0, shown="1/h")  # fmt: skip
    rake_stuck: Scalar = quantity("1", "share of the time in which the rake does not work; 1 stands still", low=0.0, high=1.0)  # fmt: skip
    reaction_factor: Scalar = quantity("1", "speed of ferrite, pearlite and bainite over the textbook's", low=0.05, high=20.0)  # fmt: skip


class Inputs:
    """Set-points of the bed."""

    fan_speed: Scalar = quantity("1", "speed of the fans over full speed", low=0.0, high=1.0)
    rake_time: Scalar = quantity("s", "time between two steps of the rake", low=2.0, high=3600.0)


class State:
    """What the bed remembers of each bar, in no order of place, and in sum. Nothing of it is on the board."""

    slot: Array = quantity("1", "slot in which the bar lies, -1 when this row is free", low=-1.0, high=BED_SLOTS, **PER_BAR)  # fmt: skip
    bar_number: Array = quantity("1", "number of the bar", low=-1.0, high=1e9, **PER_BAR)
    bar_grade: Array = quantity("1", "grade of the bar", low=0.0, high=1e3, **PER_BAR)
    bar_roundness: Array = quantity("1", "1 for a round bar, 0 for a rectangular one", low=0.0, high=1.0, **PER_BAR)
    bar_thickness: Array = quantity("m", "thickness or diameter of the bar", low=0.0, high=2000.0, shown="mm", **PER_BAR)  # fmt: skip
    bar_width: Array = quantity("m", "width of the bar", low=0.0, high=5000.0, shown="mm", **PER_BAR)
    bar_length: Array = quantity("m", "length of the bar", low=0.0, high=1e5, **PER_BAR)
    bar_mass: Array = quantity("kg", "mass of the bar", low=0.0, high=1e5, **PER_BAR)
    bar_scale: Array = quantity("m", "scale on the bar", low=0.0, high=20000.0, shown="µm", **PER_BAR)
    bar_decarburised: Array = quantity("m", "decarburised depth of the bar", low=0.0, high=20000.0, shown="µm", **PER_BAR)  # fmt: skip
    bar_austenite_grain: Array = quantity("m", "austenite grain on arrival", low=0.0, high=2000.0, shown="µm", **PER_BAR)  # fmt: skip
    bar_strain: Array = quantity("1", "retained strain on arrival", low=0.0, high=20.0, **PER_BAR)
    bar_skid_difference: Array = quantity("K", "skid difference of the piece, handed on", low=-500.0, high=500.0, **PER_BAR)  # fmt: skip
    bar_target: Array = quantity("K", "target at the furnace exit, handed on", low=-273.15, high=2000.0, shown="°C", **PER_BAR)  # fmt: skip
    bar_charge_time: Array = quantity("s", "charge time, handed on", **PER_BAR)
    bar_charge_temperature: Array = quantity("K", "charge temperature, handed on", **PER_BAR)
    bar_discharge_time: Array = quantity("s", "discharge time, handed on", **PER_BAR)
    enthalpy: Array = quantity("J/kg", "enthalpy of the bar above ferrite at 25 °C", low=-500.0, high=2000.0, shown="kJ/kg", **PER_BAR)  # fmt: skip
    bar_temperature: Array = quantity("K", "mean temperature of the bar", low=-100.0, high=1500.0, shown="°C", **PER_BAR)  # fmt: skip
    flux: Array = quantity("W/m²", "heat flux from the bar", low=-1000.0, high=2000.0, shown="kW/m²", **PER_BAR)
    heat_surface: Array = quantity("m²/kg", "surface of the bar over its mass", low=0.0, high=100.0, **PER_BAR)
    radius: Array = quantity("m", "radius of the cylinder of equal surface over volume", low=0.0, high=2000.0, shown="mm", **PER_BAR)  # fmt: skip
    waiting: Array = quantity("s", "time since the bar was last computed", low=0.0, high=1e4, **PER_BAR)
    interval: Array = quantity("s", "time after which it is computed again", low=0.0, high=1e4, **PER_BAR)
    sub_step: Array = quantity("s", "length of the last inner step", low=0.0, high=1e4, **PER_BAR)
    bar_cooling_rate: Array = quantity("K/s", "cooling rate at 700 °C without the heat of transformation; negative before", low=-1e3, high=1e3, **PER_BAR)  # fmt: skip
    lowest_temperature: Array = quantity("K", "lowest mean temperature so far", low=-100.0, high=1500.0, shown="°C", **PER_BAR)  # fmt: skip
    bar_recalescence: Array = quantity("K", "greatest rise above the lowest temperature", low=0.0, high=300.0, **PER_BAR)  # fmt: skip
    bar_heat_off: Array = quantity("J", "heat that the bar gave off on the bed", low=-1e6, high=1e6, shown="MJ", **PER_BAR)  # fmt: skip
    steel: Array = quantity("1", "constants of the bar's steel: physics.transformation", shape=(BED_SLOTS, ROW))
    phases: Array = quantity("1", "fractions and progress of the bar: physics.transformation", shape=(BED_SLOTS, ROW))
    backup: Array = quantity("1", "work space of the inner step", shape=ROW)
    rake_clock: Scalar = quantity("s", "time since the last step of the rake", low=0.0, high=1e6)
    fan_fouled: Scalar = quantity("1", "share of the cross flow lost since the start", low=0.0, high=1.0)
    energy_in: Scalar = quantity("J", "heat content of the bars placed", low=-1e9, high=1e9, shown="MWh")
    energy_out: Scalar = quantity("J", "heat content of the bars taken", low=-1e9, high=1e9, shown="MWh")
    energy_off: Scalar = quantity("J", "heat given off to the hall", low=-1e9, high=1e9, shown="MWh")
    ferrite: Scalar = quantity("1", "ferrite of the bar last taken", low=0.0, high=1.0)
    pearlite: Scalar = quantity("1", "pearlite of the bar last taken", low=0.0, high=1.0)
    bainite: Scalar = quantity("1", "bainite of the bar last taken", low=0.0, high=1.0)
    martensite: Scalar = quantity("1", "martensite and retained austenite of the bar last taken", low=0.0, high=1.0)
    cooling_rate: Scalar = quantity("K/s", "cooling rate at 700 °C of the bar last taken", low=-1e3, high=1e3)
    recalescence: Scalar = quantity("K", "recalescence of the bar last taken", low=0.0, high=300.0)


class Outputs:
    """What instruments and the laboratory show; all of it is on the board."""

    bars_on_bed: Scalar = quantity("1", "bars on the bed", low=0.0, high=BED_SLOTS)
    slot_number: Array = quantity("1", "number of the bar in the slot, -1 when empty", low=-1.0, high=1e9, shape=BED_SLOTS, labels=SLOT_LABELS)  # fmt: skip
    slot_temperature: Array = quantity("K", "surface temperature in the slot, that of the hall when empty", low=-100.0, high=1500.0, shown="°C", shape=BED_SLOTS, labels=SLOT_LABELS)  # fmt: skip
    entry_temperature: Scalar = quantity("K", "surface of the bar last placed, on placing", low=-100.0, high=1500.0, shown="°C")  # fmt: skip
    exit_temperature: Scalar = quantity("K", "surface of the bar last taken, on taking", low=-100.0, high=1500.0, shown="°C")  # fmt: skip
    rake_steps: Scalar = quantity("1", "steps of the rake", low=0.0, high=1e9)
    rake_blocked: Scalar = quantity("1", "1 while the rake waits for the last slot to be emptied", low=0.0, high=1.0)
    electric_energy: Scalar = quantity("J", "electric energy of the fans since the start", low=0.0, high=1e9, shown="kWh")  # fmt: skip
    bar_number: Scalar = quantity("1", "number of the bar last taken", low=-1.0, high=1e9)
    diameter: Scalar = quantity("m", "diameter of the bar last taken", low=0.0, high=2000.0, shown="mm")
    grain_size: Scalar = quantity("m", "ferrite grain of the bar last taken", low=0.0, high=2000.0, shown="µm")
    hardness: Scalar = quantity("HV", "hardness of the bar last taken, from the laboratory", low=0.0, high=1000.0)
    tensile_strength: Scalar = quantity("Pa", "tensile strength of the bar last taken, from its hardness", low=0.0, high=4000.0, shown="MPa")  # fmt: skip


RECORD = unit_dtype(Parameters, Inputs, State, Outputs)
