"""Prints to every standard output it can find; this alone is no fault."""

import os
import sys

print("loading...")


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def decide(self, time_s, signals):
        print('{"type":"answer","set":{}}')
        sys.__stdout__.write("garbage\n")
        os.write(1, b"\xff\xfe garbage\n")
        os.system("echo child garbage")
        return {"operator.heating_energy_advice": 1.5}
