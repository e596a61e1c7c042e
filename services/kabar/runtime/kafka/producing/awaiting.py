"""Reading ``news.outcomes``: how observations ended, by a reader that keeps its own place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Self

import msgspec
from kafka import KafkaConsumer, TopicPartition

from kabar.contracts.letters import Ending
from kabar.errors import NotPrepared
from kabar.runtime.kafka.clients import broker_errors, consumer, names
from kabar.settings import Settings

OUTCOMES: Final = "news.outcomes"
POLL_RECORDS: Final = 5_000
"""More at once only make the transaction of whoever notes them longer."""

Offsets = Mapping[int, int]
"""Partition -> offset."""


class Told(NamedTuple):
    """What one look brought."""

    endings: list[Ending]
    """In the order of each partition: the newest of an observation comes last."""
    up_to: Offsets
    """Where reading goes on."""


class Endings:
    """Reads endings from given offsets on. Use as a context manager.

    Args:
        settings: where Kafka is, and the prefix.
        start: partition -> where it ends now, to partition -> where to begin; called once, before the first look.
    """

    def __init__(self, settings: Settings, start: Callable[[Offsets], Offsets]) -> None:
        self._settings = settings
        self._start = start
        self._topic = names(settings).topic(OUTCOMES)

    def __enter__(self) -> Self:
        self._consumer: KafkaConsumer = consumer(self._settings, max_poll_records=POLL_RECORDS)
        try:
            self._seek()
        except BaseException:
            self._consumer.close()
            raise
        return self

    def __exit__(self, *details: object) -> None:
        self._consumer.close()

    def look(self, timeout_seconds: float) -> Told:
        """What has come; waits so long for the first of it.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        with broker_errors():
            batches = self._consumer.poll(timeout_ms=int(timeout_seconds * 1000))
            places = {one.partition: self._consumer.position(one) for one in self._partitions}
        found = [_ending(record.value) for records in batches.values() for record in records]
        return Told([ending for ending in found if ending is not None], places)

    def _seek(self) -> None:
        with broker_errors():
            numbers = self._consumer.partitions_for_topic(self._topic)
            if not numbers:
                raise NotPrepared(f"the topic {self._topic} is missing", hint="run `kabar topics create`")
            self._partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
            self._consumer.assign(self._partitions)
            ends = {
                one.partition: offset for one, offset in self._consumer.end_offsets(self._partitions).items()
            }
        begin = self._start(ends)
        with broker_errors():
            for one in self._partitions:
                self._consumer.seek(one, begin[one.partition])


def _ending(value: bytes | None) -> Ending | None:
    """One record; None where it is none of ours, which is nobody's ending."""
    try:
        return msgspec.json.decode(value or b"", type=Ending)
    except msgspec.MsgspecError:
        return None
