"""Deliberately bad: always heats with full energy. A trial that does not find it worse or unsafe is broken."""


class Solution:
    """Sets 3 MWh for every heating, whatever the temperature is."""

    name = "heavy-handed controller"
    version = "1.0"
    kind = "controller"
    reads = ["ladle_furnace.dip_temperature"]
    writes = ["operator.heating_energy_setpoint"]
    interval_s = 10.0

    def decide(self, time_s: float, signals: dict) -> dict:
        """Return the set-point to write."""
        return {"operator.heating_energy_setpoint": 3.0}
