"""A line of units on one clock: open it, advance it, read and write its board, copy it.

One line is one record; a copy of the record is a snapshot, a fork or a what-if. Every fault is a parameter that moves.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.engine.blocks import fill, member
from steelyard.engine.streams import stream, uniform
from steelyard.errors import ParameterError
from steelyard.parameters import load_parameters
from steelyard.plant import hot_bar_line, traffic
from steelyard.plant.bar_log import LOG_LENGTH
from steelyard.plant.board import Board
from steelyard.plant.instrument_file import load_faults, load_instruments
from steelyard.plant.instruments import InstrumentFault, new_instruments, shown_signals
from steelyard.plant.ramps import add_ramp
from steelyard.plant.scenarios import scenario
from steelyard.processes.catalogue import house
from steelyard.products import Product
from steelyard.signals import Signal, declared

NAME = "hot_bar_line"
FOLDER = Path(__file__).resolve().parent / "lines" / NAME
INSTRUMENTS_FILE = FOLDER / "instruments.toml"
HOUSES = {
    "reheating_furnace": "furnace",
    "descaling": "descaling",
    "bar_rolling": "mill",
    "cooling_bed": "bed",
}
LONGEST_RUN = 400_000_000
WIRED = {"measured_temperature": "zone_temperature", "measured_oxygen": "flue_oxygen",
         "measured_pressure": "furnace_pressure"}  # fmt: skip


@dataclass
class LineValues:
    """The SI values of one line: the parameters of every house and of the traffic."""

    furnace: dict[str, Any]
    descaling: dict[str, Any]
    mill: dict[str, Any]
    bed: dict[str, Any]
    traffic: dict[str, Any]

    def copy(self) -> "LineValues":
        """Return an independent copy."""
        return copy.deepcopy(self)

    def of(self, unit: str) -> dict[str, Any]:
        """Return the values of a unit by its signal name, e.g. ``bar_rolling`` or ``line``."""
        return self.traffic if unit == "line" else getattr(self, HOUSES[unit])


def _files(plant: str) -> dict[str, tuple[Path, type]]:
    found = {u: (house(u).parameter_file(kind, plant), house(u).module().Parameters) for u, kind in HOUSES.items()}
    path = FOLDER / f"traffic_{plant}.toml"
    if not path.exists():
        raise ParameterError(f"{NAME} ships no traffic for plant {plant!r}; plants are: {', '.join(plants())}")
    return {**found, "line": (path, traffic.Traffic)}


def plants() -> tuple[str, ...]:
    """Return the names of the shipped lines."""
    return tuple(sorted(p.stem.removeprefix("traffic_") for p in FOLDER.glob("traffic_*.toml")))


def shipped_line(plant: str = "pilot") -> LineValues:
    """Return the values of a shipped line, e.g. "pilot"."""
    values = {unit: load_parameters(path, block).values() for unit, (path, block) in _files(plant).items()}
    return LineValues(**{HOUSES.get(unit, "traffic"): numbers for unit, numbers in values.items()})


def with_mill(values: LineValues, plant: str, mill_plant: str, mill: dict[str, Any]) -> LineValues:
    """Return the line with another mill of its own kind; ParameterError when that one belongs to another plant."""
    if mill_plant != plant:
        raise ParameterError(
            f"this is a twin of the mill {mill_plant!r}, the line {plant!r} rolls other billets in other grooves: "
            f"calibrate one on bars of {plant!r}"
        )
    changed = values.copy()
    changed.mill = dict(mill)
    return changed


def line_draws(plant: str, n: int, seed: int) -> list[LineValues]:
    """Return `n` plausible lines before any calibration: parameters with an `sd` are drawn, cut at 2 sd."""
    sets = {unit: load_parameters(path, block).numbers for unit, (path, block) in _files(plant).items()}
    rng = np.random.default_rng([seed, 0x5EED])
    draws = []
    for _ in range(n):
        values = shipped_line(plant)
        for unit, numbers in sets.items():
            for name, number in numbers.items():
                z = np.clip(rng.standard_normal(np.shape(number.value)), -2.0, 2.0)
                moved = np.asarray(number.value, dtype=float) + np.asarray(number.sd, dtype=float) * z
                values.of(unit)[name] = moved.tolist() if np.ndim(moved) else float(moved)
        draws.append(values)
    return draws


def signals() -> list[Signal]:
    """Return the signals of the board: where an instrument looks at a value, the board shows the instrument."""
    true = hot_bar_line.true_signals()
    return shown_signals(true, load_instruments(INSTRUMENTS_FILE, true), _instruments_at() // 8)


def _instruments_at() -> int:
    return member(hot_bar_line.RECORD, "instruments")[1]


def open_line(values: LineValues, seed: int, scenario_id: str = "normal") -> "LineWorks":
    """Open a line with `values` under a scenario; equal arguments give equal bytes for ever."""
    if not 0 <= seed < 2**63:
        raise ParameterError(f"seed {seed!r} must be a whole number from 0 to 2**63 - 1")
    story = scenario(NAME, scenario_id)
    works = LineWorks(new_line(values, seed))
    for name, severity in story.faults.items():
        course = story.courses.get(name)
        if course is None:
            works.inject({name: severity})
            continue
        luck = float(uniform(np.uint64(seed), stream(f"scenario.{name}"), 0, 0))
        works.inject({name: severity}, course.growth, course.earliest + luck * (course.latest - course.earliest))
    return works


def new_line(values: LineValues, seed: int) -> np.ndarray:
    """Return the record, shape (1,), of a line at time 0: a furnace full of half-heated billets, mill and bed empty."""
    plant = np.zeros(1, hot_bar_line.RECORD)
    plant["seed"] = seed
    for unit in ("descaling", "bar_rolling", "cooling_bed"):
        model = house(unit).module()
        fill(plant[unit][0]["p"], model.Parameters, values.of(unit))
        model.prepare(plant[unit].view(np.recarray)[0])
    fill(plant["line"][0]["p"], traffic.Traffic, values.traffic)
    _warm(plant, values)
    plant["instruments"][0] = new_instruments(hot_bar_line.INSTRUMENTS)
    found = load_instruments(INSTRUMENTS_FILE, hot_bar_line.true_signals())
    plant["instruments"][0][: len(found)] = found
    _wire(plant)
    return plant


def _warm(plant: np.ndarray, values: LineValues) -> None:
    """Bring the furnace into normal production with typical billets, then give these the names of the line's first."""
    typical = traffic.typical_billet(values.traffic)
    house("reheating_furnace").module("warm").warm(
        plant["reheating_furnace"][0], values.furnace, typical, float(values.traffic["pace"])
    )
    hot_bar_line.name_charge(plant)


