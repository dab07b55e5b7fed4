"""The measured 1 Hz heat: each dip predicted from the others with the ladle furnace kernel.

**Model** The shipped kernel at a 132 t station (station_132t.toml). Five numbers are unknown: start temperature, arc
efficiency, emissivity of the surface (the base loss; the lining's share of it follows from its preheat), vacuum loss,
chill per kg.
**Priors** uniform over the usual ranges of a lumped model (heat capacity 0.80 kJ/(kg·K), steel alone): efficiency
0.4–0.8, base loss 0.7–1.5 K/min, vacuum +0.4–1.2 K/min, chill 1.5–3.5 MJ/kg. The kernel also heats slag and lining and
loses by thin slag; so these ranges are turned once into ranges of its own parameters, by letting the kernel show what a
lumped model would read from it. Start temperature: flat.
**Method** regularised least squares by quadrature: 1,024 Sobol points over the ranges, weighted by the misfit of the
dips *not* held out (probe noise 2.6 K); the prediction is the posterior mean. Nothing is fitted to the held-out dip.
**Holds** for this heat; one heat and four dips are a check, never a proof.
"""

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steelyard.engine.blocks import fill
from steelyard.engine.kernel import kernel
from steelyard.errors import DataError
from steelyard.parameters import load_parameters
from steelyard.processes.catalogue import house
from steelyard.processes.ladle_furnace.model import MATERIALS, RECORD, Parameters, furnace_step, place_ladle
from steelyard.units import from_si, to_si

STEEL, SLAG_SHARE, CARBON, ALUMINIUM = 132.3e3, 8e-3, 0.0015, 3e-4
SOAK = 1800  # s between tapping and the first second of the record (assumed: tapping, transfer, vacuum station)
SOAK_ARGON = 1.0e-3  # Nm³/s while waiting (assumed)
LUMPED_CAPACITY = 800.0 * STEEL
RANGES = {"efficiency": (0.4, 0.8), "loss": (0.7, 1.5), "vacuum": (0.4, 1.2), "chill": (1.5, 3.5)}
PREHEAT = 1025.0  # °C at the hot face when the ladle was filled: middle of the usual 900-1150 °C
CENTRE = (0.7, 0.16, 1.45, 2.3)  # efficiency, emissivity, vacuum loss MW, chill MJ/kg: where the ranges are translated
EMISSIVITIES = np.linspace(0.01, 0.4, 9)
START, NO_FREEZING = 1640.0, 60.0  # °C at tapping; hotter by this where the kernel idles for an hour without arc
POINTS, DIP_NOISE, START_SPREAD = 1024, 2.6, 80.0
LARGEST_STEP = 40.0  # kWh in one second: larger or negative steps of the counter are not heat (data README)


@dataclass(frozen=True)
class Record:
    """One heat at 1 Hz in SI: arc power [W], argon [Nm³/s], pressure [Pa], feed [kg], dips (second, K)."""

    power: np.ndarray
    argon: np.ndarray
    pressure: np.ndarray
    feed: np.ndarray
    seconds: np.ndarray
    dips: np.ndarray


def read_record(folder: Path) -> Record:
    """Read heat.csv and additions.csv; the value held in the first second is stale. DataError on bad files."""
    try:
        rows = list(csv.DictReader((folder / "heat.csv").read_text(encoding="utf-8").splitlines()))
        fed = list(csv.DictReader((folder / "additions.csv").read_text(encoding="utf-8").splitlines()))
        column = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "time"}
        feed = np.zeros(len(rows))
        for row in fed:
            feed[int(row["t_s"])] += float(row["mass_kg"])
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise DataError(f"{folder}: heat.csv and additions.csv cannot be read as a 1 Hz heat: {error}") from error
    steps = np.diff(column["arc_energy_kwh"], append=column["arc_energy_kwh"][-1])
    steps[(steps < 0.0) | (steps > LARGEST_STEP)] = 0.0
    changed = np.flatnonzero(np.diff(column["last_dip_c"]) != 0.0) + 1
    return Record(
        to_si(steps, "kWh"), to_si(column["argon_nl_min"], "NL/min"), to_si(column["pressure_kpa"], "kPa"), feed,
        changed, to_si(column["last_dip_c"][changed], "°C"),
    )  # fmt: skip


