"""What a producing command remembers between calls: jobs, the observations it is about to send, and their endings.

One SQLite file per Kafka and topic prefix, in the data directory. Each observation is noted with its times BEFORE it
is sent, so that one sent again after a crash is the same to the last field; the position of its job follows
after the acknowledgement. How far ``news.outcomes`` was read is kept in the transaction that notes what it said, and
every observation was noted before its ending can exist: no ending is missed, whichever process reads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from kabar.contracts.letters import Ending
from kabar.contracts.message import Message
from kabar.contracts.topics import DAY_MS
from kabar.errors import StoreError
from kabar.index.sqlite.faults import store_errors
from kabar.producers.files import Position
from kabar.runtime.embedded import jobs
from kabar.runtime.embedded.jobs import Job, JobOptions
from kabar.runtime.embedded.store import ensure_directory, transaction
from kabar.runtime.refusals import Refused

SCHEMA_NUMBER: Final = 1
BUSY_MS: Final = 30_000
KEEP_DAYS: Final = 30
"""How long the endings of a finished job are kept, for ``--skip-done`` to tell them again."""

SCHEMA: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        path TEXT NOT NULL,
        options TEXT NOT NULL,
        position TEXT NOT NULL DEFAULT '',
        records INTEGER NOT NULL DEFAULT 0,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        UNIQUE (key, ordinal)
    )""",
    """CREATE TABLE observations (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        job INTEGER NOT NULL REFERENCES jobs (id),
        number INTEGER NOT NULL,
        article_id TEXT,
        seen INTEGER NOT NULL,
        accepted_at INTEGER NOT NULL,
        outcome TEXT
    )""",
    "CREATE INDEX observations_job ON observations (job, outcome)",
    "CREATE INDEX observations_number ON observations (job, number)",
    "CREATE INDEX observations_waiting ON observations (seq) WHERE outcome IS NULL",
    "CREATE TABLE outcomes_read (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL)",
)

Times = tuple[int, int]
"""The observation clock and the wall clock, milliseconds: what a record was, or will be, accepted with."""


def path_of(directory: Path, cluster_id: str, prefix: str) -> Path:
    """The file for one Kafka and prefix: what is known about another one means nothing there."""
    place = blake2b(f"{cluster_id}\n{prefix}".encode(), digest_size=8).hexdigest()
    return directory / f"kafka-{place}.db"


