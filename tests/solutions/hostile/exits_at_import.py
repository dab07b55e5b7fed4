"""Ends without a word."""

raise SystemExit(0)


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0
