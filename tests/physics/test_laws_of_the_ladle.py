"""Limit cases and trends of the ladle's laws."""

import math

import pytest

from steelyard.physics import degassing, electric_arc, radiation, stirring, thermochemistry
from steelyard.physics.convection import shell_coefficient


def test_no_gas_no_stirring_and_vacuum_stirs_more() -> None:
    arguments = (1873.0, 100e3, 2.5)
    assert stirring.stirring_power(0.0, *arguments, 101325.0) == 0.0
    air = stirring.stirring_power(0.005, *arguments, 101325.0)
    assert stirring.stirring_power(0.010, *arguments, 101325.0) == pytest.approx(2 * air)
    assert stirring.stirring_power(0.005, *arguments, 100.0) > 3 * air
    assert stirring.mixing_time(2 * air) == pytest.approx(stirring.mixing_time(air) * 2**-0.4)
    assert 0.0 <= stirring.open_eye_fraction(air, 0.5) < 1.0


def test_radiation_vanishes_between_equals_and_changes_sign() -> None:
    assert radiation.grey_flux(1500.0, 1500.0, 0.8) == 0.0
    assert radiation.grey_flux(1500.0, 300.0, 0.8) == -radiation.grey_flux(300.0, 1500.0, 0.8)
    assert radiation.parallel_exchange_factor(1.0, 0.3) == pytest.approx(0.3)
    open_factor = radiation.parallel_exchange_factor(0.8, 0.9)
    assert radiation.shielded_exchange_factor(0.8, 0.9, 0.3) < 0.5 * open_factor
    assert 10.0 < shell_coefficient(523.15, 298.15, 0.8) < 30.0


def test_arc_goes_out_beyond_short_circuit_current_and_current_inverts_power() -> None:
    assert electric_arc.arc_resistance(260.0, 60e3, 3e-3, 0.0) == 0.0
    assert electric_arc.arc_resistance(260.0, 0.0, 3e-3, 0.0) == 0.0
    for power in (2e6, 10e6, 14e6):
        current = electric_arc.arc_current(power, 300.0, 2.5e-3, 0.3e-3)
        assert electric_arc.arc_power(300.0, current, 2.5e-3, 0.3e-3) == pytest.approx(power, rel=1e-6)
    most = electric_arc.arc_current(1e9, 300.0, 2.5e-3, 0.3e-3)
    best = electric_arc.arc_power(300.0, most, 2.5e-3, 0.3e-3)
    for factor in (0.97, 1.03):
        assert electric_arc.arc_power(300.0, most * factor, 2.5e-3, 0.3e-3) < best


def test_arc_efficiency_rises_with_slag_and_saturates() -> None:
    values = [electric_arc.arc_efficiency(0.6, s, 0.1, 0.4) for s in (0.0, 0.05, 0.1, 0.2, 0.4, 1.0)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(0.36)
    assert values[-1] == pytest.approx(0.6, rel=1e-3)


def test_aluminium_and_oxygen_satisfy_the_equilibrium_they_solve() -> None:
    for celsius in (1550.0, 1600.0, 1650.0):
        kelvin = celsius + 273.15
        for al in (0.005, 0.02, 0.05, 0.1):
            o = 100.0 * thermochemistry.oxygen_at_aluminium(al / 100.0, kelvin)
            log_al = math.log10(al) + 80.5 / kelvin * al + (3.21 - 9720.0 / kelvin) * o
            log_o = math.log10(o) + (1.90 - 5750.0 / kelvin) * al + (0.76 - 1750.0 / kelvin) * o
            assert 2 * log_al + 3 * log_o == pytest.approx(-45300.0 / kelvin + 11.62, abs=1e-6)


def test_oxygen_never_exceeds_saturation_and_falls_with_aluminium() -> None:
    levels = [thermochemistry.oxygen_at_aluminium(al, 1873.15) for al in (0.0, 1e-6, 1e-5, 1e-4, 3e-4, 5e-4)]
    assert max(levels) <= thermochemistry.oxygen_solubility(1873.15) * (1 + 1e-12)
    assert levels == sorted(levels, reverse=True)
    assert all(math.isfinite(level) and level > 0.0 for level in levels)


def test_two_half_steps_are_one_step() -> None:
    once = thermochemistry.desulphurised(2e-4, 3e-4, 7e-4, 100.0, 0.02, 600.0)
    half = thermochemistry.desulphurised(2e-4, 3e-4, 7e-4, 100.0, 0.02, 300.0)
    twice = thermochemistry.desulphurised(half, 3e-4, 7e-4, 100.0, 0.02, 300.0)
    assert twice == pytest.approx(once, rel=1e-12)
    assert thermochemistry.desulphurised(2e-4, 3e-4, 7e-4, 100.0, 0.0, 600.0) == 2e-4
    gas = degassing.hydrogen_removed(5e-6, 1873.0, 100.0, 2e-3, 600.0)
    step = degassing.hydrogen_removed(5e-6, 1873.0, 100.0, 2e-3, 300.0)
    step = degassing.hydrogen_removed(step, 1873.0, 100.0, 2e-3, 300.0)
    assert step == pytest.approx(gas, rel=1e-12)


def test_sulphur_partition_rises_with_basicity_and_with_deoxidation() -> None:
    low = thermochemistry.sulphur_partition(0.70, 1873.0, 4e-4, 0.0)
    assert thermochemistry.sulphur_partition(0.80, 1873.0, 4e-4, 0.0) > 2 * low
    assert thermochemistry.sulphur_partition(0.70, 1873.0, 2e-4, 0.0) == pytest.approx(2 * low)
    assert thermochemistry.desulphurisation_rate(0.1) > thermochemistry.desulphurisation_rate(0.03) > 0.0


def test_dilution_conserves_the_element() -> None:
    after = thermochemistry.diluted(0.003, 100e3, 500.0, 0.7, 0.9)
    assert after * 100.5e3 == pytest.approx(0.003 * 100e3 + 0.9 * 0.7 * 500.0)
