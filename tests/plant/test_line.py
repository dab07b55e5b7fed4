"""The hot bar line: one clock, one record, bars tracked from billet to bed; same seed, same bytes; no NaN."""

import itertools
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from steelyard.engine.blocks import member
from steelyard.engine.ensemble import advance_ensemble, digest
from steelyard.errors import ParameterError
from steelyard.plant import hot_bar_line
from steelyard.plant.line import LineWorks, all_faults, line_draws, new_line, open_line, shipped_line, with_mill
from steelyard.plant.scenarios import scenario, scenarios

SHIFT = 9000


def finite(plant: np.ndarray) -> bool:
    """Whether no unit has come to hold a number that is not finite (instruments may show nothing)."""
    parts = [plant[unit][block] for unit in ("reheating_furnace", "descaling", "bar_rolling", "cooling_bed", "line")
             for block in ("x", "y")]  # fmt: skip
    log = plant["log"]
    sound = all(np.isfinite(part[name]).all() for part in parts for name in part.dtype.names
                if part[name].dtype == float and name not in {"next_time", "release_time"})  # fmt: skip
    return sound and all(np.isfinite(log[name]).all() for name in log.dtype.names)


def test_equal_seeds_give_equal_bytes_alone_fused_in_an_ensemble_on_threads_and_after_a_snapshot() -> None:
    values = shipped_line()
    fused = new_line(values, 11)
    hot_bar_line.advance(fused, 0, 1, SHIFT, 1.0)
    works = LineWorks(new_line(values, 11))
    for _ in range(500):
        works.advance(1)
    snapshot = works.snapshot()
    works.advance(100)
    works.restore(snapshot)
    works.advance(SHIFT - 500)
    many = np.concatenate([new_line(values, seed) for seed in (10, 11, 12)])
    advance_ensemble(hot_bar_line.advance, many, SHIFT, 1.0, threads=2)
    assert digest(fused) == digest(works.plant) == digest(many[1:2])
    assert digest(many[0:1]) != digest(fused)


def test_a_second_process_gives_the_same_bytes() -> None:
    code = (
        "from steelyard.plant.line import open_line, shipped_line\n"
        "from steelyard.engine.ensemble import digest\n"
        "w = open_line(shipped_line(), 5, 'burner_clogging'); w.advance(3000); print(digest(w.plant))"
    )
    works = open_line(shipped_line(), 5, "burner_clogging")
    works.advance(3000)
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert printed == digest(works.plant)


def test_every_billet_becomes_its_bar_and_meets_the_units_in_order() -> None:
    works = open_line(shipped_line(), 3)
    works.advance_products(40)
    bars = works.bars()
    assert len(bars) == 40
    assert (bars["number"] == np.arange(1, 41)).all()
    good = bars[bars["cobble"] < 0.5]
    assert len(good) >= 38
    way = ("charge_time", "discharge_time", "rolling_end", "bed_time", "off_time")
    for before, after in itertools.pairwise(way):
        assert (good[before] <= good[after]).all(), (before, after)
    assert (good["rolling_start"] < good["rolling_end"]).all()
    assert (good["force"][:, :14] > 0.0).all()
    assert (good["hardness"] > 50.0).all()
    assert abs(good["diameter"].mean() - 0.008) < 0.0005


def test_the_same_billets_come_whatever_the_control_does() -> None:
    keen, lazy = (open_line(shipped_line(), 3, "mixed_grades") for _ in range(2))
    for side in ("top", "bottom"):
        keen.board.write(f"reheating_furnace.zone_setpoint[{side}_4]", 1230.0, "controller")
    for works in (keen, lazy):
        works.advance_products(36)
    a, b = keen.bars(), lazy.bars()
    assert (a["mass"] == b["mass"]).all()
    assert (a["grade"] == b["grade"]).all()
    assert (a["exit_temperature"] != b["exit_temperature"]).any()


