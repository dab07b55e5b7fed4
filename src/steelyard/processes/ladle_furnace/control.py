"""Baseline control: operator practice. Short heatings, a dip, a decision; additions by recipe; departure on call.

**Model** The operator reasons with a textbook rate per MWh, a textbook loss and a chill per 100 kg; heats a share of
what is missing, within a shortest and a longest heating; dips after each heating; decides after a while; repeats until
the caster calls and the last dip is near the target. An *advisor* proposes the energy of the next heating; the operator
accepts a share of the proposals, a little later than he would have acted. A *controller* sets it.
**Source** parameters fitted to recorded practice (`steelyard twin calibrate`), defaults in parameters/*.toml.
"""

import math

from steelyard.engine.blocks import unit_dtype
from steelyard.engine.kernel import kernel
from steelyard.engine.streams import normal, stream, uniform
from steelyard.processes.ladle_furnace.losses import energy_per_kelvin
from steelyard.processes.ladle_furnace.model import LABELS, MATERIALS
from steelyard.signals import Array, Scalar, quantity

ACCEPT = stream("operator.accept")
PREPARE = stream("operator.prepare")
FIRST = stream("operator.first_heating")
DIP_DELAY = stream("operator.dip_delay")
DECIDE = stream("operator.decide")
HESITATE = stream("operator.hesitate")
RECIPE = stream("operator.recipe")
RECIPE_MASS = stream("operator.recipe.mass")
RECIPE_TIME = stream("operator.recipe.time")
BREAK = stream("ladle_furnace.electrode.break")

LEAST_DECISION = 15.0
FRESH_DIP = 300.0
NO_PROPOSAL = -3.6e9
EMPTY, PREPARE_PHASE, HEATING, DIPPING, DECIDING, HOLDING = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0


