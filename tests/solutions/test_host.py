"""The host: lock-step, many runs in one process, timing kept apart, speed."""

import os
import time

import pytest

from steelyard.errors import SolutionError
from steelyard.solutions.host import Host

ADVICE = "operator.heating_energy_advice"


def test_many_runs_in_one_process_and_counters_per_run(write, infos):
    path = write(
        "self.asked += 1; return {'operator.heating_energy_advice': self.asked / 100 if self.asked < 3 else 9}"
    )
    with Host(path, signals=infos) as host:
        for _ in range(3):
            assert host.start({}).fault == ""
            assert host.faults == dict.fromkeys(host.faults, 0)
            answers = [host.decide(float(i), {}) for i in range(3)]
            assert [answer.set.get(ADVICE) for answer in answers] == [0.01, 0.02, None]
            assert host.faults["out_of_range"] == 1
        assert host.timing()["requests"] == 13 - 1


def test_two_processes_give_the_same_answers_even_for_hashes(write, infos):
    path = write("return {'operator.heating_energy_advice': hash('steel') % 1000 / 1000}")
    answers = []
    for _ in range(2):
        with Host(path, signals=infos) as host:
            host.start({})
            answers.append(host.decide(0.0, {}).set)
    assert answers[0] == answers[1] != {}


def test_a_predictor_learns_in_order(write, infos):
    path = write(kind="predictor", predict="return {'value': 1600.0, 'low': 1590.0, 'high': 1610}")
    with Host(path, signals=infos) as host:
        host.start({})
        assert host.observe(0.0, {}).fault == ""
        estimate = host.predict(1.0, {}, "ladle_furnace.dip_temperature").estimate
        assert (estimate.low, estimate.value, estimate.high) == (1590.0, 1600.0, 1610.0)


def test_reads_are_expanded_over_the_board(infos, write):
    with Host(write(), signals=infos) as host:
        assert host.reads() == ["ladle_furnace.dip_temperature", "ladle_furnace.arc_energy"]
        with pytest.raises(SolutionError, match="no board has"):
            host.reads(["ladle_furnace.arc_energy"])
    with Host(write()) as host:
        assert host.reads() == ["ladle_furnace.dip_temperature", "ladle_furnace.arc_energy"]


def test_numpy_numbers_are_numbers(write, infos):
    path = write("import numpy as np; return {'operator.heating_energy_advice': np.float32(0.5)}")
    with Host(path, signals=infos, timeout_s=10.0) as host:
        host.start({})
        assert host.decide(0.0, {}).set == {ADVICE: 0.5}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_pinning_is_undone(write, infos):
    before = os.sched_getaffinity(0)
    core = min(before)
    with Host(write(), signals=infos, cpu=core) as host:
        host.start({})
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before


def test_start_and_round_trip_are_fast(write, infos):
    names = {f"ladle_furnace.addition[bulk_{i}]": 100.0 / (i + 1) for i in range(30)}
    path = write("return {'operator.heating_energy_advice': 1.0}")
    began = time.perf_counter()
    with Host(path, signals=infos) as host:
        host.open()
        assert time.perf_counter() - began < 1.0  # 25 ms on an idle machine
        host.start({})
        best = min(_trip(host, names) for _ in range(20))
    assert best < 500e-6  # some 50 µs on an idle machine


def _trip(host, names):
    began = time.perf_counter()
    for i in range(50):
        host.decide(float(i), names)
    return (time.perf_counter() - began) / 50
