"""What waits to be written: cut into batches by count, bytes and age. Pure; time is handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct


class Sized(Protocol):
    """Something with a size."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...


T = TypeVar("T", bound=Sized)


class Bounds(Struct, frozen=True):
    """When a batch goes, and how large it may be."""

    count: int
    bytes: int
    """Of one request: when so much is together, there is no use in waiting for more."""
    age_seconds: float
    requests: int = 1
    """A batch holds at most so many requests, which are in flight together."""


class Queue(Generic[T]):
    """Items in order of arrival. One thread uses it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._items: deque[tuple[float, T]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T, now: float) -> None:
        """It came at ``now`` (s, any clock that does not go back)."""
        self._items.append((now, item))
        self._bytes += item.size

    def full(self) -> bool:
        """Whether the largest batch is together, so that no more need be read."""
        return self._holds(self._bounds.requests)

    def room(self) -> int:
        """Items that may still come."""
        return max(0, self._bounds.count * self._bounds.requests - len(self._items))

    def due_seconds(self, now: float) -> float | None:
        """How long until a batch should go; 0 = now, None = there is nothing."""
        if not self._items:
            return None
        return 0.0 if self._holds(1) else max(0.0, self._items[0][0] + self._bounds.age_seconds - now)

    def cut(self) -> list[T]:
        """The next batch: at least one item if there is one, else within the bounds."""
        batch: list[T] = []
        size = 0
        while self._items and len(batch) < self._bounds.count * self._bounds.requests:
            size += self._items[0][1].size
            if batch and size > self._bounds.bytes * self._bounds.requests:
                break
            batch.append(self._items.popleft()[1])
            self._bytes -= batch[-1].size
        return batch

    def give_back(self, batch: Sequence[T], now: float) -> None:
        """A batch that could not be written goes before everything else."""
        self._items.extendleft((now, item) for item in reversed(batch))
        self._bytes += sum(item.size for item in batch)

    def keep(self, wanted: Callable[[T], bool]) -> None:
        """Drop what is not wanted any more."""
        self._items = deque(one for one in self._items if wanted(one[1]))
        self._bytes = sum(item.size for _, item in self._items)

    def _holds(self, requests: int) -> bool:
        return (
            len(self._items) >= self._bounds.count * requests or self._bytes >= self._bounds.bytes * requests
        )
