"""Detector trials: what is a detection, what a false alarm; A/A, a nervous detector, a broken one."""

from dataclasses import replace

import pytest

from steelyard.errors import DataError
from steelyard.trials import detector_kpi
from steelyard.trials.alarms import Injection, detection_time, false_alarms
from steelyard.trials.detector import Watched, injection_of, run_detector_trial
from steelyard.trials.detector_kpi import ScoredAlarms
from steelyard.trials.plan import load_plan, plan_from
from steelyard.trials.report import write
from steelyard.trials.run import Job, jobs_of
from steelyard.trials.verify import verify
from steelyard.trials.world import open_plant

from .conftest import SOLUTIONS

FAULT = "reheating_furnace.burner_clogging_top_3"
CLOGGING = Injection(FAULT, 0.5, 1000.0, ("top_3",), ("burner_clogging", "clogging"))


def detector_plan(path: str, baseline: str = "reference:burner_limit_alarm", **sections):
    """A detector plan of an hour and a half; `sections` replace single values."""
    raw = {
        "trial": {"id": "small detector", "kind": "detector"},
        "plant": {"process": "hot_bar_line"},
        "solution": {"path": path, "kind": "detector"},
        "baseline": {"path": baseline},
        "suite": {"scenarios": ["normal"], "seed": 5},
        "detection": {
            "faults": [FAULT, "reheating_furnace.burner_clogging_bottom_2"], "severity_low": 0.5, "severity_high": 0.8,
            "hours": 1.5, "warmup_h": 0.4, "onset_from_h": 0.5, "onset_until_h": 0.8, "growth_h": 0.0,
        },
        "statistics": {"resamples": 999},
        "runs": {"campaigns": 6},
        "primary": [{"kpi": "delay_h", "margin": 0.1}],
        "guardrails": [{"kpi": "false_alarms_per_day", "margin": 2.0}],
    }  # fmt: skip
    for name, values in sections.items():
        raw[name] = {**raw.get(name, {}), **values} if isinstance(values, dict) else values
    return plan_from(raw, SOLUTIONS, "small plan")


def watched(**alarms: list[tuple[float, float]]) -> Watched:
    """What a detector said: for each alarm (time, score) at the same times; `_` stands for brackets."""
    times = next(iter(alarms.values()))
    names = {name: name.replace("__", "[") + ("]" if "__" in name else "") for name in alarms}
    rows = [(now, {names[key]: alarms[key][i][1] for key in alarms}) for i, (now, _) in enumerate(times)]
    return Watched(scores=rows)


@pytest.mark.parametrize(
    ("alarm", "meant"),
    [("clogging[top_3]", True), ("burner_clogging[top_3]", True), ("burner_clogging_top_3", True),
     ("reheating_furnace.burner_clogging[top_3]", True), ("clogging[top_2]", False), ("leak[top_3]", False),
     ("clogging", False), ("burner_clogging", False), ("burner[top_3]", False), ("clog[top_3]", False),
     ("g[top_3]", False), ("r_clogging[top_3]", False), ("bar_rolling.clogging[top_3]", False), ("top_3", False),
     ("burner_clogging_top_3[top_2]", False), ("clogging_top_2", False)],
)  # fmt: skip
def test_an_alarm_means_the_fault_by_its_name_and_place(alarm, meant):
    assert CLOGGING.means(alarm) is meant


def test_an_alarm_without_a_place_counts_only_where_the_plan_allows_it_or_the_fault_has_none():
    anywhere = replace(CLOGGING, place_needed=False)
    assert anywhere.means("burner_clogging")
    assert not anywhere.means("clogging")
    assert not anywhere.means("clogging[top_2]")
    fouling = Injection("reheating_furnace.recuperator_fouling", 0.5, 1000.0, (), ("recuperator_fouling", "fouling"))
    assert [fouling.means(name) for name in ("recuperator_fouling", "fouling", "recuperator")] == [True, True, False]


