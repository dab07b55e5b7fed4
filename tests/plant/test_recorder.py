"""`steelyard run`: the record on disk, twice the same bytes, its genealogy, and what a user gets wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars
import pytest
from typer.testing import CliRunner

from steelyard.cli import app
from steelyard.errors import DataError
from steelyard.plant.recorder import signals_of

HOURS = "1.5"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["run", "hot_bar_line", *arguments])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "first"
    run("--hours", HOURS, "--seed", "1", "--out", str(out), "--recordings", "1", "--json")
    return out


def test_twice_the_same_seed_gives_byte_equal_files_in_another_process(record: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    subprocess.run(
        [sys.executable, "-m", "steelyard", "run", "hot_bar_line", "--hours", HOURS, "--seed", "1", "--out", str(again),
         "--recordings", "1", "--json"], check=True, capture_output=True,
    )  # fmt: skip
    files = sorted(path.name for path in record.iterdir())
    assert files == sorted(path.name for path in again.iterdir())
    assert len(files) >= 6
    for name in files:
        assert (record / name).read_bytes() == (again / name).read_bytes(), name
    other = tmp_path / "other"
    run("--hours", HOURS, "--seed", "2", "--out", str(other), "--json")
    assert (other / "bars-0000.parquet").read_bytes() != (record / "bars-0000.parquet").read_bytes()


def test_every_bar_is_there_once_with_its_passes_and_its_signals(record: Path) -> None:
    about = json.loads((record / "run.json").read_text(encoding="utf-8"))
    bars = polars.read_parquet(record / "bars-0000.parquet")
    passes = polars.read_parquet(record / "passes-0000.parquet")
    assert about["bars"] == len(bars) > 10
    assert about["synthetic"] is True
    assert bars["number"].to_list() == list(range(1, len(bars) + 1))
    whole = bars.filter(polars.col("cobble") == 0.0)["number"]
    assert passes.filter(polars.col("number").is_in(whole.implode())).height == 14 * len(whole)
    assert about["units"]["signals"]["reheating_furnace.fuel_energy"] == "GJ"
    found = signals_of(record, 5)
    assert set(found["unit"]) == {"reheating_furnace", "bar_rolling", "cooling_bed"}
    bar = bars.row(4, named=True)
    rolled = found.filter(polars.col("unit") == "bar_rolling")
    assert rolled["time_s"].is_between(bar["rolling_start"], bar["rolling_end"]).all()
    assert rolled["bar_rolling.roll_force"].drop_nulls().len() == len(rolled)
    with pytest.raises(DataError, match="did not leave"):
        signals_of(record, 9999)
    with pytest.raises(DataError, match="no record"):
        signals_of(record.parent, 1)


def test_recordings_have_500_samples_a_second(record: Path) -> None:
    table = polars.read_parquet(record / "recordings_500Hz.parquet")
    assert table["recording"].n_unique() == 1
    time = table["time"].to_numpy().astype("datetime64[us]").astype(float) * 1e-6
    assert np.median(np.diff(time)) == pytest.approx(0.002, rel=1e-3)


def test_key_figures_are_printed_in_both_languages(tmp_path: Path) -> None:
    english = run("--hours", HOURS, "--seed", "1", "--lang", "en")
    korean = run("--hours", HOURS, "--seed", "1", "--lang", "ko")
    assert "GJ/t" in english
    assert "GJ/t" in korean
    assert english != korean


def test_a_run_too_short_for_a_bar_says_so() -> None:
    result = CliRunner().invoke(app, ["run", "hot_bar_line", "--hours", "0.05", "--seed", "1"])
    assert result.exit_code == 0, result.output
    assert "no bar" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_line"], "lines are"),
        (["hot_bar_line", "--scenario", "x"], "scenarios are"),
        (["hot_bar_line", "--plant", "x"], "ships no"),
        (["hot_bar_line", "--recordings", "2"], "--out"),
        (["hot_bar_line", "--hours", "0.01", "--every", "3600"], "--every"),
    ],
)
def test_a_wrong_request_ends_in_one_sentence(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["run", *arguments])
    assert result.exception is not None
    assert message in str(result.exception)


def test_a_full_folder_is_not_overwritten(record: Path) -> None:
    before = {path.name: path.read_bytes() for path in record.iterdir()}
    result = CliRunner().invoke(app, ["run", "hot_bar_line", "--hours", "0.1", "--out", str(record)])
    assert "not empty" in str(result.exception)
    assert before == {path.name: path.read_bytes() for path in record.iterdir()}
