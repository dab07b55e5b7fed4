"""The baseline of the detector trial: the limit alarms of a usual control system. Standard library only.

Per zone: the fuel valve stands almost fully open, or the zone stays far below its set-point, for a while.
"""

ZONES = [f"{side}_{number}" for side in ("top", "bottom") for number in (1, 2, 3, 4)]
VALVE_LIMIT = 95.0  # %; assumed: the usual high alarm of a valve
TEMPERATURE_LIMIT = 30.0  # K below the set-point; assumed: the usual deviation alarm
DELAY_S = 900.0  # assumed: shorter excursions are no alarm


class Solution:
    """Raises `clogging[zone]` after a limit was exceeded for a quarter of an hour without a break."""

    name = "burner limit alarm"
    version = "1.0"
    kind = "detector"
    reads = [
        f"reheating_furnace.{name}[{zone}]"
        for name in ("valve_position", "zone_temperature", "zone_reference")
        for zone in ZONES
    ]
    writes: list[str] = []
    alarms = [f"clogging[{zone}]" for zone in ZONES]
    interval_s = 60.0

    def start(self, run: dict) -> None:
        """A new run: all limits are kept."""
        self.since: dict[str, float] = {}

    def decide(self, time_s: float, signals: dict) -> dict:
        """Return the scores: the share of the waiting time that has passed, halved; 1 while the alarm stands."""
        scores = {}
        for zone in ZONES:
            if self._exceeded(zone, signals):
                waited = time_s - self.since.setdefault(zone, time_s)
                scores[f"clogging[{zone}]"] = 1.0 if waited >= DELAY_S else 0.45 * waited / DELAY_S
            else:
                self.since.pop(zone, None)
                scores[f"clogging[{zone}]"] = 0.0
        return scores

    def _exceeded(self, zone: str, signals: dict) -> bool:
        valve = signals.get(f"reheating_furnace.valve_position[{zone}]")
        measured = signals.get(f"reheating_furnace.zone_temperature[{zone}]")
        wanted = signals.get(f"reheating_furnace.zone_reference[{zone}]")
        if valve is not None and valve >= VALVE_LIMIT:
            return True
        return measured is not None and wanted is not None and wanted > 0.0 and wanted - measured >= TEMPERATURE_LIMIT