def test_a_short_name_that_two_planned_faults_share_means_neither():
    faults = ["reheating_furnace.air_meter_drift", "instruments.thermocouple_drift"]
    plan = detector_plan("flow_ratio_detector.py", detection={"faults": faults}, runs={"campaigns": 12})
    plant = open_plant(plan, 1)
    found = {one.fault: one for one in (injection_of(plan, plant, job) for job in jobs_of(plan, 5))}
    assert set(found) == set(faults)
    assert not any(one.means("drift") for one in found.values())
    assert found[faults[0]].means("meter_drift")
    assert found[faults[1]].means("thermocouple_drift[top_4]")


def test_only_an_alarm_raised_after_the_onset_is_a_detection():
    rows = [(600.0, 0.0), (1200.0, 0.6), (1800.0, 0.9)]
    assert detection_time(watched(clogging__top_3=rows), CLOGGING) == 1200.0
    standing = [(600.0, 0.9), (1200.0, 0.9), (1800.0, 0.9)]
    assert detection_time(watched(clogging__top_3=standing), CLOGGING) is None
    again = [(600.0, 0.9), (1200.0, 0.2), (1800.0, 0.5)]
    assert detection_time(watched(clogging__top_3=again), CLOGGING) == 1800.0
    assert detection_time(watched(clogging__top_2=rows), CLOGGING) is None
    assert detection_time(watched(clogging__top_3=[(600.0, 0.0), (1200.0, 0.49)]), CLOGGING) is None


def test_false_alarms_are_all_before_the_onset_and_those_after_it_that_name_another_place():
    quiet = watched(clogging__top_3=[(600.0, 0.0), (1200.0, 0.0)], clogging__top_2=[(600.0, 0.0), (1200.0, 0.0)])
    found = watched(clogging__top_3=[(600.0, 0.0), (1200.0, 1.0)], clogging__top_2=[(600.0, 0.0), (1200.0, 0.0)])
    wrong = watched(clogging__top_3=[(600.0, 0.0), (1200.0, 0.0)], clogging__top_2=[(600.0, 0.0), (1200.0, 1.0)])
    early = watched(clogging__top_3=[(600.0, 1.0), (1200.0, 0.0)], clogging__top_2=[(600.0, 1.0), (1200.0, 0.0)])
    assert false_alarms(quiet, found, CLOGGING, 300.0) == 0
    assert false_alarms(quiet, wrong, CLOGGING, 300.0) == 1
    assert false_alarms(found, found, CLOGGING, 300.0) == 1
    assert false_alarms(found, found, CLOGGING, 1500.0) == 0
    assert false_alarms(quiet, early, CLOGGING, 300.0) == 2
    assert false_alarms(quiet, early, CLOGGING, 700.0) == 0


def test_a_right_alarm_that_chatters_is_false_from_its_second_time_on():
    quiet = watched(clogging__top_3=[(600.0, 0.0)])
    times = [float(t) for t in range(1060, 10060, 60)]
    chatters = watched(clogging__top_3=[(t, float(i % 2 == 0)) for i, t in enumerate(times)])
    stands = watched(clogging__top_3=[(t, 1.0) for t in times])
    falls_once = watched(clogging__top_3=[(t, float(not 4000.0 < t < 6000.0)) for t in times])
    assert false_alarms(quiet, chatters, CLOGGING, 300.0) == 72
    assert false_alarms(quiet, stands, CLOGGING, 300.0) == 0
    assert false_alarms(quiet, falls_once, CLOGGING, 300.0) == 0


def test_the_delay_is_censored_at_the_end_of_the_run():
    never = ScoredAlarms(3600.0, 28800.0, None, 0, 86400.0, 10, 0)
    found = ScoredAlarms(3600.0, 28800.0, 5400.0, 2, 43200.0, 10, 1)
    assert detector_kpi.evaluate(never) == {
        "delay_h": 7.0, "detected_share": 0.0, "false_alarms_per_day": 0.0, "unanswered_share": 0.0,
    }  # fmt: skip
    assert detector_kpi.evaluate(found) == {
        "delay_h": 0.5, "detected_share": 100.0, "false_alarms_per_day": 4.0, "unanswered_share": 10.0,
    }  # fmt: skip


