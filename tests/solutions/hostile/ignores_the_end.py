"""Does not leave when told to: no signal that can be ignored moves it, nor does its children."""

import os
import signal
import time

for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue


class Solution:
    name, version, kind = "hostile", "1", "advisor"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_advice"]
    interval_s = 10.0

    def start(self, run):
        if os.fork() == 0:
            os.setsid()
            while True:
                time.sleep(1)

    def decide(self, time_s, signals):
        while True:
            time.sleep(1)
