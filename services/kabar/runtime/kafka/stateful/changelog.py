"""A stateful stage's memory as a compacted topic: replayed to its end when a process takes over.

Beside the stage's own records stands one of the harness, under a key the stage never sees: which ticks it was given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from kafka import KafkaConsumer, TopicPartition
from msgspec import Struct

from kabar.errors import BrokerError, StoreError
from kabar.runtime.kafka.clients import MiB, broker_errors, consumer, names
from kabar.settings import Settings

HARNESS_KEY: Final = b"\0harness"
"""Keys that begin with a zero byte are the harness's; stages begin theirs with something else."""
POLL_RECORDS: Final = 50_000
"""Per poll: the records are at hand, splitting them up would only cost turns."""
POLL_MS: Final = 500
FETCH_BYTES: Final = 16 * MiB
PATIENCE_SECONDS: Final = 60.0
"""Without a single record or marker: a broker that restarts takes less."""


class Progress(Struct, frozen=True):
    """What the harness itself must know after a restart; a function of the input log."""

    ticked: int = 0
    """The last tick the stage was given, ms."""
    newest: int = 0
    """The largest ``observed_at`` seen, ms."""
    rebuilding: bool = False
    """A rebuild has begun and not ended: what is here is not all."""

    def encode(self) -> bytes:
        """JSON."""
        return msgspec.json.encode(self)


class Replayed(Struct, frozen=True):
    """The newest record of every key, in order of last write."""

    records: dict[bytes, bytes]
    """The stage's."""
    progress: Progress
    read: int
    """Records read, outdated ones and tombstones too."""
    bytes: int
    """Of keys and values read."""
    seconds: float

    @property
    def empty(self) -> bool:
        """Whether the stage has never written, or all was deleted."""
        return not self.records


def replay(settings: Settings, topic: str, *, alive: Callable[[], None] = lambda: None) -> Replayed:
    """Read a changelog from its beginning to where it ends now.

    Call it after the producer's transactions were initialised: what a predecessor left open is settled then, and
    nobody but us can add to it.

    Args:
        settings: where Kafka is.
        topic: name without prefix; one partition.
        alive: called between polls; may raise to stop.

    Raises:
        BrokerError: no broker answers, or it refuses us.
        StoreError: the harness's record was written by a newer kabar.
    """
    started = time.monotonic()
    newest: dict[bytes, bytes] = {}
    read = size = 0
    place = TopicPartition(names(settings).topic(topic), 0)
    reader = consumer(
        settings, max_partition_fetch_bytes=FETCH_BYTES, fetch_max_bytes=FETCH_BYTES, check_crcs=True
    )
    try:
        with broker_errors():
            reader.assign([place])
            reader.seek_to_beginning(place)
            end = reader.end_offsets([place])[place]
        last = time.monotonic()
        while (position := _position(reader, place)) < end:
            with broker_errors():
                batch = reader.poll(timeout_ms=POLL_MS, max_records=POLL_RECORDS).get(place, [])
            size += _fold(batch, newest)
            read += len(batch)
            if batch or _position(reader, place) > position:
                last = time.monotonic()
            elif time.monotonic() - last > PATIENCE_SECONDS:
                raise BrokerError(
                    f"the replay of {place.topic} gets no further than offset {position} of {end}"
                )
            alive()
    finally:
        reader.close(autocommit=False)
    progress = read_progress(newest.pop(HARNESS_KEY, None))
    return Replayed(newest, progress, read, size, time.monotonic() - started)


def _position(reader: KafkaConsumer, place: TopicPartition) -> int:
    """Where the reader stands: markers of transactions have offsets that no record tells of."""
    with broker_errors():
        return int(reader.position(place) or 0)


def _fold(batch: list[Any], newest: dict[bytes, bytes]) -> int:
    """Keep the newest value of each key, in order of last write; the bytes read."""
    size = 0
    for record in batch:
        key, value = record.key, record.value
        size += len(key)
        newest.pop(key, None)
        if value is not None:
            size += len(value)
            newest[key] = value
    return size


def read_progress(value: bytes | None) -> Progress:
    """The harness's record; the beginning of all things where there is none.

    Raises:
        StoreError: it cannot be read.
    """
    if value is None:
        return Progress()
    try:
        return msgspec.json.decode(value, type=Progress)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"the changelog has a record of the harness that cannot be read: {error}",
            hint="was it written by a newer kabar? run that version, or rebuild with 'kabar state rebuild'",
        ) from error
