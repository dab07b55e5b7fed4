"""How a trial over the wire behaves to people: Ctrl-C, progress, bad hellos, passwords, a server that is stopped."""

import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from steelyard.errors import SteelyardError
from steelyard.live.access import Session
from steelyard.live.audit import Audit
from steelyard.server.links import Refused, RestLink
from steelyard.server.trial_works import TrialWorks
from steelyard.server.trial_writes import WriteLog

SOLUTIONS = Path(__file__).parent.parent / "trials" / "solutions"
PLAN = """
[trial]
id = "small"
kind = "campaign"
[solution]
path = "{path}"
kind = "advisor"
[suite]
scenarios = ["normal"]
seed = 11
[statistics]
resamples = 999
[runs]
campaigns = 40
heats = 1
warmup_heats = 0
floor_campaigns = 2
oracle = false
decision_timeout_s = 20.0
[[primary]]
kpi = "departure_deviation_k"
margin = 0.5
"""
HELLO = {"type": "hello", "name": "n", "version": "1", "kind": "advisor", "interval_s": 60,
         "reads": ["ladle_furnace.heat_number"], "writes": ["operator.heating_energy_advice"]}  # fmt: skip


def steelyard(*words, **how):
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "steelyard", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how
    )


def running(word):
    """Return the processes whose command line holds this word."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in place.read_bytes().decode(errors="replace"):
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("protocol", ["opcua", *(pytest.param(p, marks=pytest.mark.slow) for p in ("rest", "mqtt"))])
def test_ctrl_c_ends_a_trial_over_the_wire_soon_and_leaves_nothing(protocol, tmp_path):
    mine = tmp_path / "advisor_of_this_test.py"
    mine.write_text((SOLUTIONS / "silent_advisor.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "plan.toml").write_text(PLAN.format(path=mine), encoding="utf-8")
    out = tmp_path / "report"
    trial = steelyard("trial", "run", str(tmp_path / "plan.toml"), "--over", protocol, "--out", str(out))
    lines = []
    for line in trial.stderr:
        lines.append(line)
        if "trial: 10 %" in line:
            break
    assert trial.poll() is None, lines
    assert running(str(mine))
    began = time.monotonic()
    trial.send_signal(signal.SIGINT)
    _, errors = trial.communicate(timeout=20)
    took_s = time.monotonic() - began
    assert trial.returncode == 130, errors
    assert took_s < 8.0
    assert not any(word in errors for word in ("Warning", "Traceback", "never")), errors
    assert "interrupt" in errors
    assert not out.exists()
    assert not running(str(mine))


def test_writes_are_logged_when_they_change_and_counted_when_not(tmp_path):
    audit, player = Audit(tmp_path / "audit.jsonl"), Session("advisor", frozenset({"advisor"}), "rest")
    log = WriteLog(audit, "trial-1", "advisor")
    for run in (1, 2):
        for k in range(5000):
            log.wrote(player, run, 10.0 * k, {"operator.heating_energy_advice": float(k >= 4000)})
    log.end_run(3)
    entries = audit.tail()
    audit.close()
    told = [(entry["run"], entry["new"], entry.get("repeated", 1)) for entry in entries]
    assert told == [(run, *rest) for run in (1, 2) for rest in [(0.0, 1), (1.0, 1), (0.0, 3999), (1.0, 999)]]
    assert all(entry["user"] == "advisor" and entry["works"] == "trial-1" for entry in entries)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "said"),
    [({"name": None}, '"name" is None'), ({"kind": "controller"}, "this trial is of a solution of kind advisor"),
     ({"writes": ["operator.heating_energy_setpoint"]}, "may write"), ({"reads": ["no.signal"]}, "no board has"),
     ({"interval_s": 0}, "interval_s"), ({"more": 1}, "unknown key")],
)  # fmt: skip
async def test_a_bad_first_hello_is_refused_and_a_proper_one_still_taken(change, said, tmp_path):
    works = TrialWorks("trial-1", "ladle_furnace", "advisor", {}, Audit(None))
    player, answers = Session("advisor", frozenset({"advisor"}), "rest"), []
    trial = threading.Thread(target=lambda: answers.append(works.meeting.ask({"type": "hello", "contract": 1}, 20.0)))
    trial.start()
    with pytest.raises(SteelyardError, match=said):
        await works.exchange(player, {**HELLO, **change})
    with pytest.raises(SteelyardError, match="missing"):
        await works.exchange(player, {"type": "hello"})
    assert works.audit.counts["malformed"] == 2
    assert (await works.exchange(player, {"type": "wait"})) == {"type": "hello", "contract": 1}
    assert (await works.exchange(player, HELLO)) == {"type": "wait"}
    await asyncio.to_thread(trial.join)
    assert answers == [HELLO]


def _served():
    spec = importlib.util.spec_from_file_location("serving", Path(__file__).parent.parent / "serving.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.serve


def test_a_server_says_no_to_a_bad_hello_and_tells_which_trial_is_lost(tmp_path):
    home = tmp_path / "home"
    with _served()(home, "ladle_furnace", "--no-record", "--lock-step") as server:
        url = server.url("rest")
        engineer = RestLink(url.removesuffix("/api/v1"), "engineer", server.password("engineer"), "main")
        started = engineer._ask("POST", "/trials", {"plan": "advisor"})
        player = RestLink(url.removesuffix("/api/v1"), "advisor", server.password("advisor"), "trial-1")
        with pytest.raises(Refused, match=r'^422 .*key "name" is missing'):
            player.exchange({"type": "hello"})
        question = player.exchange(HELLO)
        while question["type"] == "wait":
            question = player.exchange({"type": "wait"})
        assert (question["type"], question["number"]) == ("start", 1), started
        player.close()
        password = tmp_path / "password"
        os.mkfifo(password)  # can be read once
        connected = steelyard(
            "solution", "connect", str(SOLUTIONS / "silent_advisor.py"), url.removesuffix("/api/v1"), "--decisions",
            "3", "--password-file", str(password), "--json",
        )  # fmt: skip
        password.write_text(server.password("advisor") + "\n", encoding="utf-8")
        said, errors = connected.communicate(timeout=60)
        assert connected.returncode == 0, errors
        assert json.loads(said)["decisions"] == 3
        assert server.stop() == 0
        lost = [entry for entry in server.audit() if entry["kind"] == "trial_lost"]
        assert [(entry["works"], entry["run"]) for entry in lost] == [("trial-1", 1)]
    errors = home.with_name(f"{home.name}-stderr.txt").read_text(encoding="utf-8")
    assert "trial-1: this trial was not over" in errors
    assert "Warning" not in errors
