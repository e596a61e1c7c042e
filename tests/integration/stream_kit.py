"""Stream workers as processes on a real Kafka, and what lies in their topics."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from kafka import TopicPartition

from kabar.contracts.ids import article_id, observation_id
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import RawSection, Source
from kabar.runtime.kafka import clients

HERE = Path(__file__).parent
SCRIPT = """
import sys
from functools import partial
from kabar.cli import main, work
from kabar.runtime.streams import worker
work._runner = lambda stage: partial(worker.run, factory="stream_stages:build")
sys.exit(main.run(["work", *sys.argv[1:]]))
"""
"""The real command, with stages that do as the text says."""


def observation(
    number, text="calm sea", *, article=None, source="Harian Laut", observed_at=1_700_000_000_000
):
    """The ``number``-th observation, of an article of its own unless one is named."""
    return Message(
        Header(
            observation_id=observation_id("stream test", number),
            observed_at=observed_at + number,
            accepted_at=observed_at + number,
            article_id=article_id(source=source, publisher_id=str(number if article is None else article)),
            origin=f"file:test#{number}",
        )
    ).with_section(RawSection(text=text, source=Source(name=source)))


class Topics:
    """The topics of one place."""

    def __init__(self, place):
        self.place = place
        self._names = clients.names(place)

    def write(self, topic, messages):
        """Messages, or ``(key, value)`` as they are."""
        producer = clients.producer(self.place)
        for one in messages:
            key, value = (one.header.article_id.encode(), one.encode()) if isinstance(one, Message) else one
            producer.send(self._names.topic(topic), key=key, value=value)
        producer.flush()
        producer.close()

    def read(self, topic, *, isolation="read_committed"):
        """All records of a topic, partition by partition, in order."""
        consumer = clients.consumer(self.place, isolation_level=isolation)
        try:
            full = self._names.topic(topic)
            places = [TopicPartition(full, one) for one in consumer.partitions_for_topic(full)]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            ends = consumer.end_offsets(places)
            found = []
            while any(consumer.position(one) < ends[one] for one in places):
                for records in consumer.poll(timeout_ms=200).values():
                    found += records
            return sorted(found, key=lambda record: (record.partition, record.offset))
        finally:
            consumer.close(autocommit=False)

    def committed(self, stage, topic):
        """What the group of a stage has committed, over all partitions."""
        consumer = clients.consumer(self.place, group=self._names.group(stage))
        try:
            full = self._names.topic(topic)
            places = [TopicPartition(full, one) for one in consumer.partitions_for_topic(full)]
            return sum(consumer.committed(one) or 0 for one in places)
        finally:
            consumer.close(autocommit=False)


class Worker:
    """``kabar work STAGE`` as a process."""

    def __init__(self, place, stage, directory, *, script=SCRIPT, **overrides):
        self.log = Path(directory) / f"{stage}-{time.monotonic_ns()}.log"
        names = ("kafka_bootstrap", "elasticsearch_url", "topic_prefix", "index_prefix", "index_replicas")
        given = (
            {name: getattr(place, name) for name in names} | {"workers": 1, "log_format": "json"} | overrides
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KABAR_")}
        environment |= {f"KABAR_{name.upper()}": str(value) for name, value in given.items()}
        environment["PYTHONPATH"] = os.pathsep.join([str(HERE), environment.get("PYTHONPATH", "")])
        command = (
            [sys.executable, "-c", script, stage]
            if script
            else [sys.executable, "-m", "kabar.cli.main", "work", stage]
        )
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=directory,
                start_new_session=True,
            )

    def signal(self, number):
        """Send one and wait for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def stop(self):
        """SIGTERM; returns the exit code."""
        return self.signal(signal.SIGTERM)

    @property
    def said(self):
        return self.log.read_text("utf-8", "replace")

    @property
    def port(self):
        """Of the probes; waits until it is known."""
        marker = '"kabar.port": '
        wait_until(lambda: marker in self.said or self.process.poll() is not None, lambda: self.said[-3000:])
        assert marker in self.said, self.said[-3000:]
        return int(self.said.split(marker)[1].split("}")[0].split(",")[0])

    def probe(self, path):
        """``(status, text)``."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            assert self.process.poll() is None, self.said[-5000:]
            return 0, str(error)

    def wait_ready(self):
        wait_until(lambda: self.probe("/readyz")[0] == 200, lambda: self.said[-3000:])
        return self

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wait_until(holds, why="it never came true", seconds=60):
    """Poll until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, why() if callable(why) else why
        time.sleep(0.1)
