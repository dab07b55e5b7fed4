"""Instruments: late, wrong, coarse, silent or lying as declared; same seed, same readings; a copy is exact."""

import math
import time
from pathlib import Path

import numpy as np
import pytest

from steelyard.engine.kernel import kernel
from steelyard.errors import ParameterError
from steelyard.plant.instrument_file import instrument_names, load_faults, load_instruments
from steelyard.plant.instruments import (
    BAD,
    GOOD,
    UNCERTAIN,
    new_instruments,
    read_instruments,
    recalibrate,
    set_fault,
    shown_signals,
)
from steelyard.signals import Signal, quantity

SEED = 11


@kernel
def _follow(flat, course, instruments, seed, dt, shown, quality, offset):
    for k in range(course.size):
        flat[0] = course[k]
        read_instruments(flat, instruments, seed, (k + 1.0) * dt, dt)
        shown[k], quality[k], offset[k] = instruments[0].shown, instruments[0].quality, instruments[0].offset


def follow(course, dt=1.0, seed=SEED, number=0, **settings):
    """Let one instrument follow a course of true values; return shown, quality, offset, and the instrument."""
    instruments = new_instruments(1)
    instruments["position"], instruments["number"] = 0, number
    for name, value in settings.items():
        instruments[name] = value
    course = np.asarray(course, dtype=float)
    shown, quality, offset = np.empty_like(course), np.empty_like(course), np.empty_like(course)
    _follow(np.zeros(4), course, instruments, seed, dt, shown, quality, offset)
    return shown, quality, offset, instruments


def test_an_ideal_instrument_shows_the_truth_at_once():
    course = np.linspace(300.0, 1500.0, 50)
    shown, quality, offset, _ = follow(course)
    assert np.array_equal(shown, course)
    assert not quality.any()
    assert not offset.any()


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.0])
def test_lag_is_first_order_whatever_the_step(dt):
    course = np.where(np.arange(1 + int(60 / dt)) == 0, 0.0, 100.0)
    shown, *_ = follow(course, dt, lag=20.0)
    assert shown[int(20 / dt)] == pytest.approx(100.0 * (1.0 - math.exp(-1.0)), rel=1e-9)
    assert shown[int(60 / dt)] == pytest.approx(100.0 * (1.0 - math.exp(-3.0)), rel=1e-9)


def test_a_lag_that_changes_under_way_is_followed():
    _, _, _, instruments = follow([0.0, 100.0], lag=20.0)
    instruments["lag"], before = 200.0, instruments["shown"][0]
    read_instruments(np.full(4, 100.0), instruments, SEED, 3.0, 1.0)
    assert instruments["shown"][0] == pytest.approx(100.0 - (100.0 - before) * math.exp(-1.0 / 200.0))


def test_delay_and_sample_period_hold_the_value_back():
    course = np.arange(1.0, 61.0)
    shown, _, offset, _ = follow(course, delay=6.0, period=2.0)
    assert shown[20] == pytest.approx(course[20] - 6.0)
    assert np.all(shown[20:58:2] == shown[21:59:2])
    assert set(np.round(offset[20:], 9)) == {-6.0, -7.0}


def test_noise_bias_and_quantisation_have_the_declared_size():
    course = np.full(20_000, 1000.0)
    shown, *_ = follow(course, noise=2.0, bias=5.0)
    assert shown.mean() == pytest.approx(1005.0, abs=5 * 2.0 / math.sqrt(course.size))
    assert shown.std() == pytest.approx(2.0, rel=0.03)
    late = np.corrcoef(shown[:-1], shown[1:])[0, 1]
    assert abs(late) < 5 / math.sqrt(course.size)
    share, *_ = follow(course, noise_share=0.01)
    assert share.std() == pytest.approx(10.0, rel=0.03)
    coarse, *_ = follow(np.linspace(0.0, 3.0, 301), step=0.25)
    assert np.array_equal(coarse, 0.25 * np.rint(np.linspace(0.0, 3.0, 301) / 0.25))


