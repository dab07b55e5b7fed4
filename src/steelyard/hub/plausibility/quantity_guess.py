"""What a column probably is, read from its name and unit, and the limits nature sets to it."""

import re
from dataclasses import dataclass

from steelyard.hub.generic import unit_of


@dataclass(frozen=True)
class Kind:
    """A guessed quantity: its limits by nature (None = none), whether 0 is impossible, whether it counts up."""

    name: str
    low: float | None = None
    high: float | None = None
    zero_is_missing: bool = False
    counts: bool = False
    why: str = ""


_SPREAD = {
    "std",
    "sd",
    "stdev",
    "diff",
    "delta",
    "change",
    "dev",
    "deviation",
    "error",
    "err",
    "slope",
    "gradient",
    "degree",
    "bias",
}
_TEMPERATURE = {"temp", "temperature", "temps", "온도", "tmp"}
_COUNTERS = {
    "count",
    "counter",
    "index",
    "idx",
    "no",
    "nr",
    "num",
    "number",
    "id",
    "row",
    "seq",
    "step",
    "cumulative",
    "total",
    "elapsed",
    "age",
    "sl",
    "순번",
    "번호",
    "nsm",
    "window",
    "tap",
}
_AMOUNTS = {
    "kg",
    "mass",
    "weight",
    "qty",
    "quantity",
    "amount",
    "count",
    "thickness",
    "width",
    "thick",
    "kwh",
    "mwh",
    "energy",
    "usage",
    "consumption",
    "power",
    "duration",
    "mm",
    "thk",
    "중량",
    "두께",
    "폭",
    "수량",
    "전력량",
}


def tokens(column: str) -> list[str]:
    """Return the lower-case words of a column name: ``lowerMold_Temp1`` → lower, mold, temp."""
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", column)
    return [part for part in re.split(r"[^a-zA-Z가-힣]+", split.replace("°", "deg").lower()) if part] + (
        [column.lower()] if column.lower() in {"ph"} else []
    )


def guess(column: str, unit: str = "") -> Kind:
    """Return what the column probably is; Kind("unknown") when the name does not say."""
    words = set(tokens(column))
    unit = unit or unit_of(column)
    if words & _SPREAD:
        return Kind("spread")
    if unit == "K" and not words & {"per"}:
        return Kind("temperature", 0.0, None, True, why="nothing is colder than 0 K")
    if words & _TEMPERATURE or unit == "°C":
        return Kind("temperature", -273.15, None, True, why="nothing is colder than -273.15 °C")
    if words & {"ph"}:
        return Kind("ph", -1.0, 15.0, why="pH lies between 0 and 14")
    if words & {"pf", "cosphi", "역률"}:
        return Kind("power factor", -100.0, 100.0, why="a power factor is at most 1 or 100 %")
    if unit == "%" and words & {"pct", "percent", "rate", "yield"} and not words & {"reduction", "elongation"}:
        return Kind("percentage", 0.0, 100.0, why="a percentage of a whole lies between 0 and 100")
    if words & _COUNTERS:
        return Kind("counter", counts=True)
    if words & _AMOUNTS or unit in ("kg", "t", "kWh", "MWh", "kVArh", "MVArh", "mm"):
        return Kind(
            "amount", 0.0, None, counts=bool(words & {"energy", "kwh", "mwh"}), why="an amount cannot be negative"
        )
    return Kind("unknown")
