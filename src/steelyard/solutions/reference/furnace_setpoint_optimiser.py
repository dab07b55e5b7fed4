"""Zone set-points as low as the billets allow: each must reach its target when it leaves, evenly warm.

Every minute: each billet's temperature is followed by a model (see billet_model), whose exchange factor the exit
pyrometer corrects. With the time that each billet still has, announced delays included, the set-point of each zone is
chosen from the charge end on: the lowest with which every billet in it can still reach its target if the zones behind
it may go to their limits. So the steel is heated late, walls and flue stay cooler, and a delay lowers everything. A
zone whose valve is nearly open gets help from the zone before it. First the level-2 table is watched for a while: what
the pyrometer shows under it is taken as on target. Standard library only.
"""

from .billet_model import Billet, Exchange, ahead, difference

SIDES, COLUMNS, SLOTS = ("top", "bottom"), 4, 30
ROOM = "reheating_furnace."
ZONES = [f"{side}_{number}" for side in SIDES for number in (1, 2, 3, 4)]
TEMPERATURES = [f"{ROOM}zone_temperature[{zone}]" for zone in ZONES]
SETPOINTS = [f"{ROOM}zone_setpoint[{zone}]" for zone in ZONES]
IN_FORCE = [f"{ROOM}zone_reference[{zone}]" for zone in ZONES]
VALVES = [f"{ROOM}valve_position[{zone}]" for zone in ZONES]
PYROMETER, DELAY = f"{ROOM}exit_pyrometer", "line.delay_remaining"
SLOT = ("number", "charge_temperature", "time", "remaining_time", "thickness", "target")
SLOT_ZONE = [i * COLUMNS // SLOTS for i in range(SLOTS)]

START_EXCHANGE, SKIN = 0.4, -15.0  # assumed; K by which a scaled surface looks colder, until it was watched
WATCH_S = 1800.0  # assumed: the level-2 table is watched that long before anything is changed
MARGIN, SLACK = 0.0, 6.0  # K above the target that is aimed at; K by which one billet may stay below that
EVEN = 25.0  # K between core and surface that is aimed at
BELOW, ABOVE = (300.0, 300.0, 120.0, 40.0), (40.0, 40.0, 40.0, 25.0)  # K around the table, charge end to soak
LOWEST, HIGHEST = 550.0, 1290.0  # °C, whatever the table says; the data sheet may set a lower end
ROOM_TO_LIMIT = 30.0  # K that set-points stay below the limit of the data sheet
DOWN, UP = 6.0, 12.0  # K per minute, what walls and burners follow
OPEN, HELP, REST = 85.0, 6.0, 2.0  # % at which a valve is nearly open; K per minute of help, and of taking it back
LAG_S = 420.0
TRUST = 0.7  # share of an announced delay that is believed


class Furnace:
    """Follows the billets in the furnace, slot by slot; slot 0 is the charge end."""

    def __init__(self, plant: dict) -> None:
        self.exchange = Exchange(START_EXCHANGE, SKIN)
        self.billets: dict[float, Billet] = {}
        self.slot_zone = [int(zone) - 1 for zone in plant.get("slot_zone") or [z + 1 for z in SLOT_ZONE]]
        self.time_s: float | None = None
        self.pyrometer: float | None = None
        self.left: Billet | None = None
        self.skin, self.watched = SKIN, 0

    def update(self, time_s: float, signals: dict, zones: list[float], watching: bool) -> None:
        """Take in charged and discharged billets, the time that has passed, the pyrometer."""
        passed = 0.0 if self.time_s is None else time_s - self.time_s
        self.time_s = time_s
        self.slots = [self._slot(i, signals) for i in range(SLOTS)]
        present = {slot["number"] for slot in self.slots if slot}
        for number in sorted(set(self.billets) - present):
            self.left = self.billets.pop(number)
        for i, slot in enumerate(self.slots):
            if slot and slot["number"] not in self.billets:
                self.billets[slot["number"]] = self._arrived(i, slot, zones)
            elif slot:
                billet = self.billets[slot["number"]]
                billet.heat(zones[self.slot_zone[i]], passed, self.exchange.value)
                billet.target = slot["target"]
        self._learn(signals.get(PYROMETER), zones[-1], watching)

    def _slot(self, i: int, signals: dict) -> dict[str, float] | None:
        """Return what the board says of a slot, None when it is empty or not fully told."""
        slot = {name: value for name in SLOT if (value := signals.get(f"{ROOM}slot_{name}[{i}]")) is not None}
        return slot if len(slot) == len(SLOT) and slot["thickness"] > 0.0 and slot["target"] > 0.0 else None

    def _arrived(self, i: int, slot: dict, zones: list[float]) -> Billet:
        """Return a billet seen for the first time; one that is not fresh was heated at an even pace."""
        billet = Billet(slot["charge_temperature"], slot["thickness"] / 1000.0, slot["target"])
        seconds = slot["time"] * 60.0 / (i + 1.0)
        for place in range(i + 1):
            billet.heat(zones[self.slot_zone[place]], seconds, self.exchange.value)
        return billet

    def _learn(self, shown: float | None, zone: float, watching: bool) -> None:
        """Compare the pyrometer with the billet that left last; correct the exchange factor and all billets."""
        billet, self.left = self.left, None
        if billet is None or shown is None or shown == self.pyrometer:
            return
        self.pyrometer = shown
        if watching:
            self.watched += 1
            self.skin += (min(max(shown - billet.target, -60.0), 30.0) - self.skin) / self.watched
        surface = billet.temperature + 0.5 * difference(billet.temperature, zone, self.exchange.value, billet.thickness)
        change = self.exchange.learn(shown, surface, billet.sensitivity)
        for other in self.billets.values():
            other.temperature += change * other.sensitivity

    def bias(self) -> float:
        """Return by how much billets come out warmer than the model says [K], as far as the pyrometer tells."""
        return self.exchange.offset - self.skin

    def billet(self, i: int) -> Billet:
        """Return the billet in slot `i`."""
        slot = self.slots[i]
        assert slot is not None
        return self.billets[slot["number"]]

    def stays(self, i: int, untold: float) -> list[tuple[int, float]]:
        """Return (zone, seconds) that the billet in slot `i` still has, less `untold` seconds of delay.

        All billets walk by one slot when one leaves: this one moves on when those before it leave.
        """
        times = [60.0 * slot["remaining_time"] if slot else None for slot in self.slots]
        found, before = [], 0.0
        for place in range(i, SLOTS):
            until = times[SLOTS - 1 - (place - i)]
            until = before if until is None else max(until - untold, before)
            found.append((self.slot_zone[place], until - before))
            before = until
        return found


class Solution:
    """Writes the set-points of all eight zones; top and bottom alike."""

    name = "furnace set-point optimiser"
    version = "1.0"
    kind = "controller"
    reads = [
        *TEMPERATURES, *IN_FORCE, *VALVES, PYROMETER, DELAY,
        *(f"{ROOM}slot_{name}[*]" for name in SLOT),
    ]  # fmt: skip
    writes = SETPOINTS
    interval_s = 60.0

    def start(self, run: dict) -> None:
        """A new run: forget all billets."""
        plant = run.get("plant") or {}
        self.furnace = Furnace(plant)
        self.highest = min([HIGHEST, *(limit - ROOM_TO_LIMIT for limit in plant.get("setpoint_high_c") or [])])
        self.begun: float | None = None
        self.table: list[float] = []
        self.set: list[float] = []
        self.help = [0.0] * COLUMNS

    def decide(self, time_s: float, signals: dict) -> dict:
        """Return the set-points to write; nothing while the table is still watched or signals are missing."""
        zones = _columns(signals, TEMPERATURES)
        in_force = _columns(signals, IN_FORCE)
        if zones is None or in_force is None:
            return {}
        self.begun = time_s if self.begun is None else self.begun
        watching = time_s - self.begun < WATCH_S
        self.furnace.update(time_s, signals, zones, watching)
        if watching:
            self.table = [max(pair) for pair in zip(in_force, self.table or in_force, strict=True)]
            self.set = list(in_force)
            return {}
        self._help(signals)
        wanted = self._lowest(zones, signals.get(DELAY) or 0.0)
        self.set = [min(max(w, s - DOWN), s + UP) for w, s in zip(wanted, self.set, strict=True)]
        return {name: round(self.set[k % COLUMNS], 1) for k, name in enumerate(SETPOINTS)}

    def _help(self, signals: dict) -> None:
        """Let a zone help while a valve of the zone behind it is nearly open; else take the help back slowly."""
        for column in range(COLUMNS - 1):
            valves = [signals.get(VALVES[column + 1 + side]) or 0.0 for side in (0, COLUMNS)]
            change = HELP if max(valves) > OPEN else -REST
            self.help[column] = min(max(self.help[column] + change, 0.0), BELOW[column])

    def _lowest(self, zones: list[float], delay: float) -> list[float]:
        """Return the lowest set-points from the charge end on, those behind at their limits."""
        untold = (1.0 - TRUST) * 60.0 * max(delay, 0.0)
        wanted = [min(table + above, self.highest) for table, above in zip(self.table, ABOVE, strict=True)]
        for column in range(COLUMNS):
            high = wanted[column]
            low = min(max(self.table[column] - BELOW[column] + self.help[column], LOWEST), high)
            group = [(self.furnace.billet(i), self.furnace.stays(i, untold)) for i in self._deciding(column)]
            if self._fits(group, column, low, wanted, zones):
                high = low
            for _ in range(6 if high > low else 0):
                middle = 0.5 * (low + high)
                low, high = (low, middle) if self._fits(group, column, middle, wanted, zones) else (middle, high)
            wanted[column] = high
        return wanted

    def _deciding(self, column: int) -> list[int]:
        """Return the slots of a zone that decide: the first, a middle and the last billet in it."""
        here = [i for i in range(SLOTS) if self.furnace.slots[i] and self.furnace.slot_zone[i] == column]
        return list(dict.fromkeys([here[0], here[len(here) // 2], here[-1]])) if here else []

    def _fits(self, group: list, column: int, setpoint: float, wanted: list[float], zones: list[float]) -> bool:
        """Whether with this set-point a zone's billets reach their targets on average, and none stays far below."""
        trial = [*wanted[:column], setpoint, *wanted[column + 1 :]]
        exchange, bias = self.furnace.exchange.value, self.furnace.bias()
        total = 0.0
        for billet, stays in group:
            warm, uneven = ahead(billet, stays, zones, trial, exchange, LAG_S)
            above = warm + bias - billet.target - MARGIN
            if above < -SLACK or abs(uneven) > EVEN:
                return False
            total += above
        return total >= 0.0


def _columns(signals: dict, names: list[str]) -> list[float] | None:
    """Return the mean of top and bottom in each of the four columns; None when one is missing."""
    values = [value for name in names if (value := signals.get(name)) is not None]
    if len(values) < len(names):
        return None
    return [0.5 * (values[k] + values[k + COLUMNS]) for k in range(COLUMNS)]
