"""Reader of raw rolling recordings (500 Hz): load cells, torques, pyrometers of a reversing and finishing stands.

One table of samples: Parquet or CSV files of a folder (or one file) with the columns `recording` (else the file's
name), `time`, and channels whose names end in their unit: force_*_kN, torque_*_kNm, T*_C.
Source of names and units: shared/data/rolling-freiberg-timeseries/README.md.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.ledger import Ledger
from steelyard.hub.mapping import FileMap, load_mapping
from steelyard.hub.ranges import RECORDINGS
from steelyard.hub.reading import RawTable, numbers, read_csv, times
from steelyard.hub.source import median_of
from steelyard.units import convert

if TYPE_CHECKING:
    import polars as pl

FILES = ("signals",)
CHANNEL = re.compile(r"(?:(force)_\w+_(kn)|(torque)_\w+_(knm)|(t)[0-9]+(?:_\w+)?_(c))", re.IGNORECASE)
CHANNEL_UNITS = {"kn": "kN", "knm": "kN·m", "c": "°C"}
_LIST_UNITS = {"key": "1", "samples": "1", "step_ms": "ms", "gaps": "1", "longest_gap_ms": "ms"}
WIDEST_GAP = 5.0  # steps; more than this between two samples is a gap
FEWEST_SAMPLES = 50


def read_recordings(path: Path, mapping: Path | None, ledger: Ledger) -> "dict[str, pl.DataFrame]":
    """Return the tables signals (recording, time, channels in lower case) and recordings; DataError: file, row."""
    import polars as pl

    entry = load_mapping(mapping, FILES, ()).file("signals")
    frames = [_read_file(file, entry, ledger) for file in _files(path, entry)]
    columns = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    signals = pl.concat(frames, how="diagonal").select(columns).sort("recording", "time", maintain_order=True)
    return {"signals": signals, "recordings": _list(signals, ledger)}


def units_of_tables(tables: "dict[str, pl.DataFrame]") -> dict[str, dict[str, str]]:
    """Return table → column → unit."""
    channels = {name: channel_unit(name) for name in tables["signals"].columns if channel_unit(name)}
    return {"signals": channels, "recordings": dict(_LIST_UNITS)}


def channel_unit(name: str) -> str:
    """Return the unit of a channel, "" for a column that is no channel."""
    found = CHANNEL.fullmatch(name)
    return CHANNEL_UNITS[next(part for part in found.groups()[1::2] if part).lower()] if found else ""


def _files(path: Path, entry: FileMap) -> list[Path]:
    """Return the files to read."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"{path}: there is no such folder or file; give the folder of the recordings")
    if entry.file:
        return [path / entry.file]
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in (".parquet", ".pq", ".csv"))
    if not found:
        there = ", ".join(sorted(p.name for p in path.iterdir())[:12]) or "nothing"
        raise DataError(f"{path}: no Parquet or CSV file of recordings; the folder holds: {there}")
    return found


def _read_file(path: Path, entry: FileMap, ledger: Ledger) -> "pl.DataFrame":
    """Return the samples of one file: recording, time, channels; implausible values emptied and listed."""
    import polars as pl

    raw, frame = _parquet(path) if path.suffix.lower() != ".csv" else _csv(path, entry)
    theirs = {ours: entry.columns.get(ours, ours) for ours in ("recording", "time")}
    if theirs["time"] not in frame.columns:
        raise raw.refuse(1, theirs["time"], "there is no such column", "state it: [files.signals.columns] time = …")
    frame = frame.rename({name: ours for ours, name in entry.columns.items() if name in frame.columns})
    channels = [name for name in frame.columns if channel_unit(name)]
    if not channels:
        hint = "channels are named force_…_kN, torque_…_kNm and T1_…_C; rename them in a mapping file (--map)"
        raise raw.refuse(1, None, f"no channel among the columns {', '.join(frame.columns[:12])}", hint)
    unread = [name for name in frame.columns if name not in (*channels, "recording", "time")]
    if unread:
        said = f"{path.name}: these columns are not read: ", f"{path.name}: 다음 열은 읽지 않습니다: "
        ledger.note("unread_columns", *(text + ", ".join(unread) for text in said), columns=unread)
    if "recording" not in frame.columns:
        frame = frame.with_columns(recording=pl.lit(path.stem))
    frame = frame.select("recording", "time", *channels).with_row_index("at")
    frame = frame.with_columns(pl.col("recording").cast(pl.String), key=pl.lit(None, pl.Int64))
    _check_types(raw, frame, channels)
    return _cleaned(raw, frame, channels, entry, ledger)


def _parquet(path: Path) -> "tuple[RawTable, pl.DataFrame]":
    """Return a Parquet file."""
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is missing; check the path") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path}: damaged, or no Parquet file; export it again") from error
    if not frame.height:
        raise DataError(f"{path}: the table has no rows; export it again")
    return RawTable(path, list(frame.columns), {}, list(range(1, frame.height + 1))), frame


