"""The filter against exact Gaussian algebra, and its mixture against what mixtures are for."""

import math

import numpy as np
import pytest

from steelyard.twin.context import Forecast
from steelyard.twin.estimate import forecast, hyper_record
from steelyard.twin.fitting import START, Observed, heat_scores
from steelyard.twin.mixture import HYPER, mixture_quantile
from steelyard.twin.sensitivity import Paths

OFFSET = np.array([0, 4, 7])
TIME = np.array([4.0, 12.0, 20.0, 31.0, 5.0, 9.0, 30.0])
ENERGY = np.array([0.5, 1.2, 2.0, 2.4, 0.6, 0.6, 1.9])
MASS = np.array([0.0, 300.0, 300.0, 420.0, 0.0, 100.0, 100.0])
BY = np.stack([0.97 - 0.004 * TIME, 0.001 * TIME, 18.0 * ENERGY], axis=1)
PATH = 1850.0 + ENERGY * 10.0 - TIME * 0.2
READING = PATH + np.array([12.0, 9.0, 10.0, 4.0, -20.0, -15.0, -18.0])
GAUSSIAN = dict.fromkeys(("doubt", "doubt_first", "doubt_repeated", "jump", "jump_first"), 0.0)


def hyper(**changes: float) -> np.ndarray:
    shares = {"repeated": 0.12, "repeated_first": 0.2}
    return hyper_record({name: START[name] for name in HYPER} | shares | {"correlation": -0.4} | changes)


def seen(reading: np.ndarray = READING, repeated: np.ndarray | None = None) -> Observed:
    none = np.zeros(len(reading), dtype=bool)
    return Observed(OFFSET, reading, TIME, ENERGY, MASS, none if repeated is None else repeated)


def run(reading: np.ndarray = READING, repeated: np.ndarray | None = None, **changes: float) -> Forecast:
    return forecast(seen(reading, repeated), Paths(PATH, BY), hyper(**changes))


