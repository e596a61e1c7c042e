"""A topic read from one set of offsets to another, outside any consumer group."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition

from kabar.errors import BrokerError, NotPrepared
from kabar.runtime.kafka.clients import broker_errors, consumer, names
from kabar.runtime.kafka.cluster import Cluster, Place
from kabar.settings import Settings

POLL_MS: Final = 1_000
POLL_MESSAGES: Final = 1_000
STALL_SECONDS: Final = 60.0
"""Without a step forward for this long the broker is gone, or a transaction is open and nobody ends it."""
SLACK_MS: Final = 3_600_000
"""A record is produced after it was observed, but clocks differ: so much earlier is where reading begins."""

Offsets = Mapping[int, int]
"""Partition -> offset."""


class Scan:
    """Reads one topic. Use as a context manager.

    Every method raises :class:`kabar.errors.BrokerError` where no broker answers or it refuses us.
    """

    def __init__(self, settings: Settings, cluster: Cluster, topic: str) -> None:
        self._settings = settings
        self._cluster = cluster
        self._topic = topic

    def __enter__(self) -> Self:
        full = names(self._settings).topic(self._topic)
        self._consumer: KafkaConsumer = consumer(self._settings, max_poll_records=POLL_MESSAGES)
        with broker_errors():
            self._partitions = [
                TopicPartition(full, n) for n in self._consumer.partitions_for_topic(full) or ()
            ]
            if not self._partitions:
                self._consumer.close(autocommit=False)
                raise NotPrepared(f"topic {full} is missing", hint="run `kabar topics create`")
            self._consumer.assign(self._partitions)
        return self

    def __exit__(self, *details: object) -> None:
        self._consumer.close(autocommit=False)

    def first(self) -> dict[int, int]:
        """The oldest offset there is."""
        return {number: first for (_, number), (first, _) in self._offsets().items()}

    def end(self) -> dict[int, int]:
        """The offset the next message gets, also where a transaction is open: reading waits for its end."""
        return {number: after for (_, number), (_, after) in self._offsets().items()}

    def since(self, since_ms: int) -> dict[int, int]:
        """Where to begin so that nothing observed at or after this time is missed."""
        if not since_ms:
            return self.first()
        end = self.end()
        with broker_errors():
            found = self._consumer.offsets_for_times(
                dict.fromkeys(self._partitions, max(0, since_ms - SLACK_MS))
            )
        return {
            one.partition: found[one].offset if found.get(one) else end[one.partition]
            for one in self._partitions
        }

    def read(self, start: Offsets, end: Offsets) -> Iterator[Any]:
        """Every record from ``start`` up to, not including, ``end``, in order within each partition.

        Raises:
            BrokerError: nothing came for :data:`STALL_SECONDS`, and the end was not reached.
        """
        open_ones = {one for one in self._partitions if start[one.partition] < end[one.partition]}
        with broker_errors():
            self._consumer.assign(sorted(open_ones))
            for one in open_ones:
                self._consumer.seek(one, start[one.partition])
            self._consumer.resume(
                *open_ones
            )  # assigned again, a partition stays paused as the last read left it
        moved = time.monotonic()
        positions: dict[TopicPartition, int] = {}
        while open_ones:
            with broker_errors():
                polled = self._consumer.poll(timeout_ms=POLL_MS)
            for one, records in polled.items():
                yield from (record for record in records if record.offset < end[one.partition])
            with broker_errors():
                # The position steps over markers and what compaction took: no message tells of them.
                before, positions = positions, {one: self._consumer.position(one) or 0 for one in open_ones}
                at_end = {one for one in open_ones if positions[one] >= end[one.partition]}
                if at_end:
                    self._consumer.pause(*at_end)
            open_ones -= at_end
            if positions != before:
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise BrokerError(
                    f"reading {self._topic} has not got on for {STALL_SECONDS:.0f} s",
                    hint="is the broker up? an open transaction ends by itself after a minute; try again",
                )
        with broker_errors():
            self._consumer.assign(self._partitions)

    def _offsets(self) -> dict[Place, tuple[int, int]]:
        return self._cluster.offsets([(self._topic, one.partition) for one in self._partitions])
