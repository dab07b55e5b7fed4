"""Detectors that know no fault: by counting runs, by the clock, by memory, by names; none of them gets "better"."""

from contextlib import ExitStack

import pytest

from steelyard.solutions.host import Host
from steelyard.solutions.process import isolation
from steelyard.trials.analysis import analyse
from steelyard.trials.detector import arms_of, injection_of, order_of, run_of, world_of
from steelyard.trials.run import board_infos, jobs_of
from steelyard.trials.verdict import Safety, decide
from steelyard.trials.world import open_plant

from .conftest import SOLUTIONS
from .test_detector_trial import detector_plan

ZONES = [f"{side}_{k}" for side in ("top", "bottom") for k in (1, 2, 3, 4)]
PLANNED = ["clogging[top_3]", "clogging[bottom_2]"]
BY_PLACE = [f"clogging[{zone}]" for zone in ZONES]
READS = [f"reheating_furnace.{what}[{zone}]" for what in ("valve_position", "fuel_flow") for zone in ZONES]
SOURCE = '''"""A detector that cheats."""
import json, os, pathlib, tempfile
CORNERS = {{os.getcwd(), tempfile.gettempdir(), os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm"}}
FILES = [pathlib.Path(place) / "steelyard-cheat-{name}.json" for place in sorted(CORNERS)]

def recall():
    for file in FILES:
        try:
            return json.loads(file.read_text())
        except (OSError, ValueError):
            pass
    return None

def note(what):
    for file in FILES:
        try:
            file.write_text(json.dumps(what))
        except OSError:
            pass

class Solution:
    name, version, kind = "{name}", "1", "detector"
    reads, writes, interval_s = {reads}, [], 60.0
    alarms = {alarms}
    runs = 0
    seen = {{}}
    def start(self, run):
        before = recall()
        type(self).runs = max(type(self).runs, before["runs"] if before else 0) + 1
        if before:
            type(self).seen = before["seen"]
        self.on, self.label = 0.0, run["seed_label"]
        self.last = self.seen.get(self.label, {{}})
        self.rows = {{}}
        note({{"runs": type(self).runs, "seen": self.seen}})
    def decide(self, time_s, signals):
        {decide}
'''
ALL = "return dict.fromkeys(self.alarms, {score})"
PULSE = "self.on = 1.0 - self.on; " + ALL.format(score="self.on")
DIFF = (
    "row = [signals[name] or 0.0 for name in self.reads]; self.rows[str(time_s)] = row; "
    "type(self).seen[self.label] = self.rows; note({'runs': self.runs, 'seen': self.seen}); "
    "old = self.last.get(str(time_s)); "
    "return {f'clogging[{n.split(\"[\")[1]}': float(bool(old) and abs(a - b) > 0.2 * abs(b)) "
    "for n, a, b in zip(self.reads[8:], row[8:], (old or row)[8:])}"
)
CHEATS = {
    "always": (BY_PLACE, ALL.format(score="1.0")),
    "never": (BY_PLACE, "return {}"),
    "at_once": (BY_PLACE, ALL.format(score="float(time_s <= 300.0)")),
    "from_the_start_on_and_off": (PLANNED, PULSE),
    "at_the_last_onset": (PLANNED, ALL.format(score="float(time_s >= 2880.0)")),
    "one_zone_at_the_last_onset": (PLANNED[:1], ALL.format(score="float(time_s >= 2880.0)")),
    "every_hour": (PLANNED, ALL.format(score="float(time_s % 3600.0 < 60.0)")),
    "each_second_run": (PLANNED, "if self.runs % 2: return {}; " + PULSE),
    "each_second_run_no_place": (["clogging"], "if self.runs % 2: return {}; " + PULSE),
    "compares_with_the_run_before": (BY_PLACE, DIFF),
    "part_of_the_name": (["g", "burner", "clog", "r_clogging"], PULSE),
    "no_place": (["clogging", "burner_clogging"], PULSE),
}


