"""What goes on beside the batches, in a thread of its own: ticks while nothing arrives, figures, retention, audit.

It has its own connection. Nothing here may stop the pipeline: what fails is logged and tried again next time.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from msgspec.structs import asdict

from kabar.errors import KabarError
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded import archive, audit
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.prune import prune
from kabar.runtime.embedded.store import database_path, open_writer, transaction, translated
from kabar.runtime.metrics import Metrics
from kabar.settings import Settings

log = structlog.get_logger()

FIGURES_SECONDS = 10.0
HOURLY_SECONDS = 3_600.0


class Housekeeping:
    """Start it with :meth:`start`; it ends with ``stop``."""

    def __init__(self, settings: Settings, metrics: Metrics, restarts: Callable[[], dict[str, int]]) -> None:
        self._settings = settings
        self._directory: Path = settings.directory
        self._metrics = metrics
        self._restarts = restarts
        self._hourly_at = 0.0

    def start(self, stop: threading.Event) -> threading.Thread:
        """Run until ``stop``."""
        thread = threading.Thread(target=self._run, args=(stop,), name="kabar-housekeeping", daemon=True)
        thread.start()
        return thread

    def _run(self, stop: threading.Event) -> None:
        while True:
            try:
                with translated(self._directory):
                    self.once()
            except (KabarError, OSError) as error:
                log.warning("housekeeping failed", error=str(error))
            if stop.wait(min(FIGURES_SECONDS, self._settings.tick_seconds)):
                return

    def once(self) -> None:
        """One round: a tick if due, figures, and once an hour retention and audit."""
        connection = open_writer(self._directory, durability="NORMAL")
        try:
            inbox = Inbox(connection, tick_ms=self._settings.tick_seconds * 1000)
            with transaction(connection):
                inbox.tick(inbox.clock(wall_ms()))
            self._count(connection)
            if time.monotonic() >= self._hourly_at:
                self._hourly_at = time.monotonic() + HOURLY_SECONDS
                self._hourly(connection)
        finally:
            connection.close()

    def _count(self, connection: sqlite3.Connection) -> None:
        figures = audit.figures(connection)
        metrics = self._metrics
        metrics.accepted.set(figures.accepted)
        metrics.queue_depth.labels("inbox").set(figures.waiting)
        metrics.dead_letters.set(figures.dead_letters)
        metrics.documents.set(figures.documents)
        metrics.store_bytes.set(database_path(self._directory).stat().st_size)
        for reason, count in self._restarts().items():
            metrics.worker_restarts.labels(reason).set(count)

    def _hourly(self, connection: sqlite3.Connection) -> None:
        settings = self._settings
        archive.prune(connection, self._directory, now_ms=wall_ms(), days=settings.archive_days)
        if settings.retention_days or settings.retention_max_mb:
            done = prune(
                connection, self._directory,
                now_ms=wall_ms(), days=settings.retention_days, max_bytes=settings.retention_max_mb * 1_048_576,
            )  # fmt: skip
            log.info("pruned", **asdict(done))
        gap = audit.audit(connection).gap
        self._metrics.audit_gap.set(gap)
        if gap:
            log.error("the account does not balance", gap=gap, hint="run `kabar audit`")
