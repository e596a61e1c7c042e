"""One batch after another: inbox -> clean -> dedupe -> enrich -> one transaction.

While a batch is deduplicated and written, the workers already clean the next one. Nothing of a batch is visible
before its transaction commits, and the inbox rows go in the same transaction: exactly once, whatever dies.
Dedupe's memory runs ahead of the store by at most one batch; if the transaction fails it is rebuilt from the store.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from kabar.contracts.message import Message, Tick, decode_message
from kabar.contracts.outcomes import DeadReason, Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection, EnrichSection
from kabar.errors import Poison, StoreError
from kabar.index.document import assemble, version_key
from kabar.index.entry import Entry
from kabar.index.sqlite.writer import SqliteWriter
from kabar.runtime.attempt import describe
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded import inbox as inbox_module
from kabar.runtime.embedded.archive import Archive
from kabar.runtime.embedded.batch import Batch, End
from kabar.runtime.embedded.inbox import Inbox, Row
from kabar.runtime.embedded.store import transaction, translated
from kabar.runtime.metrics import Metrics
from kabar.runtime.protocol import Pool, Result, StatefulStage
from kabar.runtime.rerun import made_before


class Limits(Struct, frozen=True):
    """Bounds of one batch."""

    articles: int
    bytes: int


class Fetched(Struct):
    """Rows read ahead, and the ticket under which the workers clean them."""

    rows: list[Row]
    items: list[Message | Tick]
    ticket: int


class _DedupeCrashed(Exception):
    """Dedupe failed in the middle of a message."""


class Pipeline:
    """The single writer's loop body. One thread uses it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        directory: Path,
        *,
        pool: Pool,
        dedupe: Callable[[], StatefulStage],
        limits: Limits,
        tick_ms: int,
        metrics: Metrics,
        archive: bool = True,
    ) -> None:
        self._connection = connection
        self._directory = directory
        self._pool = pool
        self._new_dedupe = dedupe
        self._limits = limits
        self._metrics = metrics
        self._inbox = Inbox(connection, tick_ms=tick_ms)
        self._writer = SqliteWriter(connection)
        self._archive = Archive(connection, on=archive)
        self._ahead: Fetched | None = None
        self._after = 0
        self._crashed: dict[str, str] = {}
        self._state_seq = 0
        self._dedupe: StatefulStage | None = None

    def step(self) -> int:
        """Process one batch; returns the number of inbox rows it took, 0 = nothing to do.

        Raises:
            EnvironmentError_: the store or the workers failed; nothing of the batch was written, memory was
                rebuilt, and the next call tries again.
        """
        while True:
            try:
                return self._step()
            except _DedupeCrashed:
                self._reset()  # and once more, now without the message that did it
            except Exception:
                self._reset()
                raise

    def _step(self) -> int:
        with translated(self._directory):
            self._dedupe = self._dedupe or self._restored()
            current = self._ahead or self._fetch()
            if current is None:
                return 0
            self._after = current.rows[-1].seq
            self._ahead = self._fetch()
            batch = self._decide(current, self._dedupe)
            self._commit(batch, current.rows)
        return len(current.rows)

    # ------------------------------------------------------------ stages

    def _fetch(self) -> Fetched | None:
        rows = self._inbox.read(after=self._after, limit=self._limits.articles, max_bytes=self._limits.bytes)
        if not rows:
            return None
        items = [_decoded(row) for row in rows]
        articles = [
            item for item in items if isinstance(item, Message) and not made_before(item, CleanSection)
        ]
        return Fetched(rows, items, self._pool.submit("clean", articles))

    def _decide(self, current: Fetched, dedupe: StatefulStage) -> Batch:
        batch = Batch()
        cleaned = iter(self._pool.collect(current.ticket))
        forwarded: list[Message] = []
        for item in current.items:
            if isinstance(item, Tick):
                batch.apply(dedupe.tick(item))
                continue
            message: Message | None = item
            if not made_before(item, CleanSection):
                message = self._settle(item, "clean", CleanSection, next(cleaned), batch)
            if message is not None:
                message = self._deduplicate(message, dedupe, batch)
            if message is not None:
                forwarded.append(message)
        self._enrich(forwarded, batch)
        return batch

    def _settle(
        self,
        message: Message,
        stage: str,
        kind: type[CleanSection | EnrichSection],
        result: Result,
        batch: Batch,
    ) -> Message | None:
        """Book a worker's answer; returns the message if it goes on."""
        self._metrics.stage_seconds.labels(stage).observe(result.seconds)
        self._metrics.stage_messages.labels(stage, result.outcome or result.kind).inc()
        if result.kind == "forward":
            return message.with_encoded(kind, result.section) if result.section else message
        if result.kind == "ended":
            batch.ends.append(End(message, result.outcome, result.reason))
        else:
            batch.bury(message, stage, result.reason, result.error, wall_ms())
        return None

    def _deduplicate(self, message: Message, dedupe: StatefulStage, batch: Batch) -> Message | None:
        observation = message.header.observation_id
        if observation in self._crashed:
            batch.bury(message, "dedupe", DeadReason.CRASHED, self._crashed[observation], wall_ms())
            return None
        started = time.perf_counter()
        try:
            end = batch.apply(dedupe.process(message))
        except Poison as error:  # refused before it touched the memory
            batch.bury(message, "dedupe", error.reason, str(error), wall_ms())
            self._metrics.stage_messages.labels("dedupe", "dead").inc()
            return None
        except MemoryError:
            raise  # the process is spent: not this message's fate
        except Exception as error:
            # Its memory may be half changed: rebuild it, and let this one message die on the second try.
            self._crashed[observation] = describe(error)
            raise _DedupeCrashed from error
        self._metrics.stage_seconds.labels("dedupe").observe(time.perf_counter() - started)
        if isinstance(end, Forward):
            self._metrics.stage_messages.labels("dedupe", "forward").inc()
            return end.message
        assert isinstance(end, Ended), "dedupe gave no end"
        self._metrics.stage_messages.labels("dedupe", end.outcome).inc()
        batch.ends.append(End(message, end.outcome, end.reason))
        return None

    def _enrich(self, messages: Sequence[Message], batch: Batch) -> None:
        wanting = [message for message in messages if not made_before(message, EnrichSection)]
        results = iter(
            self._pool.collect(self._pool.submit("enrich", wanting, urgent=True)) if wanting else ()
        )
        now = wall_ms()
        for message in messages:
            enriched: Message | None = message
            if not made_before(message, EnrichSection):
                enriched = self._settle(message, "enrich", EnrichSection, next(results), batch)
            if enriched is not None:
                self._assemble(enriched, batch, now)

    def _assemble(self, message: Message, batch: Batch, now: int) -> None:
        try:
            entry = Entry(
                document=assemble(message, ingested_at=now),
                message=message.encode(),
                version_key=version_key(message.header),
            )
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one article that cannot be shown must not stop the others
            batch.bury(message, "index", DeadReason.CRASHED, describe(error), now)
            return
        batch.index(entry, End(message, Outcome.INDEXED))

    # ------------------------------------------------------------ commit

    def _commit(self, batch: Batch, rows: Sequence[Row]) -> None:
        seq = self._state_seq
        with self._metrics.timed(self._metrics.commit_seconds), transaction(self._connection):
            batch.settle(self._writer.write(batch.entries, list(batch.stories.values())))
            seq = self._write_state(batch, seq)
            for letter, original in batch.letters:
                inbox_module.store_letter(self._connection, letter, original)
            now = wall_ms()
            for end in batch.ends:
                inbox_module.end(self._connection, end.observation_id, end.outcome, end.reason, now)
                self._archive.settle(end.message, end.outcome)
            self._inbox.done(rows)
        self._state_seq = seq
        self._count(batch, now)

    def _write_state(self, batch: Batch, seq: int) -> int:
        for key, value in batch.state.items():
            seq += 1
            if value is None:
                self._connection.execute("DELETE FROM state WHERE stage = 'dedupe' AND key = ?", (key,))
            else:
                self._connection.execute(
                    "INSERT INTO state (stage, key, seq, value) VALUES ('dedupe', ?, ?, ?)"
                    " ON CONFLICT (stage, key) DO UPDATE SET seq = excluded.seq, value = excluded.value",
                    (key, seq, value),
                )
        return seq

    def _count(self, batch: Batch, now: int) -> None:
        if batch.ends:
            self._metrics.batch_articles.observe(len(batch.ends))
        for end in batch.ends:
            self._metrics.outcomes.labels(end.outcome, end.reason).inc()
            self._crashed.pop(end.observation_id, None)
            if end.outcome == Outcome.INDEXED:
                self._metrics.searchable_seconds.observe(max(0, now - end.accepted_at) / 1000)

    # ------------------------------------------------------------ memory

    def _restored(self) -> StatefulStage:
        stage = self._new_dedupe()
        records = self._connection.execute("SELECT key, value FROM state WHERE stage = 'dedupe' ORDER BY seq")
        stage.restore((key, value) for key, value in records)
        row = self._connection.execute("SELECT max(seq) FROM state WHERE stage = 'dedupe'").fetchone()
        self._state_seq = row[0] or 0
        return stage

    def _reset(self) -> None:
        """Back to what the store says."""
        self._pool.reset()
        self._ahead = None
        self._after = 0
        self._dedupe = None  # rebuilt by the next step: should that fail, an advanced memory must not be used


def _decoded(row: Row) -> Message | Tick:
    try:
        return msgspec.json.decode(row.body, type=Tick) if row.kind == "tick" else decode_message(row.body)
    except (Poison, msgspec.MsgspecError) as error:
        # The inbox holds what acceptance encoded: this is damage, and must stop us, not lose a message.
        raise StoreError(
            f"row {row.seq} of the inbox cannot be read: {error}",
            hint="was the store written by a newer kabar, or damaged? restore a backup; nothing was skipped",
        ) from error