def test_the_injected_fault_depends_on_the_seed_of_the_campaign_alone():
    plan = detector_plan("flow_ratio_detector.py", runs={"campaigns": 12})
    plant = open_plant(plan, 1)
    jobs = jobs_of(plan, plan.suite.seed)
    found = [injection_of(plan, plant, job) for job in jobs]
    assert found == [injection_of(plan, plant, job) for job in jobs]
    assert injection_of(plan, plant, Job(99, "normal", jobs[3].seed)) == found[3]
    assert {one.fault for one in found} == set(plan.detection.faults)
    assert all(0.5 * 3600.0 <= one.onset <= 0.8 * 3600.0 for one in found)
    assert all(0.5 <= one.severity <= 0.8 for one in found)
    assert {one.places for one in found} == {("top_3",), ("bottom_2",)}


def test_a_quick_detector_beats_the_limit_alarm_and_the_report_verifies(tmp_path):
    report = run_detector_trial(detector_plan("flow_ratio_detector.py"))
    kpis = report["result"]["results"]["kpis"]
    assert report["verdict"] == "better"
    assert kpis["detected_share"]["solution"] == 100.0
    assert kpis["delay_h"]["solution"] < 0.3
    for lang, word in (("ko", "감지 지연"), ("en", "Delay of detection")):
        page = write(dict(report), tmp_path, lang).read_text(encoding="utf-8")
        assert word in page
        assert FAULT in page
        assert not any(wrong in page for wrong in ("NaN", "None", "heats", "히트"))
    assert verify(tmp_path / "report.json")["verified"] is True


def test_the_same_detector_twice_is_no_difference():
    report = run_detector_trial(detector_plan("flow_ratio_detector.py", str(SOLUTIONS / "flow_ratio_detector.py")))
    assert report["verdict"] == "not worse"
    assert all(row["effect"] == 0.0 for row in report["result"]["results"]["kpis"].values())


def test_a_nervous_detector_is_quick_and_still_worse():
    report = run_detector_trial(detector_plan("nervous_detector.py"))
    kpis = report["result"]["results"]["kpis"]
    assert kpis["delay_h"]["solution"] < 0.05
    assert kpis["false_alarms_per_day"]["solution"] > 1000.0
    assert report["verdict"] == "worse"


def test_a_broken_detector_ends_in_a_counted_report():
    report = run_detector_trial(detector_plan("crashing_detector.py", runs={"campaigns": 2}))
    result = report["result"]
    assert sum(run["faults"]["crashed"] for run in result["runs"]) > 0
    assert result["results"]["kpis"]["unanswered_share"]["solution"] > 50.0
    assert any("refused or faulty" in one["en"] for one in result["verdict"]["conditions"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"detection": {"faults": []}}, "faults is empty"),
        ({"detection": {"onset_until_h": 2.0}}, "onset_from_h <= onset_until_h < hours"),
        ({"detection": {"severity_low": 0.9}}, "severity_low is above"),
        ({"baseline": ""}, "needs .baseline. path"),
        ({"solution": {"kind": "controller"}}, "detector trial takes"),
        ({"plant": {"process": "ladle_furnace"}}, "ladle_furnace has no such trial"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(changes, message):
    with pytest.raises(DataError, match=message):
        detector_plan("flow_ratio_detector.py", **changes)


def test_a_solution_of_another_kind_and_an_unknown_fault_are_refused():
    with pytest.raises(DataError, match="says it is a controller"):
        run_detector_trial(detector_plan("silent_line_controller.py"))
    with pytest.raises(DataError, match=r"no fault 'reheating_furnace\.rust'"):
        detector_plan("flow_ratio_detector.py", detection={"faults": ["reheating_furnace.rust"]})


def test_the_detection_section_is_part_of_the_hash():
    plan = detector_plan("flow_ratio_detector.py")
    changed = [plan.with_changes(detection={"hours": 2.0}), plan.with_changes(detection={"place_needed": False})]
    assert len({plan.hash(), *(one.hash() for one in changed)}) == 3
    assert "detection" not in load_plan("advisor").record()


@pytest.mark.slow
def test_the_shipped_detector_finds_clogging_burners_before_the_limit_alarm():
    report = run_detector_trial(load_plan("detector").with_changes(runs={"campaigns": 6}))
    assert report["verdict"] == "better"
