"""Soft sensor of the steel temperature: a Kalman filter over all dips, which learns from heat to heat."""

from .ladle_filter import READS, LadleFilter


class Solution:
    """Predicts the next dip [°C] with a 90 % interval."""

    name = "dip filter predictor"
    version = "1.0"
    kind = "predictor"
    reads = READS
    writes: list[str] = []
    interval_s = 10.0

    def start(self, run: dict) -> None:
        """A new run: forget all heats."""
        self.filter = LadleFilter(run.get("plant") or {})

    def observe(self, time_s: float, signals: dict) -> None:
        """Take in events and outcomes in time order."""
        self.filter.update(time_s, signals)

    def predict(self, time_s: float, signals: dict, what: str) -> dict:
        """Return the dip expected now."""
        self.filter.update(time_s, signals)
        value, half = self.filter.x[0], self.filter.half_width()
        return {"value": value, "low": value - half, "high": value + half}
