"""sqlite3's errors -> kabar's, at one place. No sqlite3 exception leaves this room."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from kabar.errors import DiskFull, EnvironmentError_, QueryError, StoreBusy, StoreError


def translated(error: sqlite3.Error) -> EnvironmentError_ | QueryError:
    """What a database error means here."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary == sqlite3.SQLITE_INTERRUPT:
        return QueryError(
            "the query is too expensive: it was stopped at its time limit",
            hint="add words or a date range, or use longer beginnings before '*'",
        )
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull(f"the index cannot grow: {error}", hint="free some disk space and start again")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"the index is locked: {error}", hint="another process writes; try again")
    return StoreError(
        f"the index cannot be used: {error}", hint="check the data directory; see 'kabar audit'"
    )


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn sqlite3's errors into kabar's."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error) from error
