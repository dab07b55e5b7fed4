"""Reader of recorded bar passes: passes.csv, schedule.csv and specific_heat.csv, as the Freiberg mill has them.

One row of passes.csv is one pass of one trial (bar). Contact time, mid and pause are computed from start and end.
What cannot be read is refused; single implausible values are emptied and listed; off-schedule trials are flagged.
Source of names, units and oddities: shared/data/rolling-freiberg-passes/README.md.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import DataError
from steelyard.hub import grooves
from steelyard.hub.clocks import check_zones
from steelyard.hub.ledger import Ledger
from steelyard.hub.mapping import Mapping, load_mapping, pick_columns
from steelyard.hub.pass_checks import check_lever, drop_strays, flag_off_schedule, note_scatter
from steelyard.hub.ranges import BAR_PASSES, Range
from steelyard.hub.reading import RawTable, as_shown, read_csv, times
from steelyard.hub.source import Source, count, drop_duplicates, frame_of, keep_plausible, note_unread

if TYPE_CHECKING:
    import polars as pl

FILES = ("passes", "schedule", "specific_heat")
UNITS = {
    "passes": {
        "contact_time_s": "s",
        "pause_s": "s",
        "roll_force_kn": "kN",
        "roll_torque_knm": "kN·m",
        "in_temperature_c": "°C",
        "out_temperature_c": "°C",
    },
    "trials": {"key": "1", "passes": "1"},
    "schedule": {"roll_gap_mm": "mm", "roll_nominal_radius_mm": "mm", "velocity_m_s": "m/s"} | grooves.UNITS,
    "specific_heat": {"temperature_k": "K", "specific_heat_j_kgk": "J/(kg·K)"},
}
VALUES = ("start", "end", "roll_force_kn", "roll_torque_knm", "in_temperature_c", "out_temperature_c")
_WORDS = ("campaign", "steel", "trial", "pass_label")
_GROOVE = ("groove", "groove_dimensions_mm")
_NEEDED = {
    "passes": (*_WORDS, "start", "end", "roll_force_kN", "roll_torque_kNm", "in_temperature_C", "out_temperature_C"),
    "schedule": ("pass_label", *_GROOVE, "roll_gap_mm", "roll_nominal_radius_mm", "velocity_m_s"),
    "specific_heat": ("temperature_K", "cp_J_per_kgK"),
}
_COMPUTED = ("mid", "contact_time_s", "pause_since_prev_s")
_REMEDY = f"; the folder must hold {', '.join(f'{name}.csv' for name in FILES)}"


def read_freiberg_passes(folder: Path, mapping: Path | None, ledger: Ledger) -> "dict[str, pl.DataFrame]":
    """Return the tables passes, trials, schedule and specific_heat; DataError with file, row and column.

    passes: campaign, steel, trial, pass_label, start, end, mid, contact_time_s, pause_s, roll_force_kn,
    roll_torque_knm, in_temperature_c, out_temperature_c, off_schedule; trials in time order, passes in time order.
    """
    if not folder.is_dir():
        what = "this is a file" if folder.is_file() else "there is no such folder"
        raise DataError(f"{folder}: {what}; give the folder that holds {', '.join(FILES)} as CSV files")
    how = load_mapping(mapping, FILES, tuple(BAR_PASSES))
    ranges = BAR_PASSES | {
        name: Range(*limits, BAR_PASSES[name].unit, "mapping file", BAR_PASSES[name].below, BAR_PASSES[name].above)
        for name, limits in how.ranges.items()
    }
    schedule = _schedule(_source(folder, "schedule", how, ledger, ranges))
    heat = _specific_heat(_source(folder, "specific_heat", how, ledger, ranges))
    passes, trials = _passes(_source(folder, "passes", how, ledger, ranges), schedule["pass_label"].to_list())
    return {"passes": passes, "trials": trials, "schedule": schedule, "specific_heat": heat}


def _source(folder: Path, name: str, how: Mapping, ledger: Ledger, ranges: dict[str, Range]) -> Source:
    """Return one file ready to be read; unread columns are noted."""
    entry = how.file(name)
    raw = read_csv(folder / (entry.file or f"{name}.csv"), entry.format, _REMEDY)
    columns, unread = pick_columns(raw, entry, _NEEDED[name])
    unknown = [key for key in (*entry.columns, *entry.units) if key not in _NEEDED[name]]
    if unknown:
        raise DataError(f"[files.{name}]: {unknown[0]!r} is no column; columns are: {', '.join(_NEEDED[name])}")
    note_unread(raw, [column for column in unread if column not in _COMPUTED], ledger)
    return Source(raw, entry, ledger, ranges, columns)


def _schedule(source: Source) -> "pl.DataFrame":
    """Return one row per pass of the schedule, in the order of the file."""
    import polars as pl

    raw, columns = source.raw, source.columns
    label = pl.Series("pass_label", raw.cells[columns["pass_label"]], dtype=pl.String)
    twice = (label == "") | ~label.is_first_distinct()
    if twice.any():
        at = int(twice.arg_max() or 0)
        what = f"{as_shown(label[at])} where the label of a new pass must stand"
        raise raw.refuse(raw.rows[at], columns["pass_label"], what, "one row per pass, each with its own label")
    frame = frame_of(
        raw,
        pass_label=label,
        **grooves.groove_columns(raw, columns["groove"], columns["groove_dimensions_mm"]),
        roll_gap_mm=grooves.positive(source, "roll_gap_mm", "mm").alias("roll_gap_mm"),
        roll_nominal_radius_mm=grooves.positive(source, "roll_nominal_radius_mm", "mm"),
        velocity_m_s=grooves.positive(source, "velocity_m_s", "m/s"),
    )
    return _whole(source, frame, ("pass_label", "roll_gap_mm", "roll_nominal_radius_mm", "velocity_m_s"))


def _specific_heat(source: Source) -> "pl.DataFrame":
    """Return specific heat over temperature, by rising temperature."""
    frame = frame_of(
        source.raw,
        temperature_k=grooves.positive(source, "temperature_K", "K").alias("temperature_k"),
        specific_heat_j_kgk=grooves.positive(source, "cp_J_per_kgK", "J/(kg·K)").alias("specific_heat_j_kgk"),
    )
    return _whole(source, frame, ("temperature_k", "specific_heat_j_kgk")).sort("temperature_k")


def _whole(source: Source, frame: "pl.DataFrame", values: tuple[str, ...]) -> "pl.DataFrame":
    """Account for a file of which nothing may be left out."""
    source.ledger.open(source.raw, count(frame, values))
    source.ledger.close(source.raw, frame, values)
    return frame.drop("at")


def _passes(source: Source, labels: list[str]) -> "tuple[pl.DataFrame, pl.DataFrame]":
    """Return the passes and the list of trials."""
    raw, columns, ledger = source.raw, source.columns, source.ledger
    how = source.entry.format
    frame = frame_of(
        raw,
        **{name: _words(raw, columns[name], name) for name in _WORDS},
        start=times(raw, columns["start"], how).alias("start"),
        end=times(raw, columns["end"], how).alias("end"),
        roll_force_kn=source.number("roll_force_kN", "kN"),
        roll_torque_knm=source.number("roll_torque_kNm", "kN·m"),
        in_temperature_c=source.number("in_temperature_C", "°C"),
        out_temperature_c=source.number("out_temperature_C", "°C"),
    )
    _refuse_unknown(raw, columns, frame, labels)
    frame, trials = _numbered(frame)
    ledger.labels |= {key: str(trial) for key, trial in trials.select("key", "trial").iter_rows()}
    ledger.open(raw, count(frame, VALUES))
    frame = drop_duplicates(source, frame, VALUES)
    for name in ("start", "end"):
        frame = ledger.drop_rows(raw, frame, frame[name].is_null(), columns[name], "no_time", VALUES)
    frame = ledger.drop_rows(raw, frame, frame["end"] <= frame["start"], columns["end"], "pass_ends_first", VALUES)
    frame = frame.sort("key", "start", "at")
    again = ~frame.select("key", "pass_label").to_struct().is_first_distinct()
    frame = ledger.drop_rows(raw, frame, again, columns["pass_label"], "repeated_pass", VALUES)
    if not frame.height:
        raise raw.refuse(None, None, "no pass is left", "check columns, times and units")
    for name, theirs in zip(VALUES[2:], _NEEDED["passes"][6:], strict=True):
        frame = keep_plausible(source, frame, theirs, name)
    check_zones([raw], ledger)
    check_lever(source, frame)
    frame = flag_off_schedule(_timed(frame), ledger)
    frame = drop_strays(source, frame)
    note_scatter(frame, ledger)
    ledger.close(raw, frame, VALUES)
    return _finished(frame, trials)


def _words(raw: RawTable, column: str, name: str) -> "pl.Series":
    """Return a column of words, empty cells as null; DataError at the first trial or pass without a name."""
    import polars as pl

    text = pl.Series(name, raw.cells[column], dtype=pl.String)
    empty = text == ""
    if name in ("trial", "pass_label") and empty.any():
        at = int(empty.arg_max() or 0)
        raise raw.refuse(raw.rows[at], column, "an empty cell", "every row names its trial and its pass")
    return text.set(empty, None)


def _refuse_unknown(raw: RawTable, columns: dict[str, str], frame: "pl.DataFrame", labels: list[str]) -> None:
    """DataError at the first pass that the schedule does not know."""
    unknown = ~frame["pass_label"].is_in(labels)
    if unknown.any():
        at = int(unknown.arg_max() or 0)
        raise raw.refuse(
            raw.rows[at],
            columns["pass_label"],
            f"pass {as_shown(frame['pass_label'][at])} does not stand in the schedule ({', '.join(labels)})",
            "add it to schedule.csv, or correct the label",
        )


def _numbered(frame: "pl.DataFrame") -> "tuple[pl.DataFrame, pl.DataFrame]":
    """Return the frame with `key`, the number of the trial in time order, and the list of trials."""
    import polars as pl

    trials = (
        frame.group_by("campaign", "trial", maintain_order=True)
        .agg(pl.col("steel").drop_nulls().first(), pl.col("start").min(), pl.len().alias("passes"))
        .sort("start", "trial", nulls_last=True, maintain_order=True)
        .with_row_index("key", offset=1)
        .with_columns(pl.col("key").cast(pl.Int64), pl.col("passes").cast(pl.Int64))
    )
    keys = trials.select("key", "campaign", "trial")
    joined = frame.join(keys, on=["campaign", "trial"], how="left", nulls_equal=True, maintain_order="left")
    return joined, trials.select("key", "trial", "campaign", "steel", "start", "passes")


def _timed(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return the frame (sorted by key and start) with mid, contact time and the pause from mid to mid."""
    import polars as pl

    half = (pl.col("end") - pl.col("start")) / 2
    frame = frame.with_columns(
        mid=(pl.col("start") + half).cast(pl.Datetime("us")),
        contact_time_s=(pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6,
    )
    return frame.with_columns(pause_s=pl.col("mid").diff().over("key").dt.total_microseconds() / 1e6)


def _finished(frame: "pl.DataFrame", trials: "pl.DataFrame") -> "tuple[pl.DataFrame, pl.DataFrame]":
    """Return passes and trials as they are stored."""
    import polars as pl

    seen = frame.group_by("key").agg(
        pl.len().cast(pl.Int64).alias("passes"), pl.col("start").min(), pl.col("off_schedule").first()
    )
    kept = trials.drop("passes", "start").join(seen, on="key", how="inner", maintain_order="left")
    order = (*_WORDS, "start", "end", "mid", "contact_time_s", "pause_s", *VALUES[2:], "off_schedule")
    return frame.select(order), kept.select("key", "trial", "campaign", "steel", "start", "passes", "off_schedule")
