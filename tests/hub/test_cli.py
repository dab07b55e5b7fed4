"""The commands of the hub: empty states, JSON, refusal with exit code 2, Ctrl-C with 130."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from steelyard.cli import main

from .conftest import heat_files, write_files

RUN = [sys.executable, "-c", "from steelyard.cli import main; main()", "hub"]


@pytest.fixture
def run(capsys, monkeypatch) -> Callable[..., str]:
    """Run `steelyard hub …` in this process; give back what it printed, after checking its exit code."""

    def call(*words: str, text: str = "", code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["steelyard", "hub", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        try:
            main()
            ended = 0
        except SystemExit as end:
            ended = end.code or 0
        said = capsys.readouterr()
        assert ended == code, said.out + said.err
        return said.out + said.err

    return call


def test_the_way_of_a_data_set(home, tmp_path, run):
    files = heat_files()
    files["temp"][1][2] = "1190"
    folder = str(write_files(tmp_path / "heats", files))
    assert "hub import" in run("list")
    assert "비어 있습니다" in run("list", "--lang", "ko")
    assert json.loads(run("import", "ladle-furnace", folder, "--json"))["dropped"] == 1
    assert json.loads(run("list", "--json"))[0]["tables"]["dips"] == 35
    assert "the probe was not in the steel" in " ".join(run("show", "ladle-furnace").split())
    shown = json.loads(run("show", "ladle-furnace", "--json", "--lang", "ko"))
    assert shown["dropped"][0]["value"] == "1190"
    assert "프로브" in shown["dropped"][0]["reason"]
    report = json.loads(run("check", "ladle-furnace", "--json"))
    assert report["counts"]["error"] == 0
    assert "exists already" in run("import", "ladle-furnace", folder, code=2)
    assert "kept" in run("remove", "ladle-furnace", text="n\n")
    assert json.loads(run("remove", "ladle-furnace", "--yes", "--json"))["removed"] is True
    assert json.loads(run("list", "--json")) == []


def test_bad_input_ends_with_a_message_and_code_2(home, tmp_path, run):
    folder = write_files(tmp_path / "heats", heat_files())
    (folder / "arc.csv").write_text("nonsense\n")
    assert "arc.csv" in run("import", "ladle-furnace", str(folder), code=2)
    assert "kinds are" in run("import", "coils", str(folder), code=2)
    assert "no data set" in run("show", "nothing", code=2)
    assert "no data set" in run("remove", "nothing", "--yes", code=2)
    assert "missing" in run("check", str(folder / "none.csv"), code=2)


def test_check_reads_any_file_in_both_languages(home, tmp_path, run):
    path = tmp_path / "line.csv"
    path.write_text("temp_C,speed\n" + "".join(f"21.5,{i % 7}.{i}\n" for i in range(60)))
    assert "dead sensor" in " ".join(run("check", str(path)).split())
    assert "센서" in run("check", str(path), "--lang", "ko")
    assert len(json.loads(run("check", str(path), str(path), "--json"))) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_leaves_the_store_readable(home, tmp_path, run):
    path = tmp_path / "big.csv"
    path.write_text("a,b,c,d\n" + "".join(f"{i},{i * 0.37:.4f},{i % 91},{i * 1.7:.3f}\n" for i in range(400_000)))
    child = subprocess.Popen(
        [*RUN, "import", "table", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert json.loads(run("list", "--json")) == []
