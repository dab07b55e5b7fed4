"""Dies at its third decision, and again after every restart."""

import os


class Solution:
    name, version, kind = "crashing advisor", "1.0", "advisor"
    reads = ["ladle_furnace.heat_number"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 30.0

    def start(self, run):
        self.asked = 0

    def decide(self, time_s, signals):
        self.asked += 1
        if self.asked == 3:
            os._exit(3)
        return {"operator.heating_energy_advice": 3.0}
