"""An advisor that never advises: A/A."""


class Solution:
    name, version, kind = "silent advisor", "1.0", "advisor"
    reads = ["ladle_furnace.heat_number"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 30.0

    def start(self, run):
        pass

    def decide(self, time_s, signals):
        return {}
