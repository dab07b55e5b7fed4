"""Reader of recorded ladle-furnace heats: seven CSV files as a plant hands them over.

arc (heatings), temp (dips), bulk + bulk_time, wire + wire_time (additions), gas. Rows belong together by `key`,
the number of the heat. What cannot be read is refused; single implausible values are dropped and listed.
Source of names, units and oddities: shared/data/ladle-furnace/README.md.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub.clocks import check_zones
from steelyard.hub.heat_keys import name_heats
from steelyard.hub.ladle_additions import additions
from steelyard.hub.ladle_checks import check_clock, check_energy_unit, check_temperature_unit, note_order, note_partners
from steelyard.hub.ledger import Ledger
from steelyard.hub.mapping import Mapping, load_mapping, pick_columns
from steelyard.hub.ranges import LADLE_FURNACE, Range
from steelyard.hub.reading import RawTable, integers, read_csv, times
from steelyard.hub.source import (
    Source,
    count,
    drop_duplicates,
    frame_of,
    keep_plausible,
    median_of,
    note_unread,
    refuse_twice,
)

if TYPE_CHECKING:
    import polars as pl

FILES = ("arc", "temp", "bulk", "bulk_time", "wire", "wire_time", "gas")
UNITS = {
    "heats": {"key": "1"},
    "heatings": {"key": "1", "active_energy_mwh": "MWh", "reactive_energy_mvarh": "MVArh"},
    "dips": {"key": "1", "temperature_c": "°C"},
    "additions": {"key": "1", "amount": "kg (bulk); unknown (wire)"},
    "gas": {"key": "1", "argon_m3": "m³"},
}
_ALL_NEEDED = (
    f"; all seven files are required, with rows: {', '.join(FILES)}. Where a heat had no addition or no gas, its row "
    "holds the key and empty cells"
)


def read_ladle_furnace(folder: Path, mapping: Path | None, ledger: Ledger) -> "dict[str, pl.DataFrame]":
    """Return the tables heatings, dips, additions, gas, each sorted by key and time; DataError when it cannot be."""
    if Path(folder).is_file():
        raise DataError(f"{folder}: this is a file; give the folder that holds the seven CSV files: {folder.parent}")
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: there is no such folder; give the folder that holds the seven CSV files")
    how = load_mapping(mapping, FILES, tuple(LADLE_FURNACE))
    ranges = LADLE_FURNACE | {
        name: Range(*limits, LADLE_FURNACE[name].unit, "mapping file") for name, limits in how.ranges.items()
    }
    raws = {name: _read(Path(folder), name, how) for name in FILES}
    named = name_heats(raws, how, ledger)
    added = [
        additions((raws[name], raws[f"{name}_time"]), (how.file(name), how.file(f"{name}_time")), name, ledger, ranges)
        for name in ("bulk", "wire")
    ]
    tables = {
        "heatings": _heatings(_source(raws, how, "arc", ledger, ranges)),
        "dips": _dips(_source(raws, how, "temp", ledger, ranges)),
        "additions": added[0].vstack(added[1]).sort("key", "time", "material"),
        "gas": _gas(_source(raws, how, "gas", ledger, ranges)),
    }
    check_zones(list(raws.values()), ledger)
    check_clock(tables, folder, ledger)
    note_partners(tables, ledger)
    return tables if named is None else tables | {"heats": named}


def _read(folder: Path, name: str, how: Mapping) -> RawTable:
    entry = how.file(name)
    return read_csv(folder / (entry.file or f"{name}.csv"), entry.format, _ALL_NEEDED)


_NEEDED = {
    "arc": ("key", "heating_start", "heating_end", "active_power", "reactive_power"),
    "temp": ("key", "time", "temperature_c"),
    "gas": ("key", "gas_1"),
}


def _source(raws: dict[str, RawTable], how: Mapping, name: str, ledger: Ledger, ranges: dict[str, Range]) -> Source:
    """Return a file ready to be read by our column names; unread columns are noted, nothing is lost silently."""
    raw, entry = raws[name], how.file(name)
    columns, unread = pick_columns(raw, entry, _NEEDED[name])
    unknown = [key for key in (*entry.columns, *entry.units) if key not in _NEEDED[name]]
    if unknown:
        raise DataError(f"[files.{name}]: {unknown[0]!r} is no column; columns are: {', '.join(_NEEDED[name])}")
    note_unread(raw, unread, ledger)
    return Source(raw, entry, ledger, ranges, columns)


def _heatings(source: Source) -> "pl.DataFrame":
    raw, how = source.raw, source.entry.format
    values = ("start", "end", "active_energy_mwh", "reactive_energy_mvarh")
    frame = frame_of(
        raw,
        key=integers(raw, source.columns["key"]),
        start=times(raw, source.columns["heating_start"], how),
        end=times(raw, source.columns["heating_end"], how),
        active_energy_mwh=source.number("active_power", "MWh"),
        reactive_energy_mvarh=source.number("reactive_power", "MVArh"),
    )
    source.ledger.open(raw, count(frame, values))
    check_energy_unit(source, frame)
    frame = drop_duplicates(source, frame, values)
    for name, ours, reason in (
        ("start", "heating_start", "no_time"),
        ("end", "heating_end", "no_time"),
        ("active_energy_mwh", "active_power", "no_value"),
    ):
        frame = source.ledger.drop_rows(raw, frame, frame[name].is_null(), source.columns[ours], reason, values)
    end = source.columns["heating_end"]
    frame = source.ledger.drop_rows(raw, frame, frame["end"] < frame["start"], end, "end_before_start", values)
    idle = (frame["end"] == frame["start"]) & (frame["active_energy_mwh"] > 0)
    frame = source.ledger.drop_rows(raw, frame, idle, end, "no_duration", values)
    frame = keep_plausible(source, frame, "active_power", "active_energy_mwh", values)
    frame = keep_plausible(source, frame, "reactive_power", "reactive_energy_mvarh")
    source.ledger.close(raw, frame, values)
    note_order(source, frame, "start")
    return frame.drop("at").sort("key", "start")


def _dips(source: Source) -> "pl.DataFrame":
    raw, values = source.raw, ("time", "temperature_c")
    frame = frame_of(
        raw,
        key=integers(raw, source.columns["key"]),
        time=times(raw, source.columns["time"], source.entry.format),
        temperature_c=source.number("temperature_c", "°C"),
    )
    source.ledger.open(raw, count(frame, values))
    check_temperature_unit(source, median_of(frame["temperature_c"]))
    frame = drop_duplicates(source, frame, values)
    frame = source.ledger.drop_rows(raw, frame, frame["time"].is_null(), source.columns["time"], "no_time", values)
    column = source.columns["temperature_c"]
    frame = source.ledger.drop_rows(raw, frame, frame["temperature_c"].is_null(), column, "no_value", values)
    frame = keep_plausible(source, frame, "temperature_c", "temperature_c", values)
    source.ledger.close(raw, frame, values)
    note_order(source, frame, "time")
    return frame.drop("at").sort("key", "time")


def _gas(source: Source) -> "pl.DataFrame":
    raw = source.raw
    frame = frame_of(raw, key=integers(raw, source.columns["key"]), argon_m3=source.number("gas_1", "m³"))
    source.ledger.open(raw, count(frame, ("argon_m3",)))
    frame = drop_duplicates(source, frame, ("argon_m3",))
    refuse_twice(raw, frame, source.columns["key"])
    frame = source.ledger.drop_rows(
        raw, frame, frame["argon_m3"].is_null(), source.columns["gas_1"], "no_value", ("argon_m3",)
    )
    frame = keep_plausible(source, frame, "gas_1", "argon_m3", ("argon_m3",))
    source.ledger.close(raw, frame, ("argon_m3",))
    return frame.drop("at").sort("key")