def station() -> dict[str, object]:
    """Return the SI parameters of the 132 t station."""
    values = load_parameters(house("ladle_furnace").parameter_file("furnace", "100t"), Parameters).values()
    changes = tomllib.loads((Path(__file__).parent / "station_132t.toml").read_text(encoding="utf-8"))
    for name, entry in changes.items():
        value = to_si(float(entry["value"]), entry["unit"])
        values[name] = [value] * MATERIALS if isinstance(values[name], list) else value
    return values


@kernel
def _place(units, temperature, steel, slag, hot_face):
    place_ladle(units[0], temperature, steel, slag, hot_face, 1.0)


@kernel
def _replay(units, power, argon, pressure, feed, reading):
    unit = units[0]
    for k in range(power.shape[0]):
        reading[k] = unit.x.steel_temperature + unit.x.stratification
        unit.u.arc_power_setpoint, unit.u.argon_flow_setpoint = power[k], argon[k]
        unit.u.tank_pressure_setpoint, unit.y.tank_pressure = pressure[k], pressure[k]
        unit.u.feed[0] = feed[k]
        furnace_step(unit, 0.0, 0.0, 1.0, 1.0)


class Heat:
    """The kernel under the inputs of one record, soaked before it."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.values = station()

    def read(
        self, parameters: np.ndarray, start: float = START, heat: float = 1.0, fed: float = 1.0, vacuum: bool = True
    ) -> np.ndarray:
        """Return what a dip would read each second [K].

        parameters: efficiency, emissivity, vacuum loss [MW], chill [MJ/kg]; start: steel temperature at tapping [°C];
        heat, fed: factors on arc power and additions; vacuum: False keeps the tank open.
        """
        efficiency, emissivity, vacuum_loss, chill = parameters
        changes = {
            "arc_efficiency": efficiency,
            "surface_emissivity": emissivity,
            "vacuum_loss": to_si(vacuum_loss, "MW"),
            "chill": [1e6 * chill] * MATERIALS,
        }
        units = np.zeros(1, RECORD)
        fill(units["p"][0], Parameters, {**self.values, **changes})
        units["u"]["lid_closed"], units["x"]["carbon"], units["x"]["aluminium"] = 1.0, CARBON, ALUMINIUM
        units["x"]["dip_pending"], air = -1.0, to_si(1.0, "atm")
        units["y"]["tank_pressure"] = units["u"]["tank_pressure_setpoint"] = air
        _place(units, to_si(start, "°C"), STEEL, SLAG_SHARE * STEEL, to_si(PREHEAT, "°C"))
        r = self.record
        still = np.zeros(SOAK)
        _replay(units, still, still + SOAK_ARGON, still + air, still, np.zeros(SOAK))
        reading = np.zeros(len(r.power))
        pressure = r.pressure if vacuum else np.full(len(r.power), air)
        _replay(units, r.power * heat, r.argon, pressure, r.feed * fed, reading)
        return reading

    def lumped(self, parameters: np.ndarray) -> dict[str, float]:
        """Return what a lumped model would read: efficiency, loss and vacuum [K/min], chill [MJ/kg]."""
        r, last = self.record, int(self.record.seconds[-1])
        full, hotter, bare = self.read(parameters), self.read(parameters, heat=1.05), self.read(parameters, fed=0.0)
        idle = self.read(parameters, START + NO_FREEZING, heat=0.0, fed=0.0)
        open_tank = self.read(parameters, START + NO_FREEZING, heat=0.0, fed=0.0, vacuum=False)
        first, end = int(r.seconds[0]), int(r.seconds[-2])
        after = [int(k) for k in r.seconds[1:]]
        chills = [(bare[k] - full[k]) * LUMPED_CAPACITY / r.feed[:k].sum() for k in after]
        deep = float((r.pressure < to_si(10.0, "kPa")).sum()) / 60.0
        return {
            "efficiency": (hotter[end] - full[end]) * LUMPED_CAPACITY / (0.05 * r.power[:end].sum()),
            "loss": (open_tank[first] - open_tank[last]) / ((last - first) / 60.0),
            "vacuum": (open_tank[last] - idle[last]) / deep,
            "chill": float(np.mean(chills)) * 1e-6,
        }

    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return low and high of the kernel's four parameters that stand for the lumped ranges."""
        shown = self.lumped(np.array(CENTRE))
        losses = [self.lumped(np.array((CENTRE[0], emissivity, *CENTRE[2:])))["loss"] for emissivity in EMISSIVITIES]
        surface = np.interp(RANGES["loss"], losses, EMISSIVITIES)
        limits = [
            [
                RANGES[name][side] * CENTRE[i] / shown[name]
                for i, name in ((0, "efficiency"), (2, "vacuum"), (3, "chill"))
            ]
            for side in (0, 1)
        ]
        low = np.array([limits[0][0], surface[0], limits[0][1], limits[0][2]])
        high = np.array([min(limits[1][0], 0.98), surface[1], min(limits[1][1], 10.0), limits[1][2]])
        return low, high


