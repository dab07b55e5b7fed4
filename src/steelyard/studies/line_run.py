"""One run of a line for some hours: the record on disk and the key figures of what it made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from steelyard import __version__
from steelyard.errors import ParameterError
from steelyard.plant.line import NAME, LineValues, LineWorks, open_line, shipped_line, with_mill
from steelyard.plant.recorder import record_run

HOUR = 3600
DRAIN_EVERY = 6 * HOUR


def run_line(
    line: str,
    hours: float,
    seed: int,
    out: Path | None,
    scenario: str = "normal",
    plant: str = "pilot",
    twin: Path | None = None,
    every: int = 10,
    recordings: int = 0,
    progress: Callable[..., None] | None = None,
) -> dict[str, Any]:
    """Run `line` for `hours` and return its key figures; write the record to folder `out` when one is given.

    `twin` is a file of a calibrated bar_rolling twin whose mill takes the place of the shipped one; `every` [s] is the
    time between two records of the signals; `recordings` bars, the last ones, are also written at 500 Hz.
    ParameterError for an unknown line, plant or scenario; DataError when `out` is not empty.
    """
    if line != NAME:
        raise ParameterError(f"there is no line {line!r}; lines are: {NAME}")
    seconds = max(1, round(hours * HOUR))
    if every > seconds:
        raise ParameterError(f"a run of {seconds} s cannot be recorded every {every} s: make --every smaller")
    if recordings and out is None:
        raise ParameterError("recordings are files: name a folder with --out")
    works = open_line(line_values(plant, twin), seed, scenario)
    about = {"line": line, "plant": plant, "twin": twin.name if twin else None, "scenario": scenario, "seed": seed,
             "hours": hours, "version": __version__, "synthetic": True}  # fmt: skip
    if out is None:
        result: dict[str, Any] = {**about, **_weighed_only(works, seconds)}
    else:
        result = record_run(works, seconds, every, out, about, key_figures, progress)
        if recordings:
            write_recordings(works, recordings, out)
    shown = {name: value for name, value in result.items() if name != "units"}
    return {**shown, "out": str(out) if out else None, "first_bar_min": first_bar_minutes(works)}


def line_values(plant: str, twin: Path | None) -> LineValues:
    """Return the values of a shipped line, its mill replaced by that of a calibrated twin when one is given."""
    values = shipped_line(plant)
    if twin is None:
        return values
    from steelyard.twin.file import load

    found = load(twin)
    if found.process != "bar_rolling":
        raise ParameterError(f"{twin} is a twin of {found.process}; a line takes one of bar_rolling")
    return with_mill(values, plant, found.plant, found.parameters)


def _weighed_only(works: LineWorks, seconds: int) -> dict[str, Any]:
    parts = []
    done = 0
    while works.time_s < seconds:
        works.advance(int(min(DRAIN_EVERY, seconds - works.time_s)))
        parts.append(works.bars(done))
        done += len(parts[-1])
    bars = np.concatenate(parts)
    return {"bars": len(bars), "kpis": key_figures(bars)}


def first_bar_minutes(works: LineWorks) -> float:
    """Return about how long the first bar takes from the furnace's exit to the end of the bed [min]."""
    pace, bed = float(works.plant["line"]["p"]["pace"][0]), works.plant["cooling_bed"]
    slots = bed["y"]["slot_number"].shape[-1]
    return round((pace + slots * float(bed["u"]["rake_time"][0])) / 60.0, 1)


def key_figures(bars: np.ndarray) -> list[dict[str, Any]]:
    """Return the KPIs of the log of bars: id, name (en, ko), unit, value; value None when no bar has left."""
    from steelyard.trials.subjects.hot_bar_line import figures_of

    return figures_of(bars)


def write_recordings(works: LineWorks, count: int, out: Path) -> None:
    """Write the last `count` bars in the log as 500 Hz recordings of synthetic load cells, drives and pyrometers."""
    import polars

    from steelyard.plant.recording import record_bar

    bars = [bar for bar in works.bars() if bar["cobble"] < 0.5][-count:]
    tables = []
    for bar in bars:
        samples = record_bar(works.plant, bar)
        columns = {name: samples[name] for name in samples.dtype.names or ()}
        tables.append(polars.DataFrame({"recording": [f"B{int(bar['number'])}"] * len(samples), **columns}))
    if tables:
        polars.concat(tables).write_parquet(out / "recordings_500Hz.parquet", compression="zstd")
