"""Opens ten thousand files."""


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def decide(self, time_s, signals):
        files = [open("/dev/null") for _ in range(10_000)]  # noqa: SIM115
        return {"operator.heating_energy_advice": len(files)}
