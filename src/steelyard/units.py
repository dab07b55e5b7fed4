"""Units at the edge: SI inside, trade units on the board. Nothing else in the house converts."""

from dataclasses import dataclass

from steelyard.errors import UnitError


@dataclass(frozen=True)
class Unit:
    """One unit: ``si_value = value * factor + offset`` in the SI unit `si`."""

    symbol: str
    si: str
    factor: float = 1.0
    offset: float = 0.0


_MINUTE, _HOUR, _DAY, _YEAR = 60.0, 3600.0, 86400.0, 31_557_600.0
_KWH = 3.6e6

_TABLE: tuple[tuple[str, str, float, float], ...] = (
    # dimensionless and fractions
    ("1", "1", 1.0, 0.0),
    ("%", "1", 1e-2, 0.0),
    ("ppm", "1", 1e-6, 0.0),
    # temperature, and a difference of temperatures
    ("K", "K", 1.0, 0.0),
    ("°C", "K", 1.0, 273.15),
    ("K/min", "K/s", 1.0 / _MINUTE, 0.0),
    ("K/s", "K/s", 1.0, 0.0),
    ("K/MWh", "K/J", 1e-3 / _KWH, 0.0),
    ("K/J", "K/J", 1.0, 0.0),
    # time
    ("s", "s", 1.0, 0.0),
    ("min", "s", _MINUTE, 0.0),
    ("h", "s", _HOUR, 0.0),
    ("d", "s", _DAY, 0.0),
    ("a", "s", _YEAR, 0.0),
    ("1/s", "1/s", 1.0, 0.0),
    ("1/min", "1/s", 1.0 / _MINUTE, 0.0),
    ("1/h", "1/s", 1.0 / _HOUR, 0.0),
    ("s^-0.5", "s^-0.5", 1.0, 0.0),
    # length, area, volume
    ("m", "m", 1.0, 0.0),
    ("mm", "m", 1e-3, 0.0),
    ("µm", "m", 1e-6, 0.0),
    ("m²", "m²", 1.0, 0.0),
    ("m³", "m³", 1.0, 0.0),
    ("1/K", "1/K", 1.0, 0.0),
    ("m²/s", "m²/s", 1.0, 0.0),
    ("L", "m³", 1e-3, 0.0),
    ("m²/kg", "m²/kg", 1.0, 0.0),
    ("m³/s", "m³/s", 1.0, 0.0),
    ("m³/h", "m³/s", 1.0 / _HOUR, 0.0),
    ("L/min", "m³/s", 1e-3 / _MINUTE, 0.0),
    ("m/s", "m/s", 1.0, 0.0),
    ("mm/h", "m/s", 1e-3 / _HOUR, 0.0),
    ("m/min", "m/s", 1.0 / _MINUTE, 0.0),
    # mass and its rates
    ("kg", "kg", 1.0, 0.0),
    ("g", "kg", 1e-3, 0.0),
    ("lb", "kg", 0.45359237, 0.0),
    ("t", "kg", 1e3, 0.0),
    ("kg/s", "kg/s", 1.0, 0.0),
    ("kg/min", "kg/s", 1.0 / _MINUTE, 0.0),
    ("t/h", "kg/s", 1e3 / _HOUR, 0.0),
    ("kg/t", "1", 1e-3, 0.0),
    ("kg/m³", "kg/m³", 1.0, 0.0),
    ("kg/MWh", "kg/J", 1e-3 / _KWH, 0.0),
    ("kg/J", "kg/J", 1.0, 0.0),
    ("mg/MJ", "kg/J", 1e-12, 0.0),
    # flow of gas at normal conditions (0 °C, 101325 Pa)
    ("Nm³/s", "Nm³/s", 1.0, 0.0),
    ("Nm³/min", "Nm³/s", 1.0 / _MINUTE, 0.0),
    ("NL/min", "Nm³/s", 1e-3 / _MINUTE, 0.0),
    ("Nm³/h", "Nm³/s", 1.0 / _HOUR, 0.0),
    ("Nm³", "Nm³", 1.0, 0.0),
    ("NL", "Nm³", 1e-3, 0.0),
    # force, pressure, torque
    ("N", "N", 1.0, 0.0),
    ("kN", "N", 1e3, 0.0),
    ("MN", "N", 1e6, 0.0),
    ("HV", "HV", 1.0, 0.0),
    ("N·m", "N·m", 1.0, 0.0),
    ("N/m", "N/m", 1.0, 0.0),
    ("kN/mm", "N/m", 1e6, 0.0),
    ("MN/mm", "N/m", 1e9, 0.0),
    ("1/Pa", "1/Pa", 1.0, 0.0),
    ("1/GPa", "1/Pa", 1e-9, 0.0),
    ("rad", "rad", 1.0, 0.0),
    ("°", "rad", 0.017453292519943295, 0.0),
    ("kN·m", "N·m", 1e3, 0.0),
    ("Pa", "Pa", 1.0, 0.0),
    ("kPa", "Pa", 1e3, 0.0),
    ("MPa", "Pa", 1e6, 0.0),
    ("bar", "Pa", 1e5, 0.0),
    ("mbar", "Pa", 1e2, 0.0),
    ("atm", "Pa", 101_325.0, 0.0),
    # energy, power, heat
    ("J", "J", 1.0, 0.0),
    ("kJ", "J", 1e3, 0.0),
    ("MJ", "J", 1e6, 0.0),
    ("GJ", "J", 1e9, 0.0),
    ("kWh", "J", _KWH, 0.0),
    ("MWh", "J", 1e3 * _KWH, 0.0),
    ("MVArh", "J", 1e3 * _KWH, 0.0),
    ("kVArh", "J", _KWH, 0.0),
    ("J/m²", "J/m²", 1.0, 0.0),
    ("kJ/m²", "J/m²", 1e3, 0.0),
    ("W", "W", 1.0, 0.0),
    ("kW", "W", 1e3, 0.0),
    ("MW", "W", 1e6, 0.0),
    ("J/kg", "J/kg", 1.0, 0.0),
    ("kJ/kg", "J/kg", 1e3, 0.0),
    ("MJ/kg", "J/kg", 1e6, 0.0),
    ("kWh/t", "J/kg", _KWH / 1e3, 0.0),
    ("GJ/t", "J/kg", 1e6, 0.0),
    ("J/(kg·K)", "J/(kg·K)", 1.0, 0.0),
    ("kJ/(kg·K)", "J/(kg·K)", 1e3, 0.0),
    ("J/(m³·K)", "J/(m³·K)", 1.0, 0.0),
    ("MJ/(m³·K)", "J/(m³·K)", 1e6, 0.0),
    ("kg/(A²·s)", "kg/(A²·s)", 1.0, 0.0),
    ("kg/(kA²·h)", "kg/(A²·s)", 1e-6 / _HOUR, 0.0),
    ("kg/(m²·s)", "kg/(m²·s)", 1.0, 0.0),
    ("kg/(m²·h)", "kg/(m²·s)", 1.0 / _HOUR, 0.0),
    ("°F", "K", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("W/t", "W/kg", 1e-3, 0.0),
    ("W/kg", "W/kg", 1.0, 0.0),
    ("W/m²", "W/m²", 1.0, 0.0),
    ("kW/m²", "W/m²", 1e3, 0.0),
    ("m²·K", "m²·K", 1.0, 0.0),
    ("W/(m·K)", "W/(m·K)", 1.0, 0.0),
    ("W/(m²·K)", "W/(m²·K)", 1.0, 0.0),
    ("kW/(m²·K)", "W/(m²·K)", 1e3, 0.0),
    ("W/K", "W/K", 1.0, 0.0),
    # electricity
    ("V", "V", 1.0, 0.0),
    ("A", "A", 1.0, 0.0),
    ("kA", "A", 1e3, 0.0),
    ("Ω", "Ω", 1.0, 0.0),
    ("mΩ", "Ω", 1e-3, 0.0),
    # money
    ("won", "won", 1.0, 0.0),
    ("won/t", "won/kg", 1e-3, 0.0),
    ("won/kg", "won/kg", 1.0, 0.0),
    ("won/kWh", "won/J", 1.0 / _KWH, 0.0),
    ("won/J", "won/J", 1.0, 0.0),
    ("won/a", "won/s", 1.0 / _YEAR, 0.0),
)

UNITS: dict[str, Unit] = {symbol: Unit(symbol, si, factor, offset) for symbol, si, factor, offset in _TABLE}

_ASCII = {
    "degC": "°C", "C": "°C", "degF": "°F", "F": "°F", "um": "µm", "m2": "m²", "m3": "m³", "Nm3": "Nm³", "Nm3/min": "Nm³/min", "Nm3/h": "Nm³/h",
    "W/m2": "W/m²", "kW/m2": "kW/m²", "W/mK": "W/(m·K)", "W/m2K": "W/(m²·K)", "kg/m3": "kg/m³", "J/kgK": "J/(kg·K)",
    "kJ/kgK": "kJ/(kg·K)", "kNm": "kN·m", "Nm": "N·m", "mOhm": "mΩ", "Ohm": "Ω", "": "1", "-": "1",
}  # fmt: skip


def unit(symbol: str) -> Unit:
    """Return the unit with this symbol; ASCII spellings such as ``degC`` or ``W/m2K`` are understood.

    Raises UnitError when it is not in the table.
    """
    found = UNITS.get(_ASCII.get(symbol, symbol))
    if found is None:
        raise UnitError(f"unknown unit {symbol!r}; known units are: {', '.join(UNITS)}")
    return found


def to_si(value, symbol: str):
    """Return `value` (a number or an array, in `symbol`) in its SI unit.

    >>> to_si(1600.0, "°C")
    1873.15
    """
    u = unit(symbol)
    return value * u.factor + u.offset


def from_si(value, symbol: str):
    """Return `value` (a number or an array, in the SI unit) in `symbol`.

    >>> from_si(1873.15, "°C")
    1600.0
    """
    u = unit(symbol)
    return (value - u.offset) / u.factor


def convert(value, source: str, target: str):
    """Return `value` converted from unit `source` to unit `target`; UnitError when they measure different things.

    >>> round(convert(36.0, "kWh/t", "MJ/kg"), 4)
    0.1296
    """
    if unit(source).si != unit(target).si:
        raise UnitError(f"{source!r} cannot become {target!r}: one is {unit(source).si}, the other {unit(target).si}")
    return from_si(to_si(value, source), target)
