"""Ends a process whose loop stands still: whatever hangs, one that is started again goes on from the log."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Self

import structlog

from kabar.runtime.health import Health

log = structlog.get_logger()

EXIT_CODE: Final = 4
LOOKS: Final = 12
"""Within the patience."""


def end_process(reason: str) -> None:
    """At once, from any thread: nothing is committed that was not done."""
    log.error("worker ends itself, to be started again", reason=reason)
    os._exit(EXIT_CODE)


class Stalling:
    """Watches a loop that beats on every turn. Use as a context manager around the loop.

    Args:
        health: told before the end, for whoever asks the probes.
        patience_seconds: how long the loop may go without a beat.
        end: what to do about it.
    """

    def __init__(
        self, health: Health, patience_seconds: float, *, end: Callable[[str], None] = end_process
    ) -> None:
        self._health = health
        self._patience = patience_seconds
        self._end = end
        self._beat = time.monotonic()
        self._excused = False
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        self.beat()
        threading.Thread(target=self._watch, name="kabar-stalling", daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self._closed.set()

    def beat(self) -> None:
        """The loop goes round."""
        self._beat = time.monotonic()

    @contextmanager
    def excused(self) -> Iterator[None]:
        """Something that may take long and says so: no beat is expected."""
        self._excused = True
        try:
            yield
        finally:
            self.beat()
            self._excused = False

    def _watch(self) -> None:
        while not self._closed.wait(self._patience / LOOKS):
            if not self._excused and time.monotonic() - self._beat > self._patience:
                reason = f"the loop stands still for {self._patience:g} s"
                self._health.ailing = reason
                self._end(reason)
