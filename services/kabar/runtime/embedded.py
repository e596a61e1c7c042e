"""The embedded runtime: lease, store, workers and the loop that empties the inbox."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from kabar.dedupe.options import DAY_MS, HOUR_MS, DedupeOptions
from kabar.dedupe.stage import DedupeStage
from kabar.errors import EnvironmentError_
from kabar.runtime import audit, prune
from kabar.runtime.inbox import Inbox
from kabar.runtime.lease import Lease
from kabar.runtime.metrics import Metrics
from kabar.runtime.pipeline import Limits, Pipeline, wall_ms
from kabar.runtime.pool import WorkerPool
from kabar.runtime.protocol import Pool
from kabar.runtime.store import database_path, open_writer, transaction
from kabar.settings import Settings

log = structlog.get_logger()

PAUSE_MIN_SECONDS = 0.5
PAUSE_MAX_SECONDS = 30.0
"""A sick environment is retried for ever, ever more slowly, with jitter."""
HOUSEKEEPING_SECONDS = 15.0
PRUNE_EVERY_MS = 3_600_000


class Health:
    """What the probes and the page say. Written by the loop, read by the web threads."""

    def __init__(self) -> None:
        self.ready = False
        self.reason = "starting"

    def up(self) -> None:
        """Processing."""
        self.ready, self.reason = True, ""

    def down(self, reason: str) -> None:
        """Not processing, and why."""
        self.ready, self.reason = False, reason


class Embedded:
    """The writer of one data directory. Use as a context manager; one thread calls :meth:`step` or :meth:`run`."""

    def __init__(
        self, settings: Settings, *, metrics: Metrics | None = None, pool: Pool | None = None
    ) -> None:
        self.settings = settings
        self.directory: Path = settings.directory
        self.metrics = metrics or Metrics()
        self.health = Health()
        self._given_pool = pool
        self._lease = Lease(self.directory)
        self._pruned_at = 0

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lease.acquire()
        try:
            self._open()
        except BaseException:
            self._lease.release()
            raise
        return self

    def _open(self) -> None:
        settings = self.settings
        # Acceptance must survive power loss; batches may be rolled back whole, so they need not wait for the disk.
        self.acceptance = open_writer(self.directory, durability="FULL")
        self._connection = open_writer(self.directory, durability="NORMAL")
        self.inbox = Inbox(self.acceptance, tick_ms=settings.tick_seconds * 1000)
        self._pool = self._given_pool or WorkerPool(
            settings.worker_count,
            deadline_seconds=settings.article_deadline_seconds,
            memory_mb=settings.worker_memory_mb,
        )
        try:
            self.pipeline = Pipeline(
                self._connection,
                self.directory,
                pool=self._pool,
                dedupe=lambda: DedupeStage(dedupe_options(settings)),
                limits=Limits(settings.batch_max, settings.batch_max_bytes),
                tick_ms=settings.tick_seconds * 1000,
                metrics=self.metrics,
            )
        except BaseException:
            self._pool.close()
            raise
        self.health.up()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.health.down("stopping")
        self._pool.close()
        self._connection.close()
        self.acceptance.close()
        self._lease.release()

    def step(self) -> int:
        """One batch; 0 = the inbox is empty."""
        return self.pipeline.step()

    def drain(self, on_batch: Callable[[int], None] = lambda _: None) -> None:
        """Process until the inbox is empty."""
        while taken := self.step():
            on_batch(taken)

    def run(self, stop: threading.Event) -> None:
        """Process for ever: small batches when idle, large ones under load, until ``stop`` is set."""
        pause = PAUSE_MIN_SECONDS
        next_housekeeping = 0.0
        while not stop.is_set():
            try:
                if wall_ms() / 1000 >= next_housekeeping:
                    self._housekeeping()
                    next_housekeeping = wall_ms() / 1000 + HOUSEKEEPING_SECONDS
                taken = self.step()
            except EnvironmentError_ as error:
                self._pause(error, pause, stop)
                pause = min(PAUSE_MAX_SECONDS, pause * 2)
                continue
            pause = PAUSE_MIN_SECONDS
            self.health.up()
            if not taken:
                stop.wait(self.settings.poll_seconds)

    def _pause(self, error: EnvironmentError_, seconds: float, stop: threading.Event) -> None:
        self.health.down(str(error))
        self.metrics.ready.set(0)
        self.metrics.environment_errors.labels(type(error).__name__).inc()
        log.error("paused", error=str(error), hint=error.hint, seconds=seconds)
        stop.wait(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret

    def _housekeeping(self) -> None:
        """Ticks while nothing arrives, figures for the dashboards, retention."""
        now = wall_ms()
        with transaction(self.acceptance):
            self.inbox.tick(self.inbox.clock(now))
        self._prune(now)
        figures = audit.figures(self.acceptance)
        metrics = self.metrics
        metrics.ready.set(int(self.health.ready))
        metrics.queue_depth.labels("inbox").set(figures.waiting)
        metrics.dead_letters.set(figures.dead_letters)
        metrics.documents.set(figures.documents)
        metrics.store_bytes.set(database_path(self.directory).stat().st_size)
        for reason, count in self._pool.restarts.items():
            metrics.worker_restarts.labels(reason).set(count)

    def _prune(self, now: int) -> None:
        settings = self.settings
        if now - self._pruned_at < PRUNE_EVERY_MS or not (
            settings.retention_days or settings.retention_max_mb
        ):
            return
        self._pruned_at = now
        done = prune.prune(
            self._connection, self.directory,
            now_ms=now, days=settings.retention_days, max_bytes=settings.retention_max_mb * 1_048_576,
        )  # fmt: skip
        self.metrics.audit_gap.set(audit.audit(self.acceptance).gap)
        log.info("pruned", **done.as_dict())


def dedupe_options(settings: Settings) -> DedupeOptions:
    """The stage's options from the settings."""
    return DedupeOptions(
        similarity_window_ms=settings.similarity_window_days * DAY_MS,
        revision_window_ms=settings.revision_window_hours * HOUR_MS,
        max_signatures=settings.similarity_max_articles,
    )
