"""The crew's practice and the arrivals, read off heats whose practice is known."""

import numpy as np
import pytest

from steelyard.plant.works import shipped_values
from steelyard.processes.ladle_furnace.model import LABELS
from steelyard.twin.practice import fit_arrival, fit_practice, usual_target
from steelyard.twin.records import Heats, assemble

RATE, LOSS, FIRST, DELAY_DIP, DELAY_ARC = 20.0, 0.9, 0.5, 100.0, 40.0


def crew(count: int, seed: int = 1) -> Heats:
    """Heats by a crew that reckons exactly: energy to come = (rise + loss·time)/rate in two heatings."""
    rng = np.random.default_rng(seed)
    dips, arcs, adds = [], [], []
    clock = 1e9
    for key in range(count):
        time = clock
        arcs.append((key, time, time + 3600 * FIRST / 14.0, FIRST))
        time = arcs[-1][2] + DELAY_DIP
        target = 1593.0 if rng.random() > 0.2 else 1618.0
        temperature = 1570.0 + 6.0 * rng.standard_normal()
        dips.append((key, time, temperature))
        if rng.random() < 0.5:
            adds.append((key, clock + 300.0, 2, 80.0))
        for step in range(2):
            wanted = temperature + (target - temperature) * (0.5 if step == 0 else 1.0)
            energy = (wanted - temperature + LOSS * 6.0) / RATE
            begin = time + DELAY_ARC
            arcs.append((key, begin, begin + 360.0 - DELAY_DIP - DELAY_ARC, energy))
            time += 360.0
            temperature = wanted
            dips.append((key, time, temperature))
        clock = time + 600.0
    table = [np.array(rows, dtype=float) for rows in (dips, arcs, adds)]
    return assemble(
        LABELS,
        dict(zip(("key", "time", "temperature_c"), table[0].T, strict=True)),
        dict(zip(("key", "start", "end", "active_energy_mwh"), table[1].T, strict=True)),
        dict(zip(("key", "time", "slot", "amount"), table[2].T, strict=True)),
    )


def test_the_crew_is_read_off_its_heats() -> None:
    heats = crew(300)
    found = fit_practice(heats, shipped_values().practice, usual_target(heats))
    assert found["first_energy"] / 3.6e9 == pytest.approx(FIRST)
    assert found["dip_delay"] == pytest.approx(DELAY_DIP)
    assert found["decide_delay"] == pytest.approx(DELAY_ARC)
    assert found["assumed_rate"] * 3.6e9 == pytest.approx(RATE, rel=0.1)
    assert found["recipe_share"][2] == pytest.approx(0.5, abs=0.1)
    assert found["recipe_mass"][2] == pytest.approx(80.0)
    assert found["recipe_share"][0] == 0.0
    assert found["acceptance"] == shipped_values().practice["acceptance"]  # the records do not say


def test_arrivals_are_read_off_them_too() -> None:
    heats = crew(300)
    shipped = shipped_values()
    practice = fit_practice(heats, shipped.practice, usual_target(heats))
    memory = np.repeat(np.random.default_rng(2).standard_normal(100), 3)
    found = fit_arrival(heats, shipped.arrival, practice, memory)
    assert found["target"] - 273.15 == pytest.approx(1593.0, abs=0.5)
    assert found["hot_grade_rise"] == pytest.approx(25.0, abs=0.5)
    assert found["hot_grade_share"] == pytest.approx(0.2, abs=0.08)
    assert found["gap"] == pytest.approx(600.0 - practice["prepare_delay"])
    assert found["temperature_memory"] == pytest.approx(2.0 / 3.0, abs=0.12)


def test_a_few_heats_keep_what_cannot_be_fitted() -> None:
    heats = crew(8)
    shipped = shipped_values().practice
    found = fit_practice(heats, shipped, usual_target(heats))
    assert found["assumed_rate"] == shipped["assumed_rate"]
    assert found["heating_share"] == shipped["heating_share"]