def test_each_copy_of_an_instrument_has_its_own_bias():
    first = [follow([100.0], number=k, bias_spread=3.0)[0][0] - 100.0 for k in range(300)]
    assert np.std(first) == pytest.approx(3.0, rel=0.15)
    own, *_ = follow(np.full(50, 100.0), number=7, bias_spread=3.0)
    assert np.all(own == own[0])


def test_drift_grows_with_time_and_is_taken_off_by_recalibration():
    course = np.full(3601, 1000.0)
    shown, quality, _, instruments = follow(course, drift=-4.0 / 3600.0, gain_drift=0.01 / 3600.0)
    assert shown[-1] == pytest.approx(1000.0 * 1.01 - 4.0, abs=1e-6)
    assert not quality.any(), "nobody notices a drift"
    recalibrate(instruments, np.array([0]))
    read_instruments(np.full(4, 1000.0), instruments, SEED, 3602.0, 1.0)
    assert instruments["shown"][0] == pytest.approx(1000.0, abs=0.01)


def test_a_range_saturates_and_says_so():
    shown, quality, *_ = follow([20.0, 1000.0, 3000.0], low=670.0, high=1400.0)
    assert shown.tolist() == [670.0, 1000.0, 1400.0]
    assert quality.tolist() == [UNCERTAIN, GOOD, UNCERTAIN]


def test_dropouts_are_a_markov_chain_and_show_nothing():
    course = np.full(200_000, 100.0)
    shown, quality, *_ = follow(course, dropout_rate=1.0 / 200.0, dropout_length=10.0)
    lost = np.isnan(shown)
    assert np.array_equal(lost, quality == BAD)
    assert lost.mean() == pytest.approx(10.0 / 210.0, rel=0.15)
    starts = np.count_nonzero(np.diff(lost.astype(int)) == 1)
    assert lost.sum() / starts == pytest.approx(10.0, rel=0.15)


def test_a_frozen_instrument_repeats_itself_and_nothing_else_is_nan():
    course = np.linspace(0.0, 1000.0, 20_000)
    shown, quality, *_ = follow(course, freeze_rate=1.0 / 500.0, freeze_length=100.0)
    frozen = np.diff(shown) == 0.0
    assert frozen.mean() == pytest.approx(100.0 / 600.0, rel=0.25)
    assert np.isfinite(shown).all()
    assert np.all(quality[1:][frozen] == UNCERTAIN)


def test_a_quality_flag_may_lie_but_never_about_a_dropout():
    course = np.linspace(0.0, 1000.0, 20_000)
    shown, quality, *_ = follow(course, freeze_rate=0.002, freeze_length=100.0, lie=1.0)
    assert np.all(quality[1:][np.diff(shown) == 0.0] == GOOD)
    shown, quality, *_ = follow(course, dropout_rate=0.01, dropout_length=10.0, lie=1.0)
    assert np.all(quality[np.isnan(shown)] == BAD)


def test_spikes_have_the_declared_share_and_height():
    shown, *_ = follow(np.full(50_000, 10.0), spike_rate=0.01, spike_height=7.0)
    odd = shown[shown != 10.0]
    assert odd.size / shown.size == pytest.approx(0.01, rel=0.15)
    assert set(np.round(np.abs(odd - 10.0), 9)) == {7.0}
    assert 0.4 < (odd > 10.0).mean() < 0.6


def test_the_clock_is_off_and_jitters():
    _, _, offset, _ = follow(np.zeros(5000), clock=3.0, jitter=0.2)
    assert offset.mean() == pytest.approx(3.0, abs=0.02)
    assert offset.std() == pytest.approx(0.2, rel=0.05)


def test_what_is_not_there_is_not_measured_and_lag_starts_afresh():
    shown, quality, *_ = follow([math.nan, math.nan, 900.0, 900.0], lag=100.0)
    assert np.isnan(shown[:2]).all()
    assert quality.tolist() == [BAD, BAD, GOOD, GOOD]
    assert shown[2] == 900.0


