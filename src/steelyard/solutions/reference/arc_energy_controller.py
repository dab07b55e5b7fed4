"""The arc energy advisor as a controller: the same algorithm, written as the set-point of the next heating."""

from . import arc_energy_advisor


class Solution(arc_energy_advisor.Solution):
    """Sets the energy of the next heating exactly; -1 leaves it to the operator."""

    name = "arc energy controller"
    kind = "controller"
    writes = ["operator.heating_energy_setpoint"]
