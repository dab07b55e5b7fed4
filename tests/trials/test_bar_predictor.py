"""The predictor trial on recorded passes: time order, no leak in a continuous mill, percent, its verdict."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from steelyard.errors import DataError
from steelyard.trials.plan import load_plan
from steelyard.trials.predictor import run_predictor_trial, scored_products
from steelyard.trials.predictor_result import Estimate, score
from steelyard.trials.report import write
from steelyard.trials.subjects.hot_bar_line.passes import FORCE, RECORDS, RecordedBar, RecordedPass, load_bars, moments
from steelyard.trials.verify import verify

from .conftest import SOLUTIONS

BEGIN = datetime(2024, 1, 1)
LABELS = ["R1", "R2", "R3", "F1", "F2"]


def made_bars(count: int, steels: tuple[str, ...] = ("C15", "C45")) -> list[tuple]:
    """Rows of passes: force by pass and steel, -0.3 %/K, 1 % noise; F2 begins before F1 has ended."""
    rng = np.random.default_rng(5)
    rows = []
    for key in range(count):
        now = BEGIN + timedelta(minutes=3 * key)
        steel = steels[len(steels) * key // count]
        for k, label in enumerate(LABELS):
            temperature = 1150.0 - 30.0 * k + rng.normal(0.0, 15.0)
            force = 100.0 * (1.0 + 0.2 * k) * (1.1 if steel == "C45" else 1.0)
            force *= 1.0 - 0.003 * (temperature - 1150.0 + 30.0 * k) + rng.normal(0.0, 0.01)
            end = now + timedelta(seconds=2.0)
            rows.append(
                ("2024", steel, f"T{key + 1}", label, now, end, force, 5.0, temperature, temperature - 10.0, False)
            )
            now = now + timedelta(seconds=1.0 if label == "F1" else 8.0)
    return rows


class Store:
    """A hub store with one data set, as much of it as a trial needs."""

    def __init__(self, rows):
        self.rows = rows

    def names(self):
        return ["made"]

    def info(self, name):
        return {"kind": "freiberg-passes", "hash": "0" * 64}

    def table(self, name, table):
        import polars as pl

        if table == "schedule":
            return pl.DataFrame({"pass_label": LABELS})
        columns = ["campaign", "steel", "trial", "pass_label", "start", "end", "roll_force_kn", "roll_torque_knm",
                   "in_temperature_c", "out_temperature_c", "off_schedule"]  # fmt: skip
        return pl.DataFrame(self.rows, schema=columns, orient="row")


def plan(solution="reference:roll_force_adapter", **data):
    shipped = load_plan("bar_predictor")
    return replace(shipped, folder=SOLUTIONS).with_changes(
        solution={"path": solution}, data={"name": "made", "block_bars": 2, "scored_share": 0.25, **data},
        statistics={"resamples": 999},
    )  # fmt: skip


def test_bars_come_in_time_order_and_off_schedule_ones_are_left_out():
    rows = made_bars(6)
    off = [(*row[:-1], row[2] == "T2") for row in rows]
    bars = load_bars(Store(rows[::-1]), "made")
    assert [bar.key for bar in bars] == [1, 2, 3, 4, 5, 6]
    assert [bar.grade for bar in bars] == [0, 0, 0, 1, 1, 1]
    assert [one.number for one in bars[0].passes] == [1, 2, 3, 4, 5]
    assert [bar.key for bar in load_bars(Store(off), "made")] == [1, 3, 4, 5, 6]
    with pytest.raises(DataError, match="no bar with passes"):
        load_bars(Store([(*row[:-1], True) for row in rows]), "made")


def test_a_force_is_shown_only_when_its_pass_has_ended():
    """F2 begins before F1 has ended: what is known then does not hold F1's force."""
    events = list(moments(load_bars(Store(made_bars(1)), "made")[0], BEGIN))
    asked = [(m.time_s, m.signals["bar_rolling.pass_number"]) for m in events if m.after is None]
    shown = [(m.time_s, m.after["bar_rolling.pass_number"]) for m in events if m.after is not None]
    assert [number for _, number in asked] == [number for _, number in shown] == [1.0, 2.0, 3.0, 4.0, 5.0]
    order = [(m.signals["bar_rolling.pass_number"], m.after is None) for m in events]
    assert order[-4:] == [(4.0, True), (5.0, True), (4.0, False), (5.0, False)]
    assert [m.time_s for m in events] == sorted(m.time_s for m in events)
    assert all(math.isnan(m.signals[FORCE]) for m in events)
    assert all(math.isnan(m.value) for m in events if m.after is not None)
    assert all(m.after[FORCE] > 0.0 for m in events if m.after is not None)