def test_same_seed_same_readings_and_a_copy_is_an_exact_snapshot():
    course = 1000.0 + 50.0 * np.sin(np.arange(400) / 20.0)
    everything = {"lag": 5.0, "noise": 1.0, "delay": 3.0, "period": 1.0, "dropout_rate": 0.02, "dropout_length": 5.0}
    everything |= {"freeze_rate": 0.01, "freeze_length": 9.0, "spike_rate": 0.05, "spike_height": 9.0, "jitter": 0.1}
    whole = follow(course, **everything)
    assert all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(whole[:3], follow(course, **everything)[:3], strict=True)
    )
    assert not np.array_equal(whole[0], follow(course, seed=SEED + 1, **everything)[0], equal_nan=True)
    half = follow(course[:151], **everything)[3].copy()
    flat, shown = np.zeros(4), []
    for k in range(151, course.size):
        flat[0] = course[k]
        read_instruments(flat, half, SEED, k + 1.0, 1.0)
        shown.append(half["shown"][0])
    assert np.array_equal(shown, whole[0][151:], equal_nan=True)


def test_an_instrument_of_events_reads_each_event_once():
    course = np.repeat([100.0, 200.0, math.nan, 300.0, 0.0], 10)
    shown, _, offset, _ = follow(course, noise=1.0, event=1.0)
    assert [len(set(shown[k : k + 10])) for k in (0, 10, 30)] == [1, 1, 1]
    assert len({shown[0] - 100.0, shown[10] - 200.0, shown[30] - 300.0}) == 3
    assert np.isnan(shown[20:30]).all()
    assert not shown[40:].any(), "no event yet"
    assert offset[9] == -9.0


def test_mirrored_noise_is_the_same_luck_with_the_other_sign():
    plus, *_ = follow(np.full(100, 5.0), noise=1.0, bias_spread=1.0)
    minus, *_ = follow(np.full(100, 5.0), noise=1.0, bias_spread=1.0, sign=-1.0)
    assert np.allclose(plus - 5.0, 5.0 - minus)


def test_hundred_instruments_cost_little():
    flat, instruments = np.linspace(300.0, 1500.0, 100), new_instruments(100)
    instruments["position"], instruments["noise"], instruments["lag"] = np.arange(100), 1.0, 20.0
    _many(flat, instruments, 10)
    spent = []
    for _ in range(5):
        began = time.process_time()
        _many(flat, instruments, 10_000)
        spent.append((time.process_time() - began) / 10_000)
    assert min(spent) < 8e-6, "4 µs are promised on a quiet machine"


@kernel
def _many(flat, instruments, steps):
    for k in range(steps):
        read_instruments(flat, instruments, 3, (k + 1.0), 1.0)


TEMPERATURE = quantity("K", "zone temperature", shown="°C")
FORCE = quantity("N", "roll force", shown="kN")
SIGNALS = [
    Signal("furnace.zone_temperature[top_1]", TEMPERATURE, position=3),
    Signal("furnace.zone_temperature[top_2]", TEMPERATURE, position=4),
    Signal("mill.roll_force", FORCE, position=9),
    Signal("mill.bar_number", quantity("1", "bar"), position=10),
]
SOUND = """
[[instrument]]
signals = ["furnace.zone_temperature[*]"]
lag = { value = 0.5, unit = "min", source = "assumed: test" }
noise = { value = 2, unit = "K", source = "assumed: test" }
low = { value = 100, unit = "°C", source = "assumed: test" }
drift = { value = -1, unit = "K/h", source = "assumed: test" }

[[instrument]]
signals = "mill.roll_force"
noise_share = { value = 1, unit = "%", source = "assumed: test" }
dropout_rate = { value = 2, unit = "1/h", source = "assumed: test" }
dropout_length = { value = 30, unit = "s", source = "assumed: test" }

[fault.thermocouple_drift]
title = "the thermocouple of zone top 2 ages"
signals = "furnace.zone_temperature[top_2]"
drift = { value = -6, unit = "K/h", source = "assumed: test" }
"""


