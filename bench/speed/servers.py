"""The servers a benchmark of the distributed mode runs on: those the settings name, else a stack of its own."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.speed.throughput import Say
from tests.stack.__main__ import exports
from tests.stack.servers import ElasticsearchServer, KafkaServer

NEEDED = ("KABAR_KAFKA_BOOTSTRAP", "KABAR_ELASTICSEARCH_URL")


@contextmanager
def servers(say: Say) -> Iterator[None]:
    """Have the settings in the environment inside the block.

    Raises:
        StackUnavailable: none are named and none can be started here; the text says what is missing.
    """
    if all(os.environ.get(name) for name in NEEDED):
        yield
        return
    before = dict(os.environ)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    say(f"{' and '.join(NEEDED)} name no servers: starting some")
    with (
        tempfile.TemporaryDirectory(prefix="kabar-bench-") as folder,
        KafkaServer(Path(folder)) as kafka,
        ElasticsearchServer(Path(folder)) as elasticsearch,
    ):
        for line in exports(kafka, elasticsearch).splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            os.environ[name] = value.strip("'")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
