"""A member of a consumer group that commits by hand: poll, pause without leaving the group, give partitions up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from kafka.structs import OffsetAndMetadata

from kabar.runtime.kafka.clients import broker_errors, consumer, names
from kabar.runtime.kafka.offsets import Tracker
from kabar.settings import Settings

log = structlog.get_logger()

COMMIT_MS: Final = 10_000
CLOSE_MS: Final = 5_000
GONE: Final = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)
"""The group has moved on: what was to be committed comes again, wherever its partition went."""


class Member:
    """Reads topics as a member of a group. Use as a context manager; one thread uses it.

    The client calls back from its own thread while :meth:`poll` runs. What it says is only noted there and acted
    upon when poll returns, so nobody else needs a lock.

    Args:
        settings: where Kafka is.
        group: the group's name.
        topics: names without prefix.
        given_up: told of partitions that went to somebody else (or come back later); what of them is under way
            must not be committed any more. It comes again.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        group: str,
        topics: Sequence[str],
        given_up: Callable[[set[TopicPartition]], None],
    ) -> None:
        self._settings = settings
        self._group = group
        self._topics = [names(settings).topic(topic) for topic in topics]
        self._given_up = given_up
        self._changes: deque[_Change] = deque()
        self._asked_back: set[TopicPartition] = set()
        self._paused = False
        self.tracker: Tracker[TopicPartition] = Tracker()

    def __enter__(self) -> Self:
        self._consumer: KafkaConsumer = consumer(self._settings, group=self._group)
        with broker_errors():
            self._consumer.subscribe(topics=self._topics, listener=_Listener(self._changes))
        return self

    def __exit__(self, *details: object) -> None:
        self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    def poll(self, *, seconds: float, most: int) -> list[Any]:
        """Messages, each noted as arrived; none while paused. Also keeps us in the group: call it often.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        if self._paused:  # also what was assigned meanwhile
            self._consumer.pause(*self._consumer.assignment())
        with broker_errors():
            polled = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=max(1, most))
        while self._changes:
            self._follow(*self._changes.popleft())
        records = [record for of_partition in polled.values() for record in of_partition]
        for record in records:
            self.tracker.arrived(TopicPartition(record.topic, record.partition), record.offset)
        return records

    def partitions(self) -> set[TopicPartition]:
        """What is assigned to us."""
        assigned: set[TopicPartition] = self._consumer.assignment()
        return assigned

    def pause(self) -> None:
        """Hand out nothing until :meth:`resume`."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        if self._paused:
            self._paused = False
            self._consumer.resume(*self._consumer.paused())

    def commit(self) -> bool:
        """Commit what is done, and what only markers lie in.

        Returns:
            False if the group has moved on meanwhile and nothing was committed.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        with broker_errors():
            self._note_positions()
            points = self.tracker.commits()
            if not points:
                return True
            offsets = {partition: OffsetAndMetadata(at, "", -1) for partition, at in points.items()}
            try:
                self._consumer.commit(offsets, timeout_ms=COMMIT_MS)
            except GONE as error:
                log.info("commit refused: the group has moved on", error=type(error).__name__)
                return False
        self.tracker.committed(points)
        return True

    def behind(self) -> int:
        """Messages in the log that were not handed out yet, on our partitions; at most, markers count.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        partitions = list(self.partitions())
        if not partitions:
            return 0
        with broker_errors():
            ends = self._consumer.end_offsets(partitions, timeout_ms=COMMIT_MS)
            return sum(max(0, ends[one] - (self._consumer.position(one) or 0)) for one in partitions)

    def _note_positions(self) -> None:
        """The reader stands behind holes and markers that no message tells of."""
        for partition in self.partitions():
            position = self._consumer.position(partition, timeout_ms=COMMIT_MS)
            if position is not None:
                self.tracker.read_to(partition, position)

    def _follow(self, ours: bool, partitions: set[TopicPartition]) -> None:  # noqa: FBT001
        """One step of a rebalance: all is asked back, then each member is told what it has.

        A partition that we keep goes on where the client stands: what we were told of it does not come again, so it
        must not be forgotten. Only what is not handed back to us was given up.
        """
        if not ours:
            self._asked_back |= partitions
            return
        self._forget(self._asked_back - partitions)
        self._asked_back = set()

    def _forget(self, partitions: set[TopicPartition]) -> None:
        if partitions:
            log.info("partitions given up", partitions=len(partitions))
        for partition in partitions:
            self.tracker.forget(partition)
        self._given_up(partitions)


_Change = tuple[bool, set[TopicPartition]]
"""Whether they are ours now, or are asked back."""


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Runs in the client's thread: notes, and does nothing else."""

    def __init__(self, changes: deque[_Change]) -> None:
        self._changes = changes

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self._changes.append((False, set(revoked)))

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Positions come from what was committed."""
        self._changes.append((True, set(assigned)))
