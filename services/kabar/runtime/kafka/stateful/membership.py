"""A member of a group in which one process is active: what it is given to read, and whether it still is the one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Self

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.structs import ConsumerGroupMetadata

from kabar.runtime.kafka.clients import broker_errors, consumer, names
from kabar.runtime.kafka.stateful.assignor import OneActive
from kabar.settings import Settings

CLOSE_MS: Final = 5_000
ANSWER_MS: Final = 15_000
"""How long the broker may take to tell an offset."""
CHECK_MS: Final = 3_000


class Membership:
    """Reads one topic as the active member or stands by. Use as a context manager; one thread uses it.

    ``term`` counts changes of what is assigned: who remembers it from before knows whether what it did since may
    still stand. The client changes it from its own thread, but only while :meth:`poll` runs.
    """

    def __init__(self, settings: Settings, *, group: str, topic: str) -> None:
        self._settings = settings
        self._group = group
        self._topic = names(settings).topic(topic)
        self.term = 0

    def __enter__(self) -> Self:
        self._consumer: KafkaConsumer = consumer(
            self._settings, group=self._group, partition_assignment_strategy=[OneActive()]
        )
        with broker_errors():
            self._consumer.subscribe(topics=[self._topic], listener=_Listener(self))
        return self

    def __exit__(self, *details: object) -> None:
        self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    @property
    def active(self) -> bool:
        """Whether the work is ours."""
        return bool(self._consumer.assignment())

    def poll(self, *, seconds: float, most: int) -> list[Any]:
        """Records in order; none while standing by. Keeps us in the group: call it often.

        Raises:
            BrokerError: it refuses us. One that is away is waited for in silence: see :meth:`check`.
        """
        self._consumer.resume(*self._consumer.paused())
        with broker_errors():
            polled = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=most)
        return [record for of_partition in polled.values() for record in of_partition]

    def stay(self, *, seconds: float = 0) -> None:
        """Stay in the group and read nothing.

        Raises:
            BrokerError: it refuses us.
        """
        self._consumer.pause(*self._consumer.assignment())
        with broker_errors():
            self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=1)

    def check(self) -> None:
        """That the broker answers.

        Raises:
            BrokerError: it does not.
        """
        with broker_errors():
            self._consumer.end_offsets([TopicPartition(self._topic, 0)], timeout_ms=CHECK_MS)

    def rewind(self) -> None:
        """Go on where the group has committed, whatever was read since.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        with broker_errors():
            for place in self._consumer.assignment():
                committed = self._consumer.committed(place, timeout_ms=ANSWER_MS)
                if committed is None:
                    self._consumer.seek_to_beginning(place)
                else:
                    self._consumer.seek(place, committed)

    def at_end(self) -> bool:
        """Whether everything that is in the log now was handed out.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        places = list(self._consumer.assignment())
        with broker_errors():
            ends = self._consumer.end_offsets(places, timeout_ms=ANSWER_MS)
            return all(
                (self._consumer.position(one, timeout_ms=ANSWER_MS) or 0) >= ends[one] for one in places
            )

    def credentials(self) -> ConsumerGroupMetadata:
        """What proves to the broker that offsets come from the present member."""
        return self._consumer.group_metadata()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Runs in the client's thread: notes, and does nothing else. A lost partition counts as revoked there."""

    def __init__(self, member: Membership) -> None:
        self._member = member

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._member.term += bool(revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._member.term += bool(assigned)
