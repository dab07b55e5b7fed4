"""The catalogue: one SQLite table that says which data set lies in which folder. SQLAlchemy core, WAL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steelyard.errors import DataError

SCHEMA_VERSION = 1
WAIT_S = 30.0


class CatalogueBusyError(DataError):
    """Another process is writing."""


class Catalogue:
    """Names of data sets, each with kind, folder, content hash and a JSON description. One transaction, one change."""

    def __init__(self, path: Path) -> None:
        """Open (or create) the SQLite file; DataError when it is damaged or from a newer Steelyard."""
        import sqlalchemy as sa

        self.path = path
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": WAIT_S, "isolation_level": None})
        sa.event.listen(self._engine, "connect", _on_connect)
        sa.event.listen(self._engine, "begin", _on_begin)
        self._table = sa.Table(
            "datasets",
            sa.MetaData(),
            sa.Column("name", sa.String, primary_key=True),
            sa.Column("kind", sa.String, nullable=False),
            sa.Column("folder", sa.String, nullable=False, unique=True),
            sa.Column("hash", sa.String, nullable=False),
            sa.Column("created", sa.String, nullable=False),
            sa.Column("description", sa.Text, nullable=False),
        )
        self._prepare()

    def _prepare(self) -> None:
        """Create the table in a new file and check the version of an old one."""
        with self._guarded(), self._engine.connect() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            exists = self._engine.dialect.has_table(connection, "datasets")
        if version > SCHEMA_VERSION:
            raise DataError(f"{self.path} was written by a newer Steelyard (version {version}); update Steelyard")
        if exists and version == SCHEMA_VERSION:
            return
        with self.writing() as connection:
            self._table.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn what SQLite says about damage or locks into a DataError with a remedy."""
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.DatabaseError as error:
            text = str(error.orig).lower()
            if "locked" in text:
                raise CatalogueBusyError(
                    f"{self.path} is in use by another import; wait until it ends and try again"
                ) from error
            raise DataError(
                f"{self.path} cannot be read as the catalogue of the store ({error.orig}); "
                "restore it from a backup, or move the folder away and import again"
            ) from error

    @contextmanager
    def writing(self, wait: bool = True) -> Iterator[Any]:
        """Give a connection inside one write transaction: all of it happens, or nothing.

        DataError when another import holds the lock (at once without `wait`, else after half a minute).
        """
        with self._guarded(), self._engine.connect().execution_options(writes=True) as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"PRAGMA busy_timeout = {int(1000 * WAIT_S) if wait else 0}")
            with connection.begin():
                yield connection

    def put(self, connection: Any, row: dict[str, Any]) -> None:
        """Write one data set's row (replacing the row of the same name) inside `connection`'s transaction."""
        table = self._table
        connection.execute(table.delete().where(table.c.name == row["name"]))
        connection.execute(table.insert().values(**row | {"description": json.dumps(row["description"])}))

    def delete(self, connection: Any, name: str) -> None:
        """Delete one data set's row inside `connection`'s transaction."""
        connection.execute(self._table.delete().where(self._table.c.name == name))

    def rows(self, connection: Any = None) -> list[dict[str, Any]]:
        """Return all rows, sorted by name, descriptions decoded."""
        import sqlalchemy as sa

        query = sa.select(self._table).order_by(self._table.c.name)
        with self._guarded():
            if connection is not None:
                found = connection.execute(query).mappings().all()
            else:
                with self._engine.connect() as own:
                    found = own.execute(query).mappings().all()
        return [dict(row) | {"description": json.loads(row["description"])} for row in found]

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _on_connect(connection: Any, _record: Any) -> None:
    """Set what every connection needs: write-ahead log and full durability."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _on_begin(connection: Any) -> None:
    """Begin: writers take the lock at once (so two imports queue up), readers never wait."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
