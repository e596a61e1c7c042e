"""``kabar ingest``: files into the inbox, and the pipeline run until each of their records has its outcome.

Whoever gets the lease processes; if another process is the writer already, this one only appends and follows,
and takes over should that process end.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from kabar.contracts.letters import DeadLetter
from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.errors import BadMessage, InputError, KabarError, Poison, StoreBusy
from kabar.producers.files import Input, Record, find, fingerprint, open_input, open_pipe
from kabar.producers.files.fields import FieldMapper
from kabar.runtime import jobs
from kabar.runtime.batch import letter
from kabar.runtime.embedded import Embedded
from kabar.runtime.feeding import chunks
from kabar.runtime.inbox import Inbox, Refused
from kabar.runtime.jobs import Job, JobOptions
from kabar.runtime.pipeline import wall_ms
from kabar.runtime.protocol import Pool
from kabar.runtime.store import open_writer, transaction, translated
from kabar.settings import Settings

MAX_IDS = 1_000
FOLLOW_SECONDS = 0.05
TAKE_OVER_SECONDS = 1.0
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
        with _Writer(self._settings, self._pool) as writer:
            for one in found:
                if one.problem:
                    self._problems.append(f"{one.path}: {one.problem}")
                else:
                    self._take_file(writer, one.path)
            if STDIN in map(str, paths):
                self._take_stream(writer, open_pipe(sys.stdin.buffer, mapping=self._options.mapping))
            self._settle(writer)
            return self._summary(writer.connection, time.monotonic() - started)

    # ------------------------------------------------------------ reading

    def _take_file(self, writer: _Writer, path: Path) -> None:
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
                self._take(writer, source, self._begin(writer, key, str(path)))
        except InputError as error:
            self._problems.append(str(error))

    def _take_stream(self, writer: _Writer, source: Input) -> None:
        with source:
            self._take(writer, source, self._begin(writer, secrets.token_hex(16), source.name))

    def _begin(self, writer: _Writer, key: str, path: str) -> Job:
        with writer.accepting():
            job = jobs.begin(writer.connection, key, path, self._options, wall_ms())
        self._jobs.append(job.id)
        return job

    def _take(self, writer: _Writer, source: Input, job: Job) -> None:
        self._progress.name = source.name
        self._progress.total_bytes = source.size
        self._progress.resumed = job.resumed
        for chunk in chunks(source.read(after=job.position)):
            now = wall_ms()
            with writer.accepting():
                seen = writer.inbox.clock(now)
                items = [self._item(record, job, source.name, seen, now) for record in chunk]
                self._progress.accepted += writer.inbox.accept(items, job=job.id)
                jobs.advance(writer.connection, job, chunk[-1].position)
            self._progress.read_bytes = source.consumed
            self._report(self._progress)
            while writer.inbox.depth() >= writer.high_water:
                self._work(writer)

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

    def _work(self, writer: _Writer) -> int:
        taken = writer.work()
        self._progress.decided += taken
        self._report(self._progress)
        return taken

    def _settle(self, writer: _Writer) -> None:
        """Until every record of ours has its outcome."""
        while writer.waiting(self._jobs):
            self._work(writer)
        with writer.accepting():
            jobs.finish(writer.connection, self._jobs, wall_ms())

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


def said(error: KabarError) -> str:
    """What is wrong, and what to do."""
    return f"{error}; {error.hint}" if error.hint else str(error)


def refused(
    record: Record, observation: str, origin: str, observed_at: int, now: int, reason: str, error: str
) -> Refused:
    """A record that cannot be an observation: a dead letter with its original bytes."""
    envelope = letter(
        record.raw, observation_id=observation, stage="accept", reason=reason, error=error,
        died_at=now, origin=origin, observed_at=observed_at,
    )  # fmt: skip
    if record.sha256:  # the bytes at hand are only the beginning
        envelope = msgspec.structs.replace(envelope, size=record.size, sha256=record.sha256, cut=True)
    return Refused(envelope, record.raw)


class _Writer:
    """Appends to the inbox, and processes it if nobody else does."""

    def __init__(self, settings: Settings, pool: Pool | None) -> None:
        self._settings = settings
        self._pool = pool
        self._engine: Embedded | None = None
        self._own: sqlite3.Connection | None = None
        self._next_take_over = 0.0
        self.high_water = min(settings.inbox_max, 3 * settings.batch_max)
        """Enough for the batch in work, the one being cleaned ahead, and one to come."""

    def __enter__(self) -> Self:
        if not self._take_over():
            self._own = open_writer(self._settings.directory)
            self.inbox = Inbox(self._own, tick_ms=self._settings.tick_seconds * 1000)
            self.connection = self._own
            self.high_water = self._settings.inbox_max
        return self

    def __exit__(self, *details: object) -> None:
        if self._engine is not None:
            self._engine.__exit__(None, None, None)
        if self._own is not None:
            self._own.close()

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """A durable transaction on the inbox."""
        with translated(self._settings.directory), transaction(self.connection):
            yield

    def work(self) -> int:
        """One batch, or a moment's wait for the process that is at it."""
        if self._engine is None and time.monotonic() >= self._next_take_over:
            self._take_over()
        if self._engine is not None:
            return self._engine.step()
        time.sleep(FOLLOW_SECONDS)
        return 0

    def waiting(self, job_ids: list[int]) -> int:
        """How many observations of these jobs have no outcome yet."""
        if not job_ids:
            return 0
        with translated(self._settings.directory):
            return jobs.outcomes(self.connection, job_ids).get(None, 0)

    def _take_over(self) -> bool:
        self._next_take_over = time.monotonic() + TAKE_OVER_SECONDS
        engine = Embedded(self._settings, pool=self._pool)
        try:
            engine.__enter__()
        except StoreBusy:
            return False
        self._engine = engine
        self.inbox = engine.inbox
        self.connection = engine.acceptance
        return True


def reread(connection: sqlite3.Connection, envelope: DeadLetter, original: bytes) -> Message:
    """Try again to make an observation of something refused at acceptance.

    Raises:
        BadMessage: it is still impossible; the text says why.
    """
    assert envelope.observation_id is not None
    options = jobs.options_of(connection, envelope.observation_id)
    try:
        fields = json.loads(original)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"the original is still not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BadMessage("the original is still no JSON object")
    now = wall_ms()
    return accept(
        FieldMapper(options.mapping)(fields),
        observation_id=envelope.observation_id,
        observed_at=envelope.observed_at or now,
        accepted_at=now,
        origin=envelope.origin,
        default_source=options.default_source,
        event_time=options.event_time,
    )
