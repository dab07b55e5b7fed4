"""Laws that hold for every house: balances close, seeds repeat, steps converge, outputs stay in their range."""

import subprocess
import sys

import numpy as np
import pytest

from steelyard.engine.ensemble import advance_ensemble, digest
from steelyard.plant import ladle_station
from steelyard.plant.works import PlantValues, Works, new_plant, open_works, shipped_values
from steelyard.processes.catalogue import HOUSES
from steelyard.processes.ladle_furnace import losses, model
from steelyard.processes.ladle_furnace.faults import FAULTS
from steelyard.signals import declared
from steelyard.units import from_si

PLANTS = HOUSES["ladle_furnace"].plants


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
