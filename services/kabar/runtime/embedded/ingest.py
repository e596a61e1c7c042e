"""``kabar ingest``: files into the inbox, and the pipeline run until each of their records has its outcome.

Whoever gets the lease processes; if another process is the writer already, this one only appends and follows,
and takes over should that process end.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.errors import InputError, Poison
from kabar.producers.files import Input, Record, find, fingerprint, open_input, open_pipe
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded import jobs
from kabar.runtime.embedded.inbox import Refused
from kabar.runtime.embedded.jobs import Job, JobOptions
from kabar.runtime.embedded.writing import Writer
from kabar.runtime.envelopes import said
from kabar.runtime.feeding import chunks
from kabar.runtime.protocol import Pool
from kabar.runtime.refusals import refused
from kabar.settings import Settings

MAX_IDS = 1_000
STDIN = "-"


class Progress(Struct):
    """What a progress bar shows; updated in place."""

    name: str = ""
    read_bytes: int = 0
    total_bytes: int | None = None
    accepted: int = 0
    decided: int = 0
    resumed: bool = False


class Summary(Struct, frozen=True):
    """What became of the records of all files of one call."""

    accepted: int
    indexed: int
    unchanged: int
    superseded: int
    dropped: int
    dead: int
    seconds: float
    ids: list[str]
    """Articles concerned, in order of acceptance, at most 1,000."""
    problems: list[str] = []
    """Files that could not be read, and why."""
    skipped: int = 0
    """Files taken in completely by an earlier call."""


class Ingest:
    """One call. ``report`` is called after every step, from the calling thread."""

    def __init__(
        self,
        settings: Settings,
        options: JobOptions,
        *,
        skip_done: bool = False,
        report: Callable[[Progress], None] = lambda _: None,
        pool: Pool | None = None,
    ) -> None:
        self._settings = settings
        self._options = options
        self._skip_done = skip_done
        self._report = report
        self._pool = pool
        self._progress = Progress()
        self._jobs: list[int] = []
        self._complete: list[int] = []
        self._problems: list[str] = []
        self._skipped = 0

    def run(self, paths: Sequence[str | Path]) -> Summary:
        """Take in files, folders and ``-`` (standard input), in order.

        Raises:
            InputError: a named file is not there. Files found in folders that cannot be read are in ``problems``.
            EnvironmentError_: the store or the workers failed; the same call again resumes.
        """
        started = time.monotonic()
        found = list(find(path for path in paths if str(path) != STDIN))
        with Writer(self._settings, self._pool) as writer:
            for one in found:
                if one.problem:
                    self._problems.append(f"{one.path}: {one.problem}")
                else:
                    self._take_file(writer, one.path)
            if STDIN in map(str, paths):
                # Unbuffered: a buffered stream cannot be left while a thread waits in it. Not ours to close.
                with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as pipe:
                    self._take_stream(writer, open_pipe(pipe, mapping=self._options.mapping))
            self._settle(writer)
            return self._summary(writer.connection, time.monotonic() - started)

    # ------------------------------------------------------------ reading

    def _take_file(self, writer: Writer, path: Path) -> None:
        if not path.is_file():  # a named pipe: readable once, so without a fingerprint
            self._take_stream(writer, open_input(path, mapping=self._options.mapping))
            return
        try:
            key = fingerprint(path)
            if self._skip_done and (done := jobs.finished(writer.connection, key, self._options)):
                self._jobs.append(done.id)
                self._skipped += 1
                return
            with open_input(path, mapping=self._options.mapping) as source:
                self._take(writer, source, self._begin(writer, key, path))
        except InputError as error:
            self._problems.append(str(error))

    def _take_stream(self, writer: Writer, source: Input) -> None:
        with source:
            self._take(writer, source, self._begin(writer, secrets.token_hex(16), source.name))

    def _begin(self, writer: Writer, key: str, path: str | Path) -> Job:
        with writer.accepting():
            job = jobs.begin(
                writer.connection, key, shown(path), self._options, wall_ms(), not_these=self._jobs
            )
        self._jobs.append(job.id)
        return job

    def _take(self, writer: Writer, source: Input, job: Job) -> None:
        name = self._progress.name = shown(source.name)
        self._progress.total_bytes = source.size
        self._progress.resumed = job.resumed
        for chunk in chunks(source.read(after=job.position)):
            if chunk:
                self._accept(writer, job, name, chunk)
                self._progress.read_bytes = source.consumed
                self._report(self._progress)
            while writer.inbox.depth() >= (writer.high_water if chunk else 1):
                self._work(writer)
        self._complete.append(job.id)

    def _accept(self, writer: Writer, job: Job, name: str, chunk: list[Record]) -> None:
        now = wall_ms()
        with writer.accepting():
            seen = writer.inbox.clock(now)
            items = [self._item(record, job, name, seen, now) for record in chunk]
            self._progress.accepted += writer.inbox.accept(items, job=job.id)
            jobs.advance(writer.connection, job, chunk[-1].position)

    def _item(self, record: Record, job: Job, name: str, seen: int, now: int) -> Message | Refused:
        observation = job.observation_id(record.number)
        # A record that cannot be read has no time of its own; in a replay the wall clock would be a lie.
        unread = 0 if self._options.event_time else seen
        origin = f"file:{name}#{record.number}"
        if record.fields is None:
            return refused(record, observation, origin, unread, now, record.reason, record.error)
        try:
            return accept(
                record.fields,
                observation_id=observation,
                observed_at=seen,
                accepted_at=now,
                origin=origin,
                default_source=self._options.default_source,
                event_time=self._options.event_time,
            )
        except Poison as error:
            return refused(record, observation, origin, unread, now, error.reason, said(error))

    # ------------------------------------------------------------ processing

    def _work(self, writer: Writer) -> int:
        taken = writer.work()
        self._progress.decided += taken
        self._report(self._progress)
        return taken

    def _settle(self, writer: Writer) -> None:
        """Until every record of ours has its outcome."""
        while writer.waiting(self._jobs):
            self._work(writer)
        with writer.accepting():
            jobs.finish(writer.connection, self._complete, wall_ms())

    def _summary(self, connection: sqlite3.Connection, seconds: float) -> Summary:
        counts = jobs.outcomes(connection, self._jobs)
        names = ("indexed", "unchanged", "superseded", "dropped", "dead")
        return Summary(
            accepted=sum(counts.values()),
            **{name: counts.get(name, 0) for name in names},
            seconds=round(seconds, 3),
            ids=jobs.article_ids(connection, self._jobs, MAX_IDS),
            problems=self._problems,
            skipped=self._skipped,
        )


def shown(path: str | Path) -> str:
    """A file's name as text: one that is not UTF-8 must not break what it is written into."""
    return os.fsencode(path).decode("utf-8", "replace")
