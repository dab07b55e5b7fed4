"""Recorded bars as plain arrays: the door between the hub's passes and the twin of a bar mill. SI inside.

**Holds** campaigns whose steel is stated and is a grade of `materials.piece`; bars with every pass of the schedule.
Others are counted, never silently lost (`Bars.skipped`). Readings that the importer emptied stay NaN and are not used.
"""

from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.processes.bar_rolling.blocks import GRADE_LABELS
from steelyard.units import to_si

if TYPE_CHECKING:
    from steelyard.hub.store import Store

KIND = "freiberg-passes"
SHARE = (2, 3)  # of each campaign calibrate when no --until is given
ELONGATION_TOLERANCE = 0.10  # a bar whose elongation pattern differs by more was rolled off schedule
PER_BAR = ("key", "grade", "start", "campaign")
PER_PASS = ("pause", "contact", "force", "torque", "entry", "exit")


@dataclass(frozen=True)
class Bars:
    """Bars in time order; arrays (n,) per bar and (n, passes) per pass.

    labels: names of the passes. trial: name of each bar. campaigns: names; campaign: index into them. grade: index of
    the steel in GRADE_LABELS. start: begin of the first pass [s since 1970]. pause [s]: from the middle of the pass
    before to that of this one, NaN at the first. contact: contact time [s]. force [N]; torque [N·m] of both rolls;
    entry, exit: readings of the pyrometers [K]; NaN is missing.
    """

    labels: tuple[str, ...]
    campaigns: tuple[str, ...]
    trial: tuple[str, ...]
    key: np.ndarray
    campaign: np.ndarray
    grade: np.ndarray
    start: np.ndarray
    pause: np.ndarray
    contact: np.ndarray
    force: np.ndarray
    torque: np.ndarray
    entry: np.ndarray
    exit: np.ndarray
    skipped: int = 0

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.key)

    def only(self, chosen: np.ndarray) -> "Bars":
        """Return the bars of a boolean mask or an index array."""
        index = np.flatnonzero(chosen) if np.asarray(chosen).dtype == bool else np.asarray(chosen)
        arrays = {name: getattr(self, name)[index] for name in (*PER_BAR, *PER_PASS)}
        return replace(self, trial=tuple(self.trial[i] for i in index), **arrays)


def read_bars(store: "Store", dataset: str) -> Bars:
    """Read the bars of a stored data set of kind freiberg-passes; DataError for another kind or when it holds none."""
    import polars as pl

    info = store.info(dataset)
    if info["kind"] != KIND:
        raise DataError(f"data set {dataset!r} is of kind {info['kind']!r}; the twin of a bar mill needs {KIND}")
    labels = tuple(store.table(dataset, "schedule")["pass_label"].to_list())
    passes = store.table(dataset, "passes").filter(pl.col("steel").is_in(list(GRADE_LABELS)))
    everything = store.table(dataset, "passes").select("campaign", "trial").n_unique()
    place = {label: k for k, label in enumerate(labels)}
    found: list[dict[str, Any]] = []
    for (campaign, trial), rows in passes.group_by("campaign", "trial", maintain_order=True):
        whole = [place[label] for label in rows["pass_label"]] == list(range(len(labels)))
        if whole:
            found.append({"campaign": campaign, "trial": trial, "rows": rows})
    if not found:
        raise DataError(
            f"data set {dataset!r} has no whole bar of a known steel ({', '.join(GRADE_LABELS)}): every pass of "
            f"{labels[0]}…{labels[-1]} is needed; look at: steelyard hub show {dataset}"
        )
    found.sort(key=lambda row: (row["rows"]["start"][0], row["trial"]))
    return _arrays(labels, found, everything - len(found))


