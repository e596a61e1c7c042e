"""The worker pool, used from an event loop.

The pool belongs to one thread, and its processes are told to die with the thread that started them: so it lives in a
thread of its own, and the loop only waits for that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from kabar.contracts.message import Message
from kabar.errors import WorkersFailed
from kabar.runtime.protocol import Pool, Result

T = TypeVar("T")


class Crew:
    """A pool behind a thread."""

    def __init__(self, make: Callable[[], Pool]) -> None:
        self._make = make
        self._thread = ThreadPoolExecutor(1, "kabar-pool")
        self._pool: Pool | None = None

    async def start(self) -> None:
        """Start the workers.

        Raises:
            WorkersFailed: they cannot be started.
        """
        self._pool = await self._do(self._make)

    async def submit(self, stage: str, messages: Sequence[Message]) -> list[int]:
        """Queue messages; one ticket each, so that what is done need not wait for what hangs."""
        pool = self._started()
        return await self._do(lambda: [pool.submit(stage, [message]) for message in messages])

    async def collect(self, tickets: Sequence[int], seconds: float) -> list[Result]:
        """Results of the first tickets: at least one, then as many as are ready within ``seconds``.

        Raises:
            WorkersFailed: workers die at their start; the tickets stay valid, so try again.
        """
        return await self._do(partial(_collect, self._started(), tickets, seconds))

    async def forget(self) -> None:
        """Drop what was submitted and not collected."""
        await self._do(self._started().reset)

    @property
    def restarts(self) -> dict[str, int]:
        """How many workers were replaced, by cause."""
        return dict(self._pool.restarts) if self._pool else {}

    def cancel(self) -> None:
        """Make a waiting :meth:`collect` raise; nothing can be collected afterwards."""
        if self._pool:
            self._pool.cancel()

    def close(self) -> None:
        """End the workers."""
        self.cancel()
        if self._pool:
            self._thread.submit(self._pool.close).result()
        self._thread.shutdown()

    def _started(self) -> Pool:
        assert self._pool is not None, "the crew was not started"
        return self._pool

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _collect(pool: Pool, tickets: Sequence[int], seconds: float) -> list[Result]:
    until = time.monotonic() + seconds
    results: list[Result] = []
    for ticket in tickets:
        try:
            results += pool.collect(ticket)
        except WorkersFailed:
            if results:
                break  # these are collected and must not be forgotten; the next call says it again
            raise
        if time.monotonic() >= until:
            break
    return results
