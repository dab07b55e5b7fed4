"""`steelyard users`: the files of a mosquitto broker, and what is said."""

import json
import stat

import pytest
from typer.testing import CliRunner

from steelyard.cli.users import app
from steelyard.errors import AccessError, SteelyardError
from steelyard.live.audit_files import read_log
from steelyard.live.users import Users


def run(monkeypatch, home, *words):
    monkeypatch.setenv("STEELYARD_HOME", str(home))
    found = CliRunner().invoke(app, list(words), catch_exceptions=False)
    return found.exit_code, found.output


def test_mosquitto_files_are_for_the_same_users_and_their_owner_only(monkeypatch, tmp_path):
    broker = tmp_path / "broker"
    code, said = run(monkeypatch, tmp_path, "mosquitto", str(broker), "--port", "1885", "--json")
    assert code == 0
    found = json.loads(said)
    assert found["left_out"] == []
    assert "listener 1885 127.0.0.1" in (broker / "mosquitto.conf").read_text()
    named = {line.split(":")[0] for line in (broker / "passwords").read_text().splitlines()}
    assert {"steelyard", "engineer", "controller", "viewer"} <= named
    assert all(stat.S_IMODE((broker / name).stat().st_mode) == 0o600 for name in found["files"])
    assert "topic read" in (broker / "acl").read_text()


def test_mosquitto_says_in_both_languages_how_to_go_on(monkeypatch, tmp_path):
    said = run(monkeypatch, tmp_path, "mosquitto", str(tmp_path / "b"))[1]
    assert "--broker mqtt://127.0.0.1:1883" in said
    assert "파일을 만들었습니다" in run(monkeypatch, tmp_path, "mosquitto", str(tmp_path / "b"), "--lang", "ko")[1]


def test_looking_at_a_site_that_is_not_there_does_not_make_it(monkeypatch, tmp_path):
    home = tmp_path / "home"
    for words in (("list",), ("remove", "engineer")):
        with pytest.raises(SteelyardError, match="no site 'nosuch' here"):
            run(monkeypatch, home, *words, "--site", "nosuch")
    assert not home.exists()


def test_a_user_is_removed_and_the_last_engineer_stays(monkeypatch, tmp_path):
    there = Users(tmp_path / "server")  # as a server has them that runs on this folder
    password = there.passwords()["controller"]
    assert there.check("controller", password, "rest").user == "controller"
    assert "is no user any more" in run(monkeypatch, tmp_path, "remove", "controller")[1]
    with pytest.raises(AccessError, match="wrong"):
        there.check("controller", password, "rest")
    assert "controller" not in run(monkeypatch, tmp_path, "list")[1]
    assert "controller" not in there.passwords()
    with pytest.raises(AccessError, match="no user 'controller'"):
        run(monkeypatch, tmp_path, "remove", "controller")
    with pytest.raises(AccessError, match="last engineer"):
        run(monkeypatch, tmp_path, "remove", "engineer")
    assert "삭제" in run(monkeypatch, tmp_path, "remove", "viewer", "--lang", "ko")[1]
    noted = [(entry["what"], entry["name"]) for entry in read_log(tmp_path / "server")]
    assert noted == [("removed", "controller"), ("removed", "viewer")]


def test_another_engineer_lets_the_first_one_go(tmp_path):
    users = Users(tmp_path)
    users.set("kim", "a-long-password", ["engineer"])
    users.remove("engineer")
    assert users.check("kim", "a-long-password", "rest").may("audit")
