"""The register map: which signal lies in which register. It follows from the declarations and from nothing else.

**Input registers** (function 4) hold what is measured: a header, then every signal as float32, then those signals once
more in an exact form whose range is too wide for float32 (7 digits). **Holding registers** (functions 3 and 16) hold
the set-points as float32. **Discrete inputs** (function 2) hold two bits for each signal: bad, uncertain.

All numbers are big-endian in bytes and words (the first register is the high one: "ABCD"). Addresses are those of the
protocol, counted from 0. A signal keeps its address as long as those declared before it stay: new ones come at the end.
"""

import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import SignalError
from steelyard.live.access import role_of
from steelyard.plant.frame import BAD, UNCERTAIN, Frame
from steelyard.signals import Signal

MAP_VERSION = 1
FLOATS_AT, EXACT_AT, LAST = 1000, 30_000, 65_536
FLOAT32_HOLDS = 2**24  # whole numbers up to here are exact in float32
NOT_MEASURED = {"uint32": 0xFFFF_FFFF, "int32": -0x8000_0000}
WORDS = {"uint16": 1, "uint32": 2, "int32": 2, "float32": 2, "float64": 4}
COLUMNS = ("table", "address", "number", "registers", "type", "scale", "signal", "unit", "low", "high", "writable_by",
           "description")  # fmt: skip
NUMBER_OF = {"input": 300_001, "holding": 400_001, "discrete": 100_001}
HEADER: tuple[tuple[str, str, str, str], ...] = (
    ("map_version", "uint16", "1", "version of this layout"),
    ("signals", "uint16", "1", "how many signals there are"),
    ("map_hash", "uint32", "1", "first 32 bits of the SHA-256 of the map: another number, another map"),
    ("plant_time", "uint32", "s", "plant time, whole seconds"),
    ("plant_time_ms", "uint16", "ms", "and its thousandths"),
    ("running", "uint16", "1", "1 while the works runs with the clock"),
    ("utc_time", "uint32", "s", "plant time as seconds since 1970-01-01 UTC, whole seconds"),
    ("utc_time_ms", "uint16", "ms", "and its thousandths"),
    ("reserved", "uint16", "1", "0"),
    ("speed", "float32", "1", "plant seconds for each second of the wall"),
    ("lag", "float32", "s", "by how much the works is behind the wall"),
)


@dataclass(frozen=True)
class Exact:
    """One signal in its exact form: which one (index), its type, and where it lies (offset in the exact block)."""

    index: int
    kind: str
    at: int


