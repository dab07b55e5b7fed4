"""Trials on a bad wire: the solution meets it, plant, monitor and KPIs do not; the guardrails show what it does."""

import math
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from steelyard.plant.frame import GOOD, UNCERTAIN, View
from steelyard.solutions.contract import Hello
from steelyard.trials.campaign import run_baseline, run_solution
from steelyard.trials.detector import watch
from steelyard.trials.plan import plan_from
from steelyard.trials.report import write
from steelyard.trials.run import run_trial
from steelyard.trials.sight import Sight
from steelyard.trials.verify import verify
from steelyard.trials.world import Plant, open_plant

from .conftest import SOLUTIONS
from .test_line_trial import line_plan

ZONES = [f"reheating_furnace.zone_temperature[{side}_{k}]" for side in ("top", "bottom") for k in range(1, 5)]
PYROMETER = "reheating_furnace.exit_pyrometer"


PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/test-with-bad-data.md"


class Listener:
    """A host that writes nothing and keeps what it was asked; `kind` controller or detector."""

    def __init__(self, kind: str = "controller", interval_s: float = 60.0) -> None:
        self.hello = Hello("listener", "1", kind, (*ZONES, PYROMETER), (), interval_s)
        self.asked: list[tuple[float, dict[str, float]]] = []
        self.faults: dict[str, int] = {}
        self.reasons: list[str] = []
        self.alarms: dict[str, float] = {}
        self.fallback = False

    def reads(self) -> list[str]:
        return list(self.hello.reads)

    def start(self, run, world=None) -> None:
        self.asked.clear()

    def decide(self, time_s: float, signals: dict[str, float]):
        self.asked.append((time_s, signals))
        return SimpleNamespace(set={}, fault="", alarm={})

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def plant() -> Plant:
    return open_plant(line_plan("silent_line_controller.py"), 1)


def asked(plant: Plant, scenario: str, seed: int = 3):
    """Return what a listener was asked in a run of 50 bars, and the arm."""
    host = Listener()
    arm = run_solution(plant.open(seed, scenario), host, {}, 20, 60)
    return host.asked, arm


@pytest.fixture(scope="module")
def plain(plant: Plant):
    """What a listener is asked when nothing is wrong."""
    return asked(plant, "normal")


@pytest.mark.parametrize("name", ["stale_tags", "swapped_tags", "drifted_tags", "clock_skew", "late_and_duplicated",
                                  "lost_connection"])  # fmt: skip
def test_the_wire_touches_neither_plant_nor_baseline(plant: Plant, plain, name: str) -> None:
    _, normal = plain
    said, arm = asked(plant, name)
    baseline = run_baseline(plant.open(3, name), 20, 60)
    assert arm.log.tobytes() == baseline.log.tobytes() == normal.log.tobytes()
    assert arm.trace == normal.trace, "the trace is of the board itself"
    assert arm.violations == normal.violations
    assert said != plain[0], "and yet the solution met something else"


def test_without_faults_of_the_wire_nothing_is_between(plant: Plant, plain) -> None:
    said, arm = plain
    assert "unasked" not in arm.counts
    assert [time_s for time_s, _ in said] == [60.0 * (k + 1) for k in range(len(said))]
    world = plant.open(3, "normal")
    assert world.wire is None
    assert not Sight(world, [PYROMETER]).wired


def test_a_stale_board_repeats_itself(plant: Plant, plain) -> None:
    said, arm = asked(plant, "stale_tags")
    assert len(said) == len(plain[0])
    same = [now for (now, seen), (_, before) in zip(said[1:], said, strict=False) if seen == before]
    assert 20 <= len(same) <= 30, "25 minutes, at one question a minute"
    assert same == [60.0 * k for k in range(int(same[0] / 60), int(same[0] / 60) + len(same))]
    assert arm.counts["unasked"] == 0.0


def test_a_lost_connection_asks_nobody_and_is_counted(plant: Plant, plain) -> None:
    said, arm = asked(plant, "lost_connection")
    times = [time_s for time_s, _ in said]
    gaps = [later - now for now, later in pairwise(times)]
    assert sorted(set(gaps)) == [60.0, 21 * 60.0], "20 minutes without a question"
    assert arm.counts["unasked"] == len(plain[0]) - len(said) == 20 * gaps.count(21 * 60.0)
    assert arm.counts["decisions"] == len(said)


def test_late_messages_ask_again_with_their_own_time_and_duplicates_ask_twice(plant: Plant, plain) -> None:
    said, arm = asked(plant, "late_and_duplicated")
    times = [time_s for time_s, _ in said]
    assert times != sorted(times)
    twice = [now for now, later in pairwise(times) if now == later]
    assert 3 <= len(twice) <= 25
    assert arm.counts["unasked"] > 0.0
    honest = dict(plain[0])
    for time_s, seen in said:
        assert seen == pytest.approx(honest[time_s], nan_ok=True), "what it says is true, of its own time"


