"""What declarations in TOML have in common: a file that is read, patterns that name signals, numbers with a unit."""

import difflib
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from steelyard.errors import ParameterError, UnitError
from steelyard.signals import Signal
from steelyard.units import unit


def read_toml(path: Path, what: str) -> tuple[str, dict[str, Any]]:
    """Return the text and the content of a TOML file; ParameterError when it cannot be read as `what`."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path}: cannot be read as {what}: {error}") from error


def named_signals(entry: dict[str, Any], signals: list[Signal], where: str) -> list[Signal]:
    """Return the signals that the patterns ``signals = [...]`` of an entry name, in the order of the patterns.

    A `*` stands for anything, nothing else is special. ParameterError when there are no patterns or one names nothing.
    """
    patterns = entry.get("signals")
    patterns = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) for p in patterns):
        raise ParameterError(f'{where}: needs signals = ["house.signal", …]')
    found: list[Signal] = []
    for pattern in patterns:
        rule = re.compile(re.escape(pattern).replace(r"\*", ".*"))
        named = [signal for signal in signals if rule.fullmatch(signal.name)]
        if not named:
            near = difflib.get_close_matches(pattern, [signal.name for signal in signals], 4, 0.3)
            raise ParameterError(f"{where}: no signal is called {pattern!r}; near it are: {', '.join(near) or 'none'}")
        found += [signal for signal in named if signal not in found]
    return found


def amount(entry: Any, trade: str, where: str, *, difference: bool = False) -> float:
    """Return ``{ value = …, unit = "…" }`` in the unit `trade`; as a difference it may have no offset (K, not °C).

    ParameterError when value or unit is missing, not finite, or of another kind.
    """
    if not isinstance(entry, dict) or not {"value", "unit"} <= set(entry) <= {"value", "unit", "source"}:
        raise ParameterError(f'{where}: is written as {{ value = 1.5, unit = "{trade}" }}')
    value, symbol = entry["value"], str(entry["unit"])
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParameterError(f"{where}: {value!r} is not a finite number")
    try:
        given, wanted = unit(symbol), unit(trade)
    except UnitError as error:
        raise ParameterError(f"{where}: {error}") from error
    if given.si != wanted.si:
        raise ParameterError(f"{where}: {symbol!r} is given where a unit like {trade!r} must stand")
    if not difference:
        return (value * given.factor + given.offset - wanted.offset) / wanted.factor
    if given.offset:
        raise ParameterError(f"{where}: {symbol!r} has an offset and cannot measure a difference; write K")
    return value * given.factor / wanted.factor


def seconds(entry: Any, where: str) -> float:
    """Return a duration ``{ value = 2, unit = "min" }`` in seconds; ParameterError also when it is negative."""
    found = amount(entry, "s", where, difference=True)
    if found < 0.0:
        raise ParameterError(f"{where}: {found:g} s is negative")
    return found


def texts(entry: Any, where: str) -> dict[str, str]:
    """Return a text in both languages, ``{ en = "…", ko = "…" }``; ParameterError when one is missing or empty."""
    if not isinstance(entry, dict) or set(entry) != {"en", "ko"}:
        raise ParameterError(f'{where}: is written as {{ en = "…", ko = "…" }}')
    if not all(isinstance(text, str) and text.strip() for text in entry.values()):
        raise ParameterError(f"{where}: one of its texts is empty")
    return {"en": entry["en"], "ko": entry["ko"]}
