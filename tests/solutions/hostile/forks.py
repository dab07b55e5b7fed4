"""Leaves children behind: one in its group, one in a session of its own."""

import os
import time


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def start(self, run):
        for own_session in (False, True):
            if os.fork() == 0:
                if own_session:
                    os.setsid()
                time.sleep(600)
                os._exit(0)

    def decide(self, time_s, signals):
        return {"operator.heating_energy_advice": 1.0}
