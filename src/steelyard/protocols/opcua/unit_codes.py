"""Engineering units as OPC UA wants them: the UNECE common code where there is one, else the symbol alone."""

from asyncua import ua

UNECE = "http://www.opcfoundation.org/UA/units/un/cefact"
OWN = "urn:steelyard:units"

CODES = {
    "1": "C62", "%": "P1", "ppm": "59", "K": "KEL", "°C": "CEL", "°F": "FAH", "s": "SEC", "min": "MIN", "h": "HUR",
    "d": "DAY", "a": "ANN", "1/s": "C97", "1/min": "C94", "1/h": "H10", "1/K": "C91", "m": "MTR", "mm": "MMT",
    "µm": "4H", "m²": "MTK", "m³": "MTQ", "L": "LTR", "m³/s": "MQS", "m³/h": "MQH", "L/min": "L2", "m/s": "MTS",
    "m/min": "2X", "m²/s": "S4", "kg": "KGM", "g": "GRM", "lb": "LBR", "t": "TNE", "kg/s": "KGS", "kg/min": "F31",
    "t/h": "E18", "kg/m³": "KMQ", "N": "NEW", "kN": "B47", "MN": "B73", "N·m": "NU", "kN·m": "B48", "N/m": "4P",
    "Pa": "PAL", "kPa": "KPA", "MPa": "MPA", "bar": "BAR", "mbar": "MBR", "atm": "ATM", "rad": "C81", "°": "DD",
    "J": "JOU", "kJ": "KJO", "MJ": "3B", "GJ": "GV", "kWh": "KWH", "MWh": "MWH", "kVArh": "K3", "MVArh": "MAH",
    "W": "WTT", "kW": "KWT", "MW": "MAW", "J/kg": "J2", "kJ/kg": "B42", "MJ/kg": "JK", "W/m²": "D54",
    "J/(kg·K)": "B11", "kJ/(kg·K)": "B43", "W/(m·K)": "D53", "W/(m²·K)": "D55", "V": "VLT", "A": "AMP", "kA": "B22",
    "Ω": "OHM", "mΩ": "E45",
}  # fmt: skip


def unit_id(code: str) -> int:
    """Return the number of a common code: its letters as one big-endian number.

    >>> unit_id("CEL")
    4408652
    """
    return int.from_bytes(code.encode("ascii"), "big")


def engineering_unit(symbol: str) -> ua.EUInformation:
    """Return the OPC UA unit of a trade unit; one without common code has `UnitId` -1 and the namespace of the house.

    Units at normal conditions (Nm³, NL) are no units of UNECE, which knows no reference state.
    """
    code = CODES.get(symbol)
    unit = ua.EUInformation()
    unit.NamespaceUri = UNECE if code else OWN
    unit.UnitId = unit_id(code) if code else -1
    unit.DisplayName = ua.LocalizedText(symbol, "en")
    unit.Description = ua.LocalizedText(symbol, "en")
    return unit
