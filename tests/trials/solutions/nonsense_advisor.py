"""Answers what no contract knows."""


class Solution:
    name, version, kind = "nonsense advisor", "1.0", "advisor"
    reads = ["ladle_furnace.heat_number"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 60.0

    def start(self, run):
        self.asked = 0

    def decide(self, time_s, signals):
        self.asked += 1
        return {"operator.heating_energy_advice": "a lot" if self.asked % 2 else float("nan")}
