"""The declaration of instruments in TOML: which signal has which instrument, every number with unit and source.

```toml
[[instrument]]
signals = ["reheating_furnace.zone_temperature[*]"]     # * stands for anything, nothing else is special
lag = { value = 25, unit = "s", source = "…" }

[fault.thermocouple_drift]
title = "…"
signals = ["reheating_furnace.zone_temperature[top_3]"]
drift = { value = -4, unit = "K/h", source = "…" }       # added to the setting at severity 1
```
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import ParameterError, UnitError
from steelyard.plant.declaring import named_signals, read_toml
from steelyard.plant.instruments import RING, InstrumentFault, new_instruments
from steelyard.signals import Signal
from steelyard.units import unit

_SIGNAL_DIFFERENCE = ("noise", "bias", "bias_spread", "step", "spike_height")
_SIGNAL_RATE = ("drift", "drift_spread")
_SIGNAL_VALUE = ("low", "high")
_TIME = ("lag", "period", "delay", "clock", "jitter", "dropout_length", "freeze_length")
_RATE = ("dropout_rate", "freeze_rate", "gain_drift")
_SHARE = ("gain", "noise_share", "spike_rate", "lie", "event")
_DECLARABLE = (*_SIGNAL_DIFFERENCE, *_SIGNAL_RATE, *_SIGNAL_VALUE, *_TIME, *_RATE, *_SHARE)
_SIGNED = ("bias", "drift", "gain_drift", "clock", "low", "high")
_UP_TO_ONE = ("spike_rate", "lie", "event")
_TIMES = ("s", "min", "h", "d", "a")
_LENGTHS = {"dropout_rate": "dropout_length", "freeze_rate": "freeze_length", "spike_rate": "spike_height"}


def load_instruments(path: Path, signals: list[Signal]) -> np.ndarray:
    """Return the instruments declared in a file, in the order of `signals`, positions set; record INSTRUMENT.

    Signals that no declaration names have no instrument: they are shown as they are. ParameterError names file and
    line for a pattern that names nothing, a signal named twice, an unknown setting, a wrong unit, a missing source.
    """
    text, raw = _read(path)
    owner: dict[str, dict[str, float]] = {}
    for number, entry in enumerate(raw["instrument"], 1):
        where = _where(path, text, number)
        for signal in named_signals(entry, signals, where):
            if signal.name in owner:
                raise ParameterError(f"{where}: {signal.name} has an instrument already; name each signal once")
            owner[signal.name] = _settings(entry, signal, where)
    chosen = [signal for signal in signals if signal.name in owner]
    instruments = new_instruments(len(chosen))
    for row, signal in enumerate(chosen):
        instruments["position"][row] = signal.position
        for name, value in owner[signal.name].items():
            instruments[name][row] = value
        _check(instruments[row], f"{path}: {signal.name}")
    return instruments


def instrument_names(instruments: np.ndarray, signals: list[Signal]) -> list[str]:
    """Return the signal that each instrument reads."""
    names = {signal.position: signal.name for signal in signals}
    return [names[int(position)] for position in instruments["position"]]


def load_faults(path: Path, signals: list[Signal], instruments: np.ndarray) -> dict[str, InstrumentFault]:
    """Return the faults of instruments declared in a file, by name; ParameterError as for `load_instruments`."""
    _, raw = _read(path)
    rows = {name: row for row, name in enumerate(instrument_names(instruments, signals))}
    faults = {}
    for name, entry in raw["fault"].items():
        where = f"{path}: [fault.{name}]"
        named = named_signals(entry, signals, where)
        bare = [signal.name for signal in named if signal.name not in rows]
        if bare:
            raise ParameterError(f"{where}: {bare[0]} has no instrument that could fail")
        kinds = {unit(signal.unit).si for signal in named}
        if len(kinds) > 1:
            raise ParameterError(f"{where}: its signals measure different things; write one fault for each")
        plain = {key: value for key, value in entry.items() if key != "title"}
        changes = _settings(plain, named[0], where, signed=True)
        if not changes or not str(entry.get("title", "")).strip():
            raise ParameterError(f"{where}: needs title and at least one setting")
        faults[name] = InstrumentFault(name, str(entry["title"]), tuple(rows[s.name] for s in named), changes)
    return faults


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text and the content of a declaration with the keys `instrument` and `fault`."""
    text, raw = read_toml(path, "a file of instruments")
    unknown = sorted(set(raw) - {"about", "instrument", "fault"})
    if unknown:
        raise ParameterError(f"{path}: {unknown[0]!r} is not understood; allowed are about, instrument, fault")
    listed, faults = raw.get("instrument", []), raw.get("fault", {})
    sound = isinstance(listed, list) and isinstance(faults, dict)
    if not sound or not all(isinstance(entry, dict) for entry in [*listed, *faults.values()]):
        raise ParameterError(f"{path}: instruments are written as [[instrument]], faults as [fault.NAME]")
    return text, {"instrument": listed, "fault": faults}


