"""The parts of a recording: Parquet files of consecutive steps, named after what they hold, merged as they grow old.

A part holds steps `first` to `last` of one branch; going back to a snapshot begins a new branch, whose steps take the
place of those that an older branch made after that moment. A merged part appears before the parts that it holds go, so
that a kill loses nothing: who reads leaves out parts that lie inside another one.
"""

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from steelyard.hub.durable import put_in_place

if TYPE_CHECKING:
    import polars as pl

_NAME = re.compile(r"b(\d+)-(\d+)-(\d+)-t(\d+)-(\d+)\.parquet")
TIERS = (256, 8_192)
GOOD, BAD = 0, 2


@dataclass(frozen=True)
class Part:
    """Steps `first` to `last` of a branch, between `start_s` and `end_s` of plant time, in one file."""

    branch: int
    first: int
    last: int
    start_s: float
    end_s: float
    path: Path

    @property
    def rows(self) -> int:
        """How many steps it holds."""
        return self.last - self.first + 1


@dataclass
class Chunk:
    """Consecutive steps in memory; arrays of shape (room,) and (room, signals)."""

    room: int
    width: int
    branch: int = 0
    first: int = 0
    rows: int = 0
    opened: float = 0.0
    time: np.ndarray = field(init=False, repr=False)
    values: np.ndarray = field(init=False, repr=False)
    status: np.ndarray = field(init=False, repr=False)
    offset: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.time, shape = np.zeros(self.room), (self.room, self.width)
        self.values, self.status, self.offset = np.zeros(shape), np.zeros(shape, dtype=np.uint8), np.zeros(shape)

    def excerpt(self, columns: Sequence[int]) -> "Chunk":
        """Return a copy of some of its columns, which stays as it is while this one goes on."""
        copy = Chunk(0, 0, self.branch, self.first, self.rows)
        copy.time = self.time[: self.rows].copy()
        copy.values, copy.status, copy.offset = (
            array[: self.rows, list(columns)] for array in (self.values, self.status, self.offset)
        )
        return copy

    @property
    def last(self) -> int:
        """The step of its last row."""
        return self.first + self.rows - 1

    @property
    def start_s(self) -> float:
        """Plant time [s] of its first row."""
        return float(self.time[0])

    @property
    def end_s(self) -> float:
        """Plant time [s] of its last row."""
        return float(self.time[self.rows - 1])


def parts_in(folder: Path) -> list[Part]:
    """Return the parts in a folder by branch and step, without those that lie inside a merged one."""
    found = []
    for path in folder.iterdir():
        name = _NAME.fullmatch(path.name)
        if name:
            branch, first, last, start, end = map(int, name.groups())
            found.append(Part(branch, first, last, float(start), float(end), path))
    kept: list[Part] = []
    for part in sorted(found, key=lambda p: (p.branch, p.first, -p.last)):
        if not kept or kept[-1].branch != part.branch or part.last > kept[-1].last:
            kept.append(part)
    return kept


def write_chunk(folder: Path, chunk: Chunk, names: Sequence[str]) -> Part:
    """Write a chunk as a part. Status and offset columns are there only where they say more than the values do."""
    import polars as pl

    rows = chunk.rows
    values, status, offset = (np.ascontiguousarray(a[:rows].T) for a in (chunk.values, chunk.status, chunk.offset))
    telling = np.flatnonzero((status != plain_status(values)).any(axis=1))
    shifted = np.flatnonzero(offset.any(axis=1))
    columns = {"step": np.arange(chunk.first, chunk.first + rows), "time_s": chunk.time[:rows]}
    columns |= dict(zip(names, values, strict=True))
    columns |= {f"{names[k]}|status": status[k] for k in telling.tolist()}
    columns |= {f"{names[k]}|offset": offset[k] for k in shifted.tolist()}
    frame = pl.DataFrame(columns)
    return _write(folder, frame, chunk.branch, chunk.start_s, chunk.end_s)


def _write(folder: Path, frame: "pl.DataFrame", branch: int, start_s: float, end_s: float) -> Part:
    first, last = int(frame["step"][0]), int(frame["step"][-1])
    start, end = max(0, math.floor(start_s)), max(0, math.ceil(end_s))
    path = folder / f"b{branch:04d}-{first:012d}-{last:012d}-t{start}-{end}.parquet"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        frame.write_parquet(temporary, compression="zstd", statistics=False)
        put_in_place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Part(branch, first, last, float(start), float(end), path)


def plain_status(values: np.ndarray) -> np.ndarray:
    """Return the status that values have by themselves: good, bad where nothing was measured."""
    return np.where(np.isnan(values), BAD, GOOD).astype(np.uint8)


def due_for_merging(parts: Sequence[Part]) -> list[Part]:
    """Return the newest parts that together have become large enough to be one, none while they have not."""
    for tier in TIERS:
        tail: list[Part] = []
        for part in reversed(parts):
            if part.rows >= tier or (tail and (part.branch != tail[-1].branch or part.last + 1 != tail[-1].first)):
                break
            tail.append(part)
        if len(tail) > 1 and sum(part.rows for part in tail) >= tier:
            return tail[::-1]
    return []


def merge(folder: Path, parts: Sequence[Part]) -> Part:
    """Write consecutive parts as one; the old ones stay until somebody removes them."""
    import polars as pl

    whole = pl.concat([pl.read_parquet(part.path) for part in parts], how="diagonal", rechunk=True)
    return _write(folder, whole, parts[0].branch, parts[0].start_s, parts[-1].end_s)
