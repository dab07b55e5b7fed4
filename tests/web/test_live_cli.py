"""`steelyard live` in processes of its own, against a real server: what it shows, what it refuses, how it ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SETPOINT = "reheating_furnace.zone_setpoint[top_3]"
COMMANDS = (
    "status", "signals", "read", "write", "start", "speed", "pause", "step", "snapshot", "snapshots", "restore", "fork",
    "drop", "fault", "faults", "alarms", "lease", "history", "watch", "audit",
)  # fmt: skip


@pytest.fixture
def live(running: Any, tmp_path: Path) -> Any:
    """Run `steelyard live …` as the owner of the files of the running server."""
    home = tmp_path / "home"
    shutil.copytree(running.site.folder, home / "server")
    endpoints = [{"protocol": "opcua", "url": "opc.tcp://nowhere"}, {"protocol": "rest", "url": running.url}]
    (home / "server" / "endpoints.json").write_text(json.dumps({"endpoints": endpoints}))

    def ran(*arguments: str, check: int = 0, **extra: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "steelyard", "live", *arguments], capture_output=True, text=True, timeout=60,
            env={**os.environ, "STEELYARD_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "160", **extra},
        )  # fmt: skip
        assert run.returncode == check, run.stdout + run.stderr
        assert "Traceback" not in run.stderr, run.stderr
        return run.stdout if check == 0 else run.stderr

    ran.home = home  # type: ignore[attr-defined]
    return ran


def test_every_command_has_help_and_json(live: Any) -> None:
    assert all(command in live("--help") for command in COMMANDS)
    said = live("write", "--help")
    assert all(option in said for option in ("--json", "--lang", "--url", "--user", "--works", "--password-file"))


def test_looking_as_table_and_as_json_in_both_languages(live: Any, engineer: Any) -> None:
    assert json.loads(live("status", "--json"))[0]["id"] == "main"
    assert "봉" in live("signals", "line.bars*", "--lang", "ko")
    assert "설비 시각" in live("status", STEELYARD_LANG="ko")
    names = json.loads(live("read", "line.*", "--json"))["values"]
    said = live("read", "line.*")
    assert all(name in said for name in names)
    assert re.search(r"zone_temperature\[top_1\].*°C", live("read", "reheating_furnace.zone_temperature[top_1]"))
    assert "reheating_furnace.burner_clogging" in live("faults").splitlines()


def test_heads_keep_their_units_and_cells_their_brackets(live: Any, engineer: Any) -> None:
    assert "behind [s]" in live("status")
    assert "지연 [s]" in live("status", "--lang", "ko")
    engineer("POST", "/works/main/snapshots", {"name": "units"})
    assert "plant time [s]" in live("snapshots")
    assert "설비 시각 [s]" in live("snapshots", "--lang", "ko")
    assert f"{SETPOINT}" in live("history", SETPOINT, "--last", "1h")


def test_history_that_is_thinned_says_so(live: Any, engineer: Any) -> None:
    live("step", "30")
    assert "one row in 3 of 30" in live("history", "line.pace", "--last", "29s", "--limit", "10")
    assert "30행 가운데 3행마다" in live("history", "line.pace", "--last", "29s", "--limit", "10", "--lang", "ko")


def test_status_tells_what_passed(live: Any, running: Any, engineer: Any) -> None:
    running.site.adapters.append(running.server)
    try:
        assert re.search(r"^rest: .*values out [\d,]+", live("status"), re.MULTILINE)
        assert re.search(r"^rest: .*보낸 값 [\d,]+", live("status", "--lang", "ko"), re.MULTILINE)
    finally:
        running.site.adapters.remove(running.server)


def test_the_owner_of_the_files_writes_as_who_may(live: Any, running: Any, engineer: Any) -> None:
    assert f"{SETPOINT} = 1150" in live("write", f"{SETPOINT}=1150")
    assert engineer.ok("GET", "/works/main/values", names=SETPOINT)["values"][SETPOINT] == 1150
    assert "controller" in live("lease")
    assert "controller" not in live("lease", "--release", "controller")
    assert "outside" in live("write", f"{SETPOINT}=9000", check=2)
    assert "NAME=VALUE" in live("write", SETPOINT, check=2)
    assert "no role" in live("write", "line.pace_setpoint=75", "--user", "viewer", check=2)
    assert json.loads(live("write", "line.pace_setpoint=75", "--json")) == {"set": {"line.pace_setpoint": 75.0}}
    live("lease", "--release", "planner")


def test_who_does_not_own_the_files_needs_a_password(live: Any, running: Any, tmp_path: Path) -> None:
    (live.home / "server" / "passwords.json").unlink()
    assert "main" in live("status")
    assert "Log in first" in live("pause", check=2)
    assert "waits" in live("pause", STEELYARD_PASSWORD=running.passwords["engineer"])
    secret = tmp_path / "secret"
    secret.write_text(running.passwords["engineer"] + "\n")
    assert json.loads(live("pause", "--password-file", str(secret), "--json"))["running"] is False
    said = live("status", "--user", "engineer", check=2, STEELYARD_PASSWORD="wrong-password")
    assert "wrong" in said


def test_a_refused_password_names_who_was_tried(live: Any, running: Any, engineer: Any) -> None:
    wrong = {"STEELYARD_PASSWORD": "that-of-somebody-else"}
    assert "waits" in live("pause", **wrong), "the owner's own password comes first"
    said = live("pause", "--user", "engineer", check=2, **wrong)
    assert "tried as 'engineer' with the password of STEELYARD_PASSWORD: say --user engineer" in said
    known = json.loads((live.home / "server" / "passwords.json").read_text())
    del known["engineer"]
    (live.home / "server" / "passwords.json").write_text(json.dumps(known))
    said = live("pause", check=2)
    assert "no password of 'engineer' is known here" in said
    assert "--user engineer (or another) with --password-file FILE" in said
    assert "'engineer'의 비밀번호가 여기에 없습니다" in live("pause", "--lang", "ko", check=2)
    assert "'engineer'(으)로 시도했습니다" in live("pause", "--lang", "ko", check=2, **wrong)


def test_a_number_with_its_unit_is_understood_or_explained(live: Any, engineer: Any) -> None:
    said = live("write", f"{SETPOINT}=1173 K", check=2)
    assert f"'1173 K' is no number; write it alone, in °C: {SETPOINT}=1173" in said
    assert "단위 °C의 수만" in live("write", f"{SETPOINT}=900C", "--lang", "ko", check=2)
    step = json.loads(live("step", "2min", "--json"))["step"]
    assert json.loads(live("step", "10", "--json"))["step"] == step + 10
    assert "no steps" in live("step", "10 apples", check=2)
    assert "no severity" in live("fault", "reheating_furnace.burner_clogging", "8", check=2)


@pytest.mark.slow
def test_steering_from_start_to_end(live: Any, engineer: Any) -> None:
    begun = json.loads(live("step", "5", "--json"))["step"]
    assert str(begun + 60) in live("step", "60", "line.bars_rolled").replace(",", "")
    assert "first" in live("snapshot", "first")
    assert "first" in live("snapshots")
    fault = ("fault", "reheating_furnace.burner_clogging", "0.5", "--in", "10min", "--over", "2h", "--json")
    asked = json.loads(live(*fault))
    assert (asked["start_s"], asked["growth_s"]) == (begun + 60 + 600.0, 7200.0)
    assert "no time" in live(*fault[:3], "--in", "soon", check=2)
    fork = json.loads(live("fork", "--json"))["id"]
    assert json.loads(live("step", "10", "--works", fork, "--json"))["works"] == fork
    assert fork in live("drop", fork)
    assert "there is no works" in live("read", "line.pace", "--works", fork, check=2)
    assert json.loads(live("restore", "first", "--json"))["steps"] == begun + 60
    assert json.loads(live("speed", "20", "--json"))["running"] is True
    assert "pause it" in live("step", "1", check=2)
    assert json.loads(live("pause", "--json"))["running"] is False
    assert json.loads(live("start", "--json"))["speed"] == 20
    live("pause")
    assert json.loads(live("alarms", "--json")) == engineer.ok("GET", "/works/main/alarms")
    assert live("alarms")


def test_what_was_recorded_and_what_is_logged(live: Any, engineer: Any) -> None:
    live("step", "30")
    found = json.loads(live("history", "line.pace", "--last", "20s", "--json"))
    assert len(found["time_s"]) == 21
    assert len(live("history", "line.pace", "--last", "20s", "--csv").splitlines()) == 22
    assert "line.pace" in live("history", "line.pace", "--last", "1h")
    entries = json.loads(live("audit", "--count", "50", "--json"))
    assert {"command", "login"} & {entry["kind"] for entry in entries}
    kinds = {entry["kind"] for entry in json.loads(live("audit", "--kind", "command", "--json"))}
    assert kinds == {"command"}
    assert {e["works"] for e in json.loads(live("audit", "--works", "main", "--by", "engineer", "--json"))} == {"main"}
    assert live("audit", "--by", "nobody-here") == "none\n"
    lines = live("audit", "--kind", "command", "--count", "3").splitlines()
    assert len(lines) == 3
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  engineer over rest: .* \[main, [\d,]+ s\]", lines[-1])
    assert "engineer(rest): 일시정지" in live("audit", "--kind", "command", "--lang", "ko")


def test_what_the_owner_does_to_users_stands_in_the_log_of_the_running_server(live: Any, running: Any) -> None:
    line = {"when": "2999-01-01T00:00:00+00:00", "kind": "users", "user": "kim", "via": "cli", "what": "set",
            "name": "lee", "roles": ["viewer"]}  # fmt: skip
    with (running.site.folder / "audit.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert "kim over cli: set user lee viewer" in live("audit", "--kind", "users")
    assert "kim(cli): 사용자 lee 설정" in live("audit", "--kind", "users", "--lang", "ko")


@pytest.mark.slow
def test_watching_ends_after_some_frames_or_with_ctrl_c(live: Any, running: Any, engineer: Any) -> None:
    live("speed", "10")
    lines = [json.loads(line) for line in live("watch", "line.*", "--count", "3", "--hz", "10", "--json").splitlines()]
    frames = [line for line in lines if line["event"] == "frame"]
    assert len(frames) == 3
    assert frames[0]["step"] < frames[2]["step"]
    assert "line.pace" in live("watch", "line.pace", "--count", "1")
    watching = subprocess.Popen(
        [sys.executable, "-m", "steelyard", "live", "watch", "line.pace", "--json"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "STEELYARD_HOME": str(live.home)},
    )  # fmt: skip
    assert watching.stdout is not None
    watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    said = watching.communicate(timeout=10)[1]
    assert watching.returncode == 130
    assert "Traceback" not in said


def test_without_a_server_it_says_how_to_start_one(live: Any) -> None:
    said = live("status", "--url", "http://127.0.0.1:9", check=2)
    assert "steelyard serve" in said
    assert "no address" in live("status", "--url", "nonsense", check=2)


def test_names_complete_with_the_tab_key(live: Any, engineer: Any) -> None:
    def completed(words: str) -> str:
        run = subprocess.run(
            [str(Path(sys.executable).parent / "steelyard")], capture_output=True, text=True, timeout=30,
            env={**os.environ, "STEELYARD_HOME": str(live.home), "_STEELYARD_COMPLETE": "complete_bash",
                 "_TYPER_COMPLETE_ARGS": words, "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)},
        )  # fmt: skip
        return run.stdout

    assert "line.bars_rolled" in completed("steelyard live read line.bars_r")
    assert "reheating_furnace.burner_clogging" in completed("steelyard live fault reheating_furnace.burner_c")
