"""What the runtime hands to the web: how to open things, never the things themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from kabar.index.api import Reader
from kabar.index.sqlite.faults import store_errors
from kabar.runtime.metrics import Metrics


class Health(Protocol):
    """Whether the pipeline processes; written by its thread, read here."""

    ready: bool
    reason: str
    """Why not; '' when ready."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebContext:
    """The web's view of the rest. Connections are opened per request, in the thread that uses them.

    Attributes:
        open_index: a reader on a read-only connection.
        open_store: a read-only connection to the store, for dead letters and figures.
        metrics: what ``/metrics`` exposes.
        health: what the probes say.
        now_ms: wall clock, milliseconds UTC; what relative dates in queries count back from.
    """

    open_index: Callable[[], AbstractContextManager[Reader]]
    open_store: Callable[[], AbstractContextManager[sqlite3.Connection]]
    metrics: Metrics
    health: Health
    now_ms: Callable[[], int]

    @contextmanager
    def store(self) -> Iterator[sqlite3.Connection]:
        """The store, with SQLite's errors turned into kabar's."""
        with self.open_store() as connection, store_errors():
            yield connection
