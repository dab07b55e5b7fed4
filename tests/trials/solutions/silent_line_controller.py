"""Looks at the furnace and never writes anything."""


class Solution:
    """A controller that leaves everything to level 2."""

    name, version, kind = "silent line controller", "1", "controller"
    reads = ["reheating_furnace.zone_temperature[*]", "line.delay_remaining", "reheating_furnace.exit_pyrometer"]
    writes = ["reheating_furnace.zone_setpoint[top_4]"]
    interval_s = 60.0

    def start(self, run):
        """Nothing to forget."""

    def decide(self, time_s, signals):
        """Return nothing to write."""
        return {}
