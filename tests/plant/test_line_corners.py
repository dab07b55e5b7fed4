"""Corner inputs of the line: they end in a clear error or a modelled alarm, never in a number that is none."""

from collections.abc import Callable

import numpy as np
import pytest

from steelyard.errors import ParameterError, SignalError
from steelyard.plant.line import LineValues, LineWorks, new_line, open_line, shipped_line

UNITS = ("reheating_furnace", "descaling", "bar_rolling", "cooling_bed", "line")
OPEN_ENDED = {"next_time", "release_time"}


def not_finite(works: LineWorks) -> list[str]:
    """The fields of the units and of the log that hold nan or infinity; waiting times may be infinite."""
    found = []
    for unit in UNITS:
        for block in ("x", "y"):
            part = works.plant[unit][block]
            found += [f"{unit}.{n}" for n in part.dtype.names
                      if part[n].dtype == float and n not in OPEN_ENDED and not np.isfinite(part[n]).all()]  # fmt: skip
    log = works.plant["log"]
    return found + [f"log.{n}" for n in log.dtype.names if not np.isfinite(log[n]).all()]


def thick_bar(values: LineValues) -> None:
    values.traffic["billet_thickness"] = values.traffic["billet_width"] = 0.11


def thin_bar(values: LineValues) -> None:
    values.traffic["billet_thickness"] = values.traffic["billet_width"] = 0.012


def closed_gaps(values: LineValues) -> None:
    values.mill["roll_gap"] = [0.0] * len(values.mill["roll_gap"])


def cold_target(values: LineValues) -> None:
    values.furnace["table_setpoint"] = [873.15] * 8


def weak_burners(values: LineValues) -> None:
    values.furnace["burner_power"] = [0.0] * 8


def low_limit(values: LineValues) -> None:
    values.furnace["zone_limit"] = 1273.15


def hard_steel(values: LineValues) -> None:
    values.mill["grade_force_factor"] = [3.0] * 6


def racing_mill(values: LineValues) -> None:
    values.traffic["pace"] = 5.0


def endless_delays(values: LineValues) -> None:
    values.traffic["delay_probability"], values.traffic["delay_mean"] = 0.5, 86400.0


def crawling_bed(values: LineValues) -> None:
    values.bed["rake_stuck"] = 1.0


@pytest.mark.parametrize(
    ("corner", "shows"),
    [
        (thick_bar, "cobble"), (thin_bar, ""), (closed_gaps, ""), (cold_target, "cold"), (weak_burners, "cold"),
        (low_limit, ""), (hard_steel, "overload"), (racing_mill, ""), (endless_delays, ""), (crawling_bed, "stands"),
    ],
)  # fmt: skip
def test_a_corner_ends_in_a_modelled_alarm_and_never_in_nan(corner: Callable[[LineValues], None], shows: str) -> None:
    values = shipped_line()
    corner(values)
    works = LineWorks(new_line(values, 5))
    works.advance(3 * 3600)
    assert not_finite(works) == []
    log = works.plant["log"][0]
    if shows == "stands":
        assert works.departed() == 0
    elif shows:
        assert log[shows].max() == 1.0, "nothing was noticed"


def test_a_zone_above_its_limit_trips_and_comes_back() -> None:
    values = shipped_line()
    values.furnace["zone_limit"] = 1393.15
    values.furnace["table_setpoint"] = [1423.15] * 8
    works = LineWorks(new_line(values, 5))
    alarms = []
    for _ in range(120):
        works.advance(60)
        alarms.append(max(works.board.read([f"reheating_furnace.zone_alarm[{s}_{k}]" for s in ("top", "bottom")
                                            for k in range(1, 5)])))  # fmt: skip
    assert max(works.plant["reheating_furnace"]["y"]["zone_temperature"][0]) < 1393.15 + 60.0
    assert not_finite(works) == []


def test_an_emptied_furnace_keeps_the_line_waiting_and_hot() -> None:
    works = LineWorks(new_line(shipped_line(), 5))
    works.plant["reheating_furnace"]["x"]["occupied"] = 0.0
    works.plant["line"]["x"]["charged"] = 1e6 - 1
    works.advance(60)
    assert works.board.read(["line.waiting"]) == [1.0]
    works.advance(1800)
    furnace = works.plant["reheating_furnace"][0]
    assert (furnace["y"]["zone_temperature"] > furnace["p"]["table_setpoint"] - 60.0).all()
    assert not_finite(works) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9, -400.0, "hot", None, True])
def test_a_set_point_that_is_no_sound_number_is_refused(value: object) -> None:
    works = LineWorks(new_line(shipped_line(), 5))
    before = works.plant.tobytes()
    with pytest.raises(SignalError, match="zone_setpoint"):
        works.board.write("reheating_furnace.zone_setpoint[top_1]", value, "controller")  # type: ignore[arg-type]
    assert works.plant.tobytes() == before


@pytest.mark.parametrize("value", [0.0, 1400.0, 400.0])
def test_set_points_at_the_ends_of_their_range_are_survived(value: float) -> None:
    works = LineWorks(new_line(shipped_line(), 5))
    for side in ("top", "bottom"):
        for k in range(1, 5):
            works.board.write(f"reheating_furnace.zone_setpoint[{side}_{k}]", value, "controller")
    for k in range(1, 17):
        works.board.write(f"bar_rolling.setup_force[pass_{k}]", 2.0 * value, "controller")
    works.advance(2 * 3600)
    assert not_finite(works) == []


@pytest.mark.parametrize(
    ("unit", "name", "value"),
    [
        ("furnace", "zone_limit", 9999.0), ("mill", "roll_radius", [0.0] * 16), ("bed", "emissivity", -1.0),
        ("traffic", "billet_length", float("nan")), ("descaling", "nozzle_flow", float("inf")),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused_by_name(unit: str, name: str, value: object) -> None:
    values = shipped_line()
    getattr(values, unit)[name] = value
    with pytest.raises(ParameterError, match=name):
        open_line(values, 1)


def test_steps_of_half_a_second_and_of_two_tell_the_same_story() -> None:
    ends = []
    for dt in (0.5, 1.0, 2.0):
        works = LineWorks(new_line(shipped_line(), 5))
        works.advance(int(5400 / dt), dt)
        bars = works.bars()
        ends.append((len(bars), bars["exit_temperature"].mean(), bars["fuel_energy"].sum(), bars["diameter"].mean()))
    assert {count for count, *_ in ends} <= {ends[1][0] - 1, ends[1][0], ends[1][0] + 1}
    for _, temperature, fuel, diameter in ends:
        assert abs(temperature - ends[1][1]) < 1.0
        assert fuel == pytest.approx(ends[1][2], rel=0.02)
        assert diameter == pytest.approx(ends[1][3], rel=0.002)