def test_a_wrong_clock_shifts_the_time_of_the_question_alone(plant: Plant, plain) -> None:
    said, _ = asked(plant, "clock_skew")
    shifts = {time_s - right for (time_s, _), (right, _) in zip(said, plain[0], strict=True)}
    assert shifts == {0.0, 600.0}
    assert all(a == b or math.isnan(a[PYROMETER]) for (_, a), (_, b) in zip(said, plain[0], strict=True))


def test_a_value_called_bad_is_not_there_and_an_uncertain_one_passes_as_good(plant: Plant) -> None:
    said, _ = asked(plant, "lying_status")
    late = [seen for time_s, seen in said if time_s > 1800.0]
    gone = {zone: sum(math.isnan(seen[zone]) for seen in late) / len(late) for zone in ZONES}
    assert all(0.01 < gone[zone] < 0.12 for zone in ZONES if "bottom" in zone)
    assert all(gone[zone] == 0.0 for zone in ZONES if "top" in zone)
    world = plant.open(3, "lying_status")
    view, own = View(world.works), world.wire.copy()
    hung = view.names.index("reheating_furnace.zone_temperature[top_2]")
    flags = []
    for step in range(150):
        world.advance(60)
        frame = view.look(step)
        flags.append((frame.status[hung], own.pass_on(frame)[0].status[hung]))
    assert (UNCERTAIN, GOOD) in flags, "the coupler knows, the wire does not say"
    assert {told for _, told in flags} == {GOOD}


def test_a_copy_of_the_wire_meets_the_same_as_the_solution(plant: Plant) -> None:
    """Whoever shows a trial to a client over a real wire may pass frames through a copy: same times, same faults."""
    said, _ = asked(plant, "late_and_duplicated")
    world = plant.open(3, "late_and_duplicated")
    own, view, seen = world.wire.copy(), View(world.works), []
    for step in range(1, len(said) + 60):
        world.advance(60)
        seen += [frame.time_s for frame in own.pass_on(view.look(step))]
    assert seen[: len(said)] == [time_s for time_s, _ in said]


def test_detectors_look_through_the_wire_each_at_its_own_times(plant: Plant) -> None:
    hosts = [Listener("detector", 60.0), Listener("detector", 30.0)]
    found = watch(plant.open(3, "lost_connection"), hosts, {}, 3.0 * 3600)
    assert [one.asked for one in found] == [140, 280], "twice 20 of 180 minutes nobody is asked"
    assert [len(one.scores) for one in found] == [180, 360], "an alarm that stands goes on standing"


def trial(scenario: str):
    """Run the plan of the how-to page on one scenario."""
    text = PAGE.read_text(encoding="utf-8")
    (plan,) = re.findall(r"^```toml file=bad-wire.toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    raw = tomllib.loads(plan)
    raw["suite"]["scenarios"] = [scenario]
    return run_trial(plan_from(raw, SOLUTIONS, "plan of the page"))


def test_a_controller_that_is_better_on_a_sound_wire_breaks_a_guardrail_on_a_bad_one(tmp_path) -> None:
    sound, bad = trial("normal"), trial("drifted_tags")
    assert sound["verdict"] == "better"
    assert bad["verdict"] == "worse"
    rails = {rail["kpi"]: rail for rail in bad["result"]["results"]["guardrails"]}
    assert rails["exit_outside_share"]["low"] > rails["exit_outside_share"]["margin"], "cold bars, and it is reported"
    assert 35.0 < rails["exit_outside_share"]["effect"] < 45.0, "the page says 40 %"
    assert bad["primary"]["high"] < 0.0, "the meter alone would have praised it"
    assert sound["primary"]["effect"] == pytest.approx(-0.03, abs=0.005), "the page says 0.03 GJ/t"
    (story,) = bad["result"]["scenarios"]
    assert [one["kind"] for one in story["wire"]] == ["drifted"]
    assert all("wire" not in one for one in sound["result"]["scenarios"]), "as it was"
    page = write(dict(bad), tmp_path, "ko").read_text(encoding="utf-8")
    assert "드리프트된 태그" in page
    assert "통신: 값 드리프트" in page
    assert verify(tmp_path / "report.json")["verified"] is True


def test_the_silent_solution_still_changes_nothing_and_the_report_says_how_often_it_was_not_asked(tmp_path) -> None:
    plan = line_plan(
        str(SOLUTIONS / "silent_line_controller.py"), suite={"scenarios": ["lost_connection"]}, runs={"bars": 60}
    )
    report = run_trial(plan)
    assert report["verdict"] == "not worse"
    assert report["primary"]["effect"] == 0.0
    assert all(run["counts"]["unasked"] > 0.0 for run in report["result"]["runs"])
    page = write(dict(report), tmp_path, "en").read_text(encoding="utf-8")
    assert re.search(r"wire: lost connection, without a message at [1-9]\d?\s% of the decisions", page)
