"""Austenite: additivity, limits, isothermal times, competition; heat of phases and its inverse; hardness."""

import numpy as np
import pytest

from steelyard.physics import phase_heat, transformation
from steelyard.physics.hardness import (
    bainite_hardness,
    ferrite_grain,
    ferrite_pearlite_hardness,
    martensite_hardness,
    rockwell,
    tensile_strength,
)
from steelyard.physics.transformation import (
    BAINITE,
    FERRITE,
    MARTENSITE,
    MARTENSITE_START,
    PEARLITE,
    ROW,
    WHOLE_REACTION,
    austenite,
    begin_austenite,
    decompose,
    grown,
    steel_constants,
)

C45 = (0.0045, 0.0025, 0.0070, 0.0, 0.0, 0.0)
C20 = (0.0020, 0.0020, 0.0055, 0.0, 0.0, 0.0)
CRMO = (0.0042, 0.0025, 0.0075, 0.0, 0.0105, 0.0022)


def _rows(steel: tuple[float, ...], grain: float = 20e-6) -> tuple[np.ndarray, np.ndarray]:
    constants, phases = np.zeros(ROW), np.zeros(ROW)
    steel_constants(constants, *steel, grain)
    begin_austenite(phases, constants)
    return constants, phases


def _cool(steel: tuple[float, ...], rate: float, step: float = 0.5, grain: float = 20e-6) -> np.ndarray:
    constants, phases = _rows(steel, grain)
    for temperature in np.arange(1150.0, 300.0, -step):
        decompose(phases, constants, temperature, step / rate)
    return phases


def test_the_table_is_the_integral() -> None:
    shares = np.linspace(0.02, 0.98, 25)
    for x in shares:
        grid = (np.arange(20000) + 0.5) / 20000 * x ** (1 / 3)
        y = grid**3
        slope = 3.0 * grid**2 / (y ** (0.4 * (1.0 - y)) * (1.0 - y) ** (0.4 * y))
        assert grown(slope.mean() * x ** (1 / 3)) == pytest.approx(x, abs=2e-3)
    assert grown(WHOLE_REACTION) == 1.0


def test_one_long_step_is_as_many_short_ones_at_constant_temperature() -> None:
    for which, temperature in ((PEARLITE, 900.0), (BAINITE, 780.0)):
        shares = []
        for n in (1, 1000):
            constants, phases = _rows(CRMO)
            for _ in range(n):
                decompose(phases, constants, temperature, 40.0 / n)
            shares.append(phases[which])
        assert shares[0] == pytest.approx(shares[1], rel=0.12)


def test_shares_are_positive_only_grow_and_sum_to_one() -> None:
    for steel in (C20, C45, CRMO):
        for rate in (0.05, 1.0, 20.0, 300.0):
            constants, phases = _rows(steel)
            before = phases[:4].copy()
            for temperature in np.arange(1150.0, 300.0, -2.0):
                decompose(phases, constants, temperature, 2.0 / rate)
                assert (phases[:4] >= before - 1e-15).all()
                before = phases[:4].copy()
            assert phases[:4].sum() <= 1.0 + 1e-12
            assert phases[:4].sum() + austenite(phases) == pytest.approx(1.0)


def test_nothing_happens_above_ae3_and_martensite_alone_after_a_quench() -> None:
    constants, phases = _rows(C45)
    decompose(phases, constants, constants[0] + 1.0, 1e6)
    assert austenite(phases) == 1.0
    decompose(phases, constants, 293.15, 0.01)
    assert phases[MARTENSITE] == pytest.approx(
        transformation.koistinen_marburger(constants[MARTENSITE_START], 293.15), rel=1e-6
    )


def test_faster_cooling_and_alloy_make_harder_structures() -> None:
    slow, fast = _cool(C45, 1.0), _cool(C45, 500.0)
    assert slow[FERRITE] + slow[PEARLITE] > 0.98
    assert slow[FERRITE] == pytest.approx(0.43, abs=0.08)
    assert fast[MARTENSITE] > 0.5
    assert _cool(CRMO, 20.0)[MARTENSITE] > 0.8 > 0.1 > _cool(C45, 20.0)[MARTENSITE]


