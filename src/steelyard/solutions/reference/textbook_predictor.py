"""The baseline of the predictor trial: last dip plus textbook rates. Standard library only."""

HEATING, LOSS, ARRIVAL = 18.0, 0.9, 1580.0  # K/MWh and K/min at 100 t (range of the trade: 17-20, 0.8-1.1), °C
ASSUMED_ERROR = 7.0  # assumed: standard deviation of the guess [K]; replaced by the errors really made


class Solution:
    """Last dip + rate of heating * energy - rate of loss * time; the interval follows the errors made so far."""

    name = "last dip and textbook rate"
    version = "1.0"
    kind = "predictor"
    reads = [
        "ladle_furnace.heat_number", "ladle_furnace.arc_energy", "ladle_furnace.dip_temperature",
        "ladle_furnace.dip_count",
    ]  # fmt: skip
    writes: list[str] = []
    interval_s = 10.0

    def start(self, run: dict) -> None:
        """A new run: textbook rates from the furnace's public data sheet."""
        plant = run.get("plant") or {}
        mass = float(plant.get("nominal_mass_t") or 100.0)
        self.heating = float(plant.get("textbook_k_per_mwh") or HEATING * 100.0 / mass)
        self.loss = float(plant.get("textbook_k_per_min") or LOSS)
        self.count, self.squares = 20.0, 20.0 * ASSUMED_ERROR**2
        self.heat = self.dip = None
        self.dips, self.dip_time, self.dip_energy = 0, 0.0, 0.0

    def observe(self, time_s: float, signals: dict) -> None:
        """Take in a new heat or a new dip."""
        heat, dip = signals.get("ladle_furnace.heat_number"), signals.get("ladle_furnace.dip_temperature")
        if heat != self.heat:
            self.heat, self.dip, self.dips = heat, None, 0
        count = signals.get("ladle_furnace.dip_count")
        is_new = dip is not None and (dip != self.dip if count is None else count > self.dips)
        if not is_new:
            return
        if self.dip is not None:
            self.count += 1.0
            self.squares += (dip - self._guess(time_s, signals)) ** 2
        self.dip, self.dip_time = dip, time_s
        self.dips = self.dips + 1 if count is None else int(count)
        self.dip_energy = signals.get("ladle_furnace.arc_energy") or 0.0

    def predict(self, time_s: float, signals: dict, what: str) -> dict:
        """Return the dip expected now with a 90 % interval."""
        self.observe(time_s, signals)
        value, half = self._guess(time_s, signals), 1.645 * (self.squares / self.count) ** 0.5
        return {"value": value, "low": value - half, "high": value + half}

    def _guess(self, time_s: float, signals: dict) -> float:
        if self.dip is None:
            return ARRIVAL
        energy = (signals.get("ladle_furnace.arc_energy") or 0.0) - self.dip_energy
        return self.dip + self.heating * energy - self.loss * (time_s - self.dip_time) / 60.0
