"""The command line as a user meets it: help, versions, samples, speed, and what bad input gets."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def steelyard(*arguments: str, home: Path, check: int | None = 0) -> subprocess.CompletedProcess:
    """Run the command in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "steelyard", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "STEELYARD_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "120"},
    )
    assert check is None or run.returncode == check, run.stdout + run.stderr
    assert "Traceback" not in run.stderr, run.stderr
    return run


def test_every_command_has_help_and_json(home: Path) -> None:
    overview = steelyard("--help", home=home).stdout
    for command in ("demo", "sample", "hub", "twin", "solution", "trial", "validate", "bench"):
        assert command in overview
    for command in ("demo", "sample", "validate", "bench"):
        assert "--json" in steelyard(command, "--help", home=home).stdout
    assert steelyard("--version", home=home).stdout.startswith("steelyard ")


def test_an_unknown_command_or_option_is_refused(home: Path) -> None:
    assert "No such command" in steelyard("weigh", home=home, check=2).stderr
    assert "No such option" in steelyard("bench", "--fast", home=home, check=2).stderr


def test_sample_copies_the_synthetic_heats_and_never_overwrites(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "heats"
    made = json.loads(steelyard("sample", str(target), "--json", home=home).stdout)
    assert made["synthetic"] is True
    assert {"arc.csv", "temp.csv", "README.md"} <= set(made["files"])
    before = (target / "arc.csv").read_bytes()
    assert "already holds" in steelyard("sample", str(target), home=home, check=2).stderr
    assert (target / "arc.csv").read_bytes() == before
    assert "SYNTHETIC" in (target / "README.md").read_text(encoding="utf-8")


def test_the_packaged_heats_are_what_the_twin_of_the_shipped_furnace_makes(tmp_path: Path) -> None:
    """A regression pin: whoever changes the furnace makes the samples anew (studies.synthetic_heats.write)."""
    from steelyard.studies.samples import SAMPLES
    from steelyard.studies.synthetic_heats import write

    write(tmp_path, count=15)
    for name in ("arc.csv", "temp.csv", "bulk.csv", "wire_time.csv"):
        made = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        assert (SAMPLES / name).read_text(encoding="utf-8").splitlines()[: len(made)] == made, name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("demo", "--data", "/nowhere/at/all"), "/nowhere/at/all"),
        (("demo", "--lang", "fr"), "--lang en"),
        (("hub", "import", "ladle-furnace", "/nowhere"), "/nowhere"),
        (("hub", "show", "nothing"), "nothing"),
        (("twin", "calibrate", "ladle_furnace", "--data", "nothing", "--out", "t.json"), "nothing"),
        (("twin", "agreement", "/nowhere.json", "--data", "nothing"), "/nowhere.json"),
        (("solution", "check", "/nowhere.py"), "/nowhere.py"),
        (("trial", "run", "/nowhere.toml"), "/nowhere.toml"),
        (("trial", "verify", "/nowhere.json"), "/nowhere.json"),
        (("validate", "--process", "blast_furnace"), "blast_furnace"),
    ],
)
def test_bad_input_ends_in_one_clear_message_and_exit_code_2(
    arguments: tuple[str, ...], message: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = steelyard(*arguments, home=home, check=2)
    assert message in (run.stdout + run.stderr).replace("\n", "")
    assert len((run.stdout + run.stderr).strip().splitlines()) <= 12


def test_ctrl_c_during_an_import_leaves_the_store_readable(home: Path, tmp_path: Path) -> None:
    steelyard("sample", str(tmp_path / "heats"), home=home)
    environment = {**os.environ, "STEELYARD_HOME": str(home)}
    command = [sys.executable, "-m", "steelyard", "hub", "import", "ladle-furnace", str(tmp_path / "heats")]
    for delay in (0.3, 0.6, 0.9):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert "import_dataset" not in errors, errors  # a signal before our code runs is Python's own to report
        assert steelyard("hub", "list", "--json", home=home).returncode == 0


@pytest.mark.slow
def test_bench_measures_and_reaches_its_goals(home: Path) -> None:
    result = json.loads(steelyard("bench", "--days", "20", "--json", home=home).stdout)
    assert result["lockstep_per_s"] >= 50_000
    assert result["fused_per_s"] >= 150_000
    assert result["unjitted_ratio"] > 20
    assert result["cold_start_s"] > result["warm_start_s"] > 0
    assert result["threads_ratio"] > 0
    assert result["cartpole_ratio"] is None or result["cartpole_ratio"] > 0
    assert result["line_lockstep_x"] >= 1_000
    assert result["line_fused_x"] >= 20_000
    assert result["schedule_vs_pyroll"] is None or result["schedule_vs_pyroll"] >= 500
    assert result["year_bars"] > 20 * 700
    assert result["year_peak_mb"] <= 1.02 * result["year_peak_mb_early"]
