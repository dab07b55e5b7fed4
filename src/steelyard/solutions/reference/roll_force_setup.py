"""Sets the roll force for which each gap is set, from what the passes of earlier bars have shown.

The same recursive least squares as `roll_force_adapter`: every pass that the mill makes is learned; while a billet
waits at the exit of the furnace the forces expected for its steel are written, one for each pass. A pass that this
steel has not made often enough is left to level 2 (0 kN). Standard library only.
"""

import math

from .roll_force_adapter import BAR, ENTRY, FORCE, GRADE, PASS, ForceAdapter

PASSES = 16
NEXT_GRADE = "reheating_furnace.slot_grade[29]"
SETUP = [f"bar_rolling.setup_force[pass_{k}]" for k in range(1, PASSES + 1)]
LEAST_BARS = 5  # assumed: before, level 2 knows better
LARGEST_SPREAD = 0.08  # assumed: a pass known worse than that is left to level 2


class Solution:
    """Writes the set-up forces of the next bar whenever they have changed."""

    name = "roll-force set-up"
    version = "1.0"
    kind = "controller"
    reads = [BAR, PASS, GRADE, ENTRY, FORCE, NEXT_GRADE]
    writes = SETUP
    interval_s = 1.0

    def start(self, run: dict) -> None:
        """A new run: forget all bars."""
        self.adapter = ForceAdapter()
        self.done: tuple | None = None
        self.written: dict[str, float] = {}

    def decide(self, time_s: float, signals: dict) -> dict:
        """Learn the pass that was made last; return the forces for the next billet."""
        place, force = (signals.get(BAR), signals.get(PASS)), signals.get(FORCE)
        if force is not None and force > 1.0 and place[1] and place != self.done:
            seen = self.adapter.look(time_s, signals)
            if seen is not None:
                self.adapter.note(time_s, force, seen)
            self.done = place
        grade = signals.get(NEXT_GRADE)
        if grade is None:
            return {}
        wanted = {name: self._force(grade, float(k)) for k, name in enumerate(SETUP, 1)}
        changed = {name: value for name, value in wanted.items() if value != self.written.get(name, 0.0)}
        self.written.update(changed)
        return changed

    def _force(self, grade: float, number: float) -> float:
        """Return the force expected at the usual entry temperature [kN]; 0 leaves it to level 2."""
        model = self.adapter.models.get((grade, number))
        if model is None or model.count < LEAST_BARS:
            return 0.0
        value, spread = model.expected([1.0, 0.0, 0.0, 0.0])
        return round(math.exp(value), 2) if spread < LARGEST_SPREAD else 0.0
