"""`steelyard solution`: the commands as a user meets them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from steelyard.cli.solution import app

HOSTILE = Path(__file__).parents[1] / "solutions" / "hostile"


def run(*arguments):
    """Return (exit code, output)."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", ["advisor", "controller", "predictor"])
def test_new_then_check(kind, tmp_path):
    path = tmp_path / "mine.py"
    code, output = run("new", path, "--kind", kind)
    assert code == 0
    assert "steelyard solution check" in output
    code, output = run("check", path, "--json")
    assert code == 0
    assert json.loads(output)["passed"] is True


def test_a_failed_check_ends_with_2_and_a_remedy():
    code, output = run("check", HOSTILE / "crash_at_decide.py")
    assert code == 2
    assert "ZeroDivisionError" in output
    assert "→ mend the error" in output
    code, output = run("check", HOSTILE / "crash_at_decide.py", "--lang", "ko")
    assert code == 2
    assert "부적합" in output


def test_a_missing_file_is_a_failed_check(tmp_path):
    code, output = run("check", tmp_path / "nothing.py", "--json")
    assert code == 2
    assert "no such file" in json.loads(output)["checks"][0]["what"]


def test_new_does_not_overwrite(tmp_path):
    from steelyard.errors import SolutionError

    path = tmp_path / "mine.py"
    path.write_text("precious")
    with pytest.raises(SolutionError, match="not overwritten"):
        run("new", path)
    assert path.read_text() == "precious"


def test_list_names_files_to_copy():
    code, output = run("list", "--json")
    assert code == 0
    found = json.loads(output)
    assert "dip_filter_predictor" in [one["name"] for one in found]
    assert all(Path(one["path"]).is_file() for one in found)
    code, output = run("list", "--lang", "ko")
    assert "칼만" in output
