"""The choice of laws: each is a function of one signature; the mill's parameters hold the index of the one it uses.

The order of the tuples is the order of the branches below them; a test compares both.
"""

from steelyard.engine.kernel import kernel
from steelyard.physics.rolling import (
    contact_length,
    ekelund_force,
    hensel_force,
    hensel_torque,
    lever_arm_torque,
    lippmann_mahrenholtz_force,
    lippmann_mahrenholtz_torque,
    orowan_pascoe_force,
    sims_force,
    sims_torque,
)
from steelyard.physics.spread import helmi_alexander, hill, sparling, wusatowski

FORCE_LAWS = (hensel_force, sims_force, lippmann_mahrenholtz_force, orowan_pascoe_force, ekelund_force)
LEVER_ARM = 0.5


@kernel
def half_length_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the torque per roll [N·m] of the Hensel force at LEVER_ARM of the contact length (textbook lever arm)."""
    force = hensel_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    return lever_arm_torque(force, contact_length(radius, entry_thickness - exit_thickness), LEVER_ARM)


TORQUE_LAWS = (half_length_torque, hensel_torque, sims_torque, lippmann_mahrenholtz_torque)
SPREAD_LAWS = (wusatowski, hill, sparling, helmi_alexander)


@kernel
def roll_force(law, entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the roll force [N] by the law with index `law` of FORCE_LAWS."""
    choice = int(law)
    if choice == 0:
        return hensel_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    if choice == 1:
        return sims_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    if choice == 2:
        return lippmann_mahrenholtz_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    if choice == 3:
        return orowan_pascoe_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    return ekelund_force(entry_thickness, exit_thickness, width, radius, yield_stress, friction)


@kernel
def roll_torque(law, entry_thickness, exit_thickness, width, radius, yield_stress, friction):
    """Return the torque of one roll [N·m] by the law with index `law` of TORQUE_LAWS."""
    choice = int(law)
    if choice == 0:
        return half_length_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    if choice == 1:
        return hensel_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    if choice == 2:
        return sims_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction)
    return lippmann_mahrenholtz_torque(entry_thickness, exit_thickness, width, radius, yield_stress, friction)


@kernel
def exit_width(law, entry_thickness, entry_width, exit_thickness, radius, temperature):
    """Return the width behind the pass [m] by the law with index `law` of SPREAD_LAWS."""
    choice = int(law)
    if choice == 0:
        return wusatowski(entry_thickness, entry_width, exit_thickness, radius, temperature)
    if choice == 1:
        return hill(entry_thickness, entry_width, exit_thickness, radius, temperature)
    if choice == 2:
        return sparling(entry_thickness, entry_width, exit_thickness, radius, temperature)
    return helmi_alexander(entry_thickness, entry_width, exit_thickness, radius, temperature)