@pytest.fixture
def declared(tmp_path: Path):
    """Write a declaration; give back its path."""

    def write(text: str) -> Path:
        path = tmp_path / "instruments.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_declaration_becomes_instruments_in_si(declared):
    instruments = load_instruments(declared(SOUND), SIGNALS)
    assert instrument_names(instruments, SIGNALS) == [signal.name for signal in SIGNALS[:3]]
    assert instruments["position"].tolist() == [3, 4, 9]
    assert instruments["lag"].tolist() == [30.0, 30.0, 0.0]
    assert instruments["low"][0] == pytest.approx(373.15)
    assert instruments["drift"][1] == pytest.approx(-1.0 / 3600.0)
    assert instruments["noise_share"][2] == pytest.approx(0.01)
    assert instruments["dropout_rate"][2] == pytest.approx(2.0 / 3600.0)
    shown = shown_signals(SIGNALS, instruments, 100)
    assert shown[3].position == 10
    flat = np.concatenate([np.zeros(100), instruments.view("f8")])
    instruments["shown"] = [1.5, 2.5, 3.5]
    flat[100:] = instruments.view("f8")
    assert [flat[signal.position] for signal in shown[:3]] == [1.5, 2.5, 3.5]


def test_faults_change_settings_with_severity_and_nothing_at_zero(declared):
    path = declared(SOUND)
    healthy = load_instruments(path, SIGNALS)
    fault = load_faults(path, SIGNALS, healthy)["thermocouple_drift"]
    running = healthy.copy()
    set_fault(running, healthy, fault, 0.0)
    assert running.tobytes() == healthy.tobytes()
    set_fault(running, healthy, fault, 0.5)
    set_fault(running, healthy, fault, 1.0)
    assert running["drift"].tolist() == pytest.approx([-1.0 / 3600.0, -7.0 / 3600.0, 0.0])
    with pytest.raises(ParameterError, match="severity"):
        set_fault(running, healthy, fault, 1.5)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"furnace.zone_temperature[*]"', '"furnace.zone_temprature[*]"', "no signal is called.*near it are: furnace"),
        ('unit = "K", source', 'unit = "°C", source', "offset"),
        ('unit = "K", source', 'unit = "kN", source', "unit of K"),
        ('unit = "K/h"', 'unit = "K"', "rate"),
        ("noise =", "hiss =", "'hiss' is no setting"),
        (', source = "assumed: test" }\nlow', ' }\nlow', "value, unit and source"),
        ("value = 2, unit = \"K\"", 'value = nan, unit = "K"', "finite"),
        ("value = 2, unit = \"K\"", 'value = -2, unit = "K"', "negative"),
        ("dropout_length =", "freeze_length =", "dropout_rate needs dropout_length"),
        ('"mill.roll_force"', '"furnace.zone_temperature[top_1]"', "an instrument already"),
        ("[fault.thermocouple_drift]", "[faults.thermocouple_drift]", "'faults' is not understood"),
        ("lag = { value = 0.5", "lag = { value = 0.5,", "cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_with_its_place(declared, old, new, words):
    assert old in SOUND
    with pytest.raises(ParameterError, match=words) as caught:
        load_instruments(declared(SOUND.replace(old, new, 1)), SIGNALS)
    assert "instruments.toml" in str(caught.value)


def test_a_fault_of_what_is_not_measured_is_refused(declared):
    path = declared(SOUND.replace('signals = "furnace.zone_temperature[top_2]"', 'signals = "mill.bar_number"'))
    healthy = load_instruments(path, SIGNALS)
    with pytest.raises(ParameterError, match="has no instrument"):
        load_faults(path, SIGNALS, healthy)
