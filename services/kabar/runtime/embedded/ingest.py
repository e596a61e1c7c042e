"""``kabar ingest``: files into the inbox, and the pipeline run until each of their records has its outcome.

Whoever gets the lease processes; if another process is the writer already, this one only appends and follows,
and takes over should that process end.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from kabar.producers.files import Input, Record
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded import jobs
from kabar.runtime.embedded.jobs import Job, JobOptions
from kabar.runtime.embedded.writing import Writer
from kabar.runtime.feeding import chunks
from kabar.runtime.intake import (
    MAX_IDS,
    OUTCOMES,
    Inputs,
    Progress,
    Report,
    Source,
    Summary,
    observed,
    shown,
    silent,
)
from kabar.runtime.protocol import Pool
from kabar.settings import Settings


class Ingest:
    """One call."""

    def __init__(
        self,
        settings: Settings,
        options: JobOptions,
        *,
        skip_done: bool = False,
        report: Report = silent,
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
        self._skipped = 0

    def run(self, paths: Sequence[str | Path]) -> Summary:
        """Take in files, folders and ``-`` (standard input), in order.

        Raises:
            InputError: a named file is not there. Files found in folders that cannot be read are in ``problems``.
            EnvironmentError_: the store or the workers failed; the same call again resumes.
        """
        started = time.monotonic()
        inputs = Inputs(paths)
        with Writer(self._settings, self._pool) as writer:
            for source in inputs:
                with inputs.noted(source):
                    self._take_source(writer, source)
            self._settle(writer)
            return self._summary(writer.connection, inputs.problems, time.monotonic() - started)

    # ------------------------------------------------------------ reading

    def _take_source(self, writer: Writer, source: Source) -> None:
        key = source.key()
        if self._skip_done and (done := jobs.finished(writer.connection, key, self._options)):
            self._jobs.append(done.id)
            self._skipped += 1
            return
        with source.open(self._options.mapping) as records:
            self._take(writer, records, self._begin(writer, key, source.name))

    def _begin(self, writer: Writer, key: str, path: str) -> Job:
        with writer.accepting():
            job = jobs.begin(writer.connection, key, path, self._options, wall_ms(), not_these=self._jobs)
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
            items = [observed(record, job, name, seen=seen, now=now) for record in chunk]
            self._progress.accepted += writer.inbox.accept(items, job=job.id)
            jobs.advance(writer.connection, job, chunk[-1].position)

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

    def _summary(self, connection: sqlite3.Connection, problems: list[str], seconds: float) -> Summary:
        counts = jobs.outcomes(connection, self._jobs)
        return Summary(
            accepted=sum(counts.values()),
            **{name: counts.get(name, 0) for name in OUTCOMES},
            seconds=round(seconds, 3),
            ids=jobs.article_ids(connection, self._jobs, MAX_IDS),
            problems=problems,
            skipped=self._skipped,
        )
