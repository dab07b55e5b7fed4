"""The predictor trial: time order, no leak, its verdict, faults."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from steelyard.errors import DataError
from steelyard.trials.plan import load_plan, plan_from
from steelyard.trials.predictor import run_predictor_trial, scored_products
from steelyard.trials.predictor_result import Estimate, score
from steelyard.trials.subjects.ladle_furnace.recorded import DIP_SIGNAL, RECORDS, RecordedHeat, load_heats, moments
from steelyard.trials.verify import verify

from .conftest import SOLUTIONS

BEGIN = datetime(2024, 1, 1)


def made_heats(count: int) -> list[RecordedHeat]:
    """Heats with known physics: +18 K/MWh, -0.9 K/min, probes of 2 K."""
    rng = np.random.default_rng(5)
    heats = []
    for key in range(1, count + 1):
        now, steel = BEGIN + timedelta(hours=key), 1575.0 + rng.normal(0, 8)
        heat = RecordedHeat(key)
        for _ in range(4):
            heat.dips.append((now, round(steel + rng.normal(0, 2.0))))
            energy = float(rng.uniform(0.3, 1.0))
            heat.heatings.append((now + timedelta(minutes=1), now + timedelta(minutes=1 + 4 * energy), energy))
            heat.additions.append((now + timedelta(minutes=2), "bulk_12", 100.0))
            now += timedelta(minutes=8)
            steel += 18.0 * energy - 0.9 * 8 - 0.02 * 100
        heat.dips.append((now, round(steel + rng.normal(0, 2.0))))
        heats.append(heat)
    return heats


class Store:
    """A hub store with one data set, as much of it as a trial needs."""

    def __init__(self, heats):
        self.heats = heats

    def names(self):
        return ["made"]

    def info(self, name):
        return {"kind": "ladle-furnace", "hash": "0" * 64}

    def table(self, name, table):
        import polars as pl

        if table == "heatings":
            rows = [(h.key, s, e, x) for h in self.heats for s, e, x in h.heatings]
            return pl.DataFrame(rows, schema=["key", "start", "end", "active_energy_mwh"], orient="row")
        if table == "dips":
            rows = [(h.key, t, v) for h in self.heats for t, v in h.dips]
            return pl.DataFrame(rows, schema=["key", "time", "temperature_c"], orient="row")
        rows = [(h.key, t, m, a) for h in self.heats for t, m, a in h.additions]
        return pl.DataFrame(rows, schema=["key", "time", "material", "amount"], orient="row")


def plan(solution="reference:dip_filter_predictor", **data):
    shipped = load_plan("predictor")
    return replace(shipped, folder=SOLUTIONS).with_changes(
        solution={"path": solution}, data={"name": "made", "block_heats": 2, **data}, statistics={"resamples": 999}
    )


def test_what_a_predictor_is_shown_does_not_depend_on_the_future():
    """Change everything from one dip on: every message before it, and the one asking for it, stay the same."""
    heat = made_heats(1)[0]
    later = heat.dips[2][0]
    changed = RecordedHeat(
        heat.key,
        [(s, e, x if s < later else 9.0) for s, e, x in heat.heatings],
        [(t, m, a if t < later else 999.0) for t, m, a in heat.additions],
        [(t, v if t < later else 1234.0) for t, v in heat.dips],
    )
    before = [m for m in moments(heat, BEGIN) if m.time_s <= (later - BEGIN).total_seconds()]
    other = [m for m in moments(changed, BEGIN) if m.time_s <= (later - BEGIN).total_seconds()]
    assert len(before) == len(other) > 5
    for one, two in zip(before, other, strict=True):
        assert str(one.signals) == str(two.signals)
    assert before[-1].value != other[-1].value


def test_the_dip_is_hidden_until_it_is_estimated():
    dips = [m for m in moments(made_heats(1)[0], BEGIN) if not math.isnan(m.value)]
    for i, moment in enumerate(dips):
        assert moment.number == i
        assert moment.signals["ladle_furnace.dip_count"] == float(i)
        assert moment.after[DIP_SIGNAL] == moment.value
        if i:
            assert moment.signals[DIP_SIGNAL] == dips[i - 1].value


def test_a_running_heating_counts_for_the_part_that_has_passed():
    heat = RecordedHeat(1, [(BEGIN, BEGIN + timedelta(minutes=10), 1.0)], [], [(BEGIN + timedelta(minutes=5), 1600.0)])
    assert heat.energy(BEGIN + timedelta(minutes=5)) == pytest.approx(0.5)
    assert heat.energy(BEGIN + timedelta(minutes=50)) == 1.0


def test_scored_heats_come_after_all_that_was_learned_from():
    heats = made_heats(40)
    learn, scored, key = scored_products(heats, plan(from_key=21))
    assert key == 21
    assert max(heat.key for heat in learn) < min(heat.key for heat in scored)
    learn, scored, key = scored_products(heats, plan(learn_heats=7))
    assert (len(learn), len(scored), key) == (7, 10, 31)
    with pytest.raises(DataError, match="4 blocks"):
        scored_products(heats, plan(from_key=39))


def test_heats_come_in_the_order_of_their_first_event():
    heats = made_heats(3)
    assert [heat.key for heat in load_heats(Store([heats[2], heats[0], heats[1]]), "made")] == [1, 2, 3]
    with pytest.raises(DataError, match="no heat with a dip"):
        load_heats(Store([RecordedHeat(1, heats[0].heatings)]), "made")


def test_the_same_predictor_twice_is_no_difference():
    """Against itself in every KPI, also in its coverage: no fixed value here that the baseline itself may miss."""
    itself = plan("reference:textbook_predictor")
    rails = tuple(replace(rail, against=None) for rail in itself.guardrails)
    report = run_predictor_trial(replace(itself, guardrails=rails), Store(made_heats(40)))
    assert report["verdict"] == "not worse"
    assert report["primary"]["effect"] == 0.0
    assert all(row["effect"] == 0.0 for row in report["result"]["results"]["kpis"].values())


def test_a_bad_predictor_is_worse_and_its_coverage_breaks():
    report = run_predictor_trial(plan("constant_predictor.py"), Store(made_heats(40)))
    assert report["verdict"] == "worse"
    rails = {rail["kpi"]: rail["state"] for rail in report["result"]["results"]["guardrails"]}
    assert rails["coverage_90"] == "broken"


def test_missing_answers_take_the_baseline_and_are_counted():

    base = [Estimate(1, 1, 1600.0, 1597.0, 1590.0, 1604.0)] * 2
    mine = [Estimate(1, 1, 1600.0, None, math.nan, math.nan), Estimate(1, 1, 1600.0, 1601.0, 1595.0, 1607.0)]
    found = score(mine, base, RECORDS)
    assert found.error.tolist() == [-3.0, 1.0]
    assert found.inside.tolist() == [False, True]
    assert found.unanswered.tolist() == [True, False]


def test_the_report_renders_and_verifies(tmp_path):
    from steelyard.trials.report import write

    store = Store(made_heats(60))
    report = run_predictor_trial(plan(), store)
    page = write(report, tmp_path, "ko").read_text(encoding="utf-8")
    assert "누설" in page
    assert "<script" not in page
    assert verify(tmp_path / "report.json", store=store)["verified"] is True
    store.heats[50].dips[2] = (store.heats[50].dips[2][0], 1500.0)
    assert verify(tmp_path / "report.json", store=store)["verified"] is False


@pytest.mark.slow
def test_on_measured_heats_the_filter_beats_the_textbook(shared_data, home):
    from steelyard.hub.ingest import import_dataset
    from steelyard.hub.store import open_store

    import_dataset("ladle-furnace", shared_data / "ladle-furnace")
    measured = load_plan("predictor").with_changes(data={"from_key": 1900})
    report = run_predictor_trial(measured, open_store())
    assert report["verdict"] == "better"
    kpis = report["result"]["results"]["kpis"]
    assert kpis["mae_k"]["solution"] < 4.4 < kpis["mae_k"]["baseline"]
    assert 85.0 <= kpis["coverage_90"]["solution"] <= 95.0


def test_a_predictor_plan_needs_a_baseline():
    record = load_plan("predictor").record()
    raw = {"trial": record["trial"], "solution": {"path": "reference:textbook_predictor", "kind": "predictor"}}
    with pytest.raises(DataError, match="baseline"):
        plan_from({**raw, "primary": [{"kpi": "mae_k", "margin": 0.1}]}, SOLUTIONS)
