"""The wire benchmark and the soak themselves: they see what is lost, missing or wrong, and small loads pass."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from steelyard.errors import SteelyardError
from steelyard.hub.recordings import Recording
from steelyard.plant.frame import Frame
from steelyard.studies import soak, wire_benchmark
from steelyard.studies.children import Child
from steelyard.studies.wire_benchmark import Scene, carried, judged
from steelyard.studies.wire_clients import Ledger
from steelyard.studies.wire_plant import WorstLag


def test_a_ledger_finds_what_was_lost_in_between_at_the_end_and_what_came_backwards() -> None:
    ledger = Ledger(2)
    for step in (0, 1, 2, 5, 5, 4):
        ledger.note(0, step)
    ledger.note(1, 3)
    assert not ledger.complete(5)
    assert ledger.result(5) == {"values": 7, "lost": 2, "behind": 2, "wrong": 1}
    ledger.note(1, 4)
    ledger.note(1, 5)
    assert ledger.complete(5)
    assert ledger.result(5)["behind"] == 0


SMALL = [
    Scene("opcua", "opcua", 40, 2, 10.0, "opcua"),
    Scene("mqtt", "mqtt", 40, 1, 10.0, "mqtt"),
    Scene("sse", "sse", 40, 3, 10.0, "rest"),
]


@pytest.mark.slow
@pytest.mark.parametrize("scene", SMALL, ids=lambda scene: scene.id)
def test_a_small_load_arrives_whole(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_benchmark, "WARM_S", 0.3)
    figures = carried(scene, 1.0)
    assert figures[f"{scene.id}_lost"] == figures[f"{scene.id}_unhandled"] == 0
    assert 0.0 <= figures[f"{scene.id}_lag_s"] < 5.0
    assert figures[f"{scene.id}_values_per_s"] > 0.5 * scene.signals * scene.clients * scene.hz


@pytest.mark.slow
def test_how_fast_it_answers_is_measured_over_every_protocol() -> None:
    figures = wire_benchmark.latencies(0.5)
    for name in ("rest_lockstep_median_ms", "first_value_s", "first_value_again_s"):
        assert figures[name] > 0.0
    assert any(name.startswith("opcua") for name in figures)
    assert any(name.startswith("modbus") for name in figures)


def test_goals_are_missed_by_what_is_worse_and_by_what_was_not_measured() -> None:
    best = {name: goal for name, _, goal in wire_benchmark.GOALS}
    assert all(row["reached"] for row in judged(best))
    for name, _, _ in wire_benchmark.GOALS:
        without = {key: value for key, value in best.items() if key != name}
        assert [row["figure"] for row in judged(without) if not row["reached"]] == [name]
    lost = judged({**best, "mqtt_lost": 1, "mqtt_values_per_s": 4000, "opcua_1000_core_percent": 61.0})
    missed = {row["figure"] for row in lost if not row["reached"]}
    assert missed == {"mqtt_lost", "mqtt_values_per_s", "opcua_1000_core_percent"}


def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(SteelyardError, match="KeyError"):
        Child("wire_plant", {"signals": 1})


def _recorded(home: Path, steps: list[int]) -> None:
    record = Recording(home, "soaked")
    record.begin({"a.b": "1"}, {"works": "main"})
    for step in steps:
        one = np.array([float(step)])
        record.add(Frame(step, float(step), one, np.zeros(1, dtype=np.uint8), np.zeros(1)))
    record.close()


def test_the_soak_counts_the_steps_that_the_record_lacks(tmp_path: Path) -> None:
    _recorded(tmp_path / "whole", list(range(1, 41)))
    _recorded(tmp_path / "gap", [*range(1, 20), *range(22, 41)])
    assert soak._record(tmp_path / "whole", 40, {})["steps_missing"] == 0
    assert soak._record(tmp_path / "whole", 43, {})["steps_missing"] == 3
    assert soak._record(tmp_path / "gap", 40, {})["steps_missing"] == 2
    assert soak._record(tmp_path / "empty", 40, {})["steps_missing"] == 40


def test_the_soak_sees_a_write_that_nobody_logged(tmp_path: Path) -> None:
    record = Recording(tmp_path, "soaked")
    record.begin({"line.pace_setpoint": "s", "line.pace": "s"}, {"works": "main"})
    for step, pace in enumerate([90.0, 90.0, 95.0, 95.0, 97.5, 90.0, 95.0], start=1):
        values = np.array([pace, float(step)])
        record.add(Frame(step, float(step), values, np.zeros(2, dtype=np.uint8), np.zeros(2)))
    record.close()
    log = [95.0, 96.0, 97.5, 90.0, 95.0]
    server = SimpleNamespace(audit=lambda: [
        *({"kind": "write", "works": "main", "signal": "line.pace_setpoint", "new": new} for new in log),
        {"kind": "write", "works": "fork-1", "signal": "line.pace_setpoint", "new": 70.0}, {"kind": "started"},
    ])  # fmt: skip
    written = soak._written(server)  # type: ignore[arg-type]
    assert written == {"line.pace_setpoint": log}
    assert soak._record(tmp_path, 7, written)["unlogged_writes"] == 0, "96 was overwritten within its step"
    for k in (0, 2, 3, 4):
        lacking = {"line.pace_setpoint": log[:k] + log[k + 1 :]}
        assert soak._record(tmp_path, 7, lacking)["unlogged_writes"] > 0, f"write {k} was not logged"
    assert soak._record(tmp_path, 7, {})["unlogged_writes"] == 4


def test_the_bench_says_how_late_the_plant_was_at_worst() -> None:
    clock = SimpleNamespace(lag_s=0.0)
    worst = WorstLag(SimpleNamespace(clock=clock))
    for lag in (0.01, 0.7, 0.0):
        clock.lag_s = lag
        asyncio.run(worst(None))
    assert worst.taken() == 0.7
    assert worst.taken() == 0.0


def test_the_soak_reads_the_log(tmp_path: Path) -> None:
    write = {"kind": "write", "user": "planner", "role": "planner", "signal": "line.pace_setpoint"}
    entries = [write, {**write, "user": "viewer"}, {**write, "signal": "operator.heating_energy_setpoint"},
               {"kind": "unhandled", "why": "x"}, {"kind": "refused", "repeated": 4}]  # fmt: skip
    users = [{"name": "planner", "roles": ["planner"]}, {"name": "viewer", "roles": ["viewer"]}]
    server = SimpleNamespace(
        audit=lambda: entries, about={"users": users},
        errors=lambda: "Traceback (most recent call last)\n  x\n" + json.dumps({}),
    )  # fmt: skip
    found = soak._log(server)  # type: ignore[arg-type]
    assert (found["unhandled"], found["unauthorised_writes"], found["server_errors"]) == (1, 2, 1)
    assert (found["writes"], found["refused"]) == (3, 5)


def test_the_slope_of_a_leak_is_found_and_noise_has_an_error() -> None:
    time_s = np.arange(0.0, 3600.0, 2.0)
    noise = np.random.default_rng(1).normal(0.0, 0.5, len(time_s))
    found = soak._memory([(t, 200.0 + 20.0 * t / 3600.0 + n, 0.3 * t) for t, n in zip(time_s, noise, strict=True)])
    assert found["memory_slope_mb_h"] == pytest.approx(20.0, abs=4.0 * found["memory_slope_error_mb_h"])
    assert found["core_percent"] == pytest.approx(30.0)
    figures = {name: 0 for name, _, _ in soak.GOALS} | {"writes": 1, "refused": 1, "memory_slope_mb_h": 20.0}
    assert all(row["reached"] for row in soak._judged(figures, 60.0))
    assert [row["figure"] for row in soak._judged(figures, 3600.0) if not row["reached"]] == ["memory_slope_mb_h"]
