"""Dies at its third decision, and again after every restart."""

import os


class Solution:
    """A detector that does not last."""

    name, version, kind = "crashing detector", "1", "detector"
    reads = ["line.bars_rolled"]
    writes = []
    alarms = ["clogging[top_3]"]
    interval_s = 60.0

    def start(self, run):
        """Count from one."""
        self.asked = 0

    def decide(self, time_s, signals):
        """End the process at the third question."""
        self.asked += 1
        if self.asked == 3:
            os._exit(3)
        return {}