def test_what_a_predictor_is_shown_does_not_depend_on_the_future():
    """Change everything that ends later than a moment: every message up to it stays the same."""
    bar = load_bars(Store(made_bars(1)), "made")[0]
    cut = bar.passes[2].end
    later = [
        one if one.end < cut else replace(one, measured=dict.fromkeys(one.measured, 777.0)) for one in bar.passes
    ]  # fmt: skip
    changed = RecordedBar(bar.key, bar.grade, later)
    at = (cut - BEGIN).total_seconds()
    both = [[m for m in moments(one, BEGIN) if m.time_s < at] for one in (bar, changed)]
    assert len(both[0]) > 4
    for one, two in zip(*both, strict=True):
        assert str((one.time_s, one.signals, one.after)) == str((two.time_s, two.signals, two.after))


def test_an_error_is_in_percent_of_the_measured_force():
    base = [Estimate(1, 0, 200.0, 210.0, 190.0, 230.0), Estimate(1, 1, 100.0, None, math.nan, math.nan)]
    found = score(base, base, RECORDS)
    assert found.error.tolist() == [5.0, 50.0]
    assert found.width.tolist() == [20.0, 0.0]
    assert found.inside.tolist() == [True, False]


def test_a_pass_without_a_force_is_shown_but_not_scored():
    bar = RecordedBar(1, 0, [RecordedPass(1, BEGIN, BEGIN + timedelta(seconds=1), 1100.0, {
        "roll_force": 0.005, "roll_torque": 5.0, "exit_temperature": 1090.0})])  # fmt: skip
    assert all(math.isnan(m.value) for m in moments(bar, BEGIN))
    assert not bar.scorable()


def test_scored_bars_come_after_all_that_was_learned_from():
    bars = load_bars(Store(made_bars(40)), "made")
    learn, scored, key = scored_products(bars, plan())
    assert (len(learn), len(scored), key) == (30, 10, 31)
    learn, scored, key = scored_products(bars, plan(learn_bars=7, from_key=21))
    assert (len(learn), len(scored), key) == (7, 20, 21)
    with pytest.raises(DataError, match="only 2 bars that can be scored"):
        scored_products(bars, plan(from_key=39))


def test_the_same_predictor_twice_is_no_difference():
    itself = plan("reference:pass_mean_predictor")
    rails = tuple(replace(rail, against=None) for rail in itself.guardrails)
    report = run_predictor_trial(replace(itself, guardrails=rails), Store(made_bars(40)))
    assert report["verdict"] == "not worse"
    assert all(row["effect"] == 0.0 for row in report["result"]["results"]["kpis"].values())


def test_a_predictor_that_knows_the_temperature_beats_the_mean_and_a_constant_does_not(tmp_path):
    store = Store(made_bars(60))
    report = run_predictor_trial(plan(), store)
    kpis = report["result"]["results"]["kpis"]
    assert kpis["force_mape"]["solution"] < kpis["force_mape"]["baseline"]
    assert kpis["unanswered_share"]["solution"] == 0.0
    for lang, word in (("ko", "봉 블록"), ("en", "block of bars")):
        page = write(dict(report), tmp_path, lang).read_text(encoding="utf-8")
        assert word in page
        assert not any(wrong in page for wrong in ("NaN", "None", "heats", "히트"))
    korean = write(dict(report), tmp_path, "ko").read_text(encoding="utf-8")
    first = report["result"]["runs"][0]["keys"].split("–")[0]  # the first scored bar; the plan says 0: choose for me
    assert first != "0"
    assert f"봉 {first}부터 채점" in korean
    assert verify(tmp_path / "report.json", store=store)["verified"] is True
    bad = run_predictor_trial(plan("constant_predictor.py"), store)
    assert bad["verdict"] == "worse"


def test_the_data_set_is_found_by_its_kind():
    with pytest.raises(DataError, match="no freiberg-passes data set; name one by --data NAME: made"):
        run_predictor_trial(plan(name="other"), Store(made_bars(40)))


