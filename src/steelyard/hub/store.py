"""The store: Parquet tables in folders, a SQLite catalogue beside them. A half import leaves nothing behind.

An import writes into ``incoming/``, is flushed to the disk, moved to ``datasets/`` in one rename, and becomes visible
by one catalogue transaction. The catalogue's write lock is held meanwhile, so what lies around while nobody holds it
was left by an import that died; the next open clears it away. Readers never wait and never see half a data set.
"""

import hashlib
import os
import re
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import DataError
from steelyard.hub.catalogue import Catalogue, CatalogueBusyError
from steelyard.hub.durable import sync
from steelyard.hub.recordings import describe_recording, recording_names, recording_table, remove_recording

if TYPE_CHECKING:
    import polars as pl

_NAME = re.compile(r"[\w][\w.\-]{0,99}")


def home() -> Path:
    """Return the folder of the store: $STEELYARD_HOME, else the platform's user data directory."""
    chosen = os.environ.get("STEELYARD_HOME")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("steelyard"))


def open_store(root: Path | None = None) -> "Store":
    """Open (or create) the store under `root`, default `home()`; DataError when it cannot be read or written."""
    return Store(Path(root) if root is not None else home())


class Store:
    """Named data sets of recorded signals. Tables are immutable: a data set is replaced or removed as a whole."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming, self._datasets = root / "incoming", root / "datasets"
        try:
            for folder in (self._incoming, self._datasets):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"the store {root} cannot be created: {_why(error)}; set STEELYARD_HOME elsewhere"
            ) from error
        self._catalogue = Catalogue(root / "catalogue.sqlite")
        self._clear_leftovers()

    def names(self) -> list[str]:
        """Return the names of all data sets and recordings, sorted."""
        return sorted([row["name"] for row in self._catalogue.rows()] + recording_names(self.root))

    def info(self, name: str) -> dict[str, Any]:
        """Return what is known of a data set: kind, hash, created, tables with rows, columns and units, source."""
        if self._is_recording(name):
            return describe_recording(self.root, name)
        row = self._row(name)
        return {key: row[key] for key in ("name", "kind", "hash", "created")} | row["description"]

    def table(self, name: str, table: str) -> "pl.DataFrame":
        """Return one table of a data set; DataError when there is none or its file is damaged."""
        import polars as pl

        if self._is_recording(name):
            return recording_table(self.root, name, table)
        for attempt in (0, 1):  # a second look, should the set be replaced between catalogue and file
            row = self._row(name)
            if table not in row["description"]["tables"]:
                known = ", ".join(row["description"]["tables"])
                raise DataError(f"data set {name!r} has no table {table!r}; its tables are: {known}")
            try:
                return pl.read_parquet(self._datasets / row["folder"] / f"{table}.parquet")
            except (OSError, pl.exceptions.PolarsError) as error:
                if attempt or row == self._row(name):
                    raise DataError(
                        f"table {table!r} of {name!r} is damaged or missing; import the set again"
                    ) from error
        raise AssertionError("unreachable")

    def add(
        self,
        name: str,
        kind: str,
        tables: "dict[str, pl.DataFrame]",
        units: dict[str, dict[str, str]],
        dropped: "pl.DataFrame",
        source: dict[str, Any],
        replace: bool = False,
    ) -> dict[str, Any]:
        """Add a data set and return its info. All of it becomes visible at once, or nothing.

        `units` maps table → column → unit; `dropped` lists every value left out; `source` says where it came from.
        DataError when the name is taken and `replace` is not set, or the name cannot be used.
        """
        if not _NAME.fullmatch(name):
            raise DataError(f"{name!r} cannot be a data set's name; use letters, digits, '.', '-' and '_'")
        if self._is_recording(name):
            raise DataError(f"{name!r} is the name of a recording; choose another name with --name")
        everything = dict(tables) | {"dropped": dropped}
        description: dict[str, Any] = {"tables": _describe(everything, units), "source": source}
        row: dict[str, Any] = {"name": name, "kind": kind, "folder": f"{name}-{uuid.uuid4().hex[:12]}"}
        row |= {"hash": content_hash(tables, units), "created": datetime.now(UTC).isoformat(timespec="seconds")}
        row |= {"description": description}
        old = self._commit(row, everything, replace)
        if old:
            shutil.rmtree(self._datasets / old, ignore_errors=True)
        return self.info(name)

    def remove(self, name: str) -> None:
        """Remove a data set; DataError when there is none of this name."""
        if self._is_recording(name):
            remove_recording(self.root, name)
            return
        row = self._row(name)
        with self._catalogue.writing() as connection:
            self._catalogue.delete(connection, name)
        shutil.rmtree(self._datasets / row["folder"], ignore_errors=True)

    def close(self) -> None:
        """Let go of the catalogue file."""
        self._catalogue.close()

    def _commit(self, row: dict[str, Any], tables: "dict[str, pl.DataFrame]", replace: bool) -> str | None:
        """Write the folder and the catalogue row; return the folder that it replaces."""
        temporary = self._incoming / row["folder"]
        try:
            with self._catalogue.writing() as connection:
                old = {entry["name"]: entry["folder"] for entry in self._catalogue.rows(connection)}.get(row["name"])
                if old and not replace:
                    raise DataError(
                        f"a data set named {row['name']!r} exists already; "
                        "choose another name with --name, or overwrite it with --replace"
                    )
                _write_folder(temporary, tables)
                os.replace(temporary, self._datasets / row["folder"])
                sync(self._datasets)
                self._catalogue.put(connection, row)
        except OSError as error:
            raise DataError(f"the store {self.root} cannot be written: {_why(error)}; is the disk full?") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return old

    def _is_recording(self, name: str) -> bool:
        return name in recording_names(self.root)

    def _row(self, name: str) -> dict[str, Any]:
        rows = {row["name"]: row for row in self._catalogue.rows()}
        if name not in rows:
            known = ", ".join(self.names()) or "none yet; import one with `steelyard hub import`"
            raise DataError(f"there is no data set {name!r} in {self.root}; data sets are: {known}")
        return rows[name]

    def _clear_leftovers(self) -> None:
        """Remove what dead imports left, unless an import is running now."""
        known = {row["folder"] for row in self._catalogue.rows()}
        suspects = [*self._incoming.iterdir(), *(f for f in self._datasets.iterdir() if f.name not in known)]
        if not suspects:
            return
        try:
            with self._catalogue.writing(wait=False) as connection:
                known = {row["folder"] for row in self._catalogue.rows(connection)}
                for folder in suspects:
                    if folder.parent == self._incoming or folder.name not in known:
                        shutil.rmtree(folder, ignore_errors=True)
        except CatalogueBusyError:
            return  # an import is running: these are its files


def _why(error: OSError) -> str:
    """Return what the system says, in words."""
    return (error.strerror or "the system refuses").lower()


def content_hash(tables: "dict[str, pl.DataFrame]", units: dict[str, dict[str, str]]) -> str:
    """Return the SHA-256 of names, types, units and values; the same data give the same hash in any file format."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        for column in tables[name].get_columns():
            head = f"{name}|{column.name}|{column.dtype}|{units.get(name, {}).get(column.name, '')}|{len(column)}|"
            digest.update(head.encode())
            digest.update(column.is_null().to_numpy().tobytes())
            digest.update(_value_bytes(column))
    return digest.hexdigest()


def _value_bytes(column: "pl.Series") -> bytes:
    """Return the values of a column as bytes, nulls filled (the null mask is hashed beside them)."""
    import polars as pl

    if column.dtype == pl.String:
        return "\x1f".join(text or "" for text in column.to_list()).encode()
    if column.dtype.is_temporal():
        column = column.to_physical()
    if column.dtype == pl.Boolean:
        column = column.cast(pl.Int8)
    return column.fill_null(0).to_numpy().tobytes()


def _describe(tables: "dict[str, pl.DataFrame]", units: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return per table: rows, and per column its type and unit."""
    return {
        name: {
            "rows": frame.height,
            "columns": {
                column: {"type": str(dtype), "unit": units.get(name, {}).get(column, "")}
                for column, dtype in frame.schema.items()
            },
        }
        for name, frame in tables.items()
    }


def _write_folder(folder: Path, tables: "dict[str, pl.DataFrame]") -> None:
    """Write every table as Parquet and flush files and folder to the disk."""
    folder.mkdir(parents=True)
    for name, frame in tables.items():
        path = folder / f"{name}.parquet"
        frame.write_parquet(path, compression="zstd")
        sync(path)
    sync(folder)
