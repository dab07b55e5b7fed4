"""The packaged synthetic bars: they import whole, behave as bars do, and are what the shipped line makes."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from steelyard.cli import main
from steelyard.hub.ingest import import_dataset
from steelyard.hub.plausibility.check import check_dataset
from steelyard.hub.store import open_store
from steelyard.studies import synthetic_bars
from steelyard.studies.samples import BARS, copy_samples


@pytest.fixture
def run(capsys, monkeypatch) -> Callable[..., str]:
    """Run `steelyard …` in this process; give back what it printed, after checking its exit code."""

    def call(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["steelyard", *words])
        try:
            main()
            ended = 0
        except SystemExit as end:
            ended = end.code or 0
        said = capsys.readouterr()
        assert ended == code, said.out + said.err
        return said.out + said.err

    return call


def test_the_sample_is_copied_and_never_overwrites(home, tmp_path, run):
    target = tmp_path / "bars"
    made = json.loads(run("sample", str(target), "--what", "bars", "--json"))
    assert made["synthetic"] is True
    assert set(made["files"]) == {"passes.csv", "schedule.csv", "specific_heat.csv", "README.md"}
    assert "already holds" in run("sample", str(target), "--what", "bars", code=2)
    assert "합성" in run("sample", str(tmp_path / "more"), "--what", "bars", "--lang", "ko")
    assert "samples are: heats, bars" in run("sample", str(tmp_path / "x"), "--what", "coils", code=2)


def test_the_sample_is_a_plausible_set_of_passes(home, tmp_path):
    copy_samples(tmp_path / "bars", "bars")
    result = import_dataset("freiberg-passes", tmp_path / "bars")
    assert result["notes"][0]["id"] == "synthetic"
    assert result["tables"]["schedule"] == 14
    store = open_store()
    trials, passes = store.table("freiberg-passes", "trials"), store.table("freiberg-passes", "passes")
    assert trials.height == 2 * synthetic_bars.BARS
    assert set(trials["steel"]) == {"C15", "C45"}
    assert (trials["passes"] == 14).mean() > 0.95
    assert 0 < result["dropped"] < 0.03 * result["files"]["passes.csv"]["values_in"]
    force = dict(passes.group_by("pass_label").agg(pl.col("roll_force_kn").median()).iter_rows())
    assert force["R3"] > 2.0 * force["R8"]
    report = check_dataset(store, "freiberg-passes")
    assert report["counts"]["error"] == 0, [f["message"]["en"] for f in report["findings"]]
    assert "force_without_temperature" not in {f["id"] for f in report["findings"]}


def test_the_grooves_are_named_as_the_mill_names_them():
    from steelyard.processes.bar_rolling.prepare import GROOVES

    assert GROOVES[: len(synthetic_bars.GROOVES)] == synthetic_bars.GROOVES


@pytest.mark.slow
def test_the_packaged_bars_are_what_the_shipped_line_makes(tmp_path: Path):
    """A regression pin: whoever changes the line makes the samples anew (studies.synthetic_bars.write)."""
    synthetic_bars.write(tmp_path, count=1)
    for name in ("schedule.csv", "specific_heat.csv"):
        assert (tmp_path / name).read_text() == (BARS / name).read_text(), name
    made = (tmp_path / "passes.csv").read_text(encoding="utf-8").splitlines()
    packaged = (BARS / "passes.csv").read_text(encoding="utf-8").splitlines()
    first = [line for line in packaged if "_01," in line]
    assert made[1:] == first
