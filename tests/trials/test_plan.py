"""Plans: their hash, their errors, sealed suites."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from steelyard.errors import DataError, SteelyardError
from steelyard.trials.plan import SECTIONS, SHIPPED, load_plan, plan_from_record
from steelyard.trials.seal import Seal, demonstration_commitment, new_seal, open_seal, write_seal

from .conftest import SOLUTIONS, small_plan


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plans_load_and_have_both_languages(name):
    plan = load_plan(name)
    assert set(plan.trial.title) == set(plan.trial.question) == {"en", "ko"}
    assert len(plan.hash()) == 64


def _leaves(plan):
    """Every value of every section that may change, with a changed value."""
    for section in set(SECTIONS) - {"detection"}:
        for one in fields(getattr(plan, section)):
            value = getattr(getattr(plan, section), one.name)
            if (section, one.name) in {
                ("suite", "seal"),
                ("plant", "twin"),
                ("plant", "process"),
                ("baseline", "path"),
                ("money", "prices"),
            }:
                continue
            if isinstance(value, bool):
                yield section, one.name, not value
            elif isinstance(value, int | float):
                yield section, one.name, value + 1
            elif isinstance(value, str) and (section, one.name) != ("solution", "path"):
                yield section, one.name, value + "x"
            elif isinstance(value, tuple):
                yield section, one.name, (*value, "cold_ladles")
            elif isinstance(value, dict):
                yield section, one.name, {**value, "en": "other"}


def test_the_hash_changes_when_anything_changes():
    plan = small_plan("silent_advisor.py")
    seen = {plan.hash()}
    count = 1
    for section, key, value in _leaves(plan):
        changed = replace(plan, **{section: replace(getattr(plan, section), **{key: value})})
        seen.add(changed.hash())
        count += 1
        assert len(seen) == count, f"[{section}] {key} is not part of the hash"
    assert replace(plan, primary=(replace(plan.primary[0], margin=0.6),)).hash() not in seen
    assert replace(plan, guardrails=()).hash() not in seen


def test_the_hash_holds_the_bytes_of_the_solution_not_its_place(tmp_path):
    text = (SOLUTIONS / "silent_advisor.py").read_text(encoding="utf-8")
    other = tmp_path / "silent_advisor.py"
    other.write_text(text, encoding="utf-8")
    plan = small_plan("silent_advisor.py")
    moved = plan.with_changes(solution={"path": str(other)})
    assert moved.hash() == plan.hash()
    other.write_text(text + "# changed\n", encoding="utf-8")
    assert moved.hash() != plan.hash()


def test_a_plan_comes_back_from_its_record():
    plan = small_plan("silent_advisor.py")
    again = plan_from_record(plan.record(), SOLUTIONS, {"solution": str(SOLUTIONS / "silent_advisor.py")})
    assert again.hash() == plan.hash()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "id is missing"),
        ("[trial]\nid='x'\nkind='race'\n", "allowed are: campaign, predictor"),
        ("[beer]\n", "not a section"),
        ("[trial]\nid='x'\nkind='campaign'\n[runs]\ncampaigns='many'\n", "must be a whole number"),
        ("[trial]\nid='x'\nkind='campaign'\n[statistics]\nalpha=2.0\n", "outside"),
        ("[trial]\nid='x'\nkind='campaign'\n[runs]\nspeed=3\n", "known are"),
        ("[trial\n", "cannot be read"),
    ],
)
def test_a_bad_plan_file_names_file_section_and_key(tmp_path, text, message):
    path = tmp_path / "plan.toml"
    head = "[solution]\npath='s.py'\nkind='advisor'\n" if "[" in text else ""
    path.write_text(text + head, encoding="utf-8")
    with pytest.raises(DataError, match=message) as error:
        load_plan(path)
    assert "plan.toml" in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"suite": {"scenarios": []}}, "names? at least|empty"),
        ({"suite": {"scenarios": ["moon"]}}, "no scenario 'moon'"),
        ({"suite": {"scenarios": ["normal", "cold_ladles", "thin_slag"]}}, "too few for 3 scenarios"),
        ({"runs": {"heats": 60}}, "above 60"),
        ({"primary": []}, "primary"),
        ({"primary": [{"kpi": "beauty", "margin": 1.0}]}, "no KPI 'beauty'"),
        ({"guardrails": [{"kpi": "departure_deviation_k", "margin": 1.0}]}, "named twice"),
        ({"solution": {"path": "nobody.py"}}, "there is no file"),
        ({"solution": {"kind": "predictor"}}, "campaign trial takes"),
        ({"suite": {"tag": "sealed"}}, "needs .suite. commitment"),
        ({"plant": {"twin": "nowhere.json"}}, "there is no file"),
        ({"trial": {"kind": "predictor"}, "solution": {"kind": "predictor"}}, "no KPI|needs"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(changes, message):
    with pytest.raises(SteelyardError, match=message):
        small_plan("silent_advisor.py", **changes)


def test_a_seal_opens_only_with_its_commitment(tmp_path):
    seal = new_seal("suite")
    write_seal(seal, tmp_path / "seal.json")
    assert open_seal(tmp_path / "seal.json", seal.commitment()) == seal
    with pytest.raises(DataError, match="commitment"):
        open_seal(tmp_path / "seal.json", Seal("suite", seal.seed + 1, seal.nonce).commitment())
    with pytest.raises(DataError, match="never overwritten"):
        write_seal(seal, tmp_path / "seal.json")
    with pytest.raises(DataError, match="cannot be read as a seal"):
        open_seal(Path(__file__), seal.commitment())


def test_the_shipped_seal_belongs_to_the_shipped_plan():
    assert load_plan("advisor").suite.commitment == demonstration_commitment()


def test_a_declared_network_is_part_of_the_plan_and_no_other_plan_changes():
    plan = small_plan("silent_advisor.py")
    assert "network" not in plan.record()["solution"]
    declared = plan.with_changes(solution={"network": True})
    assert declared.record()["solution"]["network"] is True
    assert declared.hash() != plan.hash() == declared.with_changes(solution={"network": False}).hash()
    assert plan_from_record(declared.record(), SOLUTIONS, {}).solution.network
