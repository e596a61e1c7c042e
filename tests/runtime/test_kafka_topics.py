"""Topics as the contract wants them on a broker: what is asked for, and what counts as different. No server."""

import pytest

from kabar.cli.work import RUNNERS
from kabar.contracts.topics import TOPICS
from kabar.errors import UsageError
from kabar.runtime.kafka.cluster import Found
from kabar.runtime.kafka.lag import GROUPS
from kabar.runtime.kafka.topics import SINGLE, config, create, differences
from kabar.settings import load

BY_NAME = {topic.name: topic for topic in TOPICS}
SMALLEST_SEGMENT = 1_048_576
"""Kafka 4 refuses less."""


def as_made(topic, **changes):
    found = {"partitions": topic.partitions, "replicas": 1, "config": config(topic)}
    return Found(**{**found, **changes})


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_as_made_is_as_needed(topic):
    assert differences(topic, as_made(topic)) == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_segments_hold_the_largest_message_and_close_before_they_are_to_go(topic):
    made = config(topic)
    assert int(made["max.message.bytes"]) == topic.max_message_bytes
    assert made["cleanup.policy"] == topic.cleanup
    if topic.cleanup == "compact":
        assert int(made["segment.bytes"]) >= max(SMALLEST_SEGMENT, topic.max_message_bytes)
        assert float(made["min.cleanable.dirty.ratio"]) < 0.5
        assert "retention.ms" not in made
        assert (
            int(made["min.compaction.lag.ms"]) == topic.compaction_lag_ms < int(made["max.compaction.lag.ms"])
        )
    else:
        assert int(made["retention.ms"]) == topic.retention_ms
        assert int(made["segment.ms"]) < topic.retention_ms


@pytest.mark.parametrize(
    "name, changes, said",
    [
        ("news.clean", {"partitions": 2}, "has 2 partitions, must have 1"),
        ("news.dedupe-state", {"partitions": 4}, "has 4 partitions, must have 1"),
        ("news.raw", {"config": {"cleanup.policy": "compact"}}, "cleanup.policy=compact, must have delete"),
        ("news.enriched", {"config": {"cleanup.policy": "compact,delete"}}, "must have compact"),
        ("news.raw", {"config": {"max.message.bytes": "1048588"}}, "must have at least 33554432"),
        ("news.enriched", {"config": {"min.compaction.lag.ms": "0"}}, "must have at least 604800000"),
    ],
)
def test_what_differs_is_named(name, changes, said):
    topic = BY_NAME[name]
    changes = {**changes, "config": {**config(topic), **changes.get("config", {})}}
    (found,) = differences(topic, as_made(topic, **changes))
    assert said in found


def test_several_differences_are_all_named():
    wrong = Found(3, 1, {"cleanup.policy": "compact", "max.message.bytes": "100"})
    assert len(differences(BY_NAME["news.clean"], wrong)) == 3


@pytest.mark.parametrize(
    "name, changes",
    [
        ("news.raw", {"partitions": 64}),
        ("news.deduped", {"partitions": 1}),
        ("news.raw", {"config": {"max.message.bytes": "99999999"}}),
        ("news.raw", {"config": {"retention.ms": "1000"}}),
        ("news.enriched", {"config": {"min.cleanable.dirty.ratio": "0.5"}}),
    ],
)
def test_what_the_operator_may_choose_is_no_difference(name, changes):
    topic = BY_NAME[name]
    changes = {**changes, "config": {**config(topic), **changes.get("config", {})}}
    assert differences(topic, as_made(topic, **changes)) == []


@pytest.mark.parametrize(
    "partitions, said",
    [
        ({"news.rwa": 2}, "no topic 'news.rwa'"),
        ({"news.raw": 0}, "cannot have 0"),
        ({"news.raw": -1}, "cannot have -1"),
        *(({name: 2}, "must have 1 partition") for name in SINGLE),
    ],
)
def test_impossible_partitions_are_refused_before_anybody_is_asked(partitions, said):
    nowhere = load({"KABAR_KAFKA_BOOTSTRAP": "127.0.0.1:1"})
    with pytest.raises(UsageError, match=said) as refused:
        create(nowhere, partitions=partitions)
    assert refused.value.hint


def test_topics_that_must_be_single_are_topics_with_one_partition():
    assert {BY_NAME[name].partitions for name in SINGLE} == {1}


def test_every_worker_has_its_lag_told():
    assert set(GROUPS) == set(RUNNERS)
    assert set(GROUPS.values()) <= set(BY_NAME)
