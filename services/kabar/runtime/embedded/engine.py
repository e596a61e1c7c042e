"""The embedded runtime: lease, store, workers and the loop that empties the inbox."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from kabar.dedupe.stage import DedupeStage
from kabar.errors import EnvironmentError_
from kabar.runtime.embedded.housekeeping import Housekeeping
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.lease import Lease
from kabar.runtime.embedded.pipeline import Limits, Pipeline
from kabar.runtime.embedded.store import ensure_directory, open_writer
from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics
from kabar.runtime.options import dedupe_options
from kabar.runtime.pool import WorkerPool
from kabar.runtime.protocol import Pool
from kabar.settings import Settings

log = structlog.get_logger()

PAUSE_MIN_SECONDS = 0.5
PAUSE_MAX_SECONDS = 30.0
"""A sick environment is retried for ever, ever more slowly, with jitter."""
HOUSEKEEPING_STOP_SECONDS = 5.0


class Embedded:
    """The writer of one data directory. Use as a context manager; one thread calls :meth:`step` or :meth:`run`."""

    def __init__(
        self, settings: Settings, *, metrics: Metrics | None = None, pool: Pool | None = None
    ) -> None:
        self.settings = settings
        self.directory: Path = settings.directory
        self.metrics = metrics or Metrics()
        self.health = Health(self.metrics)
        self._given_pool = pool
        self._lease = Lease(self.directory)

    def __enter__(self) -> Self:
        ensure_directory(self.directory)
        with ExitStack() as undo:
            self._lease.acquire()
            undo.callback(self._lease.release)
            self._open(undo)
            self._undo = undo.pop_all()
        self.health.up()
        return self

    def _open(self, undo: ExitStack) -> None:
        settings = self.settings
        # Acceptance must survive power loss; batches may be rolled back whole, so they need not wait for the disk.
        self.acceptance = undo.enter_context(closing(open_writer(self.directory, durability="FULL")))
        connection = undo.enter_context(closing(open_writer(self.directory, durability="NORMAL")))
        self.inbox = Inbox(self.acceptance, tick_ms=settings.tick_seconds * 1000)
        self.pool = self._given_pool or WorkerPool(
            settings.worker_count,
            deadline_seconds=settings.article_deadline_seconds,
            memory_mb=settings.worker_memory_mb,
        )
        undo.callback(self.pool.close)
        self.pipeline = Pipeline(
            connection,
            self.directory,
            pool=self.pool,
            dedupe=lambda: DedupeStage(dedupe_options(settings)),
            limits=Limits(settings.batch_max, settings.batch_max_bytes),
            tick_ms=settings.tick_seconds * 1000,
            metrics=self.metrics,
            archive=settings.archive_days > 0,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.health.down("stopping")
        self._undo.close()

    def step(self) -> int:
        """One batch; 0 = the inbox is empty."""
        return self.pipeline.step()

    def drain(self) -> None:
        """Process until the inbox is empty."""
        while self.step():
            pass

    def run(self, stop: threading.Event) -> None:
        """Process for ever: small batches when idle, large ones under load, until ``stop`` is set."""
        housekeeping = Housekeeping(self.settings, self.metrics, lambda: self.pool.restarts).start(stop)
        pause = PAUSE_MIN_SECONDS
        while not stop.is_set():
            try:
                taken = self.step()
            except EnvironmentError_ as error:
                if not stop.is_set():
                    self._pause(error, pause, stop)
                pause = min(PAUSE_MAX_SECONDS, pause * 2)
                continue
            pause = PAUSE_MIN_SECONDS
            if not self.health.ready:
                self.health.up()
            if not taken:
                stop.wait(self.settings.poll_seconds)
        housekeeping.join(HOUSEKEEPING_STOP_SECONDS)

    def _pause(self, error: EnvironmentError_, seconds: float, stop: threading.Event) -> None:
        self.health.down(str(error))
        self.metrics.environment_errors.labels(type(error).__name__).inc()
        log.error("paused", error=str(error), hint=error.hint, seconds=seconds)
        stop.wait(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
