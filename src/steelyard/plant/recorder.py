"""Run a line and keep its record: signals, bars, passes and genealogy as Parquet, in trade units.

Memory stays flat however long the run is: signals are written in parts, finished bars are drained from the log. A run
that is interrupted leaves nothing under its name: the folder is renamed into place when it is complete.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import DataError
from steelyard.plant.bar_log import BAR_RECORD, LOG_LENGTH, Bar
from steelyard.plant.line import LineWorks
from steelyard.plant.traffic import grade_name
from steelyard.signals import Quantity, declared
from steelyard.units import from_si

ROWS_PER_PART = 8_192
ROWS = "bars.raw"
STAYS = (
    ("reheating_furnace", "charge_time", "discharge_time"),
    ("bar_rolling", "rolling_start", "rolling_end"),
    ("cooling_bed", "bed_time", "off_time"),
)


def record_run(
    works: LineWorks,
    seconds: int,
    every: int,
    out: Path,
    about: dict[str, Any],
    weigh: Callable[[np.ndarray], list[dict[str, Any]]],
    progress: Callable[..., None] | None = None,
) -> dict[str, Any]:
    """Run `works` for `seconds` of plant time, read the board every `every` [s], write the record to folder `out`.

    Files: ``signals-0000.parquet`` and on (one column for each signal), ``bars-…``, ``passes-…``, ``genealogy-…``,
    and ``run.json`` (`about`, units of all columns, the key figures that `weigh` makes of the log of bars).
    Return what ``run.json`` holds. DataError when `out` exists and is not an empty folder.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is there already and not empty: choose another --out, or remove it first")
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        units = _run(works, seconds, every, folder, progress or (lambda *_: None))
        summary = {**about, "seconds": seconds, "every_s": every, **_finish(folder, weigh)}
        summary["units"] = {"signals": units, "bars": {name: q.board_unit for name, q in declared(Bar).items()}}
        text = json.dumps(summary, ensure_ascii=False, indent=1)
        (folder / "run.json").write_text(text + "\n", encoding="utf-8")
        if out.exists():
            out.rmdir()
        folder.chmod(0o755)
        os.replace(folder, out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return summary


def _run(works: LineWorks, seconds: int, every: int, folder: Path, progress: Callable[..., None]) -> dict[str, Any]:
    """Run, write the signals in parts and the finished bars as raw rows; return the units of the signals."""
    reader = works.board.reader(works.board.signals)
    rows: list[list[float]] = []
    part = done = 0
    with (folder / ROWS).open("wb") as raw:
        for now in range(every, seconds + 1, every):
            works.advance(every)
            rows.append([works.time_s, *reader.read()])
            if works.departed() - done >= LOG_LENGTH // 4 or now + every > seconds:
                fresh = works.bars(done)
                raw.write(fresh.tobytes())
                done += len(fresh)
            if len(rows) == ROWS_PER_PART:
                _write_signals(folder, part, reader.names, rows)
                rows, part = [], part + 1
            if now // every % 100 == 0:
                progress(now / seconds)
    if rows or not part:
        _write_signals(folder, part, reader.names, rows)
    return {"time_s": "s", **{name: signal.unit for name, signal in works.board.signals.items()}}


def _finish(folder: Path, weigh: Callable[[np.ndarray], list[dict[str, Any]]]) -> dict[str, Any]:
    """Turn the raw rows into tables and key figures; the rows stay on disk meanwhile."""
    path = folder / ROWS
    empty = path.stat().st_size == 0
    bars = np.zeros(0, BAR_RECORD) if empty else np.memmap(path, dtype=BAR_RECORD, mode="r")
    for part, start in enumerate(range(0, max(len(bars), 1), ROWS_PER_PART)):
        write_bars(folder, bars[start : start + ROWS_PER_PART], part)
    result = {"bars": len(bars), "kpis": weigh(bars)}
    del bars
    path.unlink()
    return result


def _write_signals(folder: Path, part: int, names: list[str], rows: list[list[float]]) -> None:
    import polars

    table = np.array(rows, dtype=float).reshape(len(rows), len(names) + 1)
    columns = {name: table[:, k] for k, name in enumerate(["time_s", *names])}
    polars.DataFrame(columns).write_parquet(folder / f"signals-{part:04d}.parquet", compression="zstd")


def bar_tables(bars: np.ndarray) -> dict[str, dict[str, np.ndarray | list[str]]]:
    """Return the log of bars as tables ``bars``, ``passes`` and ``genealogy``: column name → values in trade units."""
    quantities = declared(Bar)
    single: dict[str, Any] = {n: _shown(bars[n], q) for n, q in quantities.items() if not q.shape}
    single["grade"] = [grade_name(int(k)) for k in bars["grade"]]
    used = bars["force"] > 0.0
    row, stand = np.nonzero(used)
    passes: dict[str, Any] = {"number": bars["number"][row], "pass_number": stand + 1.0}
    passes |= {n: _shown(bars[n], q)[row, stand] for n, q in quantities.items() if q.shape}
    return {"bars": single, "passes": passes, "genealogy": _genealogy(bars)}


def _genealogy(bars: np.ndarray) -> dict[str, Any]:
    """Which billet became which bar, and when it was in which unit: with it every signal of a bar is found."""
    rows = [
        (f"B{int(bar['number'])}" if bar["cobble"] < 0.5 else "", f"P{int(bar['number'])}", unit, bar[start], bar[end])
        for bar in bars for unit, start, end in STAYS if bar[end] > 0.0
    ]  # fmt: skip
    names = ("bar", "billet", "unit", "from_s", "to_s")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _shown(values: np.ndarray, q: Quantity) -> np.ndarray:
    return np.asarray(from_si(np.asarray(values, dtype=float), q.board_unit))


def write_bars(folder: Path, bars: np.ndarray, part: int = 0) -> None:
    """Write the tables of the log as one part into `folder`."""
    import polars

    for name, columns in bar_tables(bars).items():
        polars.DataFrame(columns).write_parquet(folder / f"{name}-{part:04d}.parquet", compression="zstd")


def signals_of(folder: Path, number: int) -> Any:
    """Return the signals recorded while bar `number` was in each unit: a table with the columns unit, time_s, signals.

    Of the signals of a unit only those of that unit are filled. DataError when the record or the bar is not there.
    """
    import polars

    parts = sorted(folder.glob("genealogy-*.parquet"))
    if not parts:
        raise DataError(f"{folder} holds no record of a line: it has no genealogy-0000.parquet")
    stays = polars.read_parquet(parts).filter(polars.col("billet") == f"P{number}")
    if stays.is_empty():
        raise DataError(f"{folder}: bar {number} did not leave the line during this run")
    signals = polars.scan_parquet(sorted(folder.glob("signals-*.parquet")))
    found = []
    for unit, start, end in stays.select("unit", "from_s", "to_s").iter_rows():
        inside = signals.filter(polars.col("time_s").is_between(start, end))
        own = [n for n in signals.collect_schema().names() if n.startswith(f"{unit}.")]
        found.append(inside.select(polars.lit(unit).alias("unit"), "time_s", *own).collect())
    return polars.concat(found, how="diagonal")
