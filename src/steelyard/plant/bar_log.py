"""The log of bars: one row for every billet that was charged, with what became of it. It holds the truth.

A row is the genealogy of a bar: which billet it was, when it passed through which unit, and what each pass did to it.
The rows form a ring of `LOG_LENGTH`; a works that runs longer drains the finished rows to disk.
"""

from steelyard.engine.blocks import block_dtype
from steelyard.engine.kernel import kernel
from steelyard.materials.piece import GRADE_LABELS, GRADES
from steelyard.signals import Array, Scalar, quantity

LOG_LENGTH = 512
STANDS = 16
PASSES = tuple(f"pass_{k + 1}" for k in range(STANDS))
LAST_GRADE = len(GRADE_LABELS[:GRADES]) - 1


class Bar:
    """One bar, from the cold billet to the cooling bed's end."""

    number: Scalar = quantity("1", "number of the billet, and of the bar that it became", low=-1.0, high=1e9)
    grade: Scalar = quantity("1", "index of the grade", low=0.0, high=float(LAST_GRADE))
    mass: Scalar = quantity("kg", "mass as charged", low=0.0, high=100.0, shown="t")
    charge_time: Scalar = quantity("s", "plant time of charging", low=-1e7, high=1e10)
    charge_temperature: Scalar = quantity("K", "temperature as charged", low=-50.0, high=1300.0, shown="°C")
    discharge_time: Scalar = quantity("s", "plant time of discharge from the furnace", low=0.0, high=1e10)
    exit_temperature: Scalar = quantity("K", "mean temperature at discharge", low=-50.0, high=1500.0, shown="°C")
    exit_surface_temperature: Scalar = quantity("K", "surface temperature at discharge", low=-50.0, high=1500.0, shown="°C")  # fmt: skip
    exit_core_temperature: Scalar = quantity("K", "core temperature at discharge", low=-50.0, high=1500.0, shown="°C")
    exit_difference: Scalar = quantity("K", "core to surface at discharge, absolute", low=0.0, high=1500.0)
    skid_difference: Scalar = quantity("K", "between skids minus over a skid at discharge", low=-500.0, high=500.0)
    target_temperature: Scalar = quantity("K", "mean temperature wanted at discharge", low=-50.0, high=1500.0, shown="°C")  # fmt: skip
    scale_loss: Scalar = quantity("kg", "steel lost to scale in the furnace", low=0.0, high=10.0, shown="t")
    decarburised_depth: Scalar = quantity("m", "depth of decarburisation at discharge", low=0.0, high=20.0, shown="mm")
    fuel_energy: Scalar = quantity("J", "fuel burnt since the discharge before", low=0.0, high=1e6, shown="GJ")
    furnace_heat: Scalar = quantity("J", "heat held by furnace and charge after this discharge", low=-1e6, high=1e6, shown="GJ")  # fmt: skip
    highest_zone_temperature: Scalar = quantity("K", "highest zone temperature while it was in the furnace", low=-50.0, high=2000.0, shown="°C")  # fmt: skip
    emission: Scalar = quantity("kg", "carbon dioxide of that fuel", low=0.0, high=1e5, shown="t")
    electric_energy: Scalar = quantity("J", "electric energy of the mill drives for this bar", low=0.0, high=1e6, shown="kWh")  # fmt: skip
    pump_energy: Scalar = quantity("J", "electric energy of the descaling pumps for this bar", low=0.0, high=1e6, shown="kWh")  # fmt: skip
    rolling_start: Scalar = quantity("s", "plant time at which rolling began", low=0.0, high=1e10)
    rolling_end: Scalar = quantity("s", "plant time at which rolling ended", low=0.0, high=1e10)
    finish_temperature: Scalar = quantity("K", "surface temperature after the last pass", low=-50.0, high=1500.0, shown="°C")  # fmt: skip
    force: Array = quantity("N", "roll force of the pass", low=0.0, high=50000.0, shown="kN", shape=STANDS, labels=PASSES)  # fmt: skip
    torque: Array = quantity("N·m", "torque of both rolls in the pass", low=-2000.0, high=5000.0, shown="kN·m", shape=STANDS, labels=PASSES)  # fmt: skip
    entry_temperature: Array = quantity("K", "surface temperature before the pass", low=-50.0, high=1500.0, shown="°C", shape=STANDS, labels=PASSES)  # fmt: skip
    leaving_temperature: Array = quantity("K", "surface temperature after the pass", low=-50.0, high=1500.0, shown="°C", shape=STANDS, labels=PASSES)  # fmt: skip
    expected_force: Array = quantity("N", "force for which the gap of the pass was set", low=0.0, high=50000.0, shown="kN", shape=STANDS, labels=PASSES)  # fmt: skip
    pass_time: Array = quantity("s", "plant time of the middle of the pass", low=0.0, high=1e10, shape=STANDS, labels=PASSES)  # fmt: skip
    diameter: Scalar = quantity("m", "mean diameter of the finished bar", low=0.0, high=1000.0, shown="mm")
    diameter_deviation: Scalar = quantity("m", "mean diameter minus nominal", low=-100.0, high=100.0, shown="mm")
    grain_size: Scalar = quantity("m", "austenite grain after rolling", low=0.0, high=5.0, shown="mm")
    hardness: Scalar = quantity("HV", "hardness of the cooled bar", low=0.0, high=1500.0)
    tensile_strength: Scalar = quantity("Pa", "tensile strength of the cooled bar", low=0.0, high=5000.0, shown="MPa")
    cobble: Scalar = quantity("1", "1 when the bar was lost in the mill", low=0.0, high=1.0)
    overload: Scalar = quantity("1", "1 when a drive or a stand was overloaded", low=0.0, high=1.0)
    cold: Scalar = quantity("1", "1 when it was below the lowest rolling temperature", low=0.0, high=1.0)
    bed_time: Scalar = quantity("s", "plant time at which it came to the cooling bed", low=0.0, high=1e10)
    off_time: Scalar = quantity("s", "plant time at which it left the line; 0 while it is on it", low=0.0, high=1e10)


