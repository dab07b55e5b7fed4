"""Faults of the wire: each kind does what it says, same seed and time give the same, a copy goes its own way."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from steelyard.errors import ParameterError
from steelyard.plant.board import PLANTS, public_signals
from steelyard.plant.frame import BAD, GOOD, UNCERTAIN, Frame, View
from steelyard.plant.line import open_line, shipped_line
from steelyard.plant.scenarios import scenario, scenarios
from steelyard.plant.wire_faults import HELD_AT_MOST, Wire
from steelyard.plant.wire_file import KINDS, read_wire
from steelyard.signals import Signal, quantity

ROOT = Path(__file__).resolve().parents[2]
UNITS = {"house.heat[top_1]": "°C", "house.heat[top_2]": "°C", "house.flow": "Nm³/h"}
SI = {"°C": "K", "Nm³/h": "Nm³/s"}
SIGNALS = {name: Signal(name, quantity(SI[unit], "a test", shown=unit)) for name, unit in UNITS.items()}


def wire(text: str, seed: int = 7) -> Wire:
    return Wire(read_wire(tomllib.loads(text)["wire"], "test.toml"), SIGNALS, seed)


def frame(time_s: float, *values: float, offset: float = -0.5) -> Frame:
    """A frame whose values grow with the time, unless they are given."""
    shown = np.array(values or (1000.0 + time_s, 500.0 + time_s, 10.0 + time_s))
    status = np.where(np.isnan(shown), BAD, GOOD).astype(np.uint8)
    return Frame(int(time_s), time_s, shown, status, np.full(3, offset))


def only(found: list[Frame]) -> Frame:
    assert len(found) == 1
    return found[0]


def test_a_stale_value_keeps_its_time_stamp_and_a_stuck_one_does_not() -> None:
    text = '[wire.one]\nkind = "{kind}"\nsignals = ["house.heat[*]"]\nstart_h = 1\nlength = {{value = 60, unit = "s"}}'
    for kind, stamp in (("stale", 3600.0 - 0.5), ("stuck", 3640.0 - 0.5)):
        line = wire(text.format(kind=kind))
        assert only(line.pass_on(frame(3599))).values[0] == 4599.0
        only(line.pass_on(frame(3600)))
        late = only(line.pass_on(frame(3640)))
        assert late.values.tolist() == [4600.0, 4100.0, 3650.0], (
            "both keep the value of the beginning, the flow goes on"
        )
        assert late.time_s + late.offset[0] == pytest.approx(stamp)
        assert late.time_s + late.offset[2] == pytest.approx(3639.5)
        assert late.status.tolist() == [GOOD] * 3
        assert only(line.pass_on(frame(3660))).values[0] == 4660.0, "over after its length"
        assert line.standing(3640) == ["one"]
        assert line.standing(3660) == []


def test_what_comes_every_so_often_stands_still_anew() -> None:
    text = '[wire.one]\nkind = "stuck"\nsignals = ["house.flow"]\nstart_h = 0\n'
    line = wire(text + 'length = {value = 10, unit = "s"}\nevery = {value = 1, unit = "min"}')
    shown = [only(line.pass_on(frame(t))).values[2] - 10.0 for t in range(0, 130, 5)]
    assert shown[:4] == [0.0, 0.0, 10.0, 15.0]
    assert shown[12:15] == [60.0, 60.0, 70.0]
    assert shown[24:] == [120.0, 120.0]


def test_swapped_values_bring_flag_and_stamp_with_them() -> None:
    line = wire(
        '[wire.x]\nkind = "swapped"\nsignals = ["house.heat[top_1]"]\nwith = ["house.heat[top_2]"]\nstart_h = 0'
    )
    found = only(line.pass_on(frame(1.0, 900.0, np.nan, 5.0)))
    assert np.isnan(found.values[0])
    assert found.values[1] == 900.0
    assert found.status.tolist() == [BAD, GOOD, GOOD]


def test_a_drift_grows_to_its_amount_and_is_given_in_any_unit() -> None:
    text = (
        '[wire.x]\nkind = "drifted"\nsignals = ["house.flow"]\nstart_h = 0\namount = {value = -1, unit = "Nm³/min"}\n'
    )
    line = wire(text + 'growth = {value = 100, unit = "s"}')
    assert [only(line.pass_on(frame(t, 1.0, 1.0, 100.0))).values[2] for t in (0, 50, 200)] == [100.0, 70.0, 40.0]
    assert [only(wire(text).pass_on(frame(t, 1.0, 1.0, 100.0))).values[2] for t in (0, 50)] == [40.0, 40.0]


def test_a_skewed_clock_shifts_the_stamps_alone() -> None:
    line = wire('[wire.x]\nkind = "skewed"\nstart_h = 0\namount = {value = -2, unit = "min"}')
    found = only(line.pass_on(frame(10)))
    assert found.offset.tolist() == [-120.5] * 3
    assert found.values.tolist() == frame(10).values.tolist()
    assert line.ahead(10) == -120.0
    some = wire('[wire.x]\nkind = "skewed"\nsignals = ["house.flow"]\nstart_h = 0\namount = {value = 3, unit = "s"}')
    assert only(some.pass_on(frame(10))).offset.tolist() == [-0.5, -0.5, 2.5]
    assert some.ahead(10) == 0.0


def test_a_flag_lies_in_both_directions() -> None:
    bad = wire('[wire.x]\nkind = "lying"\nsignals = ["house.heat[*]"]\nstatus = "bad"\nstart_h = 0')
    assert only(bad.pass_on(frame(1))).status.tolist() == [BAD, BAD, GOOD]
    good = wire('[wire.x]\nkind = "lying"\nsignals = ["house.heat[*]"]\nstatus = "good"\nstart_h = 0')
    first = only(good.pass_on(frame(1, np.nan, 700.0, 1.0)))
    assert np.isnan(first.values[0])
    assert first.status.tolist() == [BAD, GOOD, GOOD], "nothing was ever measured: there is nothing to show"
    only(good.pass_on(frame(2, 640.0, 710.0, 1.0)))
    third = only(good.pass_on(frame(3, np.nan, 720.0, np.nan)))
    assert third.values[:2].tolist() == [640.0, 720.0], "the last value passes as new"
    assert third.status.tolist() == [GOOD, GOOD, BAD]
    unsure = wire('[wire.x]\nkind = "lying"\nsignals = ["house.flow"]\nstatus = "uncertain"\nshare = 0.25\nstart_h = 0')
    flags = [only(unsure.pass_on(frame(t))).status[2] for t in range(2000)]
    assert 0.2 < flags.count(UNCERTAIN) / 2000 < 0.3


def test_late_messages_come_behind_newer_ones_with_their_own_time() -> None:
    line = wire('[wire.x]\nkind = "late"\nstart_h = 0\nshare = 0.3\namount = {value = 25, unit = "s"}')
    passed = [(now, one.time_s) for now in range(0, 3000, 10) for one in line.pass_on(frame(now))]
    arrived = [stamp for _, stamp in passed]
    assert len(set(arrived)) == len(arrived), "none twice"
    assert set(range(0, 2970, 10)) <= set(arrived), "none is lost"
    assert arrived != sorted(arrived)
    lateness = Counter(now - stamp for now, stamp in passed)
    assert set(lateness) == {0, 30}, "with the first message after 25 s, and behind it"
    assert 0.2 < lateness[30] / 300 < 0.4


def test_late_messages_on_their_way_are_bounded() -> None:
    line = wire('[wire.x]\nkind = "late"\nstart_h = 0\nshare = 1.0\namount = {value = 9, unit = "h"}')
    passed = [line.pass_on(frame(t)) for t in range(HELD_AT_MOST + 10)]
    assert [len(one) for one in passed] == [0] * HELD_AT_MOST + [1] * 10
    assert passed[-1][0].time_s == 9.0, "the oldest first"


def test_a_duplicate_is_the_same_message_again() -> None:
    line = wire('[wire.x]\nkind = "duplicated"\nstart_h = 0\nshare = 0.5')
    passed = [line.pass_on(frame(t)) for t in range(1000)]
    assert 0.45 < Counter(map(len, passed))[2] / 1000 < 0.55
    assert all(one[0] is one[-1] for one in passed)


def test_a_lost_connection_shows_nothing_and_swallows_what_was_on_its_way() -> None:
    late = '[wire.x]\nkind = "late"\nstart_h = 0\nshare = 1.0\namount = {value = 15, unit = "s"}\n'
    lost = '[wire.y]\nkind = "lost"\nstart_h = 0.01\nlength = {value = 10, unit = "s"}'
    line = wire(late + lost)
    passed = {t: line.pass_on(frame(t)) for t in range(0, 80, 2)}
    assert [one.time_s for one in passed[34]] == [18.0]
    down = only(passed[36])
    assert (down.connected, down.time_s) == (False, 36.0)
    assert np.isnan(down.values).all()
    assert (down.status == BAD).all()
    assert passed[46] == []
    assert [one.time_s for one in passed[62]] == [46.0], "what was under way from 20 s to 44 s never came"
    assert all(one.connected for one in passed[62])


EVERYTHING = """
[wire.a]
kind = "late"
start_h = [0.0, 0.02]
share = 0.3
amount = {value = 7, unit = "s"}
[wire.b]
kind = "stale"
signals = ["house.flow"]
start_h = [0.0, 0.02]
length = {value = 20, unit = "s"}
every = {value = 45, unit = "s"}
[wire.c]
kind = "lying"
signals = ["house.heat[*]"]
status = "uncertain"
share = 0.4
start_h = 0
[wire.d]
kind = "duplicated"
start_h = 0
share = 0.2
"""


def told(line: Wire, times) -> list[tuple]:
    found = [one for t in times for one in line.pass_on(frame(t))]
    return [(one.time_s, one.values.tobytes(), one.status.tobytes(), one.offset.tobytes()) for one in found]


def test_same_seed_same_faults_and_another_seed_others() -> None:
    first, again, other = (told(wire(EVERYTHING, seed), range(300)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_copy_goes_on_as_the_first_would_and_does_not_disturb_it() -> None:
    line = wire(EVERYTHING)
    told(line, range(100))
    twin, third = line.copy(), line.copy()
    first = told(twin, range(100, 300))
    assert told(third, range(500, 700)) != first
    assert told(line, range(100, 300)) == first


def test_the_frame_of_the_board_itself_is_never_changed() -> None:
    line, kept = wire(EVERYTHING), frame(60)
    before = (kept.values.tobytes(), kept.status.tobytes(), kept.offset.tobytes())
    told(line, range(60))
    line.pass_on(kept)
    assert (kept.values.tobytes(), kept.status.tobytes(), kept.offset.tobytes()) == before


DRIFT = """
[wire.x]
kind = "drifted"
signals = ["house.heat[*]"]
start_h = [0.5, 1]
amount = { value = 5, unit = "K" }
length = { value = 1, unit = "h" }
"""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"drifted"', '"broken"', "kinds are: stale"),
        ('"drifted"', '"stale"', "amount is not understood"),
        ('amount = { value = 5, unit = "K" }', "", "amount is missing"),
        ('"K"', '"°C"', "write K"),
        ('"K"', '"bar"', "a unit like '°C' must stand"),
        ("house.heat[*]", "house.heet[*]", "no signal is called"),
        ("[0.5, 1]", "[1, 0.5]", "the earliest first"),
        ("[0.5, 1]", '"soon"', "a number of hours"),
        ("[0.5, 1]", "-1", "not negative"),
        ("value = 1,", "value = 0,", "longer than nothing"),
        ("value = 5", "value = true", "not a number"),
        ("length", 'every = { value = 1, unit = "h" }\nlength', "shorter than that"),
        ("[wire.x]", "[[wire]]", "written as [wire.NAME]"),
        (DRIFT, '[wire.x]\nkind = "late"\nstart_h = 0\nshare = 1.5\namount = {value=1, unit="s"}', "up to 1"),
        (DRIFT, '[wire.x]\nkind = "late"\nstart_h = 0\nshare = 1\namount = {value=-1, unit="s"}', "not possible"),
        (DRIFT, '[wire.x]\nkind = "lying"\nstart_h = 0\nsignals = ["*"]\nstatus = "odd"', "good, uncertain, bad"),
        (DRIFT, '[wire.x]\nkind = "lost"\nstart_h = 0', "length is missing"),
        (DRIFT, '[wire.x]\nkind = "swapped"\nstart_h = 0\nsignals = ["house.flow"]\nwith = ["*"]', "equally many"),
        (
            DRIFT,
            '[wire.x]\nkind = "swapped"\nstart_h = 0\nsignals = ["house.flow"]\nwith = ["house.heat[top_1]"]',
            "cannot pass for",
        ),
    ],
)
def test_a_wrong_declaration_says_what_and_where(old: str, new: str, why: str) -> None:
    assert old in DRIFT
    with pytest.raises(ParameterError, match=re.escape(why)) as caught:
        wire(DRIFT.replace(old, new))
    assert "wire" in str(caught.value)


def test_every_kind_is_used_in_a_shipped_scenario_and_fits_its_board() -> None:
    used = set()
    for process in PLANTS:
        for story in scenarios(process).values():
            used |= {one.kind for one in story.wire}
            assert ("wire" in story.tags) == bool(story.wire), story.id
            if story.wire:
                Wire(story.wire, public_signals(process), 3)
    assert used == set(KINDS)


def test_scenarios_without_faults_of_the_wire_have_none() -> None:
    assert scenario("hot_bar_line", "normal").wire == ()
    with pytest.raises(ParameterError, match="scenarios are"):
        scenario("hot_bar_line", "../normal")


@pytest.mark.parametrize("name", [s.id for s in scenarios("hot_bar_line").values() if s.wire])
def test_a_shipped_scenario_degrades_the_wire_and_not_the_plant(name: str) -> None:
    """The same plant runs with and without its wire; what a reader gets differs within three hours."""
    works = open_line(shipped_line(), 3, name)
    view, line = View(works), Wire(scenario("hot_bar_line", name).wire, works.board.signals, 3)
    differs = 0
    for step in range(180):
        works.advance(60)
        seen = view.look(step)
        told = line.pass_on(seen)
        same = len(told) == 1 and all(
            np.array_equal(getattr(told[0], key), getattr(seen, key), equal_nan=True)
            for key in ("values", "status", "offset")
        )
        differs += not same
    assert 15 <= differs < 180, name


@pytest.mark.parametrize("page", ["test-with-bad-data.md", "test-with-bad-data.ko.md"])
def test_the_python_block_of_the_page_runs_and_shows_what_it_says(page: str, capsys) -> None:
    text = (ROOT / "docs/how-to" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python file=try_wire.py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    exec(compile(block, page, "exec"), {})
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 9
    assert "180 s old  ['coupler_hangs']" in shown[3]
    assert shown[5].endswith("0 s old  []")
    assert all(f"`{kind}`" in text for kind in KINDS)
    assert all(f"`{story.id}`" in text for process in PLANTS for story in scenarios(process).values() if story.wire)
