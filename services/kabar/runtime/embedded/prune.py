"""Retention by age and size."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from kabar.index.sqlite.prune import prune as prune_index
from kabar.runtime.embedded.store import transaction, translated

DAY_MS = 86_400_000


class Pruned(Struct, frozen=True):
    """What was deleted."""

    articles: int = 0
    versions: int = 0
    stories: int = 0
    observations: int = 0
    dead_letters: int = 0

    def plus(self, other: Pruned) -> Pruned:
        """The sum, field by field."""
        return Pruned(**{name: value + getattr(other, name) for name, value in asdict(self).items()})


def prune(
    connection: sqlite3.Connection, directory: Path, *, now_ms: int, days: int = 0, max_bytes: int = 0
) -> Pruned:
    """Delete what was last observed more than ``days`` ago, then the oldest until ``max_bytes`` are stored.

    0 switches a limit off. Works in pieces, each a transaction that also keeps the account balanced, so that
    indexing is not held up and an interruption costs nothing. Dedupe keeps its ledger: an article that was pruned
    and comes again unchanged is still a repeat, not news.
    """
    cutoff = now_ms - days * DAY_MS if days else 0
    total = Pruned()
    with translated(directory):
        more = True
        while more:
            with transaction(connection):
                index = prune_index(connection, older_than_ms=cutoff or None, max_bytes=max_bytes or None)
                connection.executemany(
                    "DELETE FROM observations WHERE id = ?", [(one,) for one in index.observations]
                )
                book(connection, len(index.observations))
            total = total.plus(Pruned(index.articles, index.versions, index.stories, len(index.observations)))
            more = index.more
        if cutoff:
            with transaction(connection):
                total = total.plus(_prune_endings(connection, cutoff))
        # PASSIVE: never waits for readers, which would hold up every writer meanwhile.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return total


def _prune_endings(connection: sqlite3.Connection, cutoff: int) -> Pruned:
    """Dead letters and outcomes without a document, by age."""
    dead = connection.execute(
        "DELETE FROM observations WHERE outcome = 'dead' AND id IN"
        " (SELECT observation_id FROM dead_letters WHERE died_at < ?)",
        (cutoff,),
    ).rowcount
    letters = connection.execute("DELETE FROM dead_letters WHERE died_at < ?", (cutoff,)).rowcount
    connection.execute(
        "DELETE FROM archive WHERE observation_id IN (SELECT id FROM observations"
        " WHERE ended_at < ? AND outcome IN ('unchanged', 'superseded', 'dropped'))",
        (cutoff,),
    )
    others = connection.execute(
        "DELETE FROM observations WHERE ended_at < ? AND outcome IN ('unchanged', 'superseded', 'dropped')",
        (cutoff,),
    ).rowcount
    book(connection, dead + others)
    return Pruned(observations=dead + others, dead_letters=letters)


def book(connection: sqlite3.Connection, pruned: int) -> None:
    """Say in the account that so many observations are gone on purpose."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('pruned', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
        (pruned,),
    )
