"""``kabar work clean`` and ``kabar work enrich``: everything of this room put together."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final

import structlog

from kabar.runtime.kafka import topics
from kabar.runtime.kafka.names import INPUT, OUTPUT
from kabar.runtime.pool import STAGES_FACTORY, WorkerPool
from kabar.runtime.protocol import Pool
from kabar.runtime.readiness import Readiness
from kabar.runtime.streams.batches import Batches
from kabar.runtime.streams.client import Streams
from kabar.runtime.streams.crew import Crew
from kabar.runtime.streams.intake import Intake
from kabar.runtime.streams.watchdog import Watchdog, end_process
from kabar.runtime.working import Work
from kabar.settings import Settings

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.1
REPEAT_SECONDS: Final = 30.0
"""The same warning of a library is passed on once in this time."""
LIBRARIES: Final = ("faust", "mode", "aiokafka", "kafka", "asyncio")


def run(work: Work, *, factory: str = STAGES_FACTORY) -> None:
    """Run a stateless stage until told to stop.

    Args:
        work: the worker.
        factory: ``module:function`` that builds the stages in the worker processes.

    Raises:
        NotPrepared: topics are missing or differ.
        BrokerError: no broker answers at the start.
        WorkersFailed: worker processes cannot be started.
    """
    _log_libraries()
    topics.check(work.settings, [INPUT[work.stage], OUTPUT[work.stage], "news.outcomes", "news.dead"])

    def end(reason: str) -> None:
        work.health.ailing = reason
        end_process(reason)

    deadline = _Deadline(work.settings.drain_seconds, end)
    try:
        asyncio.run(_run(work, factory, deadline, end))
    finally:
        deadline.cancel()


async def _run(work: Work, factory: str, deadline: _Deadline, end: Callable[[str], None]) -> None:
    settings, readiness = work.settings, Readiness(work.health)
    readiness.down("group", "joining the consumer group")
    intake = Intake(articles=settings.batch_max, max_bytes=settings.batch_max_bytes)
    crew = Crew(lambda: _pool(settings, factory))
    await crew.start()
    streams = Streams(work.stage, settings, intake.put)
    batches = Batches(
        work.stage, intake=intake, crew=crew, broker=streams, readiness=readiness, metrics=work.metrics
    )
    watchdog = Watchdog(
        work.stage, settings, assigned=lambda: streams.assigned,
        readiness=readiness, metrics=work.metrics, end=end,
    )  # fmt: skip
    try:
        await streams.start()
        watchdog.start()
        loop = asyncio.create_task(batches.run(), name="kabar-batches")
        await _until_told(work.stop, streams, readiness, loop, end)
        readiness.down("stop", "stopping")
        deadline.start()
        await intake.close()
        await loop
        await streams.stop()
    finally:
        deadline.start()
        watchdog.close()
        crew.close()


async def _until_told(
    stop: threading.Event,
    streams: Streams,
    readiness: Readiness,
    loop: asyncio.Task[None],
    end: Callable[[str], None],
) -> None:
    """Wait for the order to stop; end the process where something broke that must not be acknowledged."""
    while not stop.is_set():
        if loop.done():
            log.error("the batches ended", exc_info=loop.exception())
            end(f"a batch could not be finished: {loop.exception()}")
        if streams.failed:
            end(f"Faust gave up: {streams.failed}")
        if streams.assigned is None:
            readiness.down("group", "the consumer group is being formed")
        else:
            readiness.up("group")
        await asyncio.sleep(LOOK_SECONDS)


class _Deadline:
    """Ends the process when stopping takes too long, even if the event loop or a library's thread hangs in it."""

    def __init__(self, seconds: float, end: Callable[[str], None]) -> None:
        reason = f"what was begun could not be finished within {seconds:g} s; it comes again"
        self._timer = threading.Timer(seconds, end, [reason])
        self._timer.daemon = True
        self._started = False

    def start(self) -> None:
        """From now on; once."""
        if not self._started:
            self._started = True
            self._timer.start()

    def cancel(self) -> None:
        """Stopped in time."""
        self._timer.cancel()


def _pool(settings: Settings, factory: str) -> Pool:
    return WorkerPool(
        settings.worker_count,
        deadline_seconds=settings.article_deadline_seconds,
        memory_mb=settings.worker_memory_mb,
        factory=factory,
    )


class LibraryLog(logging.Handler):
    """What the libraries warn of, in our form; a broker that is away would fill the disk, so not over and over."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on, or count it where the same was said a moment ago."""
        kind = (record.name, str(record.msg))
        since, unsaid = self._said.get(kind, (-REPEAT_SECONDS, 0))
        if record.created - since < REPEAT_SECONDS:
            self._said[kind] = (since, unsaid + 1)
            return
        self._said[kind] = (record.created, 0)
        told = {"library": record.name, "exc_info": record.exc_info or None}
        log.log(record.levelno, record.getMessage().strip(), **told, **({"unsaid": unsaid} if unsaid else {}))


def _log_libraries() -> None:
    handler = LibraryLog()
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.WARNING)
        logger.propagate = False
