"""Heat and iron close, steps may be halved, equal seeds give equal bytes, corners give no NaN."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from steelyard.engine.blocks import fill
from steelyard.parameters import load_parameters
from steelyard.processes.reheating_furnace import model
from steelyard.processes.reheating_furnace.faults import FAULTS
from steelyard.processes.reheating_furnace.layout import SLOTS, ZONES
from steelyard.signals import declared
from steelyard.units import from_si


@pytest.mark.parametrize("plant", ["pilot", "billet_160mm", "billet_old", "bloom_355mm"])
def test_shipped_parameters_are_complete_and_sourced(plant):
    path = Path(model.__file__).parent / "parameters" / f"furnace_{plant}.toml"
    numbers = load_parameters(path, model.Parameters)
    assert all(number.source for number in numbers.numbers.values())
    assert sum(numbers.values()["fuel_composition"]) == pytest.approx(1.0, abs=1e-9)
    for sign in (-2.0, 2.0):
        drawn = {n: np.asarray(q.value) + sign * np.asarray(q.sd) for n, q in numbers.numbers.items()}
        fill(np.zeros(1, model.RECORD)[0]["p"], model.Parameters, drawn)


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.0])
def test_heat_closes_in_every_step_and_over_hours(rig, dt):
    furnace = rig("warm")
    start, _ = furnace.balance()
    for _ in range(100):
        before, turnover = furnace.balance()
        furnace.produce(dt, dt)
        after, now = furnace.balance()
        stored = abs(float(model.heat_content(furnace.unit)))
        assert abs(after - before) <= 1e-9 * max(now - turnover, 1.0) + 1e-14 * stored
    furnace.produce(3 * 3600.0, dt)
    end, turnover = furnace.balance()
    assert turnover > 4e8
    assert abs(end - start) < 1e-9 * turnover


@pytest.mark.parametrize("fault", ["pressure_control", "rich_fuel", "skid_insulation", "refractory_spall"])
def test_heat_closes_with_faults_too(rig, fault):
    furnace = rig("warm", fault, 1.0)
    start, _ = furnace.balance()
    furnace.produce(2 * 3600.0)
    end, turnover = furnace.balance()
    assert abs(end - start) < 1e-9 * turnover


def test_iron_closes_with_its_scale(rig):
    furnace = rig("warm")
    x = furnace.unit["x"]
    inside = float(x["mass"].sum())
    furnace.produce(2 * 3600.0)
    assert float(x["mass_scaled"]) > 0.0
    gone = float(x["mass_discharged"]) + float(x["mass_scaled"])
    assert inside + float(x["mass_charged"]) == pytest.approx(gone + float(x["mass"].sum()), rel=1e-12)
    assert 0.002 < float(x["mass_scaled"]) / (float(x["mass_charged"])) < 0.03
    assert float(furnace.out["mass"]) < 10.79


def test_halving_the_step_changes_little(rig):
    ends = []
    for dt in (2.0, 1.0, 0.5):
        furnace = rig("warm")
        furnace.produce(2 * 3600.0, dt)
        ends.append((float(furnace.out["temperature"]), float(furnace.unit["x"]["energy_fuel"])))
    assert abs(ends[0][0] - ends[1][0]) < 1.0
    assert abs(ends[1][0] - ends[2][0]) < 0.5
    assert ends[1][1] == pytest.approx(ends[2][1], rel=5e-3)


def test_equal_seeds_equal_bytes_and_other_seeds_other_fuel(rig):
    runs = []
    for seed in (7, 7, 8):
        furnace = rig("warm")
        furnace.produce(1800.0, seed=seed)
        runs.append(furnace.record.tobytes())
    assert runs[0] == runs[1] != runs[2]


UNJITTED = """
import sys; sys.path.insert(0, {folder!r})
from conftest import Rig, values_of
rig = Rig(values_of(), "empty")
from steelyard.processes.reheating_furnace import model
for i in range(model.SLOTS):
    model.place_warm(rig.unit, rig.piece, i, 0.0)
