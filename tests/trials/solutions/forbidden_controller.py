"""Wants the arc at full power with its own hand, and an impossible argon flow."""


class Solution:
    name, version, kind = "<script>alert('forbidden')</script>", "1.0&<b>", "controller"
    reads = ["ladle_furnace.heat_number"]
    writes = ["ladle_furnace.argon_flow_setpoint"]
    interval_s = 60.0

    def start(self, run):
        self.asked = 0

    def decide(self, time_s, signals):
        self.asked += 1
        if self.asked % 2:
            return {"ladle_furnace.arc_power_setpoint": 14.0}
        return {"ladle_furnace.argon_flow_setpoint": 1e9}
