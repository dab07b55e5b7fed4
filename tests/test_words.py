"""The words every room speaks: units, signals, parameter files, products."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import DataError, ParameterError, SignalError, UnitError
from steelyard.parameters import load_parameters
from steelyard.processes.catalogue import HOUSES
from steelyard.processes.ladle_furnace.model import Parameters
from steelyard.products import Product
from steelyard.signals import Quantity, Signal, quantity
from steelyard.units import UNITS, convert, from_si, to_si, unit


@given(st.sampled_from(sorted(UNITS)), st.floats(-1e6, 1e6))
def test_there_and_back_is_the_same(symbol: str, value: float) -> None:
    assert from_si(to_si(value, symbol), symbol) == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1.0, "MWh", "kWh", 1000.0),
        (36.7, "kWh/t", "MJ/kg", 0.13212),
        (1600.0, "degC", "K", 1873.15),
        (2912.0, "°F", "°C", 1600.0),
        (300.0, "NL/min", "Nm³/min", 0.3),
        (0.9, "K/min", "K/s", 0.015),
    ],
)
def test_known_conversions(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target) == pytest.approx(expected, rel=1e-9)


def test_units_that_measure_different_things_are_refused() -> None:
    with pytest.raises(UnitError, match="cannot become"):
        convert(1.0, "MWh", "°C")
    with pytest.raises(UnitError, match=r"unknown unit .furlong."):
        unit("furlong")


def test_a_declaration_in_a_trade_unit_is_refused() -> None:
    with pytest.raises(SignalError, match="shown="):
        quantity("°C", "steel temperature")
    with pytest.raises(SignalError, match="but shown in"):
        quantity("K", "steel temperature", shown="MW")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "5", None, 81.0, -1.0])
def test_a_signal_refuses_what_is_no_number_in_its_range(value: object) -> None:
    signal = Signal("furnace.power", Quantity("W", "power", 0.0, 80.0, "MW"))
    with pytest.raises(SignalError, match=r"furnace\.power"):
        signal.to_record(value)  # type: ignore[arg-type]
    assert signal.to_record(14) == 14e6


def shipped(change: str = "", old: str = "") -> str:
    text = HOUSES["ladle_furnace"].parameter_file("furnace", "100t").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, change) if old else text


@pytest.mark.parametrize(
    ("old", "change", "message"),
    [
        ('source = "assumed: hall air"', 'source = ""', r"\d+: \[ambient_temperature\] has no source"),
        ('value = 25.0\nunit = "°C"', 'value = 25.0\nunit = "MWh"', "declared in 'K'"),
        ('value = 25.0\nunit = "°C"', 'value = 25.0\nunit = "parsec"', "unknown unit"),
        ('value = 25.0\nunit = "°C"', 'value = 2500.0\nunit = "°C"', "outside -30 to 80"),
        ('value = 25.0\nunit = "°C"', 'value = "warm"\nunit = "°C"', "not a number"),
        ("[ambient_temperature]", "[hall]", r"\[hall\] is not a parameter"),
        ("[about]", "[about", "cannot be read"),
        ("value = [4, 6,", "value = [6,", "needs 12 values, got 11"),
    ],
)
def test_a_parameter_file_is_refused_with_file_line_and_reason(
    tmp_path: Path, old: str, change: str, message: str
) -> None:
    path = tmp_path / "furnace.toml"
    path.write_text(shipped(change, old), encoding="utf-8")
    with pytest.raises(ParameterError, match=message) as caught:
        load_parameters(path, Parameters)
    assert str(path) in str(caught.value)


def test_every_shipped_number_has_a_source() -> None:
    for house in HOUSES.values():
        for plant in house.plants:
            for path in (house.folder / "parameters").glob(f"*_{plant}.toml"):
                if path.stem.startswith(("practice", "arrival")):
                    continue
                numbers = load_parameters(path, house.module().Parameters).numbers
                assert all(len(number.source) > 3 for number in numbers.values())


def test_a_missing_parameter_file_says_which_plants_there_are() -> None:
    with pytest.raises(ParameterError, match="100t, 240t"):
        HOUSES["ladle_furnace"].parameter_file("furnace", "7t")


def test_products_know_their_kind_and_mass() -> None:
    assert Product("H1", "heat", "S355", 1e5).made_from == ()
    with pytest.raises(DataError, match="kinds are"):
        Product("X", "anvil", "S355", 1.0)
    with pytest.raises(DataError, match="must be positive"):
        Product("X", "heat", "S355", float("nan"))