class Journal:
    """The file, opened for writing. Use as a context manager; several processes may at once.

    Every method raises :class:`kabar.errors.StoreError` or another sickness of the surroundings where the file
    cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        ensure_directory(self._path.parent)
        with self._errors():
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        return self

    def __exit__(self, *details: object) -> None:
        self._connection.close()

    # ------------------------------------------------------------ jobs

    def begin(
        self, key: str, name: str, options: JobOptions, now_ms: int, *, not_these: Sequence[int]
    ) -> Job:
        """The unfinished job of this content, or a new one."""
        with self._writing():
            return jobs.begin(self._connection, key, name, options, now_ms, not_these=not_these)

    def finished(self, key: str, options: JobOptions) -> Job | None:
        """The newest completed job of this content and these options."""
        with self._errors():
            return jobs.finished(self._connection, key, options)

    def finish(self, job_ids: Sequence[int], now_ms: int, *, forget: bool) -> None:
        """These jobs are done; the same content given again is a new one.

        ``forget``: nobody will ask how their observations ended.
        """
        with self._writing():
            jobs.finish(self._connection, job_ids, now_ms)
            self._connection.execute(
                "DELETE FROM observations WHERE job IN (SELECT id FROM jobs WHERE finished_at < ?)",
                (now_ms - KEEP_DAYS * DAY_MS,),
            )
            if forget:
                self._connection.executemany(
                    "DELETE FROM observations WHERE job = ?", [(one,) for one in job_ids]
                )

    # ------------------------------------------------------------ sending

    def clock(self, now_ms: int) -> int:
        """The observation clock: never behind what was sent, even if the machine's clock goes back."""
        with self._errors():
            row = self._connection.execute("SELECT value FROM meta WHERE key = 'clock'").fetchone()
        return max(now_ms, int(row[0])) if row else now_ms

    def plan(self, job: Job, numbers: Sequence[int], fresh: Times) -> dict[int, Times]:
        """Note records that are about to be sent, and the times they count with.

        Returns:
            Record number -> times: ``fresh``, or those it was noted with before, by a call that was cut off or by
            another process that is at the same job.
        """
        rows = [(job.observation_id(number), job.id, number, *fresh) for number in numbers]
        with self._writing():
            self._connection.executemany(
                "INSERT INTO observations (id, job, number, seen, accepted_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO NOTHING",
                rows,
            )
            self._connection.execute(
                "INSERT INTO meta (key, value) VALUES ('clock', ?)"
                " ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
                (fresh[0],),
            )
            noted = self._connection.execute(
                "SELECT number, seen, accepted_at FROM observations WHERE job = ? AND number BETWEEN ? AND ?",
                (job.id, numbers[0], numbers[-1]),
            ).fetchall()
        return {number: (seen, accepted_at) for number, seen, accepted_at in noted}

    def sent(self, job: Job, position: Position, items: Iterable[Message | Refused]) -> None:
        """These, and all before this position, are acknowledged."""
        articles = [
            (item.header.article_id, item.header.observation_id)
            for item in items
            if isinstance(item, Message)
        ]
        with self._writing():
            self._connection.executemany("UPDATE observations SET article_id = ? WHERE id = ?", articles)
            jobs.advance(self._connection, job, position)

    # ------------------------------------------------------------ endings

    def start_reading(self, ends: Mapping[int, int]) -> dict[int, int]:
        """Where to read each partition of ``news.outcomes`` from.

        Args:
            ends: partition -> where it ends now, before anything else is sent. Where nobody waits for an older
                ending, that is where reading starts.
        """
        with self._writing():
            # Read further than it reaches: the topic was deleted and made again.
            self._connection.executemany(
                "UPDATE outcomes_read SET next = 0 WHERE partition = ? AND next > ?", ends.items()
            )
            if not self._waits():
                self._read_up_to(ends)
            known = dict(self._connection.execute("SELECT partition, next FROM outcomes_read").fetchall())
        return {partition: known.get(partition, 0) for partition in ends}

    def ended(self, endings: Iterable[Ending], up_to: Mapping[int, int]) -> int:
        """Note endings, and how far ``news.outcomes`` was read; returns how many observations were waiting for one."""
        rows = [(ending.outcome, ending.observation_id) for ending in endings]
        with self._writing():
            waiting = self._connection.executemany(
                "UPDATE observations SET outcome = ? WHERE id = ? AND outcome IS NULL", rows
            ).rowcount
            # One that ended before may end anew (a replay); the newest counts.
            self._connection.executemany("UPDATE observations SET outcome = ? WHERE id = ?", rows)
            self._read_up_to(up_to)
        return waiting

    def waiting(self, job_ids: Sequence[int]) -> bool:
        """Whether an observation of these jobs has no ending yet."""
        with self._errors():
            return jobs.any_waiting(self._connection, job_ids)

    def outcomes(self, job_ids: Sequence[int]) -> Mapping[str | None, int]:
        """Observations of these jobs by outcome; None = not known."""
        with self._errors():
            return jobs.outcomes(self._connection, job_ids)

    def article_ids(self, job_ids: Sequence[int], limit: int) -> list[str]:
        """Distinct articles of these jobs, in order of acceptance."""
        with self._errors():
            return jobs.article_ids(self._connection, job_ids, limit)

    # ------------------------------------------------------------ the file

    def _waits(self) -> bool:
        found = self._connection.execute("SELECT EXISTS (SELECT 1 FROM observations WHERE outcome IS NULL)")
        return bool(found.fetchone()[0])

    def _read_up_to(self, offsets: Mapping[int, int]) -> None:
        self._connection.executemany(
            "INSERT INTO outcomes_read (partition, next) VALUES (?, ?)"
            " ON CONFLICT (partition) DO UPDATE SET next = max(next, excluded.next)",
            offsets.items(),
        )

    def _prepare(self) -> None:
        # FULL: after a loss of power a record must not be sent again with other times than before.
        for pragma in (f"busy_timeout = {BUSY_MS}", "journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        with transaction(self._connection):
            number = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if number > SCHEMA_NUMBER:
                raise StoreError(
                    f"{self._path} was written by a newer kabar (schema {number}, this one knows {SCHEMA_NUMBER})",
                    hint="upgrade kabar, or use another --data-dir; the file was left as it is",
                )
            if number == 0:
                for statement in SCHEMA:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {SCHEMA_NUMBER}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._errors(), transaction(self._connection):
            yield

    def _errors(self) -> AbstractContextManager[None]:
        return store_errors(self._path)
