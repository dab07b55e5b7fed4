"""The baseline of the roll-force trial: the mean force of the same pass and steel so far. Standard library only."""

BAR, PASS, GRADE = "bar_rolling.bar_number", "bar_rolling.pass_number", "bar_rolling.grade"
FORCE = "bar_rolling.roll_force"
FIRST_GUESS_KN = 120.0  # assumed; only until the first bar was seen
ASSUMED_SHARE = 0.06  # assumed: scatter of force from bar to bar; replaced by the scatter really seen
NORMAL_90 = 1.645


class Solution:
    """Mean of the forces of this pass and steel; the interval follows their scatter."""

    name = "pass mean"
    version = "1.0"
    kind = "predictor"
    reads = [BAR, PASS, GRADE, FORCE]
    writes: list[str] = []
    interval_s = 1.0

    def start(self, run: dict) -> None:
        """A new run: forget all bars."""
        self.sums: dict[tuple, list[float]] = {}
        self.done: tuple | None = None

    def observe(self, time_s: float, signals: dict) -> None:
        """Take in the force of a pass that was made; the same pass told twice counts once."""
        force, number = signals.get(FORCE), signals.get(PASS)
        place = (signals.get(BAR), number)
        if force is None or force <= 1.0 or not number or place == self.done:
            return
        self.done = place
        mean, squares, count = self.sums.get(self._key(signals), [force, 0.0, 0.0])
        count += 1.0
        step = force - mean
        mean += step / count
        self.sums[self._key(signals)] = [mean, squares + step * (force - mean), count]

    def predict(self, time_s: float, signals: dict, what: str) -> dict:
        """Return the mean force of this pass; of another steel, else of any pass, while there is none."""
        grade, number = self._key(signals)
        same = [s for (_, k), s in self.sums.items() if k == number] or list(self.sums.values())
        mean, squares, count = self.sums.get((grade, number)) or (same[-1] if same else (FIRST_GUESS_KN, 0.0, 0.0))
        prior = 5.0
        spread = ((squares + prior * (ASSUMED_SHARE * mean) ** 2) / (count + prior)) ** 0.5
        if (grade, number) not in self.sums:
            spread = 0.15 * mean if same else mean
        half = NORMAL_90 * spread
        return {"value": mean, "low": max(mean - half, 0.0), "high": mean + half}

    def _key(self, signals: dict) -> tuple:
        return signals.get(GRADE) or 0.0, signals.get(PASS) or 0.0
