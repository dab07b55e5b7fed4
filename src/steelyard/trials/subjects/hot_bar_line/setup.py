"""What a calibrated twin of the mill would have set each pass up for: known before the bar's forces, so no leak."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import DataError
from steelyard.trials.subjects.hot_bar_line.passes import RecordedBar


def with_setup(bars: list[RecordedBar], store: Any, name: str, path: Path, scored: set[int]) -> list[RecordedBar]:
    """Return the bars with the set-up force [kN] of each pass, from the twin's start temperature and the pauses.

    DataError when the twin is of another process, or was calibrated with bars that are to be scored.
    """
    from steelyard.twin.bar_rolling.predict import estimate
    from steelyard.twin.bar_rolling.records import fingerprints, read_bars
    from steelyard.twin.file import load

    twin = load(path)
    if twin.process != "bar_rolling":
        raise DataError(f"{path}: a twin of {twin.process}; roll forces need one of bar_rolling")
    read = read_bars(store, name)
    places = {
        (read.campaigns[int(c)], trial): i for i, (c, trial) in enumerate(zip(read.campaign, read.trial, strict=True))
    }
    seen, prints = set(twin.fingerprint), fingerprints(read)
    known = [bar for bar in bars if bar.key in scored and bar.place in places and prints[places[bar.place]] in seen]
    if known:
        raise DataError(
            f"{path}: the twin was calibrated with {len(known)} of the bars to be scored, such as {known[0].place[1]}; "
            "calibrate --until an earlier trial, or score later bars ([data] from_key)"
        )
    force = estimate(twin.parameters, read, twin.extra["start"], np.array(twin.extra["noise"]), given=False).force / 1e3
    columns = {label: k for k, label in enumerate(read.labels)}
    return [_set_up(bar, force[places[bar.place]], columns) if bar.place in places else bar for bar in bars]


def _set_up(bar: RecordedBar, force: np.ndarray, columns: dict[str, int]) -> RecordedBar:
    passes = [replace(one, setup_force=float(force[columns[one.label]])) if one.label in columns else one
              for one in bar.passes]  # fmt: skip
    return replace(bar, passes=passes)
