"""The contract check finds what is wrong and says how to mend it; good solutions pass."""

from pathlib import Path

import pytest

from steelyard.errors import SolutionError
from steelyard.solutions.checker import check
from steelyard.solutions.contract import KINDS
from steelyard.solutions.reference import REFERENCE, reference_path
from steelyard.solutions.template import write_template
from steelyard.solutions.texts import TEXTS

REPOSITORY = Path(__file__).parents[2]
HOSTILE = Path(__file__).parent / "hostile"
EXAMPLES = sorted((REPOSITORY / "examples" / "solutions").iterdir())


def failed(result):
    """Return the ids of the failed checks."""
    return [found["id"] for found in result["checks"] if not found["passed"]]


@pytest.fixture(scope="module")
def boards():
    """The signals of the real boards."""
    from steelyard.plant.board import PLANTS, ROLE_WRITES, public_signals
    from steelyard.solutions.contract import signal_infos

    return [signal_infos(public_signals(plant), ROLE_WRITES) for plant in PLANTS]


@pytest.mark.parametrize("path", [*map(reference_path, REFERENCE), *EXAMPLES], ids=lambda path: path.name)
def test_reference_and_example_solutions_pass_on_the_real_boards(path, boards):
    result = check(path, boards)
    assert result["passed"], result["checks"]
    assert len(result["hash"]) == 64


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_solution_passes(kind, tmp_path, boards):
    result = check(write_template(tmp_path / "mine.py", kind), boards)
    assert result["passed"], result["checks"]
    assert result["solution"]["kind"] == kind


def test_a_template_is_never_overwritten_and_kinds_are_known(tmp_path):
    path = write_template(tmp_path / "mine.py", "advisor")
    with pytest.raises(SolutionError, match="not overwritten"):
        write_template(path, "advisor")
    with pytest.raises(SolutionError, match="use one of"):
        write_template(tmp_path / "other.py", "wizard")
    with pytest.raises(SolutionError, match=r"ends in \.py"):
        write_template(tmp_path / "other.txt", "advisor")
    with pytest.raises(SolutionError, match="folder that exists"):
        write_template(tmp_path / "no" / "other.py", "advisor")
    assert not (tmp_path / "other.py").exists()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("crash_at_import.py", "hello"), ("exits_at_import.py", "hello"), ("crash_at_start.py", "answers"),
        ("crash_at_decide.py", "answers"), ("exits_silently.py", "answers"), ("hangs.py", "in_time"),
        ("talks_unasked.sh", "well_formed"), ("not_utf8.sh", "well_formed"), ("unfinished_line.sh", "in_time"),
        ("missing.py", "file"),
    ],
)  # fmt: skip
def test_hostile_solutions_fail_with_a_remedy(name, found, monkeypatch):
    monkeypatch.setattr("steelyard.solutions.checker._TIMEOUT_S", 0.4)
    result = check(HOSTILE / name)
    assert not result["passed"]
    assert found in failed(result)
    assert all(entry["remedy"] for entry in result["checks"] if not entry["passed"])


@pytest.mark.parametrize(
    ("decide", "found"),
    [
        ("return {'operator.heating_energy_advice': 99.0}", "in_range"),
        ("return {'operator.heating_energy_setpoint': 1.0}", "permitted"),
        ("return {'operator.heating_energy_advice': signals['ladle_furnace.arc_energy'] * 0 + float('nan')}",
         "well_formed"),
        ("return {'operator.heating_energy_advice': 0.0 * signals['ladle_furnace.arc_energy']}", "no_signals_yet"),
        ("import time; return {'operator.heating_energy_advice': time.time() % 1}", "repeats_in_process"),
        ("import time; return {'operator.heating_energy_advice': time.time() % 1}", "repeats_in_new_process"),
        ("self.n = getattr(self, 'n', 0) + 1; return {'operator.heating_energy_advice': 1 / self.n}",
         "repeats_in_process"),
        ("import threading, time; self.asked += 1; self.asked == 1 and threading.Thread(target=time.sleep, args=(60,))"
         ".start(); return {}", "stops"),
    ],
)  # fmt: skip
def test_each_check_can_fail(decide, found, write, infos):
    result = check(write("\n        " + decide.replace("; ", "\n        ")), infos)
    assert not result["passed"]
    assert found in failed(result)


def test_unknown_signals_are_found(write, infos):
    del infos["ladle_furnace.arc_energy"]
    result = check(write(), infos)
    assert failed(result) == ["signals"]
    assert "arc_energy" in result["checks"][-1]["what"]


def test_a_predictor_outside_its_own_interval_fails(write, infos):
    wrong = "return {'value': 1600.0, 'low': 1601.0, 'high': 1700.0}"
    assert failed(check(write(kind="predictor", predict=wrong), infos)) == ["well_formed"]
    assert failed(check(write(kind="predictor", predict="return {'value': 9e9, 'low': 0, 'high': 1e10}"), infos)) == [
        "in_range"
    ]


def test_every_text_stands_in_both_languages(write, infos):
    for texts in TEXTS.values():
        for text in texts.values():
            assert set(text) == {"en", "ko"}
            assert all(text.values())
    korean = check(HOSTILE / "crash_at_decide.py", lang="ko")
    assert "프로세스" in next(entry["what"] for entry in korean["checks"] if not entry["passed"])
