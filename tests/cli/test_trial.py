"""`steelyard trial run`: a report that lies there is not lost."""

import pytest
from typer.testing import CliRunner

from steelyard.cli.trial import app
from steelyard.errors import SteelyardError


@pytest.mark.parametrize("lang, said", [("en", "a report lies there already"), ("ko", "이미 보고서가 있습니다")])
@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_a_report_is_not_replaced_unasked(tmp_path, lang, said, name):
    (tmp_path / name).write_text("mine")
    found = CliRunner().invoke(app, ["run", "advisor", "--out", str(tmp_path), "--lang", lang])
    assert isinstance(found.exception, SteelyardError)
    assert said in str(found.exception)
    assert "--force" in str(found.exception)
    assert (tmp_path / name).read_text() == "mine"


def test_with_force_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    (tmp_path / "report.json").write_text("mine")
    words = ["run", "predictor", "--data", "never-imported", "--out", str(tmp_path)]
    assert "lies there" in str(CliRunner().invoke(app, words).exception)
    assert "never-imported" in str(CliRunner().invoke(app, [*words, "--force"]).exception), "on to the data"
