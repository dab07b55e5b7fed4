"""A simple thermal model of the billets in a furnace, for the set-point optimiser beside it. Standard library only.

Each billet has one mean temperature T. A zone at temperature Z gives it, per face,

    q = x sigma (Z^4 - T^4),    dT/dt = 4 q / (rho c d),    core to surface = q d / (4 k)

(round or square billet of thickness d heated all around). x is the exchange factor, which is learned: beside T runs its
sensitivity s = dT / d ln x. Zones follow their set-points with a lag.
"""

import math

SIGMA = 5.670e-8
DENSITY = 7500.0  # kg/m³, hot carbon steel
CONDUCTIVITY = 28.0  # W/(m·K), austenite
KELVIN = 273.15
STEP_S = 120.0
HEAT = (  # °C, J/(kg·K): carbon steel, smoothed over the transformation
    (0.0, 460.0), (300.0, 560.0), (500.0, 670.0), (650.0, 850.0), (740.0, 1300.0), (800.0, 900.0), (880.0, 640.0),
    (1300.0, 680.0),
)  # fmt: skip


def heat_capacity(celsius: float) -> float:
    """Return the specific heat of carbon steel [J/(kg·K)]."""
    before = HEAT[0]
    for point in HEAT[1:]:
        if celsius <= point[0]:
            share = (celsius - before[0]) / (point[0] - before[0])
            return before[1] + max(share, 0.0) * (point[1] - before[1])
        before = point
    return before[1]


def warmed(celsius: float, zone: float, seconds: float, exchange: float, thickness: float) -> float:
    """Return the mean temperature [°C] after some time (at most STEP_S) under a zone of `zone` [°C]."""
    t, z = celsius + KELVIN, zone + KELVIN
    coefficient = exchange * SIGMA * (z * z + t * t) * (z + t)
    rate = 4.0 * coefficient / (DENSITY * heat_capacity(celsius) * thickness)
    return celsius + (zone - celsius) * (1.0 - math.exp(-rate * seconds))


def difference(celsius: float, zone: float, exchange: float, thickness: float) -> float:
    """Return how much warmer the surface is than the core [K]."""
    t, z = celsius + KELVIN, zone + KELVIN
    return exchange * SIGMA * (z**4 - t**4) * thickness / (4.0 * CONDUCTIVITY)


class Billet:
    """A billet in the furnace: mean temperature [°C] and its sensitivity to ln x."""

    def __init__(self, charged: float, thickness: float, target: float) -> None:
        self.temperature, self.sensitivity = charged, 0.0
        self.thickness, self.target = thickness, target

    def heat(self, zone: float, seconds: float, exchange: float) -> None:
        """Advance by some seconds under a zone of `zone` [°C]."""
        more = exchange * 1.05
        while seconds > 0.0:
            step = min(seconds, STEP_S)
            shifted = self.temperature + 0.05 * self.sensitivity
            self.temperature = warmed(self.temperature, zone, step, exchange, self.thickness)
            self.sensitivity = (warmed(shifted, zone, step, more, self.thickness) - self.temperature) / 0.05
            seconds -= step


def ahead(
    billet: Billet, stays: list[tuple[int, float]], zones: list[float], wanted: list[float], exchange: float, lag: float
) -> tuple[float, float]:
    """Return mean temperature [°C] and core-surface difference [K] at discharge.

    `stays` are (zone index, seconds) in order; `zones` are the temperatures now, `wanted` the set-points that they
    follow with the time constant `lag` [s].
    """
    temperature, now, zone = billet.temperature, 0.0, billet.temperature
    for place, seconds in stays:
        while seconds > 0.0:
            step = min(seconds, STEP_S)
            left = math.exp(-(now + 0.5 * step) / lag)
            zone = wanted[place] + (zones[place] - wanted[place]) * left
            temperature = warmed(temperature, zone, step, exchange, billet.thickness)
            now, seconds = now + step, seconds - step
    return temperature, difference(temperature, zone, exchange, billet.thickness)


class Exchange:
    """Learns ln x and the offset of the exit pyrometer from what it showed and what the model expected."""

    def __init__(self, start: float, skin: float) -> None:
        self.value, self.offset = start, skin
        self.doubt = [[0.25**2, 0.0], [0.0, 8.0**2]]  # assumed: x within 25 %, scale skin within 8 K
        self.drift = (0.01**2, 0.3**2)  # assumed, from billet to billet
        self.noise = 10.0**2  # assumed: K², pyrometer 8 K and the billet itself

    def learn(self, shown: float, expected: float, sensitivity: float) -> float:
        """Take in a reading [°C] with the expected surface [°C] and dT/d ln x; return the change of ln x."""
        for i in (0, 1):
            self.doubt[i][i] += self.drift[i]
        lean = [row[0] * sensitivity + row[1] for row in self.doubt]
        error = shown - expected - self.offset
        total = self.noise * max(1.0, abs(error) / 25.0) + lean[0] * sensitivity + lean[1]
        change = max(min(lean[0] / total * error, 0.05), -0.05)
        self.value = min(max(self.value * math.exp(change), 0.1), 1.0)
        self.offset += lean[1] / total * error
        for i in (0, 1):
            for j in (0, 1):
                self.doubt[i][j] -= lean[i] * lean[j] / total
        return change
