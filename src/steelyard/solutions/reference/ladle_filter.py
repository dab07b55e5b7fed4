"""A Kalman filter for the steel in a ladle, shared by the reference solutions beside it. Standard library only.

Model between two moments of a heat, with energy E [MWh], time t [min] and additions A [kg or as weighed]:

    dT = (k_e + e) dE - (k_l + l) dt - k_s d(soak) - sum(chill dA),    soak = tau (1 - exp(-t / tau))

State: bath temperature T [°C], this heat's deviations e of the heating rate [K/MWh] and l of the loss rate [K/min].
The first dips of a heat are poor (the ladle is not yet mixed), so they weigh less. The rates k and chill adapt over
completed heats by recursive least squares that forgets; the interval adapts to the errors really made.
Every constant marked FITTED is "fitted on keys < 1900 of the development set" (measured heats of a 100 t furnace);
they are starting points and the filter moves away from them on another furnace.
"""

import math

MATERIALS = [*(f"bulk_{i}" for i in range(1, 16)), *(f"wire_{i}" for i in range(1, 10))]
ADDITIONS = [f"ladle_furnace.addition[{material}]" for material in MATERIALS]
READS = [
    "ladle_furnace.heat_number", "ladle_furnace.heat_time", "ladle_furnace.arc_energy",
    "ladle_furnace.dip_temperature", "ladle_furnace.dip_count",
    *ADDITIONS,
]  # fmt: skip

HEATING, LOSS, SOAK, SOAK_MIN = 18.04, 0.624, 0.736, 32.0  # FITTED: K/MWh, K/min, K/min, min
# FITTED: K per unit of bulk_1 to bulk_15, wire_1 to wire_9
CHILL = (
    0.0479, 0.0464, 0.0061, 0.0013, 0.0064, 0.0076, 0.0067, -0.0017,
    0.0182, 0.0176, 0.0129, 0.0165, 0.0187, 0.0244, 0.0127, -0.0103,
    0.0164, -0.0005, -0.0047, 0.0000, -0.0001, 0.0000, 0.0249, -0.0076,
)  # fmt: skip
ARRIVAL, ARRIVAL_SD = 1592.0, 30.0  # FITTED: °C at arrival and its spread
DIP_SD = (13.6, 6.9, 2.3)  # FITTED: K, first, second and later dips of a heat
HEATING_SD, LOSS_SD = 0.21, 0.143  # FITTED: K/MWh, K/min, from heat to heat
DRIFT = 1.73  # FITTED: K² per min, what the model leaves out
STRETCH = (0.73, 0.65, 0.72)  # FITTED: half widths of the interval over the filter's own, by dip
FORGET = 0.00017  # FITTED: memory of some 6000 intervals
SHARE_OUTSIDE = 0.10  # the interval is to miss one dip in ten
NORMAL_90 = 1.645


