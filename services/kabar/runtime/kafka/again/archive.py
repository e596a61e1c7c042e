"""``kabar work archive``: what was accepted, from ``news.raw`` into files, before retention takes it.

Offsets are committed when the segment that holds the messages is on the disk under its name, and not before. What
was half written when a worker died or lost its partition does not count and comes again.

Not kept: messages that are processed again (their first coming is kept already), tombstones, and what is no
message of ours (*clean* buries it, and the dead letter holds every byte).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import structlog
from kafka import TopicPartition
from msgspec import Struct

from kabar.errors import BadMessage, ConfigError, EnvironmentError_
from kabar.runtime.archive import Writing, expire
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.patience import Backoff
from kabar.runtime.kafka.polling import Member
from kabar.runtime.rerun import header_of
from kabar.runtime.working import Work

log = structlog.get_logger()

TOPIC: Final = "news.raw"
POLL_SECONDS: Final = 0.5
POLL_MESSAGES: Final = 500
EXPIRE_SECONDS: Final = 3_600.0
DAY_SECONDS: Final = 86_400.0


class Bounds(Struct, frozen=True):
    """When a segment is closed: at this many uncompressed bytes, or this long after its first message."""

    bytes: int = 64 * 1_048_576
    """What has to be read again after a crash, and what a reader unpacks to find one message."""
    seconds: float = 300.0
    """A quiet topic makes under 300 files a day and partition; a loaded one closes by size long before."""


def run(work: Work) -> None:
    """Archive until told to stop.

    Raises:
        ConfigError: nothing is to be kept.
        NotPrepared: the topic is missing or differs.
        BrokerError: no broker answers at the start, or it refuses us.
    """
    if not work.settings.archive_days:
        raise ConfigError(
            "archive_days is 0: nothing is to be kept", hint="set it to a number of days, or stop this worker"
        )
    topics.check(work.settings, [TOPIC])
    backoff = Backoff()
    while not work.stop.is_set():
        try:
            _member(work, backoff)
        except EnvironmentError_ as error:
            seconds = backoff.next_seconds()
            work.health.down(str(error))
            work.metrics.environment_errors.labels(type(error).__name__).inc()
            log.error("paused", error=str(error), hint=error.hint, seconds=seconds)  # noqa: TRY400 - it is told
            work.stop.wait(seconds)
    work.health.down("stopping")


def _member(work: Work, backoff: Backoff) -> None:
    """As a member of the group until told to stop. After a failure what was not committed is read again."""
    archiver = Archiver(work, Path(work.settings.archive_dir).expanduser())
    group = names(work.settings).group("archive")
    try:
        with Member(work.settings, group=group, topics=[TOPIC], given_up=archiver.give_up) as member:
            next_expiry = 0.0
            while not work.stop.is_set():
                archiver.take(member.poll(seconds=POLL_SECONDS, most=POLL_MESSAGES), member.tracker.done)
                archiver.seal_due(member.tracker.done)
                member.commit()
                if time.monotonic() >= next_expiry:
                    next_expiry = time.monotonic() + EXPIRE_SECONDS
                    archiver.expire()
                backoff.reset()
                if member.partitions():
                    work.health.up()
                else:
                    work.health.down("standing by: no partition is ours")
            archiver.seal_all(member.tracker.done)
            member.commit()
    finally:
        archiver.close()


Done = Callable[[TopicPartition, int], None]


class _Open:
    """The segment of a partition that is being written, and the offsets that are safe once it is sealed."""

    def __init__(self, writing: Writing, now: float) -> None:
        self.writing = writing
        self.since = now
        self.offsets: list[int] = []


class Archiver:
    """Messages into segments, one open segment per partition."""

    def __init__(
        self,
        work: Work,
        directory: Path,
        *,
        bounds: Bounds = Bounds(),  # noqa: B008 - immutable
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._days = work.settings.archive_days
        self._counted = work.metrics.stage_messages
        self._bounds = bounds
        self._clock = clock
        self._open: dict[TopicPartition, _Open] = {}

    def take(self, records: Iterable[Any], done: Done) -> None:
        """Write messages; ``done`` is told of those that are safe, or not to be kept.

        Raises:
            EnvironmentError_: the directory cannot take them.
        """
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            result = self._write(partition, record.offset, record.value)
            self._counted.labels("archive", result).inc()
            if result != "kept":
                done(partition, record.offset)
            elif self._open[partition].writing.bytes >= self._bounds.bytes:
                self._seal(partition, done)

    def seal_due(self, done: Done) -> None:
        """Close segments that have waited long enough."""
        now = self._clock()
        for partition in [p for p, one in self._open.items() if now - one.since >= self._bounds.seconds]:
            self._seal(partition, done)

    def seal_all(self, done: Done) -> None:
        """Close every segment: this worker stops."""
        for partition in list(self._open):
            self._seal(partition, done)

    def give_up(self, partitions: set[TopicPartition]) -> None:
        """These are somebody else's now, and come again there."""
        for partition in partitions & set(self._open):
            self._open.pop(partition).writing.discard()

    def close(self) -> None:
        """Throw away what is open."""
        self.give_up(set(self._open))

    def expire(self) -> None:
        """Delete what is older than ``archive_days``."""
        now = time.time()
        gone = expire(
            self._directory, before=now - self._days * DAY_SECONDS, unfinished_before=now - DAY_SECONDS
        )
        if gone:
            log.info("segments expired", segments=gone)

    def _write(self, partition: TopicPartition, offset: int, value: bytes | None) -> str:
        """One message; what became of it, in a word."""
        if value is None:
            return "tombstone"
        try:
            header = header_of(value)
        except BadMessage:
            return "foreign"
        if header.generation:
            return "again"
        if partition not in self._open:
            writing = Writing(self._directory, TOPIC, partition.partition, offset)
            self._open[partition] = _Open(writing, self._clock())
        opened = self._open[partition]
        opened.writing.add(offset, header, value)
        opened.offsets.append(offset)
        return "kept"

    def _seal(self, partition: TopicPartition, done: Done) -> None:
        opened = self._open.pop(partition)
        try:
            path = opened.writing.seal()
        except EnvironmentError_:
            opened.writing.discard()
            raise
        for offset in opened.offsets:
            done(partition, offset)
        log.info("segment written", path=path.name, messages=opened.writing.count, bytes=opened.writing.bytes)