def _where(path: Path, text: str, number: int) -> str:
    """Return the place of the n-th [[instrument]]."""
    for count, found in enumerate(re.finditer(r"^\[\[instrument\]\]", text, re.MULTILINE), 1):
        if count == number:
            return f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
    return f"{path}: instrument {number}"


def _settings(entry: dict[str, Any], signal: Signal, where: str, signed: bool = False) -> dict[str, float]:
    """Return the settings of one entry in SI for one signal."""
    unknown = sorted(set(entry) - {"signals", *_DECLARABLE})
    if unknown:
        raise ParameterError(
            f"{where}: {unknown[0]!r} is no setting of an instrument; settings are: {', '.join(_DECLARABLE)}"
        )
    return {name: _number(name, entry[name], signal, where, signed) for name in _DECLARABLE if name in entry}


def _number(name: str, entry: Any, signal: Signal, where: str, signed: bool) -> float:
    """Return one setting in SI."""
    if not isinstance(entry, dict) or not {"value", "unit", "source"} <= set(entry):
        raise ParameterError(f"{where}: {name} needs value, unit and source")
    value, symbol = entry["value"], str(entry["unit"])
    if not str(entry["source"]).strip():
        raise ParameterError(f'{where}: {name} has no source; say where it is from, or "assumed: why"')
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParameterError(f"{where}: {name} = {value!r} is not a finite number")
    try:
        si = _to_si(name, float(value), symbol, unit(signal.unit).si)
    except UnitError as error:
        raise ParameterError(f"{where}: {name} of {signal.name}: {error}") from error
    if not signed and name not in _SIGNED and si < 0.0:
        raise ParameterError(f"{where}: {name} = {value:g} {symbol} is negative")
    if name in _UP_TO_ONE and si > 1.0:
        raise ParameterError(f"{where}: {name} = {value:g} {symbol} is more than one")
    return si


def _to_si(name: str, value: float, symbol: str, own: str) -> float:
    """Return a number in SI; `own` is the SI unit of the signal. UnitError when the unit does not fit the setting."""
    below = ""
    if name in _SIGNAL_RATE or name in _RATE:
        symbol, _, below = symbol.rpartition("/")
        if below not in _TIMES:
            raise UnitError(f"a rate is written as UNIT/h (or /s /min /d /a), got {symbol or below!r}")
    wanted = "s" if name in _TIME else own if name in (*_SIGNAL_DIFFERENCE, *_SIGNAL_RATE, *_SIGNAL_VALUE) else "1"
    found = unit(symbol)
    if found.si != wanted:
        raise UnitError(f"{symbol!r} is given where a unit of {wanted} must stand")
    if found.offset and name not in _SIGNAL_VALUE:
        raise UnitError(f"{symbol!r} has an offset and cannot measure a difference; write K")
    si = value * found.factor + (found.offset if name in _SIGNAL_VALUE else 0.0)
    return si / unit(below).factor if below else si


def _check(one: Any, where: str) -> None:
    """ParameterError when the settings of one instrument contradict each other."""
    if not one["low"] < one["high"]:
        raise ParameterError(f"{where}: low must be below high")
    if one["delay"] > 0.0 and one["delay"] > (RING - 1) * one["period"]:
        raise ParameterError(
            f"{where}: a delay reaches back {RING - 1} sample periods at the most; give a longer period"
        )
    for rate, length in _LENGTHS.items():
        if one[rate] > 0.0 and not one[length] > 0.0:
            raise ParameterError(f"{where}: {rate} needs {length}")
