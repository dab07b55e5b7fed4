"""Tracks: the tables of a data set as numbers at their times, ready to be replayed.

One track is one table with times. A row counts at the moment at which it was known: at its `end` where it has one. A
cell that is empty says nothing new. Text is no number and stays out; what stays out is said in `left_out`.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError, UnitError
from steelyard.hub.generic import _UNIT_ENDS, unit_of
from steelyard.units import unit

if TYPE_CHECKING:
    import polars as pl

    from steelyard.hub.store import Store

_KNOWN_AT = ("end", "time", "date_time", "datetime", "timestamp")
_ELAPSED = ("time_s", "elapsed_s", "time", "t_s", "t", "seconds")
_OF_THE_SERVER = ("live", "replay")  # signals of the clock that recorded; the replay has its own
MICRO = 1_000_000


@dataclass(frozen=True)
class Channel:
    """One signal of a track: its name ``unit.signal``, its trade unit ("1" where none is known), what it is."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True)
class Track:
    """Rows in time order: `times` [µs], shape (rows,); `values` and `given`, shape (rows, channels).

    Without `given` a cell says nothing. `status` (0 good, 1 uncertain, 2 bad) and `offset` [s] are those recorded with
    the values, None where none were.
    """

    channels: tuple[Channel, ...]
    times: np.ndarray
    values: np.ndarray
    given: np.ndarray
    status: np.ndarray | None = None
    offset: np.ndarray | None = None


@dataclass
class Tracks:
    """All tracks of a data set. `dated`: times count from 1970 (in the plant's own clock), else from the beginning."""

    name: str
    kind: str
    tracks: list[Track]
    dated: bool = True
    left_out: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(len(track.times) for track in self.tracks)


def read_tracks(store: "Store", name: str, time: str | None = None) -> Tracks:
    """Return the tracks of a data set; DataError when nothing in it stands at a time.

    `time` names the column of times of a table that has several, or whose times are seconds under another name.
    """
    info = store.info(name)
    out = Tracks(name, info["kind"], [])
    if info["kind"] == "recording":
        return _recording(store, out)
    tables = {table: store.table(name, table) for table in info["tables"] if table != "dropped"}
    units = {table: {c: e["unit"] for c, e in info["tables"][table]["columns"].items()} for table in tables}
    if info["kind"] == "ladle-furnace":
        tables, units = _heats(tables, units)
    elif info["kind"] == "freiberg-passes":
        tables = {"pass": _numbered(tables["passes"], tables["trials"])}
        units = {"pass": units["passes"]}
    elif info["kind"] == "rolling-recordings":
        tables = {"mill": tables["signals"]}
        units = {"mill": units["signals"]}
    elif info["kind"] == "table":
        tables, units = {_word(name): tables["table"]}, {_word(name): units["table"]}
    for table, frame in tables.items():
        _add(out, table, frame, units[table], time)
    if not out.tracks:
        raise DataError(
            f"data set {name!r} ({info['kind']}) has no column of times beside numbers, so nothing can be replayed; "
            f"its columns are: {_columns(tables)}"
        )
    return out


def _recording(store: "Store", out: Tracks) -> Tracks:
    """Return the recording of a live works as one track, with its status codes and time stamps."""
    from steelyard.hub.recordings import open_recording

    found = open_recording(store.root, out.name)
    names = [name for name in found.names if name.partition(".")[0] not in _OF_THE_SERVER]
    blocks = list(found.blocks(names))
    if not blocks:
        raise DataError(f"the recording {out.name!r} holds no step yet")
    columns = {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}
    values, status, offset = (np.stack([columns[f"{name}{end}"] for name in names], axis=1).astype(kind)
                              for end, kind in (("", float), ("|status", np.uint8), ("|offset", float)))  # fmt: skip
    begun = datetime.fromisoformat(found.about["epoch"]) - datetime(1970, 1, 1, tzinfo=UTC)
    times = begun // timedelta(microseconds=1) + np.round(columns["time_s"] * MICRO).astype(np.int64)
    channels = tuple(Channel(name, _known(found.units[name]), f"recorded: {name}") for name in names)
    out.tracks.append(Track(channels, times, values, np.ones(values.shape, dtype=bool), status, offset))
    return out


def _columns(tables: "dict[str, pl.DataFrame]") -> str:
    return "; ".join(f"{table}: {', '.join(frame.columns[:12])}" for table, frame in tables.items())


def _add(out: Tracks, table: str, frame: "pl.DataFrame", units: dict[str, str], wanted: str | None) -> None:
    """Add a table as a track, when it has times and numbers."""
    import polars as pl

    column = _time_column(frame, wanted)
    if column is None:
        out.left_out.append(f"{table}: no times")
        return
    timed = frame.filter(pl.col(column).is_not_null())
    if timed.height < frame.height:
        out.left_out.append(f"{table}: {frame.height - timed.height} row(s) without a time")
    times, dated = _moments(timed, table, column)
    if out.tracks and dated != out.dated:
        out.left_out.append(f"{table}: its times are of another kind")
        return
    numbers = [c for c, kind in timed.schema.items() if c != column and (kind.is_numeric() or kind == pl.Boolean)]
    rest = [c for c in frame.columns if c != column and c not in numbers]
    if rest:
        out.left_out.append(f"{table}: no numbers in {', '.join(rest)}")
    if not numbers or not timed.height:
        return
    order = np.argsort(times, kind="stable")
    cells = timed.select(pl.col(numbers).cast(pl.Float64))
    given = cells.select(pl.all().is_not_null()).to_numpy()
    out.dated = dated
    taken = {channel.name for track in out.tracks for channel in track.channels}
    channels = _channels(table, numbers, units, taken)
    out.tracks.append(Track(channels, times[order], cells.to_numpy()[order], given[order]))