BAR_RECORD = block_dtype(Bar)


@kernel
def begin(row, piece, time):
    """Begin the row of a billet that is charged at plant `time` [s]: everything of an older bar is wiped."""
    row.number, row.grade, row.mass = piece.number, piece.grade, piece.mass
    row.charge_time, row.charge_temperature = time, piece.charge_temperature
    row.target_temperature = piece.target_temperature
    row.discharge_time = row.exit_temperature = row.exit_surface_temperature = row.exit_core_temperature = 0.0
    row.exit_difference = row.skid_difference = row.scale_loss = row.decarburised_depth = 0.0
    row.highest_zone_temperature = row.fuel_energy = row.furnace_heat = row.emission = row.electric_energy = (
        row.pump_energy
    ) = 0.0
    row.rolling_start = row.rolling_end = row.finish_temperature = row.diameter = row.diameter_deviation = 0.0
    row.grain_size = row.hardness = row.tensile_strength = row.cobble = row.overload = row.cold = 0.0
    row.bed_time = row.off_time = 0.0
    for k in range(STANDS):
        row.force[k] = row.torque[k] = row.entry_temperature[k] = row.leaving_temperature[k] = 0.0
        row.expected_force[k] = row.pass_time[k] = 0.0


@kernel
def note_discharge(row, piece, time):
    """Note how a billet left the furnace at plant `time` [s]."""
    row.discharge_time, row.exit_temperature = time, piece.temperature
    row.exit_surface_temperature, row.exit_core_temperature = piece.surface_temperature, piece.core_temperature
    row.exit_difference = abs(piece.core_temperature - piece.surface_temperature)
    row.skid_difference, row.decarburised_depth = piece.skid_difference, piece.decarburised_depth
