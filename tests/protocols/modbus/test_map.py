"""The register map follows from the declarations: every signal once, nothing twice, the same for ever."""

import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest

from steelyard.errors import SignalError
from steelyard.live.access import role_of
from steelyard.plant.board import public_signals
from steelyard.plant.frame import Frame
from steelyard.protocols.modbus.register_map import COLUMNS, RegisterMap, number_words, register_map, write_csv


@pytest.mark.parametrize("process", ["hot_bar_line", "ladle_furnace"])
def test_every_signal_stands_in_the_map_and_no_two_share_a_register(process: str) -> None:
    signals = public_signals(process)
    rows = register_map(signals)
    assert [r["signal"] for r in rows if r["table"] == "input" and 1000 <= r["address"] < 30_000] == [
        s.name for s in signals
    ]
    writable = [s.name for s in signals if s.writable and role_of(s.name)]
    assert [r["signal"] for r in rows if r["table"] == "holding"] == writable
    assert all(r["writable_by"] == role_of(r["signal"]) for r in rows if r["table"] == "holding")
    for table in ("input", "holding", "discrete"):
        taken = [a for r in rows if r["table"] == table for a in range(r["address"], r["address"] + r["registers"])]
        assert len(taken) == len(set(taken))
        assert max(taken) < 65_536


def test_a_new_signal_moves_no_other() -> None:
    signals = public_signals("hot_bar_line")
    place = {(r["table"], r["signal"]): r["address"] for r in register_map(signals[:-5])}
    later = {(r["table"], r["signal"]): r["address"] for r in register_map(signals)}
    assert place == {key: later[key] for key in place}


def test_the_hash_tells_two_maps_apart() -> None:
    signals = public_signals("ladle_furnace")
    assert RegisterMap(signals).hash == RegisterMap(public_signals("ladle_furnace")).hash
    said = next(r for r in register_map(signals) if r["signal"] == "header.map_hash")
    assert f"this one: {RegisterMap(signals).hash}" in said["description"]
    renamed = [dataclasses.replace(signals[0], name="ladle_furnace.other"), *signals[1:]]
    assert RegisterMap(renamed).hash != RegisterMap(signals).hash


def test_what_is_too_wide_for_float32_has_an_exact_form() -> None:
    rows = register_map(public_signals("hot_bar_line"))
    exact = {r["signal"]: r["type"] for r in rows if r["table"] == "input" and r["address"] >= 30_000}
    assert exact["line.bars_charged"] == "uint32"
    assert exact["cooling_bed.slot_number[slot_1]"] == "int32"  # -1 when empty
    assert exact["bar_rolling.electric_energy"] == "float64"
    assert "bar_rolling.roll_force" not in exact


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (16_777_217, "uint32", [0x0100, 0x0001]),  # the first whole number that float32 cannot hold
        (-1, "int32", [0xFFFF, 0xFFFF]),
        (float("nan"), "uint32", [0xFFFF, 0xFFFF]),
        (float("nan"), "int32", [0x8000, 0x0000]),
        (2**32, "uint32", [0xFFFF, 0xFFFF]),
        (1e39, "float32", [0x7F80, 0x0000]),
        (850.5, "float32", [0x4454, 0xA000]),
    ],
)
def test_numbers_in_registers(value: float, kind: str, words: list[int]) -> None:
    assert number_words(value, kind) == words


def test_a_written_float_is_the_decimal_that_was_meant() -> None:
    table = RegisterMap(public_signals("hot_bar_line"))
    for meant in (0.1, 805.1, 1234.56, 1e-3):
        assert list(table.written(0, number_words(meant, "float32")).values()) == [meant]  # type: ignore[union-attr]
    assert table.written(1, [0, 0]) is None
    assert table.written(0, [0]) is None
    assert table.written(2 * len(table.setpoints), [0, 0]) is None


def test_any_window_of_the_exact_block_agrees_with_the_whole() -> None:
    table = RegisterMap(public_signals("hot_bar_line"))
    n = len(table.signals)
    values = np.random.default_rng(3).uniform(0, 1e9, n)
    values[::7] = np.nan
    frame = Frame(1, 1.0, values, np.zeros(n, np.uint8), np.zeros(n))
    whole = [w for e in table.exact for w in number_words(float(values[e.index]), e.kind)]
    assert len(whole) == table.exact_words
    for start, count in [(0, 4), (1, 5), (3, 125), (table.exact_words - 125, 125), (table.exact_words - 1, 1)]:
        assert table.input_words(frame, [], 30_000 + start, count) == whole[start : start + count]
    assert table.input_words(frame, [], 30_000 + table.exact_words - 1, 2) is None


def test_the_csv_holds_the_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signals = public_signals("hot_bar_line")
    write_csv(signals, tmp_path / "map.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "map.csv").read_text(encoding="utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert [(r["signal"], int(r["address"])) for r in rows] == [
        (r["signal"], r["address"]) for r in register_map(signals)
    ]
    write_csv(signals, None)
    assert capsys.readouterr().out.count("\n") == len(rows) + 1


def test_too_many_signals_are_refused() -> None:
    signals = public_signals("ladle_furnace")
    with pytest.raises(SignalError, match="too many"):
        RegisterMap(signals * 200)
