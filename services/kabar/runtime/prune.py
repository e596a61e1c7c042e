"""Retention by age and size."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from msgspec import Struct

from kabar.index.sqlite.prune import prune as prune_index
from kabar.runtime.store import transaction, translated

DAY_MS = 86_400_000


class Pruned(Struct, frozen=True):
    """What was deleted."""

    articles: int = 0
    versions: int = 0
    stories: int = 0
    observations: int = 0
    dead_letters: int = 0

    def as_dict(self) -> dict[str, int]:
        """For logs and ``--json``."""
        return {name: getattr(self, name) for name in self.__struct_fields__}

    def plus(self, other: Pruned) -> Pruned:
        """The sum, field by field."""
        return Pruned(**{name: value + getattr(other, name) for name, value in self.as_dict().items()})


def prune(
    connection: sqlite3.Connection, directory: Path, *, now_ms: int, days: int = 0, max_bytes: int = 0
) -> Pruned:
    """Delete what was last observed more than ``days`` ago, then the oldest until ``max_bytes`` are stored.

    0 switches a limit off. Works in pieces, each a transaction, so that indexing is not held up. Dedupe keeps its
    ledger: an article that was pruned and comes again unchanged is still a repeat, not news.
    """
    cutoff = now_ms - days * DAY_MS if days else 0
    total = Pruned()
    with translated(directory):
        more = True
        while more:
            with transaction(connection):
                index = prune_index(connection, older_than_ms=cutoff or None, max_bytes=max_bytes or None)
            total = total.plus(Pruned(index.articles, index.versions, index.stories))
            more = index.more
        with transaction(connection):
            total = total.plus(_prune_account(connection, cutoff))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return total


def _prune_account(connection: sqlite3.Connection, cutoff: int) -> Pruned:
    """Dead letters by age; of the observations those whose outcome refers to something that is gone, and old ones."""
    letters = _delete(connection, "DELETE FROM dead_letters WHERE died_at < ?", (cutoff,))
    observations = _delete(
        connection,
        """DELETE FROM observations WHERE
             (outcome = 'indexed' AND id NOT IN (SELECT observation_id FROM versions))
             OR (outcome = 'dead' AND id NOT IN
                 (SELECT observation_id FROM dead_letters WHERE observation_id IS NOT NULL))
             OR (outcome IN ('unchanged', 'superseded', 'dropped') AND ended_at < ?)""",
        (cutoff,),
    )
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('pruned', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
        (observations,),
    )
    return Pruned(observations=observations, dead_letters=letters)


def _delete(connection: sqlite3.Connection, sql: str, arguments: tuple[int, ...]) -> int:
    return connection.execute(sql, arguments).rowcount
