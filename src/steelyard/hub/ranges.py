"""What is plausible: the declared limits outside which a single recorded value is dropped and listed."""

from dataclasses import dataclass
from math import isinf


@dataclass(frozen=True)
class Range:
    """Limits of one recorded quantity in `unit`, their source, and the reasons given below and above them."""

    low: float
    high: float
    unit: str
    source: str
    below: str = "negative"
    above: str = "too_large"

    @property
    def span(self) -> str:
        """The limits in words."""
        if isinf(self.low) or isinf(self.high):
            return f"{self.low:g} or more" if isinf(self.high) else f"{self.high:g} or less"
        return f"{self.low:g} to {self.high:g}"


LADLE_FURNACE: dict[str, Range] = {
    "temperature_c": Range(
        1450.0,
        1800.0,
        "°C",
        "steel solidifies at 1400-1535 °C and is treated at 1500-1700 °C; shared/data/ladle-furnace: drop < 1450",
        "not_in_steel",
        "too_hot",
    ),
    "active_energy_mwh": Range(0.0, 30.0, "MWh", "one heating: a 120 MVA transformer for 15 minutes gives 30 MWh"),
    "reactive_energy_mvarh": Range(0.0, 30.0, "MVArh", "not above the active energy's limit at any power factor > 0.7"),
    "bulk_amount": Range(0.0, 20_000.0, "kg", "assumed: no ladle of 400 t takes more than 20 t of one material"),
    "wire_amount": Range(0.0, 20_000.0, "unknown", "assumed: no wire feeder runs 20 km of wire into one heat"),
    "argon_m3": Range(0.0, 500.0, "m³", "assumed: 1.5 m³/min for five hours"),
}