def joint(h: int, record: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviation and covariance of the dips of heat h, written down directly."""
    s, r = slice(OFFSET[h], OFFSET[h + 1]), record[0]
    by, time, energy, mass = BY[s], TIME[s], ENERGY[s], MASS[s]
    prior = np.diag([r["arrival_spread"] ** 2, r["lining_spread"] ** 2, r["efficiency_spread"] ** 2])
    prior[0, 1] = prior[1, 0] = r["correlation"] * r["arrival_spread"] * r["lining_spread"]
    covariance = by @ prior @ by.T
    for j in range(1, len(time)):  # a step of noise at j is carried on in proportion to the first sensitivity
        step = r["walk"] ** 2 * (time[j] - time[j - 1]) + (r["walk_energy"] * (energy[j] - energy[j - 1])) ** 2
        step += (r["walk_mass"] * (mass[j] - mass[j - 1])) ** 2 + r["walk_event"] ** 2 * (
            1 - math.exp(time[j - 1] - time[j])
        )
        carried = np.where(np.arange(len(time)) >= j, by[:, 0] / by[j, 0], 0.0)
        covariance += step * np.outer(carried, carried)
    spreads = [r["noise_first"], r["noise_second"]] + [r["noise"]] * (len(time) - 2)
    return (READING - PATH)[s], covariance + np.diag(np.square(spreads))


def test_without_doubt_it_is_the_exact_gaussian() -> None:
    record = hyper(**GAUSSIAN)
    scores = heat_scores(seen(), PATH, BY, record)
    told = run(**GAUSSIAN)
    for h in (0, 1):
        off, covariance = joint(h, record)
        n = len(off)
        log = -0.5 * off @ np.linalg.solve(covariance, off) - 0.5 * np.linalg.slogdet(covariance)[1]
        first, last = covariance[0, 0], covariance[-1, -1]
        gain = covariance[-1, 0] / first
        # the final task sees neither the dips between nor their times: its unseen events count once
        spread = math.sqrt(last - gain * covariance[-1, 0])
        assert told.final[h, 2] == pytest.approx(PATH[OFFSET[h + 1] - 1] + gain * off[0], abs=1e-6)
        final = scores[h] - log
        r = off[-1] - gain * off[0]
        assert final == pytest.approx(-0.5 * (r / spread) ** 2 - math.log(spread), abs=0.15 if n > 2 else 1e-9)
    steps = sum(scores) - sum(_final_log(h, record) for h in (0, 1))
    exact = sum(
        -0.5 * o @ np.linalg.solve(c, o) - 0.5 * np.linalg.slogdet(c)[1] for o, c in (joint(h, record) for h in (0, 1))
    )
    assert steps == pytest.approx(exact, abs=1e-8)


def _final_log(h: int, record: np.ndarray) -> float:
    """The final task's log density with the process noise of one long interval."""
    a, e = OFFSET[h], OFFSET[h + 1] - 1
    by, r = BY[[a, e]], record[0]
    prior = np.diag([r["arrival_spread"] ** 2, r["lining_spread"] ** 2, r["efficiency_spread"] ** 2])
    prior[0, 1] = prior[1, 0] = r["correlation"] * r["arrival_spread"] * r["lining_spread"]
    c = by @ prior @ by.T
    minutes = TIME[e] - TIME[a]
    c[1, 1] += r["walk"] ** 2 * minutes + (r["walk_energy"] * (ENERGY[e] - ENERGY[a])) ** 2
    c[1, 1] += (r["walk_mass"] * (MASS[e] - MASS[a])) ** 2 + r["walk_event"] ** 2 * (1 - math.exp(-minutes))
    c[0, 0] += r["noise_first"] ** 2
    c[1, 1] += r["noise"] ** 2
    off = (READING - PATH)[[a, e]]
    gain = c[0, 1] / c[0, 0]
    variance = c[1, 1] - gain * c[0, 1]
    return float(-0.5 * (off[1] - gain * off[0]) ** 2 / variance - 0.5 * math.log(variance))


def test_a_wild_dip_is_doubted_and_hardly_moves_the_state() -> None:
    wild = READING.copy()
    wild[2] -= 60.0
    doubting, trusting = run(wild, jump=0.0, jump_first=0.0), run(wild, **GAUSSIAN)
    calm = run(jump=0.0, jump_first=0.0)
    assert doubting.state[2, 2] < 0.01 < 0.9 < calm.state[2, 2]
    assert abs(doubting.step[3, 2] - calm.step[3, 2]) < 0.25 * abs(trusting.step[3, 2] - calm.step[3, 2])


def test_a_lasting_change_is_taken_for_a_jump_once_a_second_dip_confirms_it() -> None:
    moved = READING.copy()
    moved[2:4] -= 25.0
    told = run(moved, jump=0.05, jump_spread=20.0)
    assert abs(told.state[3, 0] - (moved - PATH)[3]) < 4.0


def test_quantiles_are_in_order_and_a_repeated_dip_counts_less() -> None:
    told = run()
    assert (np.diff(told.step, axis=1) > 0.0).all()
    assert (np.diff(told.final, axis=1) > 0.0).all()
    odd = READING.copy()
    odd[2] += 12.0
    mark = np.zeros(7, dtype=bool)
    mark[2] = True
    assert run(odd, mark).step[3, 2] < run(odd).step[3, 2]


@pytest.mark.parametrize("j", [0, 2])
def test_nothing_told_of_a_dip_knows_whether_it_will_be_repeated(j: int) -> None:
    mark = np.zeros(7, dtype=bool)
    mark[j] = True
    plain, marked = run(), run(repeated=mark)
    assert plain.step[: j + 1].tobytes() == marked.step[: j + 1].tobytes()
    assert plain.state[: j + 1].tobytes() == marked.state[: j + 1].tobytes()
    assert plain.final.tobytes() == marked.final.tobytes()
    assert plain.step[j + 1].tobytes() != marked.step[j + 1].tobytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_an_unknown_repeat_is_weighed_by_its_share(share: float) -> None:
    chance = (1.0 - share) * START["doubt"] + share * START["doubt_repeated"]
    told = forecast(seen(), Paths(PATH, BY), hyper(repeated=share))
    same = forecast(seen(), Paths(PATH, BY), hyper(repeated=0.0, doubt=chance))
    assert told.step[1].tolist() == pytest.approx(same.step[1].tolist(), abs=1e-9)
    assert told.state[1].tolist() == pytest.approx(same.state[1].tolist(), abs=1e-9)


def test_quantiles_of_a_known_mixture() -> None:
    weight, centre, spread = np.array([0.5, 0.5]), np.array([-10.0, 10.0]), np.array([1.0, 1.0])
    assert mixture_quantile(weight, centre, spread, 2, 0.25) == pytest.approx(-10.0, abs=1e-6)
    assert mixture_quantile(np.array([1.0]), np.array([3.0]), np.array([2.0]), 1, 0.95) == pytest.approx(
        3.0 + 2.0 * 1.6448536, abs=1e-5
    )


def test_frozen_steel_does_not_blow_up_the_deviation() -> None:
    by = BY.copy()
    by[2, 0] = 0.05  # the replayed steel froze here
    told = forecast(seen(), Paths(PATH, by), hyper())
    assert (np.abs(told.step[:, 2] - PATH) < 60.0).all()
