"""Dead letters of the embedded store: list, show, replay, purge."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from kabar.contracts.letters import DeadLetter
from kabar.contracts.message import Message, decode_message
from kabar.errors import KabarError, UsageError
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.prune import book
from kabar.runtime.embedded.store import transaction
from kabar.runtime.letters import Kept, Replayed, check, sources_of
from kabar.runtime.refusals import reread as reread_record

Reread = Callable[[sqlite3.Connection, DeadLetter, bytes], Message]
"""Turns the original bytes of something refused at acceptance into a message, or raises a KabarError."""


class StoreLetters:
    """:class:`kabar.runtime.letters.Letters` over a connection; a read-only one does for ``find`` and ``get``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(
        self,
        *,
        stage: str = "",
        reason: str = "",
        state: str = "open",
        source: str = "",
        since_ms: int = 0,
        limit: int = 100,
    ) -> list[Kept]:
        """Newest first."""
        return find(
            self._connection, stage=stage, reason=reason, state=state, source=source, since_ms=since_ms, limit=limit
        )  # fmt: skip

    def get(self, letter_id: str) -> tuple[Kept, bytes]:
        """One letter by id or unambiguous beginning."""
        return get(self._connection, letter_id)

    def replay(self, chosen: Sequence[Kept], *, dry_run: bool = False) -> Replayed:
        """Into the inbox; whoever processes it next goes on."""
        inbox = Inbox(self._connection, tick_ms=1)  # a replay logs no tick
        return replay(
            self._connection, inbox, [kept.letter for kept in chosen], reread=reread_record, dry_run=dry_run
        )

    def purge(self, chosen: Sequence[Kept], *, dry_run: bool = False) -> list[str]:
        """In one transaction."""
        ids = [kept.letter.id for kept in chosen]
        return ids if dry_run else purge(self._connection, ids)


def find(
    connection: sqlite3.Connection,
    *,
    stage: str = "",
    reason: str = "",
    state: str = "open",
    source: str = "",
    since_ms: int = 0,
    limit: int = 100,
) -> list[Kept]:
    """Dead letters, newest first; an empty filter matches all.

    Raises:
        UsageError: there is no such stage or state.
    """
    check(stage=stage, state=state)
    rows = connection.execute(
        "SELECT envelope, state, CASE WHEN ? = '' THEN NULL ELSE original END FROM dead_letters"
        " WHERE (? = '' OR stage = ?) AND (? = '' OR reason = ?) AND (? = '' OR state = ?) AND died_at >= ?"
        " ORDER BY died_at DESC, id",
        (source, stage, stage, reason, reason, state, state, since_ms),
    )
    return list(islice(_of(source, rows), limit))


def _of(source: str, rows: sqlite3.Cursor) -> Iterator[Kept]:
    wanted = source.strip().casefold()
    for envelope, state, original in rows:
        if original is None or wanted in sources_of(zlib.decompress(original)):
            yield Kept(msgspec.json.decode(envelope, type=DeadLetter), state)


def get(connection: sqlite3.Connection, letter_id: str) -> tuple[Kept, bytes]:
    """One letter by id or unambiguous beginning, with the original bytes.

    Raises:
        UsageError: there is none, or several begin so.
    """
    rows = connection.execute(
        "SELECT envelope, state, original FROM dead_letters WHERE substr(id, 1, ?) = ? LIMIT 2",
        (len(letter_id), letter_id),
    ).fetchall()
    if len(rows) != 1:
        found = "several dead letters begin" if rows else "no dead letter begins"
        raise UsageError(f"{found} with '{letter_id}'", hint="`kabar dead list` shows their ids")
    envelope, state, original = rows[0]
    return Kept(msgspec.json.decode(envelope, type=DeadLetter), state), zlib.decompress(original)


def replay(
    connection: sqlite3.Connection,
    inbox: Inbox,
    chosen: Sequence[DeadLetter],
    *,
    reread: Reread,
    dry_run: bool = False,
) -> Replayed:
    """Queue dead observations again; each keeps its observation id and place in time."""
    queued: list[str] = []
    refused: dict[str, str] = {}
    for letter in chosen:
        _, original = get(connection, letter.id)
        try:
            message = _message(connection, letter, original, reread)
        except KabarError as error:
            refused[letter.id] = str(error)
            continue
        if not dry_run:
            with transaction(connection):
                if not inbox.replay(letter, message):
                    refused[letter.id] = "was replayed already"
                    continue
        queued.append(letter.id)
    return Replayed(queued, refused)


def purge(connection: sqlite3.Connection, letter_ids: Sequence[str]) -> list[str]:
    """Delete letters and, where they are still dead, their observations: in the account these count as pruned."""
    gone = []
    with transaction(connection):
        for letter_id in letter_ids:
            ended = connection.execute(
                "DELETE FROM observations WHERE outcome = 'dead'"
                " AND id = (SELECT observation_id FROM dead_letters WHERE id = ?)",
                (letter_id,),
            ).rowcount
            book(connection, ended)
            if connection.execute("DELETE FROM dead_letters WHERE id = ?", (letter_id,)).rowcount:
                gone.append(letter_id)
    return gone


def _message(connection: sqlite3.Connection, letter: DeadLetter, original: bytes, reread: Reread) -> Message:
    if letter.cut:
        raise UsageError(
            f"its original was {letter.size:,} bytes and only the beginning is kept",
            hint="ingest a smaller one",
        )
    return reread(connection, letter, original) if letter.stage == "accept" else decode_message(original)