def _wire(plant: np.ndarray) -> None:
    """Lead what the instruments show to the inputs of level 1."""
    shown: dict[str, list[int]] = {}
    for signal in signals():
        shown.setdefault(signal.name.split("[")[0], []).append(signal.position)
    wires = [
        (source, hot_bar_line.place_of("reheating_furnace", "u", target) + i)
        for target, name in WIRED.items()
        for i, source in enumerate(shown[f"reheating_furnace.{name}"])
    ]
    for wire, (source, target) in zip(plant["wires"][0], wires, strict=False):
        wire["active"], wire["source"], wire["target"] = 1.0, source, target


class LineWorks:
    """A line and its board. `plant` is the record, shape (1,); nothing else holds state."""

    def __init__(self, plant: np.ndarray) -> None:
        self.plant = plant
        self.board = Board(plant, signals())

    @property
    def time_s(self) -> float:
        """Plant time [s]."""
        return float(self.plant["time"][0])

    def advance(self, n: int, dt: float = 1.0) -> None:
        """Advance by `n` steps of `dt` seconds."""
        hot_bar_line.advance(self.plant, 0, 1, n, dt)

    def advance_products(self, bars: int, dt: float = 1.0, limit: int = LONGEST_RUN) -> None:
        """Advance until `bars` bars have left the line since time 0, or for `limit` steps."""
        hot_bar_line.advance_bars(self.plant, 0, float(bars), limit, dt)

    def departed(self) -> int:
        """Return how many bars have left the line, without a gap in their numbers."""
        return int(self.plant["line"]["x"]["delivered"][0])

    def bars(self, first: int | None = None) -> np.ndarray:
        """Return the log of the bars that have left, without the `first` ones; it holds the truth: trials only.

        The log keeps the last `LOG_LENGTH` billets; ParameterError when it lacks one. None: all that it keeps.
        """
        oldest = max(0, int(self.plant["line"]["x"]["charged"][0]) - LOG_LENGTH)
        start = oldest if first is None else first
        if start < oldest:
            raise ParameterError(
                f"the log begins with bar {oldest + 1}, bar {start + 1} is no longer in it: drain it more often"
            )
        rows = np.arange(start + 1, self.departed() + 1) % LOG_LENGTH
        return self.plant["log"][0][rows].copy()

    def products(self) -> list[Product]:
        """Return the bars that are still in the log, each made from the billet of the same number."""
        from steelyard.materials.piece import GRADE_LABELS

        return [
            Product(f"B{int(r['number'])}", "bar", GRADE_LABELS[int(r["grade"])], float(r["mass"]),
                    (f"P{int(r['number'])}",))
            for r in self.bars() if r["cobble"] < 0.5
        ]  # fmt: skip

    def faults(self) -> list[str]:
        """Return the names of the faults that can be injected, ``unit.fault``."""
        return all_faults()

    def inject(self, faults: dict[str, float], growth_s: float = 0.0, start_s: float | None = None) -> None:
        """Let faults ``house.fault`` come at a severity (0 to 1) from `start_s` (now) on, growing over `growth_s`."""
        begin = self.time_s if start_s is None else start_s
        for name, severity in faults.items():
            inject_fault(self.plant, name, severity, begin, growth_s)

    def snapshot(self) -> np.ndarray:
        """Return a copy of the record."""
        return self.plant.copy()

    def restore(self, record: np.ndarray) -> None:
        """Go back to a snapshot."""
        self.plant[:] = record


