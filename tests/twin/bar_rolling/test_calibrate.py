"""The calibration of a bar mill finds known numbers again, stays physical, and does not look at what came later."""

from dataclasses import replace

import numpy as np
import pytest

from steelyard.errors import DataError, ParameterError
from steelyard.twin.bar_rolling.agreement import figures
from steelyard.twin.bar_rolling.calibrate import calibrate_recorded, weibull
from steelyard.twin.bar_rolling.credibility import physical
from steelyard.twin.bar_rolling.predict import estimate
from steelyard.twin.bar_rolling.track import response
from steelyard.twin.bar_rolling.twin import BarTwin, to_document
from steelyard.twin.credibility import FACTORS


def quiet(fraction: float, text: str) -> None:
    """Take progress and say nothing."""


def test_known_factors_and_radiation_are_found_again(twin: BarTwin, synthetic) -> None:
    at = response(twin.parameters, synthetic.bars, twin.extra["start"])
    true = response(synthetic.values, synthetic.bars, twin.extra["start"])
    level = np.log(at.tracks.force / true.tracks.force) - at.force_slope * (at.tracks.mean - true.tracks.mean)
    assert np.abs(level).mean() < 0.015
    rows = {row["name"]: row for row in twin.estimates()}
    radiation = rows["radiation_factor"]
    assert abs(radiation["value"] - 0.85) < max(3.0 * radiation["sd"], 0.05)
    assert rows["torque_factor[R5]"]["identified"]


def test_errors_on_later_bars_are_those_of_the_noise(twin: BarTwin, synthetic, chosen: np.ndarray) -> None:
    found = figures(twin, synthetic.bars.only(~chosen))
    mean_error = np.sqrt(2.0 / np.pi) * 100.0
    assert found["given_temperature"]["force_mape"] < 1.35 * mean_error * synthetic.force_noise
    assert found["given_temperature"]["torque_mape"] < 1.6 * mean_error * synthetic.torque_noise
    assert found["predicted_temperature"]["temperature_mae_k"] < 8.0
    assert found["uncalibrated"]["force_mape"] > 3.0 * found["given_temperature"]["force_mape"]
    assert found["pass_mean"]["force_mape"] > found["given_temperature"]["force_mape"]
    assert found["given_temperature"]["n"] == 9 * int((~chosen).sum())


def test_filtered_temperatures_are_nearer_to_the_truth_than_the_readings(
    twin: BarTwin, synthetic, chosen: np.ndarray
) -> None:
    later = synthetic.bars.only(~chosen)
    told = estimate(twin.parameters, later, twin.extra["start"], np.array(twin.extra["noise"]), given=True)
    away = told.mean - synthetic.mean[~chosen]
    assert (away - away.mean(axis=0))[:, 2:10].std() < 3.0


def test_the_calibrated_mill_and_its_draws_stay_physical(twin: BarTwin, synthetic, chosen: np.ndarray) -> None:
    few = synthetic.bars.only(np.flatnonzero(~chosen)[:4])
    assert physical(twin, few)["physical"]
    for drawn in twin.draws(3, 5):
        slope = np.median(response(drawn, few, twin.extra["start"]).force_slope, axis=0)
        assert (slope < -0.0015).all()
        assert (slope > -0.004).all()
    assert twin.draws(2, 5) == twin.draws(2, 5)
    assert twin.draws(1, 5) != twin.draws(1, 6)
    with pytest.raises(ParameterError, match="at least one"):
        twin.draws(0, 1)


def test_later_bars_change_no_number(twin: BarTwin, synthetic, chosen: np.ndarray) -> None:
    bars = synthetic.bars
    odd = np.where(chosen[:, None], 1.0, 1.3)
    other = replace(
        bars, force=bars.force * odd, torque=bars.torque * odd, entry=bars.entry * odd, pause=bars.pause * odd
    )
    again = calibrate_recorded("synthetic", "none", other.only(chosen), [], 1, quiet)
    assert to_document(again) == to_document(twin)


def test_no_prediction_of_a_pass_uses_what_came_after_it(twin: BarTwin, synthetic) -> None:
    bars = synthetic.bars
    k = 6
    entry, leaving = bars.entry.copy(), bars.exit.copy()
    entry[:, k + 1 :] += 50.0
    leaving[:, k:] -= 50.0
    other = replace(bars, entry=entry, exit=leaving, force=2.0 * bars.force, torque=0.5 * bars.torque)
    start, noise = twin.extra["start"], np.array(twin.extra["noise"])
    for given in (True, False):
        one, two = (estimate(twin.parameters, b, start, noise, given) for b in (bars, other))
        for name in ("mean", "force", "torque"):
            assert getattr(one, name)[:, : k + 1].tobytes() == getattr(two, name)[:, : k + 1].tobytes()
    ahead, blind = (estimate(twin.parameters, b, start, noise, False) for b in (bars, replace(other, pause=bars.pause)))
    assert ahead.force.tobytes() == blind.force.tobytes()


def test_a_bar_alone_is_predicted_as_in_company(twin: BarTwin, synthetic) -> None:
    start, noise = twin.extra["start"], np.array(twin.extra["noise"])
    both = estimate(twin.parameters, synthetic.bars, start, noise, given=True)
    alone = estimate(twin.parameters, synthetic.bars.only(np.array([33])), start, noise, given=True)
    assert alone.force[0].tobytes() == both.force[33].tobytes()


def test_missing_and_wild_readings_do_no_harm(twin: BarTwin, synthetic, chosen: np.ndarray) -> None:
    later = synthetic.bars.only(~chosen)
    entry, force = later.entry.copy(), later.force.copy()
    entry[:, 4] = np.nan
    entry[::3, 6] -= 150.0
    force[2, 3] = np.nan
    found = figures(twin, replace(later, entry=entry, force=force))
    assert found["given_temperature"]["force_mape"] < 2.6
    assert found["given_temperature"]["n"] == 9 * len(later) - 1


def test_too_few_bars_are_refused_with_a_remedy(synthetic) -> None:
    with pytest.raises(DataError, match=r"5 usable bars before --until; 8 are needed"):
        calibrate_recorded("synthetic", "none", synthetic.bars.only(np.arange(5)), [], 1, quiet)


def test_off_schedule_bars_take_no_part(twin: BarTwin, synthetic, chosen: np.ndarray) -> None:
    bars = synthetic.bars.only(chosen)
    contact, force = bars.contact.copy(), bars.force.copy()
    contact[3, 5:] *= 0.6
    force[3] *= 2.0
    again = calibrate_recorded("synthetic", "none", replace(bars, contact=contact, force=force), [], 1, quiet)
    assert again.extra["off_schedule"] == 1
    assert again.bars == twin.bars - 1
    assert np.allclose(again.parameters["force_factor"], twin.parameters["force_factor"], rtol=0.02)


def test_the_card_names_what_no_record_can_check(twin: BarTwin) -> None:
    assert tuple(twin.card) == FACTORS
    for word in ("furnace temperatures", "scale", "grain size"):
        assert word in twin.card["input_pedigree"]["evidence"]["en"]
    assert "스케일" in twin.card["input_pedigree"]["evidence"]["ko"]
    assert twin.card["validation"]["level"] == 1


def test_weibull_of_a_sample_gives_its_numbers_back() -> None:
    sample = 5.0 * np.random.default_rng(3).weibull(8.0, 20_000)
    scale, shape = weibull(sample)
    assert abs(scale - 5.0) < 0.05
    assert abs(shape - 8.0) < 0.4
