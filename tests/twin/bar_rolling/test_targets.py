"""The figures that the twin of a bar mill must reach on measured bars that it has not seen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.hub.ingest import import_dataset
from steelyard.hub.store import open_store
from steelyard.twin.bar_rolling.agreement import bar_agreement
from steelyard.twin.bar_rolling.calibrate import calibrate_bars


@pytest.fixture
def recorded(shared_data: Path, home: Path) -> Path:
    """A store that holds the measured bars and the rod mill."""
    for kind, folder in (("freiberg-passes", "rolling-freiberg-passes"), ("rod-mill", "rod-mill-16stand")):
        if not (shared_data / folder).exists():
            pytest.skip(f"{folder} is not present")
        import_dataset(kind, shared_data / folder)
    return home


@pytest.mark.slow
def test_targets_on_later_bars_of_both_campaigns(recorded: Path) -> None:
    store = open_store()
    twin = calibrate_bars("freiberg-passes", [], store)
    found = bar_agreement(twin, "freiberg-passes", None, store, yardstick=False)
    assert found["split"]["bars_seen_before"] == 0
    assert min(found["split"]["per_campaign"].values()) >= 5
    given, ahead = found["given_temperature"], found["predicted_temperature"]
    assert given["force_mape"] <= 3.5
    assert given["torque_mape"] <= 2.2
    assert ahead["temperature_mae_k"] <= 12.0
    assert ahead["force_mape"] <= 5.0
    assert found["uncalibrated"]["force_mape"] > 10.0
    for load in ("force_mape", "torque_mape"):
        assert given[load] < found["steel_pass_mean"][load] < found["pass_mean"][load] < found["global_factor"][load]
    assert twin.card["solution_verification"]["figures"]["physical"]


@pytest.mark.slow
def test_fewer_bars_of_the_past_still_reach_the_targets_on_all_later_ones(recorded: Path) -> None:
    store = open_store()
    twin = calibrate_bars("freiberg-passes", ["01477", "01513"], store)
    found = bar_agreement(twin, "freiberg-passes", None, store, yardstick=False)
    assert found["given_temperature"]["force_mape"] <= 3.5
    assert found["given_temperature"]["torque_mape"] <= 2.2
    assert found["predicted_temperature"]["temperature_mae_k"] <= 12.0
    assert found["predicted_temperature"]["force_mape"] <= 5.0


@pytest.mark.slow
def test_the_rod_mill_is_below_wicon_with_every_stand_left_out(recorded: Path) -> None:
    store = open_store()
    twin = calibrate_bars("rod-mill", [], store)
    found = bar_agreement(twin, "rod-mill", None, store)
    assert found["split"]["seen_before"]
    assert found["left_out_one_stand"]["torque_mape"] < 0.75 * found["wicon"]["torque_mape"]
    assert found["left_out_one_stand"]["temperature_mae_k"] < 0.75 * found["wicon"]["temperature_mae_k"]
    assert found["torque_mape"] < found["uncalibrated"]["torque_mape"]


@pytest.mark.slow
def test_the_command_calibrates_shows_and_scores_in_both_languages(recorded: Path, tmp_path: Path) -> None:
    def steelyard(*arguments: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "steelyard", "twin", *arguments], capture_output=True, text=True,
            env={**os.environ, "STEELYARD_HOME": str(recorded), "NO_COLOR": "1", "COLUMNS": "120"},
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    file = str(tmp_path / "mill.json")
    made = steelyard(
        "calibrate", "bar_rolling", "--data", "freiberg-passes", "--until", "01481", "--until", "01521", "--out", file,
        "--json",
    )  # fmt: skip
    assert json.loads(made)["until"] == ["01481", "01521"]
    assert "force_factor[R3]" in steelyard("show", file)
    told = json.loads(steelyard("agreement", file, "--data", "freiberg-passes", "--json"))
    assert told["given_temperature"]["n"] > 100
    outside = told["pyroll"]["force_mape"]
    assert outside is None or outside > told["given_temperature"]["force_mape"]
    table = steelyard("agreement", file, "--data", "freiberg-passes", "--from", "01526", "--lang", "ko")
    assert "측정 온도" in table
    assert "하중" in table
