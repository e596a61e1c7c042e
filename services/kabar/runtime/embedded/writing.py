"""Appending to the inbox of a data directory, and processing it if nobody else does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from kabar.errors import StoreBusy
from kabar.runtime.embedded import jobs
from kabar.runtime.embedded.engine import Embedded
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.store import open_writer, transaction, translated
from kabar.runtime.protocol import Pool
from kabar.settings import Settings

FOLLOW_SECONDS = 0.05
TAKE_OVER_SECONDS = 1.0
PATIENCE_SECONDS = 180.0
"""A writer that decides nothing for this long is unwell; the longest batch takes a few times the article deadline."""


class Writer:
    """Appends to the inbox, and processes it if nobody else does."""

    def __init__(self, settings: Settings, pool: Pool | None) -> None:
        self._settings = settings
        self._pool = pool
        self._engine: Embedded | None = None
        self._own: sqlite3.Connection | None = None
        self._next_take_over = 0.0
        self._first: int | None = None
        self._since = time.monotonic()

    @property
    def high_water(self) -> int:
        """Rows in the inbox from which reading waits.

        For ourselves enough for the batch in work, the one being cleaned ahead, and one to come.
        """
        settings = self._settings
        return min(settings.inbox_max, 3 * settings.batch_max) if self._engine else int(settings.inbox_max)

    def __enter__(self) -> Self:
        if not self._take_over():
            self._own = open_writer(self._settings.directory)
            self.inbox = Inbox(self._own, tick_ms=self._settings.tick_seconds * 1000)
            self.connection = self._own
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
        with translated(self._settings.directory):
            self._follow()
        return 0

    def waiting(self, job_ids: list[int]) -> bool:
        """Whether an observation of these jobs has no outcome yet."""
        with translated(self._settings.directory):
            return jobs.any_waiting(self.connection, job_ids)

    def _follow(self) -> None:
        """Wait a moment; complain if the process that holds the lease does not get on.

        Raises:
            StoreBusy: it decided nothing for :data:`PATIENCE_SECONDS`.
        """
        first = self.connection.execute("SELECT min(seq) FROM inbox").fetchone()[0]
        if first is None or first != self._first:
            self._first, self._since = first, time.monotonic()
        elif time.monotonic() - self._since > PATIENCE_SECONDS:
            raise StoreBusy(
                f"the writer of {self._settings.directory} has decided nothing for {PATIENCE_SECONDS:.0f} s",
                hint="see its log; what was accepted is safe, and the same command goes on waiting for it",
            )
        time.sleep(FOLLOW_SECONDS)

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
