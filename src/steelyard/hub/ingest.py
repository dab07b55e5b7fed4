"""Import: files of a plant → a named data set in the store. The kinds that can be read stand in `KINDS`."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import DataError
from steelyard.hub.ledger import Ledger

if TYPE_CHECKING:
    import polars as pl

    from steelyard.hub.store import Store

KINDS = ("ladle-furnace", "freiberg-passes", "rod-mill", "rolling-recordings", "table")
Progress = Callable[..., None]
SYNTHETIC_NOTE = {
    "id": "synthetic",
    "evidence": {"file": "README.md"},
    "message": {
        "en": "SYNTHETIC records, as the README.md beside them says: they prove nothing about any real plant",
        "ko": "합성 기록입니다(같은 폴더의 README.md에 명시). 실제 설비에 대해 아무것도 증명하지 않습니다",
    },
}


def says_synthetic(directory: Path) -> bool:
    """Return whether a README.md in the folder declares its records synthetic, in its first lines."""
    readme = directory / "README.md"
    try:
        return "**SYNTHETIC.**" in readme.read_text(encoding="utf-8")[:400]
    except (OSError, UnicodeDecodeError):
        return False


def import_dataset(
    kind: str,
    directory: Path,
    name: str | None = None,
    mapping: Path | None = None,
    store: "Store | None" = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read files of `kind` from `directory` (for "table": one CSV or Parquet file) into the store.

    Returns the summary: name, kind, hash, tables (rows), files (row and value accounts), dropped (count), notes,
    seconds. DataError with file, row, column and remedy for what cannot be read; the store is then unchanged.
    """
    from steelyard.hub.store import open_store

    began = time.perf_counter()
    tell = progress or (lambda fraction=0.0, text="": None)
    tell(0.05, "reading")
    path, ledger = Path(directory).expanduser(), Ledger()
    tables, units, default = _read(kind, path, mapping, ledger)
    tell(0.7, "storing")
    synthetic = says_synthetic(path)
    if synthetic:
        ledger.notes.insert(0, dict(SYNTHETIC_NOTE))
    accounts = {file: asdict(account) for file, account in ledger.accounts.items()}
    source: dict[str, Any] = {"path": str(path.resolve()), "mapping": str(mapping) if mapping else None}
    source |= {"accounts": accounts, "notes": ledger.notes, "synthetic": synthetic}
    own = store or open_store()
    try:
        info = own.add(name or default, kind, tables, units, ledger.frame(), source, replace)
    finally:
        if store is None:
            own.close()
    tell(1.0, "done")
    summary = {key: info[key] for key in ("name", "kind", "hash")}
    summary["tables"] = {table: frame.height for table, frame in tables.items()}
    summary |= {"files": accounts, "dropped": len(ledger.dropped), "notes": ledger.notes}
    return summary | {"seconds": round(time.perf_counter() - began, 3)}


def _read(
    kind: str, path: Path, mapping: Path | None, ledger: Ledger
) -> "tuple[dict[str, pl.DataFrame], dict[str, dict[str, str]], str]":
    """Return tables, units and the default name of a data set of this kind."""
    if kind == "ladle-furnace":
        from steelyard.hub.ladle_furnace import UNITS, read_ladle_furnace

        return read_ladle_furnace(path, mapping, ledger), UNITS, kind
    if kind == "freiberg-passes":
        from steelyard.hub import freiberg_passes

        return freiberg_passes.read_freiberg_passes(path, mapping, ledger), freiberg_passes.UNITS, kind
    if kind == "rod-mill":
        from steelyard.hub import rod_mill

        return rod_mill.read_rod_mill(path, mapping, ledger), rod_mill.UNITS, kind
    if kind == "rolling-recordings":
        from steelyard.hub.rolling_recordings import read_recordings, units_of_tables

        tables = read_recordings(path, mapping, ledger)
        return tables, units_of_tables(tables), kind
    if kind == "table":
        from steelyard.hub.generic import read_table, units_of

        frame = read_table(path, mapping, ledger)
        return {"table": frame}, {"table": units_of(frame.columns)}, path.stem
    raise DataError(f"kind {kind!r} is not known; kinds are: {', '.join(KINDS)}")
