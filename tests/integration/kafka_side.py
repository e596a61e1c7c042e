"""The other side of a producing command: what lies in the log, and workers that end every observation at once."""

import random
import threading
import time

import msgspec
from kafka import TopicPartition

from kabar.contracts.letters import Ending
from kabar.contracts.message import decode_message
from kabar.runtime.kafka.clients import consumer, names
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.records import ending_record


def environment(place):
    """What a process needs to join a place."""
    return {"KABAR_KAFKA_BOOTSTRAP": place.kafka_bootstrap, "KABAR_TOPIC_PREFIX": place.topic_prefix}


def everything(place, topic):
    """All records of a topic, in order of their partitions."""
    reader = consumer(place)
    try:
        full = names(place).topic(topic)
        partitions = [TopicPartition(full, number) for number in sorted(reader.partitions_for_topic(full))]
        reader.assign(partitions)
        ends = reader.end_offsets(partitions)
        reader.seek_to_beginning()
        found = []
        while any(reader.position(one) < ends[one] for one in partitions):
            for batch in reader.poll(timeout_ms=500).values():
                found += batch
        return found
    finally:
        reader.close()


def raw_messages(place):
    return [decode_message(record.value) for record in everything(place, "news.raw")]


def endings(place):
    return [msgspec.json.decode(record.value, type=Ending) for record in everything(place, "news.outcomes")]


class Workers:
    """All stages in one thread: each message of ``news.raw`` ends as ``decide`` says.

    ``slow`` is how long a poll's worth takes. Redelivered messages end again, as with real workers.
    """

    def __init__(self, place, *, decide=lambda message: "indexed", slow=0.0):
        self._place, self._decide, self._slow = place, decide, slow
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *details):
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()

    def _run(self):
        reader = consumer(self._place, max_poll_records=100)
        full = names(self._place).topic("news.raw")
        reader.assign([TopicPartition(full, number) for number in reader.partitions_for_topic(full)])
        reader.seek_to_beginning()
        with Publisher(self._place) as publisher:
            while not self._stop.is_set():
                for batch in reader.poll(timeout_ms=100).values():
                    time.sleep(self._slow)
                    ended = [self._ending(decode_message(record.value)) for record in batch]
                    random.Random(len(ended)).shuffle(ended)
                    publisher.send([ending_record(one) for one in ended])
        reader.close(autocommit=False)

    def _ending(self, message):
        header = message.header
        return Ending(
            observation_id=header.observation_id, article_id=header.article_id, stage="index",
            outcome=self._decide(message), accepted_at=header.accepted_at, ended_at=header.accepted_at,
        )  # fmt: skip
