"""Finds clogging burners long before a limit is reached: less fuel flows per opening of a zone's valve.

Per zone: r = ln(flow / opening). In the first hours the healthy r is learned, in classes of the opening, since a
valve is not linear. Later its deviation from healthy is cleared of what all zones share (pressure in the main, density
of another fuel, error of the station's meter) and summed up (CUSUM): small lasting losses add up, noise does not.
Samples are left out while a valve is almost shut or moves fast. Standard library only.
"""

import math

ZONES = [f"{side}_{number}" for side in ("top", "bottom") for number in (1, 2, 3, 4)]
LEAST_OPENING = 8.0  # %; assumed: below, meter and valve are too inexact
FASTEST = 12.0  # % between two samples; assumed: the flow lags behind the valve
CLASS_WIDTH = 10.0  # % of opening
LEARN_S = 2.0 * 3600.0  # assumed: a furnace after maintenance is healthy that long
LEAST_SAMPLES = 20
ALLOWANCE = 0.015  # loss of flow that is none (ln); also for learned noise, see SIGMAS
SIGMAS = 0.5
LIMIT = 0.5  # sum of losses at which the alarm is raised (ln times samples): 5 % in a quarter of an hour
LIMIT_SIGMAS = 8.0
LARGEST_COMMON = 0.10  # assumed: fuel and pressure change the flow of all zones by no more
NOISE = 0.01  # assumed scatter of r; replaced by the scatter really seen


class Zone:
    """One zone: what is healthy in each class of the opening, the scatter, the sum of losses."""

    def __init__(self) -> None:
        self.healthy: dict[int, list[float]] = {}
        self.opening: float | None = None
        self.variance, self.samples, self.total = NOISE**2, 0, 0.0

    def sample(self, opening: float | None, flow: float | None) -> tuple[int, float] | None:
        """Return the class of the opening and r, None when nothing can be said now."""
        before, self.opening = self.opening, opening
        if opening is None or flow is None or before is None or opening < LEAST_OPENING or flow <= 0.0:
            return None
        if abs(opening - before) > FASTEST:
            return None
        return int(opening // CLASS_WIDTH), math.log(flow / opening)

    def learn(self, place: int, ratio: float) -> None:
        """Take a healthy sample into its class."""
        mean, count = self.healthy.get(place, [ratio, 0.0])
        self.healthy[place] = [mean + (ratio - mean) / (count + 1.0), count + 1.0]
        self.samples += 1
        if count >= 3.0:
            error = min((ratio - mean) ** 2, 9.0 * self.variance + NOISE**2)
            self.variance += (error - self.variance) / min(self.samples + 20.0, 200.0)

    def deviation(self, place: int, ratio: float) -> float | None:
        """Return r minus its healthy value in this class or the nearest known one; None before anything is known."""
        if self.samples < LEAST_SAMPLES:
            return None
        nearest = min(self.healthy, key=lambda known: (abs(known - place), -self.healthy[known][1]))
        return ratio - self.healthy[nearest][0]

    def add(self, deviation: float) -> float:
        """Add a deviation to the sum of losses and return the score, 0.5 at the limit."""
        scatter = math.sqrt(self.variance)
        allowance = ALLOWANCE + SIGMAS * scatter
        limit = LIMIT + LIMIT_SIGMAS * scatter
        self.total = min(max(self.total - deviation - allowance, 0.0), 3.0 * limit)
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
        samples = {}
        for name, zone in self.zones.items():
            valve = signals.get(f"reheating_furnace.valve_position[{name}]")
            found = zone.sample(valve, signals.get(f"reheating_furnace.fuel_flow[{name}]"))
            if found is not None:
                samples[name] = found
        learning = time_s - self.begun < LEARN_S
        deviations = {}
        for name, (place, ratio) in samples.items():
            deviation = self.zones[name].deviation(place, ratio)
            if learning or deviation is None:
                self.zones[name].learn(place, ratio)
            else:
                deviations[name] = deviation
        shared = common(list(deviations.values()))
        return {f"clogging[{name}]": self.zones[name].add(d - shared) for name, d in deviations.items()}


def common(deviations: list[float]) -> float:
    """Return what all zones share: the median, within what fuel and pressure can do; 0 of less than three zones."""
    if len(deviations) < 3:
        return 0.0
    ordered = sorted(deviations)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
    return min(max(median, -LARGEST_COMMON), LARGEST_COMMON)