@pytest.mark.parametrize("name", scenarios("hot_bar_line"))
def test_every_scenario_is_feasible_under_the_baseline(name: str) -> None:
    story = scenario("hot_bar_line", name)
    works = open_line(shipped_line(), 21, name)
    wanted = min(story.warm_up + story.heats, 160)
    works.advance_products(wanted, limit=wanted * 400)
    assert works.departed() >= wanted, "the line stood still"
    bars = works.bars()[min(story.warm_up, wanted - 20) :]
    assert bars["cobble"].mean() <= 0.05
    assert bars["overload"].mean() <= 0.05
    assert bars["cold"].mean() <= 0.10
    assert np.abs(bars["exit_temperature"] - bars["target_temperature"]).mean() < 40.0
    assert finite(works.plant)


@pytest.mark.parametrize("fault", all_faults())
def test_no_fault_at_severity_0_and_a_finite_plant_at_severity_1(fault: str) -> None:
    healthy, named = LineWorks(new_line(shipped_line(), 4)), LineWorks(new_line(shipped_line(), 4))
    named.inject({fault: 0.0})
    for works in (healthy, named):
        works.advance(1800)
    assert digest(healthy.plant) == digest(named.plant)
    named.inject({fault: 1.0}, growth_s=600.0)
    healthy.advance(3600)
    named.advance(3600)
    assert digest(healthy.plant) != digest(named.plant)
    assert finite(named.plant)


def test_the_board_shows_no_truth_that_no_instrument_measures() -> None:
    """What a solution reads is measured, tracked, counted or commanded; the rest of the outputs is hidden."""
    works = LineWorks(new_line(shipped_line(), 4))
    instruments = works.plant["instruments"][0]
    base = member(hot_bar_line.RECORD, "instruments")[1] // 8
    shown = range(base, base + instruments.dtype.itemsize // 8 * len(instruments))
    known = re.compile(
        r"number|grade|occupied|count|bars|pieces|charged|alarm|cobble|cold|overload|waiting|changes|blocked|steps|pass_time|"
        r"rolling_|pause|target|setpoint|setup|reference|valve|slot_|energy|dioxide|intensity|used|spray_time|pace|remaining"
    )
    bare = [s.name for s in works.board.signals.values() if s.position not in shown and not known.search(s.name)]
    assert bare == []


def test_a_fault_grows_in_time() -> None:
    works = LineWorks(new_line(shipped_line(), 4))
    before = works.plant["reheating_furnace"]["p"].copy()
    works.inject({"reheating_furnace.burner_clogging": 1.0}, growth_s=1000.0, start_s=500.0)
    works.advance(400)
    assert (works.plant["reheating_furnace"]["p"] == before).all()
    works.advance(600)
    half = works.plant["reheating_furnace"]["p"].copy()
    assert (half != before).any()
    works.advance(2000)
    assert (works.plant["reheating_furnace"]["p"] != half).any()


def test_the_mill_of_another_plant_is_refused() -> None:
    values = shipped_line()
    mill = {**values.mill, "emissivity": 0.7}
    assert with_mill(values, "pilot", "pilot", mill).mill["emissivity"] == 0.7
    assert values.mill["emissivity"] != 0.7
    with pytest.raises(ParameterError, match="rod_mill"):
        with_mill(values, "pilot", "rod_mill", mill)


def test_draws_differ_and_repeat() -> None:
    first, again = line_draws("pilot", 2, 9), line_draws("pilot", 2, 9)
    assert first == again
    assert first[0] != first[1]


def test_bad_requests_end_in_clear_errors() -> None:
    with pytest.raises(ParameterError, match="faults are"):
        LineWorks(new_line(shipped_line(), 1)).inject({"reheating_furnace.nothing": 0.5})
    with pytest.raises(ParameterError, match="between 0 and 1"):
        LineWorks(new_line(shipped_line(), 1)).inject({"bar_rolling.roll_wear": math.nan})
    with pytest.raises(ParameterError, match="scenarios are"):
        open_line(shipped_line(), 1, "no_such")
    with pytest.raises(ParameterError, match="plants are"):
        shipped_line("no_such")
    values = shipped_line()
    values.traffic["pace"] = math.inf
    with pytest.raises(ParameterError, match="pace"):
        open_line(values, 1)
