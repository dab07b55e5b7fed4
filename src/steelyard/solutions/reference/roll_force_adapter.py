"""Roll-force set-up that learns from bar to bar: recursive least squares per pass and steel. Standard library only.

For each pass k of each steel, with T the measured entry temperature [°C] and e the recent ln(measured / expected force)
in the passes of the same bar before it:

    ln F = a + b (T - T_k) + c (pause - pause_k) + d e

a .. d are estimated by recursive least squares with forgetting. They begin from a prior: b from the flow stress of
carbon steels (-0.0027 /K), halved because entry pyrometers err; c from a bar that cools while it waits (the pyrometer
sees that badly); d from the nearness of neighbouring passes; a from the same pass of another steel, where there is one.
T_k and pause_k are the pass's own running means; b and c count by as much as they have made the errors of this pass
smaller, for some pyrometers see more water than steel. A force far outside its interval weighs less; a temperature that
is missing or absurd is left out.
"""

import math
from typing import Any

BAR, PASS, GRADE = "bar_rolling.bar_number", "bar_rolling.pass_number", "bar_rolling.grade"
ENTRY, FORCE = "bar_rolling.entry_temperature", "bar_rolling.roll_force"
PRIOR = (0.0, -0.0015, 0.005, 0.4)  # assumed: ln kN, 1/K, 1/s, 1
PRIOR_SD = (0.08, 0.001, 0.006, 0.3)  # assumed: how far a pass may be from the prior
UNKNOWN_SD = 0.5  # assumed: spread of ln F before any bar of any steel
NOISE_SD = 0.04  # assumed: scatter of force from bar to bar (3-6 %); replaced by the errors really made
FORGET = 0.02  # memory of some 50 bars
FIRST_GUESS_KN = 120.0  # assumed; only until the first bar was seen
COLDEST, HOTTEST = 700.0, 1300.0  # °C; outside the pyrometer tells nothing
LONGEST_PAUSE_S = 60.0
STRETCH = 0.05  # how fast the width of the intervals follows the errors made, per pass
SHARE_OUTSIDE = 0.10  # the interval is to miss one force in ten
NORMAL_90 = 1.645
REMEMBERED = 64  # passes


class PassModel:
    """One pass of one steel: coefficients [a, b, c, d], their doubt, and the running means of its inputs."""

    def __init__(self, level: float, level_sd: float) -> None:
        self.theta = [level, *PRIOR[1:]]
        spread = [level_sd, *PRIOR_SD[1:]]
        self.doubt = [[spread[i] ** 2 if i == j else 0.0 for j in range(4)] for i in range(4)]
        self.prior_doubt = [value**2 for value in PRIOR_SD]
        self.count, self.variance = 0, NOISE_SD**2
        self.means: list[float | None] = [None, None]
        self.squares = [NOISE_SD**2, NOISE_SD**2]

    def trust(self) -> float:
        """Return how much temperature and pause are believed here: 1 fully, 0 when they only made errors larger."""
        with_inputs, without = (value * value for value in self.squares)
        return without / (with_inputs + without)

    def features(self, temperature: float | None, pause: float | None, carried: float) -> list[float]:
        """Return [1, T - T_k, pause - pause_k, e]; what is not known counts as usual."""
        found = [1.0]
        for value, mean in zip((temperature, pause), self.means, strict=True):
            found.append(0.0 if value is None or mean is None else value - mean)
        return [*found, carried]

    def expected(self, x: list[float]) -> tuple[float, float]:
        """Return ln F and its standard deviation."""
        value = self.theta[0] + self.theta[3] * x[3] + self.trust() * (self.theta[1] * x[1] + self.theta[2] * x[2])
        lean = sum(x[i] * self.doubt[i][j] * x[j] for i in range(4) for j in range(4))
        return value, math.sqrt(max(lean, 0.0) + self.variance)

    def learn(self, x: list[float], logarithm: float, inputs: tuple[float | None, float | None]) -> None:
        """Take in a measured ln F with its features; one far outside its interval weighs less."""
        spread = self.expected(x)[1]
        error = logarithm - sum(t * f for t, f in zip(self.theta, x, strict=True))
        plain = logarithm - self.theta[0] - self.theta[3] * x[3]
        noise = self.variance
        if self.count > 1:
            noise *= max(1.0, (error / (3.0 * spread)) ** 2)
            most, share = 9.0 * spread * spread, 1.0 / min(self.count + 8.0, 60.0)
            self.variance += (min(error * error, most) - self.variance) * share
            for k, square in enumerate((error * error, plain * plain)):
                self.squares[k] += (min(square, most) - self.squares[k]) * share
        lean = [sum(self.doubt[i][j] * x[j] for j in range(4)) for i in range(4)]
        total = noise + sum(lean[i] * x[i] for i in range(4))
        for i in range(4):
            self.theta[i] += lean[i] / total * error
            for j in range(4):
                self.doubt[i][j] -= lean[i] * lean[j] / total
            self.doubt[i][i] += FORGET * max(self.prior_doubt[i] - self.doubt[i][i], 0.0)
        self.count += 1
        self._follow(inputs)

    def _follow(self, inputs: tuple[float | None, float | None]) -> None:
        """Move the running means; the level moves along, so that the expected force stays what it was."""
        for i, value in enumerate(inputs):
            if value is None:
                continue
            mean = self.means[i]
            step = 0.0 if mean is None else (value - mean) / (self.count + 1.0)
            self.means[i] = value if mean is None else mean + step
            self.theta[0] += self.theta[i + 1] * step


