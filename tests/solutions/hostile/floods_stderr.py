"""Talks without end where nobody asked."""


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def decide(self, time_s, signals):
        while True:
            print("x" * 1000)
