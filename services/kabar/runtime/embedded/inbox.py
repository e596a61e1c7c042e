"""The durable inbox: what was accepted and is not yet decided, in order of acceptance.

Acceptance is one transaction: observation rows, inbox rows, dead letters for what could not be read, the ticks
that fall due, and the position of the job it came from. So a crash leaves a job exactly where its last commit was.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from kabar.contracts.letters import DeadLetter
from kabar.contracts.message import Message, Tick
from kabar.contracts.outcomes import Outcome
from kabar.runtime.refusals import Refused


class Row(Struct, frozen=True):
    """One inbox row: the bytes of a message or of a tick."""

    seq: int
    kind: str
    body: bytes


class Inbox:
    """The inbox over a connection. The writing methods run inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, *, tick_ms: int) -> None:
        self._connection = connection
        self._tick_ms = tick_ms

    # ------------------------------------------------------------ acceptance

    def accept(self, items: Iterable[Message | Refused], *, job: int | None = None) -> int:
        """Append; returns how many observations were new. One seen before (same id) is left as it is."""
        accepted = 0
        for item in items:
            accepted += self._refuse(item, job) if isinstance(item, Refused) else self._append(item, job)
        if accepted:
            self._set_meta("accepted", self._meta("accepted") + accepted)
        return accepted

    def clock(self, now_ms: int) -> int:
        """The observation clock: never behind what it said before, even if the machine's clock goes back."""
        return max(now_ms, self._meta("clock"))

    def tick(self, now_ms: int) -> bool:
        """Log a tick if one is due at this time; a stage hears of time only through the log."""
        due = now_ms // self._tick_ms * self._tick_ms
        if due <= self._meta("last_tick"):
            return False
        self._set_meta("last_tick", due)
        body = msgspec.json.encode(Tick(due))
        self._connection.execute(
            "INSERT INTO inbox (kind, bytes, body) VALUES ('tick', ?, ?)", (len(body), body)
        )
        return True

    def _append(self, message: Message, job: int | None) -> int:
        header = message.header
        self.tick(header.observed_at)
        if not self._observe(header.observation_id, header.article_id, header.observed_at,
                             header.accepted_at, header.origin, job):  # fmt: skip
            return 0
        self._set_meta("clock", max(header.observed_at, self._meta("clock")))
        self._place(header.observation_id, self._push(message.encode()))
        return 1

    def _push(self, body: bytes) -> int:
        cursor = self._connection.execute(
            "INSERT INTO inbox (kind, bytes, body) VALUES ('message', ?, ?)", (len(body), body)
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _place(self, observation_id: str, seq: int) -> None:
        self._connection.execute("UPDATE observations SET seq = ? WHERE id = ?", (seq, observation_id))

    def _refuse(self, refused: Refused, job: int | None) -> int:
        letter = refused.letter
        assert letter.observation_id is not None
        if not self._observe(
            letter.observation_id, None, letter.observed_at, letter.died_at, letter.origin, job
        ):
            return 0
        store_letter(self._connection, letter, refused.original)
        end(self._connection, letter.observation_id, Outcome.DEAD, letter.reason, letter.died_at)
        return 1

    def _observe(
        self, observation_id: str, article_id: str | None, observed_at: int,
        accepted_at: int, origin: str, job: int | None,
    ) -> bool:  # fmt: skip
        cursor = self._connection.execute(
            "INSERT INTO observations (id, seq, article_id, observed_at, accepted_at, origin, job)"
            " VALUES (?, 0, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (observation_id, article_id, observed_at, accepted_at, origin, job),
        )
        return cursor.rowcount == 1

    # ------------------------------------------------------------ replay

    def replay(self, letter: DeadLetter, message: Message) -> bool:
        """Queue a dead observation again: same observation, outcome open until it is decided anew.

        Returns:
            False if somebody was faster, or the observation is not dead any more; nothing was changed.
        """
        taken = self._connection.execute(
            "UPDATE dead_letters SET state = 'replayed' WHERE id = ? AND state = 'open'", (letter.id,)
        ).rowcount
        header = message.header
        reopened = (
            taken
            and self._connection.execute(
                "UPDATE observations SET outcome = NULL, reason = '', ended_at = NULL, article_id = ?"
                " WHERE id = ? AND outcome = 'dead'",
                (header.article_id, header.observation_id),
            ).rowcount
        )
        if reopened:
            self._place(header.observation_id, self._push(message.encode()))
        return bool(reopened)

    def reopen(self, observation_id: str, message: bytes) -> bool:
        """Queue a decided observation again, with what is to be processed of it; its outcome is open till then.

        Returns:
            False if it waits already, is dead (its letter is what is replayed), or is gone; nothing was changed.
        """
        reopened = self._connection.execute(
            "UPDATE observations SET outcome = NULL, reason = '', ended_at = NULL"
            " WHERE id = ? AND outcome IS NOT NULL AND outcome != 'dead'",
            (observation_id,),
        ).rowcount
        if reopened:
            self._place(observation_id, self._push(message))
        return bool(reopened)

    # ------------------------------------------------------------ processing

    def read(self, *, after: int, limit: int, max_bytes: int) -> list[Row]:
        """The next rows, at least one if there is one, at most ``limit`` rows and about ``max_bytes``."""
        rows: list[Row] = []
        size = 0
        for seq, kind, length, body in self._connection.execute(
            "SELECT seq, kind, bytes, body FROM inbox WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ):
            if rows and size + length > max_bytes:
                break
            size += length
            rows.append(Row(seq, kind, body))
        return rows

    def done(self, rows: Sequence[Row]) -> None:
        """Forget processed rows, in the transaction that stores what came of them."""
        self._connection.executemany("DELETE FROM inbox WHERE seq = ?", [(row.seq,) for row in rows])

    def depth(self) -> int:
        """Rows waiting."""
        count: int = self._connection.execute("SELECT count(*) FROM inbox").fetchone()[0]
        return count

    # ------------------------------------------------------------ meta

    def _meta(self, key: str) -> int:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _set_meta(self, key: str, value: int) -> None:
        self._connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )


def store_letter(connection: sqlite3.Connection, letter: DeadLetter, original: bytes) -> None:
    """Keep a dead letter; a later death of the same observation in the same stage replaces the earlier."""
    connection.execute(
        "INSERT INTO dead_letters (id, observation_id, stage, reason, died_at, envelope, original, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'open')"
        " ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, died_at = excluded.died_at,"
        " envelope = excluded.envelope, original = excluded.original, state = 'open'",
        (letter.id, letter.observation_id, letter.stage, letter.reason, letter.died_at,
         msgspec.json.encode(letter), zlib.compress(original, 1)),
    )  # fmt: skip


def end(connection: sqlite3.Connection, observation_id: str, outcome: str, reason: str, now_ms: int) -> None:
    """Give an observation its one outcome."""
    connection.execute(
        "UPDATE observations SET outcome = ?, reason = ?, ended_at = ? WHERE id = ? AND outcome IS NULL",
        (outcome, reason, now_ms, observation_id),
    )
