"""sqlite3's errors -> kabar's, at one place. No sqlite3 exception leaves the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from kabar.errors import DiskFull, EnvironmentError_, QueryError, StoreBusy, StoreError


def translated(error: sqlite3.Error, where: object = "the store") -> EnvironmentError_ | QueryError:
    """What a database error means here; ``where`` names the store in the message."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary == sqlite3.SQLITE_INTERRUPT:
        return QueryError(
            "the query is too expensive: it was stopped at its time limit",
            hint="add words or a date range, or use longer beginnings before '*'",
        )
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull(
            f"no space left for {where}: {error}",
            hint="what was accepted is safe; free some space (or `kabar prune`) and start again",
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(
            f"{where} is locked by another process: {error}", hint="see which one holds it; nothing was lost"
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(
            f"{where} is damaged or not a database: {error}",
            hint="restore a backup, or move the file away and ingest again; it was left as it is",
        )
    return StoreError(
        f"cannot use {where}: {error}", hint="check the permissions and the disk; see `kabar audit`"
    )


@contextmanager
def store_errors(where: object = "the store") -> Iterator[None]:
    """Turn sqlite3's errors into kabar's."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, where) from error
