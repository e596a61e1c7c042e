"""What ``/health`` shows of the store: counts of one snapshot, within a time limit."""

from __future__ import annotations

import sqlite3
import time

from msgspec import Struct

from kabar.index.sqlite.faults import store_errors

TIME_LIMIT_S = 5.0
"""Counting ten million observations takes about a second."""
_STEPS_BETWEEN_CHECKS = 4_000
_OUTCOMES = """SELECT outcome, reason, count(*) FROM observations WHERE outcome IS NOT NULL
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
_LETTERS = """SELECT stage, reason, count(*) FROM dead_letters WHERE state = 'open'
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""


class Counted(Struct, frozen=True):
    """How many, of what kind."""

    name: str
    detail: str
    count: int


class Figures(Struct, frozen=True, kw_only=True):
    """The account of a store, without the expensive checks of ``kabar audit``."""

    accepted: int
    pruned: int
    waiting: int
    oldest_waiting: int | None
    """When it was accepted, ms UTC."""
    outcomes: list[Counted]
    letters: list[Counted]
    """Open ones by stage and reason."""
    documents: int
    stories: int
    versions: int
    store_bytes: int
    newest: int | None
    """When an observation last got its outcome, ms UTC."""

    @property
    def unaccounted(self) -> int:
        """Accepted, and neither waiting, nor ended, nor pruned; must be 0."""
        ended = sum(one.count for one in self.outcomes)
        return self.accepted - self.pruned - self.waiting - ended

    @property
    def open_letters(self) -> int:
        """Dead letters not replayed."""
        return sum(one.count for one in self.letters)


def figures(connection: sqlite3.Connection, *, time_limit_s: float = TIME_LIMIT_S) -> Figures:
    """Count.

    Raises:
        QueryError: it took too long.
        StoreError: the store cannot be read.
    """
    deadline = time.monotonic() + time_limit_s
    with store_errors():
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
        outcomes=_groups(
            connection,
            _OUTCOMES,
        ),
        letters=_groups(
            connection,
            _LETTERS,
        ),
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
