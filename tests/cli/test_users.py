"""`steelyard users`: the files of a mosquitto broker, and what is said."""

import json
import stat

from typer.testing import CliRunner

from steelyard.cli.users import app


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
