"""Verify covers everything in a report but its facts, and the page beside it, even when hashes are forged."""

import copy
import json
from hashlib import sha256
from types import SimpleNamespace

import pytest

from steelyard.errors import DataError
from steelyard.trials import report as reports
from steelyard.trials.canonical import digest
from steelyard.trials.report import load, render, report_digest, write
from steelyard.trials.verify import _of_plans, verify


@pytest.fixture
def folder(silent_report, tmp_path):
    write(copy.deepcopy(silent_report), tmp_path, "ko")
    return tmp_path


def forge(folder, change, seal=False):
    """Edit report.json by `change`; with `seal` the forger also makes its digest fit."""
    path = folder / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    change(report)
    if seal:
        report["report_hash"] = report_digest(report)
    path.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    return path


def test_an_untouched_report_and_its_page_are_verified(folder):
    found = verify(folder / "report.json")
    assert found["verified"] is True
    assert found["differences"] == []
    assert found["compared"] == ["rerun", "hashes", "page"]
    assert found["not_compared"] == ["facts"]
    assert found["page"] == "same"


def test_the_promised_keys_stay_and_language_and_sha256_of_the_page_stand_outside_the_result(folder):
    report = load(folder / "report.json")
    html = (folder / "report.html").read_bytes()
    assert report["page"] == {"language": "ko", "sha256": sha256(html).hexdigest()}
    assert {"verdict", "primary", "report"} <= set(report)
    assert digest(report["result"]) == report["result_hash"]


@pytest.mark.parametrize("seal", [False, True])
@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("primary.effect", lambda report: report["primary"].update(effect=-9.0)),
        ("verdict", lambda report: report.update(verdict="better")),
        ("plan_hash", lambda report: report.update(plan_hash="0" * 64)),
        ("report", lambda report: report.update(report="other.html")),
        ("format", lambda report: report.update(format="steelyard-trial-report/9")),
        ("remark", lambda report: report.update(remark="approved")),
    ],
)
def test_a_change_outside_the_result_is_named(folder, key, change, seal):
    found = verify(forge(folder, change, seal))
    assert found["verified"] is False
    assert any(line.startswith(key) for line in found["differences"])


def test_a_change_of_the_language_alone_is_noticed(folder):
    found = verify(forge(folder, lambda report: report["page"].update(language="en")))
    assert found["verified"] is False
    assert any("report_hash" in line for line in found["differences"])


def test_facts_are_not_covered_and_that_is_said(folder):
    (folder / "report.html").unlink()
    found = verify(forge(folder, lambda report: report["facts"].update(seconds=0.1)))
    assert found["verified"] is True
    assert found["not_compared"] == ["page", "facts"]


def test_an_edited_page_is_noticed(folder):
    page = folder / "report.html"
    page.write_bytes(page.read_bytes().replace("동등 이상".encode(), "개선".encode()))
    found = verify(folder / "report.json")
    assert (found["verified"], found["page"]) == (False, "differs")
    assert any("report.html was changed" in line for line in found["differences"])


def test_an_edited_page_with_a_fitting_sha256_is_noticed(folder):
    page = folder / "report.html"
    page.write_bytes(page.read_bytes().replace("동등 이상".encode(), "개선".encode()))
    made = sha256(page.read_bytes()).hexdigest()
    found = verify(forge(folder, lambda report: report["page"].update(sha256=made), seal=True))
    assert (found["verified"], found["page"]) == (False, "differs")
    assert any("is not what this report gives" in line for line in found["differences"])


@pytest.mark.parametrize("page", [None, 3, {"language": "tlh", "sha256": ""}])
def test_a_report_that_does_not_name_its_page_is_not_verified_with_one(folder, page):
    found = verify(forge(folder, lambda report: report.update(page=page), seal=True))
    assert (found["verified"], found["page"]) == (False, "differs")


def test_a_page_that_is_not_there_is_said_to_be_unchecked(folder):
    (folder / "report.html").unlink()
    found = verify(folder / "report.json")
    assert (found["verified"], found["page"]) == (True, "absent")
    assert "page" in found["not_compared"]
    assert "page" not in found["compared"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_rendered_from_the_file_is_the_page_that_was_written(silent_report, tmp_path, lang):
    page = write(copy.deepcopy(silent_report), tmp_path, lang)
    assert render(load(tmp_path / "report.json"), lang) == page.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


@pytest.mark.parametrize("result", [None, [], {}, {"verdict": 1}, {"verdict": {"verdict": "x"}, "results": {}}])
def test_a_made_up_result_ends_in_a_difference_not_in_a_traceback(folder, result):
    def change(report):
        report.update(result=result, result_hash=digest(result))

    found = verify(forge(folder, change, seal=True))
    assert found["verified"] is False
    assert found["differences"]


def test_a_key_that_stands_twice_and_nan_are_refused(folder):
    path = folder / "report.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('{\n "format"', '{\n "verdict": "better",\n "format"', 1), encoding="utf-8")
    with pytest.raises(DataError, match="'verdict' stands in it twice"):
        load(path)
    path.write_text(text.replace('"seconds": ', '"x": NaN, "seconds": ', 1), encoding="utf-8")
    with pytest.raises(DataError, match="NaN is not a number"):
        load(path)


def test_an_interrupt_while_writing_leaves_the_report_that_was_there(folder, silent_report, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def stopped(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(reports.Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(copy.deepcopy(silent_report), folder, "en")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "memory: limited, files: its own only, network: none, level: confined"),
        ("ko", "메모리: 제한됨, 파일: 자체 파일만 접근, 네트워크: 차단, 수준: 완전 격리"),
    ],
)
def test_isolation_is_said_in_the_language_of_the_page(silent_report, lang, words):
    report = copy.deepcopy(silent_report)
    report["facts"]["isolation"] = {
        "memory": "limited", "files": "own", "network": "none", "level": "confined", "limits": {"cpu_s": 1},
    }  # fmt: skip
    assert words in render(report, lang)
    report["facts"]["isolation"] = {"memory": "made up"}
    assert "memory: made up" in render(report, lang)


def test_of_two_plans_only_what_differs_is_named(silent_report):
    recorded = silent_report["result"]["plan"]
    now = {**recorded, "solution": {**recorded["solution"], "hash": "another"}, "ensemble": {**recorded["ensemble"]}}
    now["ensemble"]["scenarios"] = tuple(now["ensemble"]["scenarios"])  # a tuple in memory, a list in the file
    plan = SimpleNamespace(record=lambda: now)
    (found,) = _of_plans(silent_report, plan)
    assert found.startswith("plan.solution.hash: ")


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("weak isolation", "OPC UA", "open, as declared")), ("ko", ("약한 격리", "OPC UA", "선언에 따라 허용됨"))],
)
def test_the_page_says_weak_isolation_network_and_connection(silent_report, lang, words, capsys):
    from steelyard.cli.solution import warn_of_isolation

    report = copy.deepcopy(silent_report)
    report["facts"]["isolation"] = {"network": "declared", "level": "weak"}
    report["facts"]["connection"] = {"over": "opcua", "user": "advisor"}
    page = render(report, lang)
    assert all(word in page for word in words)
    warn_of_isolation(report["facts"]["isolation"], lang)
    assert words[0] in capsys.readouterr().err
