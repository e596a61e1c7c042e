"""Messages passed on untouched, through kabar's Faust binding and through a bare aiokafka loop.

``python -m bench.speed.stream_loops LOOP COUNT`` with ``KABAR_…`` in the environment reads COUNT messages of
``news.raw``, writes them to ``news.clean``, and prints seconds of wall and of processor time from the first message to
the last acknowledgement. What a stage does is left out, so the difference is what the binding costs.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable

import aiokafka

from kabar.runtime.kafka import clients
from kabar.runtime.kafka.records import Record
from kabar.runtime.streams.client import Streams
from kabar.runtime.streams.intake import Intake
from kabar.settings import Settings, load


class Clock:
    """From the first message on."""

    def __init__(self) -> None:
        self._started: tuple[float, float] | None = None

    def start(self) -> None:
        """Once; later calls change nothing."""
        self._started = self._started or (time.perf_counter(), time.process_time())

    def read(self) -> tuple[float, float]:
        """Wall and processor seconds since."""
        assert self._started is not None, "no message came"
        return time.perf_counter() - self._started[0], time.process_time() - self._started[1]


async def faust(settings: Settings, count: int) -> tuple[float, float]:
    """The binding of kabar: agent, intake, producer, our own commits."""
    clock = Clock()
    intake = Intake(articles=settings.batch_max, max_bytes=settings.batch_max_bytes)
    streams = Streams("clean", settings, intake.put)
    await streams.start()
    while count > 0:
        batch = [one for one in await intake.batch() if streams.is_current(one)]
        clock.start()
        futures = await streams.send([Record("news.clean", b"k", one.value) for one in batch])
        await streams.acknowledged(futures)
        streams.finish(batch)
        count -= len(batch)
    spent = clock.read()
    await intake.close()
    await streams.stop()
    return spent


async def bare(settings: Settings, count: int) -> tuple[float, float]:
    """What aiokafka's own documentation shows: poll, send, wait, commit."""
    clock, named, servers = Clock(), clients.names(settings), settings.kafka_bootstrap.split(",")
    consumer = aiokafka.AIOKafkaConsumer(
        named.topic("news.raw"), bootstrap_servers=servers, group_id=named.group("bare"),
        enable_auto_commit=False, auto_offset_reset="earliest", isolation_level="read_committed",
    )  # fmt: skip
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=clients.LINGER_MS,
        max_batch_size=clients.BATCH_BYTES, max_request_size=clients.REQUEST_MAX_BYTES, compression_type="lz4",
    )  # fmt: skip
    await consumer.start()
    await producer.start()
    while count > 0:
        polled = await consumer.getmany(timeout_ms=1_000, max_records=settings.batch_max)
        batch = [record for records in polled.values() for record in records]
        if not batch:
            continue
        clock.start()
        target = named.topic("news.clean")
        await asyncio.gather(*[await producer.send(target, one.value, key=b"k") for one in batch])
        await consumer.commit()
        count -= len(batch)
    spent = clock.read()
    await producer.stop()
    await consumer.stop()
    return spent


LOOPS: dict[str, Callable[[Settings, int], Awaitable[tuple[float, float]]]] = {"faust": faust, "bare": bare}


async def _main(name: str, count: int) -> None:
    wall, cpu = await LOOPS[name](load(os.environ), count)
    print(wall, cpu)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
