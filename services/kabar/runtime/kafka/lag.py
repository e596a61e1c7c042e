"""How far consumer groups are behind, in messages they can read.

Offsets alone say too much: a transaction leaves a marker after its messages that no consumer is given, so a group
that has read everything of a transactional topic would stay "1 behind" for ever. What is left is therefore read.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from msgspec import Struct

from kabar.runtime.kafka.clients import broker_errors, consumer, names
from kabar.runtime.kafka.cluster import Cluster, Place
from kabar.runtime.kafka.names import INPUT
from kabar.settings import Settings

GROUPS: Final[dict[str, str]] = {**INPUT, "archive": "news.raw"}
"""Worker -> the topic its group reads."""

LOOK_SECONDS: Final = 3.0
POLL_MS: Final = 200


class Lag(Struct, frozen=True):
    """One group on one partition."""

    stage: str
    group: str
    topic: str
    """Without prefix."""
    partition: int
    committed: int | None
    """Offset of the next message to read; None = the group has committed nothing yet."""
    behind: int
    """Messages at most; exact where it is 0."""


def lags(settings: Settings, cluster: Cluster, offsets: Mapping[Place, tuple[int, int]]) -> list[Lag]:
    """Of our groups on the partitions whose first and next offset are given.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """
    found = []
    for stage, topic in GROUPS.items():
        group = names(settings).group(stage)
        committed = cluster.committed(group)
        for place, (first, after) in offsets.items():
            if place[0] == topic:
                at = committed.get(place)
                behind = max(0, after - max(first, at or 0))
                found.append(Lag(stage, group, topic, place[1], at, behind))
    return _without_markers(settings, found)


def _without_markers(settings: Settings, found: list[Lag]) -> list[Lag]:
    """Correct those that have nothing but markers before them."""
    started = [one for one in found if one.behind and one.committed is not None]
    if not started:
        return found
    idle: set[tuple[str, int]] = set()
    reader = consumer(settings, max_poll_records=1)
    try:
        for one in started:
            if _nothing_left(settings, reader, one):
                idle.add((one.stage, one.partition))
    finally:
        reader.close(autocommit=False)
    return [
        Lag(one.stage, one.group, one.topic, one.partition, one.committed, 0)
        if (one.stage, one.partition) in idle
        else one
        for one in found
    ]


def _nothing_left(settings: Settings, reader: KafkaConsumer, one: Lag) -> bool:
    """Whether a reader gets from where the group is to the end without being given a message."""
    assert one.committed is not None
    partition = TopicPartition(names(settings).topic(one.topic), one.partition)
    until = time.monotonic() + LOOK_SECONDS
    with broker_errors():
        reader.assign([partition])
        reader.seek(partition, one.committed)
        while time.monotonic() < until:
            if reader.poll(timeout_ms=POLL_MS):
                return False
            if reader.position(partition) >= one.committed + one.behind:
                return True
    return False
