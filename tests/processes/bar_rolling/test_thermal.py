"""Rings of a bar: exact series, energy, insensitivity to the steps."""

import numpy as np
import pytest
from tests.processes.bar_rolling.conftest import new_mill

from steelyard.physics.phase_heat import austenite_enthalpy
from steelyard.processes.bar_rolling import schedule, thermal
from steelyard.processes.bar_rolling.blocks import BAR
from steelyard.processes.bar_rolling.section import round_bar


def bar(diameter: float, temperature: float) -> np.void:
    """Return a uniform round bar."""
    made = np.zeros(1, dtype=BAR)[0]
    round_bar(made, diameter)
    thermal.set_profile(made, temperature, temperature, temperature)
    return made


def heat(made: np.void, density: float = 7500.0) -> float:
    """Return the heat of the bar per length [J/m]."""
    specific = sum(s * austenite_enthalpy(t) for s, t in zip(thermal.SHARE, made["ring"], strict=True))
    return float(density * made["area"] * specific)


def test_what_the_bar_loses_is_what_the_surroundings_get() -> None:
    unit, made = new_mill(), bar(0.02, 1423.15)
    before = heat(made)
    lost = thermal.cool_in_air(made, unit["p"], 20.0)
    lost += thermal.chill(made, 28.0, 7500.0, 5000.0, 300.0, 0.02)
    assert lost > 0.05 * abs(before)
    assert before - heat(made) == pytest.approx(lost, rel=2e-3)


def test_shares_are_the_whole_and_a_shift_shifts_all() -> None:
    made = bar(0.03, 1400.0)
    assert sum(thermal.SHARE) == pytest.approx(1.0)
    thermal.set_profile(made, 1450.0, 1350.0, 1402.0)
    assert thermal.mean_temperature(made) == pytest.approx(1402.0)
    assert made["ring"][0] > made["ring"][-1] > made["surface"]


def test_a_thin_bar_cools_by_radiation_as_one_lump() -> None:
    unit, made = new_mill(), bar(0.004, 1373.15)
    p = unit["p"]
    p["convection_coefficient"] = 0.0
    thermal.cool_in_air(made, p, 4.0)
    temperature, dt = 1373.15, 1e-3
    for _ in range(4000):
        flux = 0.8 * 5.670374419e-8 * (temperature**4 - p["ambient_temperature"] ** 4)
        temperature -= dt * flux * 4.0 / 0.004 / (7500.0 * (441.65 + 0.13457 * temperature))
    assert thermal.mean_temperature(made) == pytest.approx(temperature, abs=1.5)


def test_the_surface_recovers_after_the_chill_of_the_rolls() -> None:
    unit, made = new_mill(), bar(0.03, 1400.0)
    thermal.chill(made, 28.0, 7500.0, 15000.0, 300.0, 0.03)
    chilled = float(made["surface"])
    thermal.cool_in_air(made, unit["p"], 0.5)
    assert chilled < 1330.0
    assert made["surface"] > chilled + 30.0


def test_a_chill_of_a_large_bar_follows_the_half_space() -> None:
    from scipy.special import erfcx

    made, h, seconds = bar(0.1, 1400.0), 5000.0, 0.1
    thermal.chill(made, 28.0, 7500.0, h, 300.0, seconds)
    capacity = 441.65 + 0.13457 * 1390.0
    place = h / 28.0 * np.sqrt(28.0 / (7500.0 * capacity) * seconds)
    exact = 300.0 + 1100.0 * erfcx(place)
    assert made["surface"] == pytest.approx(exact, abs=25.0)


def test_a_flat_bar_cools_faster_than_a_round_one_of_its_section() -> None:
    unit = new_mill()
    ends = []
    for bulge in (1.0, 1.3):
        made = bar(0.02, 1400.0)
        made["perimeter"] *= bulge
        thermal.cool_in_air(made, unit["p"], 5.0)
        ends.append(thermal.mean_temperature(made))
    assert ends[1] < ends[0] - 5.0


def test_a_pyrometer_reads_the_skin_of_scale() -> None:
    unit, made = new_mill(), bar(0.02, 1400.0)
    made["scale"] = 0.0
    assert schedule.skin(unit["p"], made) == 0.0
    made["scale"] = 100e-6
    assert 3.0 < schedule.skin(unit["p"], made) < 15.0
