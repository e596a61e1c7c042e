"""Dead letters for humans: list, show, replay."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable

import msgspec
from msgspec import Struct

from kabar.contracts.letters import DeadLetter
from kabar.contracts.message import Message, decode_message
from kabar.errors import KabarError, UsageError
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.store import transaction

STAGES = ("accept", "clean", "dedupe", "enrich", "index")
STATES = ("open", "replayed")


class Kept(Struct, frozen=True):
    """A dead letter as stored."""

    letter: DeadLetter
    state: str


class Replayed(Struct, frozen=True):
    """What a replay did: queued again, or still impossible and why."""

    queued: list[str]
    refused: dict[str, str]


Reread = Callable[[sqlite3.Connection, DeadLetter, bytes], Message]
"""Turns the original bytes of something refused at acceptance into a message, or raises a KabarError."""


def find(
    connection: sqlite3.Connection,
    *,
    stage: str = "",
    reason: str = "",
    state: str = "open",
    limit: int = 100,
) -> list[Kept]:
    """Dead letters, newest first; an empty filter matches all.

    Raises:
        UsageError: there is no such stage or state.
    """
    for what, value, known in (("stage", stage, STAGES), ("state", state, STATES)):
        if value and value not in known:
            raise UsageError(f"there is no {what} '{value}'", hint=f"known: {', '.join(known)}")
    rows = connection.execute(
        "SELECT envelope, state FROM dead_letters WHERE (? = '' OR stage = ?) AND (? = '' OR reason = ?)"
        " AND (? = '' OR state = ?) ORDER BY died_at DESC, id LIMIT ?",
        (stage, stage, reason, reason, state, state, limit),
    )
    return [Kept(msgspec.json.decode(envelope, type=DeadLetter), kept) for envelope, kept in rows]


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
    chosen: list[DeadLetter],
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


def _message(connection: sqlite3.Connection, letter: DeadLetter, original: bytes, reread: Reread) -> Message:
    if letter.cut:
        raise UsageError(
            f"its original was {letter.size:,} bytes and only the beginning is kept",
            hint="ingest a smaller one",
        )
    return reread(connection, letter, original) if letter.stage == "accept" else decode_message(original)
