"""Parameter files: every number has a value, a unit and a source; a number without a source is an error."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.errors import ParameterError, UnitError
from steelyard.signals import Quantity, declared
from steelyard.units import from_si, to_si, unit


@dataclass(frozen=True)
class Parameter:
    """One sourced number (SI); `sd` is its standard deviation as a prior, 0 when it is not to be estimated."""

    value: Any
    source: str
    sd: Any = 0.0


@dataclass
class ParameterSet:
    """The parameters of one plant: title, numbers by name, free text notes."""

    title: str
    numbers: dict[str, Parameter]
    path: str = ""
    meta: dict[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Return the plain SI values by name."""
        return {name: number.value for name, number in self.numbers.items()}

    def with_values(self, changes: dict[str, Any], source: str) -> "ParameterSet":
        """Return a copy in which some numbers have new SI values from `source`."""
        numbers = dict(self.numbers)
        for name, value in changes.items():
            if name not in numbers:
                raise ParameterError(f"{self.title}: there is no parameter {name!r}")
            numbers[name] = Parameter(value, source, numbers[name].sd)
        return ParameterSet(self.title, numbers, self.path, dict(self.meta))


def _line_of(text: str, name: str) -> int:
    found = re.search(rf"^\[{re.escape(name)}\]", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _checked(name: str, entry: Any, quantity: Quantity, where: str) -> Parameter:
    if not isinstance(entry, dict) or "value" not in entry:
        raise ParameterError(f"{where}: [{name}] needs value, unit and source")
    if not str(entry.get("source", "")).strip():
        raise ParameterError(f'{where}: [{name}] has no source; say where the number is from, or "assumed: why"')
    symbol = str(entry.get("unit", ""))
    try:
        same = unit(symbol).si == unit(quantity.unit).si
    except UnitError as error:
        raise ParameterError(f"{where}: [{name}]: {error}") from error
    if not same:
        raise ParameterError(f"{where}: [{name}] is in {symbol!r} but {name} is declared in {quantity.unit!r}")
    return Parameter(
        _in_range(name, entry["value"], symbol, quantity, where), str(entry["source"]),
        _spread(entry.get("sd", 0.0), symbol),
    )  # fmt: skip


def _spread(value: Any, symbol: str) -> Any:
    factor = unit(symbol).factor
    return [float(v) * factor for v in value] if isinstance(value, list) else float(value) * factor


def _in_range(name: str, value: Any, symbol: str, quantity: Quantity, where: str) -> Any:
    values = value if isinstance(value, list) else [value]
    if quantity.shape and len(values) != quantity.shape[0]:
        raise ParameterError(f"{where}: [{name}] needs {quantity.shape[0]} values, got {len(values)}")
    if not quantity.shape and isinstance(value, list):
        raise ParameterError(f"{where}: [{name}] is one number, got a list")
    for v in values:
        if isinstance(v, bool) or not isinstance(v, int | float):
            raise ParameterError(f"{where}: [{name}] value {v!r} is not a number")
        shown = from_si(to_si(float(v), symbol), quantity.board_unit)
        tolerance = 1e-9 * max(1.0, abs(shown))
        if not quantity.low - tolerance <= shown <= quantity.high + tolerance:
            raise ParameterError(
                f"{where}: [{name}] = {v:g} {symbol} is outside {quantity.low:g} to {quantity.high:g} "
                f"{quantity.board_unit}"
            )
    si = [to_si(float(v), symbol) for v in values]
    return si if quantity.shape else si[0]


def load_parameters(path: Path, block: type) -> ParameterSet:
    """Read a parameter file against the block that declares its names, units and ranges.

    Raises ParameterError that names the file and line when a number is missing, unknown, without source, in a wrong
    unit or out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path}: cannot be read as a parameter file: {error}") from error
    meta = raw.pop("about", {})
    quantities = declared(block)
    unknown = sorted(set(raw) - set(quantities))
    missing = sorted(set(quantities) - set(raw))
    if unknown:
        raise ParameterError(f"{path}:{_line_of(text, unknown[0])}: [{unknown[0]}] is not a parameter of this process")
    if missing:
        raise ParameterError(f"{path}: these parameters are missing: {', '.join(missing)}")
    numbers = {
        name: _checked(name, raw[name], quantities[name], f"{path}:{_line_of(text, name)}") for name in quantities
    }
    return ParameterSet(str(meta.get("title", path.stem)), numbers, str(path), meta)