def _time_column(frame: "pl.DataFrame", wanted: str | None) -> str | None:
    """Return the column of times: the wanted one, else one of date and time, else one of seconds."""
    import polars as pl

    if wanted is not None and wanted in frame.columns:
        return wanted
    dated = [c for c, kind in frame.schema.items() if isinstance(kind, pl.Datetime) or kind == pl.Date]
    lower = {c.lower(): c for c in dated}
    if dated:
        return next((lower[name] for name in _KNOWN_AT if name in lower), dated[0])
    elapsed = {c.lower(): c for c, kind in frame.schema.items() if kind.is_numeric()}
    return next((elapsed[name] for name in _ELAPSED if name in elapsed), None)


def _moments(frame: "pl.DataFrame", table: str, column: str) -> tuple[np.ndarray, bool]:
    """Return the times in µs, and whether they are dates; DataError when seconds run backwards."""
    import polars as pl

    kind = frame.schema[column]
    if isinstance(kind, pl.Datetime) or kind == pl.Date:
        moments = frame[column].cast(pl.Datetime("us", None) if kind == pl.Date else kind)
        if isinstance(kind, pl.Datetime) and kind.time_zone:
            moments = moments.dt.replace_time_zone(None)
        return moments.dt.cast_time_unit("us").to_physical().to_numpy().astype(np.int64), True
    if not kind.is_numeric():
        raise DataError(f"{table}: column {column!r} holds no times; name another one with --time")
    seconds = frame[column].cast(pl.Float64).to_numpy()
    back = np.flatnonzero(np.diff(seconds) < 0)
    if len(back):
        raise DataError(
            f"{table}: the times in {column!r} run backwards at row {int(back[0]) + 2} "
            f"({seconds[back[0]]:g} → {seconds[back[0] + 1]:g}); they must be of one course"
        )
    return np.round(seconds * MICRO).astype(np.int64), False


def _channels(table: str, columns: list[str], units: dict[str, str], taken: set[str]) -> tuple[Channel, ...]:
    """Return the signals of the columns; each name once, also beside those `taken`."""
    names = [_signal_name(column, units.get(column, "")) for column in columns]
    word = _word(table)
    first = f"{word}_data" if word in _OF_THE_SERVER else word
    found: list[Channel] = []
    for column, name in zip(columns, names, strict=True):
        stated = units.get(column, "")
        symbol = _known(stated)
        text = f"recorded: {column} of {table}" + (f" [{stated}]" if stated and symbol == "1" != stated else "")
        own = base = f"{first}.{name if names.count(name) == 1 else _word(column)}"
        number = 1
        while own in taken:
            number += 1
            own = f"{base}_{number}"
        taken.add(own)
        found.append(Channel(own, symbol, text))
    return tuple(found)


def _known(symbol: str) -> str:
    try:
        return unit(symbol).symbol
    except UnitError:
        return "1"


def _signal_name(column: str, symbol: str) -> str:
    """Return a column's name without the unit at its end: ``roll_force_kN`` → roll_force, ``temp [°C]`` → temp.

    A label stays: ``amount[lime]``.
    """
    if re.fullmatch(r"\w+\[\w+\]", column) and unit_of(column) != symbol:
        return column
    bare = _word(re.sub(r"\s*[\[(][^\])]*[\])]\s*$", "", column) or column)
    head, _, tail = bare.rpartition("_")
    return head if head and symbol and _UNIT_ENDS.get(tail) == symbol else bare


def _word(text: str) -> str:
    """Return text as a word of a signal's name: letters, digits and underscores, lower case."""
    word = re.sub(r"\W+", "_", text).strip("_").lower()
    return word or "value"


def _numbered(passes: "pl.DataFrame", trials: "pl.DataFrame") -> "pl.DataFrame":
    """Return the passes with the number of their bar and their own number within it."""
    import polars as pl

    return passes.join(trials.select("trial", bar_number="key"), on="trial", how="left").with_columns(
        pass_number=pl.col("end").rank("ordinal").over("trial").cast(pl.Int64)
    )


def _heats(
    tables: "dict[str, pl.DataFrame]", units: dict[str, dict[str, str]]
) -> "tuple[dict[str, pl.DataFrame], dict[str, dict[str, str]]]":
    """Return what happened to the heats of a ladle furnace as three tables: heating, dip, addition.

    `heating.on` is 1 from the start of a heating to its end, where its energies come; an addition has one column of
    amounts for each material.
    """
    import polars as pl

    heatings, additions = tables["heatings"], tables["additions"]
    begun = heatings.select("key", time="start", on=pl.lit(1))
    ended = heatings.drop("start").rename({"end": "time"}).with_columns(on=pl.lit(0))
    heating = pl.concat([ended, begun], how="diagonal").sort("time", "on", maintain_order=True)
    materials = sorted(set(additions["material"].to_list()), key=lambda m: (m.rstrip("0123456789"), len(m), m))
    amounts = [
        pl.when(pl.col("material") == material).then(pl.col("amount")).alias(f"amount[{material}]")
        for material in materials
    ]
    found = {
        "heating": heating.rename({"key": "heat_number"}),
        "dip": tables["dips"].rename({"key": "heat_number"}),
        "addition": additions.select(pl.col("key").alias("heat_number"), "time", *amounts),
    }
    kilograms = {f"amount[{m}]": "kg" if m.startswith("bulk") else "" for m in materials}
    of: dict[str, Any] = {
        "heating": units["heatings"] | {"on": "1"}, "dip": units["dips"],
        "addition": kilograms,
    }  # fmt: skip
    return found, of