def fault_table(unit: str) -> dict[str, Callable[[dict[str, Any], float], None]]:
    """Return the faults of a unit by name; ParameterError when there is no such unit."""
    if unit == "line":
        return traffic.FAULTS
    if unit not in HOUSES:
        raise ParameterError(
            f"there is no unit {unit!r} in {NAME}; units are: {', '.join([*HOUSES, 'line', 'instruments'])}"
        )
    return house(unit).module("faults").FAULTS


def all_faults() -> list[str]:
    """Return the names of all faults of the line, ``unit.fault``."""
    found = [f"{unit}.{name}" for unit in (*HOUSES, "line") for name in fault_table(unit)]
    return found + [f"instruments.{name}" for name in instrument_faults()]


def instrument_faults() -> dict[str, InstrumentFault]:
    """Return the faults of the instruments of the line by name."""
    true = hot_bar_line.true_signals()
    return load_faults(INSTRUMENTS_FILE, true, load_instruments(INSTRUMENTS_FILE, true))


def inject_fault(plant: np.ndarray, name: str, severity: float, start: float, growth: float) -> None:
    """Put the ramps of fault `name` (``unit.fault``) into the record; ParameterError when it does not exist."""
    unit, _, fault = name.partition(".")
    known: dict[str, Any] = dict(instrument_faults() if unit == "instruments" else fault_table(unit))
    if fault not in known:
        raise ParameterError(f"{NAME} has no fault {name!r}; faults are: {', '.join(all_faults())}")
    if not (math.isfinite(severity) and 0.0 <= severity <= 1.0):
        raise ParameterError(f"fault {name!r} has severity {severity!r}; it lies between 0 and 1")
    if unit == "instruments":
        _disturb(plant, known[fault], severity, start, growth)
        return
    block = traffic.Traffic if unit == "line" else house(unit).module().Parameters
    healthy = {n: np.array(plant[unit]["p"][n][0]).tolist() for n in declared(block)}
    faulty = copy.deepcopy(healthy)
    known[fault](faulty, severity)
    for field in declared(block):
        before, after = np.ravel(healthy[field]), np.ravel(faulty[field])
        first = hot_bar_line.place_of(unit, "p", field)
        for i in np.flatnonzero(before != after):
            add_ramp(plant, first + int(i), float(after[i] - before[i]), start, growth)


def _disturb(plant: np.ndarray, fault: InstrumentFault, severity: float, start: float, growth: float) -> None:
    """Put the ramps of a fault of instruments into the record."""
    dtype = plant.dtype["instruments"].base
    for row in fault.rows if severity > 0.0 else ():
        for setting, change in fault.changes.items():
            place = _instruments_at() + row * dtype.itemsize + member(dtype, setting)[1]
            add_ramp(plant, place // 8, severity * change, start, growth)
