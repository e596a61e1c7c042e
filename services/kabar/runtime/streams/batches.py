"""The loop of a stateless stage: a batch through the workers, its records to the broker, then its offsets.

It is a task of its own, beside Faust's agent: no rebalance and no shutdown of Faust cancels it in the middle. It ends
when the intake is closed, after the slice under way; what it has not finished was not committed and comes again.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

import structlog

from kabar.contracts.outcomes import Outcome
from kabar.errors import WorkersFailed
from kabar.runtime import failpoints
from kabar.runtime.breaker import TRIAL, Breaker, Verdict, source_of
from kabar.runtime.clock import wall_ms
from kabar.runtime.kafka.records import Record
from kabar.runtime.metrics import Metrics
from kabar.runtime.protocol import Result
from kabar.runtime.readiness import Readiness
from kabar.runtime.streams.crew import Crew
from kabar.runtime.streams.intake import Intake, Received
from kabar.runtime.streams.outputs import Item, Output, examine, quarantine, settle

log = structlog.get_logger()

SLICE_SECONDS: Final = 2.0
"""What is done by then is sent and committed, though the rest of the batch still works."""
RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.25
"""How soon a pause notices that it is over, or that the worker is told to stop."""


class Broker(Protocol):
    """What a batch needs of :class:`kabar.runtime.streams.client.Streams`."""

    async def send(self, records: Sequence[Record]) -> list[Awaitable[Any]]:
        """Hand over records, in order."""

    async def acknowledged(self, futures: Sequence[Awaitable[Any]]) -> None:
        """Wait until the broker has them."""

    def finish(self, done: Sequence[Received]) -> None:
        """These may be committed."""

    def is_current(self, one: Received) -> bool:
        """Whether no rebalance came since."""


class Batches:
    """Runs until the intake is closed.

    Raises:
        BrokerError: from :meth:`run`, when records cannot be sent for good: nothing more may be committed.
    """

    def __init__(
        self,
        stage: str,
        *,
        intake: Intake,
        crew: Crew,
        broker: Broker,
        readiness: Readiness,
        metrics: Metrics,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._stage = stage
        self._intake = intake
        self._crew = crew
        self._broker = broker
        self._readiness = readiness
        self._metrics = metrics
        self._now_ms = now_ms
        self._breaker = Breaker()

    async def run(self) -> None:
        """Batch after batch."""
        while batch := await self._intake.batch():
            items = deque(examine(one) for one in batch if self._broker.is_current(one))
            while items and (verdict := await self._allowed()):
                size = TRIAL if verdict.trial else len(items)
                await self._work([items.popleft() for _ in range(min(size, len(items)))], verdict)

    async def _allowed(self) -> Verdict | None:
        """The verdict, once it is not to pause; None when the worker stops instead."""
        while not self._intake.closed:
            verdict = self._breaker.verdict(self._now_ms())
            self._metrics.quarantined_sources.set(len(verdict.quarantined))
            if not verdict.pause:
                self._readiness.up("breaker")
                return verdict
            self._readiness.down("breaker", verdict.reason)
            await asyncio.sleep(LOOK_SECONDS)
        return None

    async def _work(self, items: Sequence[Item], verdict: Verdict) -> None:
        """One slice. After a rebalance the rest of it is let go: somebody is given it again."""
        if not self._broker.is_current(items[0].received):
            return
        for item in items:
            quarantine(item, verdict.quarantined)
        tried = deque(item for item in items if item.message is not None and item.answer is None)
        messages = [item.message for item in tried if item.message is not None]
        tickets = deque(await self._crew.submit(self._stage, messages))
        failpoints.reached(f"{self._stage}.work_pending")
        left = deque(items)
        while left:
            if tickets:
                for result in await self._collect(tickets):
                    tickets.popleft()
                    item = tried.popleft()
                    item.answer = result
                    assert item.message is not None
                    self._breaker.book(source_of(item.message), result.kind == "dead", self._now_ms())
            if not self._broker.is_current(left[0].received):
                await self._crew.forget()
                return
            await self._emit(_answered(left))

    async def _collect(self, tickets: Sequence[int]) -> Sequence[Result]:
        """Some results; a worker pool that cannot start is waited for, as long as it takes."""
        wait = RETRY_SECONDS
        while True:
            try:
                results = await self._crew.collect(tickets, SLICE_SECONDS)
            except WorkersFailed as error:
                log.warning("workers cannot be started", error=str(error), hint=error.hint)
                self._metrics.environment_errors.labels(type(error).__name__).inc()
                self._readiness.down("workers", str(error))
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                wait = min(2 * wait, LONGEST_RETRY_SECONDS)
            else:
                self._readiness.up("workers")
                return results

    async def _emit(self, items: Sequence[Item]) -> None:
        """Send what answered items become; only when the broker has all of it may they be committed."""
        outputs = [settle(self._stage, item, self._now_ms()) for item in items]
        futures = await self._broker.send([record for output in outputs for record in output.records])
        failpoints.reached(f"{self._stage}.sends_pending")
        await self._broker.acknowledged(futures)
        self._broker.finish([item.received for item in items])
        self._count(outputs)

    def _count(self, outputs: Sequence[Output]) -> None:
        metrics, stage = self._metrics, self._stage
        metrics.batch_articles.observe(len(outputs))
        for output in outputs:
            metrics.stage_messages.labels(stage, output.result).inc()
            if output.seconds:
                metrics.stage_seconds.labels(stage).observe(output.seconds)
            if output.result in {Outcome.DROPPED, Outcome.DEAD}:
                metrics.outcomes.labels(output.result, output.reason).inc()
        for reason, count in self._crew.restarts.items():
            metrics.worker_restarts.labels(reason).set(count)


def _answered(left: deque[Item]) -> list[Item]:
    """Take the items off the front that are answered: offsets are finished in order."""
    done = []
    while left and (left[0].answer is not None or left[0].tombstone):
        done.append(left.popleft())
    return done
