"""Raises and drops every alarm all the time: it finds each fault at once, and many that are none."""

ZONES = [f"{side}_{k}" for side in ("top", "bottom") for k in (1, 2, 3, 4)]


class Solution:
    """A deliberately bad detector."""

    name, version, kind = "nervous", "1", "detector"
    reads = ["line.bars_rolled"]
    writes = []
    alarms = [f"clogging[{zone}]" for zone in ZONES]
    interval_s = 60.0

    def start(self, run):
        """Begin quietly."""
        self.on = 0.0

    def decide(self, time_s, signals):
        """Return all alarms on, then all off."""
        self.on = 1.0 - self.on
        return dict.fromkeys(self.alarms, self.on)
