"""A predictor that is always far too cold and far too sure."""


class Solution:
    name, version, kind = "constant", "1.0", "predictor"
    reads = ["ladle_furnace.heat_number", "ladle_furnace.arc_energy", "ladle_furnace.dip_temperature"]
    writes: list = []
    interval_s = 10.0

    def start(self, run):
        pass

    def observe(self, time_s, signals):
        pass

    def predict(self, time_s, signals, what):
        return {"value": 1500.0, "low": 1499.0, "high": 1501.0}
