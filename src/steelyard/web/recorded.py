"""Recorded columns on their way out: how many at once, what was left out, and their text.

The text is made column by column (or some rows at a time) by polars, which lets the clock of the works run meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from steelyard.hub.recorded import MOST_ROWS
from steelyard.live.access import Session
from steelyard.plant.frame import GOOD
from steelyard.web.encode import compact
from steelyard.web.problems import BusyError

Columns = dict[str, np.ndarray]
MOST_CELLS, MOST_ANONYMOUS, MOST_WAITING = 5_000_000, 200_000, 8
CELLS_AT_ONCE, MOST_GAPS, GAP = 100_000, 20, 1.5


def rows_for(session: Session, names: int, limit: int) -> int:
    """Return how many rows of so many names a session gets at once, at most `limit`."""
    most = MOST_ANONYMOUS if session.user == "anonymous" else MOST_CELLS
    return min(limit, max(1, most // max(1, names)))


class Turns:
    """Who may read recorded columns now: one large request at a time, and one small one beside it."""

    def __init__(self) -> None:
        self._large, self._small, self._waiting = asyncio.Lock(), asyncio.Lock(), 0

    @asynccontextmanager
    async def turn(self, cells: int) -> AsyncIterator[None]:
        """Wait for one's turn with so many cells; BusyError when that may take long."""
        if cells > MOST_ANONYMOUS:
            if self._large.locked():
                raise BusyError("another large history is being read; ask again soon, or for fewer rows or signals")
            async with self._large:
                yield
            return
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many histories are asked for at once; ask again soon")
        self._waiting += 1
        try:
            async with self._small:
                yield
        finally:
            self._waiting -= 1


@dataclass(frozen=True)
class Extent:
    """What an answer holds: every `stride`-th of the `total` rows recorded. `gaps`: from, to [s], no rows between."""

    total: int
    stride: int
    gaps: list[list[float]]


async def recorded(
    works: Any, session: Session, names: list[str], start_s: float, end_s: float, limit: int
) -> tuple[Columns, Extent]:
    """Return at most `limit` rows between two plant times [s], see `Recorded.history`, and what they are of."""
    times = await _times(works, session, names, start_s, end_s)
    last = float(times[-1]) if len(times) else end_s  # what is recorded meanwhile does not count
    columns = await works.history(names, start_s, last, limit, session)
    stride = max(1, -(-len(times) // limit))
    return columns, Extent(len(times), stride, _gaps(times, works.status().get("dt_s", 0.0)))


async def _times(works: Any, session: Session, names: list[str], start_s: float, end_s: float) -> np.ndarray:
    """Return the plant time [s] of every row of a span."""
    found: np.ndarray = (await works.history([], start_s, end_s, MOST_ROWS, session))["time_s"]
    if not len(found):  # a replay has rows for signals only
        found = (await works.history(names, start_s, end_s, MOST_ROWS, session))["time_s"]
    if 2 * len(found) <= MOST_ROWS:
        return found
    middle = float(found[len(found) // 2])
    spans = ((start_s, middle), (float(np.nextafter(middle, np.inf)), end_s))
    return np.concatenate([await _times(works, session, names, *span) for span in spans])


def _gaps(times: np.ndarray, dt_s: float) -> list[list[float]]:
    """Return where rows are farther apart than the steps of a works whose rows mostly are not."""
    apart = np.diff(times)
    if not len(apart) or dt_s <= 0 or np.median(apart) > GAP * dt_s:
        return []
    return [[float(times[k]), float(times[k + 1])] for k in np.flatnonzero(apart > GAP * dt_s)[:MOST_GAPS]]


def as_json(works: Any, columns: Columns, names: list[str], said: Extent) -> Iterator[bytes]:
    """Give recorded columns as JSON, see `models.History`, piece by piece."""
    yield b'{"works":%b,"total":%d,"stride":%d,"full":%b,"gaps":%b,"time_s":[%b],"columns":{' % (
        compact(works.id), said.total, said.stride, compact(said.stride == 1), compact(said.gaps),
        _numbers(columns["time_s"]),
    )  # fmt: skip
    for k, name in enumerate(names):
        yield b"%b%b:[%b]" % (b"," if k else b"", compact(name), _numbers(columns[name]))
    yield b'},"status":{'
    unsound = [name for name in names if f"{name}|status" in columns and (columns[f"{name}|status"] != GOOD).any()]
    for k, name in enumerate(unsound):
        yield b"%b%b:[%b]" % (b"," if k else b"", compact(name), _numbers(columns[f"{name}|status"]))
    yield b"}}"


def _numbers(values: np.ndarray) -> bytes:
    """Return numbers as they stand in a list of JSON, ``null`` where they are not finite."""
    import polars as pl

    value = pl.col("value")
    text = pl.when(value.is_finite()).then(value).cast(pl.String).fill_null("null").str.join(",")
    return str(pl.DataFrame({"value": values}).select(text).item()).encode()


def as_csv(works: Any, columns: Columns, names: list[str], said: Extent) -> Iterator[bytes]:
    """Give recorded columns as CSV: time, time_s, the names; empty where nothing was measured."""
    import polars as pl

    rows = max(1, CELLS_AT_ONCE // (len(names) + 2))
    for at in range(0, max(1, len(columns["time_s"])), rows):
        times = columns["time_s"][at : at + rows]
        moments = pl.Series("time", [works.stamp(time_s).isoformat() for time_s in times.tolist()], dtype=pl.String)
        block = pl.DataFrame([moments, *(pl.Series(n, columns[n][at : at + rows]) for n in ("time_s", *names))])
        measured = block.with_columns(pl.when(pl.col(pl.Float64).is_finite()).then(pl.col(pl.Float64)))
        yield measured.write_csv(include_header=at == 0).encode()


async def pieces(text: list[bytes]) -> AsyncIterator[bytes]:
    """Give pieces of a text, each let go when it is sent."""
    text.reverse()
    while text:
        yield text.pop()
