"""What Faust brought and nobody has worked on yet: bounded, and handed over in batches.

The agent only puts. So nothing of a batch hangs on the agent's iteration, which acknowledges what it held whenever it
is left, by an exception or by cancellation.
"""

from __future__ import annotations

import asyncio
from collections import deque

from msgspec import Struct

from kabar.runtime.kafka.records import position


class Received(Struct, frozen=True, kw_only=True):
    """One record of the log."""

    topic: str
    """Without prefix."""
    partition: int
    offset: int
    value: bytes | None
    """None = a tombstone."""
    headers: tuple[tuple[str, bytes], ...] = ()
    generation: int = 0
    """Of the consumer group when it was fetched; after a rebalance it is fetched again under a newer one."""

    @property
    def position(self) -> str:
        """``news.raw/0/1234``."""
        return position(self.topic, self.partition, self.offset)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.value or b"")


class Intake:
    """Between the agent and the batches; used within one event loop.

    A batch is what arrived while the one before was at work: small and soon when little comes, full when much does.
    """

    def __init__(self, *, articles: int, max_bytes: int) -> None:
        self._articles = articles
        self._max_bytes = max_bytes
        self._waiting: deque[Received] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def put(self, one: Received) -> None:
        """Wait for room, then leave it here. Once closed it is dropped: it comes again after the next start."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or not self._full())
            if not self._closed:
                self._waiting.append(one)
                self._bytes += one.size
                self._changed.notify_all()

    async def batch(self) -> list[Received]:
        """All that waits, at least one; nothing once closed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or bool(self._waiting))
            if self._closed:
                return []
            taken = list(self._waiting)
            self._waiting.clear()
            self._bytes = 0
            self._changed.notify_all()
            return taken

    async def close(self) -> None:
        """No more batches."""
        async with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the worker is stopping."""
        return self._closed

    def _full(self) -> bool:
        """One message more than the bytes allow may lie here: else a large one would never fit."""
        return len(self._waiting) >= self._articles or self._bytes >= self._max_bytes
