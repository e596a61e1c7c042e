"""Ends a worker that has work and commits nothing: seen from outside, with a client and a thread of its own.

Whatever hangs (Faust, its client, the event loop, a lock), the committed offsets stand still. A worker that is
started again goes on from them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import structlog
from kafka import KafkaConsumer, TopicPartition
from msgspec import Struct

from kabar.errors import BrokerError, KabarError
from kabar.runtime.kafka import clients
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.metrics import Metrics
from kabar.runtime.readiness import Readiness
from kabar.settings import Settings

log = structlog.get_logger()

EXIT_CODE: Final = 4
LOOKS: Final = 12
"""Looks within ``stall_seconds``."""
LONGEST_PERIOD_SECONDS: Final = 5.0
PROBE_MS: Final = 2_000
ANSWER_MS: Final = 3_000
MISSES: Final = 2
"""Looks without an answer before the broker counts as gone."""


class Progress(Struct, frozen=True):
    """One partition of ours."""

    committed: int
    """Where the group goes on; the first offset there is where it never committed."""
    end: int
    """Offset the next message gets."""


class Stall:
    """Since when each partition has work and stands still. Pure."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._since: dict[int, tuple[int, float]] = {}

    def look(self, now: float, seen: Mapping[int, Progress]) -> list[int]:
        """Partitions that stood still with something left for longer than the patience."""
        self._since = {
            partition: self._since[partition]
            if self._since.get(partition, (-1, 0.0))[0] == progress.committed
            else (progress.committed, now)
            for partition, progress in seen.items()
            if progress.end > progress.committed
        }
        return [one for one, (_, since) in self._since.items() if now - since >= self._patience]

    def forgive(self, partitions: Iterable[int] | None = None) -> None:
        """Begin anew; None = with all."""
        for one in list(self._since if partitions is None else partitions):
            self._since.pop(one, None)


class Watchdog:
    """Looks every few seconds until closed.

    Args:
        stage: whose group.
        settings: where Kafka is.
        assigned: partitions this worker has at present; None = none known.
        readiness: told when the broker is gone; a worker that says why it does nothing is not stalled.
        metrics: told how far behind we are.
        end: what to do about a stall; ends the process.
    """

    def __init__(
        self,
        stage: str,
        settings: Settings,
        *,
        assigned: Callable[[], frozenset[int] | None],
        readiness: Readiness,
        metrics: Metrics,
        end: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._names = clients.names(settings)
        self._topic = INPUT[stage]
        self._group = self._names.group(stage)
        self._assigned = assigned
        self._readiness = readiness
        self._metrics = metrics
        self._end = end
        self._period = min(LONGEST_PERIOD_SECONDS, settings.stall_seconds / LOOKS)
        self._stall = Stall(settings.stall_seconds)
        self._stopped = threading.Event()
        self._client: KafkaConsumer | None = None
        self._missed = 0
        self._outside_since: float | None = None

    def start(self) -> None:
        """In a thread."""
        threading.Thread(target=self._run, name="kabar-watchdog", daemon=True).start()

    def close(self) -> None:
        """No more looks."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._period):
            try:
                self._look()
            except KabarError as error:
                self._miss(error)
            except Exception as error:
                # Unwatched it must not go on.
                log.exception("the watchdog failed")
                self._end(f"the watchdog failed: {error}")
        if self._client is not None:
            self._client.close(autocommit=False)

    def _look(self) -> None:
        assigned, now = self._assigned(), time.monotonic()
        seen = self._progress(assigned or frozenset())
        self._missed = 0
        self._readiness.up("broker")
        if assigned is not None:
            self._outside_since = None
        elif self._outside_since is None:
            self._outside_since = now
        elif now - self._outside_since >= self._settings.stall_seconds:
            self._end(
                f"not in the consumer group for {self._settings.stall_seconds:g} s though the broker answers"
            )
        behind = sum(one.end - one.committed for one in seen.values())
        self._metrics.behind.labels(self._topic).set(behind)
        if self._readiness.excused:
            self._stall.forgive()
        for partition in self._stall.look(now, seen):
            if self._has_message(partition, seen[partition].committed):
                self._end(
                    f"nothing of {self._topic}/{partition} was committed for {self._settings.stall_seconds:g} s "
                    f"though work waits from offset {seen[partition].committed}"
                )
            self._stall.forgive([partition])

    def _progress(self, partitions: frozenset[int]) -> dict[int, Progress]:
        if self._client is None:
            self._client = clients.consumer(self._settings, group=self._group)
        places = [self._place(one) for one in sorted(partitions)]
        if not places:
            with clients.broker_errors():
                if not self._client.partitions_for_topic(self._names.topic(self._topic)):
                    raise BrokerError("the broker does not answer")
            return {}
        with clients.broker_errors():
            first = self._client.beginning_offsets(places, timeout_ms=ANSWER_MS)
            end = self._client.end_offsets(places, timeout_ms=ANSWER_MS)
            committed = {one: self._client.committed(one, timeout_ms=ANSWER_MS) for one in places}
        return {one.partition: Progress(max(first[one], committed[one] or 0), end[one]) for one in places}

    def _has_message(self, partition: int, offset: int) -> bool:
        """Whether a reader is given one: what follows may be nothing but the markers of transactions."""
        assert self._client is not None
        with clients.broker_errors():
            self._client.assign([self._place(partition)])
            self._client.seek(self._place(partition), offset)
            found = self._client.poll(timeout_ms=PROBE_MS, max_records=1)
            self._client.assign([])
        return bool(found)

    def _miss(self, error: KabarError) -> None:
        self._missed += 1
        self._stall.forgive()
        self._outside_since = None
        self._metrics.environment_errors.labels(type(error).__name__).inc()
        if self._missed >= MISSES:
            self._readiness.down("broker", str(error))

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._names.topic(self._topic), partition)


def end_process(reason: str) -> None:
    """At once, from any thread, whatever hangs: nothing is acknowledged that was not done."""
    log.error("worker ends itself, to be started again", reason=reason)
    os._exit(EXIT_CODE)
