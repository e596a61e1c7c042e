"""Ingest jobs: which file is being taken in, and how far it got.

A job is known by the file's content and its options, not by its name. An unfinished job is resumed where its last
commit left it; a file that was taken in completely and is given again is a new job. Observation ids follow from
the job and the record's number, so a record accepted twice around a crash is still one observation.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from kabar.contracts.ids import observation_id
from kabar.producers.files import Position


class JobOptions(Struct, frozen=True, omit_defaults=True):
    """What decides how records are read: part of the job's identity."""

    mapping: dict[str, str] = {}
    default_source: str = ""
    event_time: bool = False

    def encode(self) -> str:
        """Canonical text."""
        return msgspec.json.encode(self, order="sorted").decode()


class Job(Struct, frozen=True):
    """A row of ``jobs``."""

    id: int
    key: str
    ordinal: int
    position: Position
    options: JobOptions
    finished: bool
    resumed: bool = False

    def observation_id(self, number: int) -> str:
        """Of the record with this number."""
        return observation_id(f"{self.key}/{self.ordinal}", number)


def begin(
    connection: sqlite3.Connection,
    key: str,
    path: str,
    options: JobOptions,
    now_ms: int,
    *,
    not_these: Sequence[int] = (),
) -> Job:
    """The unfinished job of this content and these options, or a new one. In the caller's transaction.

    ``not_these``: jobs of the same call, which are another file with the same content.
    """
    found = _newest(connection, key, options, finished=False)
    if found is not None and found.id not in not_these:
        return msgspec.structs.replace(found, resumed=True)
    ordinal = connection.execute(
        "SELECT coalesce(max(ordinal), 0) + 1 FROM jobs WHERE key = ?", (key,)
    ).fetchone()[0]
    cursor = connection.execute(
        "INSERT INTO jobs (key, ordinal, path, options, started_at) VALUES (?, ?, ?, ?, ?)",
        (key, ordinal, path, options.encode(), now_ms),
    )
    assert cursor.lastrowid is not None
    return Job(cursor.lastrowid, key, ordinal, Position(), options, finished=False)


def finished(connection: sqlite3.Connection, key: str, options: JobOptions) -> Job | None:
    """The newest completed job of this content and these options."""
    return _newest(connection, key, options, finished=True)


def advance(connection: sqlite3.Connection, job: Job, position: Position) -> None:
    """Note how far the job got, in the transaction that accepted what lies before."""
    connection.execute(
        "UPDATE jobs SET position = ?, records = ? WHERE id = ?",
        (f"{position.number} {position.offset}", position.number, job.id),
    )


def finish(connection: sqlite3.Connection, job_ids: Sequence[int], now_ms: int) -> None:
    """All records were read and have their outcome. Until then the same file resumes the job."""
    connection.executemany(
        "UPDATE jobs SET finished_at = ? WHERE id = ? AND finished_at IS NULL",
        [(now_ms, one) for one in job_ids],
    )


def options_of(connection: sqlite3.Connection, observation: str) -> JobOptions:
    """Options of the job an observation came from; the defaults where it came from no job."""
    row = connection.execute(
        "SELECT jobs.options FROM observations JOIN jobs ON jobs.id = observations.job WHERE observations.id = ?",
        (observation,),
    ).fetchone()
    return msgspec.json.decode(row[0], type=JobOptions) if row else JobOptions()


def outcomes(connection: sqlite3.Connection, job_ids: Sequence[int]) -> Mapping[str | None, int]:
    """Observations of jobs by outcome; None = not decided yet."""
    rows = connection.execute(
        "SELECT outcome, count(*) FROM observations WHERE job IN (SELECT value FROM json_each(?)) GROUP BY outcome",
        (json.dumps(job_ids),),
    )
    return dict(rows.fetchall())


def any_waiting(connection: sqlite3.Connection, job_ids: Sequence[int]) -> bool:
    """Whether an observation of these jobs has no outcome yet."""
    found: int = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM observations WHERE job IN (SELECT value FROM json_each(?)) AND outcome IS NULL)",
        (json.dumps(job_ids),),
    ).fetchone()[0]
    return bool(found)


def article_ids(connection: sqlite3.Connection, job_ids: Sequence[int], limit: int) -> list[str]:
    """Distinct articles of jobs, in order of first acceptance."""
    rows = connection.execute(
        "SELECT article_id FROM observations WHERE job IN (SELECT value FROM json_each(?))"
        " AND article_id IS NOT NULL GROUP BY article_id ORDER BY min(seq) LIMIT ?",
        (json.dumps(job_ids), limit),
    )
    return [row[0] for row in rows]


def _newest(connection: sqlite3.Connection, key: str, options: JobOptions, *, finished: bool) -> Job | None:
    row = connection.execute(
        "SELECT id, ordinal, position FROM jobs WHERE key = ? AND options = ? AND (finished_at IS NOT NULL) = ?"
        " ORDER BY ordinal DESC LIMIT 1",
        (key, options.encode(), finished),
    ).fetchone()
    if row is None:
        return None
    number, _, offset = (row[2] or "0 0").partition(" ")
    return Job(row[0], key, row[1], Position(int(number), int(offset)), options, finished=finished)
