"""Topics on a real broker: made, compared, described."""

import json

import pytest
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from kabar.cli.main import run
from kabar.contracts.topics import TOPICS
from kabar.errors import BrokerError, NotPrepared, UsageError
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import consumer, names, producer
from kabar.runtime.kafka.cluster import Cluster
from kabar.settings import load

pytestmark = pytest.mark.stack

ALL = [topic.name for topic in TOPICS]


def make_otherwise(place, name, partitions, **config):
    with Cluster(place) as cluster:
        cluster.make({name: (partitions, {key.replace("_", "."): value for key, value in config.items()})})


def test_made_once_and_left_alone_afterwards(place):
    with pytest.raises(NotPrepared, match=f"{place.topic_prefix}news.raw") as missing:
        topics.check(place, ["news.raw"])
    assert "kabar topics create" in missing.value.hint
    made = topics.create(place, partitions={"news.raw": 2})
    assert [(one.name, one.created, one.differs) for one in made] == [(name, True, []) for name in ALL]
    topics.check(place, ALL)
    again = topics.create(place, partitions={"news.raw": 8})
    assert {one.created for one in again} == {False}
    assert {one.name: one.partitions for one in again}["news.raw"] == 2


def test_the_broker_has_what_the_contract_says(place):
    topics.create(place)
    with Cluster(place) as cluster:
        found = cluster.found(ALL)
    for topic in TOPICS:
        there = found[topic.name]
        assert there.partitions == topic.partitions
        assert {key: there.config[key] for key in topics.config(topic) if key in there.config} == {
            key: value for key, value in topics.config(topic).items() if key in there.config
        }
        assert there.config["cleanup.policy"] == topic.cleanup
        if topic.retention_ms:
            assert int(there.config["retention.ms"]) == topic.retention_ms


def test_what_is_there_and_differs_is_named_and_not_touched(place):
    make_otherwise(place, "news.clean", 3, cleanup_policy="delete")
    make_otherwise(place, "news.raw", 1)
    made = {one.name: one for one in topics.create(place)}
    assert [one.name for one in made.values() if not one.created] == ["news.raw", "news.clean"]
    assert any("must have 1" in how for how in made["news.clean"].differs)
    assert any("max.message.bytes" in how for how in made["news.raw"].differs)
    with pytest.raises(NotPrepared) as differs:
        topics.check(place, ["news.raw", "news.clean", "news.deduped"])
    told = str(differs.value)
    assert f"{place.topic_prefix}news.clean has 3 partitions" in told
    assert "news.deduped" not in told
    assert "kafka-configs" in differs.value.hint
    topics.check(place, ["news.deduped"])


def test_missing_and_different_are_told_together(place):
    make_otherwise(place, "news.clean", 3)
    with pytest.raises(NotPrepared, match=r"missing: .*news\.raw; besides, .*news\.clean has 3 partitions"):
        topics.check(place, ["news.raw", "news.clean"])


def test_nothing_is_made_where_the_wish_is_wrong(place):
    with pytest.raises(UsageError):
        topics.create(place, partitions={"news.clean": 2})
    with Cluster(place) as cluster:
        assert set(cluster.found(ALL).values()) == {None}


def test_nobody_answers(place):
    nowhere = load({"KABAR_KAFKA_BOOTSTRAP": "127.0.0.1:9"})
    with pytest.raises(BrokerError) as failed:
        topics.check(nowhere, ["news.raw"])
    assert "kafka_bootstrap" in failed.value.hint


def test_described_before_and_after_they_are_made(place):
    assert {tuple(one.differs) for one in topics.describe(place)} == {("is missing",)}
    topics.create(place)
    found = {one.topic: one for one in topics.describe(place)}
    assert list(found) == ALL
    assert {lag.behind for one in found.values() for lag in one.groups} == {0}
    raw = found["news.raw"]
    assert [(one.number, one.first, one.next) for one in raw.partitions] == [(n, 0, 0) for n in range(4)]
    assert {lag.stage for lag in raw.groups} == {"clean", "archive"}


def test_how_far_the_workers_are_leaves_out_transaction_markers(place):
    topics.create(place)
    topic = names(place).topic("news.deduped")
    writer = producer(place, transactional_id=f"{place.topic_prefix}uji")
    writer.init_transactions()
    for n in range(3):
        writer.begin_transaction()
        sent = writer.send(topic, key=b"k", value=b"%d" % n, partition=0)
        writer.commit_transaction()
    last = sent.get(timeout=10).offset
    writer.begin_transaction()
    writer.send(topic, key=b"k", value=b"uncommitted", partition=0)
    writer.flush()

    def behind(committed):
        group = consumer(place, group=names(place).group("enrich"))
        group.assign([TopicPartition(topic, 0)])
        group.commit({TopicPartition(topic, 0): OffsetAndMetadata(committed, "", -1)})
        group.close(autocommit=False)
        (found,) = [one for one in topics.describe(place) if one.topic == "news.deduped"]
        (lag,) = [one for one in found.groups if one.partition == 0]
        assert lag.committed == committed
        return lag.behind

    try:
        assert behind(last + 1) == 0
        assert behind(last) >= 1
        assert behind(0) >= 3
    finally:
        writer.abort_transaction()
        writer.close()


@pytest.fixture
def command(place, monkeypatch, capsys):
    """``command(...)`` -> exit code, standard output and error of `kabar topics ...`, in this process."""
    monkeypatch.setenv("KABAR_KAFKA_BOOTSTRAP", place.kafka_bootstrap)
    monkeypatch.setenv("KABAR_TOPIC_PREFIX", place.topic_prefix)

    def call(*arguments):
        code = int(run(["topics", *arguments]))
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_the_commands(command, place):
    code, _, err = command("check")
    assert code == 4
    assert "kabar topics create" in err
    code, out, _ = command("create", "--partitions", "news.raw=1", "--json")
    assert [(one["name"], one["created"]) for one in json.loads(out)] == [(name, True) for name in ALL]
    assert "was there" in command("create")[1]
    assert json.loads(command("check", "--json")[1]) == {"topics": ALL, "ok": True}
    assert "as this kabar needs them" in command("check")[1]
    described = json.loads(command("describe", "--json")[1])
    assert [len(one["partitions"]) for one in described][:2] == [1, 1]
    table = command("describe")[1]
    assert f"{place.topic_prefix}news.dedupe-state" in table
    assert "7.0 days" in table


def test_a_difference_is_an_exit_code_for_deployments(command, place):
    make_otherwise(place, "news.raw", 1)
    code, out, err = command("create", "--json")
    assert code == 4
    assert "max.message.bytes" in err
    assert [one["created"] for one in json.loads(out)].count(False) == 1
