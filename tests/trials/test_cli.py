"""`steelyard trial`: JSON, exit codes, messages."""

import json
import signal
import subprocess
import sys
import time

import pytest

from .conftest import SOLUTIONS

PLAN = """
[trial]
id = "cli"
kind = "campaign"
[solution]
path = "{path}"
kind = "advisor"
[suite]
scenarios = ["normal"]
seed = 3
[statistics]
resamples = 499
[runs]
campaigns = 2
heats = 1
warmup_heats = 0
floor_campaigns = 0
oracle = false
[[primary]]
kpi = "departure_deviation_k"
margin = 0.5
"""


def steelyard(*words: str):
    return subprocess.run(
        [sys.executable, "-c", "from steelyard.cli import main; main()", *words],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(path=SOLUTIONS / "silent_advisor.py"), encoding="utf-8")
    return path


def test_run_then_verify_then_tamper(plan, tmp_path, home):
    done = steelyard("trial", "run", str(plan), "--out", str(tmp_path / "out"), "--lang", "ko", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "not worse"
    assert set(answer["primary"]) == {"kpi", "effect", "low", "high", "unit"}
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").startswith("\n") is False
    report = tmp_path / "out" / "report.json"
    again = steelyard("trial", "verify", str(report), "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["verified"] is True
    report.write_text(report.read_text(encoding="utf-8").replace('"seed": 3', '"seed": 4'), encoding="utf-8")
    wrong = steelyard("trial", "verify", str(report))
    assert wrong.returncode == 1
    assert "NOT verified" in wrong.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nobody.toml"], "there is no such plan"),
        (["run", "advisor", "--solution", "nobody.py"], "there is no file"),
        (["run", "advisor", "--campaigns", "3"], "too few"),
        (["run", "predictor", "--data", "nothing"], "nothing"),
        (["run", "advisor", "--out", "/proc/nowhere"], "cannot be written"),
        (["verify", "nobody.json"], "cannot be read"),
        (["plan", "advisor", "--lang", "klingon"], "not known"),
    ],
)
def test_bad_input_ends_in_one_message_and_exit_code_2(words, message, home, tmp_path):
    done = steelyard("trial", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_the_trial_and_the_solution_without_a_traceback(home, tmp_path):
    words = ["trial", "run", "advisor", "--out", str(tmp_path / "out")]
    code = "import signal as s; s.signal(s.SIGINT, s.default_int_handler); from steelyard.cli import main; main()"
    running = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
    time.sleep(6.0)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "Traceback" not in said
    assert not (tmp_path / "out" / "report.json").exists()


def test_plan_prints_its_hash_and_makes_seals(plan, tmp_path, home):
    shown = json.loads(steelyard("trial", "plan", str(plan), "--json").stdout)
    assert len(shown["hash"]) == 64
    sealed = json.loads(steelyard("trial", "plan", str(plan), "--seal", str(tmp_path / "s.json"), "--json").stdout)
    assert len(sealed["commitment"]) == 64
    assert steelyard("trial", "plan", str(plan), "--seal", str(tmp_path / "s.json")).returncode == 2


def test_list_names_plans_scenarios_and_kpis(home):
    found = json.loads(steelyard("trial", "list", "--json", "--lang", "ko").stdout)
    assert {"plans", "scenarios", "kpis"} == set(found)
    assert any(row["id"] == "cost_won_per_t" for row in found["kpis"])
