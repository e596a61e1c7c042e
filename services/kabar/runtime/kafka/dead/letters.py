"""Dead letters on Kafka: ``news.dead`` read to its end, newest record per letter, originals left where they are.

A replay puts the original back where it died and marks the letter, in one transaction: neither is seen without the
other. Within it the mark comes first, so that a letter that dies again at once lies behind its own mark.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from kabar.errors import BrokerError, KabarError, UsageError
from kabar.runtime.clock import wall_ms
from kabar.runtime.kafka.clients import broker_errors, names, producer
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.dead.reviving import purged, revived
from kabar.runtime.kafka.records import (
    Record,
    letter_record,
    read_letter,
)
from kabar.runtime.kafka.scan import Scan
from kabar.runtime.letters import Kept, Replayed, check, matches, sources_of
from kabar.settings import Settings

log = structlog.get_logger()

DEAD: Final = "news.dead"
CHUNK_LETTERS: Final = 100
CHUNK_BYTES: Final = 16_000_000
"""Originals held in memory at a time, and put back in one transaction; a single larger one goes alone."""
CLOSE_SECONDS: Final = 5.0
WORKER: Final = "letters"
"""Part of the transactional id: of two replays at a time, one is fenced off."""


class _Row(NamedTuple):
    kept: Kept
    partition: int
    offset: int
    sources: frozenset[str]


class KafkaLetters:
    """:class:`kabar.runtime.letters.Letters` over ``news.dead``. Threads may share it.

    It remembers envelopes and where the originals lie, never the originals; each question reads on from where the
    one before stopped. Keep one for as long as there are questions.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows: dict[str, _Row] = {}
        self._read_to: dict[int, int] = {}
        self._lock = threading.Lock()

    def find(
        self,
        *,
        stage: str = "",
        reason: str = "",
        state: str = "open",
        source: str = "",
        since_ms: int = 0,
        limit: int = 100,
    ) -> list[Kept]:
        """Newest first."""
        check(stage=stage, state=state)
        wanted = source.strip().casefold()
        with self._lock, self._reader() as reader:
            self._refresh(reader)
            found = [
                row.kept
                for row in self._rows.values()
                if matches(row.kept, stage=stage, reason=reason, state=state, since_ms=since_ms)
                and (not wanted or wanted in row.sources)
            ]
        return sorted(found, key=lambda kept: (-kept.letter.died_at, kept.letter.id))[:limit]

    def get(self, letter_id: str) -> tuple[Kept, bytes]:
        """One letter by id or unambiguous beginning."""
        with self._lock, self._reader() as reader:
            self._refresh(reader)
            found = [row for known, row in self._rows.items() if known.startswith(letter_id)]
            if len(found) != 1:
                said = "several dead letters begin" if found else "no dead letter begins"
                raise UsageError(f"{said} with '{letter_id}'", hint="`kabar dead list` shows their ids")
            return found[0].kept, _original(reader, found[0])

    def replay(self, chosen: Sequence[Kept], *, dry_run: bool = False) -> Replayed:
        """Put originals back on the topic of the stage that buried them; letters of ``accept`` are accepted anew."""
        done = Replayed([], {})
        with self._lock, self._reader() as reader:
            self._refresh(reader)
            for chunk in _chunks(self._resurrected(reader, chosen, done.refused)):
                if not dry_run:
                    # All marks before all originals: what dies again at once must lie behind its mark.
                    self._transact([mark for mark, _ in chunk], [back for _, back in chunk])
                done.queued.extend(mark.key.decode() for mark, _ in chunk)
        return done

    def purge(self, chosen: Sequence[Kept], *, dry_run: bool = False) -> list[str]:
        """Write tombstones: the originals are gone when the topic is compacted next."""
        with self._lock, self._reader() as reader:
            self._refresh(reader)
            there = [self._rows[one.letter.id].kept for one in chosen if one.letter.id in self._rows]
        if not dry_run:
            for begin in range(0, len(there), CHUNK_LETTERS):
                now = wall_ms()
                self._transact(
                    [record for kept in there[begin : begin + CHUNK_LETTERS] for record in purged(kept, now)]
                )
        return [kept.letter.id for kept in there]

    # ------------------------------------------------------------ reading

    @contextmanager
    def _reader(self) -> Iterator[Scan]:
        with Cluster(self._settings) as cluster, Scan(self._settings, cluster, DEAD) as reader:
            yield reader

    def _refresh(self, reader: Scan) -> None:
        """Read on to the end."""
        first, end = reader.first(), reader.end()
        start = {number: max(at, self._read_to.get(number, 0)) for number, at in first.items()}
        for record in reader.read(start, end):
            self._note(record)
        self._read_to = end

    def _note(self, record: Any) -> None:
        letter_id = (record.key or b"").decode("utf-8", "replace")
        self._rows.pop(letter_id, None)
        if record.value is None:
            return
        try:
            letter, state = read_letter(list(record.headers))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("no dead letter of ours", offset=record.offset, error=str(error))
            return
        self._rows[letter_id] = _Row(
            Kept(letter, state), record.partition, record.offset, sources_of(record.value)
        )

    # ------------------------------------------------------------ replaying

    def _resurrected(
        self, reader: Scan, chosen: Sequence[Kept], refused: dict[str, str]
    ) -> Iterator[tuple[Record, Record]]:
        """The letter marked as replayed, and its original for the topic it goes back to."""
        for one in chosen:
            letter_id = one.letter.id
            row = self._rows.get(letter_id)
            try:
                if row is None:
                    refused[letter_id] = "is not there any more"
                elif row.kept.state != "open":
                    refused[letter_id] = "was replayed already"
                else:
                    original = _original(reader, row)
                    back = revived(row.kept.letter, original)
                    yield letter_record(row.kept.letter, original, state="replayed"), back
            except KabarError as error:
                refused[letter_id] = str(error)

    def _transact(self, *steps: Sequence[Record]) -> None:
        """Records in one transaction; each step lies in the log before the next begins.

        Raises:
            BrokerError: nothing of it is seen by those who read committed.
        """
        called = names(self._settings)
        sender: KafkaProducer = producer(self._settings, transactional_id=called.transactional_id(WORKER))
        try:
            with broker_errors():
                sender.init_transactions()
                sender.begin_transaction()
                for step in steps:
                    sent = [
                        sender.send(
                            called.topic(one.topic), key=one.key, value=one.value, headers=one.headers
                        )
                        for one in step
                    ]
                    sender.flush()
                    for future in sent:
                        future.get(timeout=0)
                sender.commit_transaction()
        except BrokerError:
            with suppress(KafkaError):  # else the topics' readers would wait for it to time out
                sender.abort_transaction()
            raise
        finally:
            sender.close(timeout=CLOSE_SECONDS)


def _original(reader: Scan, row: _Row) -> bytes:
    end = reader.end()
    only = {row.partition: row.offset + 1}
    for record in reader.read({**end, row.partition: row.offset}, {**end, **only}):
        if record.offset == row.offset:
            return bytes(record.value)
    raise UsageError(
        f"dead letter {row.kept.letter.id} was changed or purged just now", hint="list them again"
    )


def _chunks(pairs: Iterator[tuple[Record, Record]]) -> Iterator[list[tuple[Record, Record]]]:
    chunk: list[tuple[Record, Record]] = []
    size = 0
    for pair in pairs:
        if chunk and (len(chunk) == CHUNK_LETTERS or size + pair[0].size > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(pair)
        size += pair[0].size
    if chunk:
        yield chunk
