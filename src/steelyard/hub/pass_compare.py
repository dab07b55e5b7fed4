"""Passes found in recordings beside a table of passes: how far do they differ, which are missing?"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from steelyard.errors import DataError
from steelyard.hub.passes import Trial

if TYPE_CHECKING:
    import polars as pl

    from steelyard.hub.store import Store

TOLERANCE_PERCENT = 3.0
_VALUES = {"force": "roll_force_kn", "torque": "roll_torque_knm"}
_SIDES = ("in_temperature_c", "out_temperature_c")


def compare(found: list[Trial], store: "Store", name: str) -> dict[str, Any]:
    """Return found passes `beside` those of the data set `name`; DataError when it is not of kind freiberg-passes."""
    if store.info(name)["kind"] != "freiberg-passes":
        raise DataError(f"--compare {name!r} is no table of passes; give a data set of kind freiberg-passes")
    return beside(found, store.table(name, "passes"), name)


def beside(found: list[Trial], table: "pl.DataFrame", name: str) -> dict[str, Any]:
    """Return found passes beside those of a table (as freiberg-passes has it), matched by trial and label.

    worst_percent and median_percent of force, torque and temperature; missing and extra passes; rows. DataError when
    the table `name` knows none of the trials.
    """
    known = {(row["trial"], row["pass_label"]): row for row in table.iter_rows(named=True)}
    trials = set(table["trial"].to_list())
    mine = {(trial.trial, one.pass_label): one.as_dict() for trial in found for one in trial.passes}
    looked = [trial.trial for trial in found if trial.trial in trials]
    if not looked:
        listed = ", ".join(trial.trial for trial in found)
        raise DataError(f"data set {name!r} has none of the trials {listed}; compare with the table of their campaign")
    pairs = [(key, mine[key], known[key]) for key in mine if key in known]
    rows = [_row(key, one, row) for key, one, row in pairs]
    side = _temperature(rows, pairs)
    kinds = (*_VALUES, "temperature")
    result: dict[str, Any] = {"dataset": name, "tolerance_percent": TOLERANCE_PERCENT, "passes": len(rows)}
    result["missing"] = [f"{trial} {label}" for trial, label in known if trial in looked and (trial, label) not in mine]
    result["extra"] = [f"{trial} {label}" for trial, label in mine if trial in looked and (trial, label) not in known]
    result["without_table"] = [trial.trial for trial in found if trial.trial not in trials]
    result["worst_percent"] = {kind: _figure(rows, kind, max) for kind in kinds}
    result["median_percent"] = {kind: _figure(rows, kind, np.median) for kind in kinds}
    result["worst_start_s"] = max((abs(row["start_s"]) for row in rows), default=None)
    result["temperature_side"] = side
    worst = [value for value in result["worst_percent"].values() if value is not None]
    whole = not result["missing"] and not result["extra"]
    result["agrees"] = bool(rows) and whole and all(value <= TOLERANCE_PERCENT for value in worst)
    return result | {"rows": rows}


def _row(key: tuple[str, str], one: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return one pass beside its row of the table."""
    out: dict[str, Any] = {"trial": key[0], "pass_label": key[1]}
    for kind, column in _VALUES.items():
        out |= {kind: one[column], f"{kind}_table": row[column], f"{kind}_percent": _percent(one[column], row[column])}
    start = row["start"].isoformat(sep=" ", timespec="milliseconds")
    return out | {"start_s": round(_seconds(one["start"]) - _seconds(start), 3)}


def _seconds(stamp: str) -> float:
    """Return seconds of a stamp, from any fixed day."""
    from datetime import datetime

    return (datetime.fromisoformat(stamp) - datetime(2000, 1, 1)).total_seconds()


def _temperature(rows: list[dict[str, Any]], pairs: list[tuple[Any, dict[str, Any], dict[str, Any]]]) -> str:
    """Add the temperatures to `rows`, and return which side of the pass the table holds: "both", "in" or "out".

    A table with one temperature per pass may mean either side, whatever the column is called: the side that agrees
    better on the median is taken, and told. Each row keeps the worst of its sides.
    """
    given = {column: [row[column] for _, _, row in pairs] for column in _SIDES}
    filled = [column for column in _SIDES if any(value is not None for value in given[column])]
    best: dict[str, list[float | None]] = {}
    if len(filled) == 2:
        side = "both"
        best = {column: [_percent(one[column], row[column]) for _, one, row in pairs] for column in _SIDES}
    else:
        table = given[filled[0]] if filled else [None] * len(pairs)
        tried = {
            column: [_percent(one[column], value) for (_, one, _), value in zip(pairs, table, strict=True)]
            for column in _SIDES
        }
        chosen = min(_SIDES, key=lambda column: _middle(tried[column]))
        side, best = chosen.split("_")[0], {chosen: tried[chosen]}
    for at, row in enumerate(rows):
        here = [values[at] for values in best.values() if values[at] is not None]
        row["temperature_percent"] = max(here, key=lambda v: abs(v or 0.0)) if here else None
    return side


def _middle(values: list[float | None]) -> float:
    """Return the median size of the known values, infinite when there is none."""
    known = [abs(value) for value in values if value is not None]
    return float(np.median(known)) if known else math.inf


def _percent(found: float | None, table: float | None) -> float | None:
    """Return by how much a value differs from the table's."""
    return None if found is None or not table else round(100.0 * (found / table - 1.0), 3)


def _figure(rows: list[dict[str, Any]], kind: str, how: Any) -> float | None:
    """Return the largest or the median difference of one kind."""
    known = [abs(row[f"{kind}_percent"]) for row in rows if row[f"{kind}_percent"] is not None]
    return round(float(how(known)), 3) if known else None
