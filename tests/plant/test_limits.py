"""Limits: an alarm comes after its delay, goes behind its dead band, and decides nothing on a bad value."""

import re
from pathlib import Path

import numpy as np
import pytest

from steelyard.errors import ParameterError
from steelyard.plant.board import PLANTS, public_signals
from steelyard.plant.frame import BAD, GOOD, UNCERTAIN, Frame, View
from steelyard.plant.limits import Watch, load_limits
from steelyard.plant.line import open_line, shipped_line
from steelyard.plant.works import open_works, shipped_values
from steelyard.signals import Signal, quantity

SIGNALS = {
    name: Signal(name, quantity("K", "of a zone", shown="°C")) for name in ("house.heat[top_1]", "house.heat[top_2]")
}
HOT = """
[limit.hot]
signals = ["house.heat[*]"]
high = { value = 1373.15, unit = "K" }
dead_band = { value = 10, unit = "K" }
delay = { value = 0.05, unit = "min" }
severity = 700
text = { en = "hot", ko = "과열" }
source = "assumed: a test"
"""


def declared(folder: Path, text: str = HOT):
    path = folder / "limits.toml"
    path.write_text(text, encoding="utf-8")
    return load_limits("hot_bar_line", SIGNALS, path)


def frame(time_s: float, first: float, second: float = 20.0, status: int = GOOD) -> Frame:
    return Frame(0, time_s, np.array([first, second]), np.array([status, GOOD], dtype=np.uint8), np.zeros(2))


def states(watch: Watch, *frames: Frame) -> list[list[tuple[str, bool]]]:
    return [[(event["id"], event["active"]) for event in watch.look(one)] for one in frames]


def test_an_alarm_comes_after_its_delay_and_goes_behind_its_dead_band(tmp_path: Path) -> None:
    limits = declared(tmp_path)
    assert [one.id for one in limits] == ["hot[top_1]", "hot[top_2]"]
    assert limits[0].high == pytest.approx(1100.0), "1373.15 K on a board in °C"
    watch = Watch(limits, SIGNALS)
    assert states(watch, frame(0, 1101), frame(2, 1102), frame(2.9, 1103)) == [[], [], []]
    (event,) = watch.look(frame(3, 1104))
    assert event == {
        "id": "hot[top_1]", "signal": "house.heat[top_1]", "active": True, "severity": 700,
        "text": {"en": "hot", "ko": "과열"}, "kind": "high", "limit": pytest.approx(1100.0), "value": 1104.0,
        "time_s": 3,
    }  # fmt: skip
    assert watch.active == [event]
    assert states(watch, frame(4, 1095), frame(5, 1200), frame(6, 1090)) == [[], [], [("hot[top_1]", False)]]
    assert watch.active == []


def test_a_short_peak_raises_nothing(tmp_path: Path) -> None:
    watch = Watch(declared(tmp_path), SIGNALS)
    peaks = [frame(t, 1150.0 if t % 3 else 1000.0) for t in range(30)]
    assert states(watch, *peaks) == [[]] * 30


def test_a_bad_value_decides_nothing(tmp_path: Path) -> None:
    watch = Watch(declared(tmp_path), SIGNALS)
    assert states(watch, frame(0, 1200), frame(2, np.nan, status=BAD), frame(4, 1200)) == [[], [], []], "begins anew"
    assert states(watch, frame(7, 1200, status=UNCERTAIN)) == [[("hot[top_1]", True)]], "uncertain is still a value"
    assert states(watch, frame(8, 20.0, status=BAD), frame(9, np.nan, status=BAD)) == [[], []]
    assert len(watch.active) == 1
    assert states(watch, frame(10, 20.0)) == [[("hot[top_1]", False)]]


def test_a_signal_that_stays_bad_has_its_own_alarm(tmp_path: Path) -> None:
    lost = HOT.replace('high = { value = 1373.15, unit = "K" }', "bad = true")
    watch = Watch(declared(tmp_path, lost), SIGNALS)
    assert states(watch, frame(0, np.nan, status=BAD), frame(2, np.nan)) == [[], []]
    (event,) = watch.look(frame(3, np.nan, status=BAD))
    assert (event["kind"], event["limit"], event["value"]) == ("bad", None, None)
    assert states(watch, frame(4, 5.0)) == [[("hot[top_1]", False)]]


