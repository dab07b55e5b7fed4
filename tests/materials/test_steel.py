"""Steel enthalpy is monotone, continuous and invertible; formulas refuse what they do not hold for."""

import numpy as np
import pytest

from steelyard.errors import ValidityError
from steelyard.materials import grades, slag, steel
from steelyard.materials.additions import load_additions

CARBONS = (0.0, 0.0005, 0.001, 0.0017, 0.002, 0.0045, 0.008, 0.01)


@pytest.mark.parametrize("carbon", CARBONS)
def test_enthalpy_rises_everywhere_and_its_inverse_returns(carbon: float) -> None:
    temperatures = np.linspace(298.15, 2023.15, 3000)
    enthalpy = np.array([steel.specific_enthalpy(t, carbon) for t in temperatures])
    assert (np.diff(enthalpy) > 0.0).all()
    assert enthalpy[0] == pytest.approx(0.0, abs=1e-6)
    back = [steel.temperature_from_enthalpy(h, carbon) for h in enthalpy]
    assert back == pytest.approx(list(temperatures), abs=1e-6)


@pytest.mark.parametrize("kelvin", [900.0, 1100.0, 1500.0, 1750.0, 1785.0, 1800.0, 1900.0])
def test_enthalpy_is_continuous_in_carbon(kelvin: float) -> None:
    """A jump would stay as the grid is refined; a steep slope (thin mushy range near pure iron) shrinks with it."""
    steps = []
    for points in (2001, 16001):
        enthalpy = np.array([steel.specific_enthalpy(kelvin, c) for c in np.linspace(0.0, 0.01, points)])
        steps.append(np.abs(np.diff(enthalpy)).max())
    assert steps[1] <= 0.25 * steps[0] + 1e-6


@pytest.mark.parametrize("carbon", CARBONS)
def test_solidus_lies_below_liquidus_and_melting_takes_the_latent_heat(carbon: float) -> None:
    liquidus = steel.liquidus_temperature(carbon, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    solidus = steel.solidus_temperature(carbon, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert solidus < liquidus
    melting = steel.specific_enthalpy(liquidus, carbon) - steel.specific_enthalpy(solidus, carbon)
    sensible = 750.0 * (liquidus - solidus)
    assert 225e3 < melting - sensible < 290e3


def test_an_alloy_freezes_over_its_own_range() -> None:
    liquidus, solidus = grades.liquidus({"C": 0.0017, "Mn": 0.014}), grades.solidus({"C": 0.0017, "Mn": 0.014})
    middle = 0.5 * (liquidus + solidus)
    heat = steel.steel_enthalpy(middle, liquidus, solidus, 0.0017)
    assert steel.steel_temperature(heat, liquidus, solidus, 0.0017) == pytest.approx(middle)
    assert steel.steel_temperature(heat + 1e3, liquidus, solidus, 0.0017) - middle < 0.3


def test_stainless_and_unknown_elements_are_refused_with_a_remedy() -> None:
    with pytest.raises(ValidityError, match="tabulated"):
        grades.liquidus({"C": 0.0005, "Cr": 0.182, "Ni": 0.082})
    with pytest.raises(ValidityError, match="not in the formula"):
        grades.solidus({"W": 0.01})
    with pytest.raises(ValidityError, match="304"):
        grades.grade("316L")


@pytest.mark.parametrize("name", ["S355", "C45", "SAE1006"])
def test_tabulated_low_alloy_grades_agree_with_the_formulas(name: str) -> None:
    entry = grades.grade(name)
    composition = {k: v for k, v in entry.items() if k not in ("liquidus", "solidus")}
    assert grades.liquidus(composition) == pytest.approx(entry["liquidus"], abs=4.0)
    assert grades.solidus(composition) == pytest.approx(entry["solidus"], abs=1.0)


def test_density_and_slag_are_in_the_range_of_the_trade() -> None:
    assert 6900.0 < steel.density_liquid(1873.15, 0.002) < 7100.0
    assert 1.9e6 < slag.slag_enthalpy(1873.15) < slag.slag_enthalpy(1923.15) < 2.1e6
    acid, basic = (
        slag.optical_basicity(0.3, 0.05, 0.5, 0.1, 0.0, 0.05),
        slag.optical_basicity(0.55, 0.08, 0.1, 0.25, 0.01, 0.01),
    )
    assert acid < 0.70 < basic < 0.85


def test_every_addition_has_a_source_names_and_plausible_numbers() -> None:
    additions = load_additions()
    assert len(additions) >= 10
    for addition in additions.values():
        assert addition.source
        assert set(addition.name) == {"en", "ko"}
        assert addition.to in ("steel", "slag")
        assert -15e6 < addition.chill < 10e6
        assert 0.5 < sum(addition.fractions.values()) <= 1.0
        assert all(0.0 < share <= 1.0 for share in addition.recovery.values())
        assert set(addition.recovery) <= set(addition.fractions)
