"""`steelyard registers`: what it prints is what the server serves."""

import csv
import io
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from steelyard.cli import app
from steelyard.protocols.modbus.register_map import COLUMNS


def printed(*arguments: str) -> str:
    ran = CliRunner().invoke(app, ["registers", *arguments])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_the_map_as_csv_is_that_of_the_running_server(writable: Any, tmp_path: Any) -> None:
    served = [
        {c: "" if row[c] is None else str(row[c]) for c in COLUMNS} for row in writable.server._devices[1].map.rows
    ]
    assert list(csv.DictReader(io.StringIO(printed("hot_bar_line", "--csv", "-")))) == served
    printed("hot_bar_line", "--csv", str(tmp_path / "map.csv"))
    text = (tmp_path / "map.csv").read_text(encoding="utf-8-sig")
    assert list(csv.DictReader(io.StringIO(text))) == served


def test_the_map_as_json_and_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows = json.loads(printed("ladle_furnace", "--json"))
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert "ladle_furnace.arc_power" in printed("ladle_furnace")
    assert "레지스터 수" in printed("ladle_furnace", "--lang", "ko")


def test_a_works_that_there_is_not() -> None:
    ran = CliRunner().invoke(app, ["registers", "sinter_plant"])
    assert ran.exit_code != 0
    assert "there is no plant" in str(ran.exception)


@pytest.mark.parametrize("process", ["hot_bar_line", "ladle_furnace"])
def test_every_row_can_be_read_by_a_plc_programmer(process: str) -> None:
    for row in csv.DictReader(io.StringIO(printed(process, "--csv", "-"))):
        assert row["description"], row
        assert int(row["number"]) % 100_000 == int(row["address"]) + 1
        assert row["scale"] == "1"
