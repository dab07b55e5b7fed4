"""Turns the furnace down: less fuel through the meter, cold walls, cold bars."""

ZONES = [f"reheating_furnace.zone_setpoint[{side}_{k}]" for side in ("top", "bottom") for k in (1, 2, 3, 4)]


class Solution:
    """A deliberately bad controller."""

    name, version, kind = "cold furnace", "1", "controller"
    reads = ["line.bars_rolled"]
    writes = ZONES
    interval_s = 120.0

    def start(self, run):
        """Nothing to forget."""

    def decide(self, time_s, signals):
        """Return low set-points, top and bottom alike."""
        return {name: {"1": 600.0, "2": 750.0, "3": 850.0, "4": 1080.0}[name[-2]] for name in ZONES}
