"""Reading a recording: by signal and plant time, from its parts on disk and what is still in memory."""

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.hub.parts import Chunk, Part, parts_in, plain_status

if TYPE_CHECKING:
    import polars as pl

PARTS = "signals"
ABOUT = "run.json"
MOST_ROWS = 1_000_000
LOOKS = 5
Columns = dict[str, np.ndarray]
Piece = Part | Chunk


def history_of(pieces: Sequence[Piece], names: Sequence[str], start_s: float, end_s: float, limit: int) -> Columns:
    """Return the rows of `pieces` (by branch and step) between two plant times, thinned evenly to at most `limit`.

    See `Recorded.history`. FileNotFoundError when a part was merged meanwhile: look again.
    """
    limit = min(max(int(limit), 1), MOST_ROWS)
    ends = _ends(pieces)
    near = [p for p in pieces if p.rows and p.end_s >= start_s and p.start_s <= end_s]
    inside = [(p, *_inside(p, start_s, end_s, ends[p.branch])) for p in near]
    total = sum(high - low for _, low, high in inside if high > low)
    stride = max(1, -(-total // limit))
    found: list[Columns] = []
    passed = 0
    for piece, low, high in inside:
        if high > low:
            rows = np.arange(low + (-passed) % stride, high, stride)
            passed += high - low
            if len(rows):
                found.append(_take(piece, names, rows))
    keys = ["time_s", *(key for name in names for key in (name, f"{name}|status", f"{name}|offset"))]
    return {key: np.concatenate([columns[key] for columns in found]) if found else _empty(key) for key in keys}


def _empty(key: str) -> np.ndarray:
    return np.zeros(0, dtype=np.uint8 if key.endswith("|status") else float)


def _ends(pieces: Sequence[Piece]) -> dict[int, float]:
    """Return for each branch the last step that still counts: a later branch takes the place of what follows it."""
    firsts: dict[int, int] = {}
    for piece in pieces:
        firsts[piece.branch] = min(piece.first, firsts.get(piece.branch, piece.first))
    ends: dict[int, float] = {}
    end = float("inf")
    for branch in sorted(firsts, reverse=True):
        ends[branch] = end
        end = min(end, firsts[branch] - 1)
    return ends


def _inside(piece: Piece, start_s: float, end_s: float, last: float) -> tuple[int, int]:
    """Return which rows of a piece lie between two plant times and count: from, to (exclusive)."""
    low, high = 0, int(min(piece.rows, last - piece.first + 1))
    if high > 0 and not (start_s <= piece.start_s and piece.end_s <= end_s):
        time = _times(piece)
        low = int(np.searchsorted(time, start_s, side="left"))
        high = min(high, int(np.searchsorted(time, end_s, side="right")))
    return low, high


def _times(piece: Piece) -> np.ndarray:
    if isinstance(piece, Chunk):
        return piece.time[: piece.rows]
    return _read(piece, ["time_s"])["time_s"].to_numpy()


def _take(piece: Piece, names: Sequence[str], rows: np.ndarray) -> Columns:
    """Return rows of a piece: time, and value, status and offset of each name."""
    if isinstance(piece, Chunk):
        found = {"time_s": piece.time[rows]}
        for k, name in enumerate(names):
            parts = (piece.values, piece.status, piece.offset)
            found |= {f"{name}{end}": a[rows, k] for a, end in zip(parts, ("", "|status", "|offset"), strict=True)}
        return found
    import polars as pl

    frame = _read(piece, ["time_s", *(key for n in names for key in (n, f"{n}|status", f"{n}|offset"))])
    columns = {key: frame[key].to_numpy()[rows] for key in ("time_s", *names)}
    for name in names:
        plain = plain_status(columns[name])
        columns[f"{name}|status"], columns[f"{name}|offset"] = plain, np.zeros(len(rows))
        if f"{name}|status" in frame.columns:
            told = frame[f"{name}|status"].cast(pl.Float64).to_numpy()[rows]
            columns[f"{name}|status"] = np.where(np.isnan(told), plain, told).astype(np.uint8)
        if f"{name}|offset" in frame.columns:
            columns[f"{name}|offset"] = frame[f"{name}|offset"].fill_null(0.0).to_numpy()[rows]
    return columns


def _read(part: Part, keys: Sequence[str]) -> "pl.DataFrame":
    """Return those columns of a part that it has."""
    import polars as pl

    try:
        known = pl.read_parquet_schema(part.path)
        return pl.read_parquet(part.path, columns=[key for key in dict.fromkeys(keys) if key in known])
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{part.path} is damaged ({error})") from error


class Recorded:
    """A recording in the store, also one that still grows. `about` is its run.json, `units` name → trade unit."""

    def __init__(self, folder: Path) -> None:
        """DataError when `folder` holds no recording."""
        self.folder, self.name = folder, folder.name
        self.about = about_recording(folder)
        columns: dict[str, str] = self.about["units"]["signals"]
        self.units = {name: unit for name, unit in columns.items() if name not in ("step", "time_s")}

    @property
    def names(self) -> list[str]:
        """The signals, in the order of the board."""
        return list(self.units)

    def parts(self) -> list[Part]:
        """Return the parts that lie on disk now."""
        return parts_in(self.folder / PARTS)

    @property
    def rows(self) -> int:
        """How many steps lie on disk, those of left branches included."""
        return sum(part.rows for part in self.parts())

    def history(self, names: Sequence[str], start_s: float = 0.0, end_s: float = float("inf"),
                limit: int = 10_000) -> Columns:  # fmt: skip
        """Return what was recorded between two plant times [s]: arrays of equal length by column name.

        Columns: ``time_s``, and for each name its value (trade unit, nan: not measured), ``name|status`` (0 good,
        1 uncertain, 2 bad) and ``name|offset`` (time stamp less plant time [s]). More than `limit` rows are thinned
        evenly: every second, third, … row. After a restore only what led to the present counts. DataError for unknown
        names.
        """
        check_names(names, self.units)
        return again_when_merged(lambda: history_of(self.parts(), names, start_s, end_s, limit))

    def blocks(self, names: Sequence[str] | None = None) -> Iterator[Columns]:
        """Give all that counts, part after part in time order; columns as in `history`."""
        wanted = list(self.units if names is None else names)
        after = -float("inf")
        for part in self.parts():
            block = self.history(wanted, part.start_s, part.end_s, MOST_ROWS)
            fresh = block["time_s"] > after
            if fresh.any():
                after = float(block["time_s"][-1])
                yield {key: column[fresh] for key, column in block.items()}


def again_when_merged(read: Any) -> Columns:
    """Return what `read` returns; once more when a part was merged away while it read."""
    for _ in range(LOOKS):
        try:
            found: Columns = read()
            return found
        except FileNotFoundError:
            continue
    raise DataError("the recording changes faster than it can be read; try again")


def check_names(names: Sequence[str], known: dict[str, str]) -> None:
    """DataError, with names that are near, unless all were recorded."""
    for name in names:
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, known, 5, 0.3))
            raise DataError(f"no signal {name!r} was recorded; near it are: {near}")


def about_recording(folder: Path) -> dict[str, Any]:
    """Return the run.json of a recording; DataError when there is none."""
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        dict(about["units"]["signals"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} is no recording: its {ABOUT} is missing or damaged") from error
    return about