class RegisterMap:
    """The map of one list of signals, and the registers of a frame. SignalError when there are too many signals."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        self.signals = list(signals)
        if FLOATS_AT + 2 * len(self.signals) > EXACT_AT:
            raise SignalError(f"{len(self.signals)} signals are too many for the register map")
        self.setpoints = [k for k, signal in enumerate(self.signals) if signal.writable and role_of(signal.name)]
        self.exact: list[Exact] = []
        at = 0
        for k, signal in enumerate(self.signals):
            kind = _exact_kind(signal)
            if kind and EXACT_AT + at + WORDS[kind] <= LAST:
                self.exact.append(Exact(k, kind, at))
                at += WORDS[kind]
        self.exact_words = at

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The map as rows with `COLUMNS`; `number` is the address as many masters write it, counted from 1."""
        rows = self._rows()
        said = next(row for row in rows if row["signal"] == "header.map_hash")
        said["description"] += f" (this one: {self.hash})"
        return rows

    @cached_property
    def hash(self) -> int:
        """The first 32 bits of the SHA-256 of all rows, descriptions left out."""
        text = "\n".join("|".join(str(row[column]) for column in COLUMNS[:-1]) for row in self._rows())
        return int.from_bytes(sha256(text.encode()).digest()[:4], "big")

    def _rows(self) -> list[dict[str, Any]]:
        rows, at = [], 0
        for name, kind, unit, text in HEADER:
            rows.append(_row("input", at, kind, f"header.{name}", unit, None, "", text))
            at += WORDS[kind]
        for k, signal in enumerate(self.signals):
            rows.append(_signal_row("input", FLOATS_AT + 2 * k, "float32", signal))
        for exact in self.exact:
            rows.append(_signal_row("input", EXACT_AT + exact.at, exact.kind, self.signals[exact.index]))
        for j, k in enumerate(self.setpoints):
            rows.append(_signal_row("holding", 2 * j, "float32", self.signals[k]))
        for k, signal in enumerate(self.signals):
            for bit, word in enumerate(("bad", "uncertain")):
                text = f"1 while {signal.name} is {word}"
                rows.append(_row("discrete", 2 * k + bit, "bit", f"{signal.name}|{word}", "1", (0.0, 1.0), "", text))
        return rows

    # -- what a frame says in registers; None where an address does not exist -----------------------------------------
    def input_words(self, frame: Frame, header: list[int], address: int, count: int) -> list[int] | None:
        """Return input registers of one frame; all of a request lie in one block, else None."""
        end = address + count
        if end <= len(header):
            return header[address:end]
        if address >= FLOATS_AT and end <= FLOATS_AT + 2 * len(self.signals):
            return _float_words(frame.values, address - FLOATS_AT, count)
        if address >= EXACT_AT and end <= EXACT_AT + self.exact_words:
            return self._exact_words(frame.values, address - EXACT_AT, count)
        return None

    def bits(self, frame: Frame, address: int, count: int) -> list[bool] | None:
        """Return discrete inputs of one frame."""
        if address + count > 2 * len(self.signals):
            return None
        first, last = address // 2, (address + count + 1) // 2
        status = frame.status[first:last]
        both = np.stack([status == BAD, status == UNCERTAIN], axis=1).ravel()
        return both[address - 2 * first :][:count].tolist()

    def holding_words(self, values: np.ndarray, address: int, count: int) -> list[int] | None:
        """Return holding registers; `values` are those of the set-points, shape (setpoints,)."""
        return _float_words(values, address, count) if address + count <= 2 * len(self.setpoints) else None

    def written(self, address: int, words: list[int]) -> dict[str, float] | None:
        """Return the set-points that a write of holding registers means; None unless it is of whole set-points.

        A float32 stands for the shortest decimal that it is nearest to: 0.1 is 0.1, not 0.10000000149.
        """
        if address % 2 or len(words) % 2 or address + len(words) > 2 * len(self.setpoints):
            return None
        values = np.array(words, dtype=">u2").view(">f4").astype(np.float32)
        names = [self.signals[k].name for k in self.setpoints[address // 2 :]]
        return {name: float(str(value)) for name, value in zip(names, values, strict=False)}

    def header(self, frame: Frame, status: dict[str, Any], utc_s: float) -> list[int]:
        """Return the header of a frame; `status` is that of the works, `utc_s` the frame's time since 1970 [s]."""
        plant_ms, utc_ms = round(frame.time_s * 1e3), round(utc_s * 1e3)
        said = {
            "map_version": MAP_VERSION, "signals": len(self.signals), "map_hash": self.hash, "reserved": 0,
            "plant_time": plant_ms // 1000, "plant_time_ms": plant_ms % 1000,
            "utc_time": utc_ms // 1000, "utc_time_ms": utc_ms % 1000,
            "running": int(bool(status.get("running"))), "speed": float(status.get("speed") or 0.0),
            "lag": float(status.get("lag_s") or 0.0),
        }  # fmt: skip
        return [word for name, kind, _, _ in HEADER for word in number_words(said[name], kind)]

    def _exact_words(self, values: np.ndarray, start: int, count: int) -> list[int]:
        words: list[int] = []
        first = 0
        for exact in self.exact:
            if exact.at + WORDS[exact.kind] <= start:
                continue
            first = exact.at if not words else first
            words += number_words(float(values[exact.index]), exact.kind)
            if first + len(words) >= start + count:
                break
        return words[start - first :][:count]


def number_words(value: float, kind: str) -> list[int]:
    """Return a number as 16-bit words, high word first; a whole kind that cannot hold it says `NOT_MEASURED`.

    >>> [hex(word) for word in number_words(1.0, "float32")], number_words(65537, "uint32")
    (['0x3f80', '0x0'], [1, 1])
    """
    if kind.startswith("float"):
        with np.errstate(over="ignore"):
            return np.array([value]).astype(f">f{2 * WORDS[kind]}").view(">u2").tolist()
    bits = 16 * WORDS[kind]
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind == "int32" else (0, 2**bits - 1)
    whole = round(value) if np.isfinite(value) and low <= round(value) <= high else NOT_MEASURED.get(kind, high)
    unsigned = whole % 2**bits
    return [unsigned >> shift & 0xFFFF for shift in range(bits - 16, -1, -16)]


def _float_words(values: np.ndarray, start: int, count: int) -> list[int]:
    first, last = start // 2, (start + count + 1) // 2
    with np.errstate(over="ignore"):
        words = values[first:last].astype(">f4").view(">u2")
    return words[start - 2 * first :][:count].tolist()


def _exact_kind(signal: Signal) -> str:
    """Return the exact type of a signal whose range is too wide for float32, else ""."""
    low, high = signal.declaration.low, signal.declaration.high
    if max(abs(low), abs(high)) <= FLOAT32_HOLDS:
        return ""
    if signal.unit != "1" or not np.isfinite([low, high]).all():
        return "float64"
    if low >= 0.0:
        return "uint32" if high < NOT_MEASURED["uint32"] else "float64"
    return "int32" if max(-low, high) < 2**31 else "float64"


def _signal_row(table: str, address: int, kind: str, signal: Signal) -> dict[str, Any]:
    span = (signal.declaration.low, signal.declaration.high)
    role = role_of(signal.name) if table == "holding" else None
    return _row(table, address, kind, signal.name, signal.unit, span, role or "", signal.declaration.description)


def _row(
    table: str, address: int, kind: str, signal: str, unit: str, span: tuple[float, float] | None, role: str, text: str
) -> dict[str, Any]:
    low, high = (None if not np.isfinite(x) else x for x in span) if span else (None, None)
    return {
        "table": table, "address": address, "number": NUMBER_OF[table] + address, "registers": WORDS.get(kind, 1),
        "type": kind, "scale": 1, "signal": signal, "unit": unit, "low": low, "high": high, "writable_by": role,
        "description": text,
    }  # fmt: skip


def register_map(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    """Return the register map of a list of signals (in the board's order) as rows with `COLUMNS`."""
    return RegisterMap(signals).rows


def write_csv(signals: Iterable[Signal], path: Path | None) -> None:
    """Write the register map as CSV (UTF-8 with a mark, so that a spreadsheet reads °C), to stdout without a path."""
    rows = register_map(signals)
    if path is None:
        _write(sys.stdout, rows)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        _write(file, rows)


def _write(file: Any, rows: list[dict[str, Any]]) -> None:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