def test_low_and_high_are_told_apart_and_both_signals_watched(tmp_path: Path) -> None:
    both = HOT.replace("dead_band", 'low = { value = 0, unit = "°C" }\ndead_band').replace("delay", "# delay")
    watch = Watch(declared(tmp_path, both), SIGNALS)
    first, second = watch.look(frame(0, -5.0, 1200.0))
    assert (first["kind"], first["limit"], second["kind"]) == ("low", 0.0, "high")
    assert states(watch, frame(1, 1200.0, 1200.0)) == [[]], "one alarm, wherever it is outside"
    assert [event["active"] for event in watch.look(frame(2, 50.0, 50.0))] == [False, False]


def test_a_copy_goes_its_own_way(tmp_path: Path) -> None:
    watch = Watch(declared(tmp_path), SIGNALS)
    states(watch, frame(0, 1200))
    twin = watch.copy()
    assert states(watch, frame(1, 20)) == [[]]
    assert states(twin, frame(3, 1200)) == [[("hot[top_1]", True)]], "the copy remembers since when"
    assert (len(watch.active), len(twin.active)) == (0, 1)
    again = twin.copy()
    assert states(twin, frame(4, 20)) == [[("hot[top_1]", False)]]
    assert len(again.active) == 1


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("house.heat[*]", "house.heat[top_9]", "no signal is called"),
        ('unit = "K" }\ndead', 'unit = "bar" }\ndead', "a unit like '°C' must stand"),
        ('value = 10, unit = "K"', 'value = 10, unit = "°C"', "write K"),
        ("value = 1373.15", "value = nan", "not a finite number"),
        ("severity = 700", "severity = 2000", "1 to 1000"),
        ('source = "assumed: a test"', 'source = " "', "has no source"),
        (', ko = "과열"', "", "en = "),
        ("high =", "higher =", "keys are"),
        ("high =", "bad = true\nhigh =", "or else bad = true"),
        ("value = 0.05", "value = -0.05", "is negative"),
        ("high =", 'low = { value = 1095, unit = "°C" }\nhigh =', "leave no room"),
        ("[limit.hot]", "[limits.hot]", "limits are written as"),
        ("[limit.hot]", "[limit.hot", "cannot be read as a file of limits"),
    ],
)
def test_a_wrong_declaration_says_what_and_where(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in HOT
    with pytest.raises(ParameterError, match=re.escape(why)) as caught:
        declared(tmp_path, HOT.replace(old, new))
    assert "limits.toml" in str(caught.value)


@pytest.mark.parametrize("process", PLANTS)
def test_shipped_limits_lie_inside_the_range_of_their_signals(process: str) -> None:
    signals = {signal.name: signal for signal in public_signals(process)}
    limits = load_limits(process, signals)
    assert len({one.id for one in limits}) == len(limits) >= 8
    for one in limits:
        low, high = signals[one.signal].declaration.low, signals[one.signal].declaration.high
        assert one.bad or low <= one.low <= high or low <= one.high <= high, one.id


def rung(process: str, works, hours: float, every: int = 5) -> set[str]:
    """Return the alarms that ring while a works runs."""
    view, watch = View(works), Watch(load_limits(process, works.board.signals), works.board.signals)
    found: set[str] = set()
    for step in range(int(hours * 3600 / every)):
        works.advance(every)
        found |= {event["id"] for event in watch.look(view.look(step)) if event["active"]}
    return found


def test_normal_production_rings_nothing_of_weight() -> None:
    assert rung("hot_bar_line", open_line(shipped_line(), 3), 4.0) <= {"mill_delay"}
    assert rung("ladle_furnace", open_works(shipped_values(), 3), 8.0) <= {"dips_failed"}


def test_what_goes_wrong_rings() -> None:
    assert "argon_pressure_high" in rung("ladle_furnace", open_works(shipped_values(), 0, "blocked_plug"), 4.0)
    line = open_line(shipped_line(), 3)
    for side in ("top", "bottom"):
        line.board.write(f"reheating_furnace.zone_setpoint[{side}_4]", 1280.0, "controller")
    assert {"zone_hot[top_4]", "discharged_hot"} <= rung("hot_bar_line", line, 2.0)
