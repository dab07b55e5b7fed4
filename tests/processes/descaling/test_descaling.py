"""The descaling ring: energy closes, scale comes off with pressure, faults show, corners stay in range."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from steelyard.materials.carbon_steel import steel_heat
from steelyard.materials.piece import PIECE
from steelyard.parameters import load_parameters
from steelyard.processes.descaling import model
from steelyard.processes.descaling.faults import FAULTS
from steelyard.signals import declared
from steelyard.units import from_si

FILES = sorted((Path(model.__file__).parent / "parameters").glob("descaling_*.toml"))


def ring(path=FILES[0], **changes):
    values = load_parameters(path, model.Parameters).values()
    values.update(changes)
    return model.new_unit(values).view(np.recarray)[0]


def billet(temperature: float = 1423.15, grade: int = 2, shape: int = 1, **changes):
    piece = np.zeros(1, PIECE).view(np.recarray)[0]
    piece["number"], piece["grade"], piece["roundness"] = 7, grade, shape
    piece["thickness"] = piece["width"] = 0.05
    piece["length"], piece["mass"], piece["scale"] = 2.4, 36.8, 300e-6
    piece["temperature"], piece["surface_temperature"] = temperature, temperature + 4.0
    piece["core_temperature"] = temperature - 4.0
    for name, value in changes.items():
        piece[name] = value
    return piece


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_heat_taken_is_what_the_piece_lost(path) -> None:
    for shape, width in ((1, 0.05), (0, 0.05), (0, 0.4)):
        unit, piece = ring(path), billet(shape=shape, width=width)
        before = steel_heat(float(piece["temperature"]))
        model.descale(unit, piece, 10.0)
        lost = piece["mass"] * (before - steel_heat(float(piece["temperature"])))
        assert unit["x"]["heat_taken"] == pytest.approx(lost, rel=1e-9)
        assert lost > 0.0


def test_the_pilot_ring_does_what_the_trade_says() -> None:
    unit = ring()
    for k in range(20):
        model.descale(unit, billet(length=0.7, mass=10.8), 90.0 * k)
    assert 3.0 < unit["x"]["mean_drop"] < 12.0
    assert 10.0 < unit["y"]["entry_temperature"] - unit["y"]["exit_temperature"] < 40.0
    assert 0.5e6 < unit["y"]["impact_pressure"] < 1.2e6
    assert unit["x"]["removal"] > 0.9
    per_tonne = from_si(float(unit["y"]["electric_energy"]), "kWh") / (20 * 0.0108)
    assert 3.0 < per_tonne < 6.0
    assert unit["y"]["alarm"] == 0.0


def test_more_pressure_takes_more_scale_and_silicon_and_fayalite_hold_it() -> None:
    left = []
    for pressure in (60e5, 120e5, 180e5):
        unit, piece = ring(), billet()
        unit["u"]["pressure_setpoint"] = pressure
        model.descale(unit, piece, 0.0)
        left.append(float(piece["scale"]))
    assert left == sorted(left, reverse=True)
    assert left[0] > 3.0 * left[-1]
    for colder, hotter in (
        (billet(1423.0, 3), billet(1423.0, 4)),
        (billet(1423.0, 4), billet(1470.0, 4)),
    ):
        unit = ring()
        model.descale(unit, colder, 0.0)
        model.descale(unit, hotter, 0.0)
        assert hotter["scale"] > colder["scale"]


def test_a_dry_ring_lets_the_piece_pass_as_it_came() -> None:
    unit, piece = ring(), billet()
    unit["u"]["water_on"] = 0.0
    before = piece.copy()
    model.descale(unit, piece, 5.0)
    assert piece.tobytes() == before.tobytes()
    assert unit["y"]["water_used"] == 0.0
    assert unit["y"]["stripe_share"] == 1.0


def test_after_a_minute_surface_and_core_have_fallen_as_the_mean() -> None:
    unit, piece = ring(), billet(1400.0)
    unit["p"]["rebound_time"] = 60.0
    model.descale(unit, piece, 0.0)
    drop = float(unit["x"]["mean_drop"])
    assert 1404.0 - piece["surface_temperature"] == pytest.approx(drop, rel=0.15)
    assert 1396.0 - piece["core_temperature"] == pytest.approx(drop, rel=0.35)


def _run(fault: str | None, severity: float) -> bytes:
    values = load_parameters(FILES[0], model.Parameters).values()
    if fault:
        FAULTS[fault](values, severity)
    unit = model.new_unit(values)[0]
    kept = b""
    for k in range(400):
        piece = billet()
        model.descale(unit, piece, 110.0 * k)
        kept = piece.tobytes() + unit["y"].tobytes()
    return kept


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_of_severity_zero_is_none_and_a_severe_one_shows(fault: str) -> None:
    assert _run(fault, 0.0) == _run(None, 0.0)
    assert _run(fault, 1.0) != _run(None, 0.0)


@pytest.mark.parametrize("fault", ["worn_nozzles", "pump_wear", "growing_wear"])
def test_wear_lowers_the_pressure_to_the_alarm(fault: str) -> None:
    values = load_parameters(FILES[0], model.Parameters).values()
    FAULTS[fault](values, 1.0)
    unit = model.new_unit(values)[0]
    pressures = []
    for k in range(2000):
        model.descale(unit, billet(), 110.0 * k)
        pressures.append(float(unit["y"]["header_pressure"]))
    assert unit["y"]["alarm"] == 1.0
    assert unit["x"]["removal"] < 0.93
    assert pressures[-1] <= pressures[0]


CORNERS = [
    {"pressure_setpoint": 500e5, "feed_speed": 0.1},
    {"pressure_setpoint": 20e5, "feed_speed": 10.0},
    {"water_on": 0.0},
]


STRANGE = [{}, {"temperature": 300.0, "surface_temperature": 300.0}, {"scale": 0.0}, {"grade": 99.0}]


@pytest.mark.parametrize("corner", range(len(CORNERS)))
@pytest.mark.parametrize("changes", STRANGE)
def test_outputs_stay_in_their_declared_range_in_the_corners(corner: int, changes: dict) -> None:
    unit = ring(clogging=1.0 if corner == 1 else 0.0, nozzle_wear_rate=0.0027, pump_wear_rate=0.0027)
    for name, value in CORNERS[corner].items():
        unit["u"][name] = value
    for k in range(200):
        piece = billet(**changes)
        model.descale(unit, piece, 60.0 * k)
        assert all(np.isfinite(float(piece[name])) for name in PIECE.names)
    for field, block in (("x", model.State), ("y", model.Outputs)):
        for name, quantity in declared(block).items():
            shown = from_si(float(unit[field][name]), quantity.board_unit)
            assert quantity.low - 1e-9 <= shown <= quantity.high + 1e-9, name


def test_jitted_equals_unjitted() -> None:
    code = (
        "import numpy as np, sys\n"
        "sys.path.insert(0, 'tests/processes/descaling')\n"
        "from test_descaling import billet, ring\n"
        "from steelyard.processes.descaling import model\n"
        "unit, piece = ring(), billet()\n"
        "model.descale(unit, piece, 3.0)\n"
        "print(repr(float(piece.temperature)), repr(float(piece.scale)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"NUMBA_DISABLE_JIT": "1", "PATH": "/usr/bin"}
    )
    assert run.returncode == 0, run.stderr
    unit, piece = ring(), billet()
    model.descale(unit, piece, 3.0)
    assert [float(piece["temperature"]), float(piece["scale"])] == pytest.approx(
        [float(v) for v in run.stdout.split()], rel=1e-12
    )
