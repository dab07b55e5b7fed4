"""Every published case runs and holds; every procedure is used; the runner cannot pass what it did not compute."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steelyard.errors import DataError
from steelyard.validation import runner
from steelyard.validation.case import Case, close, load_case

ROOT = Path(__file__).resolve().parents[2]
CASES = runner.load_cases(ROOT / "tests" / "validation")
BAR_LINE = (1, *range(5, 11), *range(12, 16), *range(17, 25), *range(26, 33), 34, 35, 36, 38, 39, 42, 50)
"""Numbers of the brief's list that concern the bar line; it has no 2-4, 11, 16, 25, 33, 37, 40, 41, 43 and 44."""
ASKED = {
    *(f"P{i}" for i in range(1, 9)), *(f"L{i}" for i in range(1, 13)), "S1", "T3",
    *(f"V{i:02d}" for i in BAR_LINE if i != 9), "V09a", "V09b",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_holds(case: Case) -> None:
    row = runner.run_case(case)
    if row["passed"] is None:
        pytest.skip(row["reason"])
    assert row["result"] == ("missed" if case.known_miss else "passed"), (
        f"{case.path}: {row['reason']}: expected {row['expected']}, got {row['got']}"
    )


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.tolerance["kind"] in ("absolute", "relative")], ids=lambda c: c.id
)
def test_case_can_fail(case: Case) -> None:
    """A published value moved by twice its tolerance and more is no longer met."""
    if case.needs:
        pytest.skip("needs measured data; the comparison itself is the same")
    got = runner.run_case(case)["got"]
    for name, published in case.published.items():
        limit = case.tolerance_of(name)
        if limit["kind"] not in ("absolute", "relative"):
            continue
        moved = [_moved(p, limit) for p in published] if isinstance(published, list) else _moved(published, limit)
        assert not close(got[name], moved, limit), f"{case.id}: {name} cannot fail"


def _moved(value: float, limit: dict[str, Any]) -> float:
    scale = abs(value) if limit["kind"] == "relative" else 1.0
    return value + 2.5 * limit["value"] * scale + 1e-6 * max(1.0, abs(value))


def test_every_asked_case_is_there_and_every_file_is_a_case() -> None:
    assert {case.id for case in CASES} >= ASKED
    assert len(CASES) == len(list((ROOT / "tests" / "validation").rglob("*.toml")))


def test_every_procedure_is_used_and_every_call_is_known() -> None:
    assert {case.calls for case in CASES} == set(runner.procedures())


def _case(**changes: Any) -> Case:
    plain: dict[str, Any] = {
        "id": "X1", "process": "x", "title": "t", "source": "s", "kind": "exact", "calls": "twice",
        "published": {"a": 2.0}, "tolerance": {"kind": "absolute", "value": 0.1, "reason": "r"}, "given": {"b": 1.0},
    }  # fmt: skip
    return Case(**{**plain, **changes})


def _twice(given: dict[str, Any]) -> dict[str, float]:
    return {"a": 2.0 * given["b"]}


def test_a_row_says_what_went_wrong() -> None:
    known = {"twice": _twice}
    assert runner.run_case(_case(), known)["passed"] is True
    assert runner.run_case(_case(given={"b": 1.2}), known)["passed"] is False
    unknown = runner.run_case(_case(calls="thrice"), known)
    assert unknown["passed"] is False
    assert "thrice" in unknown["reason"]
    broken = runner.run_case(_case(given={}), known)
    assert broken["passed"] is False
    assert "KeyError" in broken["reason"]
    assert runner.run_case(_case(published={"a": 2.0, "not computed": 1.0}), known)["passed"] is False
    assert runner.run_case(_case(given={"b": math.nan}), known)["passed"] is False


def test_absent_measured_data_are_told_not_passed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEELYARD_SHARED_DATA", str(tmp_path))
    row = runner.run_case(_case(needs="ladle-heat-1hz"), {"twice": _twice})
    assert row["passed"] is None
    assert "ladle-heat-1hz" in row["reason"]


def _missed(got: float) -> Case:
    """A case that asks for 2 ± 0.1 and states that 3 ± 0.2 comes out."""
    return _case(given={"b": got / 2.0}, known_miss={"reason": "not understood", "within": 0.2, "got": {"a": 3.0}})