def test_a_coarse_austenite_hardens_deeper() -> None:
    fine, coarse = (_cool(CRMO, 3.0, grain=d) for d in (8e-6, 120e-6))
    assert coarse[MARTENSITE] + coarse[BAINITE] > fine[MARTENSITE] + fine[BAINITE] + 0.02


def test_halving_the_step_changes_little() -> None:
    for steel in (C20, C45, CRMO):
        for rate in (1.0, 10.0):
            coarse, fine = _cool(steel, rate, 4.0), _cool(steel, rate, 1.0)
            assert coarse[:4] == pytest.approx(fine[:4], abs=0.03)


def test_isothermal_times_are_of_the_order_of_the_atlas() -> None:
    """4140 (ASM atlas, from memory): pearlite at 650 °C ends in 600–1000 s, bainite at 480 °C in about 200 s."""
    for temperature, low, high in ((923.15, 300.0, 4000.0), (753.15, 60.0, 700.0)):
        constants, phases = _rows(CRMO, 30e-6)
        seconds = 0.0
        while austenite(phases) > 0.05 and seconds < 1e5:
            decompose(phases, constants, temperature, 2.0)
            seconds += 2.0
        assert low < seconds < high


def test_the_heat_of_phases_has_an_inverse_and_rises_everywhere() -> None:
    for share in (0.0, 0.3, 1.0):
        temperatures = np.linspace(260.0, 1450.0, 120)
        heats = [phase_heat.phase_enthalpy(t, share, 0.1, 0.1) for t in temperatures]
        assert (np.diff(heats) > 0.0).all()
        back = [phase_heat.temperature_of_phases(h, share, 0.1, 0.1, 800.0) for h in heats]
        assert back == pytest.approx(temperatures, abs=1e-6)


def test_heat_capacity_is_the_slope_of_the_enthalpy() -> None:
    for t in (350.0, 700.0, 1000.0, 1400.0):
        for share in (0.0, 1.0):
            rise = phase_heat.phase_enthalpy(t + 0.5, share, 0.0, 0.0) - phase_heat.phase_enthalpy(
                t - 0.5, share, 0.0, 0.0
            )
            assert phase_heat.phase_heat_capacity(t, share) == pytest.approx(rise, rel=1e-6)


def test_transformation_heat_grows_with_undercooling_and_agrees_with_the_trade() -> None:
    heats = [phase_heat.transformation_heat(c + 273.15) for c in (750.0, 700.0, 600.0, 400.0)]
    assert heats == sorted(heats)
    assert 75e3 < heats[1] < 90e3


def test_martensite_is_harder_than_bainite_than_pearlite() -> None:
    for steel in (C45, CRMO):
        c, si, mn, ni, cr, mo = steel
        for rate in (5.0, 50.0):
            hard = martensite_hardness(c, si, mn, ni, cr, rate)
            middle = bainite_hardness(c, si, mn, ni, cr, mo, rate)
            soft = ferrite_pearlite_hardness(c, si, mn, ni, cr, mo, 0.0, rate)
            assert hard > middle > soft > 100.0


def test_conversions_rise_and_faster_cooling_refines() -> None:
    hardness = np.linspace(90.0, 640.0, 50)
    assert (np.diff([tensile_strength(h) for h in hardness]) > 0.0).all()
    assert (np.diff([rockwell(h) for h in np.linspace(240.0, 900.0, 50)]) > 0.0).all()
    assert ferrite_grain(30e-6, 0.0, 10.0) < ferrite_grain(30e-6, 0.0, 1.0)
    assert ferrite_grain(30e-6, 0.3, 1.0) < ferrite_grain(30e-6, 0.0, 1.0)
