"""What a solution says is read strictly: anything else is refused with a reason, never by another exception."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import SignalError, SolutionError
from steelyard.signals import Quantity, Signal
from steelyard.solutions import contract
from steelyard.solutions.contract import Forbidden, Hello, Nonsense, OutOfRange, SignalInfo
from steelyard.solutions.host import Host

ADVICE = "operator.heating_energy_advice"
HELLO = {
    "type": "hello", "name": "a", "version": "1", "kind": "advisor", "reads": ["ladle_furnace.arc_energy"],
    "writes": [ADVICE], "interval_s": 10,
}  # fmt: skip
ADVISOR = Hello("a", "1", "advisor", ("ladle_furnace.arc_energy",), (ADVICE,))
INFOS = {ADVICE: SignalInfo(ADVICE, "MWh", -1.0, 3.0, "advisor")}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello", "not JSON"), (b"", "not JSON"), (b"[1]", "not a JSON object"), (b"1", "not a JSON object"),
        (b'{"a":1,"a":2}', "twice"), (b'{"a":NaN}', "NaN"), (b'{"a":-Infinity}', "-Infinity"),
        (b"\xff\xfe", "UTF-8"), (b"[" * 50_000, "nested too deeply"), (b'{"a":' * 10_000, "nested too deeply"),
        (b'{"a":' + b"9" * 6000 + b"}", "not JSON"), (b" " * 70_000, "longer than"), (b'{"a":1} x', "not JSON"),
    ],
)  # fmt: skip
def test_lines_that_are_no_message(line, reason):
    with pytest.raises(Nonsense, match=reason):
        contract.decode(line)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_no_bytes_raise_anything_but_nonsense(line):
    try:
        message = contract.decode(line)
    except Nonsense:
        return
    assert isinstance(message, dict)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(HELLO)), inner, max_size=7),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*HELLO, "set", "estimate", "reason"]), _JSON, max_size=8))
def test_no_message_raises_anything_but_a_solution_error(changes):
    for message in (changes, {**HELLO, **changes}, {"type": "answer", **changes}):
        for read in (contract.read_hello, contract.read_estimate, lambda m: contract.read_set(m, ADVISOR, INFOS)):
            reason = "read"
            try:
                read(message)
            except SolutionError as error:
                reason = str(error)
            assert reason
            assert reason.isprintable()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "wizard"}, "kind"), ({"kind": "planner"}, "reserved"), ({"name": ""}, "name"),
        ({"name": "x" * 200}, "name"), ({"name": "a\nb"}, "name"), ({"version": 1}, "version"),
        ({"reads": "x"}, "reads"), ({"reads": ["Not A Name"]}, "no signal name"), ({"writes": []}, "writes"),
        ({"reads": ["a.b", "a.b"]}, "twice"), ({"reads": ["a.b"] * 300}, "at most"), ({"writes": ["a.b[*]"]}, "each"),
        ({"interval_s": 0}, "interval_s"), ({"interval_s": True}, "interval_s"), ({"interval_s": 10**400}, "too large"),
        ({"extra": 1}, "unknown key 'extra'"), ({"kind": "predictor"}, "writes nothing"), ({"type": "hi"}, "expected"),
        ({"alarms": ["a"]}, "is for a detector"), ({"alarms": None}, "expected a list"),
    ],
)  # fmt: skip
def test_a_hello_that_is_not_one(changes, reason):
    with pytest.raises(Nonsense, match=reason):
        contract.read_hello({**HELLO, **changes})


def test_a_good_hello():
    assert contract.read_hello(HELLO) == Hello("a", "1", "advisor", ("ladle_furnace.arc_energy",), (ADVICE,), 10.0)
    del_interval = {key: value for key, value in HELLO.items() if key != "interval_s"}
    with pytest.raises(Nonsense, match=r'"interval_s" is missing'):
        contract.read_hello(del_interval)


def test_names_are_checked_against_the_board():
    known = ["a.slot[x]", "a.slot[y]", "ladle_furnace.arc_energy"]
    assert contract.expand(["a.slot[*]", "a.slot[x]"], known) == ["a.slot[x]", "a.slot[y]"]
    with pytest.raises(Nonsense, match=r"did you mean 'ladle_furnace\.arc_energy'"):
        contract.expand(["ladle_furnace.arc_energi"], known)
    contract.check_writes(ADVISOR, INFOS)
    with pytest.raises(Forbidden, match="may write: nothing"):
        contract.check_writes(Hello("a", "1", "controller", (), (ADVICE,)), INFOS)
    with pytest.raises(Forbidden, match="no board has"):
        contract.check_writes(Hello("a", "1", "advisor", (), ("operator.magic",)), INFOS)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({}, Nonsense), ({"set": []}, Nonsense), ({"set": {ADVICE: "1"}}, Nonsense),
        ({"set": {ADVICE: None}}, Nonsense), ({"set": {ADVICE: True}}, Nonsense),
        ({"set": {ADVICE: 10**400}}, Nonsense), ({"set": {ADVICE: 1e999}}, Nonsense),
        ({"set": {"operator.other": 1.0}}, Forbidden), ({"set": {ADVICE: 3.01}}, OutOfRange),
        ({"set": {ADVICE: -2}}, OutOfRange), ({"set": {}, "more": 1}, Nonsense),
        ({"type": "error", "reason": "no idea"}, Nonsense),
    ],
)  # fmt: skip
def test_an_illegal_answer_is_refused_as_a_whole(answer, fault):
    with pytest.raises(fault):
        contract.read_set({"type": "answer", **answer}, ADVISOR, INFOS)


def test_legal_answers():
    assert contract.read_set({"type": "answer", "set": {ADVICE: 3}}, ADVISOR, INFOS) == {ADVICE: 3.0}
    assert contract.read_set({"type": "answer", "set": {}}, ADVISOR, INFOS) == {}
    estimate = contract.read_estimate({"type": "answer", "estimate": {"value": 2, "low": 1, "high": 2}})
    assert (estimate.value, estimate.low, estimate.high) == (2.0, 1.0, 2.0)


@pytest.mark.parametrize("low, high", [(3.0, 4.0), (0.0, 1.0), (math.nan, 4.0)])
def test_an_estimate_lies_in_its_own_interval(low, high):
    with pytest.raises(Nonsense):
        contract.read_estimate({"type": "answer", "estimate": {"value": 2.0, "low": low, "high": high}})


def test_nothing_measured_goes_over_the_pipe_as_null():
    sent = contract.encode({"signals": contract.readable({"a.b": math.nan, "a.c": math.inf, "a.d": 1})})
    assert json.loads(sent) == {"signals": {"a.b": None, "a.c": None, "a.d": 1.0}}


def test_signal_infos_take_roles_from_the_board_when_given():
    signals = [
        Signal("operator.x_advice", Quantity("J", "x", 0.0, 3.0, "MWh"), True),
        Signal("a.b", Quantity("1", "b")),
    ]
    infos = contract.signal_infos(signals)
    assert infos["operator.x_advice"] == SignalInfo("operator.x_advice", "MWh", 0.0, 3.0, "advisor")
    assert infos["a.b"].role == ""
    assert (
        contract.signal_infos(signals, {"controller": ["operator.x_advice"]})["operator.x_advice"].role == "controller"
    )
    assert contract.signal_infos(signals, {})["operator.x_advice"].role == ""


@pytest.mark.parametrize(
    ("decide", "fault", "reason"),
    [
        ("return {'operator.heating_energy_advice': float('nan')}", "nonsense", "NaN"),
        ("return {'operator.heating_energy_advice': 1e400}", "nonsense", "Infinity"),
        ("return {'operator.heating_energy_advice': 'much'}", "nonsense", "expected a number"),
        ("return 3", "nonsense", "expected an object"),
        ("return {'operator.heating_energy_advice': {1}}", "nonsense", "set cannot be written as JSON"),
        ("return {'operator.heating_energy_setpoint': 1.0}", "forbidden", "writes"),
        ("return {'operator.heating_energy_advice': 7}", "out_of_range", "outside -1 to 3 MWh"),
        ("x = []; x.append(x); return x", "nonsense", "cannot answer"),
        ("return {'a' * 100_000: 1}", "nonsense", "longer than"),
        ("return {'operator.heating_energy_advice': 10 ** 5000}", "nonsense", "digit"),
    ],
)
def test_a_fault_is_counted_and_the_solution_goes_on(decide, fault, reason, write, infos):
    good = "return {'operator.heating_energy_advice': 2.0}"
    path = write(f"\n        if time_s > 0: {good}\n        " + decide.replace("; ", "\n        "))
    with Host(path, signals=infos) as host:
        host.start({})
        answer = host.decide(0.0, {"ladle_furnace.arc_energy": 1.0})
        assert (answer.fault, answer.set) == (fault, {})
        assert reason in answer.reason
        assert host.faults[fault] == 1
        assert host.decide(1.0, {}).set == {ADVICE: 2.0}


def test_a_forbidden_hello_is_told_before_a_trial(write, infos):
    path = write()
    del infos[ADVICE]
    with pytest.raises(SolutionError, match=r"which no board has"):
        Host(path, signals=infos).open()
    assert not issubclass(SolutionError, SignalError)