def written(folder, name):
    """Write a cheat and return its file."""
    alarms, decide = CHEATS[name]
    path = folder / f"{name}.py"
    body = decide.replace("; ", "\n        ")
    path.write_text(SOURCE.format(name=name, reads=READS, alarms=alarms, decide=body), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """All cheats and two honest detectors before the same campaigns: runs by name, and the verdict of each."""
    folder = tmp_path_factory.mktemp("cheats")
    plan = detector_plan("flow_ratio_detector.py")
    plant, infos = open_plant(plan, 1), board_infos("hot_bar_line")
    paths = {"baseline": plan.baseline_path(), "honest": SOLUTIONS / "flow_ratio_detector.py"}
    paths |= {name: written(folder, name) for name in CHEATS}
    runs = {name: [] for name in paths}
    with ExitStack() as stack:
        hosts = [stack.enter_context(Host(path, signals=infos)) for path in paths.values()]
        for host in hosts:
            host.open()
        for job in jobs_of(plan, plan.suite.seed):
            injection, arms = arms_of(plan, plant, hosts, job)
            for name, arm in zip(paths, arms, strict=True):
                runs[name].append(run_of(job, injection, arms[0], arm))
    results = {name: analyse([run.pair for run in found], plan, "h") for name, found in runs.items()}
    verdicts = {name: decide(one, Safety(), plan, False)["verdict"] for name, one in results.items()}
    return runs, verdicts


def total(runs, kpi):
    """Return the sum of a KPI over campaigns."""
    return sum(run.pair.solution[kpi] for run in runs)


def test_an_honest_detector_gets_better_in_this_trial(trial):
    assert trial[1]["honest"] == "better"


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_does_not_get_better(trial, name):
    runs, verdicts = trial
    said = [watched for run in runs[name] for watched in (run.solution.sound, run.solution.faulty)]
    assert not any(sum(one.faults.values()) for one in said)
    assert verdicts[name] != "better"


@pytest.mark.parametrize("name", ["always", "from_the_start_on_and_off", "at_the_last_onset", "every_hour", "no_place"])
def test_alarms_without_a_reason_are_worse(trial, name):
    assert trial[1][name] == "worse"


def test_a_new_process_for_each_run_remembers_nothing(trial):
    """Its first run is always its first: a cheat that waits for its second run stays silent."""
    if isolation()["files"] != "own":
        pytest.skip("weak isolation on this machine: a process can leave files behind")
    runs = trial[0]
    for name in ("each_second_run", "each_second_run_no_place", "compares_with_the_run_before"):
        assert all(run.solution.scored.false_alarms == 0 for run in runs[name]), name
        assert total(runs[name], "detected_share") == 0.0


@pytest.mark.parametrize("name", ["part_of_the_name", "no_place"])
def test_a_name_that_does_not_say_which_fault_and_where_is_no_detection(trial, name):
    assert total(trial[0][name], "detected_share") == 0.0
    assert total(trial[0][name], "false_alarms_per_day") > 0.0


def test_alarms_before_the_onset_of_the_faulty_run_are_false_alarms(trial):
    for run in trial[0]["always"]:
        # 8 alarms stand in both runs; one of them is right after the onset, yet it did not begin there
        assert run.solution.scored.false_alarms >= 16
        assert run.solution.scored.detected_at is None


def test_the_order_is_drawn_and_the_two_runs_are_other_days_of_one_plant():
    plan = detector_plan("flow_ratio_detector.py", runs={"campaigns": 24})
    plant = open_plant(plan, 1)
    jobs = jobs_of(plan, plan.suite.seed)
    first = [order_of(job)[0] for job in jobs]
    assert 6 <= sum(first) <= 18
    assert first == [order_of(job)[0] for job in jobs]
    job = jobs[0]
    worlds = [world_of(plan, plant, job, one) for one in (None, injection_of(plan, plant, job))]
    rows = []
    for world in worlds:
        world.advance(600)
        rows.append(world.board.reader(READS).read())
    measured = [(a, b) for a, b in zip(*rows, strict=True) if a == a and b == b]
    assert len(measured) >= 8
    assert sum(a != b for a, b in measured) > 0.7 * len(measured)
