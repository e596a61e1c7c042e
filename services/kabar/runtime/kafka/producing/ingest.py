"""``kabar ingest --to kafka`` and ``kabar produce files``: files into ``news.raw``, and what becomes of them.

A chunk is noted in the journal, sent, acknowledged, and only then the job's position moves on. So an interrupted
command that is given again sends at most one chunk twice, and sends it as the same observations.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import structlog

from kabar.producers.files import Input, Record
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded.jobs import Job, JobOptions
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
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.producing.awaiting import Endings
from kabar.runtime.kafka.producing.journal import Journal, path_of
from kabar.runtime.kafka.producing.pace import Pace
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.settings import Settings

log = structlog.get_logger()

NEEDED: Final = ("news.raw", "news.outcomes", "news.dead")
LOOK_SECONDS: Final = 0.25
PATIENCE_SECONDS: Final = 60.0
"""Silence after which we say that nobody seems to work; waiting goes on."""


class Ingest:
    """One call.

    Args:
        settings: where Kafka is, and the data directory of the journal.
        options: how records are read.
        skip_done: pass over files that were taken in completely before.
        wait: until every observation has its ending; otherwise until the log has them.
        rate: observations a second, at most; 0 = as fast as it goes.
        report: told after every step.
    """

    def __init__(
        self,
        settings: Settings,
        options: JobOptions,
        *,
        skip_done: bool = False,
        wait: bool = True,
        rate: float = 0.0,
        report: Report = silent,
    ) -> None:
        self._settings = settings
        self._options = options
        self._skip_done = skip_done
        self._wait = wait
        self._pace = Pace(rate)
        self._report = report
        self._progress = Progress()
        self._jobs: list[int] = []
        self._complete: list[int] = []
        self._skipped = 0

    def run(self, paths: Sequence[str | Path]) -> Summary:
        """Take in files, folders and ``-`` (standard input), in order.

        Raises:
            InputError: a named file is not there. Files found in folders that cannot be read are in ``problems``.
            NotPrepared: topics are missing or differ.
            EnvironmentError_: Kafka or the journal cannot be used; the same call again resumes.
        """
        started = time.monotonic()
        inputs = Inputs(paths)
        topics.check(self._settings, NEEDED)
        with ExitStack() as stack:
            self._journal = stack.enter_context(Journal(self._journal_path()))
            self._publisher = stack.enter_context(Publisher(self._settings))
            # Before anything is sent: this notes where news.outcomes ends now.
            reader = Endings(self._settings, self._journal.start_reading) if self._wait else None
            self._endings = stack.enter_context(reader) if reader else None
            for source in inputs:
                with inputs.noted(source):
                    self._take_source(source)
            self._settle()
            return self._summary(inputs.problems, time.monotonic() - started)

    def _journal_path(self) -> Path:
        with Cluster(self._settings) as cluster:
            return path_of(self._settings.directory, cluster.id(), self._settings.topic_prefix)

    # ------------------------------------------------------------ sending

    def _take_source(self, source: Source) -> None:
        key = source.key()
        if self._skip_done and (done := self._journal.finished(key, self._options)):
            self._jobs.append(done.id)
            self._skipped += 1
            return
        with source.open(self._options.mapping) as records:
            job = self._journal.begin(key, source.name, self._options, wall_ms(), not_these=self._jobs)
            self._jobs.append(job.id)
            self._take(records, job)
        self._complete.append(job.id)

    def _take(self, source: Input, job: Job) -> None:
        name = self._progress.name = shown(source.name)
        self._progress.total_bytes = source.size
        self._progress.resumed = job.resumed
        for chunk in chunks(source.read(after=job.position)):
            for portion in self._pace.portions(chunk):
                self._send(job, name, portion)
                self._progress.read_bytes = source.consumed
                self._look(0.0)
            if not chunk:  # a slow pipe: time to see what became of what came before
                self._look(0.0)

    def _send(self, job: Job, name: str, portion: Sequence[Record]) -> None:
        now = wall_ms()
        times = self._journal.plan(
            job, [record.number for record in portion], (self._journal.clock(now), now)
        )
        items = []
        for record in portion:
            seen, accepted_at = times[record.number]
            items.append(observed(record, job, name, seen=seen, now=accepted_at, tell_options=True))
        self._publisher.publish(items)
        self._journal.sent(job, portion[-1].position, items)
        self._progress.accepted += len(items)
        if not self._wait:
            self._progress.decided = self._progress.accepted

    # ------------------------------------------------------------ waiting

    def _look(self, timeout_seconds: float) -> bool:
        """Note what has ended; returns whether anything of ours had."""
        ended = 0
        if self._endings is not None:
            told = self._endings.look(timeout_seconds)
            if told.endings:
                ended = self._journal.ended(told.endings, told.up_to)
        self._progress.decided += ended
        self._report(self._progress)
        return ended > 0

    def _settle(self) -> None:
        """Until every observation of ours has its ending."""
        quiet_since = time.monotonic()
        while self._endings is not None and self._journal.waiting(self._jobs):
            if self._look(LOOK_SECONDS):
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > PATIENCE_SECONDS:
                log.warning(
                    "nothing was decided for a while: are all workers up?", see="kabar topics describe"
                )
                quiet_since = time.monotonic()
        self._journal.finish(self._complete, wall_ms(), forget=not self._wait)

    def _summary(self, problems: list[str], seconds: float) -> Summary:
        counts = self._journal.outcomes(self._jobs) if self._wait else {}
        return Summary(
            accepted=sum(counts.values()) if self._wait else self._progress.accepted,
            **{name: counts.get(name, 0) for name in OUTCOMES},
            seconds=round(seconds, 3),
            ids=self._journal.article_ids(self._jobs, MAX_IDS) if self._wait else [],
            problems=problems,
            skipped=self._skipped,
        )
