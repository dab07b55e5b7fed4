"""Fills the disk."""


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def decide(self, time_s, signals):
        with open("big", "wb") as file:
            for _ in range(100):
                file.write(bytes(1_000_000))
        return {}
