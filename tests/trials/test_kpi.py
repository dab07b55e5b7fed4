"""KPIs: units, equal end states, prices with sources."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from steelyard.errors import DataError
from steelyard.trials.kpi import RunRecord
from steelyard.trials.money import load_prices, worth
from steelyard.trials.safety import Monitor
from steelyard.trials.subjects import subject
from steelyard.trials.subjects.ladle_furnace import kpi

COLUMNS = [
    *kpi.HEAT_COLUMNS, "highest_temperature", "lowest_temperature", "carbon", "stratification",
    "highest_shell_temperature", "alarm_time",
]  # fmt: skip


def heats(count: int = 2, **values: float) -> np.ndarray:
    """A table of equal heats: 100 t, 3 MWh, on target."""
    table = np.zeros(count, dtype=[(name, "f8") for name in COLUMNS])
    usual = {
        "departure_time": 2400.0, "departure_temperature": 1866.15, "target_temperature": 1866.15, "steel_mass": 1e5,
        "arc_energy": 3.0 * 3.6e9, "heat_per_kelvin": 3.6e9 / 18.0, "electrode_mass": 20.0,
        "dips": 5.0, "heatings": 4.0,
        "highest_temperature": 1880.0, "lowest_temperature": 1840.0, "carbon": 0.002,
        "highest_shell_temperature": 600.0,
    }  # fmt: skip
    for name, value in {**usual, **values}.items():
        table[name] = value
    return table


LADLE = subject("ladle_furnace")


def monitor() -> Monitor:
    return Monitor(LADLE.limits, LADLE.board_limits)


def record(table: np.ndarray, **counts: float) -> RunRecord:
    return RunRecord(table, load_prices("korea", kpi.ITEMS).values, counts)


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


@given(some.floats(0.0, 10.0))
def test_undissolved_additions_buy_nothing(kelvin):
    """Steel that will cool by 3 K counts as 3 K colder, in energy, deviation and hit."""
    chill = kelvin * 1e5 * 825.0
    one = kpi.evaluate(record(heats(undissolved_chill=chill)))
    assert one["departure_deviation_k"] == pytest.approx(kelvin, abs=1e-6)
    assert one["hit_share"] == (100.0 if kelvin <= 5.0 else 0.0) or abs(kelvin - 5.0) < 1e-6
    assert one["energy_kwh_per_t"] == pytest.approx(30.0 + kelvin / 18.0 * 10.0, abs=1e-6)
    warmer = kpi.evaluate(record(heats(undissolved_chill=chill, departure_temperature=1866.15 + kelvin)))
    assert warmer["energy_kwh_per_t"] == pytest.approx(30.0, abs=1e-6)


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        ("stratified", {"stratification": -4.9}, {"stratification": -5.1}),
        ("stratified", {"stratification": 4.9}, {"stratification": 5.1}),
        ("undissolved", {"undissolved_chill": 1.9 * 825e5}, {"undissolved_chill": 2.1 * 825e5}),
        ("shell_too_hot", {"highest_shell_temperature": 723.0}, {"highest_shell_temperature": 724.0}),
        ("arc_tripped", {"alarm_time": 0.0}, {"alarm_time": 1.0}),
        ("far_off_target", {"undissolved_chill": 14.9 * 825e5}, {"undissolved_chill": 15.1 * 825e5}),
    ],
)
def test_a_limit_counts_heats_beyond_it(limit, within, beyond):
    assert monitor().counts(heats(3, **within))[limit] == 0
    assert monitor().counts(heats(3, **beyond))[limit] == 3


def test_an_arc_without_a_ladle_counts_once_however_often_it_is_seen():
    watching = monitor()
    for number in (3.0, 3.0, 3.0, 4.0):
        watching.watch({"ladle_furnace.arc_power": 5.0, "operator.phase": 0.0, "ladle_furnace.heat_number": number})
    assert watching.board["arc_without_ladle"] == 2


@given(some.floats(-30.0, 30.0))
def test_off_target_costs_only_beyond_the_window(deviation):
    parts = kpi.cost_parts(record(heats(departure_temperature=1866.15 + deviation)))
    assert parts["off_target"] == pytest.approx(150.0 * max(0.0, abs(deviation) - 5.0), abs=1e-6)


def test_failed_dips_are_dips_that_cost():
    assert kpi.evaluate(record(heats(dips=4.0, failed_dips=2.0)))["dips_per_heat"] == 6.0


def test_every_kpi_is_declared_in_two_languages():
    for one in kpi.CATALOGUE.values():
        assert set(one.name) == set(one.description) == {"en", "ko"}
        assert one.trend in ("lower", "higher")
        assert one.low < one.high
        assert one.formula


def test_a_run_without_heats_or_columns_is_refused():
    with pytest.raises(DataError, match="no departed heat"):
        kpi.evaluate(record(heats(0)))
    with pytest.raises(DataError, match="no column"):
        kpi.evaluate(record(np.zeros(2, dtype=[("number", "f8")])))


def test_packaged_prices_all_have_unit_and_source():
    prices = load_prices("korea", kpi.ITEMS)
    assert set(prices.values) == set(kpi.ITEMS)
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
        load_prices(str(path), kpi.ITEMS)
    assert "prices.toml" in str(error.value)


def test_worth_of_a_saving():
    found = worth((100.0, 50.0, 150.0), 1e6, price=2e8, running=2e7, payback_years=2.0)
    assert found["saving_won_per_year"]["mean"] == pytest.approx(8e7)
    assert found["payback_years"] == pytest.approx(2.5)
    assert found["highest_price_won"] == {"mean": pytest.approx(1.6e8), "cautious": pytest.approx(6e7)}
    assert worth((-1.0, -2.0, 0.0), 1e6, 1.0, 0.0, 1.0)["payback_years"] is None


def test_the_price_of_what_is_undissolved_uses_the_heat_capacity_of_the_plant():
    from steelyard.materials.steel import LIQUID_HEAT_CAPACITY
    from steelyard.trials.subjects.ladle_furnace.truth import STEEL_HEAT_CAPACITY

    assert STEEL_HEAT_CAPACITY == LIQUID_HEAT_CAPACITY