def test_a_known_miss_is_told_and_fails_as_soon_as_it_holds_or_gets_worse() -> None:
    known = {"twice": _twice}
    for got in (2.85, 3.0, 3.15):
        row = runner.run_case(_missed(got), known)
        assert (row["passed"], row["result"], row["got"]["a"]) == (False, "missed", got)
        assert "not understood" in row["reason"]
        assert row["known_miss"] == "not understood"
    for got in (2.0, 2.5, 3.3, math.nan):
        row = runner.run_case(_missed(got), known)
        assert (row["passed"], row["result"]) == (False, "failed")
    assert runner.run_case(replace(_missed(3.0), calls="thrice"), known)["result"] == "failed"


def test_known_misses_are_few_and_named() -> None:
    assert {case.id for case in CASES if case.known_miss} == {"V39b"}


WHOLE = """id = "X"
title = "t"
source = "s"
kind = "exact"
calls = "c"
[published]
a = 1
[tolerance]
kind = "absolute"
reason = "r"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (WHOLE, "id = ", "cannot be read"),
        ('source = "s"', "", "needs source"),
        ('"exact"', '"guess"', "guess"),
        ('"absolute"', '"near"', "tolerance kind"),
        ('reason = "r"', "", "no reason"),
        ('reason = "r"', 'reason = "r"\n[known_miss]\nreason = "w"\nwithin = 1', "got for every published"),
        (
            'reason = "r"',
            'reason = "r"\n[known_miss]\nreason = "w"\nwithin = 1\ngot = { a = 1.0 }',
            "point that is met",
        ),
    ],
)
def test_a_bad_case_file_is_refused_with_its_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(WHOLE, encoding="utf-8")
    load_case(path)
    path.write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=said) as caught:
        load_case(path)
    assert "bad.toml" in str(caught.value)


def test_doubled_ids_are_refused(tmp_path: Path) -> None:
    text = Path(CASES[0].path).read_text(encoding="utf-8")
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="twice"):
        runner.load_cases(tmp_path)


def test_held_out_dip_never_enters_its_own_prediction(shared_data: Path) -> None:
    """Moving the held-out dip by 100 K must not move its prediction by a hair; moving another one must."""
    import numpy as np

    from steelyard.validation import single_heat

    record = single_heat.read_record(shared_data / "ladle-heat-1hz")
    assert list(record.seconds) == [872, 1666, 2105, 3608]
    few = single_heat.ensemble(record, 64)
    for held_out in range(4):
        moved = replace(few, dips=few.dips + 100.0 * (np.arange(4) == held_out))
        assert few.predict(held_out)[0][held_out] == moved.predict(held_out)[0][held_out]
        other = replace(few, dips=few.dips + 5.0 * (np.arange(4) == (held_out + 1) % 4))
        assert few.predict(held_out)[0][held_out] != other.predict(held_out)[0][held_out]


def test_the_command_prints_the_rows_and_refuses_an_unknown_process() -> None:
    command = [sys.executable, "-m", "steelyard", "validate", "--json", "--process"]
    done = subprocess.run([*command, "materials"], capture_output=True, text=True, check=False)
    rows = json.loads(done.stdout)
    assert done.returncode == 0
    assert {row["id"] for row in rows} >= {"V07", *(f"P{i}" for i in range(1, 9))}
    assert {row["process"] for row in rows} == {"materials"}
    assert {"id", "process", "kind", "passed", "expected", "got", "tolerance"} <= set(rows[0])
    refused = subprocess.run([*command, "blast_furnace"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "materials" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_reference_page_names_every_case() -> None:
    page = (ROOT / "docs" / "reference" / "validation.md").read_text(encoding="utf-8")
    missing = [case.id for case in CASES if f"| {case.id} |" not in page or case.title not in page]
    assert not missing, f"run `steelyard validate --write-docs docs/reference/validation.md`: {missing}"


@pytest.mark.parametrize(
    ("case_id", "name", "factor"), [("L4", "arc_efficiency", 1.35), ("L5", "surface_emissivity", 9.0)]
)
def test_a_wrong_furnace_fails_its_case(
    case_id: str, name: str, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.plant import works
    from steelyard.validation import procedures_ladle_furnace

    def wrong(process: str = "ladle_furnace", plant: str = "100t") -> works.PlantValues:
        values = works.shipped_values(process, plant)
        values.furnace[name] *= factor
        return values

    monkeypatch.setattr(procedures_ladle_furnace, "shipped_values", wrong)
    (case,) = [c for c in CASES if c.id == case_id]
    assert runner.run_case(case)["passed"] is False
