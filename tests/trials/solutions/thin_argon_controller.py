"""Turns the argon down and leaves the heating to the crew: additions stay undissolved and the top stays hot."""


class Solution:
    """Writes 60 NL/min at every decision."""

    name = "thin argon"
    version = "1.0"
    kind = "controller"
    reads = ["ladle_furnace.argon_flow"]
    writes = ["ladle_furnace.argon_flow_setpoint"]
    interval_s = 10.0

    def decide(self, time_s: float, signals: dict) -> dict:
        """Return the set-point to write."""
        return {"ladle_furnace.argon_flow_setpoint": 60.0}
