"""The cooling bed: energy closes, steps converge, the rake works, structures are those of the trade, faults show."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from steelyard.engine.kernel import kernel
from steelyard.materials.piece import GRADE_LABELS, PIECE
from steelyard.parameters import load_parameters
from steelyard.physics.phase_heat import phase_enthalpy
from steelyard.processes.cooling_bed import bar, model
from steelyard.processes.cooling_bed.faults import FAULTS
from steelyard.processes.cooling_bed.model import bed_step, can_place, place, ready, take
from steelyard.signals import declared
from steelyard.units import from_si

FILES = sorted((Path(model.__file__).parent / "parameters").glob("bed_*.toml"))


def bed(path: Path = FILES[0], rake_time: float = 30.0, fan_speed: float = 0.0, fault: str = "", severity: float = 0.0):
    values = load_parameters(path, model.Parameters).values()
    if fault:
        FAULTS[fault](values, severity)
    records = model.new_unit(values)
    records["u"]["rake_time"], records["u"]["fan_speed"] = rake_time, fan_speed
    return records


def rolled(grade: int = 2, temperature: float = 1180.0, diameter: float = 0.008, **changes) -> np.ndarray:
    pieces = np.zeros(1, PIECE)
    piece = pieces[0]
    piece["number"], piece["grade"], piece["roundness"], piece["mass"] = 3, grade, 1, 36.8
    piece["thickness"] = piece["width"] = diameter
    piece["length"] = 36.8 / (7850.0 * np.pi / 4 * diameter**2)
    piece["temperature"] = temperature
    piece["surface_temperature"], piece["core_temperature"] = temperature - 5.0, temperature + 5.0
    piece["grain_size"] = 20e-6
    for name, value in changes.items():
        piece[name] = value
    return pieces


@kernel
def drive(records, piece, out, steps, pace, dt):
    """Place a bar every `pace` [s], take what is ready; return how many were placed."""
    unit, count, due = records[0], 0, 0.0
    for i in range(steps):
        if i * dt >= due and can_place(unit):
            place(unit, piece[0], i * dt)
            count += 1
            due += pace
        bed_step(unit, dt)
        if ready(unit):
            take(unit, out[0], i * dt)
    return count


def cooled(records, piece, dt: float = 1.0):
    """One bar through the whole bed; return the record and the piece that leaves."""
    out = np.zeros(1, PIECE)
    drive(records, piece, out, int(24 * records["u"]["rake_time"][0] / dt) + 2, 1e9, dt)
    assert out["number"][0] == piece["number"][0]
    return records[0], out[0]


@pytest.mark.parametrize("grade", range(len(GRADE_LABELS)))
def test_heat_given_off_is_what_the_bar_lost_with_its_heat_of_transformation(grade: int) -> None:
    unit, out = cooled(bed(fan_speed=0.7), rolled(grade))
    x = unit["x"]
    after = 36.8 * phase_enthalpy(float(out["temperature"]), 0.0, x["bainite"], x["martensite"])
    before = 36.8 * phase_enthalpy(1180.0, 1.0, 0.0, 0.0)
    assert x["energy_in"] == pytest.approx(before)
    assert x["energy_in"] - x["energy_out"] == pytest.approx(x["energy_off"], rel=1e-9)
    if x["martensite"] < 0.01:
        assert x["energy_off"] == pytest.approx(before - after, rel=2e-3)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_energy_closes_on_a_busy_bed(path: Path) -> None:
    records, out = bed(path), np.zeros(1, PIECE)
    assert drive(records, rolled(), out, 4000, 90.0, 1.0) == 45
    x = records["x"][0]
    assert x["energy_in"] - x["energy_out"] - x["energy_off"] == pytest.approx(
        model.heat_content(records[0]), rel=1e-9, abs=1.0
    )


@pytest.mark.parametrize("grade", [0, 2, 5])
def test_halving_the_step_changes_little(grade: int) -> None:
    ends = []
    for dt in (2.0, 1.0, 0.5):
        unit, out = cooled(bed(rake_time=10.0), rolled(grade), dt)
        ends.append((float(out["temperature"]), float(unit["y"]["hardness"]), float(unit["x"]["pearlite"])))
    for end in ends[:2]:
        assert abs(end[0] - ends[2][0]) < 8.0
        assert abs(end[1] - ends[2][1]) < 6.0
        assert abs(end[2] - ends[2][2]) < 0.04


def test_a_thin_bar_without_transformation_follows_the_lumped_equation() -> None:
    records = bed(rake_time=1000.0)
    unit = records[0]
    place(unit, rolled(0, 800.0)[0], 0.0)
    start, hall = 800.0, float(unit["p"]["ambient_temperature"])
    from steelyard.physics.bar_in_air import cylinder_convection, open_share
    from steelyard.physics.phase_heat import phase_heat_capacity

    temperature, dt = start, 0.02
    for _ in range(int(100 / dt)):
        loss = 5.670374419e-8 * 0.8 * open_share(0.06, 0.008) * (temperature**4 - hall**4)
        loss += cylinder_convection(temperature, hall, 0.008, 0.0) * (temperature - hall)
        temperature -= loss * 4.0 / (7850.0 * 0.008) / phase_heat_capacity(temperature, 0.0) * dt
    for _ in range(100):
        bed_step(unit, 1.0)
    bar.advance_bar(unit, 0, float(unit["x"]["waiting"][0]))
    assert unit["x"]["bar_temperature"][0] == pytest.approx(temperature, abs=0.5)


def test_mean_and_surface_of_a_thick_bar_are_those_of_a_radial_solution() -> None:
    from steelyard.materials.carbon_steel import conductivity
    from steelyard.physics.bar_in_air import cylinder_convection, open_share
    from steelyard.physics.phase_heat import phase_heat_capacity

    records, n, dt, density = bed(rake_time=1000.0, fan_speed=1.0), 25, 0.04, 7850.0
    unit, radius = records[0], 0.025
    length = 36.8 / (density * np.pi * radius**2)
    place(unit, rolled(0, 860.0, 2.0 * radius, length=length)[0], 0.0)
    hall, edges = float(unit["p"]["ambient_temperature"]), np.linspace(0.0, radius, n + 1)
    rings, temperature = np.diff(edges**2), np.full(n, 860.0)
    velocity, seen = float(unit["p"]["air_velocity"]), open_share(float(unit["p"]["slot_pitch"]), 2.0 * radius)
    for _ in range(int(150 / dt)):
        mean = float((temperature * rings).sum() / rings.sum())
        k, capacity = conductivity(mean), phase_heat_capacity(mean, 0.0)
        surface = temperature[-1] - 0.5 * (temperature[-2] - temperature[-1])
        loss = 5.670374419e-8 * 0.8 * seen * (surface**4 - hall**4)
        loss += cylinder_convection(surface, hall, 2.0 * radius, velocity) * (surface - hall)
        flow = np.concatenate([[0.0], edges[1:-1] * k * -np.diff(temperature) / (radius / n), [radius * loss]])
        temperature -= 2.0 * np.diff(flow) / rings / (density * capacity) * dt
    for _ in range(150):
        bed_step(unit, 1.0)
    bar.advance_bar(unit, 0, max(float(unit["x"]["waiting"][0]), 1e-6))
    assert unit["x"]["bar_temperature"][0] == pytest.approx(mean, abs=1.5)
    assert bar.surface_temperature(unit, 0) == pytest.approx(surface, abs=2.5)
    assert temperature[0] - temperature[-1] > 10.0


def test_air_cooled_grades_are_those_of_the_trade() -> None:
    """Rolled and air-cooled: C15 350–500, C20 400–560, C45 580–770, S355 470–630 MPa (EN 10083, EN 10025 ranges)."""
    strengths = {}
    for grade, name in enumerate(GRADE_LABELS):
        unit, _ = cooled(bed(), rolled(grade))
        strengths[name] = float(unit["y"]["tensile_strength"]) / 1e6
        if name in ("C15", "C20", "B10", "S355", "C45"):
            assert unit["x"]["martensite"] < 0.02
    assert 350.0 < strengths["C15"] < 500.0
    assert 400.0 < strengths["C20"] < 560.0
    assert 580.0 < strengths["C45"] < 770.0
    assert 470.0 < strengths["S355"] < 630.0
    assert strengths["42CrMo4"] > 900.0


def test_pearlite_warms_the_bar_and_fans_make_it_harder() -> None:
    still, _ = cooled(bed(), rolled(2))
    blown, _ = cooled(bed(fan_speed=1.0), rolled(2))
    assert 0.5 < still["x"]["recalescence"] < 40.0
    assert blown["x"]["cooling_rate"] > 1.5 * still["x"]["cooling_rate"]
    assert blown["y"]["hardness"] > still["y"]["hardness"]
    assert blown["y"]["grain_size"] < still["y"]["grain_size"]
    assert blown["y"]["electric_energy"] > 0.0 == still["y"]["electric_energy"]


def test_the_lumped_bar_is_allowed_for_the_bars_of_the_line() -> None:
    for diameter, limit in ((0.008, 0.1), (0.05, 0.2)):
        records = bed(fan_speed=1.0)
        place(records[0], rolled(2, 1250.0, diameter)[0], 0.0)
        bed_step(records[0], 1.0)
        assert 0.0 < bar.biot(records[0], 0) < limit


def test_the_rake_carries_bars_in_order_and_waits_for_the_last_slot() -> None:
    records, out = bed(rake_time=5.0), np.zeros(1, PIECE)
    unit, left = records[0], []
    for k in range(400):
        if can_place(unit) and k < 100:
            place(unit, rolled(number=k)[0], k)
            assert not can_place(unit)
        bed_step(unit, 1.0)
        if ready(unit) and k % 7 == 0:
            take(unit, out[0], k)
            left.append(int(out["number"][0]))
    assert left == sorted(left)
    assert len(left) > 10
    assert unit["y"]["bars_on_bed"] == 0.0
    assert len(set(left)) == len(left)


def test_a_blocked_rake_fills_the_bed_and_says_so() -> None:
    records, out = bed(rake_time=5.0), np.zeros(1, PIECE)
    unit = records[0]
    for _ in range(400):
        if can_place(unit):
            place(unit, rolled()[0], 0.0)
        bed_step(unit, 1.0)
    assert unit["y"]["rake_blocked"] == 1.0
    assert unit["y"]["bars_on_bed"] == model.BED_SLOTS
    assert not can_place(unit)
    take(unit, out[0], 0.0)
    bed_step(unit, 1.0)
    assert can_place(unit)


def test_a_bar_taken_hot_ends_with_the_properties_of_air_cooling() -> None:
    hot, out = cooled(bed(rake_time=2.0), rolled(2))
    cold, _ = cooled(bed(), rolled(2))
    assert out["temperature"] > 700.0
    assert hot["y"]["hardness"] == pytest.approx(float(cold["y"]["hardness"]), rel=0.05)
    assert hot["x"]["energy_in"] - hot["x"]["energy_out"] == pytest.approx(float(hot["x"]["energy_off"]), rel=1e-9)


def _worked(fault: str, severity: float) -> bytes:
    records, out = bed(fan_speed=0.8, fault=fault, severity=severity), np.zeros(1, PIECE)
    drive(records, rolled(2), out, 3000, 110.0, 1.0)
    return out.tobytes() + records["y"].tobytes()


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_of_severity_zero_is_none_and_a_severe_one_shows(fault: str) -> None:
    assert _worked(fault, 0.0) == _worked("", 0.0)
    assert _worked(fault, 1.0) != _worked("", 0.0)


def test_a_stuck_rake_stops_the_mill() -> None:
    records, out = bed(fault="rake_stuck", severity=1.0), np.zeros(1, PIECE)
    assert drive(records, rolled(), out, 600, 60.0, 1.0) == 1


CORNERS = [
    {"temperature": 1450.0, "surface_temperature": 1450.0},
    {"temperature": 250.0, "surface_temperature": 250.0},
    {"temperature": 874.0, "grade": 5.0},
    {"grain_size": 0.0, "retained_strain": 5.0},
    {"diameter": 0.002},
    {"diameter": 0.2, "temperature": 1400.0},
    {"roundness": 0.0, "width": 0.03, "thickness": 0.01},
]


@pytest.mark.parametrize("corner", range(len(CORNERS)))
@pytest.mark.parametrize("dt", [1.0, 20.0])
def test_outputs_and_states_stay_in_their_declared_range_in_the_corners(corner: int, dt: float) -> None:
    records, out = bed(rake_time=15.0, fan_speed=1.0), np.zeros(1, PIECE)
    drive(records, rolled(**CORNERS[corner]), out, int(1500 / dt), 40.0, dt)
    assert out["number"][0] == 3.0
    assert all(np.isfinite(out[name][0]) for name in PIECE.names)
    for field, block in (("x", model.State), ("y", model.Outputs)):
        for name, quantity in declared(block).items():
            shown = from_si(np.asarray(records[field][name][0]), quantity.board_unit)
            assert np.isfinite(shown).all(), name
            assert (shown >= quantity.low - 1e-9).all(), f"{name} = {shown}"
            assert (shown <= quantity.high + 1e-9).all(), f"{name} = {shown}"


def test_a_full_bed_costs_little() -> None:
    records, out, piece = bed(rake_time=110.0), np.zeros(1, PIECE), rolled()
    drive(records, piece, out, 3000, 110.0, 1.0)
    assert records["y"]["bars_on_bed"][0] >= 22
    spent = []
    for _ in range(3):
        begin = time.process_time()
        drive(records, piece, out, 20000, 110.0, 1.0)
        spent.append((time.process_time() - begin) / 20000)
    assert min(spent) < 3e-6, f"{1e6 * min(spent):.2f} µs per plant second"


def test_jitted_equals_unjitted() -> None:
    code = (
        "import numpy as np, sys\n"
        "sys.path.insert(0, 'tests/processes/cooling_bed')\n"
        "from test_cooling_bed import bed, drive, rolled\n"
        "from steelyard.materials.piece import PIECE\n"
        "out = np.zeros(1, PIECE)\n"
        "records = bed(rake_time=4.0)\n"
        "drive(records.view(np.recarray), rolled(2).view(np.recarray), out.view(np.recarray), 130, 60.0, 1.0)\n"
        "print(repr(float(out['temperature'][0])), repr(float(records['y']['hardness'][0])))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"NUMBA_DISABLE_JIT": "1", "PATH": "/usr/bin"}
    )
    assert run.returncode == 0, run.stderr
    records, out = bed(rake_time=4.0), np.zeros(1, PIECE)
    drive(records, rolled(2), out, 130, 60.0, 1.0)
    assert [float(out["temperature"][0]), float(records["y"]["hardness"][0])] == pytest.approx(
        [float(v) for v in run.stdout.split()], rel=1e-10
    )
