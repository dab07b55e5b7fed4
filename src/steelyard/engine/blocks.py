"""From the declaration of a unit (Parameters, Inputs, State, Outputs) to its record and its signals.

One plant is one NumPy structured record. The fields of a unit are ``p u x y``: parameters, inputs, state, outputs.
"""

from typing import Any

import numpy as np

from steelyard.errors import ParameterError
from steelyard.signals import Quantity, Signal, declared

RESERVED = frozenset(dir(np.recarray)) | frozenset(dir(np.record))


def block_dtype(block: type) -> np.dtype:
    """Return the record dtype of one block class. ParameterError when a field clashes with an array attribute."""
    fields = []
    for name, q in declared(block).items():
        if name in RESERVED:
            raise ParameterError(f"{block.__name__}.{name}: this name is an attribute of NumPy arrays; choose another")
        fields.append((name, q.dtype, q.shape) if q.shape else (name, q.dtype))
    return np.dtype(fields, align=True)


def unit_dtype(parameters: type, inputs: type, state: type, outputs: type) -> np.dtype:
    """Return the record dtype of a unit with the sub-records p, u, x, y."""
    blocks = (("p", parameters), ("u", inputs), ("x", state), ("y", outputs))
    return np.dtype([(name, block_dtype(block)) for name, block in blocks], align=True)


def fill(record: Any, block: type, values: dict[str, Any]) -> None:
    """Write SI `values` into the sub-record of `block`; every declared field must be given, and no other.

    Raises ParameterError that names what is missing, unknown, not finite or out of its declared range.
    """
    quantities = declared(block)
    missing, unknown = sorted(set(quantities) - set(values)), sorted(set(values) - set(quantities))
    if missing or unknown:
        raise ParameterError(f"{block.__name__}: missing {missing or 'nothing'}, unknown {unknown or 'nothing'}")
    for name, q in quantities.items():
        record[name] = in_range(f"{block.__name__}.{name}", values[name], q)


def in_range(where: str, value: Any, q: Quantity) -> np.ndarray:
    """Return `value` (SI) as an array if it is finite and inside the declared range, else raise ParameterError."""
    array = np.asarray(value, dtype=q.dtype)
    if array.shape != q.shape:
        raise ParameterError(f"{where}: shape {array.shape} given, {q.shape} declared")
    from steelyard.units import from_si

    shown = from_si(array.astype(float), q.board_unit)
    slack = 1e-9 * np.maximum(1.0, np.abs(shown))
    if not (np.isfinite(shown).all() and (shown >= q.low - slack).all() and (shown <= q.high + slack).all()):
        raise ParameterError(f"{where}: {shown} {q.board_unit} is not within {q.low:g} to {q.high:g} {q.board_unit}")
    return array


def member(dtype: np.dtype, name: str) -> tuple[np.dtype, int]:
    """Return the dtype and the byte offset of a field of a record dtype."""
    fields = dtype.fields
    assert fields is not None
    return fields[name][0], fields[name][1]


def block_signals(unit: str, block: type, dtype: np.dtype, base: int, writable: bool) -> list[Signal]:
    """Return the signals of one block: ``unit.field`` or ``unit.field[label]``; `base` is its byte offset."""
    found = []
    for name, q in declared(block).items():
        offset = base + member(dtype, name)[1]
        if q.dtype != "f8":
            continue
        count = q.shape[0] if q.shape else 1
        labels = [f"[{label}]" for label in (q.labels or range(count))] if q.shape else [""]
        for k, label in enumerate(labels):
            found.append(Signal(f"{unit}.{name}{label}", q, writable, (offset + 8 * k) // 8))
    return found