class ForceAdapter:
    """All passes of all steels, fed by the signals of the mill."""

    def __init__(self) -> None:
        self.models: dict[tuple[float, float], PassModel] = {}
        self.bar: float | None = None
        self.carried, self.stretch = 0.0, 1.0
        self.last_time: float | None = None

    def model(self, grade: float, number: float) -> PassModel:
        """Return the model of a pass; a new one begins at another steel's level, else at that of the pass before."""
        if (grade, number) not in self.models:
            others = [m.theta[0] for (g, k), m in self.models.items() if k == number and g != grade and m.count]
            if others:
                level, spread = others[-1] + self._step_of(grade, number), PRIOR_SD[0]
            else:
                near = [m.theta[0] for (g, k), m in self.models.items() if g == grade and m.count and k == number - 1.0]
                level, spread = (near[0] if near else math.log(FIRST_GUESS_KN)), UNKNOWN_SD
            self.models[grade, number] = PassModel(level, spread)
        return self.models[grade, number]

    def _step_of(self, grade: float, number: float) -> float:
        """Return how much harder this steel is than another on the passes that both have seen (ln F)."""
        steps = []
        for (g, k), model in self.models.items():
            if g == grade and k != number and model.count:
                others = [m for (h, q), m in self.models.items() if q == k and h != g and m.count]
                steps += [model.theta[0] - other.theta[0] for other in others]
        return sum(steps) / len(steps) if steps else 0.0

    def look(self, time_s: float, signals: dict) -> tuple[PassModel, list[float], tuple] | None:
        """Return the model of the pass at hand, its features and inputs; None when no pass is told."""
        number = signals.get(PASS)
        if number is None or number < 1.0:
            return None
        if signals.get(BAR) != self.bar:
            self.bar, self.carried, self.last_time = signals.get(BAR), 0.0, None
        temperature = signals.get(ENTRY)
        if temperature is not None and not COLDEST < temperature < HOTTEST:
            temperature = None
        pause = None if self.last_time is None else time_s - self.last_time
        if pause is not None and not 0.0 <= pause <= LONGEST_PAUSE_S:
            pause = None
        model = self.model(signals.get(GRADE) or 0.0, number)
        return model, model.features(temperature, pause, self.carried), (temperature, pause)

    def note(self, time_s: float, force: float, seen: tuple[PassModel, list[float], tuple]) -> None:
        """Learn from the force of a pass that was expected by `look`."""
        model, x, inputs = seen
        logarithm = math.log(force)
        value, spread = model.expected(x)
        if model.count:
            error = min(max(logarithm - value + model.theta[3] * x[3], -3.0 * spread), 3.0 * spread)
            self.carried += 0.5 * (error - self.carried)
            outside = abs(logarithm - value) > NORMAL_90 * self.stretch * spread
            self.stretch = min(max(self.stretch * math.exp(STRETCH * (outside - SHARE_OUTSIDE)), 0.3), 3.0)
        model.learn(x, logarithm, inputs)
        self.last_time = time_s


class Solution:
    """Predicts the roll force of the pass that begins [kN] with a 90 % interval; learns when the pass was made."""

    name = "roll-force adapter"
    version = "1.0"
    kind = "predictor"
    reads = [BAR, PASS, GRADE, ENTRY, FORCE]
    writes: list[str] = []
    interval_s = 1.0

    def start(self, run: dict) -> None:
        """A new run: forget all bars."""
        self.adapter = ForceAdapter()
        self.begun: dict[tuple, tuple] = {}
        self.done: dict[tuple, bool] = {}

    def observe(self, time_s: float, signals: dict) -> None:
        """Take in the force of a pass that was made; the same pass told twice counts once."""
        force, place = signals.get(FORCE), (signals.get(BAR), signals.get(PASS))
        if force is None or force <= 1.0 or place in self.done:
            return
        seen = self.begun.pop(place, None) or self.adapter.look(time_s, signals)
        if seen is not None:
            self.adapter.note(time_s, force, seen)
            _keep(self.done, place, True)

    def predict(self, time_s: float, signals: dict, what: str) -> dict:
        """Return the force expected in this pass; in a continuous train several passes of a bar are under way."""
        seen = self.adapter.look(time_s, signals)
        if seen is None:
            return {"value": FIRST_GUESS_KN, "low": 0.0, "high": 10.0 * FIRST_GUESS_KN}
        _keep(self.begun, (signals.get(BAR), signals.get(PASS)), seen)
        model, x, _ = seen
        value, spread = model.expected(x)
        half = NORMAL_90 * self.adapter.stretch * spread
        return {"value": math.exp(value), "low": math.exp(value - half), "high": math.exp(value + half)}


def _keep(store: dict, key: tuple, value: Any) -> None:
    """Put a value into a store that holds the last few passes only."""
    store[key] = value
    while len(store) > REMEMBERED:
        del store[next(iter(store))]
