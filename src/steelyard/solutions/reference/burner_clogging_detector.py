"""Finds clogging burners long before a limit is reached: less fuel flows per opening of a zone's valve.

Per zone r = ln(flow / opening). In the first hours the healthy r = a + b ln(opening / 50 %) is learned by recursive
least squares, since no valve is quite linear. Later the deviation of r is cleared of what all zones share (pressure in
the main, density of another fuel, error of the station's meter), of an allowance for noise and for openings that were
never seen before, and summed up (CUSUM): small lasting losses add up, noise does not. Samples are left out while a
valve is almost shut or moves fast. Standard library only.
"""

import math

ZONES = [f"{side}_{number}" for side in ("top", "bottom") for number in (1, 2, 3, 4)]
LEAST_OPENING = 8.0  # %; assumed: below, meter and valve are too inexact
FASTEST = 12.0  # % between two samples; assumed: the flow lags behind the valve
USUAL_OPENING = 50.0  # %
LEARN_S = 2.0 * 3600.0  # assumed: a furnace after maintenance is healthy that long
LEAST_SAMPLES, FEW = 20, 5
ALLOWANCE = 0.015  # loss of flow that is none (ln); more where the noise is larger
SIGMAS = 0.5
LIMIT = 0.5  # sum of losses at which the alarm is raised (ln times samples): 5 % in a quarter of an hour
LIMIT_SIGMAS = 8.0
LARGEST_COMMON = 0.10  # assumed: fuel and pressure change the flow of all zones by no more
NOISE = 0.01  # assumed scatter of r; replaced by the scatter really seen
PRIOR_SD = (3.0, 0.1)  # assumed: of a and b


class Zone:
    """One zone: what is healthy at which opening, the scatter, the sum of losses."""

    def __init__(self) -> None:
        self.healthy, self.doubt = [0.0, 0.0], [[PRIOR_SD[0] ** 2, 0.0], [0.0, PRIOR_SD[1] ** 2]]
        self.opening: float | None = None
        self.variance, self.samples, self.total = NOISE**2, 0, 0.0

    def sample(self, opening: float | None, flow: float | None) -> tuple[float, float] | None:
        """Return ln of the opening over the usual one and r, None when nothing can be said now."""
        before, self.opening = self.opening, opening
        if opening is None or flow is None or before is None or opening < LEAST_OPENING or flow <= 0.0:
            return None
        if abs(opening - before) > FASTEST:
            return None
        return math.log(opening / USUAL_OPENING), math.log(flow / opening)

    def expected(self, place: float) -> tuple[float, float]:
        """Return the healthy r at an opening and how unsure it is."""
        lean = [row[0] + row[1] * place for row in self.doubt]
        return self.healthy[0] + self.healthy[1] * place, math.sqrt(max(lean[0] + lean[1] * place, 0.0))

    def learn(self, place: float, ratio: float) -> None:
        """Take in a healthy sample."""
        lean = [row[0] + row[1] * place for row in self.doubt]
        error = ratio - self.healthy[0] - self.healthy[1] * place
        total = lean[0] + lean[1] * place + self.variance
        self.samples += 1
        if self.samples > 3:
            within = min(error * error, 9.0 * self.variance + NOISE**2)
            self.variance += (within - self.variance) / min(self.samples + 20.0, 200.0)
        for i in (0, 1):
            self.healthy[i] += lean[i] / total * error
            for j in (0, 1):
                self.doubt[i][j] -= lean[i] * lean[j] / total

    def add(self, place: float, ratio: float, shared: float) -> float:
        """Add the deviation of r, less what is shared, to the sum of losses; return the score, 0.5 at the limit."""
        value, unsure = self.expected(place)
        scatter = math.sqrt(self.variance)
        allowance, limit = ALLOWANCE + SIGMAS * scatter + 2.0 * unsure, LIMIT + LIMIT_SIGMAS * scatter
        self.total = min(max(self.total - (ratio - value - shared) - allowance, 0.0), 3.0 * limit)
        if self.total == 0.0 and unsure > scatter:
            self.learn(place, ratio - shared)
        return min(0.5 * self.total / limit, 1.0)


class Solution:
    """Scores for `clogging[zone]`; 0.5 and more says that the zone gets less fuel than its valve asks for."""

    name = "burner clogging detector"
    version = "1.0"
    kind = "detector"
    reads = [f"reheating_furnace.{name}[{zone}]" for name in ("valve_position", "fuel_flow") for zone in ZONES]
    writes: list[str] = []
    alarms = [f"clogging[{zone}]" for zone in ZONES]
    interval_s = 60.0

    def start(self, run: dict) -> None:
        """A new run: forget what is healthy."""
        self.zones = {zone: Zone() for zone in ZONES}
        self.begun: float | None = None

    def decide(self, time_s: float, signals: dict) -> dict:
        """Learn in the first hours, then return the scores of the zones of which something can be said."""
        self.begun = time_s if self.begun is None else self.begun
        samples = []
        for name, zone in self.zones.items():
            valve = signals.get(f"reheating_furnace.valve_position[{name}]")
            found = zone.sample(valve, signals.get(f"reheating_furnace.fuel_flow[{name}]"))
            if found is not None:
                samples.append((name, zone, *found))
        shared = common([r - zone.expected(place)[0] for _, zone, place, r in samples if zone.samples >= FEW])
        scores = {}
        for name, zone, place, ratio in samples:
            if time_s - self.begun < LEARN_S or zone.samples < LEAST_SAMPLES:
                zone.learn(place, ratio - shared)
            else:
                scores[f"clogging[{name}]"] = zone.add(place, ratio, shared)
        return scores


def common(deviations: list[float]) -> float:
    """Return what all zones share: the median, within what fuel and pressure can do; 0 of less than three zones."""
    if len(deviations) < 3:
        return 0.0
    ordered = sorted(deviations)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
    return min(max(median, -LARGEST_COMMON), LARGEST_COMMON)
