"""How far a partition is done, as a value: what may be committed while messages finish in any order.

The commit point of a partition is the offset *next to read* after a restart: everything before it is done. It
moves over the finished head in order of arrival, never by arithmetic on offsets: compaction and transaction
markers leave holes, and a hole must not hold it up.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


class Tracker(Generic[P]):
    """Messages that came, and which of them are done. One thread uses it.

    A message is told of once it :meth:`arrived`; nothing is ever committed that was not told of or read past.
    """

    def __init__(self) -> None:
        self._partitions: dict[P, _Partition] = {}

    def arrived(self, partition: P, offset: int) -> None:
        """A message was handed out. One known already, or before what is done, changes nothing."""
        self._partitions.setdefault(partition, _Partition()).arrived(offset)

    def done(self, partition: P, offset: int) -> None:
        """All that comes of it is safe. A partition that was given up meanwhile is somebody else's."""
        if partition in self._partitions:
            self._partitions[partition].done(offset)

    def read_to(self, partition: P, position: int) -> None:
        """The reader stands at ``position``: between the last message told of and there, nothing is to be read."""
        self._partitions.setdefault(partition, _Partition()).read_to(position)

    def forget(self, partition: P) -> None:
        """The partition was given up: what is not committed comes again, here or elsewhere."""
        self._partitions.pop(partition, None)

    def waits(self, partition: P, offset: int) -> bool:
        """Whether a message came, is not done, and its partition was not given up since."""
        return partition in self._partitions and self._partitions[partition].waits(offset)

    def pending(self) -> int:
        """Messages that came and are not done."""
        return sum(one.pending() for one in self._partitions.values())

    def commits(self) -> dict[P, int]:
        """Commit points that moved since :meth:`committed` was last told."""
        return {
            partition: one.next_to_read
            for partition, one in self._partitions.items()
            if one.next_to_read is not None and one.next_to_read != one.committed
        }

    def committed(self, points: Mapping[P, int]) -> None:
        """These points are safe on the broker."""
        for partition, point in points.items():
            if partition in self._partitions:
                self._partitions[partition].committed = point


class _Partition:
    """One partition: messages in order of arrival, and whether each is done."""

    __slots__ = ("_done", "_position", "committed", "next_to_read")

    def __init__(self) -> None:
        self._done: dict[int, bool] = {}
        self._position = 0
        self.next_to_read: int | None = None
        self.committed: int | None = None

    def arrived(self, offset: int) -> None:
        if self.next_to_read is None:
            self.next_to_read = offset
        if offset >= self.next_to_read:
            self._done.setdefault(offset, False)
            self._position = max(self._position, offset + 1)

    def done(self, offset: int) -> None:
        if offset in self._done:
            self._done[offset] = True
            self._advance()

    def read_to(self, position: int) -> None:
        self._position = max(self._position, position)
        self._advance()

    def waits(self, offset: int) -> bool:
        return not self._done.get(offset, True)

    def pending(self) -> int:
        return sum(not done for done in self._done.values())

    def _advance(self) -> None:
        while self._done:
            offset = next(iter(self._done))
            if not self._done[offset]:
                self.next_to_read = offset  # also where a hole was stepped over
                return
            del self._done[offset]
        self.next_to_read = max(self.next_to_read or 0, self._position)