@dataclass(frozen=True)
class Ensemble:
    """Readings at the dips per prior point: `points` (n, 4), `readings` (n, dips), `per_start` dT_dip/dT_start."""

    points: np.ndarray
    readings: np.ndarray
    per_start: np.ndarray
    dips: np.ndarray

    def predict(self, held_out: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return predicted dips [K], their standard deviations, mean parameters: from all dips but `held_out`."""
        used = [i for i in range(len(self.dips)) if i != held_out]
        misfit, slope = (self.dips - self.readings)[:, used], self.per_start[used]
        spread = np.eye(len(used)) * DIP_NOISE**2 + START_SPREAD**2 * np.outer(slope, slope)
        logarithm = -0.5 * np.einsum("ni,ij,nj->n", misfit, np.linalg.inv(spread), misfit)
        weight = np.exp(logarithm - logarithm.max())
        weight /= weight.sum()
        precision = START_SPREAD**-2 + (slope @ slope) / DIP_NOISE**2
        shift = misfit @ slope / DIP_NOISE**2 / precision
        dips = self.readings + shift[:, None] * self.per_start
        mean = weight @ dips
        deviation = np.sqrt(weight @ (dips - mean) ** 2 + self.per_start**2 / precision)
        return mean, deviation, weight @ self.points


def ensemble(record: Record, count: int = POINTS) -> Ensemble:
    """Return the kernel's readings at the dips for `count` (a power of two) points over the ranges (4 s)."""
    from scipy.stats import qmc

    heat = Heat(record)
    low, high = heat.ranges()
    points = low + qmc.Sobol(4, scramble=False).random(2 * count)[1 : count + 1] * (high - low)
    readings = np.array([heat.read(point)[record.seconds] for point in points])
    centre = np.array(CENTRE)
    rise = heat.read(centre, START + 5.0)[record.seconds] - heat.read(centre, START - 5.0)[record.seconds]
    return Ensemble(points, readings, rise / 10.0, record.dips)


def leave_one_dip_out(folder: Path) -> dict[str, list[float]]:
    """Return, per dip of the heat in `folder`: measured, predicted from the others [°C], error [K], interval [K].

    interval: the predicted change since the dip before (as fitted) less the measured change, for dips 2 to 4.
    """
    record = read_record(folder)
    solved = ensemble(record)
    predicted, deviation, interval = [], [], []
    for k in range(len(record.dips)):
        mean, spread, _ = solved.predict(k)
        predicted.append(float(mean[k]))
        deviation.append(float(spread[k]))
        if k:
            interval.append(float((mean[k] - mean[k - 1]) - (record.dips[k] - record.dips[k - 1])))
    return {
        "second": [float(second) for second in record.seconds],
        "measured_c": [float(from_si(dip, "°C")) for dip in record.dips],
        "predicted_c": [float(from_si(dip, "°C")) for dip in predicted],
        "error_k": [p - float(m) for p, m in zip(predicted, record.dips, strict=True)],
        "spread_k": deviation,
        "interval_error_k": interval,
    }
