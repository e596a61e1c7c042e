"""The page's view of the embedded runtime: one store, read through connections that live for one question."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from kabar.index.api import Reader
from kabar.index.sqlite.faults import store_errors
from kabar.index.sqlite.reader import SqliteReader
from kabar.runtime.embedded import letters
from kabar.runtime.letters import Kept
from kabar.web.figures import Counted, Figures

TIME_LIMIT_S = 5.0
"""Counting ten million observations takes about a second."""
_STEPS_BETWEEN_CHECKS = 4_000
_OUTCOMES = """SELECT outcome, reason, count(*) FROM observations WHERE outcome IS NOT NULL
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
_LETTERS = """SELECT stage, reason, count(*) FROM dead_letters WHERE state = 'open'
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""


class StoreView:
    """Index, dead letters and figures of a store.

    Args:
        open_store: a read-only connection to the store, closed when the block ends.
        time_limit_s: for the figures.
    """

    def __init__(
        self,
        open_store: Callable[[], AbstractContextManager[sqlite3.Connection]],
        *,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._open_store = open_store
        self._time_limit_s = time_limit_s

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        with self._open_store() as connection, store_errors():
            yield connection

    @contextmanager
    def index(self) -> Iterator[Reader]:
        """A reader, for one request."""
        with self._open_store() as connection:
            yield SqliteReader(connection)

    def find(self, *, stage: str = "", reason: str = "", state: str = "open", limit: int = 100) -> list[Kept]:
        """Dead letters, newest first. See :class:`kabar.runtime.letters.Letters`."""
        with self._store() as connection:
            return letters.find(connection, stage=stage, reason=reason, state=state, limit=limit)

    def get(self, letter_id: str) -> tuple[Kept, bytes]:
        """One letter with its original. See :class:`kabar.runtime.letters.Letters`."""
        with self._store() as connection:
            return letters.get(connection, letter_id)

    def figures(self) -> Figures:
        """Count, in one snapshot.

        Raises:
            QueryError: it took too long.
            StoreError: the store cannot be read.
        """
        deadline = time.monotonic() + self._time_limit_s
        with self._store() as connection:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_CHECKS)
            connection.execute("BEGIN")
            try:
                return _counted(connection)
            finally:
                connection.set_progress_handler(None, 0)
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


def _counted(connection: sqlite3.Connection) -> Figures:
    totals = dict(
        connection.execute("SELECT key, value FROM meta WHERE key IN ('accepted', 'pruned')").fetchall()
    )
    return Figures(
        accepted=totals.get("accepted", 0),
        pruned=totals.get("pruned", 0),
        waiting=_number(connection, "SELECT count(*) FROM observations WHERE outcome IS NULL") or 0,
        oldest_waiting=_number(connection, "SELECT min(accepted_at) FROM observations WHERE outcome IS NULL"),
        outcomes=_groups(connection, _OUTCOMES),
        letters=_groups(connection, _LETTERS),
        documents=_number(connection, "SELECT count(*) FROM articles") or 0,
        stories=_number(connection, "SELECT count(*) FROM stories WHERE state != 'merged'") or 0,
        versions=_number(connection, "SELECT count(*) FROM versions") or 0,
        store_bytes=(_number(connection, "PRAGMA page_count") or 0)
        * (_number(connection, "PRAGMA page_size") or 0),
        newest=_number(connection, "SELECT max(ended_at) FROM observations WHERE outcome IS NOT NULL"),
    )


def _number(connection: sqlite3.Connection, sql: str) -> int | None:
    found: int | None = connection.execute(sql).fetchone()[0]
    return found


def _groups(connection: sqlite3.Connection, sql: str) -> list[Counted]:
    return [Counted(name, detail, count) for name, detail, count in connection.execute(sql)]
