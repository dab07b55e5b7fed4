"""The engine: named streams, records from declarations, the board, the cache key."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from steelyard.engine.blocks import block_dtype, fill
from steelyard.engine.streams import normal, stream, uniform
from steelyard.errors import ParameterError, SignalError
from steelyard.plant.board import public_signals
from steelyard.plant.scenarios import scenario, scenarios
from steelyard.plant.works import open_works, shipped_draws, shipped_values
from steelyard.signals import quantity


def test_streams_are_uniform_normal_and_independent() -> None:
    a, b = stream("test.a"), stream("test.b")
    u = np.array([uniform(3, a, heat, 0) for heat in range(20_000)])
    z = np.array([normal(3, b, heat, 0) for heat in range(20_000)])
    neighbours = np.array([normal(3, b, heat, 1) for heat in range(20_000)])
    seeds = np.array([normal(seed, b, 7, 0) for seed in range(20_000)])
    assert stats.kstest(u, "uniform").pvalue > 1e-4
    assert stats.kstest(z, "norm").pvalue > 1e-4
    assert stats.kstest(seeds, "norm").pvalue > 1e-4
    for x, y in ((z, neighbours), (z[1:], z[:-1]), (u, z), (z, seeds)):
        assert abs(np.corrcoef(x, y)[0, 1]) < 5.0 / math.sqrt(len(x))


def test_a_stream_depends_on_its_name_and_on_nothing_else() -> None:
    assert stream("test.a") != stream("test.b")
    assert uniform(1, stream("test.a"), 5, 2) == uniform(1, stream("test.a"), 5, 2)
    assert len({uniform(s, stream("test.a"), e, c) for s in range(5) for e in range(5) for c in range(5)}) == 125


def test_a_field_that_clashes_with_an_array_attribute_is_refused() -> None:
    class Bad:
        size = quantity("1", "clashes")

    with pytest.raises(ParameterError, match="attribute of NumPy arrays"):
        block_dtype(Bad)


def test_fill_wants_every_field_and_no_other() -> None:
    class Block:
        power = quantity("W", "power", low=0.0, high=80.0, shown="MW")

    record = np.zeros(1, block_dtype(Block))[0]
    fill(record, Block, {"power": 5e6})
    assert record["power"] == 5e6
    for values, message in (
        ({}, "missing"),
        ({"power": 1.0, "x": 1.0}, "unknown"),
        ({"power": 90e6}, "is not within 0 to 80 MW"),
        ({"power": math.nan}, "is not within"),
    ):
        with pytest.raises(ParameterError, match=message):
            fill(record, Block, values)


def test_the_board_reads_trade_units_and_refuses_what_a_role_may_not() -> None:
    works = open_works(shipped_values(), 2)
    works.advance(1200)
    board = works.board
    temperature, power, number = board.read(
        ["ladle_furnace.dip_temperature", "ladle_furnace.arc_power", "ladle_furnace.heat_number"]
    )
    assert 1500.0 < temperature < 1700.0
    assert power in (0.0, pytest.approx(13.9))
    assert number == 1.0
    board.write("operator.heating_energy_advice", 0.7, "advisor")
    assert works.plant["operator"]["u"]["heating_energy_advice"][0] == pytest.approx(0.7 * 3.6e9)
    for name, value, role, message in (
        ("operator.heating_energy_advice", 0.7, "controller", "not a set-point of a controller"),
        ("operator.heating_energy_setpoint", 0.7, "advisor", "not a set-point of a advisor"),
        ("ladle_furnace.arc_power", 1.0, "controller", "not a set-point"),
        ("ladle_furnace.steel_temperature", 1.0, "controller", "there is no signal"),
        ("operator.heating_energy_advice", 99.0, "advisor", "outside"),
        ("operator.heating_energy_advice", math.nan, "advisor", "finite"),
    ):
        with pytest.raises(SignalError, match=message):
            board.write(name, value, role)
    with pytest.raises(SignalError, match="there is no signal"):
        board.read(["ladle_furnace.steel_temperature"])


def test_no_state_is_on_the_board() -> None:
    names = {signal.name for signal in public_signals("ladle_furnace")}
    assert "ladle_furnace.dip_temperature" in names
    assert not any("wall_temperature" in n or "steel_temperature" in n or "heat_efficiency" in n for n in names)
    with pytest.raises(SignalError, match="no plant"):
        public_signals("blast_furnace")


def test_every_scenario_is_feasible_under_the_baseline() -> None:
    assert len(scenarios("ladle_furnace")) >= 5
    for name in scenarios("ladle_furnace"):
        heats = []
        for seed in range(3):
            works = open_works(shipped_values(), seed, name)
            works.advance_heats(scenario("ladle_furnace", name).heats)
            heats.append(works.heats())
        log = np.concatenate(heats)
        error = log["departure_temperature"] - log["target_temperature"]
        assert len(log) == 3 * scenario("ladle_furnace", name).heats
        assert np.median(np.abs(error)) < 10.0, name
        assert np.median(log["lateness"]) < 600.0, name
    with pytest.raises(ParameterError, match="scenarios are"):
        scenario("ladle_furnace", "meteor")


def test_draws_of_shipped_plants_differ_repeat_and_open() -> None:
    first, again = shipped_draws("ladle_furnace", "100t", 3, 1), shipped_draws("ladle_furnace", "100t", 3, 1)
    assert [d.furnace for d in first] == [d.furnace for d in again]
    assert len({d.furnace["arc_efficiency"] for d in first}) == 3
    for values in first:
        works = open_works(values, 1)
        works.advance(600)
        assert works.time_s == 600.0


def test_the_kernel_cache_is_keyed_by_the_sources(tmp_path) -> None:
    code = (
        "import os\nfrom steelyard.engine.kernel import source_hash\n"
        "print(source_hash(), os.environ['NUMBA_CACHE_DIR'])"
    )
    environment = {**os.environ, "STEELYARD_CACHE": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    key, folder = run.stdout.split()
    assert folder == str(tmp_path / key)
    assert (tmp_path / key).is_dir()


def test_departed_heats_are_products() -> None:
    works = open_works(shipped_values(), 4)
    works.advance_heats(3)
    products = works.products()
    assert [p.id for p in products] == ["H1", "H2", "H3"]
    assert all(90e3 < p.mass < 110e3 for p in products)
