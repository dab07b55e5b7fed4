"""A calibration finds the parameters that made the heats, knows what it cannot know, and repeats to the byte."""

import numpy as np
import pytest

from steelyard.errors import DataError, ParameterError
from steelyard.plant.works import PlantValues, open_works
from steelyard.twin.calibrate import calibrate, calibrate_heats
from steelyard.twin.causal import records_response, twin_response
from steelyard.twin.credibility import FACTORS
from steelyard.twin.estimate import predict
from steelyard.twin.file import to_document
from steelyard.twin.replay import play, script_of, template_of
from steelyard.twin.twin import Twin


def row(twin: Twin, name: str) -> dict:
    return next(r for r in twin.estimates() if r["name"] == name)


def test_known_parameters_are_found_again(twin: Twin, synthetic) -> None:
    efficiency, chill = row(twin, "arc_efficiency"), row(twin, "chill[bulk_14]")
    assert synthetic.slot == 13
    assert abs(efficiency["value"] - synthetic.efficiency) < 3.0 * efficiency["sd"]
    assert efficiency["sd"] < 0.3 * efficiency["prior_sd"]
    assert abs(chill["value"] * 1e6 - synthetic.chill) < 3.0 * chill["sd"] * 1e6
    assert efficiency["identified"]
    assert chill["identified"]
    assert twin.hyper["noise"] == pytest.approx(synthetic.noise, abs=0.5)
    assert twin.hyper["arrival_spread"] == pytest.approx(20.0, abs=4.0)


def test_what_the_records_do_not_hold_stays_at_its_prior(twin: Twin) -> None:
    names = {r["name"] for r in twin.estimates()}
    assert "chill[bulk_7]" not in names  # never added: not even asked
    assert row(twin, "dissolution_time[wire]")["ratio"] > 0.95  # no wire was added
    assert not row(twin, "dissolution_time[wire]")["identified"]
    assert twin.parameters["chill"][6] == twin.base["chill"][6]


def test_the_state_follows_the_true_bath(twin: Twin, synthetic) -> None:
    heats = synthetic.heats
    told = predict(twin, heats, 1)
    unit = template_of(synthetic.values.furnace, synthetic.values.arrival, synthetic.values.practice["argon_flow"])
    true = play(script_of(heats), unit, synthetic.start, len(heats.dip_time), 1)
    error = (told.temperature - true)[heats.last_dip]
    raw = (heats.dip_temperature - true)[heats.last_dip]
    assert np.sqrt((error**2).mean()) < 0.9 * np.sqrt((raw**2).mean())
    assert 0.8 < (np.abs(error) < 1.645 * told.spread[heats.last_dip]).mean() <= 1.0


def test_same_seed_same_bytes_and_any_number_of_threads(twin: Twin, synthetic) -> None:
    again = calibrate_heats("ladle_furnace", "made-up", "0" * 64, synthetic.heats, None, 3)
    assert to_document(again) == to_document(twin)
    one, two = (predict(twin, synthetic.heats, threads) for threads in (1, 3))
    assert one.interval.tobytes() == two.interval.tobytes()


def test_draws_are_plausible_furnaces(twin: Twin) -> None:
    draws = twin.draws(200, 1)
    efficiency = np.array([d["arc_efficiency"] for d in draws])
    assert abs(efficiency.mean() - twin.parameters["arc_efficiency"]) < 0.01
    assert 0.2 * row(twin, "arc_efficiency")["sd"] < efficiency.std() < 1.5 * row(twin, "arc_efficiency")["sd"]
    assert twin.draws(3, 1) == draws[:3]
    assert twin.draws(3, 2) != draws[:3]
    works = open_works(PlantValues(draws[0], twin.practice, twin.arrival), 1)
    works.advance_heats(2)
    assert works.departed() == 2
    with pytest.raises(ParameterError, match="at least one"):
        twin.draws(0, 1)


def test_cause_and_effect_are_those_of_the_furnace(twin: Twin, synthetic) -> None:
    everything = np.ones(len(synthetic.heats), dtype=bool)
    per_mwh, per_minute = twin_response(twin, synthetic.heats, everything, 1)
    assert 13.0 < per_mwh < 20.0
    assert -1.5 < per_minute < -0.4
    assert records_response(synthetic.heats, everything)[0] == pytest.approx(per_mwh, abs=3.0)


def test_the_card_answers_all_questions_with_evidence_in_both_languages(twin: Twin) -> None:
    assert tuple(twin.card) == FACTORS
    for answer in twin.card.values():
        assert 0 <= answer["level"] <= 4
        assert answer["evidence"]["en"]
        assert answer["evidence"]["ko"]
    numerics = twin.card["solution_verification"]
    assert numerics["figures"]["step_halving_k"] < 0.5
    assert numerics["figures"]["closure"] < 5e-3
    assert twin.card["use_history"]["level"] == 0


class Shelf:
    """A store with a set that is no use."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def info(self, name: str) -> dict:
        return {"kind": self.kind, "hash": "x"}


def test_bad_orders_are_refused() -> None:
    with pytest.raises(ParameterError, match="no process 'blast_furnace'"):
        calibrate("blast_furnace", "made-up", None, Shelf("ladle-furnace"))
    with pytest.raises(DataError, match="kind 'table'"):
        calibrate("ladle_furnace", "made-up", None, Shelf("table"))
