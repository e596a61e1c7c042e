"""The embedded store: opening, checking and creating the one SQLite file, and its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal

from kabar.errors import StoreError
from kabar.index.sqlite import schema as index_schema
from kabar.index.sqlite.faults import store_errors
from kabar.runtime.embedded import schema

FILE_NAME = "kabar.db"
BUSY_MS = 30_000
"""How long a writer waits for another one's transaction; a batch commits in well under a second."""

WAL_BYTES = 67_108_864
"""What is left of the write-ahead log after a checkpoint."""

Durability = Literal["FULL", "NORMAL"]


def database_path(directory: Path) -> Path:
    """Where the store of a data directory is."""
    return directory / FILE_NAME


def ensure_directory(directory: Path) -> None:
    """Make the data directory if it is not there.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot create the data directory {directory}: {error.strerror}",
            hint="give --data-dir a directory you may write to",
        ) from error


def open_writer(directory: Path, *, durability: Durability = "FULL") -> sqlite3.Connection:
    """Open for writing; create directory and tables where there are none.

    ``FULL`` survives power loss at each commit (acceptance needs it); ``NORMAL`` may lose the last commits
    whole, which is harmless where the inbox position is in the same commit (batches).

    Raises:
        StoreError: not a kabar store, written by a newer kabar, no permission, damaged.
    """
    ensure_directory(directory)
    with translated(directory):
        connection = _connect(database_path(directory), read_only=False)
        try:
            _migrate(connection, directory)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {durability}")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(directory: Path) -> sqlite3.Connection:
    """Open for reading only; never blocks a writer.

    Raises:
        StoreError: there is no store, or it is not one this kabar can read.
    """
    path = database_path(directory)
    if not path.is_file():
        raise StoreError(
            f"there is no store in {directory}",
            hint="`kabar ingest FILE --data-dir DIR` makes one",
        )
    with translated(directory):
        connection = _connect(path, read_only=True)
        try:
            _check(connection, directory)
        except BaseException:
            connection.close()
            raise
    return connection


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute(
        "PRAGMA secure_delete = OFF"
    )  # Debian's default zeroes each deleted row: a third of a write
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _check(connection: sqlite3.Connection, directory: Path) -> int:
    """The schema number of the file; 0 = empty."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != schema.APPLICATION_ID and tables:
        raise StoreError(
            f"{database_path(directory)} is not a kabar store",
            hint="give --data-dir another directory; this file was left as it is",
        )
    if number > schema.SCHEMA_NUMBER:
        raise StoreError(
            f"{database_path(directory)} was written by a newer kabar (schema {number}, "
            f"this one knows {schema.SCHEMA_NUMBER})",
            hint="upgrade kabar, or use another --data-dir; the file was left as it is",
        )
    return number


def _migrate(connection: sqlite3.Connection, directory: Path) -> None:
    """Create the tables, or bring those of an older kabar up to date, in one transaction with the record of it."""
    if _check(connection, directory) == schema.SCHEMA_NUMBER:
        return
    connection.execute("PRAGMA page_size = 8192")  # articles are kilobytes: fewer overflow pages
    with transaction(connection):
        number = _check(connection, directory)  # another process may have been faster
        if not number:
            for statement in (*schema.SCHEMA, *index_schema.SCHEMA):
                connection.execute(statement)
        for newer in range(max(number, 1) + 1, schema.SCHEMA_NUMBER + 1):
            for statement in schema.MIGRATIONS[newer]:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {schema.SCHEMA_NUMBER}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. ``IMMEDIATE``: one that reads, then writes, cannot meet 'busy' half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    try:
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def translated(directory: Path) -> AbstractContextManager[None]:
    """Turn SQLite's errors into ours, naming the file."""
    return store_errors(database_path(directory))
