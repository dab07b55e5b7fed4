"""Body conduction, EN 1993-1-2 enthalpy, oxidation, combustion and gas radiation: closure, limits, sources."""

import numpy as np
import pytest

from steelyard.materials.carbon_steel import conductivity, enthalpy, heat_capacity, steel_heat, steel_state
from steelyard.physics.combustion import AIR_DENSITY, MOLAR_MASS, burn_fuel, excess_air, gas_enthalpy
from steelyard.physics.conduction import conduct_body
from steelyard.physics.constants import STEFAN_BOLTZMANN
from steelyard.physics.gas_radiation import enclosure, gas_emissivity
from steelyard.physics.oxidation import gas_factor, scale_after

METHANE = np.array([1.0, 0, 0, 0, 0, 0, 0, 0])
COKE_OVEN = np.array([0.25, 0.02, 0.0, 0.57, 0.07, 0.02, 0.07, 0.0])


def _heated(nodes: int, seconds: float, dt: float, thickness: float = 0.16) -> tuple[float, float, float]:
    """Core and surface temperature, and closure, of a billet under radiation from 1250 °C on both faces."""
    spacing = thickness / (nodes - 1)
    mass = np.full(nodes, 7850.0 * spacing)
    mass[[0, -1]] *= 0.5
    passage = np.full(nodes - 1, 1.0 / spacing)
    heat, work, given = np.zeros(nodes), np.zeros((2, nodes)), 0.0
    for _ in range(int(seconds / dt)):
        states = np.array([steel_state(h) for h in heat])
        temperature, slope = states[:, 0].copy(), states[:, 1].copy()
        k = np.array([conductivity(t) for t in temperature])
        gift = 0.8 * STEFAN_BOLTZMANN * (1523.15**4 - temperature[0] ** 4) * dt
        given += 2.0 * gift
        conduct_body(heat, temperature, slope, k, mass, passage, gift, 0.0, 0.0, gift, 0.0, 0.0, dt, work)
    stored = float((mass * heat).sum())
    return steel_state(heat[nodes // 2])[0], steel_state(heat[0])[0], (stored - given) / given


def test_refining_the_nodes_from_15_to_61_changes_less_than_a_kelvin() -> None:
    for seconds, surface in ((600.0, 1.5), (1200.0, 4.0), (2400.0, 1.0), (3600.0, 1.0)):
        coarse, fine = _heated(15, seconds, 10.0), _heated(61, seconds, 10.0)
        assert abs(coarse[0] - fine[0]) < 1.0
        assert abs(coarse[1] - fine[1]) < surface  # the peak of the heat capacity passes the surface until 1200 s


def test_the_body_keeps_every_joule_through_the_peak_of_its_heat_capacity() -> None:
    for dt in (1.0, 10.0, 60.0):
        assert abs(_heated(21, 3600.0, dt)[2]) < 1e-12


def test_the_interval_of_ten_seconds_is_short_enough() -> None:
    coarse, fine = _heated(21, 2400.0, 10.0), _heated(21, 2400.0, 1.0)
    assert abs(coarse[0] - fine[0]) < 3.0
    assert abs(coarse[1] - fine[1]) < 3.0


def test_convection_at_a_face_is_counted_as_it_enters() -> None:
    heat, slope, k = np.zeros(9), np.full(9, 1.0 / 600.0), np.full(9, 30.0)
    mass, passage, work = np.full(9, 10.0), np.full(8, 100.0), np.zeros((2, 9))
    faces = (0.0, 300.0, 900.0, 0.0, 50.0, 100.0)
    low, high = conduct_body(heat, heat / 600.0, slope, k, mass, passage, *faces, 20.0, work)
    assert float((mass * heat).sum()) == pytest.approx(low + high, rel=1e-12)
    assert low > high > 0.0


def test_compiled_and_plain_conduction_agree() -> None:
    ends = []
    for law in (conduct_body, conduct_body.py_func):
        heat = np.linspace(0.0, 5e5, 21)
        states = np.array([steel_state(h) for h in heat])
        arguments = (np.full(21, 30.0), np.full(21, 5.0), np.full(20, 400.0), 1e5, 10.0, 900.0, 2e5, 0.0, 0.0, 10.0)
        law(heat, states[:, 0].copy(), states[:, 1].copy(), *arguments, np.zeros((2, 21)))
        ends.append(heat)
    assert ends[0] == pytest.approx(ends[1], rel=1e-12)


def test_table_and_formula_of_the_enthalpy_agree() -> None:
    for celsius in np.linspace(20.0, 1300.0, 200):
        assert steel_heat(celsius + 273.15) == pytest.approx(enthalpy(celsius + 273.15), abs=600.0)
        assert steel_state(steel_heat(celsius + 273.15))[0] == pytest.approx(celsius + 273.15, abs=1e-6)


def test_the_slope_of_the_enthalpy_is_the_heat_capacity() -> None:
    for celsius in (100.0, 450.0, 650.0, 800.0, 1100.0):
        t = celsius + 273.15
        assert (enthalpy(t + 0.05) - enthalpy(t - 0.05)) / 0.1 == pytest.approx(heat_capacity(t), rel=1e-3)


def test_beyond_the_table_the_temperature_goes_on() -> None:
    assert steel_state(-20e3)[0] < 260.0
    assert steel_state(1.2e6)[0] > 1900.0


def test_scale_grows_with_the_root_of_time_and_does_not_depend_on_the_steps() -> None:
    once = scale_after(50e-6, 1400.0, 1.2, 3600.0)
    steps = 50e-6
    for _ in range(360):
        steps = scale_after(steps, 1400.0, 1.2, 10.0)
    assert steps == pytest.approx(once, rel=1e-9)
    assert scale_after(0.0, 1400.0, 1.0, 4e3) == pytest.approx(2.0 * scale_after(0.0, 1400.0, 1.0, 1e3))
    assert gas_factor(0.0, 0.2) < gas_factor(0.02, 0.2) < gas_factor(0.05, 0.2)


@pytest.mark.parametrize("fuel", [METHANE, COKE_OVEN])
@pytest.mark.parametrize("richness", [0.9, 1.0, 1.1])
def test_mass_of_the_products_is_that_of_fuel_and_air(fuel: np.ndarray, richness: float) -> None:
    heat, _, air, _, _, _, _, co2, water, dry = burn_fuel(fuel, richness)
    nitrogen = dry - co2
    per_kilogram = co2 * MOLAR_MASS[5] + water * 18.015e-3 + nitrogen * MOLAR_MASS[6]
    assert per_kilogram == pytest.approx(1.0, rel=1e-4)
    assert air / AIR_DENSITY == pytest.approx(heat / 3.75e6, rel=0.15)  # Rosin: 0.25–0.29 m³ per MJ


def test_published_figures_of_methane_and_coke_oven_gas() -> None:
    methane, coke_oven = burn_fuel(METHANE, 1.0), burn_fuel(COKE_OVEN, 1.0)
    assert methane[0] == pytest.approx(35.8e6, rel=0.005)
    assert 1e9 * methane[3] / methane[0] == pytest.approx(55.0, rel=0.01)  # IPCC default 56.1 for natural gas
    assert 16.0e6 < coke_oven[0] < 19.0e6
    assert 1e9 * coke_oven[3] / coke_oven[0] == pytest.approx(44.0, rel=0.1)  # IPCC default 44.4


def test_the_flame_of_methane_is_as_hot_as_tables_say() -> None:
    heat, mass, air, _, a, b, c, *_ = burn_fuel(METHANE, 1.0)
    low, high = 1000.0, 3500.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if (mass + air) * gas_enthalpy(a, b, c, middle) < heat else (low, middle)
    assert low == pytest.approx(2328.0, rel=0.03)  # adiabatic, without dissociation (Turns: 2226 with)


def test_excess_air_follows_from_the_oxygen() -> None:
    assert excess_air(0.0, 8.5, 9.5) == 1.0
    assert excess_air(0.10, 8.5, 9.5) == pytest.approx(1.82, rel=0.01)


@pytest.mark.parametrize("gas", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("ratio", [0.0, 0.4, 1.0])
def test_an_enclosure_at_one_temperature_exchanges_nothing_and_its_heat_closes(gas: float, ratio: float) -> None:
    shares = enclosure(gas, 0.8, 0.6, ratio)
    assert sum(shares[:3]) == pytest.approx(1.0)
    assert sum(shares[3:]) == pytest.approx(1.0)
    wall, steel, hot = 3e5, 1e5, 4e5
    onto_steel = 0.8 * (shares[0] * wall + shares[1] * steel + shares[2] * hot - steel)
    onto_wall = 0.6 * (shares[3] * wall + shares[4] * steel + shares[5] * hot - wall)
    if gas == 0.0:
        assert ratio * onto_steel + onto_wall == pytest.approx(0.0, abs=1e-6 * hot)


def test_reciprocity_holds_between_steel_and_wall() -> None:
    shares = enclosure(0.3, 0.8, 0.6, 0.35)
    assert 0.35 * 0.8 * shares[0] == pytest.approx(0.6 * shares[4])


def test_gas_emissivity_has_its_limits() -> None:
    assert gas_emissivity(1500.0, 0.0) == 0.0
    paths = [gas_emissivity(1500.0, path) for path in (0.01, 0.1, 1.0, 5.0)]
    assert paths == sorted(paths)
    assert 0.2 < gas_emissivity(1473.0, 0.4) < 0.35  # Hottel's chart, CO₂ + 2 H₂O: about 0.28


def test_the_gas_of_the_bloom_furnace_has_its_published_heating_value_and_air_need() -> None:
    heat, mass, air, *_ = burn_fuel(np.array([0.0, 0.0, 0.0, 0.217, 0.547, 0.088, 0.148, 0.0]), 1.0)
    assert heat / mass == pytest.approx(8.73e6, rel=0.005)
    assert air / mass == pytest.approx(2.2155, rel=0.005)
