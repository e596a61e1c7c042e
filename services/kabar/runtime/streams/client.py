"""Faust, reduced to what was measured to be safe: it brings messages, sends records and commits what we say is done.

Three of its habits lose messages on a real broker and are taken away here:

- it acknowledges what it skips at a rebalance and what a cancelled iteration held: its acknowledgements are ignored,
  and only :meth:`Consumer.finish` moves the offset that is committed;
- it finds that offset by searching for gaps, off by one (a single unfinished message is stepped over): ours are
  finished in order, so the newest one is the offset;
- it reads uncommitted: dedupe's aborted transactions must not be enriched.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import aiokafka
import faust
import structlog
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError
from faust.exceptions import FaustError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message

from kabar.errors import BrokerError, ConfigError
from kabar.runtime.kafka import clients
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.records import Record
from kabar.runtime.streams.intake import Received
from kabar.settings import Settings

COMMIT_SECONDS: Final = 1.0
PARTITION_FETCH_BYTES: Final = 131_072
"""What was fetched of one partition is handed out before the next: with megabytes a backlog would reach dedupe one
partition after the other, and stories depend on who came first. A larger message still comes, alone."""
BUFFER_MESSAGES: Final = 16
"""Faust's own queue in front of ours, in messages, which may be large."""
POLL_RECORDS: Final = 500
MAX_POLL_INTERVAL_MS: Final = 900_000
"""Longer than the longest pause of the breaker: a worker that waits keeps its partitions."""
REBALANCE_TIMEOUT_MS: Final = 60_000
REQUEST_TIMEOUT_MS: Final = 300_000
"""How long a record waits for a broker that is away before the worker gives up and is started again."""

log = structlog.get_logger()

Deliver = Callable[[Received], Awaitable[None]]


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """Makes the client itself: Faust's settings do not reach all of its options."""

    def _create_worker_consumer(self, _transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        self._assignor = RoundRobinPartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            group_id=self.app.conf.id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_bytes=clients.FETCH_MAX_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            max_poll_records=POLL_RECORDS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            session_timeout_ms=clients.SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=clients.HEARTBEAT_MS,
            **_connection(cast("_App", self.app).kabar),
        )


class Consumer(driver.Consumer):
    """Commits what was finished, and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._finished: dict[TP, int] = {}

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def finish(self, topic: str, partition: int, offset: int) -> None:
        """All messages up to this one have their outputs acknowledged by the broker; in order per partition."""
        self._finished[TP(topic, partition)] = offset + 1

    def ack(self, message: Message) -> bool:
        """Faust's own acknowledgement: says that an iteration was left, not that anything was done."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    def _filter_committable_offsets(self, _tps: Iterable[TP]) -> dict[TP, int]:
        assigned = self.assignment()
        return {
            tp: offset
            for tp, offset in self._finished.items()
            if tp in assigned and self._should_commit(tp, offset)
        }

    def verify_event_path(self, now: float, tp: TP) -> None:
        """The watchdog looks at the committed offsets themselves."""


class _Producer(driver.Producer):
    """Idempotent: a retry neither doubles nor reorders."""

    def _settings_default(self) -> Mapping[str, Any]:
        return {
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": clients.LINGER_MS,
            "max_batch_size": clients.BATCH_BYTES,
            "max_request_size": clients.REQUEST_MAX_BYTES,
            "compression_type": "lz4",
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
        }

    def _settings_auth(self) -> Mapping[str, Any]:
        return _connection(cast("_App", self.app).kabar)


class _Transport(driver.Transport):
    """The two clients above."""

    Consumer = Consumer
    Producer = _Producer


class _App(faust.App):
    """An application of one agent that keeps nothing on disk; ``kabar`` are our settings."""

    kabar: Settings

    def _new_transport(self) -> _Transport:
        return _Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """The container's file system may be read-only."""


