"""What a signal is: a declared quantity with a name, a unit and a range. Everything leaves the plant as a signal."""

import math
from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import SignalError
from steelyard.units import from_si, to_si, unit

Scalar = float
Array = Any


@dataclass(frozen=True)
class Quantity:
    """The declaration of one field of a block: what it is, in which unit, in which range.

    `unit` is the SI unit of the record, `shown` the trade unit of the board; `low` and `high` are in `shown`.
    `shape` is () for a number, (n,) for n of them. `dtype` is a NumPy scalar type name.
    """

    unit: str
    description: str
    low: float = -math.inf
    high: float = math.inf
    shown: str = ""
    shape: tuple[int, ...] = ()
    dtype: str = "f8"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.shown and unit(self.shown).si != unit(self.unit).si:
            raise SignalError(f"{self.description!r} is declared in {self.unit!r} but shown in {self.shown!r}")
        if unit(self.unit).si != unit(self.unit).symbol:
            raise SignalError(f"{self.description!r} is declared in {self.unit!r}; the record holds SI: use shown=")

    @property
    def board_unit(self) -> str:
        """The unit in which people and protocols see it."""
        return self.shown or self.unit


def quantity(
    si_unit: str,
    description: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    shown: str = "",
    shape: tuple[int, ...] | int = (),
    dtype: str = "f8",
    labels: tuple[str, ...] = (),
) -> Any:
    """Declare one field of a block: ``steel_temperature: Scalar = quantity("K", "...", shown="°C", low=…, high=…)``."""
    dimensions = (shape,) if isinstance(shape, int) else tuple(shape)
    return Quantity(si_unit, description, low, high, shown, dimensions, dtype, tuple(labels))


def declared(block: type) -> dict[str, Quantity]:
    """Return the quantities that a block class declares, in order of declaration."""
    return {name: value for name, value in vars(block).items() if isinstance(value, Quantity)}


@dataclass(frozen=True)
class Signal:
    """One tag of the board: name, declaration, whether it is a set-point, and where its value lies in the record.

    `position` is the index of the float64 in the flat record.
    """

    name: str
    declaration: Quantity = field(repr=False)
    writable: bool = False
    position: int = -1

    @property
    def unit(self) -> str:
        """The trade unit in which it is read and written."""
        return self.declaration.board_unit

    def to_board(self, value: float) -> float:
        """Return a record value (SI) in the trade unit."""
        return from_si(value, self.unit)

    def to_record(self, value: float) -> float:
        """Return a board value (trade unit) in SI; SignalError when it is no finite number in the declared range."""
        low, high = self.declaration.low, self.declaration.high
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SignalError(f"{self.name}: {value!r} is not a finite number [{self.unit}]")
        if not low <= value <= high:
            raise SignalError(f"{self.name}: {value:g} {self.unit} is outside {low:g} to {high:g} {self.unit}")
        return to_si(float(value), self.unit)
