"""Run all plausibility checks on a table, a data set or a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import DataError
from steelyard.hub.plausibility import batches, clock, columns, labels, leaks, stuck, targets, values
from steelyard.hub.plausibility.finding import SEVERITIES, Finding
from steelyard.hub.plausibility.sheet import Sheet, prepare
from steelyard.hub.texts import text

if TYPE_CHECKING:
    import polars as pl

    from steelyard.hub.store import Store

Check = Callable[[Sheet], list[Finding]]
Progress = Callable[..., None]
FEWEST = 30  # below so many heats or rows a check can hardly see anything
NOT_MEASURED = {"heats", "trials", "recordings", "schedule", "specific_heat", "stands", "wicon"}
DERIVED = ("off_schedule", "pass_label")  # flagged by the import; which pass it was is set, not observed
IMPORT_FINDINGS = {"table_ends_early": "warning", "no_line_end": "warning", "doubtful_figures": "warning"}
IMPORT_FINDINGS |= {"scattering_pyrometer": "warning", "off_schedule": "note", "gaps": "note"}

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
    return _sorted(found)


def check_file(
    path: Path, mapping: Path | None = None, progress: Progress | None = None, **roles: str | None
) -> dict[str, Any]:
    """Check one CSV or Parquet file without importing it. Returns the report; DataError when it cannot be read."""
    from steelyard.hub.generic import read_table, units_of
    from steelyard.hub.ledger import Ledger

    ledger = Ledger()
    frame = read_table(Path(path), mapping, ledger)
    found = check_frame(Path(path).name, frame, units_of(frame.columns), progress, **roles)
    found = _sorted(
        found + _from_import(ledger.notes, Path(path).name) + _too_few(Path(path).name, frame.height, False)
    )
    return report(str(path), "table", {Path(path).name: frame.height}, found, ledger.notes)


def check_dataset(store: "Store", name: str, progress: Progress | None = None, **roles: str | None) -> dict[str, Any]:
    """Check every table of an imported data set, and its tables against each other. Returns the report."""
    from steelyard.hub.plausibility.across import check_across
    from steelyard.hub.plausibility.passes import check_passes

    info = store.info(name)
    tables = {table: store.table(name, table) for table in info["tables"] if table != "dropped"}
    found: list[Finding] = []
    notes = info["source"].get("notes", [])
    for table, frame in tables.items():
        if table in NOT_MEASURED:
            continue
        frame = frame.drop([column for column in DERIVED if column in frame.columns])
        units = {column: entry["unit"] for column, entry in info["tables"][table]["columns"].items()}
        mine = {role: column for role, column in roles.items() if column in frame.columns}
        found += check_frame(table, frame, units, progress, **mine)
    if info["kind"] == "ladle-furnace":
        found += check_across(tables) + _too_few("all tables", _heats(tables), True)
    else:
        judged = {table: frame.height for table, frame in tables.items() if table not in NOT_MEASURED}
        found += [finding for table, rows in judged.items() for finding in _too_few(table, rows, False)]
    if info["kind"] == "freiberg-passes":
        found += check_passes(tables["passes"])
    found = _sorted(found + _from_import(notes, "all tables"))
    return report(name, info["kind"], {t: f.height for t, f in tables.items()}, found, notes)


def _sorted(found: list[Finding]) -> list[Finding]:
    """Return findings worst first."""
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _heats(tables: "dict[str, pl.DataFrame]") -> int:
    """Return the number of heats over all tables."""
    return len(set().union(*(frame["key"].to_list() for frame in tables.values())))


def _from_import(notes: list[dict[str, Any]], table: str) -> list[Finding]:
    """Return what the import noted and a user must mend or explain, as findings."""
    found = []
    for note in notes:
        severity, evidence = IMPORT_FINDINGS.get(note["id"]), note["evidence"]
        if severity:
            where, column = evidence.get("table", table), evidence.get("column")
            found.append(Finding(note["id"], severity, where, (column,) if column else (), note["message"], evidence))
    return found


def _too_few(table: str, count: int, heats: bool) -> list[Finding]:
    """Return a note when there is too little to judge."""
    if count >= FEWEST:
        return []
    en, ko = ("heats", "히트") if heats else ("rows", "행")
    message = text(
        f"{count} {en}: too few to judge. That nothing odd was found says little; check {FEWEST} or more.",
        f"{ko} {count}개: 판단하기에 너무 적습니다. 이상이 없어도 의미가 작습니다. {FEWEST}개 이상으로 점검하십시오.",
    )
    return [Finding("few_rows", "note", table, (), message, {"count": count})]


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
