"""The account of a real log and index: it balances while work is under way, and names each thing that is missing."""

from contextlib import closing

import pytest
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata
from sink_kit import T0, Found, enriched
from stream_kit import Topics

from kabar.contracts.letters import Ending
from kabar.contracts.message import Tick
from kabar.index.document import assemble, version_key
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.preparing import prepare
from kabar.index.elasticsearch.writer import ElasticsearchWriter
from kabar.index.entry import Entry
from kabar.runtime.envelopes import letter
from kabar.runtime.kafka import clients, records
from kabar.runtime.kafka import topics as topic_table
from kabar.runtime.kafka.account.audit import audit
from kabar.runtime.kafka.dead.letters import KafkaLetters
from kabar.runtime.kafka.producing.publisher import Publisher

pytestmark = pytest.mark.stack

ONE = {"news.raw": 1, "news.deduped": 1, "news.enriched": 1}


class Place:
    """A log and an index filled by hand: who has read how far, and what came of it."""

    def __init__(self, settings):
        self.settings = settings
        self.topics = Topics(settings)
        self.client = connect(settings)
        self.names = IndexNames(settings.index_prefix)

    def end(self, number, outcome, reason="", stage="index"):
        header = enriched(number).header
        ending = Ending(
            observation_id=header.observation_id, article_id=header.article_id, outcome=outcome, reason=reason,
            stage=stage, ended_at=T0,
        )  # fmt: skip
        self.publish(records.ending_record(ending))

    def bury(self, number, stage="clean"):
        message = enriched(number)
        header = message.header
        envelope = letter(
            message.encode(),
            observation_id=header.observation_id,
            stage=stage,
            reason="crashed",
            error="!",
            died_at=T0,
        )
        self.publish(records.letter_record(envelope, message.encode()))
        self.end(number, "dead", "crashed", stage)

    def publish(self, *found):
        with Publisher(self.settings) as publisher:
            publisher.send(found)

    def index(self, *numbers):
        with closing(ElasticsearchWriter(self.client, self.settings)) as writer:
            for number in numbers:
                message = enriched(number)
                entry = Entry(
                    assemble(message, ingested_at=T0), message.encode(), version_key(message.header)
                )
                assert writer.write([entry]) == ["written"]

    def commit(self, stage, topic, offset):
        consumer = clients.consumer(self.settings, group=clients.names(self.settings).group(stage))
        partition = TopicPartition(clients.names(self.settings).topic(topic), 0)
        consumer.assign([partition])
        consumer.commit({partition: OffsetAndMetadata(offset, "", -1)})
        consumer.close(autocommit=False)

    def forget(self, topic, before):
        """Delete records of a topic, as retention does."""
        admin = clients.admin(self.settings)
        admin.delete_records({TopicPartition(clients.names(self.settings).topic(topic), 0): before})
        admin.close()

    def audit(self):
        done = audit(self.settings)
        return done, {check.name: check.count for check in done.checks if check.count}


@pytest.fixture
def filled(place):
    """0-2 indexed, 3 dropped, 4 dead in clean, 5 wait for index, 6-7 for dedupe, 8-9 and a foreign one for clean;
    20 was refused at acceptance."""
    topic_table.create(place, partitions=ONE)
    one = Place(place)
    prepare(one.client, place, dynamic="strict")
    messages = [enriched(number) for number in range(10)]
    one.topics.write("news.raw", [*messages, (b"x", b"\xff foreign"), (b"tombstone", None)])
    one.commit("clean", "news.raw", 8)
    one.publish(records.tick_record(Tick(T0)))
    one.topics.write("news.clean", [messages[0], *messages[6:8]])
    one.commit("dedupe", "news.clean", 2)
    one.topics.write("news.enriched", [*messages[:3], messages[5]])
    one.commit("index", "news.enriched", 3)
    one.index(0, 1, 2)
    for number in range(3):
        one.end(number, "indexed")
    one.end(3, "dropped", "empty", "clean")
    one.bury(4)
    one.bury(20, "accept")
    yield one
    one.client.close()


def test_it_balances_while_observations_are_on_their_way(filled):
    done, gaps = filled.audit()
    assert gaps == {}
    assert done.gap == done.unaccounted == 0
    assert done.accepted == 12
    assert done.outcomes == {"indexed": 3, "dropped": 1, "dead": 2}
    assert done.waiting_for == {"clean": 3, "dedupe": 2, "enrich": 0, "index": 1}
    assert (done.earlier, done.too_old, done.index_checked) == (0, 0, True)


def test_an_observation_that_is_nowhere_is_lost(filled):
    filled.commit("clean", "news.raw", 9)  # 8 is passed over
    assert filled.audit()[1] == {"lost": 1}
    filled.forget("news.clean", 4)  # and what dedupe had yet to read is gone
    done, gaps = filled.audit()
    assert gaps == {"lost": 3}
    assert enriched(8).header.observation_id[:16] in done.checks[0].examples


def test_what_left_the_log_by_retention_is_no_gap_and_is_said(filled):
    filled.forget("news.raw", 2)
    done, gaps = filled.audit()
    assert (gaps, done.earlier, done.accepted) == ({}, 2, 10)


def test_what_is_older_than_the_oldest_known_outcome_cannot_be_judged(filled):
    filled.forget("news.outcomes", 2)
    done, gaps = filled.audit()
    assert (gaps, done.too_old, done.accepted, done.earlier) == ({}, 12, 0, 4)


def test_a_dead_letter_that_vanished(filled):
    key = records.letter_record(
        letter(
            b"",
            observation_id=enriched(4).header.observation_id,
            stage="clean",
            reason="",
            error="",
            died_at=T0,
        ),
        b"",
    ).key
    filled.topics.write("news.dead", [(key, None)])
    assert filled.audit()[1] == {"dead_without_letter": 1}


def test_a_letter_replayed_or_purged_by_command_is_none_that_vanished(filled):
    letters = KafkaLetters(filled.settings)
    letters.purge(letters.find(stage="clean"))
    assert filled.audit()[1] == {}
    filled.bury(4)
    letters.replay(letters.find(stage="clean"))
    assert filled.audit()[1] == {}


@pytest.mark.parametrize(
    "family, gap", [("versions", "indexed_without_version"), ("articles", "indexed_without_document")]
)
def test_a_document_that_vanished(family, gap, filled):
    header = enriched(1).header
    name = {"articles": header.article_id, "versions": f"{header.article_id}-{header.observation_id}"}[family]
    index = getattr(filled.names, family)(1, T0)
    filled.client.delete(index=index, id=name)
    assert filled.audit()[1] == {gap: 1}
    assert filled.audit()[0].checks[0].count == 0


def test_an_article_in_two_indices(filled):
    found = Found(filled.settings)
    article = enriched(2).header.article_id
    _, _, source = found.all()[article]
    found.close()
    another = filled.names.articles(1, T0 - 40 * 86_400_000)
    filled.client.indices.create(index=another)
    filled.client.index(index=another, id=article, document=source)
    done, gaps = filled.audit()
    assert gaps == {"document_twice": 1}
    assert done.checks[-1].examples == [article]


def test_without_an_index_the_log_alone_is_checked_and_that_is_said(filled):
    done = audit(filled.settings.replace(elasticsearch_url=""))
    assert (done.gap, done.index_checked) == (0, False)
