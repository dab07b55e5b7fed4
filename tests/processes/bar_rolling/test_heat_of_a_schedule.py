"""The heat of a whole schedule closes: what the bar holds more or less at its end, every account on its own.

Heat content is the integral of the heat capacity over the rings; deformation comes from flow stress and strain, the
rolls' and the air's shares are the flows that the conduction reckons with. None is computed from another.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.processes.bar_rolling.conftest import billet, mill_values, new_mill, roll_one

from steelyard.physics.phase_heat import austenite_enthalpy
from steelyard.processes.bar_rolling import prepare, schedule, thermal
from steelyard.processes.bar_rolling.blocks import PASS, STANDS
from steelyard.processes.bar_rolling.passes import roll_pass
from steelyard.processes.bar_rolling.structure import soften

SHUT = 2e-3
"""Share of the turnover left open: the heat capacity is taken at one temperature of a step or a pass."""
PLANTS = ("pilot", "rod_mill")


def content(bar: np.void) -> float:
    """Return the heat of a bar per mass [J/kg]."""
    return float(sum(s * austenite_enthalpy(t) for s, t in zip(thermal.SHARE, bar["ring"], strict=True)))


def warm_bar(unit: np.void, temperature: float, grade: int = 2) -> np.void:
    """Return the nominal bar of a mill at a uniform temperature."""
    bar = prepare.nominal_bar(unit)[0]
    bar["grade"] = grade
    schedule.set_profile(bar, temperature, temperature, temperature)
    return bar


@dataclass
class Ledger:
    """A bar rolled step by step, with the heat that each step moved per mass [J/kg]."""

    unit: np.void
    bar: np.void
    air: float = 0.0
    rolls: float = 0.0
    deformation: float = 0.0
    mean: list[float] = field(default_factory=list)

    def roll(self, intervals: np.ndarray, setup: np.ndarray, tensions: np.ndarray) -> None:
        """Roll the whole schedule; `intervals` [s] from middle to middle, `setup` [N], `tensions` [Pa] from behind.

        None from ahead: so it is with the first bar of a mill.
        """
        p, x, count = self.unit["p"], self.unit["x"], int(self.unit["p"]["stand_count"])
        out = np.zeros(1, dtype=PASS)[0]
        for k in range(count):
            wait = min(p["pyrometer_delay"], schedule.EARLIEST_READING * intervals[k])
            self.cool(intervals[k] - wait)
            soften(self.bar, x["last_rate"], x["last_temperature"], intervals[k])
            roll_pass(p, x, k, self.bar, setup[k], 0.0, tensions[k], 0.0, out)
            x["last_rate"], x["last_temperature"] = out["strain_rate"], out["mean_temperature"]
            self.mean.append(float(out["mean_temperature"]))
            self.rolls += out["heat_to_rolls"] * self.per_mass()
            self.deformation += out["deformation_heat"] * self.per_mass()
            following = intervals[k + 1] if k + 1 < count else 2.0 * p["pyrometer_delay"]
            self.cool(min(p["pyrometer_delay"], schedule.EARLIEST_READING * following))

    def cool(self, seconds: float) -> None:
        """Let the bar lie in air."""
        self.air += thermal.cool_in_air(self.bar, self.unit["p"], seconds) * self.per_mass()

    def per_mass(self) -> float:
        """Return 1 over the mass per length [m/kg]."""
        return float(1.0 / (self.unit["p"]["density"] * self.bar["area"]))

    @property
    def gained(self) -> float:
        """What the accounts say the bar has gained [J/kg]."""
        return self.deformation - self.rolls - self.air

    @property
    def turnover(self) -> float:
        """All heat that was moved [J/kg]."""
        return self.deformation + self.rolls + self.air


def usual(unit: np.void) -> np.ndarray:
    """Return the usual intervals; the first pass begins at once."""
    intervals = schedule.usual_intervals(unit["p"])
    intervals[0] = 0.0
    return intervals


RIGHT, NO_TENSION = np.full(STANDS, -1.0), np.zeros(STANDS)


@pytest.mark.parametrize("temperature", [1443.15, 1300.0])
@pytest.mark.parametrize("plant", PLANTS)
def test_the_heat_of_a_whole_schedule_closes(plant: str, temperature: float) -> None:
    unit = new_mill(plant=plant)
    ledger = Ledger(unit, warm_bar(unit, temperature))
    before = content(ledger.bar)
    ledger.roll(usual(unit), RIGHT, NO_TENSION)
    assert content(ledger.bar) - before == pytest.approx(ledger.gained, abs=SHUT * ledger.turnover)
    for account in (ledger.air, ledger.rolls, ledger.deformation):
        assert account > 20.0 * SHUT * ledger.turnover


@pytest.mark.parametrize("plant", PLANTS)
def test_the_ledger_is_that_of_the_schedule_that_twin_and_bench_roll(plant: str) -> None:
    unit, other = new_mill(plant=plant), new_mill(plant=plant)
    ledger, bar = Ledger(unit, warm_bar(unit, 1443.15)), warm_bar(other, 1443.15)
    ledger.roll(usual(unit), RIGHT, NO_TENSION)
    free = np.full(STANDS, np.nan)
    schedule.roll_schedule(other["p"], other["x"], bar, usual(other), free, RIGHT, schedule.new_results())
    assert ledger.bar["ring"].tobytes() == bar["ring"].tobytes()


def test_the_ledger_is_that_of_the_mill_on_its_clock() -> None:
    """A bar of the house, with its drawn pauses, its set-up and its tensions, passes the same temperatures.

    Inside the train the house takes the pyrometer's moment from the way between the stands, the ledger from the times
    of the passes: hundredths of a second, at most half a kelvin.
    """
    values = mill_values()
    values["force_scatter"] = [0.0] * STANDS
    house, unit = new_mill(values), new_mill(values)
    roll_one(house, billet(), time=100.0)
    y, x = house["y"], house["x"]
    times = np.asarray(y["pass_time"])[: int(house["p"]["stand_count"])]
    intervals = np.zeros(STANDS)
    intervals[: len(times)] = np.diff(times, prepend=100.0)
    ledger = Ledger(unit, prepare.nominal_bar(unit)[0])
    ledger.bar["grade"], ledger.bar["scale"] = 2, 20e-6
    ledger.bar["grain_size"], ledger.bar["retained_strain"] = 150e-6, 0.0
    schedule.set_profile(ledger.bar, 1460.0, 1440.0, 1450.0 + house["p"]["start_correction"])
    before = content(ledger.bar)
    ledger.roll(intervals, np.asarray(y["setup_force_used"]), np.asarray(x["tension"]))
    mean, train = np.asarray(y["pass_mean_temperature"])[: len(times)], np.asarray(house["p"]["stand_group"]) > 0.5
    single = int(np.argmax(train)) + 1
    assert single > 8
    assert ledger.mean[:single] == pytest.approx(mean[:single].tolist(), abs=1e-6)
    assert ledger.mean == pytest.approx(mean.tolist(), abs=0.5)
    assert content(ledger.bar) - before == pytest.approx(ledger.gained, abs=SHUT * ledger.turnover)


@pytest.mark.parametrize("name", ["deformation_heat_share", "contact_coefficient", "emissivity"])
def test_every_account_feels_its_own_cause(name: str) -> None:
    ends = {}
    for factor in (1.0, 0.8):
        values = mill_values()
        values[name] *= factor
        unit = new_mill(values)
        ledger = Ledger(unit, warm_bar(unit, 1443.15))
        ledger.roll(usual(unit), RIGHT, NO_TENSION)
        ends[factor] = (ledger.deformation, ledger.rolls, ledger.air)
    owner = ("deformation_heat_share", "contact_coefficient", "emissivity").index(name)
    changes = [abs(new / old - 1.0) for new, old in zip(ends[0.8], ends[1.0], strict=True)]
    assert changes[owner] == max(changes)
    assert changes[owner] > 0.1
