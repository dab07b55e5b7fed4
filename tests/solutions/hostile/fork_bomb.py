"""Forks as often as it may, each child too; says how many of its own children came to be."""

import os
import time


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def decide(self, time_s, signals):
        made = 0
        try:
            while made < 2000:
                if os.fork() == 0:
                    os.setsid()
                    try:
                        while os.fork():
                            pass
                    except OSError:
                        pass
                    time.sleep(600)
                    os._exit(0)
                made += 1
        except OSError:
            pass
        return {"operator.heating_energy_advice": made / 1000.0}
