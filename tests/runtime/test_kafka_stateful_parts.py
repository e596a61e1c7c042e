"""The small parts under the transactional harness. No broker."""

import threading
from types import SimpleNamespace

import pytest
from kafka import TopicPartition
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription

from kabar.errors import StoreError
from kabar.runtime.health import Health
from kabar.runtime.kafka.stalling import Stalling
from kabar.runtime.kafka.stateful.assignor import OneActive
from kabar.runtime.kafka.stateful.changelog import Progress, _fold, read_progress
from kabar.runtime.metrics import Metrics

CLUSTER = SimpleNamespace(partitions_for_topic={"news.clean": {2, 0, 1}}.get)


def member(name, *, generation=-1):
    """A member that was given everything in a generation; -1 = nothing so far."""
    assignor = OneActive()
    if generation >= 0:
        assignor.on_assignment(ConsumerProtocolAssignment(2, [("news.clean", [0, 1, 2])], b""), generation)
    wire = assignor.metadata({"news.clean"}).encode()
    return SimpleNamespace(member_id=name, metadata=ConsumerProtocolSubscription.decode(wire))


@pytest.mark.parametrize(
    "members, active",
    [
        ([member("b")], "b"),
        ([member("b"), member("a")], "a"),
        ([member("a"), member("b", generation=0)], "b"),
        ([member("a"), member("c", generation=3), member("b")], "c"),
        ([member("a", generation=3), member("b", generation=4)], "b"),
        ([member("b", generation=4), member("a", generation=4)], "a"),
    ],
    ids=["alone", "nobody has it", "the owner keeps it", "whoever joins", "came back too late", "a tie"],
)
def test_one_member_gets_everything(members, active):
    given = OneActive().assign(CLUSTER, members)
    assert set(given) == {one.member_id for one in members}
    for name, assignment in given.items():
        expected = {TopicPartition("news.clean", n) for n in range(3)} if name == active else set()
        assert set(assignment.partitions()) == expected


def test_a_topic_the_cluster_does_not_know_gives_nothing():
    given = OneActive().assign(SimpleNamespace(partitions_for_topic=lambda _: None), [member("a")])
    assert given["a"].partitions() == []


def test_what_a_member_loses_it_claims_no_more():
    assignor = OneActive()
    assignor.on_assignment(ConsumerProtocolAssignment(2, [("news.clean", [0])], b""), 1)
    assignor.on_assignment(ConsumerProtocolAssignment(2, [], b""), 2)
    assert assignor.metadata({"news.clean"}).owned_partitions == []


def records(*pairs):
    return [SimpleNamespace(key=key, value=value) for key, value in pairs]


@pytest.mark.parametrize(
    "pairs, left",
    [
        ([], []),
        ([(b"a", b"1"), (b"b", b"2")], [(b"a", b"1"), (b"b", b"2")]),
        ([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")], [(b"b", b"2"), (b"a", b"3")]),
        ([(b"a", b"1"), (b"a", None)], []),
        ([(b"a", None), (b"a", b"1")], [(b"a", b"1")]),
        ([(b"a", b"")], [(b"a", b"")]),
    ],
)
def test_a_changelog_amounts_to_the_newest_of_each_key_in_order(pairs, left):
    newest = {}
    size = _fold(records(*pairs), newest)
    assert list(newest.items()) == left
    assert size == sum(len(key) + len(value or b"") for key, value in pairs)


def test_progress_survives_the_log():
    assert read_progress(None) == Progress()
    progress = Progress(ticked=60_000, newest=61_234, rebuilding=True)
    assert read_progress(progress.encode()) == progress


@pytest.mark.parametrize("value", [b"", b"[]", b'{"ticked":"x"}'])
def test_progress_that_cannot_be_read_stops_us(value):
    with pytest.raises(StoreError, match="harness"):
        read_progress(value)


class Ends:
    def __init__(self):
        self.reasons = []
        self.came = threading.Event()

    def __call__(self, reason):
        self.reasons.append(reason)
        self.came.set()


def test_a_loop_that_stands_still_ends_the_process():
    ends, health = Ends(), Health(Metrics())
    with Stalling(health, 0.1, end=ends):
        assert ends.came.wait(20)
    assert "stands still" in ends.reasons[0]
    assert health.ailing == ends.reasons[0]


def test_what_says_that_it_takes_long_is_left_alone():
    ends = Ends()
    with Stalling(Health(Metrics()), 0.05, end=ends) as stalling, stalling.excused():
        assert not ends.came.wait(0.4)


def test_beats_keep_it_alive_and_the_end_is_quiet():
    ends = Ends()
    with Stalling(Health(Metrics()), 5, end=ends) as stalling:
        stalling.beat()
    assert not ends.came.wait(0.1)
