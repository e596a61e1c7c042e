"""Consumers, producers and the admin client, made from the settings; foreign exceptions become ours here.

Everything of ours reads committed and commits by hand. Topics are made beforehand, never by a client.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    ProducerFencedError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
)

from kabar.errors import BrokerError, ConfigError, NotPrepared
from kabar.runtime.kafka.names import Names
from kabar.settings import Settings

MiB = 1_048_576
REQUEST_MAX_BYTES = 64 * MiB
"""Above the largest topic limit: the broker decides by topic, and its refusal names it."""
FETCH_MAX_BYTES = 64 * MiB
PARTITION_FETCH_BYTES = 8 * MiB
"""A larger message still comes, alone; more per partition would only fill memory ahead of the stage."""
SESSION_TIMEOUT_MS = 12_000
"""How long a dead worker holds its partitions: shorter and a long garbage collection loses them."""
HEARTBEAT_MS = 3_000
MAX_POLL_INTERVAL_MS = 300_000
"""The slowest batch must fit: bounded articles, each with its deadline, spread over workers."""
BOOTSTRAP_TIMEOUT_MS = 10_000
"""A broker that is there answers at once; whoever starts beside it tries again."""
LINGER_MS = 20
BATCH_BYTES = 262_144
"""Measured: with a linger of 20 ms the one setting that clearly pays."""


def names(settings: Settings) -> Names:
    """Names under the configured prefix."""
    return Names(settings.topic_prefix)


def consumer(settings: Settings, *, group: str | None = None, **overrides: Any) -> KafkaConsumer:
    """A consumer that reads committed messages as bytes, from the earliest where nothing was committed.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """
    options = {
        "group_id": group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "fetch_max_bytes": FETCH_MAX_BYTES,
        "max_partition_fetch_bytes": PARTITION_FETCH_BYTES,
        "session_timeout_ms": SESSION_TIMEOUT_MS,
        "heartbeat_interval_ms": HEARTBEAT_MS,
        "max_poll_interval_ms": MAX_POLL_INTERVAL_MS,
        "metrics_enabled": False,
    }
    with broker_errors():
        return KafkaConsumer(**_connection(settings), **{**options, **overrides})


def producer(settings: Settings, *, transactional_id: str | None = None, **overrides: Any) -> KafkaProducer:
    """An idempotent producer, acknowledged by all replicas.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """
    options = {
        "acks": "all",
        "transactional_id": transactional_id,
        "linger_ms": LINGER_MS,
        "batch_size": BATCH_BYTES,
        "max_request_size": REQUEST_MAX_BYTES,
        "compression_type": "lz4",
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }
    with broker_errors():
        return KafkaProducer(**_connection(settings), **{**options, **overrides})


def admin(settings: Settings) -> KafkaAdminClient:
    """The admin client.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """
    with broker_errors():
        return KafkaAdminClient(**_connection(settings))


@contextmanager
def broker_errors() -> Iterator[None]:
    """Turn what kafka-python raises into ours.

    Raises:
        BrokerError: no broker answers, it refuses us, or another process has taken our place.
        NotPrepared: a topic is missing.
    """
    try:
        yield
    except ProducerFencedError as error:
        raise BrokerError(
            "another process has taken over this stage; this one was fenced off",
            hint="nothing was lost: it goes on as a standby, or ends and is started again",
        ) from error
    except (SaslAuthenticationFailedError, AuthorizationError) as error:
        raise BrokerError(
            f"Kafka refuses us: {error}", hint="check kafka_security_protocol, the SASL settings and the ACLs"
        ) from error
    except UnknownTopicOrPartitionError as error:
        raise NotPrepared(f"a topic is missing: {error}", hint="run `kabar topics create`") from error
    except KafkaError as error:
        raise BrokerError(
            f"Kafka: {type(error).__name__}: {error}",
            hint="is the broker up, and is kafka_bootstrap right? what was accepted is safe in its log",
        ) from error


def _connection(settings: Settings) -> dict[str, Any]:
    """How to reach the broker.

    Raises:
        ConfigError: no broker is configured, or a protocol lacks its settings.
    """
    if not settings.kafka_bootstrap:
        raise ConfigError("no Kafka is configured", hint="set KABAR_KAFKA_BOOTSTRAP to host:port")
    protocol = settings.kafka_security_protocol
    found: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "client_id": "kabar",
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        "security_protocol": protocol,
    }
    if protocol.endswith("SSL"):
        found |= {
            "ssl_cafile": settings.kafka_ca_file or None,
            "ssl_certfile": settings.kafka_cert_file or None,
            "ssl_keyfile": settings.kafka_key_file or None,
        }
    if protocol.startswith("SASL"):
        if not settings.kafka_sasl_username or not settings.kafka_sasl_password:
            raise ConfigError(
                f"kafka_security_protocol {protocol} needs 'kafka_sasl_username' and 'kafka_sasl_password'",
                hint="set both, the password as KABAR_KAFKA_SASL_PASSWORD_FILE if it lies in a file",
            )
        found |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password,
        }
    return found
