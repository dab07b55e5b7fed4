"""The record of departed heats: what a trial weighs. It holds the truth and is not on the board."""

from steelyard.engine.blocks import block_dtype
from steelyard.engine.kernel import kernel
from steelyard.processes.ladle_furnace.losses import energy_per_kelvin
from steelyard.signals import Scalar, quantity

LOG_LENGTH = 64


class Heat:
    """One departed heat."""

    number: Scalar = quantity("1", "number of the heat in the campaign", low=0.0, high=1e9)
    arrival_time: Scalar = quantity("s", "plant time of arrival", low=0.0, high=1e9)
    departure_time: Scalar = quantity("s", "plant time of departure", low=0.0, high=1e9)
    arrival_temperature: Scalar = quantity("K", "true steel temperature on arrival", low=-50.0, high=2300.0, shown="°C")
    departure_temperature: Scalar = quantity("K", "true steel temperature at departure", low=-50.0, high=2300.0, shown="°C")  # fmt: skip
    highest_temperature: Scalar = quantity("K", "highest true steel temperature of the heat", low=-50.0, high=2300.0, shown="°C")  # fmt: skip
    lowest_temperature: Scalar = quantity("K", "lowest true steel temperature of the heat", low=-50.0, high=2300.0, shown="°C")  # fmt: skip
    target_temperature: Scalar = quantity("K", "target at departure", low=-50.0, high=1800.0, shown="°C")
    steel_mass: Scalar = quantity("kg", "steel at departure", low=0.0, high=500.0, shown="t")
    arc_energy: Scalar = quantity("J", "arc energy", low=0.0, high=1e6, shown="MWh")
    undissolved_chill: Scalar = quantity(
        "J", "heat that additions not yet dissolved will take from the steel", low=-1e5, high=1e5, shown="MJ"
    )
    stratification: Scalar = quantity("K", "upper bath above the mean at departure", low=-300.0, high=600.0)
    highest_shell_temperature: Scalar = quantity(
        "K", "highest shell temperature of the heat", low=-50.0, high=1700.0, shown="°C"
    )
    alarm_time: Scalar = quantity("s", "time with the arc tripped by an alarm", low=0.0, high=1e6)
    heat_per_kelvin: Scalar = quantity("J", "arc energy that makes this ladle leave 1 K hotter", low=0.0, high=10.0, shown="MWh")  # fmt: skip
    electrode_mass: Scalar = quantity("kg", "graphite used", low=0.0, high=1e5)
    argon_volume: Scalar = quantity("Nm³", "argon used", low=0.0, high=1e6)
    dips: Scalar = quantity("1", "good dips", low=0.0, high=1e6)
    failed_dips: Scalar = quantity("1", "failed dips", low=0.0, high=1e6)
    heatings: Scalar = quantity("1", "heatings", low=0.0, high=1e6)
    addition_mass: Scalar = quantity("kg", "weighed additions", low=0.0, high=1e6)
    lateness: Scalar = quantity("s", "departure after the caster's call", low=-1e6, high=1e6, shown="min")
    advice_given: Scalar = quantity("1", "proposals at decisions", low=0.0, high=1e6)
    advice_taken: Scalar = quantity("1", "proposals followed", low=0.0, high=1e6)
    carbon: Scalar = quantity("1", "carbon at departure", low=0.0, high=6.0, shown="%")
    aluminium: Scalar = quantity("1", "aluminium at departure", low=0.0, high=100.0, shown="%")
    sulphur: Scalar = quantity("1", "sulphur at departure", low=0.0, high=2.0, shown="%")


HEAT_RECORD = block_dtype(Heat)


@kernel
def note_arrival(row, unit, time):
    """Begin the log row of the heat that has just arrived at plant time [s]."""
    row.number, row.arrival_time = unit.y.heat_number, time
    row.arrival_temperature = unit.x.steel_temperature
    row.highest_temperature, row.lowest_temperature = unit.x.steel_temperature, unit.x.steel_temperature
    row.highest_shell_temperature, row.alarm_time = unit.y.shell_temperature, 0.0


@kernel
def note_step(row, unit, dt):
    """Keep the extremes of the heat, step by step of `dt` [s]."""
    x, y = unit.x, unit.y
    row.highest_temperature = max(row.highest_temperature, x.steel_temperature)
    row.lowest_temperature = min(row.lowest_temperature, x.steel_temperature)
    row.highest_shell_temperature = max(row.highest_shell_temperature, y.shell_temperature)
    if y.alarm > 0.0:
        row.alarm_time += dt


@kernel
def note_departure(row, unit, crew, time):
    """Finish the log row of the heat that departs at plant time [s]."""
    x, y = unit.x, unit.y
    row.departure_time, row.lateness = time, -y.time_to_departure
    row.departure_temperature, row.target_temperature = x.steel_temperature, y.target_temperature
    row.steel_mass, row.arc_energy, row.electrode_mass = x.steel_mass, y.arc_energy, y.electrode_mass
    row.heat_per_kelvin, row.stratification = energy_per_kelvin(unit), x.stratification
    row.undissolved_chill = (x.pool * unit.p.chill).sum()
    row.argon_volume, row.dips, row.failed_dips, row.heatings = (
        y.argon_volume,
        y.dip_count,
        y.failed_dips,
        y.heating_count,
    )
    row.addition_mass = y.addition.sum()
    row.advice_given, row.advice_taken = crew.x.advice_given, crew.x.advice_taken
    row.carbon, row.aluminium, row.sulphur = x.carbon, x.aluminium, x.sulphur