class LadleFilter:
    """Follows one ladle furnace, heat after heat. `plant` is the public data sheet of the run."""

    def __init__(self, plant: dict) -> None:
        scale = 100.0 / float(plant.get("nominal_mass_t") or 100.0)
        self.rates = [HEATING * scale, LOSS, SOAK, *(chill * scale for chill in CHILL)]
        spread = [1.0 * scale, 0.1, 0.3, *([0.004 * scale] * len(CHILL))]
        size = len(self.rates)
        self.doubt = [[spread[i] ** 2 if i == j else 0.0 for j in range(size)] for i in range(size)]
        self.prior_doubt = [value**2 for value in spread]
        self.arrival = ARRIVAL
        self.stretch = list(STRETCH)
        self.heat: float | None = None
        self._begin_heat(None)

    def _begin_heat(self, heat: float | None) -> None:
        self.heat, self.heat_time = heat, 0.0
        self.time_s: float | None = None
        self.energy, self.added, self.dips, self.last_dip = 0.0, [0.0] * len(CHILL), 0, None
        self.x = [self.arrival, 0.0, 0.0]
        self.p = [[ARRIVAL_SD**2, 0.0, 0.0], [0.0, HEATING_SD**2, 0.0], [0.0, 0.0, LOSS_SD**2]]
        self.treatment = [0.0] * (3 + len(CHILL))
        self.since_arrival = 0.0
        self.lessons: list[tuple[list[float], float]] = []
        self.at_dip = self.x[0]

    def update(self, time_s: float, signals: dict) -> None:
        """Take in what the signals say now: a new heat, the treatment since the last call, a new dip."""
        heat = signals.get("ladle_furnace.heat_number")
        if heat != self.heat or self.time_s is None:
            self._learn()
            self._begin_heat(heat)
        self._treat(time_s, signals)
        dip, count = signals.get("ladle_furnace.dip_temperature"), signals.get("ladle_furnace.dip_count")
        if dip is not None and (dip != self.last_dip if count is None else count > self.dips):
            self._dip(dip)
            self.last_dip, self.dips = dip, self.dips + 1 if count is None else int(count)

    def _treat(self, time_s: float, signals: dict) -> None:
        """Advance the state by the energy, time and additions since the last call."""
        now = signals.get("ladle_furnace.heat_time")
        now = max(now if now is not None else self.heat_time + time_s - (self.time_s or time_s), self.heat_time)
        minutes = (now - self.heat_time) / 60.0
        soak = SOAK_MIN * (math.exp(-self.heat_time / 60.0 / SOAK_MIN) - math.exp(-now / 60.0 / SOAK_MIN))
        self.time_s, self.heat_time = time_s, now
        energy = max((signals.get("ladle_furnace.arc_energy") or 0.0) - self.energy, 0.0)
        self.energy += energy
        steps = [(0, energy), (1, -minutes), (2, -soak)]
        added = [signals.get(name) or 0.0 for name in ADDITIONS]
        if added != self.added:
            steps += [(i + 3, min(self.added[i] - amount, 0.0)) for i, amount in enumerate(added)]
            self.added = [max(pair) for pair in zip(added, self.added, strict=True)]
        change = 0.0
        for i, step in steps:
            self.treatment[i] += step
            change += self.rates[i] * step
        self.since_arrival += change
        self._propagate(change, energy, minutes)

    def _propagate(self, change: float, energy: float, minutes: float) -> None:
        x, p = self.x, self.p
        x[0] += change + energy * x[1] - minutes * x[2]
        first = [p[0][j] + energy * p[1][j] - minutes * p[2][j] for j in range(3)]
        p[0][0] = first[0] + energy * first[1] - minutes * first[2] + DRIFT * minutes
        p[0][1] = p[1][0] = first[1]
        p[0][2] = p[2][0] = first[2]

    def dip_spread(self) -> float:
        """Return the standard deviation [K] with which the next dip is expected."""
        noise = DIP_SD[min(self.dips, 2)]
        return math.sqrt(self.p[0][0] + noise * noise)

    def half_width(self) -> float:
        """Return half the 90 % interval of the next dip [K], adapted to the errors made so far."""
        return NORMAL_90 * self.stretch[min(self.dips, 2)] * self.dip_spread()

    def soak_ahead(self, minutes: float) -> float:
        """Return what a young heat loses on top of the steady loss in the next minutes [K]."""
        start = math.exp(-self.heat_time / 60.0 / SOAK_MIN)
        return self.rates[2] * SOAK_MIN * start * (1.0 - math.exp(-minutes / SOAK_MIN))

    def _dip(self, dip: float) -> None:
        """Correct the state by a dip; one far outside its interval weighs less."""
        order = min(self.dips, 2)
        error, spread = dip - self.x[0], self.dip_spread()
        outside = abs(error) > self.half_width()
        self.stretch[order] *= math.exp(0.03 * (float(outside) - SHARE_OUTSIDE))
        if order >= 2:
            self.lessons.append((self.treatment, dip - self.at_dip))
        if order == 0 and abs(error) < 80.0:
            self.arrival += 0.02 * (dip - self.since_arrival - self.arrival)
        variance = max(spread**2, error * error / 6.0)
        gain = [self.p[i][0] / variance for i in range(3)]
        row = list(self.p[0])
        for i in range(3):
            self.x[i] += gain[i] * error
            for j in range(3):
                self.p[i][j] -= gain[i] * row[j]
        self.at_dip, self.treatment = self.x[0], [0.0] * len(self.rates)

    def _learn(self) -> None:
        """Adapt the rates to the intervals of the completed heat (recursive least squares, forgetting)."""
        for steps, change in self.lessons:
            used = [i for i, step in enumerate(steps) if step]
            lean = [sum(row[j] * steps[j] for j in used) for row in self.doubt]
            error = change - sum(self.rates[j] * steps[j] for j in used)
            noise = 5.0**2 * max(1.0, abs(error) / 6.0)
            total = noise + sum(lean[j] * steps[j] for j in used)
            for i, a in enumerate(lean):
                self.rates[i] += a / total * error
                row = self.doubt[i]
                for j, b in enumerate(lean):
                    row[j] -= a * b / total
                    if FORGET:
                        row[j] -= FORGET * row[j]
                row[i] += FORGET * self.prior_doubt[i]
