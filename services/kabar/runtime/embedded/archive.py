"""What was accepted, kept to be processed again: compressed, in the store itself.

``versions`` holds the whole message of everything that was indexed, dead letters hold theirs. What remains are
observations that ended without either: unchanged, superseded, dropped. Their raw messages are here for
``archive_days``, written in the transaction that gives them their outcome.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kabar.contracts.message import Message
from kabar.contracts.observation import LAST_MILLIS
from kabar.contracts.outcomes import Outcome
from kabar.index.sqlite.packing import pack, unpack
from kabar.runtime.embedded.store import transaction, translated
from kabar.runtime.rerun import as_received

DAY_MS = 86_400_000
KEPT = (Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.DROPPED)
CHUNK = 2_000
"""Rows deleted in one transaction, so that indexing is not held up."""
_OF_VERSION = (
    "SELECT message FROM observations JOIN versions USING (article_id) WHERE id = ? AND observation_id = id"
)
_OF_ARCHIVE = "SELECT message FROM archive WHERE observation_id = ?"


class Archive:
    """The archive over the connection of the writer; works inside its transaction."""

    def __init__(self, connection: sqlite3.Connection, *, on: bool) -> None:
        self._connection = connection
        self._on = on

    def settle(self, message: Message, outcome: str) -> None:
        """Keep the message if its outcome leaves no other trace of it; forget it if there is one now."""
        header = message.header
        if outcome in KEPT:
            if self._on:
                self._connection.execute(
                    "INSERT INTO archive (observation_id, accepted_at, message) VALUES (?, ?, ?)"
                    " ON CONFLICT (observation_id) DO UPDATE SET message = excluded.message",
                    (
                        header.observation_id,
                        header.accepted_at or header.observed_at,
                        pack(as_received(message)),
                    ),
                )
        elif header.generation:  # only what comes again can have been kept before
            self._connection.execute("DELETE FROM archive WHERE observation_id = ?", (header.observation_id,))


def find(connection: sqlite3.Connection, observation_id: str) -> bytes | None:
    """The newest message of an observation, from its version or from the archive; None = not kept any more.

    Raises:
        StoreError: it is damaged.
    """
    for sql in (_OF_VERSION, _OF_ARCHIVE):
        row = connection.execute(sql, (observation_id,)).fetchone()
        if row is not None:
            return unpack(row[0])
    return None


def prune(connection: sqlite3.Connection, directory: Path, *, now_ms: int, days: int) -> int:
    """Delete what was accepted more than ``days`` ago; 0 days = everything. Returns how many went.

    Rows follow each other in the order in which they were decided, so only the first ones are looked at.
    """
    cutoff = now_ms - days * DAY_MS if days else LAST_MILLIS + 1
    gone = 0
    with translated(directory):
        while True:
            with transaction(connection):
                deleted = _delete_first(connection, cutoff)
            gone += deleted
            if deleted < CHUNK:
                return gone


def _delete_first(connection: sqlite3.Connection, cutoff: int) -> int:
    """The first rows, up to one that is young enough."""
    old: list[tuple[int]] = []
    rows = connection.execute("SELECT rowid, accepted_at FROM archive ORDER BY rowid LIMIT ?", (CHUNK,))
    for number, accepted_at in rows:
        if accepted_at >= cutoff:
            break
        old.append((number,))
    connection.executemany("DELETE FROM archive WHERE rowid = ?", old)
    return len(old)
