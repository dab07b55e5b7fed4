"""The page: complete, in two languages, from nothing outside, and safe against hostile texts."""

import copy
import re

import pytest

from steelyard.trials import charts
from steelyard.trials.labels import labels
from steelyard.trials.report import load, render, write
from steelyard.trials.verdict import Safety
from steelyard.trials.view import View

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}'


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_has_all_sections_and_nothing_from_outside(silent_report, lang):
    page = render(silent_report, lang)
    for number in range(2, 12):
        assert f'<span class="no">{number}</span>' in page
    assert 'class="kind">1' in page
    assert f'<html lang="{lang}">' in page
    outside = re.findall(r"(?:https?:)?//[a-z]|url\(|<script|<link|<img|<iframe|@import", page)
    assert outside == []
    assert ("accredited" in page) == (lang == "en")
    assert silent_report["result_hash"] in page
    assert "NaN" not in page
    assert "None" not in page


def test_hostile_texts_of_a_solution_are_shown_and_never_run(silent_report):
    report = copy.deepcopy(silent_report)
    report["result"]["solution"].update(name=HOSTILE, version=HOSTILE, reads=[HOSTILE], writes=[HOSTILE])
    report["result"]["plan"]["solution"]["path"] = HOSTILE
    report["result"]["plan"]["trial"]["title"] = {"en": HOSTILE}
    report["result"]["runs"][0]["faults"] = {HOSTILE: 3}
    report["result"]["scenarios"][0]["title"] = {"en": HOSTILE}
    report["facts"]["reasons"] = {"1": [f"crashed: {HOSTILE}"]}
    page = render(report, "en")
    assert "<script" not in page
    assert "<img" not in page
    assert "49" not in re.findall(r"alert\(1\)&gt;(.{0,4})", page)
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("lang", "fixed", "margin"), [("en", "from the fixed value 7 %", "5 pp"), ("ko", "고정값 7 % 대비", "5 %p")]
)
def test_a_guardrail_against_a_fixed_value_shows_what_the_baseline_itself_reached(silent_report, lang, fixed, margin):
    report = copy.deepcopy(silent_report)
    (row,) = [one for one in report["result"]["results"]["guardrails"] if one["kpi"] == "fallback_share"]
    row.update(against=7.0, baseline=12.5, solution=3.0, effect=-4.0, low=-5.0, high=-3.5, effect_percent=-32.0)
    cells = View(report, lang).comparison(row)
    assert (cells["baseline"], cells["solution"]) == ("12.5 %", "3.0 %")
    assert (cells["percent"], cells["margin"]) == (fixed, margin)
    assert cells["effect"] == ("−4.00 pp" if lang == "en" else "−4.00 %p")
    assert cells["interval"] == ("−5.00 to −3.50 pp" if lang == "en" else "−5.00 ~ −3.50 %p")
    assert fixed.replace(" %", "\u00a0%") in render(report, lang)


def test_report_json_has_the_promised_keys_and_no_wall_clock_in_the_hashed_part(silent_report, tmp_path):
    path = write(dict(silent_report), tmp_path / "new", "en")
    report = load(tmp_path / "new" / "report.json")
    assert path.name == report["report"] == "report.html"
    assert set(report["primary"]) == {"kpi", "effect", "low", "high", "unit"}
    assert report["verdict"] == "not worse"
    text = str(report["result"])
    assert report["facts"]["started"] not in text
    assert "mean_us" not in text


def test_every_label_has_both_languages_with_the_same_values():
    for key, texts in labels().items():
        assert set(texts) == {"en", "ko"}, key
        assert set(re.findall(r"{(\w+)}", texts["en"])) == set(re.findall(r"{(\w+)}", texts["ko"])), key


def test_pictures_escape_their_labels_and_stay_in_the_frame():
    svg = charts.forest(
        [(HOSTILE, HOSTILE, -1.0, -2.0, 0.5)], ("all", "", -1.0, -1.5, -0.5), "K", ("a", "b"), True, 0.4
    )
    assert "<script" not in svg
    for x in re.findall(r'x[12]?="(-?[\d.]+)"', svg):
        assert -1.0 <= float(x) <= charts.WIDTH + 1.0


@pytest.mark.parametrize("values", [([0.0] * 5, [0.0] * 5), ([1e6, -1e6], [0.1, 0.2])])
def test_distribution_survives_flat_and_wild_data(values):
    assert charts.distribution(*values, "K", ("a", "b"), 5.0).endswith("</svg>")


def test_an_unsafe_verdict_shows_its_counts(silent_report):
    report = copy.deepcopy(silent_report)
    report["result"]["safety"] = {"solution_hard": 3, "baseline_hard": 0, "worse_runs": [1]}
    assert Safety(**report["result"]["safety"]).worse_runs == [1]
    page = render(report, "en")
    assert "hard violations, solution : baseline" in page
