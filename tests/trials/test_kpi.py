"""KPIs: units, equal end states, prices with sources."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from steelyard.errors import DataError
from steelyard.trials import kpi
from steelyard.trials.money import ITEMS, load_prices, worth

COLUMNS = [*kpi.HEAT_COLUMNS, "highest_temperature", "lowest_temperature", "carbon"]


def heats(count: int = 2, **values: float) -> np.ndarray:
    """A table of equal heats: 100 t, 3 MWh, on target."""
    table = np.zeros(count, dtype=[(name, "f8") for name in COLUMNS])
    usual = {
        "departure_time": 2400.0, "departure_temperature": 1866.15, "target_temperature": 1866.15, "steel_mass": 1e5,
        "arc_energy": 3.0 * 3.6e9, "heat_per_kelvin": 3.6e9 / 18.0, "electrode_mass": 20.0,
        "dips": 5.0, "heatings": 4.0,
        "highest_temperature": 1880.0, "lowest_temperature": 1840.0, "carbon": 0.002,
    }  # fmt: skip
    for name, value in {**usual, **values}.items():
        table[name] = value
    return table


def record(table: np.ndarray, **counts: float) -> kpi.RunRecord:
    return kpi.RunRecord(table, load_prices().values, counts)


def test_values_and_units_of_a_plain_heat():
    found = kpi.evaluate(record(heats()))
    assert found["energy_kwh_per_t"] == pytest.approx(30.0)
    assert found["treatment_min"] == pytest.approx(40.0)
    assert found["electrode_kg_per_t"] == pytest.approx(0.2)
    assert found["hit_share"] == 100.0
    assert found["co2_kg_per_t"] == pytest.approx(30.0 * 0.4594 + 0.2 * 3.65)


@given(some.floats(-40.0, 40.0))
def test_a_colder_ladle_saves_nothing(deviation):
    """Energy bought at the heat's own rate leaves the equalised KPI unchanged; the metered one moves."""
    joule = deviation * 3.6e9 / 18.0
    found = kpi.evaluate(record(heats(departure_temperature=1866.15 + deviation, arc_energy=3.0 * 3.6e9 + joule)))
    assert found["energy_kwh_per_t"] == pytest.approx(30.0, abs=1e-9)
    assert found["energy_raw_kwh_per_t"] == pytest.approx(30.0 + deviation / 18.0 * 10.0, abs=1e-9)


@given(some.floats(-30.0, 30.0))
def test_off_target_costs_only_beyond_the_window(deviation):
    parts = kpi.cost_parts(record(heats(departure_temperature=1866.15 + deviation)))
    assert parts["off_target"] == pytest.approx(150.0 * max(0.0, abs(deviation) - 5.0), abs=1e-6)


def test_failed_dips_are_dips_that_cost():
    assert kpi.evaluate(record(heats(dips=4.0, failed_dips=2.0)))["dips_per_heat"] == 6.0


def test_every_kpi_is_declared_in_two_languages():
    for one in kpi.CATALOGUE.values():
        assert set(one.name) == set(one.description) == {"en", "ko"}
        assert one.trend in ("lower", "higher", "none")
        assert one.low < one.high
        assert one.formula


def test_a_run_without_heats_or_columns_is_refused():
    with pytest.raises(DataError, match="no departed heat"):
        kpi.evaluate(record(heats(0)))
    with pytest.raises(DataError, match="no column"):
        kpi.evaluate(record(np.zeros(2, dtype=[("number", "f8")])))
    with pytest.raises(DataError, match="there is no KPI"):
        kpi.kpi("happiness")


def test_packaged_prices_all_have_unit_and_source():
    prices = load_prices()
    assert set(prices.values) == set(ITEMS)
    assert prices.record()["items"]["electrode"]["assumed"] is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[electricity]\nvalue = 100\nunit = 'won/kWh'\nsource = 'x'\n", "is missing"),
        ("[electricity]\nvalue = -1\nunit = 'won/kWh'\nsource = 'x'\n", "not a number"),
        ("[electricity]\nvalue = 1\nunit = 'won/t'\nsource = 'x'\n", "must be in 'won/kWh'"),
        ("[electricity]\nvalue = 1\nunit = 'won/kWh'\n", "no source"),
        ("[beer]\nvalue = 1\n", "is not a price"),
        ("value = ", "cannot be read"),
    ],
)
def test_a_bad_price_list_names_file_and_entry(tmp_path, text, message):
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as error:
        load_prices(str(path))
    assert "prices.toml" in str(error.value)


def test_worth_of_a_saving():
    found = worth((100.0, 50.0, 150.0), 1e6, price=2e8, running=2e7, payback_years=2.0)
    assert found["saving_won_per_year"]["mean"] == pytest.approx(8e7)
    assert found["payback_years"] == pytest.approx(2.5)
    assert found["highest_price_won"] == {"mean": pytest.approx(1.6e8), "cautious": pytest.approx(6e7)}
    assert worth((-1.0, -2.0, 0.0), 1e6, 1.0, 0.0, 1.0)["payback_years"] is None