class Streams:
    """One stage's topic as a stream of :class:`Received`, and a producer. Made and used within a running loop."""

    def __init__(self, stage: str, settings: Settings, deliver: Deliver) -> None:
        self._names = clients.names(settings)
        self._topic = INPUT[stage]
        self._app = _App(
            self._names.group(stage),
            broker="kafka://",  # the clients above know where it is
            autodiscover=False,
            web_enabled=False,
            broker_commit_interval=COMMIT_SECONDS,
            stream_buffer_maxsize=BUFFER_MESSAGES,
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
        )
        self._app.kabar = settings
        self._deliver = deliver
        source = self._app.topic(self._names.topic(self._topic), key_serializer="raw", value_serializer="raw")
        self._app.agent(source, concurrency=1, name=stage)(self._agent)
        self.assigned: frozenset[int] | None = None
        """Partitions we have; empty = standing by, None = not told yet."""
        self._app.on_partitions_assigned.connect(self._on_assigned)
        self._app.on_partitions_revoked.connect(self._on_revoked)

    async def start(self) -> None:
        """Join the group.

        Raises:
            BrokerError: no broker answers, or it refuses us.
        """
        try:
            await self._app.start()
        except (KafkaError, FaustError, OSError) as error:
            raise BrokerError(
                f"Kafka: {type(error).__name__}: {error}",
                hint="is the broker up, and is kafka_bootstrap right?",
            ) from error

    async def stop(self) -> None:
        """Commit what is finished and leave the group."""
        await self._app.consumer.commit()
        await self._app.stop()

    @property
    def failed(self) -> str:
        """Why Faust gave up; '' = it works."""
        if not (self._app.crashed or self._app.should_stop):
            return ""
        return repr(self._app.crash_reason) if self._app.crash_reason else "it stopped by itself"

    async def send(self, records: Sequence[Record]) -> list[Awaitable[Any]]:
        """Hand records to the producer, in order; what is returned is done when the broker has them.

        Raises:
            BrokerError: the producer takes none.
        """
        try:
            return [
                await self._app.producer.send(
                    self._names.topic(record.topic), record.key, record.value, None, None, record.headers
                )
                for record in records
            ]
        except (KafkaError, FaustError) as error:
            raise BrokerError(f"records cannot be sent: {type(error).__name__}: {error}") from error

    async def acknowledged(self, futures: Sequence[Awaitable[Any]]) -> None:
        """Wait until the broker has all of them.

        Raises:
            BrokerError: one was refused or timed out for good.
        """
        try:
            await asyncio.gather(*futures)
        except KafkaError as error:
            raise BrokerError(f"records were not taken: {type(error).__name__}: {error}") from error

    def finish(self, done: Sequence[Received]) -> None:
        """These, and all before them on their partitions, may be committed."""
        for one in done:
            cast("Consumer", self._app.consumer).finish(
                self._names.topic(one.topic), one.partition, one.offset
            )

    def is_current(self, one: Received) -> bool:
        """Whether no rebalance came since it was fetched; else it is fetched again, by us or by another."""
        return self.assigned is not None and one.generation == self._app.consumer_generation_id

    async def _agent(self, stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            await self._deliver(
                Received(
                    topic=self._topic,
                    partition=message.partition,
                    offset=message.offset,
                    value=message.value,
                    headers=_headers(message.headers),
                    generation=message.generation_id,
                )
            )

    async def _on_assigned(self, _app: Any, /, *given: Any, signal: Any, **_: Any) -> None:  # noqa: ARG002 - Faust's
        (assigned,) = given
        self.assigned = frozenset(tp.partition for tp in assigned)

    async def _on_revoked(self, _app: Any, /, *_given: Any, signal: Any, **_: Any) -> None:  # noqa: ARG002 - Faust's
        self.assigned = None
        try:  # what is finished need not come again
            await asyncio.wait_for(self._app.consumer.commit(), COMMIT_SECONDS)
        except (TimeoutError, KafkaError, FaustError) as error:
            log.info("nothing could be committed before the rebalance", error=repr(error))


def _connection(settings: Settings) -> dict[str, Any]:
    """How aiokafka reaches the broker. The settings were checked when the topics were.

    Raises:
        ConfigError: a certificate cannot be read.
    """
    protocol = settings.kafka_security_protocol
    found: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "client_id": "kabar",
        "security_protocol": protocol,
    }
    if protocol.endswith("SSL"):
        found["ssl_context"] = _ssl_context(settings)
    if protocol.startswith("SASL"):
        found |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password,
        }
    return found


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file or None)
        if settings.kafka_cert_file:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the certificates for Kafka cannot be read: {error}",
            hint="check kafka_ca_file, kafka_cert_file and kafka_key_file",
        ) from error
    return context


def _headers(given: Any) -> tuple[tuple[str, bytes], ...]:
    """Faust gives them as it got them: none, pairs or a table."""
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    return tuple((str(name), bytes(value or b"")) for name, value in pairs)
