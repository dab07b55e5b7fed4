"""Reader of a continuous bar and rod mill: stands.csv, measured_set1.csv (set2 …), and wicon_calculated.csv if present.

Source of names and units: shared/data/rod-mill-16stand/README.md.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub import grooves
from steelyard.hub.ledger import Ledger
from steelyard.hub.mapping import FileMap, Mapping, load_mapping, pick_columns
from steelyard.hub.ranges import ROD_MILL, Range
from steelyard.hub.reading import integers, read_csv
from steelyard.hub.source import Source, count, frame_of, keep_plausible, note_unread

if TYPE_CHECKING:
    import polars as pl

FILES = ("stands", "measured", "wicon")
_RESULT_UNITS = {"set": "1", "stand": "1", "exit_temperature_c": "°C", "roll_torque_knm": "kN·m"}
UNITS = {
    "stands": {
        "stand": "1",
        "roll_nominal_radius_mm": "mm",
        "transport_length_m": "m",
        "roll_gap_mm": "mm",
        "velocity_m_s": "m/s",
    }
    | grooves.UNITS,
    "measured": _RESULT_UNITS,
    "wicon": _RESULT_UNITS,
}
_STANDS = (
    "stand",
    "groove",
    "groove_dimensions_mm",
    "roll_nominal_radius_mm",
    "transport_length_to_next_m",
    "roll_gap_mm",
    "velocity_m_s",
)
_RESULTS = ("stand", "exit_surface_temperature_C", "roll_torque_Nm")
_VALUES = ("exit_temperature_c", "roll_torque_knm")
_SET = re.compile(r"measured_set([0-9]+)\.csv", re.IGNORECASE)


def read_rod_mill(folder: Path, mapping: Path | None, ledger: Ledger) -> "dict[str, pl.DataFrame]":
    """Return the tables stands, measured (set, stand, exit_temperature_c, roll_torque_knm) and wicon (the same).

    Every file measured_setN.csv is read; wicon is empty when there is no such file. DataError with file, row, column.
    """
    import polars as pl

    if not folder.is_dir():
        what = "this is a file" if folder.is_file() else "there is no such folder"
        raise DataError(f"{folder}: {what}; give the folder that holds stands.csv and measured_set1.csv")
    how = load_mapping(mapping, FILES, tuple(ROD_MILL))
    ranges = ROD_MILL | {
        name: Range(*limits, ROD_MILL[name].unit, "mapping file", ROD_MILL[name].below, ROD_MILL[name].above)
        for name, limits in how.ranges.items()
    }
    stands = _stands(_source(folder / (how.file("stands").file or "stands.csv"), how, "stands", ledger, ranges))
    known = stands["stand"].to_list()
    measured = [
        _results(_source(path, how, "measured", ledger, ranges), number, known)
        for number, path in _sets(folder, how.file("measured"))
    ]
    calculated = folder / (how.file("wicon").file or "wicon_calculated.csv")
    wicon = measured[0].clear()
    if calculated.exists() or how.file("wicon").file:
        wicon = _results(_source(calculated, how, "wicon", ledger, ranges), 0, known)
    return {"stands": stands, "measured": pl.concat(measured), "wicon": wicon}


def _sets(folder: Path, entry: FileMap) -> list[tuple[int, Path]]:
    """Return (number of the set, file) of every measured set; DataError when there is none."""
    if entry.file:
        return [(1, folder / entry.file)]
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _SET.fullmatch(path.name))]
    if not found:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or "nothing"
        raise DataError(f"{folder}: measured_set1.csv is missing; the folder holds: {there}")
    return sorted(found)


def _source(path: Path, how: Mapping, name: str, ledger: Ledger, ranges: dict[str, Range]) -> Source:
    """Return one file ready to be read; unread columns are noted."""
    entry, needed = how.file(name), _STANDS if name == "stands" else _RESULTS
    raw = read_csv(path, entry.format)
    columns, unread = pick_columns(raw, entry, needed)
    unknown = [key for key in (*entry.columns, *entry.units) if key not in needed]
    if unknown:
        raise DataError(f"[files.{name}]: {unknown[0]!r} is no column; columns are: {', '.join(needed)}")
    note_unread(raw, unread, ledger)
    return Source(raw, entry, ledger, ranges, columns)


def _stand_numbers(source: Source) -> "pl.Series":
    """Return the column `stand`; DataError when a stand stands twice."""
    stand = integers(source.raw, source.columns["stand"])
    again = ~stand.is_first_distinct()
    if again.any():
        at = int(again.arg_max() or 0)
        what = f"stand {stand[at]} stands a second time"
        raise source.raw.refuse(source.raw.rows[at], source.columns["stand"], what, "one row per stand")
    return stand


def _stands(source: Source) -> "pl.DataFrame":
    """Return one row per stand, in rolling order."""
    raw, columns = source.raw, source.columns
    frame = frame_of(
        raw,
        stand=_stand_numbers(source).alias("stand"),
        **grooves.groove_columns(raw, columns["groove"], columns["groove_dimensions_mm"]),
        roll_nominal_radius_mm=grooves.positive(source, "roll_nominal_radius_mm", "mm"),
        transport_length_m=grooves.positive(source, "transport_length_to_next_m", "m", empty=True),
        roll_gap_mm=grooves.positive(source, "roll_gap_mm", "mm"),
        velocity_m_s=grooves.positive(source, "velocity_m_s", "m/s"),
    )
    values = ("roll_nominal_radius_mm", "transport_length_m", "roll_gap_mm", "velocity_m_s")
    source.ledger.open(raw, count(frame, values))
    source.ledger.close(raw, frame, values)
    return frame.drop("at").sort("stand")


def _results(source: Source, number: int, known: list[int]) -> "pl.DataFrame":
    """Return one measured or calculated set: set, stand, exit temperature, torque; implausible values emptied."""
    import polars as pl

    raw, columns = source.raw, source.columns
    stand = _stand_numbers(source)
    unknown = ~stand.is_in(known)
    if unknown.any():
        at = int(unknown.arg_max() or 0)
        what = f"stand {stand[at]} does not stand in stands.csv"
        raise raw.refuse(raw.rows[at], columns["stand"], what, "correct the number, or add the stand")
    frame = frame_of(
        raw,
        key=stand.alias("key"),
        exit_temperature_c=source.number("exit_surface_temperature_C", "°C"),
        roll_torque_knm=_in_knm(source),
    )
    source.ledger.open(raw, count(frame, _VALUES))
    for name, theirs in zip(_VALUES, _RESULTS[1:], strict=True):
        frame = keep_plausible(source, frame, theirs, name)
    source.ledger.close(raw, frame, _VALUES)
    return frame.select(pl.lit(number, pl.Int64).alias("set"), pl.col("key").alias("stand"), *_VALUES).sort("stand")


def _in_knm(source: Source) -> "pl.Series":
    """Return the torque in kN·m; the file writes N·m unless the mapping states another unit."""
    stated = source.entry.units.get("roll_torque_Nm", "N·m")
    units = dict(source.entry.units) | {"roll_torque_Nm": stated}
    entry = FileMap(source.entry.file, source.entry.columns, units, source.entry.format, source.entry.section)
    return Source(source.raw, entry, source.ledger, source.ranges, source.columns).number("roll_torque_Nm", "kN·m")
