"""What the broker says about topics and groups, in our words. Names are without prefix on this side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Self, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.protocol.consumer import IsolationLevel
from msgspec import Struct

from kabar.runtime.kafka.clients import admin, broker_errors, names
from kabar.settings import Settings

COORDINATOR_ERRORS: Final = (
    CoordinatorNotAvailableError,
    CoordinatorLoadInProgressError,
    NotCoordinatorError,
)
PATIENCE_SECONDS: Final = 10.0
"""A fresh broker takes a moment until it knows about groups, and a new topic until it has a leader."""
PAUSE_SECONDS: Final = 0.2

SHOWN: Final = (
    "cleanup.policy",
    "max.message.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.ms",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "max.compaction.lag.ms",
    "min.insync.replicas",
)
"""Topic settings that matter to us."""

Place = tuple[str, int]
"""A topic without prefix, and a partition."""

T = TypeVar("T")


class Found(Struct, frozen=True):
    """A topic as it is on the broker: the values in use, whoever set them."""

    partitions: int
    replicas: int
    config: dict[str, str]


class Cluster:
    """The admin side of a Kafka. Use as a context manager.

    Every method raises :class:`kabar.errors.BrokerError` where no broker answers or it refuses us.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = names(settings)

    def __enter__(self) -> Self:
        self._client: KafkaAdminClient = admin(self._settings)
        return self

    def __exit__(self, *details: object) -> None:
        self._client.close()

    def id(self) -> str:
        """The broker's own name for itself and its fellows: another one after everything was made anew."""
        with broker_errors():
            return str(self._client.describe_cluster()["cluster_id"])

    def found(self, topics: Iterable[str]) -> dict[str, Found | None]:
        """Each topic as it is; None = it is not there."""
        by_full = {self._names.topic(name): name for name in topics}
        with broker_errors():
            described = self._client.describe_topics(list(by_full))
            there = {one["name"]: one["partitions"] for one in described if _is_there(one)}
            config = self._config(list(there)) if there else {}
        return {
            name: Found(len(there[full]), len(there[full][0]["replica_nodes"]), config[full])
            if full in there
            else None
            for full, name in by_full.items()
        }

    def make(self, topics: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        """Make topics: name -> (partitions, settings). One that is there by now is left as it is."""
        if not topics:
            return
        wanted = {
            self._names.topic(name): {
                "num_partitions": count,
                "replication_factor": -1,
                "configs": dict(given),
            }
            for name, (count, given) in topics.items()
        }
        with broker_errors():
            answer = self._client.create_topics(wanted, raise_errors=False)
            for one in answer["topics"]:
                error = for_code(one["error_code"])
                if one["error_code"] and error is not TopicAlreadyExistsError:
                    raise error(f"making {one['name']}: {one['error_message']}")
            self._client.wait_for_topics(list(wanted), timeout_ms=int(PATIENCE_SECONDS * 1000))

    def remove(self, topics: Sequence[str]) -> None:
        """Delete topics; one that is not there is none of our business."""
        with broker_errors():
            self._client.delete_topics([self._names.topic(name) for name in topics], raise_errors=False)

    def offsets(self, places: Sequence[Place]) -> dict[Place, tuple[int, int]]:
        """First offset, and the one the next message gets, of each partition; open transactions do not count."""
        partitions = [TopicPartition(self._names.topic(topic), number) for topic, number in places]
        with broker_errors():
            first = self._client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
            after = self._client.list_partition_offsets(
                dict.fromkeys(partitions, OffsetSpec.LATEST), isolation_level=IsolationLevel.READ_COMMITTED
            )
        return {
            place: (first[one].offset, after[one].offset)
            for place, one in zip(places, partitions, strict=True)
        }

    def sizes(self, topics: Sequence[str]) -> dict[Place, int]:
        """Bytes on disk of each partition, of the largest replica."""
        with broker_errors():
            brokers = self._client.describe_log_dirs([self._names.topic(name) for name in topics])
        out: dict[Place, int] = {}
        for topic in (one for broker in brokers for disk in broker["log_dirs"] for one in disk["topics"]):
            for partition in topic["partitions"]:
                place = (self._names.bare(topic["name"]), partition["partition_index"])
                out[place] = max(out.get(place, 0), partition["partition_size"])
        return out

    def committed(self, group: str) -> dict[Place, int]:
        """What a consumer group has committed; empty if there is no such group."""
        answer = _patiently(lambda: self._client.list_group_offsets({group: None}))
        return {
            (self._names.bare(partition.topic), partition.partition): known.offset
            for partition, known in answer.get(group, {}).items()
            if known.offset >= 0
        }

    def _config(self, full_names: Sequence[str]) -> dict[str, dict[str, str]]:
        keys: dict[str, Any] = dict.fromkeys(SHOWN)
        answer = self._client.describe_configs(
            [ConfigResource("topic", name, keys) for name in full_names], config_filter="all"
        )
        return {
            name: {key: row["value"] for key, row in rows.items()} for name, rows in answer["topic"].items()
        }


def _is_there(described: Mapping[str, Any]) -> bool:
    error = for_code(described["error_code"])
    if error is UnknownTopicOrPartitionError:
        return False
    if described["error_code"]:
        raise error(f"topic {described['name']}")
    return True


def _patiently(ask: Callable[[], T]) -> T:
    """Ask again while the broker is still sorting out who coordinates what."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with broker_errors():
            try:
                return ask()
            except COORDINATOR_ERRORS:
                if time.monotonic() >= until:
                    raise
        time.sleep(PAUSE_SECONDS)