def _csv(path: Path, entry: FileMap) -> "tuple[RawTable, pl.DataFrame]":
    """Return a CSV file with its times and channels read."""
    import polars as pl

    raw = read_csv(path, entry.format)
    time = entry.columns.get("time", "time")
    ours = {theirs: name for name, theirs in entry.columns.items()}
    read = {}
    for name in raw.header:
        if name == time:
            read[name] = times(raw, name, entry.format)
        elif channel_unit(ours.get(name, name)):
            read[name] = numbers(raw, name, entry.format.decimal)
        else:
            read[name] = pl.Series(name, raw.cells[name], dtype=pl.String)
    return raw, pl.DataFrame(read)


def _check_types(raw: RawTable, frame: "pl.DataFrame", channels: list[str]) -> None:
    """DataError when the time is no time, or a channel holds no numbers."""
    import polars as pl

    if not isinstance(frame["time"].dtype, pl.Datetime):
        raise raw.refuse(None, "time", "these are no times", "write date and time with milliseconds")
    empty = frame["recording"].is_null() | (frame["recording"] == "")
    if empty.any():
        raise raw.refuse(raw.rows[int(empty.arg_max() or 0)], "recording", "an empty cell", "name every recording")
    for name in channels:
        if not frame[name].dtype.is_numeric():
            raise raw.refuse(None, name, "these are no numbers", "export the channel as numbers")


def _cleaned(
    raw: RawTable, frame: "pl.DataFrame", channels: list[str], entry: FileMap, ledger: Ledger
) -> "pl.DataFrame":
    """Return samples in our names and units; values that cannot be are emptied, repeated times dropped."""
    import polars as pl

    frame = frame.with_columns(pl.col("time").dt.replace_time_zone(None).cast(pl.Datetime("us")))
    values = tuple(channels)
    ledger.open(raw, sum(frame.height - frame[name].null_count() for name in channels))
    frame = _drop_rows(raw, frame, frame["time"].is_null(), "no_time", values, ledger)
    for name in channels:
        unit = channel_unit(name)
        stated = entry.units.get(name, unit)
        column = frame[name].cast(pl.Float64)
        frame = frame.with_columns((column if stated == unit else convert(column, stated, unit)).alias(name))
        limits = RECORDINGS[unit]
        wild = ~frame[name].is_finite()
        beyond = (frame[name] < limits.low) | (frame[name] > limits.high)
        if not (wild | beyond).any():
            continue
        many, shown = int((wild | beyond).sum()), f"median {median_of(frame[name]):g}; {limits.span}"
        ledger.refuse_many(raw, name, many, frame.height, shown, unit)
        for bad, reason in ((wild, "not_finite"), (beyond & ~wild, "beyond_sensor")):
            frame = ledger.drop_values(raw, frame, bad, name, _shown(raw, frame, name), reason)
    again = ~frame.select("recording", "time").to_struct().is_first_distinct()
    frame = _drop_rows(raw, frame, again, "duplicate_row", values, ledger)
    ledger.close(raw, frame, values)
    narrow = [pl.col(name).cast(pl.Float32).alias(name.lower()) for name in channels]
    return frame.select("recording", "time", *narrow)


def _drop_rows(
    raw: RawTable, frame: "pl.DataFrame", bad: "pl.Series", reason: str, values: tuple[str, ...], ledger: Ledger
) -> "pl.DataFrame":
    """Drop samples by their time; nothing is quoted when there are none."""
    return ledger.drop_rows(raw, frame, bad, _shown(raw, frame, "time"), reason, values) if bad.any() else frame


def _shown(raw: RawTable, frame: "pl.DataFrame", name: str) -> str:
    """Return the column's name after making sure that its cells can be quoted."""
    if name not in raw.cells:
        cells = [""] * len(raw.rows)
        for at, value in zip(frame["at"], frame[name], strict=True):
            cells[at] = str(value)
        raw.cells[name] = cells
    return name


def _list(signals: "pl.DataFrame", ledger: Ledger) -> "pl.DataFrame":
    """Return the list of recordings in time order; gaps are noted, a recording too short to be one is refused."""
    import polars as pl

    step = pl.col("time").diff().over("recording").dt.total_microseconds() / 1e3
    timed = signals.select("recording", "time", step=step)
    listed = (
        timed.with_columns(usual=pl.col("step").median().over("recording"))
        .group_by("recording", maintain_order=True)
        .agg(
            pl.col("time").min().alias("start"),
            pl.col("time").max().alias("end"),
            pl.len().cast(pl.Int64).alias("samples"),
            pl.col("step").median().alias("step_ms"),
            (pl.col("step") > WIDEST_GAP * pl.col("usual")).sum().cast(pl.Int64).alias("gaps"),
            pl.col("step").max().alias("longest_gap_ms"),
        )
        .sort("start")
    )
    short = listed.filter(pl.col("samples") < FEWEST_SAMPLES)
    if short.height:
        raise DataError(
            f"recording {short['recording'][0]!r} has {short['samples'][0]} samples only; was the file cut?"
        )
    for name, gaps, longest in (
        listed.filter(pl.col("gaps") > 0).select("recording", "gaps", "longest_gap_ms").iter_rows()
    ):
        ledger.note(
            "gaps",
            f"{name!s}: {gaps} gap(s) in the samples, the longest {longest:.0f} ms",
            f"{name!s}: 샘플 공백 {gaps}곳, 최대 {longest:.0f} ms",
            recording=name,
        )
    return listed.with_row_index("key", offset=1).with_columns(pl.col("key").cast(pl.Int64))