def _arrays(labels: tuple[str, ...], found: list[dict[str, Any]], skipped: int) -> Bars:
    """Return the bars of `found`, one entry per bar with its rows in the order of the passes."""
    campaigns = tuple(dict.fromkeys(row["campaign"] for row in found))
    columns = {
        "pause": ("pause_s", "s"), "contact": ("contact_time_s", "s"), "force": ("roll_force_kn", "kN"),
        "torque": ("roll_torque_knm", "kN·m"), "entry": ("in_temperature_c", "°C"),
        "exit": ("out_temperature_c", "°C"),
    }  # fmt: skip
    arrays = {
        name: np.array([to_si(row["rows"][column].cast(float).to_numpy(), unit) for row in found], dtype=float)
        for name, (column, unit) in columns.items()
    }
    return Bars(
        labels, campaigns, tuple(row["trial"] for row in found), np.arange(1, len(found) + 1),
        np.array([campaigns.index(row["campaign"]) for row in found]),
        np.array([GRADE_LABELS.index(row["rows"]["steel"][0]) for row in found]),
        np.array([row["rows"]["start"].dt.epoch("us")[0] * 1e-6 for row in found]),
        **arrays, skipped=skipped,
    )  # fmt: skip


def find_trial(bars: Bars, name: str) -> int:
    """Return the index of the bar that `name` means: its trial name, a part of it that only one has, or its number.

    DataError with the names that exist otherwise.
    """
    exact = [i for i, trial in enumerate(bars.trial) if trial == name]
    part = [i for i, trial in enumerate(bars.trial) if name in trial]
    number = [i for i, key in enumerate(bars.key) if str(key) == name]
    for hits in (exact, number, part):
        if len(hits) == 1:
            return hits[0]
    what = "means several bars" if len(part) > 1 else "is no bar of a known steel"
    shown = ", ".join([*bars.trial[:2], "…", *bars.trial[-2:]])
    raise DataError(f"trial {name!r} {what}; trials are: {shown}")


def calibrating(bars: Bars, until: list[str]) -> np.ndarray:
    """Return which bars calibrate, boolean (n,).

    Without `until` the first two thirds of each campaign; else the bars of each campaign before its own trial. A
    campaign without one stops at the time of the latest trial given; if it began later still, its own first two thirds
    calibrate: a steel and a day's gap settings need bars of their own.
    """
    chosen = np.zeros(len(bars), dtype=bool)
    named = [find_trial(bars, name) for name in until]
    for c in range(len(bars.campaigns)):
        own = np.flatnonzero(bars.campaign == c)
        mine = [bars.start[i] for i in named if bars.campaign[i] == c]
        cuts = mine or [bars.start[i] for i in named]
        before = own[bars.start[own] < max(cuts)] if cuts else own[:0]
        if not mine and len(before) == 0:
            before = own[: len(own) * SHARE[0] // SHARE[1]]
        chosen[before] = True
    return chosen


def elongation(bars: Bars) -> np.ndarray:
    """Return ln(contact time over that of the bar's mean pass), shape (n, passes): how the bar was elongated.

    It tells the schedule (gaps, grooves) apart without a look at force or temperature; the bar's length drops out.
    """
    log = np.log(bars.contact)
    return log - np.nanmean(log, axis=1, keepdims=True)


def off_schedule(bars: Bars, usual: np.ndarray) -> np.ndarray:
    """Return which bars were rolled off schedule, boolean (n,): elongation away from the `usual` (passes,) by more than
    ELONGATION_TOLERANCE in the root mean square of the passes."""
    away = elongation(bars) - usual
    return np.sqrt(np.nanmean(away**2, axis=1)) > ELONGATION_TOLERANCE


def fingerprints(bars: Bars) -> list[str]:
    """Return one 64-bit digest per bar of what was measured on it, so that a bar that was fitted is known again."""
    found = []
    for i in range(len(bars)):
        digest = blake2b(digest_size=8)
        for name in PER_PASS:
            digest.update(np.nan_to_num(getattr(bars, name)[i], nan=-1.0).tobytes())
        found.append(digest.hexdigest())
    return found


def same(a: Bars, b: Bars) -> bool:
    """Return whether two sets hold the same bars and readings."""
    arrays = [f.name for f in fields(Bars) if f.name in (*PER_BAR, *PER_PASS)]
    return a.trial == b.trial and all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=True) for n in arrays)
