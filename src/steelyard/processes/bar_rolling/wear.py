"""Wear of grooves and guides, and what worn guides do to the bar.

**Model** Archard: depth = rate · pressure · way of sliding; the way is the bar's length over the circumference of the roll
(how often a place of the groove is in the gap) times the forward and backward slip of a pass, a tenth of the contact
length (assumed). Guides open by a share of the length of bar that slides through them.
**Holds** as a trend; the rates are assumed, see the parameter files.
**Source** Archard, J. Appl. Phys. 24 (1953) 981.
"""

from math import exp, pi

from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream

_TWIST = stream("bar_rolling.twist")
SLIDING = 0.1


@kernel
def wear_stand(unit, stand, length):
    """Wear the groove of `stand` and its guide by the last pass of a bar of `length` [m] at the exit."""
    p, x, last = unit.p, unit.x, unit.x.last
    if last.contact_area <= 0.0:
        return
    pressure = last.force / last.contact_area
    turns = length / (2.0 * pi * last.working_radius)
    x.groove_worn[stand] += p.groove_wear_rate * pressure * turns * SLIDING * last.contact_area / last.contact_width
    unit.y.groove_worn[stand] = p.groove_wear[stand] + x.groove_worn[stand]
    x.guide_worn += p.guide_wear_rate * length / p.stand_count


@kernel
def fresh_grooves(unit):
    """Turn to fresh grooves and guides where one is worn to its limit, and where half of it is; return whether it was."""
    p, x, y = unit.p, unit.x, unit.y
    worst = 0.0
    for stand in range(int(p.stand_count)):
        worst = max(worst, x.groove_worn[stand])
    if worst < p.groove_wear_limit:
        return False
    for stand in range(int(p.stand_count)):
        if x.groove_worn[stand] >= 0.5 * p.groove_wear_limit:
            x.groove_worn[stand] = 0.0
            y.groove_worn[stand] = p.groove_wear[stand]
    x.guide_worn = 0.0
    return True


@kernel
def warm_roll(unit, stand, time, heat):
    """Let the roll surface of `stand` cool since its last pass and take up `heat` [J]."""
    p, x = unit.p, unit.x
    gone = max(time - x.roll_heat_time[stand], 0.0)
    x.roll_heat[stand] = x.roll_heat[stand] * exp(-gone / p.roll_cooling_time) + p.roll_heating * max(heat, 0.0)
    x.roll_heat[stand] = min(x.roll_heat[stand], 400.0)
    x.roll_heat_time[stand] = time


@kernel
def finished_size(unit, seed):
    """Return mean diameter and ovality of the finished bar [m], with the twist that the play of the guides allows."""
    p, x, last = unit.p, unit.x, unit.x.last
    stand = int(p.stand_count) - 1
    play = p.guide_clearance + x.guide_worn
    twist = normal(seed, _TWIST, x.bar_number, 0) * play
    shift = normal(seed, _TWIST, x.bar_number, 1) * play
    diameter = 0.5 * (last.height + last.width) + 0.1 * shift
    ovality = abs(last.height - last.width) + 0.4 * abs(twist) + 0.5 * p.misalignment[stand]
    return max(diameter, 1e-4), ovality
