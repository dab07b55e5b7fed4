"""Fails when a run begins."""


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def start(self, run):
        raise ValueError("cannot start")

    def decide(self, time_s, signals):
        return {}