@pytest.mark.slow
def test_on_measured_passes_the_adapter_beats_the_mean_of_earlier_bars(shared_data, tmp_path):
    from steelyard.hub.ingest import import_dataset
    from steelyard.hub.store import open_store

    store = open_store(tmp_path)
    import_dataset("freiberg-passes", shared_data / "rolling-freiberg-passes", store=store)
    report = run_predictor_trial(load_plan("bar_predictor"), store)
    kpis = report["result"]["results"]["kpis"]
    assert report["verdict"] == "better"
    assert kpis["force_mape"]["solution"] < 3.0 < kpis["force_mape"]["baseline"] < 6.0
    assert len(report["result"]["runs"]) >= 10


@pytest.fixture
def twin_of(monkeypatch):
    """Let a twin that was calibrated with some bars say 111 kN for the first pass, 112 for the second …"""
    from types import SimpleNamespace

    def made(process="bar_rolling", seen=()):
        twin = SimpleNamespace(
            process=process, parameters={}, fingerprint=list(seen), extra={"start": 1400.0, "noise": [0.0]}
        )
        read = SimpleNamespace(
            campaigns=("2024",), campaign=[0] * 4, trial=[f"T{i + 1}" for i in range(4)], labels=tuple(LABELS)
        )
        told = SimpleNamespace(force=1e3 * (111.0 + np.arange(5.0)) * np.ones((4, 1)))
        monkeypatch.setattr("steelyard.twin.file.load", lambda path: twin)
        monkeypatch.setattr("steelyard.twin.bar_rolling.records.read_bars", lambda store, name: read)
        monkeypatch.setattr("steelyard.twin.bar_rolling.records.fingerprints", lambda bars: ["a", "b", "c", "d"])
        monkeypatch.setattr("steelyard.twin.bar_rolling.predict.estimate", lambda *args, **more: told)

    return made


def test_the_set_up_force_of_a_twin_is_shown_before_the_pass(twin_of):
    twin_of(seen=["a", "b"])
    bars = load_bars(Store(made_bars(6)), "made")
    found = RECORDS.setup(bars, None, "made", "twin.json", {3, 4})
    assert [one.setup_force for one in found[2].passes] == [111.0, 112.0, 113.0, 114.0, 115.0]
    asked = [m for m in moments(found[2], BEGIN) if m.after is None]
    assert [m.signals["bar_rolling.setup_force"] for m in asked] == [111.0, 112.0, 113.0, 114.0, 115.0]
    assert math.isnan(found[5].passes[0].setup_force)


def test_a_twin_that_was_calibrated_with_scored_bars_is_refused(twin_of):
    bars = load_bars(Store(made_bars(6)), "made")
    twin_of(seen=["a", "c"])
    with pytest.raises(DataError, match="calibrated with 1 of the bars to be scored, such as T3"):
        RECORDS.setup(bars, None, "made", "twin.json", {3, 4})
    twin_of(process="ladle_furnace")
    with pytest.raises(DataError, match="need one of bar_rolling"):
        RECORDS.setup(bars, None, "made", "twin.json", {3, 4})


ABSURD = """class Solution:
    name, version, kind = "absurd intervals", "1", "predictor"
    reads = ["bar_rolling.pass_number", "bar_rolling.grade", "bar_rolling.roll_force"]
    writes, interval_s = [], 1.0
    def start(self, run):
        self.means, self.asked = {{}}, 0
    def key(self, signals):
        return signals["bar_rolling.pass_number"], signals["bar_rolling.grade"]
    def predict(self, time_s, signals, what):
        value = self.means.get(self.key(signals), (100.0, 1))[0]
        self.asked += 1
        half = 0.0 if self.asked % 10 == 0 else {half}
        return {{"value": value, "low": value - half, "high": value + half}}
    def observe(self, time_s, signals):
        force = signals["bar_rolling.roll_force"]
        if force is not None:
            mean, n = self.means.get(self.key(signals), (0.0, 0))
            self.means[self.key(signals)] = ((mean * n + force) / (n + 1), n + 1)
"""


@pytest.mark.parametrize("half", ["1e12", "1e300", "100.0"])
def test_coverage_cannot_be_bought_with_intervals_that_say_nothing(tmp_path, half):
    path = tmp_path / "absurd.py"
    path.write_text(ABSURD.format(half=half))
    report = run_predictor_trial(plan(str(path)), Store(made_bars(48)))
    kpis = report["result"]["results"]["kpis"]
    assert 85.0 < kpis["coverage_90"]["solution"] < 95.0
    rail = next(one for one in report["result"]["results"]["guardrails"] if one["kpi"] == "interval_width_percent")
    assert rail["state"] == "broken"
    assert report["verdict"] == "worse"
