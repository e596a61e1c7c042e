"""The topics on the broker: made from the table of contracts, and compared with it.

What is there is never changed: a topic that differs is named with what to do about it, because widening or
narrowing one is the decision of whoever runs the broker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from kabar.contracts.topics import DAY_MS, TOPICS, MiB, Topic
from kabar.errors import BrokerError, NotPrepared, UsageError
from kabar.runtime.kafka.cluster import Cluster, Found
from kabar.runtime.kafka.lag import Lag, lags
from kabar.settings import Settings

SINGLE: Final = {
    "news.clean": "copies are found globally only where one process reads everything",
    "news.dedupe-state": "memory is replayed in the order it was written",
    "news.alert-state": "memory is replayed in the order it was written",
}
"""Topics that are right with exactly one partition, and why."""

HOUR_MS = 3_600_000
_BY_NAME: Final = {topic.name: topic for topic in TOPICS}


class Made(Struct, frozen=True):
    """What :func:`create` found or made of one topic."""

    name: str
    """Without prefix."""
    partitions: int
    created: bool
    differs: list[str] = []
    """What is not as the contract needs it, in words."""


class Partition(Struct, frozen=True):
    """One partition of a topic."""

    number: int
    first: int
    """Offset of the oldest message."""
    next: int
    """Offset the next message gets; transactions and compaction leave holes below it."""
    bytes: int
    """On disk."""


class Described(Struct, frozen=True, kw_only=True):
    """A topic as it is now."""

    topic: str
    """Without prefix."""
    why: str
    differs: list[str]
    replicas: int
    config: dict[str, str]
    partitions: list[Partition]
    groups: list[Lag]


def create(settings: Settings, *, partitions: Mapping[str, int] | None = None) -> list[Made]:
    """Make the topics that are missing; compare those that are there and leave them as they are.

    The replication factor is the broker's default: only whoever runs it knows how many brokers there are.

    Args:
        settings: where Kafka is, and the prefix.
        partitions: topic without prefix -> number of partitions, where it is not to be the contract's.

    Raises:
        UsageError: an unknown topic, or more than one partition where the contract needs one.
        BrokerError: no broker answers, or it refuses to make one.
    """
    wanted = {topic.name: topic.partitions for topic in TOPICS}
    wanted.update(_checked(partitions or {}))
    with Cluster(settings) as cluster:
        before = cluster.found([topic.name for topic in TOPICS])
        made = {topic.name: topic for topic in TOPICS if before[topic.name] is None}
        cluster.make({name: (wanted[name], config(topic)) for name, topic in made.items()})
        after = cluster.found([topic.name for topic in TOPICS])
    return [_made(topic, after[topic.name], created=topic.name in made) for topic in TOPICS]


def check(settings: Settings, topics: Sequence[str]) -> None:
    """That these topics (names without prefix) are there and as the contract needs them.

    Raises:
        NotPrepared: what is missing or differs, and the command to type.
        BrokerError: no broker answers, or it refuses us.
    """
    with Cluster(settings) as cluster:
        found = cluster.found(topics)
    prefix = settings.topic_prefix
    missing = [f"{prefix}{name}" for name, there in found.items() if there is None]
    wrong = [
        f"{prefix}{name} {how}"
        for name, there in found.items()
        if there is not None
        for how in differences(_BY_NAME[name], there)
    ]
    if missing:
        also = f"; besides, {'; '.join(wrong)}" if wrong else ""
        raise NotPrepared(f"topics are missing: {', '.join(missing)}{also}", hint="run `kabar topics create`")
    if wrong:
        raise NotPrepared(
            f"topics differ from what this kabar needs: {'; '.join(wrong)}",
            hint="correct them with kafka-configs.sh, or delete them and run `kabar topics create`; "
            "`kabar topics check` compares again",
        )


def describe(settings: Settings) -> list[Described]:
    """Every topic as it is now: partitions, sizes, settings, and how far our consumer groups are.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """
    with Cluster(settings) as cluster:
        found = cluster.found([topic.name for topic in TOPICS])
        there = {name: one for name, one in found.items() if one is not None}
        places = [(name, number) for name, one in there.items() for number in range(one.partitions)]
        offsets = cluster.offsets(places) if places else {}
        sizes = cluster.sizes(list(there)) if places else {}
        behind = lags(settings, cluster, offsets)
    return [
        Described(
            topic=topic.name,
            why=topic.why,
            differs=["is missing"] if (one := there.get(topic.name)) is None else differences(topic, one),
            replicas=one.replicas if one else 0,
            config=one.config if one else {},
            partitions=[
                Partition(number, *offsets[topic.name, number], sizes.get((topic.name, number), 0))
                for number in range(one.partitions if one else 0)
            ],
            groups=[lag for lag in behind if lag.topic == topic.name],
        )
        for topic in TOPICS
    ]


def config(topic: Topic) -> dict[str, str]:
    """The topic's settings on the broker.

    Kafka deletes and compacts closed segments only, and closes one when it is full (1 GiB) or old (7 days): with
    these defaults a quiet topic would keep a day's retention for a week, and would hardly ever be compacted. So
    segments are smaller and younger. A segment must hold the largest message.
    """
    common = {"cleanup.policy": topic.cleanup, "max.message.bytes": str(topic.max_message_bytes)}
    if topic.retention_ms is not None:
        return {
            **common,
            "retention.ms": str(topic.retention_ms),
            "segment.ms": str(topic.retention_ms // 8),  # so that at most an eighth more is kept
        }
    return {
        **common,
        "segment.bytes": str(max(16 * MiB, 4 * topic.max_message_bytes)),
        "segment.ms": str(HOUR_MS),
        # By default half of the log may be outdated before it is compacted: a take-over would replay twice what
        # it needs. The ratio alone is not enough for a large log that changes little, hence the lag.
        "min.cleanable.dirty.ratio": "0.1",
        "min.compaction.lag.ms": str(topic.compaction_lag_ms),
        "max.compaction.lag.ms": str(topic.compaction_lag_ms + 6 * HOUR_MS),
        "delete.retention.ms": str(DAY_MS),  # a reader that is slower than this may miss a tombstone
    }


def differences(topic: Topic, found: Found) -> list[str]:
    """What about a topic is not as the contract needs it; a larger size limit does no harm."""
    out = []
    if topic.name in SINGLE and found.partitions != 1:
        out.append(f"has {found.partitions} partitions, must have 1: {SINGLE[topic.name]}")
    policy = found.config["cleanup.policy"]
    if policy != topic.cleanup:
        out.append(f"has cleanup.policy={policy}, must have {topic.cleanup}")
    spared = int(found.config.get("min.compaction.lag.ms", 0))
    if spared < topic.compaction_lag_ms:
        out.append(f"has min.compaction.lag.ms={spared}, must have at least {topic.compaction_lag_ms}")
    largest = int(found.config["max.message.bytes"])
    if largest < topic.max_message_bytes:
        out.append(f"has max.message.bytes={largest}, must have at least {topic.max_message_bytes}")
    return out


def _checked(partitions: Mapping[str, int]) -> Mapping[str, int]:
    for name, count in partitions.items():
        if name not in _BY_NAME:
            raise UsageError(f"there is no topic '{name}'", hint=f"they are: {', '.join(_BY_NAME)}")
        if count < 1:
            raise UsageError(f"'{name}' cannot have {count} partitions", hint="give 1 or more")
        if name in SINGLE and count != 1:
            raise UsageError(f"'{name}' must have 1 partition: {SINGLE[name]}", hint="leave it out")
    return partitions


def _made(topic: Topic, found: Found | None, *, created: bool) -> Made:
    if found is None:
        raise BrokerError(
            f"the broker took the order to make '{topic.name}' and does not have it",
            hint="look at its log, then run `kabar topics create` again",
        )
    return Made(topic.name, found.partitions, created, differences(topic, found))
