"""Solutions for the tests: good ones, and hostile ones as real files (never imported by pytest)."""

from pathlib import Path

import pytest

from steelyard.solutions.contract import SignalInfo

collect_ignore_glob = ["hostile/*"]
HOSTILE = Path(__file__).parent / "hostile"
ADVICE = "operator.heating_energy_advice"

SOURCE = """
import os, sys
class Solution:
    name, version, kind = "test solution", "1", "{kind}"
    reads = ["ladle_furnace.dip_temperature", "ladle_furnace.arc_energy"]
    writes = {writes}
    interval_s = 10.0
    def start(self, run): self.asked = 0
    def observe(self, time_s, signals): pass
    def decide(self, time_s, signals): {decide}
    def predict(self, time_s, signals, what): {predict}
"""


@pytest.fixture
def infos():
    """A small board: two signals to read, two set-points of two roles."""
    found = [
        SignalInfo("ladle_furnace.dip_temperature", "°C", 0.0, 2300.0),
        SignalInfo("ladle_furnace.arc_energy", "MWh", 0.0, 100.0),
        SignalInfo(ADVICE, "MWh", -1.0, 3.0, "advisor"),
        SignalInfo("operator.heating_energy_setpoint", "MWh", -1.0, 3.0, "controller"),
    ]
    return {info.name: info for info in found}


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a small solution: the statements of decide or predict are given."""

    def make(decide="return {}", *, kind="advisor", predict="return {}", name="solution_under_test.py"):
        writes = [] if kind == "predictor" else [ADVICE]
        path = tmp_path / name
        path.write_text(SOURCE.format(decide=decide, kind=kind, predict=predict, writes=writes))
        return path

    return make
