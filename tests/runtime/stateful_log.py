"""A log for dedupe without the stages before it, what it must make of it, and what it did make of it."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace

import msgspec
from kafka import TopicPartition

from kabar.contracts.letters import Ending
from kabar.contracts.message import decode_message
from kabar.contracts.story import Story
from kabar.runtime.kafka.clients import consumer, names, producer
from kabar.runtime.kafka.records import message_record
from kabar.runtime.kafka.stateful import dedupe
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress, replay
from kabar.runtime.kafka.stateful.deciding import Batch, Decider
from tests.dedupe.dedupe_wire import BRIDGE, FERRY, MINUTE, ORCHARD, START, article, kill, prose

TEXTS = (FERRY, BRIDGE, ORCHARD)


def observations(count, *, seed=7, articles=60):
    """First versions, changes, repeats, copies, kills and late ones, minutes apart; every run the same."""
    rng = random.Random(seed)
    out = []
    for number in range(count):
        name = f"artikel {rng.randrange(articles)}"
        at = START + number * MINUTE // 4 - (20 * MINUTE if rng.random() < 0.05 else 0)
        observation = f"{seed} {number}"
        if rng.random() < 0.05:
            out.append(kill(name, at=at, observation=observation))
            continue
        text = rng.choice(TEXTS) if rng.random() < 0.1 else prose(rng.randrange(articles * 3))
        out.append(article(name, text, title=f"Judul {len(text) % 7}", at=at, observation=observation))
    return out


def fake_clean(settings, messages):
    """Put ready-made messages where clean would."""
    sender = producer(settings)
    for message in messages:
        record = message_record("news.clean", message)
        sender.send(names(settings).topic(record.topic), record.value, record.key)
    sender.flush()
    sender.close()


def put(settings, topic, *pairs):
    """Any bytes into any topic."""
    sender = producer(settings)
    for key, value in pairs:
        sender.send(names(settings).topic(topic), value, key)
    sender.flush()
    sender.close()


def read(settings, topic):
    """Everything a topic holds, read committed, by partition and offset."""
    reader = consumer(settings)
    try:
        full = names(settings).topic(topic)
        places = [TopicPartition(full, one) for one in sorted(reader.partitions_for_topic(full))]
        reader.assign(places)
        reader.seek_to_beginning()
        ends = reader.end_offsets(places)
        found = []
        while any(reader.position(one) < ends[one] for one in places):
            for records in reader.poll(timeout_ms=200).values():
                found += records
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        reader.close()


def as_records(messages, topic="news.clean"):
    """Messages as a client would hand them out."""
    return [
        SimpleNamespace(
            topic=topic, partition=0, offset=offset, key=message.header.article_id.encode(),
            value=message.encode(), headers=(),
        )
        for offset, message in enumerate(messages)
    ]  # fmt: skip


class Account:
    """What a run comes to, without what comes from the clock on the wall."""

    def __init__(self, forwarded, endings, stories, state):
        self.forwarded = forwarded
        """Messages by article, in order."""
        self.endings = endings
        self.stories = stories
        """The last revision of each."""
        self.state = state

    @property
    def ended(self):
        """How often each observation came out."""
        found = Counter(
            decode_message(one).header.observation_id for many in self.forwarded.values() for one in many
        )
        return found + Counter(ending.observation_id for ending in self.endings)


def undisturbed(settings, messages):
    """One process, one memory, one batch."""
    plan = dedupe.plan(settings)
    decider = Decider(plan, plan.new(), Progress(), tick_ms=settings.tick_seconds * 1000, condemned={})
    batch = Batch()
    for record in as_records(messages):
        decider.take(record, batch)
    state = {key: value for key, value in batch.state.items() if value is not None}
    records = batch.records(plan.changelog)
    return _account(
        [(r.key, r.value) for r in records if r.topic == "news.deduped"],
        [r.value for r in records if r.topic == "news.outcomes"],
        [r.value for r in records if r.topic == "news.stories"],
        state,
    )


def on_the_log(settings):
    """What the topics hold."""
    found = replay(settings, dedupe.CHANGELOG)
    return _account(
        [(record.key, record.value) for record in read(settings, "news.deduped")],
        [record.value for record in read(settings, "news.outcomes")],
        [record.value for record in read(settings, "news.stories")],
        {**found.records, HARNESS_KEY: found.progress.encode()},
    )


def _account(forwarded, endings, stories, state):
    by_article = {}
    for key, value in forwarded:
        by_article.setdefault(key, []).append(value)
    ends = [msgspec.structs.replace(msgspec.json.decode(one, type=Ending), ended_at=0) for one in endings]
    newest = {}
    for value in stories:
        story = msgspec.json.decode(value, type=Story)
        newest[story.id] = story
    return Account(by_article, ends, newest, state)
