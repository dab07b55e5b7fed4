"""Run all plausibility checks on a table, a data set or a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import DataError
from steelyard.hub.plausibility import batches, clock, columns, labels, leaks, stuck, targets, values
from steelyard.hub.plausibility.finding import SEVERITIES, Finding
from steelyard.hub.plausibility.sheet import Sheet, prepare

if TYPE_CHECKING:
    import polars as pl

    from steelyard.hub.store import Store

Check = Callable[[Sheet], list[Finding]]
Progress = Callable[..., None]

CHECKS: tuple[Check, ...] = (
    columns.dead_columns,
    columns.duplicate_columns,
    columns.near_copies,
    columns.half_copied_columns,
    columns.duplicate_rows,
    columns.copied_blocks,
    stuck.stuck_sensors,
    values.impossible_values,
    values.sentinel_values,
    values.overflowed_counters,
    values.missing_values,
    values.wrong_trade,
    clock.inversions,
    clock.gaps,
    clock.invented_clock,
    batches.fixed_batch_length,
    batches.monotone_batches,
    batches.no_memory,
    batches.independent_columns,
    labels.computed_labels,
    leaks.power_factor,
    leaks.step_functions,
    leaks.arithmetic,
    leaks.single_column_leaks,
    targets.rare_labels,
    targets.bunched_labels,
    targets.tight_targets,
    targets.tight_columns,
    targets.unrelated_target,
)


def check_frame(
    name: str,
    frame: "pl.DataFrame",
    units: dict[str, str] | None = None,
    progress: Progress | None = None,
    **roles: str | None,
) -> list[Finding]:
    """Return the findings on one table, worst first. `roles`: group, time, target (column names)."""
    sheet = prepare(name, frame, units, **roles)
    found: list[Finding] = []
    for at, check in enumerate(CHECKS):
        found += check(sheet)
        if progress:
            progress((at + 1) / len(CHECKS), f"{name}: {check.__name__.replace('_', ' ')}")
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def check_file(
    path: Path, mapping: Path | None = None, progress: Progress | None = None, **roles: str | None
) -> dict[str, Any]:
    """Check one CSV or Parquet file without importing it. Returns the report; DataError when it cannot be read."""
    from steelyard.hub.generic import read_table, units_of
    from steelyard.hub.ledger import Ledger

    ledger = Ledger()
    frame = read_table(Path(path), mapping, ledger)
    found = check_frame(Path(path).name, frame, units_of(frame.columns), progress, **roles)
    return report(str(path), "table", {Path(path).name: frame.height}, found, ledger.notes)


def check_dataset(store: "Store", name: str, progress: Progress | None = None, **roles: str | None) -> dict[str, Any]:
    """Check every table of an imported data set, and its tables against each other. Returns the report."""
    from steelyard.hub.plausibility.across import check_across

    info = store.info(name)
    tables = {table: store.table(name, table) for table in info["tables"] if table != "dropped"}
    found: list[Finding] = []
    for table, frame in tables.items():
        units = {column: entry["unit"] for column, entry in info["tables"][table]["columns"].items()}
        mine = {role: column for role, column in roles.items() if column in frame.columns}
        found += check_frame(table, frame, units, progress, **mine)
    if info["kind"] == "ladle-furnace":
        found += check_across(tables)
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return report(name, info["kind"], {t: f.height for t, f in tables.items()}, found, info["source"].get("notes", []))


def report(
    name: str, kind: str, rows: dict[str, int], found: list[Finding], notes: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the JSON-ready report: name, kind, rows per table, counts by severity, findings, import notes."""
    counts = {severity: sum(f.severity == severity for f in found) for severity in SEVERITIES}
    findings = [finding.as_dict() for finding in found]
    return {"name": name, "kind": kind, "tables": rows, "counts": counts, "findings": findings, "notes": notes}


def check_all(
    what: list[str], mapping: Path | None, progress: Progress | None = None, **roles: str | None
) -> list[dict[str, Any]]:
    """Check data sets of the store and files alike; a name that is both means the data set. DataError: neither."""
    from steelyard.hub.store import open_store

    store = open_store()
    known = set(store.names())
    reports = []
    for name in what:
        if name in known:
            reports.append(check_dataset(store, name, progress, **roles))
        elif Path(name).exists() or Path(name).suffix:
            reports.append(check_file(Path(name), mapping, progress, **roles))
        else:
            raise DataError(
                f"{name!r} is neither a data set nor a file; data sets are: {', '.join(sorted(known)) or 'none yet'}; "
                "give the path of a CSV or Parquet file, or import first"
            )
    return reports
