"""The index stage: enriched articles and stories from the log into Elasticsearch, at least once and idempotent.

One turn of the loop::

    poll      messages are read, decoded and queued; the group sees us, also while everything is paused
    fly       a batch, cut by count, bytes and age, is written by another thread
    settle    what the index said becomes endings and dead letters, acknowledged by every replica
    commit    the offsets of what is settled, up to the first message that is not

Only a settled message is committed, so whatever dies, it comes again; each write may be repeated. Where the index
takes nothing (it is down, blocked, full) the batch goes back to the queue, the partitions are paused, readiness says
why, and it is tried again for ever: nobody's article dies of a full disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from time import monotonic
from typing import Final

import structlog
from kafka import TopicPartition

from kabar.errors import BrokerError, EnvironmentError_
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.preparing import ensure
from kabar.index.elasticsearch.writer import CONCURRENCY, ElasticsearchWriter
from kabar.runtime.breaker import Breaker, Verdict
from kabar.runtime.clock import wall_ms
from kabar.runtime.envelopes import said
from kabar.runtime.failpoints import reached
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.patience import Backoff, Deadline
from kabar.runtime.kafka.polling import Member
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.sink.flight import Flight, IndexWriter
from kabar.runtime.kafka.sink.items import Item, read
from kabar.runtime.kafka.sink.queueing import Bounds, Queue
from kabar.runtime.kafka.sink.settling import Settled, settle
from kabar.runtime.kafka.stalling import Stalling
from kabar.runtime.readiness import Readiness
from kabar.runtime.working import Work
from kabar.settings import Settings

log = structlog.get_logger()

TOPICS: Final = ("news.enriched", "news.stories")
WRITTEN: Final = ("news.outcomes", "news.dead")
IDLE_SECONDS: Final = 0.5
"""How soon a stop is noticed where nothing comes."""
IN_FLIGHT_SECONDS: Final = 0.02
"""How soon an answer of the index is noticed where nothing comes."""
HOUSEKEEPING_SECONDS: Final = 2.0
"""How often lag is measured and offsets behind markers are committed; shows a lost broker where nothing comes."""


def run(work: Work) -> None:
    """Index until ``work.stop`` is set; see :class:`kabar.runtime.working.Work`.

    Raises:
        NotPrepared: topics or templates are missing or differ.
        BrokerError: no broker answers at the start.
        IndexUnavailable: no Elasticsearch answers at the start.
    """
    work.health.down("starting: checks topics and templates")
    topics.check(work.settings, [*TOPICS, *WRITTEN])
    with ExitStack() as stack:
        writer = stack.enter_context(_elasticsearch(work.settings))
        publisher = stack.enter_context(Publisher(work.settings))
        Sink(work, writer, publisher).run()


@contextmanager
def _elasticsearch(settings: Settings) -> Iterator[IndexWriter]:
    with closing(connect(settings)) as client:
        ensure(client, settings)
        with closing(ElasticsearchWriter(client, settings, in_flight=_flying)) as writer:
            yield writer


def _flying() -> None:
    reached("index.bulk_in_flight")


class Sink:
    """The loop. One thread uses it."""

    def __init__(
        self,
        work: Work,
        writer: IndexWriter,
        publisher: Publisher,
        *,
        member: Callable[..., Member] = Member,
    ) -> None:
        self._work = work
        self._writer = writer
        self._publisher = publisher
        self._readiness = Readiness(work.health)
        self._member = member(
            work.settings,
            group=names(work.settings).group("index"),
            topics=TOPICS,
            given_up=self._drop,
        )
        settings = work.settings
        self._queue: Queue[Item] = Queue(
            Bounds(settings.bulk_max, settings.bulk_max_bytes, settings.bulk_max_age_seconds, CONCURRENCY)
        )
        self._flight: Flight | None = None
        self._settled: Settled | None = None
        self._stalling = Stalling(work.health, settings.stall_seconds)
        self._breaker = Breaker()
        self._verdict = Verdict()
        self._backoff = Backoff()
        self._try_again = 0.0
        self._sick = False
        self._housekeeping = 0.0
        self._progress = monotonic()

    def run(self) -> None:
        """Until the stop is set, then drain.

        Raises:
            BrokerError: with work at hand nothing was committed for ``stall_seconds``, and nothing is known to be
                sick: only a new process helps.
        """
        self._readiness.down("group", "joins the group of its stage")
        with self._member, self._stalling:
            while not self._work.stop.is_set():
                self._stalling.beat()
                with self._braving():
                    self._poll()
                    self._advance()
                    self._keep_house()
                self._watch()
            self._readiness.down("stop", "stops")
            self._queue.keep(lambda _: False)  # not begun: it comes again
            with self._stalling.excused():
                self._drain(Deadline(self._work.settings.drain_seconds))

    # ------------------------------------------------------------ reading

    def _poll(self) -> None:
        now = monotonic()
        self._verdict = self._breaker.verdict(wall_ms())
        if self._verdict.pause:
            self._readiness.down("breaker", self._verdict.reason)
        else:
            self._readiness.up("breaker")
        if self._holds(now) or self._verdict.pause or self._queue.full():
            self._member.pause()
        else:
            self._member.resume()
        for record in self._member.poll(seconds=self._patience(now), most=self._queue.room()):
            self._take(record)
        if self._member.partitions():
            self._readiness.up("group")
        else:
            self._readiness.down("group", "stands by: other workers have all partitions")

    def _holds(self, now: float) -> bool:
        """Whether the index takes nothing: no use in reading on, until there is nothing left to try it with."""
        return self._sick and (bool(self._queue) or now < self._try_again)

    def _patience(self, now: float) -> float:
        """How long a poll may wait for messages."""
        if self._flight is not None:
            return IN_FLIGHT_SECONDS
        if now < self._try_again:
            return min(IDLE_SECONDS, self._try_again - now)
        due = self._queue.due_seconds(now)
        return IDLE_SECONDS if due is None else min(IDLE_SECONDS, due)

    def _take(self, record: object) -> None:
        metrics = self._work.metrics
        topic = names(self._work.settings).bare(record.topic)  # type: ignore[attr-defined]
        started = monotonic()
        item = read(record, topic, now_ms=wall_ms(), quarantined=self._verdict.quarantined)
        if item.tombstone:
            metrics.stage_messages.labels("index", "tombstone").inc()
            self._member.tracker.done(item.partition, item.offset)
            return
        metrics.stage_seconds.labels("index").observe(monotonic() - started)
        self._queue.add(item, monotonic())

    def _drop(self, partitions: set[TopicPartition]) -> None:
        """Partitions went elsewhere: what of them is not written yet comes again, there."""
        self._queue.keep(lambda item: item.partition not in partitions)

    # ------------------------------------------------------------ writing

    def _advance(self) -> None:
        """One step of each kind, if its time has come."""
        if self._flight is not None and self._flight.wait(0):
            self._land(self._flight)
        if self._settled is not None:
            self._finish(self._settled)
        now = monotonic()
        busy = self._flight is not None or self._settled is not None
        held = self._verdict.pause or now < self._try_again
        if not busy and not held and self._queue.due_seconds(now) == 0.0:
            self._flight = Flight(self._writer, self._queue.cut())

    def _land(self, flight: Flight) -> None:
        self._flight = None
        if flight.error is not None:
            self._queue.give_back(self._still_ours(flight.batch), monotonic())
            if not isinstance(flight.error, EnvironmentError_):
                raise flight.error
            self._sick = True
            self._pause("index", flight.error)
            return
        self._sick = False
        self._readiness.up("index")
        self._backoff.reset()
        self._work.metrics.commit_seconds.observe(flight.seconds)
        self._settled = settle(flight.batch, flight.answers, wall_ms())
        self._book(self._settled)
        reached("index.written_not_committed")

    def _still_ours(self, batch: Sequence[Item]) -> list[Item]:
        """What was given up while it flew comes again where its partition went."""
        return [item for item in batch if self._member.tracker.waits(item.partition, item.offset)]

    def _finish(self, settled: Settled) -> None:
        """Endings and letters first, then the offsets."""
        with self._stalling.excused():  # the client itself goes on trying for two minutes
            self._publisher.send(settled.records)
        for item in settled.batch:
            self._member.tracker.done(item.partition, item.offset)
        self._settled = None
        self._member.commit()
        self._readiness.up("broker")
        self._backoff.reset()
        self._progress = monotonic()

    def _book(self, settled: Settled) -> None:
        metrics = self._work.metrics
        metrics.batch_articles.observe(len(settled.batch))
        now = wall_ms()
        for item, outcome, reason in settled.outcomes:
            metrics.outcomes.labels(outcome, reason).inc()
            metrics.stage_messages.labels("index", outcome).inc()
            if item.message is None:
                continue
            self._breaker.book(item.source, outcome == "dead", now)
            header = item.message.header
            if outcome == "indexed" and header.accepted_at and not header.generation:
                metrics.searchable_seconds.observe(max(0, now - header.accepted_at) / 1000)

    # ------------------------------------------------------------ trouble

    @contextmanager
    def _braving(self) -> Iterator[None]:
        """The broker is sick: wait, and go on where it stood. What the index said already is kept meanwhile."""
        try:
            yield
        except EnvironmentError_ as error:
            with self._stalling.excused():
                self._work.stop.wait(self._pause("broker", error))

    def _pause(self, what: str, error: EnvironmentError_) -> float:
        """Say so, and when to try again; nothing is lost and nothing dies of it. Returns the pause in seconds."""
        seconds = self._backoff.next_seconds()
        log.warning("pauses", sick=what, error=str(error), hint=error.hint, seconds=round(seconds, 1))
        self._readiness.down(what, said(error))
        self._work.metrics.environment_errors.labels(type(error).__name__).inc()
        self._try_again = monotonic() + seconds
        return seconds

    def _keep_house(self) -> None:
        """Lag, and the offsets behind markers."""
        if monotonic() < self._housekeeping:
            return
        self._housekeeping = monotonic() + HOUSEKEEPING_SECONDS
        waiting = self._member.behind() + self._member.tracker.pending()
        self._work.metrics.queue_depth.labels("index").set(waiting)
        self._member.commit()
        self._readiness.up("broker")

    def _watch(self) -> None:
        """End where work stands still and nobody knows why."""
        if not self._member.tracker.pending() or self._readiness.excused:
            self._progress = monotonic()
        stalled = monotonic() - self._progress
        if stalled > self._work.settings.stall_seconds:
            self._work.health.ailing = f"nothing was committed for {stalled:.0f} s"
            raise BrokerError(
                f"nothing was committed for {stalled:.0f} s, and nothing is known to be sick",
                hint="nothing was lost; start the worker again, and look at the log before this line",
            )

    def _drain(self, deadline: Deadline) -> None:
        """Finish what flies and is settled; what is only queued comes again."""
        try:
            while not deadline.passed() and not self._sick:
                if self._flight is None and self._settled is None:
                    break
                if self._flight is None or self._flight.wait(deadline.left()):
                    self._advance()
        except EnvironmentError_ as error:
            log.warning("stopped before everything was finished; it comes again", error=str(error))
