"""Never answers its fourth decision."""

import time


class Solution:
    name, version, kind = "hanging advisor", "1.0", "advisor"
    reads = ["ladle_furnace.heat_number"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 30.0

    def start(self, run):
        self.asked = 0

    def decide(self, time_s, signals):
        self.asked += 1
        while self.asked == 4:
            time.sleep(1.0)
        return {}
