"""Laws that hold for every house: balances close, seeds repeat, steps converge, outputs stay in their range.

The first part drives every house of the catalogue in the same way; the second part is the ladle station with its crew.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.engine.blocks import fill
from steelyard.engine.ensemble import advance_ensemble, digest
from steelyard.materials.carbon_steel import steel_heat
from steelyard.materials.piece import PIECE
from steelyard.parameters import load_parameters
from steelyard.plant import ladle_station
from steelyard.plant.works import PlantValues, Works, new_plant, open_works, shipped_values
from steelyard.processes.catalogue import HOUSES
from steelyard.processes.ladle_furnace import losses, model
from steelyard.processes.ladle_furnace.faults import FAULTS
from steelyard.signals import declared
from steelyard.units import from_si, to_si

PLANTS = HOUSES["ladle_furnace"].plants

# --- every house of the catalogue -------------------------------------------------------------------------------------

BILLETS = {
    "pilot": {"thickness": 0.05, "width": 0.05, "length": 0.7, "mass": 10.79, "roundness": 1.0},
    "billet_160mm": {"thickness": 0.16, "width": 0.16, "length": 12.0, "mass": 2400.0},
    "billet_old": {"thickness": 0.16, "width": 0.16, "length": 12.0, "mass": 2400.0},
    "bloom_355mm": {"thickness": 0.305, "width": 0.355, "length": 7.5, "mass": 6300.0},
    "rod_mill": {"thickness": 0.16, "width": 0.16, "length": 12.0, "mass": 2400.0},
}


class Driver:
    """One house at work with nothing around it: its parameter files, its work, and what must stay constant."""

    kind = "furnace"
    steady = 1e-9
    """Share of the turnover by which the books may be wrong."""

    def __init__(self, name: str, plant: str, values: dict[str, Any] | None = None) -> None:
        self.model = HOUSES[name].module()
        self.plant, self.time, self.turnover, self.pieces = plant, 0.0, 0.0, 0
        self.record = np.zeros(1, self.model.RECORD).view(np.recarray)
        self.unit = self.record[0]
        fill(self.unit["p"], self.model.Parameters, values or self.shipped(name, plant))
        self.begin()

    @classmethod
    def shipped(cls, name: str, plant: str) -> dict[str, Any]:
        path = HOUSES[name].parameter_file(cls.kind, plant)
        return load_parameters(path, HOUSES[name].module().Parameters).values()

    def piece(self, temperature: float, **changes: float) -> Any:
        piece = np.zeros(1, PIECE).view(np.recarray)[0]
        self.pieces += 1
        usual = {"number": float(self.pieces), "grade": 2.0, "grain_size": 50e-6, "scale": 100e-6}
        usual |= {"temperature": temperature, "surface_temperature": temperature, "core_temperature": temperature}
        for name, value in {**usual, **BILLETS[self.plant], "target_temperature": 1430.0, **changes}.items():
            piece[name] = value
        return piece

    def begin(self) -> None:
        self.model.prepare(self.unit)

    def run(self, seconds: float, dt: float = 1.0) -> None:
        for _ in range(round(seconds / dt)):
            self.step(dt)
            self.time += dt

    def step(self, dt: float) -> None:
        """Do what the house does in one step."""

    def books(self) -> float:
        """What must not change [J]; adds to `turnover` what went through."""
        return 0.0

    def figures(self) -> dict[str, tuple[float, float]]:
        """Results with the greatest change that halving the step may bring."""
        return {}


class Ladle(Driver):
    """A ladle that is heated and stirred."""

    def begin(self) -> None:
        mass = 1e5 if self.plant == "100t" else 2.4e5
        self.unit["x"]["carbon"] = 0.001
        self.unit["y"]["target_temperature"] = 1850.0
        self.model.place_ladle(self.unit, 1850.0, mass, 0.015 * mass, 1250.0, 1.0)
        self.unit["u"]["arc_power_setpoint"] = self.unit["p"]["nominal_power"]
        self.unit["u"]["argon_flow_setpoint"], self.unit["u"]["tank_pressure_setpoint"] = 0.005, 101325.0

    def step(self, dt: float) -> None:
        if self.time == 60.0:
            self.unit["u"]["feed"][2] = 100.0
        self.model.furnace_step(self.unit, 1e-3 * dt, 0.0, 1.0, dt)

    def books(self) -> float:
        x = self.unit["x"]
        self.turnover = float(x["energy_arc"] + abs(x["energy_surface"]) + abs(x["energy_shell"]))
        given = x["energy_arc"] - x["energy_surface"] - x["energy_shell"] + x["energy_additions"]
        return float(self.model.heat_content(self.unit) - given)

    def figures(self) -> dict[str, tuple[float, float]]:
        return {"steel_temperature": (float(self.unit["x"]["steel_temperature"]), 0.3)}


class Furnace(Driver):
    """A furnace full of pieces; one more is charged and discharged every pace."""

    def begin(self) -> None:
        super().begin()
        self.pace, self.due, self.left = 100.0, 0.0, self.piece(300.0)
        self.unit["x"]["pace"] = self.pace
        for slot in range(len(self.unit["x"]["occupied"])):
            self.model.place_warm(self.unit, self.piece(300.0), slot, 0.0)

    def step(self, dt: float) -> None:
        if self.model.can_charge(self.unit):
            self.model.charge(self.unit, self.piece(300.0), self.time)
        if self.time >= self.due and self.model.ready(self.unit):
            self.model.discharge(self.unit, self.left, self.time)
            self.due += self.pace
        self.model.walk(self.unit)
        self.model.furnace_step(self.unit, 7, dt)

    def books(self) -> float:
        x = self.unit["x"]
        self.turnover = float(x["energy_fuel"])
        came = sum(float(x[f"energy_{n}"]) for n in ("fuel", "air", "scale", "charged"))
        went = sum(float(x[f"energy_{n}"]) for n in ("flue", "unburnt", "shell", "skid", "door", "discharged"))
        return came - went - float(self.model.heat_content(self.unit))

    def figures(self) -> dict[str, tuple[float, float]]:
        return {
            "discharged": (float(self.left["temperature"]), 3.0),
            "zone": (float(self.unit["y"]["zone_temperature"][3]), 3.0),
        }


class Ring(Driver):
    """A descaling ring through which a piece runs every ninety seconds."""

    kind = "descaling"

    def begin(self) -> None:
        super().begin()
        self.lost = 0.0

    def step(self, dt: float) -> None:
        if self.time % 90.0 == 0.0:
            piece = self.piece(1430.0)
            before = steel_heat(1430.0)
            self.model.descale(self.unit, piece, self.time)
            self.lost += piece["mass"] * (before - steel_heat(float(piece["temperature"])))

    def books(self) -> float:
        self.turnover = float(self.unit["x"]["heat_taken"])
        return self.turnover - self.lost

    def figures(self) -> dict[str, tuple[float, float]]:
        return {"exit": (float(self.unit["y"]["exit_temperature"]), 1e-9)}


class Mill(Driver):
    """A mill that rolls bar after bar; what its motors draw, step by step, is idling and what the passes booked.

    The heat of the bar is closed in tests/processes/bar_rolling/test_heat_of_a_schedule.py.
    """

    kind = "mill"

    def begin(self) -> None:
        super().begin()
        self.bars, self.first, self.left = 0.0, 0.0, self.piece(300.0)

    def step(self, dt: float) -> None:
        if self.model.is_done(self.unit):
            self.bars += float(self.unit["y"]["bar_energy"])
            self.first = self.first or self.bars
            self.model.finish_bar(self.unit, self.left, self.time)
            self.unit["y"]["bar_energy"] = 0.0
        if self.model.is_free(self.unit):
            self.model.start_bar(self.unit, self.piece(1430.0), self.time)
        self.model.mill_step(self.unit, 7, self.time, dt)

    def books(self) -> float:
        x, y = self.unit["x"], self.unit["y"]
        self.turnover = float(y["electric_energy"])
        idle = float(self.unit["p"]["idle_power"]) * self.time
        return self.turnover + float(x["energy_due"]) - idle - self.bars - float(y["bar_energy"])

    def figures(self) -> dict[str, tuple[float, float]]:
        return {"energy of the first bar": (self.first, 1e-6 * self.first)}


class Bed(Driver):
    """A cooling bed that takes a bar of 8 mm every ninety seconds."""

    kind = "bed"

    def begin(self) -> None:
        super().begin()
        self.unit["u"]["fan_speed"], self.left = 0.5, self.piece(300.0)

    def step(self, dt: float) -> None:
        if self.time % 90.0 == 0.0 and self.model.can_place(self.unit):
            length = 10.79 / (7850.0 * 0.25 * np.pi * 0.008**2)
            self.model.place(self.unit, self.piece(1200.0, thickness=0.008, width=0.008, length=length), self.time)
        self.model.bed_step(self.unit, dt)
        if self.model.ready(self.unit):
            self.model.take(self.unit, self.left, self.time)

    def books(self) -> float:
        x = self.unit["x"]
        self.turnover = float(x["energy_in"])
        return float(x["energy_in"] - x["energy_out"] - x["energy_off"] - self.model.heat_content(self.unit))

    def figures(self) -> dict[str, tuple[float, float]]:
        return {
            "hardness": (float(self.unit["y"]["hardness"]), 6.0),
            "exit": (float(self.unit["y"]["exit_temperature"]), 8.0),
        }


DRIVERS: dict[str, type[Driver]] = {
    "ladle_furnace": Ladle,
    "reheating_furnace": Furnace,
    "descaling": Ring,
    "bar_rolling": Mill,
    "cooling_bed": Bed,
}
SHIPPED = [(name, plant) for name, house in HOUSES.items() for plant in house.plants]
FAULTY = [
    (name, fault)
    for name, house in HOUSES.items()
    if name != "ladle_furnace"
    for fault in sorted(house.module("faults").FAULTS)
]


def test_every_house_is_driven() -> None:
    assert set(DRIVERS) == set(HOUSES)


@pytest.mark.parametrize(("name", "plant"), SHIPPED)
def test_the_books_of_a_house_close(name: str, plant: str) -> None:
    house = DRIVERS[name](name, plant)
    before = house.books()
    house.run(1000.0)
    assert abs(house.books() - before) <= house.steady * house.turnover
    assert house.turnover > 1e5


@pytest.mark.parametrize(("name", "plant"), SHIPPED)
def test_a_house_repeats_itself_to_the_byte(name: str, plant: str) -> None:
    proofs = set()
    for _ in range(2):
        house = DRIVERS[name](name, plant)
        house.run(300.0)
        proofs.add(house.record.tobytes())
    assert len(proofs) == 1


@pytest.mark.parametrize("name", HOUSES)
def test_halving_the_step_of_a_house_changes_little(name: str) -> None:
    ends = []
    for dt in (1.0, 0.5):
        house = DRIVERS[name](name, HOUSES[name].plants[0])
        house.run(1200.0, dt)
        ends.append(house.figures())
    for figure, (value, allowed) in ends[0].items():
        assert value != 0.0, figure
        assert ends[1][figure][0] == pytest.approx(value, abs=allowed), figure


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("name", HOUSES)
def test_a_house_bears_the_ends_of_every_set_point(name: str, end: str) -> None:
    """Every set-point at the end of its declared range: what the board shows stays finite and in its range."""
    house = DRIVERS[name](name, HOUSES[name].plants[0])
    unknown = {n for n in declared(house.model.Outputs) if not np.isfinite(np.asarray(house.unit["y"][n])).all()}
    for field, quantity in declared(house.model.Inputs).items():
        if field != "feed" and not field.startswith("measured"):
            house.unit["u"][field] = to_si(getattr(quantity, end), quantity.board_unit)
    house.run(900.0)
    for field, quantity in declared(house.model.Outputs).items():
        shown = from_si(np.asarray(house.unit["y"][field]), quantity.board_unit)
        if field in unknown:
            continue
        assert np.isfinite(shown).all(), f"{field} is not finite"
        assert (shown >= quantity.low - 1e-9).all(), f"{field} = {shown} under {quantity.low}"
        assert (shown <= quantity.high * (1.0 + 1e-12) + 1e-9).all(), f"{field} = {shown} over {quantity.high}"


@pytest.mark.parametrize(("name", "fault"), FAULTY)
def test_a_fault_of_a_house_is_nothing_at_severity_zero_and_allowed_at_one(name: str, fault: str) -> None:
    module, change = HOUSES[name].module(), HOUSES[name].module("faults").FAULTS[fault]
    healthy = DRIVERS[name].shipped(name, HOUSES[name].plants[0])
    changed = {severity: DRIVERS[name].shipped(name, HOUSES[name].plants[0]) for severity in (0.0, 0.5, 1.0)}
    for severity, values in changed.items():
        change(values, severity)
        fill(np.zeros(1, module.RECORD)["p"][0], module.Parameters, values)
    assert changed[0.0] == healthy
    assert changed[1.0] != healthy
    assert changed[0.5] not in (healthy, changed[1.0])


def outputs_after_a_while(name: str) -> np.ndarray:
    """Return all outputs of a house after forty seconds of work."""
    house = DRIVERS[name](name, HOUSES[name].plants[0])
    house.run(40.0)
    return np.concatenate([np.ravel(house.unit["y"][n]) for n in house.unit["y"].dtype.names])


@pytest.mark.parametrize("name", [n for n in HOUSES if n != "ladle_furnace"])
def test_a_house_is_the_same_jitted_and_unjitted(name: str, tmp_path: Path) -> None:
    file = tmp_path / "outputs.npy"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import numpy as np\n"
        "from test_laws import outputs_after_a_while\n"
        "with np.errstate(over='ignore'):\n"
        f"    np.save({str(file)!r}, outputs_after_a_while({name!r}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"NUMBA_DISABLE_JIT": "1", "PATH": "/usr/bin"}
    )
    assert run.returncode == 0, run.stderr
    assert np.load(file) == pytest.approx(outputs_after_a_while(name), rel=1e-9, abs=1e-12, nan_ok=True)


# --- the ladle station ------------------------------------------------------------------------------------------------


def station(values: PlantValues, temperature: float = 1873.15):
    """A furnace record with a ladle in it, apart from crew and arrivals."""
    plant = new_plant(values, 7)
    unit = plant["ladle_furnace"][0]
    mass = values.arrival["mass"]
    unit["x"]["carbon"], unit["x"]["sulphur"], unit["x"]["aluminium"] = 0.001, 2e-4, 4e-4
    model.place_ladle(unit, temperature, mass, values.arrival["slag"] * mass, values.arrival["hot_face"], 1.0)
    return unit


def treat(unit, seconds: int, dt: float = 1.0, disturbance: float = 0.0):
    """Heat, add and stir for a while; a treatment that uses every term of the balances."""
    for k in range(int(seconds / dt)):
        time = k * dt
        unit["u"]["arc_power_setpoint"] = unit["p"]["nominal_power"] if 300 <= time < 700 else 0.0
        unit["u"]["argon_flow_setpoint"] = 0.3 / 60.0
        unit["u"]["tank_pressure_setpoint"] = 200.0 if time >= 1200 else 101325.0
        if time in (120.0, 800.0):
            unit["u"]["feed"][:] = 40.0
        model.furnace_step(unit, disturbance, 0.0, 1.0, dt)


@pytest.mark.parametrize("plant", PLANTS)
def test_energy_closes_over_a_heat(plant: str) -> None:
    unit = station(shipped_values(plant=plant))
    before = model.heat_content(unit)
    treat(unit, 2400, disturbance=1e-3)
    x = unit["x"]
    exchanged = x["energy_arc"] - x["energy_surface"] - x["energy_shell"] + x["energy_additions"]
    turnover = abs(x["energy_arc"]) + abs(x["energy_surface"]) + abs(x["energy_shell"]) + abs(x["energy_additions"])
    assert abs(model.heat_content(unit) - before - exchanged) < 1e-9 * turnover + 1.0
    assert turnover > 1e9


@pytest.mark.parametrize("plant", PLANTS)
def test_mass_closes_over_a_heat(plant: str) -> None:
    unit = station(shipped_values(plant=plant))
    x = unit["x"]
    before = float(x["steel_mass"] + x["slag_mass"])
    sulphur = float(x["sulphur"] * x["steel_mass"] + x["slag_sulphur"])
    treat(unit, 2400)
    after = x["steel_mass"] + x["slag_mass"] + x["pool"].sum() + x["mass_lost"]
    assert after - before == pytest.approx(float(x["mass_fed"]), rel=1e-9)
    assert x["mass_fed"] > 1000.0
    assert x["sulphur"] * x["steel_mass"] + x["slag_sulphur"] == pytest.approx(sulphur, rel=1e-6)
    assert x["sulphur"] < 1.9e-4


@pytest.mark.parametrize("plant", PLANTS)
def test_halving_the_step_changes_little(plant: str) -> None:
    ends = []
    for dt in (2.0, 1.0, 0.5):
        unit = station(shipped_values(plant=plant))
        treat(unit, 2400, dt)
        ends.append(float(unit["x"]["steel_temperature"]))
    assert abs(ends[1] - ends[2]) < 0.15
    assert abs(ends[1] - ends[2]) < 0.75 * abs(ends[0] - ends[1]) + 0.01


def test_equal_seeds_give_equal_bytes_alone_fused_in_an_ensemble_on_threads_and_after_a_snapshot() -> None:
    values, steps = shipped_values(), 9000
    fused = new_plant(values, 11)
    ladle_station.advance(fused, 0, 1, steps, 1.0)
    lockstep = new_plant(values, 11)
    for _ in range(steps):
        ladle_station.advance(lockstep, 0, 1, 1, 1.0)
    many = np.concatenate([new_plant(values, seed) for seed in range(8, 16)])
    threaded = many.copy()
    advance_ensemble(ladle_station.advance, many, steps, 1.0, threads=1)
    advance_ensemble(ladle_station.advance, threaded, steps, 1.0, threads=2)
    works = Works(new_plant(values, 11))
    works.advance(3001)
    snapshot = works.snapshot()
    works.advance(100)
    works.restore(snapshot)
    works.advance(steps - 3001)
    proofs = {digest(fused), digest(lockstep), digest(many[3:4]), digest(threaded[3:4]), digest(works.plant)}
    assert len(proofs) == 1
    assert digest(many) == digest(threaded)
    other = new_plant(values, 12)
    ladle_station.advance(other, 0, 1, steps, 1.0)
    assert digest(other) not in proofs


def test_a_second_process_gives_the_same_bytes() -> None:
    code = (
        "from steelyard.plant.works import open_works, shipped_values\n"
        "from steelyard.engine.ensemble import digest\n"
        "w = open_works(shipped_values(), 5, 'cold_ladles'); w.advance_heats(4); print(digest(w.plant))"
    )
    works = open_works(shipped_values(), 5, "cold_ladles")
    works.advance_heats(4)
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert printed == digest(works.plant)


def test_the_same_ladles_arrive_whatever_the_crew_does() -> None:
    lazy, keen = shipped_values(), shipped_values()
    keen.practice.update(heating_share=1.0, heating_scatter=0.0, longest_heating=2.5 * keen.practice["longest_heating"])
    logs = []
    for values in (lazy, keen):
        works = open_works(values, 3)
        works.advance_heats(6)
        logs.append(works.heats())
    assert (logs[0]["arrival_temperature"] == logs[1]["arrival_temperature"]).all()
    assert (logs[0]["target_temperature"] == logs[1]["target_temperature"]).all()
    assert (logs[0]["arc_energy"] != logs[1]["arc_energy"]).any()


def test_jitted_equals_unjitted() -> None:
    code = (
        "import numpy as np\n"
        "from steelyard.plant import ladle_station\n"
        "from steelyard.plant.works import new_plant, shipped_values\n"
        "plant = new_plant(shipped_values(), 11)\n"
        "with np.errstate(over='ignore'):\n"
        "    ladle_station.advance(plant.view(np.recarray), 0, 1, 700, 1.0)\n"
        "u = plant['ladle_furnace'][0]\n"
        "print(repr(float(u['x']['steel_temperature'])), repr(float(u['y']['arc_energy'])))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"NUMBA_DISABLE_JIT": "1", "PATH": "/usr/bin"}
    )
    assert run.returncode == 0, run.stderr
    temperature, energy = map(float, run.stdout.split())
    plant = new_plant(shipped_values(), 11)
    ladle_station.advance(plant, 0, 1, 700, 1.0)
    unit = plant["ladle_furnace"][0]
    assert unit["x"]["steel_temperature"] == pytest.approx(temperature, rel=1e-12)
    assert unit["y"]["arc_energy"] == pytest.approx(energy, rel=1e-12)
    assert energy > 0.0


CORNERS = [
    {"arc_power_setpoint": 80e6, "argon_flow_setpoint": 0.0},
    {"arc_power_setpoint": 0.0, "argon_flow_setpoint": 0.025, "lid_closed": 0.0, "tank_pressure_setpoint": 50.0},
    {"arc_power_setpoint": 80e6, "argon_flow_setpoint": 0.025, "lid_closed": 0.0},
    {"arc_power_setpoint": 0.0, "argon_flow_setpoint": 0.0, "feed": 400.0},
]


@pytest.mark.parametrize("corner", range(len(CORNERS)))
@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("dt", [1.0, 10.0])
def test_outputs_and_states_stay_in_their_declared_range_in_the_corners(plant: str, corner: int, dt: float) -> None:
    unit = station(shipped_values(plant=plant))
    for name, value in CORNERS[corner].items():
        unit["u"][name] = value
    for _ in range(int(1800 / dt)):
        model.furnace_step(unit, 0.0, 0.0, 1.0, dt)
    for field, block in (("x", model.State), ("y", model.Outputs)):
        for name, quantity in declared(block).items():
            shown = from_si(np.asarray(unit[field][name]), quantity.board_unit)
            if name == "dip_temperature":
                continue
            assert np.isfinite(shown).all(), f"{name} is not finite"
            assert (shown >= quantity.low - 1e-9).all(), f"{name} = {shown} under {quantity.low}"
            assert (shown <= quantity.high + 1e-9).all(), f"{name} = {shown} over {quantity.high}"


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_of_severity_zero_is_none_and_a_severe_one_shows(fault: str) -> None:
    logs = []
    for severity in (None, 0.0, 1.0):
        values = shipped_values()
        if severity is not None:
            FAULTS[fault](values.furnace, values.practice, values.arrival, severity)
        works = Works(new_plant(values, 21))
        works.advance_heats(8)
        logs.append(works.heats())
    assert logs[0].tobytes() == logs[1].tobytes()
    assert logs[0].tobytes() != logs[2].tobytes()


def test_a_dip_shows_the_bath_when_mixed_and_less_so_on_arrival() -> None:
    early, late = [], []
    for seed in range(60):
        unit = station(shipped_values())
        unit["u"]["argon_flow_setpoint"] = 0.3 / 60.0
        for k in range(1500):
            if k in (5, 1400):
                unit["u"]["dip_request"] = 1.0
            noise = np.random.default_rng(seed * 2000 + k).standard_normal() if unit["x"]["dip_pending"] >= 0 else 0.0
            model.furnace_step(unit, 0.0, noise, 0.5, 1.0)
            if unit["y"]["dip_age"] == 0.0 and unit["y"]["dip_count"] > 0:
                error = float(unit["y"]["dip_temperature"] - unit["x"]["steel_temperature"])
                (early if k < 100 else late).append(error)
    assert np.std(late) < 3.5
    assert np.std(early) > 1.5 * np.std(late)


def test_a_higher_tap_spares_the_electrode_and_heats_worse_under_a_thin_slag() -> None:
    ends = {}
    for tap in (-3.0, 3.0):
        values = shipped_values()
        values.arrival["slag"] *= 0.5
        unit = station(values)
        unit["u"]["tap_offset"] = tap
        treat(unit, 1200)
        ends[tap] = (float(unit["x"]["steel_temperature"]), float(unit["y"]["electrode_mass"]))
    assert ends[3.0][0] < ends[-3.0][0] - 0.5
    assert ends[3.0][1] < 0.8 * ends[-3.0][1]


def test_a_transfer_request_sends_the_ladle_away() -> None:
    works = open_works(shipped_values(), 1)
    works.advance(600)
    works.plant["ladle_furnace"]["u"]["transfer_request"] = 1.0
    works.advance(2)
    assert works.departed() == 1
    assert works.heats()["departure_time"][0] == pytest.approx(600.0)


def test_the_arc_trips_on_steel_that_is_too_hot_and_says_so() -> None:
    unit = station(shipped_values(), temperature=2030.0)
    unit["u"]["arc_power_setpoint"] = 10e6
    model.furnace_step(unit, 0.0, 0.0, 1.0, 1.0)
    assert unit["y"]["alarm"] == 1.0
    assert unit["y"]["arc_power"] == 0.0


def test_vacuum_degasses_and_costs_temperature() -> None:
    ends = {}
    for pressure in (101325.0, 100.0):
        unit = station(shipped_values())
        unit["x"]["hydrogen"], unit["x"]["nitrogen"] = 4.5e-6, 55e-6
        unit["u"]["argon_flow_setpoint"] = 0.2 / 60.0
        unit["u"]["tank_pressure_setpoint"] = pressure
        for _ in range(1500):
            model.furnace_step(unit, 0.0, 0.0, 0.5, 1.0)
        x = unit["x"]
        ends[pressure] = (float(x["hydrogen"]), float(x["nitrogen"]), float(x["steel_temperature"]))
    open_air, vacuum = ends[101325.0], ends[100.0]
    assert open_air[0] == pytest.approx(4.5e-6)
    assert vacuum[0] < 2.0e-6
    assert 25e-6 < vacuum[1] < 50e-6
    assert 8.0 < open_air[2] - vacuum[2] < 45.0


@pytest.mark.parametrize("thin", [0.0, 0.7])
def test_the_price_of_a_kelvin_is_what_one_more_arc_minute_buys(thin: float) -> None:
    values = shipped_values()
    FAULTS["thin_slag"](values.furnace, values.practice, values.arrival, thin)
    ends = []
    for extra in (0, 60):
        unit = station(values)
        for k in range(1800):
            unit["u"]["arc_power_setpoint"] = unit["p"]["nominal_power"] if 900 <= k < 1080 + extra else 0.0
            unit["u"]["argon_flow_setpoint"] = 0.28 / 60.0
            model.furnace_step(unit, 0.0, 0.0, 0.5, 1.0)
        ends.append((float(unit["x"]["steel_temperature"]), float(unit["y"]["arc_energy"])))
    bought = (ends[1][1] - ends[0][1]) / (ends[1][0] - ends[0][0])
    assert losses.energy_per_kelvin(unit) == pytest.approx(bought, rel=0.06)


def test_the_next_ladle_inherits_nothing_that_the_last_one_was_set_to() -> None:
    works = open_works(shipped_values(), 1)
    works.advance(600)
    u, y = works.plant["ladle_furnace"]["u"], works.plant["ladle_furnace"]["y"]
    u["tank_pressure_setpoint"], u["lid_closed"], u["tap_offset"] = 100.0, 0.0, 3.0
    works.advance(300)
    assert y["tank_pressure"][0] < 5e4
    u["transfer_request"] = 1.0
    works.advance(2)
    works.plant["operator"]["u"]["heating_energy_setpoint"] = 3.6e9
    while works.plant["heats"][0] < 2:
        works.advance(1)
    assert y["tank_pressure"][0] == pytest.approx(101325.0)
    assert u["lid_closed"][0] == 1.0
    assert u["tap_offset"][0] == 0.0
    assert works.plant["operator"]["u"]["heating_energy_setpoint"][0] < 0.0


def test_without_argon_the_slag_keeps_the_arc_heat_and_additions_stay_undissolved() -> None:
    ends = {}
    for flow in (0.0, 0.28 / 60.0):
        unit = station(shipped_values())
        for k in range(900):
            unit["u"]["arc_power_setpoint"] = unit["p"]["nominal_power"] if 300 <= k < 600 else 0.0
            unit["u"]["argon_flow_setpoint"] = flow
            if k == 650:
                unit["u"]["feed"][11] = 200.0
            model.furnace_step(unit, 0.0, 0.0, 0.5, 1.0)
            if k == 599:
                hot_slag = float(unit["x"]["slag_temperature"] - unit["x"]["steel_temperature"])
        ends[flow] = (hot_slag, float(unit["x"]["pool"][11]))
    still, stirred = ends[0.0], ends[0.28 / 60.0]
    assert still[0] > 1.5 * stirred[0]
    assert still[1] > 2.0 * stirred[1]


def test_plug_lining_and_electrode_age() -> None:
    values = shipped_values()
    values.furnace["plug_clogging_rate"] = 0.5 / 3600.0
    covered, flaring = station(values), station(values)
    flaring["x"]["slag_mass"] = 0.0
    for unit in (covered, flaring):
        treat(unit, 1200)
    assert covered["x"]["plug_clogging"] == pytest.approx(0.5 / 3.0, rel=0.01)
    assert covered["y"]["argon_flow"] == pytest.approx(0.3 / 60.0 * (1.0 - covered["x"]["plug_clogging"]), rel=0.01)
    assert covered["x"]["electrode_worn"] == covered["y"]["electrode_mass"] > 0.0
    assert flaring["x"]["lining_worn"] > 1.5 * covered["x"]["lining_worn"] > 0.0
