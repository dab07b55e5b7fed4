"""Level 2 of the mill: the force for which each gap is set, and the speed of each stand.

The gap that the roller wants under load is in the schedule; a stand stretches, so the gap is set smaller by the stretch
of the expected force. What level 2 expects is its learned mean force of the pass, whatever the grade and temperature: a
solution that knows better writes `setup_force`.
"""

from steelyard.engine.kernel import kernel


@kernel
def set_gaps(unit):
    """Fix the set-up forces of the coming bar in `setup_force_used` [N]: those written, else the learned ones."""
    for i in range(int(unit.p.stand_count)):
        written = unit.u.setup_force[i]
        unit.y.setup_force_used[i] = written if written > 0.0 else unit.x.learned_force[i]


@kernel
def learn_force(unit, stand, force):
    """Take the `force` [N] of a finished pass into level 2's table."""
    x = unit.x
    x.learned_force[stand] += unit.p.setup_learning * (force - x.learned_force[stand])


@kernel
def train_tension(unit, stand):
    """Return the tension between the stand before and `stand` [Pa]; push is negative, 0 outside a train.

    Speeds are set for nominal sections; what the stand before delivers too much (section over nominal, `speed_trim`) makes
    a loop, what it delivers too little pulls. Held within the limit at which the bar lifts or loops.
    """
    p, u, x = unit.p, unit.u, unit.x
    if stand == 0 or p.stand_group[stand] < 0.5 or p.stand_group[stand] != p.stand_group[stand - 1]:
        return 0.0
    delivered = u.speed_trim[stand - 1] * x.bar.area / max(x.nominal_area[stand - 1], 1e-9)
    pull = p.tension_stiffness * (u.speed_trim[stand] / max(delivered, 1e-3) - 1.0)
    return min(max(pull, -p.tension_limit), p.tension_limit)
