"""The bare loops kabar is compared with: what the work costs where nothing but its core is done.

Both run in one process and one thread, keep no state and promise nothing about crashes beyond their own commits.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import trafilatura

from bench.speed.inputs import Kind, Record
from bench.speed.store import directory, portions

COMMIT_EVERY = 200
"""Rows per transaction: kabar's default batch."""
MIN_SECONDS = 0.5
"""A loop that is over sooner is run again, on a fresh table, until the sum can be trusted."""


@dataclass(frozen=True)
class Bare:
    """One measurement of a bare loop."""

    articles: int
    """Of all passes together."""
    seconds: float
    cpu_seconds: float

    def __add__(self, other: Bare) -> Bare:
        """Both together."""
        return Bare(
            self.articles + other.articles, self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds
        )


@dataclass(frozen=True)
class Loop:
    """A bare loop and what it is, in a sentence."""

    name: str
    once: Callable[[Sequence[Record]], Bare]

    def run(self, records: Sequence[Record]) -> Bare:
        """At least one pass over the records, and at least :data:`MIN_SECONDS`."""
        done = self.once(records)
        while done.seconds < MIN_SECONDS:
            done += self.once(records)
        return done


def _measured(work: Callable[[], None], articles: int) -> Bare:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Bare(articles, time.perf_counter() - wall, time.process_time() - cpu)


def insert(records: Sequence[Record]) -> Bare:
    """Title and text into one FTS5 table in a file, as received, :data:`COMMIT_EVERY` rows per commit."""
    rows = [(str(record.get("title", "")), str(record.get("text", ""))) for record in records]
    with directory() as path:
        connection = sqlite3.connect(path / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE VIRTUAL TABLE bare USING fts5(title, text)")

        def work() -> None:
            for portion in portions(rows, COMMIT_EVERY):
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO bare VALUES (?, ?)", portion)
                connection.execute("COMMIT")

        try:
            return _measured(work, len(rows))
        finally:
            connection.close()


def extract(records: Sequence[Record]) -> Bare:
    """``trafilatura.extract(page, fast=True)`` over the bytes of the pages; what it gives is thrown away."""
    pages = [record["data"] for record in records]

    def work() -> None:
        for page in pages:
            trafilatura.extract(page, fast=True)

    return _measured(work, len(pages))


LOOPS: dict[Kind, Loop] = {
    "text": Loop("FTS5 insertion of title and text alone", insert),
    "html": Loop("trafilatura.extract(fast=True) alone", extract),
}
