"""Ends with exit code 0 when it is asked."""

import os


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def decide(self, time_s, signals):
        os._exit(0)
