"""The board: the gate of a plant. Everything outside reads and writes names and trade units here, and nothing else."""

import difflib
from collections.abc import Iterable

import numpy as np

from steelyard.errors import SignalError
from steelyard.signals import Signal

ROLE_WRITES: dict[str, frozenset[str]] = {
    "advisor": frozenset({"operator.heating_energy_advice"}),
    "controller": frozenset({"operator.heating_energy_setpoint", "ladle_furnace.argon_flow_setpoint"})
    | {f"reheating_furnace.zone_setpoint[{side}_{k}]" for side in ("top", "bottom") for k in range(1, 5)}
    | {f"bar_rolling.setup_force[pass_{k}]" for k in range(1, 17)},
    "predictor": frozenset(),
    "detector": frozenset(),
    "planner": frozenset({"line.pace_setpoint"}),
}


class Board:
    """Read and write the signals of one plant record by name, in trade units."""

    def __init__(self, plant: np.ndarray, signals: list[Signal]) -> None:
        self._flat = plant.view(np.ndarray).reshape(1).view("f8")
        self.signals: dict[str, Signal] = {signal.name: signal for signal in signals}

    def reader(self, names: Iterable[str]) -> "Reader":
        """Return a fast reader of these signals; SignalError when one does not exist."""
        return Reader(self._flat, [self.signal(name) for name in names])

    def signal(self, name: str) -> Signal:
        """Return the signal with this name; SignalError that lists near names when there is none."""
        found = self.signals.get(name)
        if found is None:
            near = difflib.get_close_matches(name, self.signals, 5, 0.3)
            raise SignalError(f"there is no signal {name!r}; near it are: {', '.join(near)}")
        return found

    def read(self, names: Iterable[str]) -> list[float]:
        """Return the values of `names` in trade units; nan where nothing was measured yet."""
        return self.reader(names).read()

    def check_write(self, name: str, value: float, role: str) -> float:
        """Return the SI value if `role` may write `value` (trade unit) to `name`, else raise SignalError."""
        signal = self.signal(name)
        allowed = ROLE_WRITES.get(role, frozenset())
        if name not in allowed:
            raise SignalError(
                f"{name!r} is not a set-point of a {role}; it may write: {', '.join(sorted(allowed)) or 'none'}"
            )
        return signal.to_record(value)

    def write(self, name: str, value: float, role: str) -> None:
        """Write a set-point in its trade unit; SignalError when unknown, not allowed, not finite or out of range."""
        si = self.check_write(name, value, role)
        self._flat[self.signals[name].position] = si


class Reader:
    """A fixed list of signals, read at once."""

    def __init__(self, flat: np.ndarray, signals: list[Signal]) -> None:
        from steelyard.units import unit

        self._flat = flat
        self._position = np.array([signal.position for signal in signals], dtype=np.intp)
        self._offset = np.array([unit(signal.unit).offset for signal in signals])
        self._factor = np.array([unit(signal.unit).factor for signal in signals])
        self.names = [signal.name for signal in signals]

    def read(self) -> list[float]:
        """Return the values in trade units."""
        values = self._flat[self._position]
        values -= self._offset
        values /= self._factor
        return values.tolist()


PLANTS = {"ladle_furnace": "steelyard.plant.ladle_station", "hot_bar_line": "steelyard.plant.line"}


def public_signals(process: str) -> list[Signal]:
    """Return the signals of the plant of a process; SignalError when there is no such plant."""
    from importlib import import_module

    if process not in PLANTS:
        raise SignalError(f"there is no plant with process {process!r}; plants are: {', '.join(PLANTS)}")
    found: list[Signal] = import_module(PLANTS[process]).signals()
    return found
