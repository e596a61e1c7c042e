"""One process does all the work of a stateful stage, the others stand by.

The assignor gives every partition to one member and none to the rest. Whoever has them keeps them when somebody
joins or leaves (incremental rebalancing, KIP-429): a standby that comes or goes costs the active one nothing, above
all no replay of its memory. A member that was thought dead and comes back still claims what it had; the generation
in which it got it is older than that of its successor, so the successor keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kafka import TopicPartition
from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor, RebalanceProtocol
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription

SUBSCRIPTION_VERSION = 2
"""The first that tells what a member owns and since which generation."""
NOBODY = -1


class OneActive(AbstractPartitionAssignor):  # type: ignore[misc]
    """Everything to one member. One instance per consumer: it remembers what that consumer was given."""

    name = "kabar-one-active"

    def __init__(self) -> None:
        self._owned: list[TopicPartition] = []
        self._generation = NOBODY

    def supported_protocols(self) -> list[RebalanceProtocol]:
        """Incremental only: nothing is taken from the active one while the group sorts itself out."""
        return [RebalanceProtocol.COOPERATIVE]

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolSubscription:
        """What this member tells the group's leader about itself."""
        owned: dict[str, list[int]] = {}
        for partition in self._owned:
            owned.setdefault(partition.topic, []).append(partition.partition)
        part = ConsumerProtocolSubscription.TopicPartition
        return ConsumerProtocolSubscription(
            version=SUBSCRIPTION_VERSION,
            topics=sorted(topics),
            user_data=b"",
            owned_partitions=[part(topic=topic, partitions=sorted(own)) for topic, own in owned.items()],
            generation_id=self._generation,
        )

    def on_assignment(self, assignment: ConsumerProtocolAssignment, generation: int) -> None:
        """What this member was given."""
        self._owned = assignment.partitions()
        self._generation = generation

    def assign(self, cluster: Any, members: Iterable[Any]) -> dict[str, ConsumerProtocolAssignment]:
        """Everything to whoever has it; to the first by name where nobody has."""
        members = list(members)
        active = min(members, key=_rank)
        everything = sorted(
            (topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in active.metadata.topics
        )
        return {
            member.member_id: ConsumerProtocolAssignment(
                SUBSCRIPTION_VERSION, everything if member is active else [], b""
            )
            for member in members
        }


def _rank(member: Any) -> tuple[int, str]:
    """Owners first, of two the one with the newer claim."""
    claim = member.metadata.generation_id if member.metadata.owned_partitions else NOBODY
    return -claim, member.member_id
