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

_OFF = "beyond_sensor"
_PYROMETER = "hot bars are rolled at 750-1250 °C; shared/data/rolling-freiberg-passes: readings < 850 °C dropped there"
BAR_PASSES: dict[str, Range] = {
    "roll_force_kn": Range(1.0, 5000.0, "kN", "assumed: bar and rod stands need 10 kN to 3 MN", "no_load"),
    "roll_torque_knm": Range(0.01, 500.0, "kN·m", "assumed: bar and rod stands need 0.1 to 200 kN·m", "no_load"),
    "in_temperature_c": Range(700.0, 1320.0, "°C", _PYROMETER, "not_on_bar", "too_hot_bar"),
    "out_temperature_c": Range(700.0, 1320.0, "°C", _PYROMETER, "not_on_bar", "too_hot_bar"),
}

ROD_MILL: dict[str, Range] = {
    "exit_temperature_c": Range(700.0, 1320.0, "°C", _PYROMETER, "not_on_bar", "too_hot_bar"),
    "roll_torque_knm": Range(0.01, 1000.0, "kN·m", "assumed: rod mill stands need 1 to 300 kN·m", "no_load"),
}

RECORDINGS: dict[str, Range] = {
    "kN": Range(-1000.0, 5000.0, "kN", "assumed: no load cell of a bar stand shows more", _OFF, _OFF),
    "kN·m": Range(-500.0, 500.0, "kN·m", "assumed: no torque of a bar stand is larger", _OFF, _OFF),
    "°C": Range(-50.0, 1600.0, "°C", "assumed: no bar is hotter", _OFF, _OFF),
}