rig.produce(30.0)
print(rig.record.tobytes().hex())
"""


def test_compiled_and_plain_python_agree():
    ends = []
    for plain in ("0", "1"):
        code = UNJITTED.format(folder=str(Path(__file__).parent))
        environment = {**os.environ, "NUMBA_DISABLE_JIT": plain}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        ends.append(np.frombuffer(bytes.fromhex(done.stdout.strip()), "f8"))
    assert ends[0] == pytest.approx(ends[1], rel=1e-9, abs=1e-9, nan_ok=True)


def test_a_copy_of_the_record_goes_on_as_the_original(rig):
    furnace = rig("warm")
    copy = furnace.record.copy()
    for record in (furnace.record, copy):
        for _ in range(600):
            model.furnace_step(record.view(np.recarray)[0], 7, 1.0)
    assert furnace.record.tobytes() == copy.tobytes()


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_severity_zero_is_no_change_and_one_shows(rig, fault):
    records = []
    for name, severity in (("", 0.0), (fault, 0.0), (fault, 1.0)):
        furnace = rig("warm", name, severity)
        furnace.produce(900.0)
        records.append(furnace.record.tobytes())
    assert records[0] == records[1]
    assert records[0] != records[2]


CORNERS = [
    ("cold", {}, {"zone_setpoint": 1673.15}),
    ("cold", {}, {"zone_setpoint": 900.0, "air_ratio_setpoint": 0.7, "pressure_setpoint": -50.0}),
    ("empty", {}, {"air_ratio_setpoint": 3.0, "pressure_setpoint": 50.0}),
    ("warm", {"burner_power": [0.0] * ZONES}, {}),
    ("warm", {"burner_clogging": [0.95] * ZONES}, {"zone_setpoint": 1673.15}),
    ("warm", {"gain": [1.0] * ZONES, "fuel_spread": 0.2, "air_ratio": [0.7] * ZONES}, {"zone_setpoint": 1673.15}),
]


@pytest.mark.parametrize("dt", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("corner", range(len(CORNERS)))
def test_corners_stay_finite_and_in_their_declared_range(rig, corner, dt):
    state, changes, orders = CORNERS[corner]
    furnace = rig(state, **changes)
    for name, value in orders.items():
        furnace.unit["u"][name] = value
    start, _ = furnace.balance()
    furnace.step(1200.0, dt)
    if state == "cold":
        furnace.produce(1200.0, dt)
    end, turnover = furnace.balance()
    assert abs(end - start) < 1e-9 * max(turnover, float(model.heat_content(furnace.unit)))
    for field, block in (("x", model.State), ("y", model.Outputs)):
        for name, quantity in declared(block).items():
            shown = from_si(np.asarray(furnace.unit[field][name]), quantity.board_unit)
            assert np.isfinite(shown).all(), f"{name} is not finite"
            occupied = furnace.unit["x"]["occupied"] > 0.5
            if shown.shape[:1] == (SLOTS,) and quantity.unit == "K":
                shown = shown[occupied]
            assert (shown >= quantity.low - 1e-9).all(), f"{name} = {shown} under {quantity.low}"
            assert (shown <= quantity.high + 1e-9).all(), f"{name} = {shown} over {quantity.high}"


def test_a_stop_of_twelve_hours_holds_the_heat_and_keeps_finite(rig):
    furnace = rig("warm")
    furnace.unit["x"]["announced_delay"] = 12 * 3600.0
    furnace.step(12 * 3600.0)
    y = furnace.unit["y"]
    reference, shown = y["zone_reference"], y["zone_temperature"]
    assert np.isfinite(furnace.unit["x"]["heat"]).all()
    hot_end = [2, 3, 6, 7]
    assert abs(shown - reference)[hot_end].max() < 5.0
    assert (shown - reference).min() > -5.0  # the charge end floats in the gas of the zones behind it
    assert float(y["fuel_flow"].sum()) > 0.0


def test_an_empty_furnace_holds_its_temperature(rig):
    furnace = rig("empty").step(4 * 3600.0)
    y = furnace.unit["y"]
    assert float(y["pieces"]) == 0.0
    assert abs(y["zone_temperature"] - y["zone_reference"])[[2, 3, 6, 7]].max() < 5.0
    assert (y["zone_temperature"] - y["zone_reference"]).min() > -5.0
    assert 0.02 < float(y["zone_power"].sum()) / 372e3 < 0.5


def test_without_fuel_everything_cools_towards_the_hall(rig):
    furnace = rig("warm")
    furnace.unit["p"]["burner_power"] = 0.0
    hot = float(furnace.unit["x"]["wall_temperature"][:, 0].mean())
    furnace.step(6 * 3600.0)
    x = furnace.unit["x"]
    assert float(x["wall_temperature"][:, 0].mean()) < hot - 150.0
    assert float(x["wall_temperature"].min()) > 290.0


def test_a_plant_second_is_cheap(rig):
    furnace = rig("warm")
    best = 1e9
    for _ in range(5):
        start = time.process_time()
        furnace.produce(3600.0)
        best = min(best, time.process_time() - start)
    assert best / 3600.0 < 12e-6
