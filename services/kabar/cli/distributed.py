"""Commands of the distributed mode: their libraries are an extra, so their modules are imported when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kabar.errors import ConfigError, UsageError
from kabar.settings import Settings

EXTRA: Final = frozenset({"aiokafka", "elasticsearch", "faust", "kafka"})


@contextmanager
def distributed() -> Iterator[None]:
    """Import what needs the extra inside this block.

    Raises:
        UsageError: a library of the distributed mode is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        raise UsageError(
            f"the distributed mode needs '{error.name}', which is not installed",
            hint="pip install 'kabar[distributed]'",
        ) from error


def on_kafka(settings: Settings) -> Settings:
    """The settings, if they name a Kafka.

    Raises:
        ConfigError: they do not.
    """
    if not settings.kafka_bootstrap:
        raise ConfigError(
            "no Kafka is configured",
            hint="set KABAR_KAFKA_BOOTSTRAP to host:port; on one machine without Kafka use `kabar run`",
        )
    return settings
