"""Remembers the fuel per opening of each valve in its first ten minutes and raises an alarm when a fifth is missing."""

ZONES = [f"{side}_{k}" for side in ("top", "bottom") for k in (1, 2, 3, 4)]


class Solution:
    """A quick detector of clogging burners."""

    name, version, kind = "flow ratio", "1", "detector"
    reads = [f"reheating_furnace.{what}[{zone}]" for what in ("valve_position", "fuel_flow") for zone in ZONES]
    writes = []
    alarms = [f"clogging[{zone}]" for zone in ZONES]
    interval_s = 60.0

    def start(self, run):
        """Forget what was sound."""
        self.sound, self.recent = {}, {}

    def decide(self, time_s, signals):
        """Return 1 for each zone whose smoothed ratio has fallen by a fifth."""
        scores = {}
        for zone in ZONES:
            valve, flow = (signals[f"reheating_furnace.{what}[{zone}]"] for what in ("valve_position", "fuel_flow"))
            if not valve or flow is None or valve < 5.0:
                continue
            smoothed = 0.8 * self.recent.get(zone, flow / valve) + 0.2 * flow / valve
            self.recent[zone] = smoothed
            if time_s < 900.0:
                self.sound[zone] = smoothed
            elif zone in self.sound:
                scores[f"clogging[{zone}]"] = 1.0 if smoothed < 0.8 * self.sound[zone] else 0.0
        return scores
