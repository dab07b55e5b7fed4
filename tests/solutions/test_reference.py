"""The reference solutions: self-contained, and as good as they claim."""

import ast
import csv
import sys
from datetime import datetime
from pathlib import Path

import pytest

from steelyard.errors import SolutionError
from steelyard.solutions.reference import REFERENCE, reference_path
from steelyard.solutions.reference.arc_energy_advisor import Planner
from steelyard.solutions.reference.dip_filter_predictor import Solution as DipFilter
from steelyard.solutions.reference.ladle_filter import LadleFilter
from steelyard.solutions.reference.textbook_predictor import Solution as Textbook

FOLDER = Path(reference_path("textbook_predictor")).parent
DIP = "ladle_furnace.dip_temperature"


def signals(**values):
    """Return signals of the ladle furnace; `_` numbers the heat."""
    return {"ladle_furnace.heat_number": 1.0, **{f"ladle_furnace.{name}": value for name, value in values.items()}}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("[a-z]*.py")), ids=lambda path: path.name)
def test_reference_solutions_import_nothing_of_the_house(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert all(alias.name in sys.stdlib_module_names for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module in sys.stdlib_module_names


def test_each_reference_solution_has_a_file_and_a_text():
    for name, text in REFERENCE.items():
        assert reference_path(name).is_file()
        assert set(text) == {"en", "ko"}
    with pytest.raises(SolutionError, match="there are"):
        reference_path("magic")


def test_the_filter_trusts_later_dips_more():
    one = LadleFilter({})
    for count, (time_s, dip) in enumerate([(0.0, 1560.0), (60.0, 1580.0)], 1):
        before = one.x[0]
        one.update(time_s, signals(heat_time=time_s, dip_temperature=dip, dip_count=count))
    assert before < one.x[0] < 1580.0
    spread = one.dip_spread()
    one.update(120.0, signals(heat_time=120.0, dip_temperature=1579.0, dip_count=3))
    assert one.dip_spread() < spread
    assert one.x[0] == pytest.approx(1579.0, abs=2.0)


def test_the_filter_heats_and_cools_like_a_ladle_furnace():
    one = LadleFilter({})
    one.update(0.0, signals(heat_time=1800.0, dip_temperature=1580.0, dip_count=1, arc_energy=0.0))
    start = one.x[0]
    one.update(0.0, signals(heat_time=1800.0, dip_temperature=1580.0, dip_count=1, arc_energy=1.0))
    assert 16.0 < one.x[0] - start < 20.0
    warm = one.x[0]
    one.update(600.0, signals(heat_time=2400.0, dip_temperature=1580.0, dip_count=1, arc_energy=1.0))
    assert 6.0 < warm - one.x[0] < 13.0
    large = LadleFilter({"nominal_mass_t": 240.0})
    assert large.rates[0] == pytest.approx(one.rates[0] / 2.4)


def test_the_filter_learns_another_heating_rate():
    one = LadleFilter({})
    for heat in range(200):
        temperature = 1550.0
        for dip in range(1, 7):
            temperature += 25.0 - 0.7 * 5.0
            one.update(
                heat * 3600.0 + dip * 300.0,
                {**signals(heat_time=1800.0 + dip * 300.0, dip_temperature=temperature, dip_count=dip, arc_energy=dip),
                 "ladle_furnace.heat_number": heat},
            )  # fmt: skip
    assert one.rates[0] > LadleFilter({}).rates[0] + 2.0


def test_the_advisor_asks_for_what_is_lacking():
    def wanted(dip, to_go, **more):
        planner = Planner({"plant": {}})
        return planner.energy(0.0, signals(
            heat_time=1800.0, dip_temperature=dip, dip_count=3, arc_energy=0.0, target_temperature=1593.0,
            time_to_departure=to_go, **more,
        ))  # fmt: skip

    assert wanted(None, 5.0) is None
    assert wanted(1640.0, 5.0) == 0.0
    assert wanted(1500.0, 5.0) == 3.0
    assert 0.0 < wanted(1588.0, 2.0) < wanted(1588.0, 9.0) < 2.0
    assert wanted(1588.0, None) < wanted(1588.0, 5.0)


def test_the_textbook_is_last_dip_plus_rates():
    book = Textbook()
    book.start({"plant": {"textbook_k_per_mwh": 20.0, "textbook_k_per_min": 1.0}})
    book.observe(0.0, signals(dip_temperature=1570.0, dip_count=1, arc_energy=1.0))
    estimate = book.predict(120.0, signals(dip_temperature=1570.0, dip_count=1, arc_energy=1.5), DIP)
    assert estimate["value"] == pytest.approx(1570.0 + 10.0 - 2.0)
    assert estimate["low"] < estimate["value"] < estimate["high"]


def _rows(folder, name):
    with open(folder / name, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _seconds(text):
    return datetime.fromisoformat(text).timestamp()


def _heats(folder):
    """Return {key: (heatings, dips, additions)} of the measured heats, each in time order."""
    heats = {}
    for row in _rows(folder, "arc.csv"):
        times = _seconds(row["heating_start"]), _seconds(row["heating_end"])
        heats.setdefault(int(row["key"]), ([], [], []))[0].append((*times, float(row["active_power"])))
    for row in _rows(folder, "temp.csv"):
        if float(row["temperature_c"]) >= 1450.0 and int(row["key"]) in heats:
            heats[int(row["key"])][1].append((_seconds(row["time"]), float(row["temperature_c"])))
    for kind in ("bulk", "wire"):
        times = {row["key"]: row for row in _rows(folder, f"{kind}_time.csv")}
        for row in _rows(folder, f"{kind}.csv"):
            for material, amount in row.items():
                if material != "key" and amount and int(row["key"]) in heats:
                    at = _seconds(times[row["key"]][material])
                    heats[int(row["key"])][2].append((at, material, float(amount)))
    return {key: tuple(map(sorted, heat)) for key, heat in sorted(heats.items()) if len(heat[1]) >= 2}


def _replay(heats, solution, since):
    """Return [(error, inside)] of the dips after the first of each heat with key >= since, in time order."""
    solution.start({"plant": {}})
    scores = []
    for key, (heatings, dips, additions) in heats.items():
        arrival = min([heatings[0][0], dips[0][0], *[at for at, _, _ in additions]])
        last = None
        for count, (time_s, dip) in enumerate(dips):
            energy = sum(e * min(max((time_s - a) / max(b - a, 1.0), 0.0), 1.0) for a, b, e in heatings)
            now = signals(heat_time=time_s - arrival, arc_energy=energy, dip_temperature=last, dip_count=count)
            now["ladle_furnace.heat_number"] = key
            for at, material, amount in additions:
                if at <= time_s:
                    name = f"ladle_furnace.addition[{material}]"
                    now[name] = now.get(name, 0.0) + amount
            estimate = solution.predict(time_s, now, DIP)
            if count and key >= since:
                scores.append((dip - estimate["value"], estimate["low"] <= dip <= estimate["high"]))
            solution.observe(time_s, {**now, DIP: dip, "ladle_furnace.dip_count": count + 1})
            last = dip
    return scores


def test_predictors_on_measured_heats(shared_data):
    folder = shared_data / "ladle-furnace"
    if not folder.is_dir():
        pytest.skip("measured data not present (licence: never shipped)")
    heats = _heats(folder)
    filtered, textbook = (_replay(heats, one, 1900) for one in (DipFilter(), Textbook()))
    assert len(filtered) == 2087
    mean_error, mean_textbook = (sum(abs(e) for e, _ in scores) / len(scores) for scores in (filtered, textbook))
    assert mean_error <= 4.3
    assert 5.0 < mean_textbook < 6.0
    assert 0.85 <= sum(inside for _, inside in filtered) / len(filtered) <= 0.95
    assert 0.85 <= sum(inside for _, inside in textbook) / len(textbook) <= 0.95
    assert abs(sum(e for e, _ in filtered) / len(filtered)) < 1.0
