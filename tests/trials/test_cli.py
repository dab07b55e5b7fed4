"""`steelyard trial`: JSON, exit codes, messages."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

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
def inside(monkeypatch, capsys):
    """Run a command within this process: exit code and what it said."""
    from steelyard.cli import main

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["steelyard", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.err + said.out

    return run


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


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--draws", "-1"], "--draws -1: [ensemble] draws = -1 is outside 0 to"),
        (["--heats", "0"], "--heats 0: [runs] heats = 0 is outside 1 to"),
        (["--heats", "-1"], "--heats -1: [runs] heats = -1 is outside 1 to"),
        (["--campaigns", "0"], "--campaigns 0: [runs] campaigns = 0 is outside 2 to"),
        (["--kind", "wizard"], "--kind wizard: [solution] kind"),
        (["--solution", "nofile"], "--solution nofile: there is no file"),
        (["--twin", "nofile"], "--twin nofile: there is no file"),
    ],
)
def test_an_option_that_is_not_allowed_is_named_and_leaves_no_folder(words, option, home, tmp_path, inside):
    code, said = inside("trial", "run", "advisor", *words, "--out", str(tmp_path / "a" / "out"))
    assert code == 2
    assert option in said
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["verify", "nobody.json"], "there is no such file"),
        (["verify", "."], "it is a folder"),
        (["run", "."], "it is a folder"),
        (["run", "advisor", "--out", __file__], "a file of that name is in the way"),
        (["verify", __file__], "it is not JSON (line 1, column 3)"),
        (["verify", "x.json", "--twin", "nofile"], "--twin nofile: there is no file"),
        (["plan", "advisor", "--seal", "/proc/nowhere/seal.json"], "the seal cannot be written"),
    ],
)
def test_messages_are_plain_words(words, message, home, inside):
    code, said = inside("trial", *words)
    assert code == 2
    assert message in said
    assert "Errno" not in said
    assert "Expecting value" not in said


def test_a_trial_that_cannot_be_run_leaves_no_empty_folder(plan, home, tmp_path):
    plan.write_text(plan.read_text(encoding="utf-8").replace('"advisor"', '"controller"'), encoding="utf-8")
    done = steelyard("trial", "run", str(plan), "--out", str(tmp_path / "a" / "out"))
    assert done.returncode == 2
    assert not (tmp_path / "a").exists()


def solutions_of(pid: int) -> list[int]:
    """The processes of solutions that the process `pid` started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"runner.py" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def interrupted(*words: str, twice: bool = False) -> tuple[int, str, list[int]]:
    """Ctrl-C a command when its solutions have run for a while: exit code, stderr, which solutions are left."""
    code = "import signal as s; s.signal(s.SIGINT, s.default_int_handler); from steelyard.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60.0
    while not (started := solutions_of(running.pid)) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1.0)
    started = sorted({*started, *solutions_of(running.pid)})
    assert started, "no solution was running"
    for _ in range(2 if twice else 1):
        running.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, said = running.communicate(timeout=60)
    return running.returncode, said, [pid for pid in started if Path(f"/proc/{pid}").exists()]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "interrupted; nothing was half-written"), ("ko", "중단됨; 쓰다 만 파일은 없습니다")],
)
def test_ctrl_c_ends_the_run_and_its_solutions(lang, sentence, home, tmp_path):
    out = tmp_path / "a" / "out"
    left = interrupted("trial", "run", "advisor", "--out", str(out), "--lang", lang, twice=lang == "ko")
    assert left[0] == 130
    assert sentence in left[1]
    assert "Traceback" not in left[1]
    assert left[2] == []
    assert not out.parent.exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_ctrl_c_ends_verify_and_its_solutions(plan, home, tmp_path):
    text = plan.read_text(encoding="utf-8").replace("campaigns = 2", "campaigns = 60", 1).replace("s = 1\n", "s = 4\n")
    plan.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    assert steelyard("trial", "run", str(plan), "--out", str(out)).returncode == 0
    before = (out / "report.json").read_bytes()
    code, said, left = interrupted("trial", "verify", str(out / "report.json"))
    assert (code, left) == (130, [])
    assert "interrupted; nothing was half-written" in said
    assert "Traceback" not in said
    assert (out / "report.json").read_bytes() == before
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]


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


def test_list_has_korean_headings_and_keeps_the_names_that_commands_take(home):
    shown = steelyard("trial", "list", "--lang", "ko").stdout
    words = shown.split()
    for english in ("plans", "scenarios", "kpis", "id", "kind", "title", "version", "unit", "name", "campaign"):
        assert english not in words, english
    for korean in ("계획", "시나리오", "식별자", "제목", "버전", "단위", "이름", "캠페인"):
        assert korean in words, korean
    assert {"advisor", "predictor"} <= set(words)
    assert {"plans", "scenarios", "unit"} <= set(steelyard("trial", "list").stdout.split())


def test_verify_says_what_it_compared_and_what_not(plan, tmp_path, home, inside):
    out = tmp_path / "out"
    assert inside("trial", "run", str(plan), "--out", str(out))[0] == 0
    code, said = inside("trial", "verify", str(out / "report.json"))
    assert code == 0
    assert "compared: report.html" in said
    assert "NOT checked: facts: wall clock, machine, versions, isolation" in said
    page = out / "report.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("not worse", "better"), encoding="utf-8")
    code, said = inside("trial", "verify", str(out / "report.json"))
    assert code == 1
    assert "report.html was changed after it was written" in said
    page.unlink()
    code, said = inside("trial", "verify", str(out / "report.json"), "--lang", "ko")
    assert code == 0
    assert "확인하지 않음: report.html" in said
    assert "report.json 옆에 없음" in said
