"""The detector kind: alarms are declared, scores are read strictly, and the host holds them over the run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import SolutionError
from steelyard.solutions import contract
from steelyard.solutions.checker import check
from steelyard.solutions.contract import Forbidden, Hello, Nonsense, OutOfRange
from steelyard.solutions.host import Host

NAME = "clogging[top_1]"
HELLO = {
    "type": "hello", "name": "d", "version": "1", "kind": "detector", "reads": ["ladle_furnace.arc_energy"],
    "writes": [], "interval_s": 60, "alarms": [NAME, "limit"],
}  # fmt: skip
DETECTOR = Hello("d", "1", "detector", ("ladle_furnace.arc_energy",), (), 60.0, (NAME, "limit"))
SOURCE = """
import os
class Solution:
    name, version, kind = "test detector", "1", "detector"
    reads, writes, interval_s = ["ladle_furnace.dip_temperature", "ladle_furnace.arc_energy"], [], 10.0
    alarms = {alarms}
    def start(self, run): self.asked = 0
    def decide(self, time_s, signals):
        self.asked += 1
        {decide}
"""


@pytest.fixture
def detector(tmp_path):
    """Return a function that writes a detector: the statements of `decide` are given."""

    def make(decide="return {}", alarms=("limit", NAME)):
        path = tmp_path / "detector_under_test.py"
        path.write_text(SOURCE.format(decide=decide.replace("; ", "\n        "), alarms=list(alarms)))
        return path

    return make


def failed(result):
    """Return the ids of the failed checks."""
    return [found["id"] for found in result["checks"] if not found["passed"]]


def test_a_good_hello_declares_alarms_and_a_planner_stays_refused():
    assert contract.read_hello(HELLO) == DETECTOR
    with pytest.raises(Nonsense, match="reserved"):
        contract.read_hello({**HELLO, "kind": "planner"})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alarms": []}, "at least one alarm"), ({"alarms": "limit"}, "expected a list"), ({"alarms": [1]}, "expected"),
        ({"alarms": ["Limit"]}, "no name"), ({"alarms": ["a b"]}, "no name"), ({"alarms": ["a[*]"]}, "no name"),
        ({"alarms": ["a" * 65]}, "no name"), ({"alarms": ["a", "a"]}, "twice"), ({"alarms": ["a"] * 300}, "at most"),
        ({"alarms": ["a\\n"]}, "no name"), ({"writes": ["operator.heating_energy_advice"]}, "writes nothing"),
    ],
)  # fmt: skip
def test_a_hello_that_is_none(changes, reason):
    with pytest.raises(Nonsense, match=reason):
        contract.read_hello({**HELLO, **changes})


def test_a_detector_without_alarms_is_told_so():
    with pytest.raises(Nonsense, match="at least one alarm"):
        contract.read_hello({key: value for key, value in HELLO.items() if key != "alarms"})


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({}, Nonsense), ({"set": {}}, Nonsense), ({"alarm": None}, Nonsense), ({"alarm": [NAME]}, Nonsense),
        ({"alarm": {NAME: "1"}}, Nonsense), ({"alarm": {NAME: True}}, Nonsense), ({"alarm": {NAME: None}}, Nonsense),
        ({"alarm": {NAME: float("nan")}}, Nonsense), ({"alarm": {NAME: 10**400}}, Nonsense),
        ({"alarm": {}, "more": 1}, Nonsense), ({"alarm": {"clogging[top_2]": 0.5}}, Forbidden),
        ({"alarm": {}, "set": {"operator.heating_energy_setpoint": 1.0}}, Forbidden),
        ({"alarm": {}, "set": 1}, Forbidden),
        ({"alarm": {NAME: 1.0001}}, OutOfRange), ({"alarm": {"limit": 1.0, NAME: -0.01}}, OutOfRange),
        ({"type": "error", "reason": "no idea"}, Nonsense), ({"estimate": {}}, Nonsense),
    ],
)  # fmt: skip
def test_an_illegal_answer_is_refused_as_a_whole(answer, fault):
    with pytest.raises(fault):
        contract.read_alarm({"type": "answer", **answer}, DETECTOR)


def test_legal_answers():
    assert contract.read_alarm({"type": "answer", "alarm": {NAME: 1}}, DETECTOR) == {NAME: 1.0}
    assert contract.read_alarm({"type": "answer", "alarm": {}, "set": {}}, DETECTOR) == {}


_SCORES = st.dictionaries(
    st.sampled_from([NAME, "limit", "other", ""]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["alarm", "set", "estimate"]), st.integers() | st.text(max_size=3) | _SCORES))
def test_no_answer_raises_anything_but_a_solution_error(changes):
    scores, reason = {}, "read"
    try:
        scores = contract.read_alarm({"type": "answer", **changes}, DETECTOR)
    except SolutionError as error:
        reason = str(error)
    assert reason.isprintable()
    assert all(0.0 <= score <= 1.0 for score in scores.values())


def test_the_host_holds_the_scores_over_a_run_and_forgets_them_at_the_next(detector, infos):
    path = detector("return {'limit': 0.9} if self.asked == 1 else {} if self.asked == 2 else {'limit': 7}")
    with Host(path, signals=infos) as host:
        for _ in range(2):
            host.start({})
            assert host.alarms == {"limit": 0.0, NAME: 0.0}
            assert host.decide(0.0, {}).alarm == {"limit": 0.9}
            assert host.decide(10.0, {}).alarm == {}
            assert host.alarms == {"limit": 0.9, NAME: 0.0}
            bad = host.decide(20.0, {})
            assert (bad.fault, bad.alarm, bad.set) == ("out_of_range", {}, {})
            assert host.alarms["limit"] == 0.9 >= contract.ALARM_RAISED


def test_a_detector_that_hangs_or_floods_is_replaced_and_then_given_up(detector, infos):
    for decide, fault in (("while True: pass", "hung"), ("print('x' * 10 ** 8); os._exit(0)", "crashed")):
        with Host(detector(decide), signals=infos, timeout_s=0.4, restarts=1) as host:
            host.start({})
            answers = [host.decide(10.0 * i, {}) for i in range(3)]
            assert [answer.alarm for answer in answers] == [{}] * 3
            assert host.faults[fault] + host.faults["hung"] >= 2
            assert host.fallback


def test_a_detector_that_was_given_up_raises_nothing(detector, infos):
    with Host(detector("os._exit(1) if self.asked > 1 else None; return {'limit': 1}"), signals=infos) as host:
        host.restarts = 0
        host.start({})
        assert host.decide(0.0, {}).alarm == {"limit": 1.0}
        assert host.decide(10.0, {}).fault == "crashed"
        assert host.fallback
        assert host.alarms == {"limit": 0.0, NAME: 0.0}


@pytest.mark.parametrize(
    ("decide", "fault", "reason"),
    [
        ("return {'limit': float('nan')}", "nonsense", "NaN"), ("return {'limit': 1e400}", "nonsense", "Infinity"),
        ("return {'limit': 'high'}", "nonsense", "expected a number"),
        ("return 0.7", "nonsense", "expected an object"),
        ("return {'limit': True}", "nonsense", "expected a number"),
        ("return {'limit': -1}", "out_of_range", "outside"),
        ("return {'fire': 1.0}", "forbidden", "not in its"), ("x = {}; x['x'] = x; return x", "nonsense", "cannot"),
        ("return {'operator.heating_energy_advice': 1.0}", "forbidden", "not in its"),
        ("return {'a%d' % i: 1.0 for i in range(20_000)}", "nonsense", "longer than"),
        ("return {'limit': 10 ** 400}", "nonsense", "too large"),
        ("return [('limit', 1.0)]", "nonsense", "expected an object"),
    ],
)  # fmt: skip
def test_a_fault_is_counted_and_the_detector_goes_on(decide, fault, reason, detector, infos):
    path = detector("if time_s > 0: return {'limit': 0.25}; " + decide)
    with Host(path, signals=infos) as host:
        host.start({})
        answer = host.decide(0.0, {})
        assert (answer.fault, answer.alarm, host.alarms["limit"]) == (fault, {}, 0.0)
        assert reason in answer.reason
        assert host.faults[fault] == 1
        assert host.decide(1.0, {}).alarm == {"limit": 0.25}


@pytest.mark.parametrize(
    ("decide", "found"),
    [
        ("return {'limit': 2}", "in_range"),
        ("return {'fire': 1}", "permitted"),
        ("return 1", "well_formed"),
        ("return {'limit': min(1.0, 0.01 * signals['ladle_furnace.arc_energy'])}", "no_signals_yet"),
        ("import time; return {'limit': time.time() % 1}", "repeats_in_process"),
    ],
)
def test_the_check_of_a_detector_can_fail(decide, found, detector, infos):
    result = check(detector(decide), infos)
    assert found in failed(result)


def test_the_check_of_a_detector_passes_and_finds_its_board(detector, infos):
    result = check(detector("return {'limit': 0.5, 'clogging[top_1]': 0}"), infos)
    assert result["passed"], result["checks"]
    assert result["solution"]["kind"] == "detector"
    assert failed(check(detector("return {}", alarms=()), infos)) == ["hello"]
    assert check(detector(), [{}, infos, {}])["passed"]
    assert failed(check(detector(), [{}, {}])) == ["signals"]