class Practice:
    """How the crew works; fitted to records where there are any."""

    assumed_rate: Scalar = quantity("K/J", "heating rate the operator reckons with", low=2.0, high=60.0, shown="K/MWh")
    assumed_loss: Scalar = quantity("K/s", "loss the operator reckons with", low=0.0, high=4.0, shown="K/min")
    assumed_chill: Scalar = quantity("1", "chill the operator reckons with, K per kg of bulk", low=0.0, high=0.2)
    first_energy: Scalar = quantity("J", "energy of the first heating", low=0.0, high=5.0, shown="MWh")
    first_energy_spread: Scalar = quantity("1", "standard deviation of its logarithm", low=0.0, high=1.0)
    heating_offset: Scalar = quantity("J", "energy of the next heating beyond the share", low=-1.0, high=3.0, shown="MWh")  # fmt: skip
    heating_share: Scalar = quantity("1", "share of the missing energy given in the next heating", low=0.0, high=1.5)
    heating_scatter: Scalar = quantity("J", "standard deviation of the operator's choice; negative mirrors it", low=-1.0, high=1.0, shown="MWh")  # fmt: skip
    shortest_heating: Scalar = quantity("J", "least energy worth a heating", low=0.02, high=2.0, shown="MWh")
    longest_heating: Scalar = quantity("J", "most energy of one heating", low=0.1, high=8.0, shown="MWh")
    horizon: Scalar = quantity("s", "how far ahead losses are reckoned", low=0.0, high=60.0, shown="min")
    tolerance: Scalar = quantity("K", "distance from the target at which the ladle may leave", low=0.5, high=30.0)
    patience: Scalar = quantity("s", "how late a ladle may leave before it goes as it is", low=0.0, high=60.0, shown="min")  # fmt: skip
    prepare_delay: Scalar = quantity("s", "median time from arrival to the first arc", low=1.0, high=1800.0)
    dip_delay: Scalar = quantity("s", "median time from the end of a heating to the dip", low=5.0, high=1200.0)
    decide_delay: Scalar = quantity("s", "median time from a dip to the next action", low=1.0, high=1200.0)
    delay_spread: Scalar = quantity("1", "standard deviation of the logarithm of these times", low=0.0, high=1.5)
    hold_interval: Scalar = quantity("s", "time between dips while holding", low=60.0, high=3600.0)
    last_dip_lead: Scalar = quantity("s", "time before the call at which a last dip is taken", low=0.0, high=900.0)
    argon_flow: Scalar = quantity("Nm³/s", "argon during treatment", low=0.0, high=1500.0, shown="NL/min")
    acceptance: Scalar = quantity("1", "share of an advisor's proposals that are followed", low=0.0, high=1.0)
    advice_delay: Scalar = quantity("s", "further time before a proposal is followed", low=0.0, high=600.0)
    recipe_share: Array = quantity("1", "share of heats that get the material", low=0.0, high=1.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    recipe_mass: Array = quantity("kg", "median mass of the material", low=0.0, high=5000.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    recipe_mass_spread: Array = quantity("1", "standard deviation of its logarithm", low=0.0, high=1.5, shape=MATERIALS, labels=LABELS)  # fmt: skip
    recipe_time: Array = quantity("s", "median time of the addition after arrival", low=0.0, high=7200.0, shape=MATERIALS, labels=LABELS)  # fmt: skip
    recipe_time_spread: Scalar = quantity("1", "standard deviation of the logarithm of that time", low=0.0, high=1.0)
    omniscient: Scalar = quantity("1", "1: the oracle; knows the true temperature and the true rate", low=0.0, high=1.0)


class Advice:
    """What a solution may say to the crew."""

    heating_energy_advice: Scalar = quantity("J", "proposed energy of the next heating; negative: no proposal", low=-1.0, high=8.0, shown="MWh")  # fmt: skip
    heating_energy_setpoint: Scalar = quantity("J", "energy of the next heating; negative: the operator decides", low=-1.0, high=8.0, shown="MWh")  # fmt: skip


class Crew:
    """What the crew has in mind."""

    timer: Scalar = quantity("s", "time left in this phase", low=-1e6, high=1e6)
    energy_goal: Scalar = quantity("J", "arc energy of the heat at which this heating ends", low=0.0, high=1e6, shown="MWh")  # fmt: skip
    decisions: Scalar = quantity("1", "decisions of this heat", low=0.0, high=1e6)
    dips_seen: Scalar = quantity("1", "dips, good or failed, already looked at", low=0.0, high=1e6)
    window: Scalar = quantity("s", "time from arrival to the caster's call", low=0.0, high=1e6)
    leave: Scalar = quantity("1", "1 when the ladle shall go", low=0.0, high=1.0)
    recipe: Array = quantity("kg", "mass still to be added", low=0.0, high=1e5, shape=MATERIALS, labels=LABELS)
    recipe_due: Array = quantity("s", "heat time of that addition", low=0.0, high=1e6, shape=MATERIALS, labels=LABELS)
    advice_given: Scalar = quantity("1", "proposals at decisions of this heat", low=0.0, high=1e6)
    advice_taken: Scalar = quantity("1", "proposals followed in this heat", low=0.0, high=1e6)


class Panel:
    """What the crew's panel shows."""

    phase: Scalar = quantity("1", "0 empty, 1 prepare, 2 heating, 3 dip, 4 deciding, 5 holding", low=0.0, high=5.0)
    planned_addition: Scalar = quantity("kg", "mass of the recipe still to be added", low=0.0, high=20000.0)


RECORD = unit_dtype(Practice, Advice, Crew, Panel)


@kernel
def start_heat(crew, unit, seed, heat):
    """Begin a heat: draw its recipe, plan the first action."""
    p, x, y = crew.p, crew.x, crew.y
    x.window = unit.y.time_to_departure
    x.decisions, x.dips_seen, x.leave, x.advice_given, x.advice_taken = 0.0, 0.0, 0.0, 0.0, 0.0
    x.timer = p.prepare_delay * math.exp(p.delay_spread * normal(seed, PREPARE, heat, 0))
    y.phase, y.planned_addition = PREPARE_PHASE, 0.0
    crew.u.heating_energy_advice, crew.u.heating_energy_setpoint = NO_PROPOSAL, NO_PROPOSAL
    unit.u.argon_flow_setpoint = p.argon_flow
    for i in range(MATERIALS):
        x.recipe[i] = 0.0
        if uniform(seed, RECIPE, heat, i) < p.recipe_share[i]:
            x.recipe[i] = p.recipe_mass[i] * math.exp(p.recipe_mass_spread[i] * normal(seed, RECIPE_MASS, heat, i))
            batch = 0 if i < 15 and p.recipe_time[i] < 600.0 else i
            scatter = math.exp(p.recipe_time_spread * normal(seed, RECIPE_TIME, heat, batch))
            x.recipe_due[i] = min(p.recipe_time[i] * scatter, 0.8 * x.window)


@kernel
def _follow_recipe(crew, unit):
    """Drop what the recipe says is due; show what is still to come (bulk only)."""
    x = crew.x
    pending = 0.0
    for i in range(MATERIALS):
        if x.recipe[i] > 0.0:
            if unit.x.heat_time >= x.recipe_due[i]:
                unit.u.feed[i] += x.recipe[i]
                x.recipe[i] = 0.0
            elif i < 15:
                pending += x.recipe[i]
    crew.y.planned_addition = pending


@kernel
def missing_energy(crew, unit):
    """Return the arc energy [J] that the operator reckons is missing to reach the target when the caster calls."""
    p, y = crew.p, unit.y
    rate, measured = p.assumed_rate, y.dip_temperature
    ahead = min(max(y.time_to_departure, 0.0), p.horizon)
    if p.omniscient > 0.5:
        rate = 1.0 / energy_per_kelvin(unit)
        measured = unit.x.steel_temperature
        ahead = max(y.time_to_departure, 0.0)
    missing = y.target_temperature - measured + p.assumed_loss * ahead + p.assumed_chill * crew.y.planned_addition
    return missing / rate


@kernel
def practice_energy(crew, unit, seed, heat):
    """Return the energy of the next heating by practice [J]; 0 = hold."""
    p = crew.p
    missing = missing_energy(crew, unit)
    if missing < p.shortest_heating:
        return 0.0
    if p.omniscient > 0.5:
        return min(missing, p.longest_heating)
    scatter = p.heating_scatter * normal(seed, HESITATE, heat, crew.x.decisions)
    energy = p.heating_offset + p.heating_share * missing + scatter
    return min(max(energy, p.shortest_heating), p.longest_heating)


@kernel
def _may_leave(p, off, late):
    """Whether the ladle goes, `late` [s] after the call and `off` [K] below its target; never so cold that it freezes."""
    if off > 3.0 * p.tolerance:
        return late >= 4.0 * p.patience
    return late >= p.patience or abs(off) <= p.tolerance or (off < 0.0 and late >= 0.5 * p.patience)


@kernel
def _decide(crew, unit, seed, heat):
    """Decide after a dip: leave, heat or hold."""
    p, u, x, y = crew.p, crew.u, crew.x, unit.y
    x.decisions += 1.0
    x.timer = 0.0
    energy = practice_energy(crew, unit, seed, heat)
    late = -y.time_to_departure
    advised = False
    if u.heating_energy_setpoint >= 0.0:
        energy, advised = u.heating_energy_setpoint, True
    elif u.heating_energy_advice >= 0.0:
        x.advice_given += 1.0
        if uniform(seed, ACCEPT, heat, x.decisions) < p.acceptance:
            energy, advised = u.heating_energy_advice, True
            x.advice_taken += 1.0
            x.timer = p.advice_delay
    u.heating_energy_advice, u.heating_energy_setpoint = NO_PROPOSAL, NO_PROPOSAL
    off = y.target_temperature - y.dip_temperature
    if p.omniscient > 0.5:
        off = y.target_temperature - unit.x.steel_temperature
    if late >= 0.0:
        if _may_leave(p, off, late):
            x.leave = 1.0
            return
        if not advised:
            energy = min(max(off / p.assumed_rate, p.shortest_heating), p.longest_heating) if off > 0.0 else 0.0
    if energy >= 0.25 * p.shortest_heating:
        x.energy_goal = y.arc_energy + energy
        crew.y.phase = HEATING
    else:
        crew.y.phase = HOLDING
        until_last_dip = y.time_to_departure - p.last_dip_lead
        x.timer = min(p.hold_interval, until_last_dip) if until_last_dip > 60.0 else max(y.time_to_departure, 60.0)


@kernel
def _heat(crew, unit, seed, heat, dt):
    """Hold the arc until the heating has given its energy; the last step is shortened to hit it."""
    p, x, y = crew.p, crew.x, unit.y
    left = x.energy_goal - y.arc_energy
    if left > 1.0:
        struck = y.arc_power <= 0.0 and unit.x.arc_blocked <= 0.0
        if struck and uniform(seed, BREAK, heat, y.heating_count) < unit.p.electrode_break_probability:
            unit.x.arc_blocked = unit.p.electrode_break_delay
        unit.u.arc_power_setpoint = min(unit.p.nominal_power, left / dt)
        return
    unit.u.arc_power_setpoint = 0.0
    crew.y.phase = DIPPING
    x.timer = p.dip_delay * math.exp(p.delay_spread * normal(seed, DIP_DELAY, heat, y.heating_count))


@kernel
def operator_step(crew, unit, seed, heat, dt):
    """Let the crew act for one step of `dt` [s] on the furnace record `unit`."""
    p, x, y = crew.p, crew.x, unit.y
    y.time_to_departure = x.window - unit.x.heat_time
    _follow_recipe(crew, unit)
    x.timer -= dt
    phase = crew.y.phase
    if phase == PREPARE_PHASE and x.timer <= 0.0:
        scatter = math.exp(p.first_energy_spread * normal(seed, FIRST, heat, 0))
        x.energy_goal = y.arc_energy + min(p.first_energy * scatter, p.longest_heating)
        crew.y.phase = HEATING
    elif phase == HEATING:
        if x.timer <= 0.0:
            _heat(crew, unit, seed, heat, dt)
    elif phase == DIPPING:
        _wait_for_dip(crew, unit, seed, heat)
    elif phase == DECIDING and x.timer <= 0.0:
        _decide(crew, unit, seed, heat)
    elif phase == HOLDING and x.timer <= 0.0:
        _leave_or_dip(crew, unit)


@kernel
def _leave_or_dip(crew, unit):
    """At the call the ladle leaves on a fresh dip near the target; else the crew dips again."""
    p, y = crew.p, unit.y
    cooled = y.dip_temperature - p.assumed_loss * y.dip_age
    fresh = y.dip_age <= FRESH_DIP and abs(y.target_temperature - cooled) <= p.tolerance
    if y.time_to_departure <= 0.0 and fresh:
        crew.x.leave = 1.0
    else:
        crew.y.phase = DIPPING


@kernel
def _wait_for_dip(crew, unit, seed, heat):
    """Ask for a dip when its time has come; go on to decide when a reading shows; repeat a failed one."""
    p, x, y = crew.p, crew.x, unit.y
    taken = y.dip_count + y.failed_dips
    if taken > x.dips_seen:
        x.dips_seen = taken
        if y.dip_age < 0.5 and y.dip_count > 0.0:
            crew.y.phase = DECIDING
            delay = p.decide_delay * math.exp(p.delay_spread * normal(seed, DECIDE, heat, x.decisions))
            x.timer = max(delay, LEAST_DECISION)
            return
    if x.timer <= 0.0 and unit.x.dip_pending < 0.0 and unit.u.dip_request < 0.5:
        unit.u.dip_request = 1.0
