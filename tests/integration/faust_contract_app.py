"""Small Faust workers for :mod:`test_faust_contract`: each does one thing that the tests observe from outside.

    python faust_contract_app.py KIND BOOTSTRAP PREFIX DIRECTORY

They append to ``DIRECTORY/done`` what they have processed, and to ``DIRECTORY/begun`` what they have begun, one value
per line. While ``DIRECTORY/slow`` is there, batches take their time and a table's offsets are not committed.
"""

import asyncio
import sys
from pathlib import Path

import faust

KIND, BOOTSTRAP, PREFIX, DIRECTORY = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
POISON = b"7"
BATCH, WITHIN = 100, 0.5
SLOW_SECONDS = 3.0
"""Longer than it takes a test to see that a batch was begun, and to send a signal."""

app = faust.App(
    f"{PREFIX}app",
    broker=f"kafka://{BOOTSTRAP}",
    broker_commit_interval=3_600.0 if KIND == "table" and (DIRECTORY / "slow").exists() else 0.2,
    broker_session_timeout=10.0,
    broker_heartbeat_interval=3.0,
    consumer_auto_offset_reset="earliest",
    stream_wait_empty=False,
    topic_disable_leader=True,
    topic_allow_declare=KIND == "table",
    web_enabled=False,
    datadir=str(DIRECTORY / "data"),
)
numbers = app.topic(f"{PREFIX}numbers", value_type=bytes, value_serializer="raw")


def note(name, values):
    with (DIRECTORY / name).open("ab") as file:
        file.write(b"".join(value + b"\n" for value in values))


async def work(values):
    note("begun", values)
    if (DIRECTORY / "slow").exists():
        await asyncio.sleep(SLOW_SECONDS)
    note("done", values)


async def raising(stream):
    async for value in stream:
        note("begun", [value])
        if value == POISON:
            raise ValueError(value)
        note("done", [value])


async def plain(stream):
    async for values in stream.take(BATCH, within=WITHIN):
        await work(values)


async def shielded(stream):
    async for values in stream.take(BATCH, within=WITHIN):
        batch = asyncio.ensure_future(work(values))
        try:
            await asyncio.shield(batch)
        except asyncio.CancelledError:
            await batch
            raise


async def counting(stream):
    async for value in stream:
        counts[value.decode()] += 1
        note("done", [value])
        note("counted", [b"%d" % counts[value.decode()]])


if KIND == "table":
    counts = app.Table(f"{PREFIX}counts", default=int, key_type=str, value_type=int, partitions=4)
app.agent(numbers)({"raise": raising, "plain": plain, "shielded": shielded, "table": counting}[KIND])

if __name__ == "__main__":
    sys.argv = ["faust", "--quiet", "worker", "--without-web", "--loglevel", "warn"]
    app.main()
