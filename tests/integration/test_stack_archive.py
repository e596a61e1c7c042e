"""``kabar work archive`` on a real Kafka: nothing committed that is not on the disk, nothing lost, nothing twice."""

import threading
import time
from contextlib import contextmanager

import msgspec
import pytest

from kabar.contracts.ids import digest, observation_id
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import RawSection
from kabar.errors import BrokerError, ConfigError, NotPrepared
from kabar.runtime.archive import find, segments
from kabar.runtime.health import Health
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.again import archive
from kabar.runtime.kafka.again.archive import Archiver, Bounds
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.records import Record
from kabar.runtime.metrics import Metrics
from kabar.runtime.rerun import again
from kabar.runtime.working import Work

pytestmark = pytest.mark.stack
START = 1_700_000_000_000


@pytest.fixture
def prepared(place, tmp_path):
    """A place with two partitions of news.raw, and an archive directory."""
    settings = place.replace(archive_dir=str(tmp_path / "archive"))
    topics.create(settings, partitions={"news.raw": 2})
    yield settings
    with Cluster(settings) as cluster:
        cluster.remove(["news.raw", *(topic.name for topic in topics.TOPICS)])


def message(number):
    header = Header(
        observation_id=observation_id("archive", number),
        observed_at=START + number,
        article_id=digest("article.url", str(number)),
    )
    return Message(header).with_section(RawSection(text=f"isi {number}"))


def send(settings, records):
    with Publisher(settings) as publisher:
        publisher.send(
            [
                one
                if isinstance(one, Record)
                else Record("news.raw", one.header.article_id.encode(), one.encode())
                for one in records
            ]
        )


def work(settings):
    metrics = Metrics()
    return Work(
        stage="archive", settings=settings, metrics=metrics, health=Health(metrics), stop=threading.Event()
    )


@contextmanager
def working(settings, task=None):
    task = task or work(settings)
    thread = threading.Thread(target=archive.run, args=(task,))
    thread.start()
    try:
        yield task
    finally:
        task.stop.set()
        thread.join(30)
        assert not thread.is_alive()


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def committed(settings):
    with Cluster(settings) as cluster:
        found = cluster.committed(names(settings).group("archive"))
        ends = cluster.offsets([("news.raw", 0), ("news.raw", 1)])
    return sum(found.values()), sum(after for _, after in ends.values())


def archived(settings):
    from pathlib import Path

    return sorted(int(one.raw.text.split()[1]) for one in segments(Path(settings.archive_dir)))


def taken(task):
    return sum(
        sample.value
        for metric in task.metrics.stage_messages.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


def test_everything_accepted_is_archived_and_then_committed(prepared):
    send(prepared, [message(n) for n in range(300)])
    with working(prepared) as task:
        until(lambda: taken(task) == 300)
        until(lambda: task.health.ready)
        assert committed(prepared)[0] == 0  # the segments are open still
    assert archived(prepared) == list(range(300))
    done, end = committed(prepared)
    assert done == end == 300
    with working(prepared) as task:  # nothing comes twice
        until(lambda: task.health.ready)
    assert archived(prepared) == list(range(300))


def test_what_does_not_belong_is_passed_over_and_does_not_hold_up(prepared):
    odd = [
        Record("news.raw", b"k", None),
        Record("news.raw", b"k", b"a letter to my aunt"),
        Record("news.raw", b"k", again(message(1).encode(), "clean", 1)),
    ]
    send(prepared, [message(1), *odd, message(2)])
    with working(prepared) as task:
        until(lambda: taken(task) == 5)
    assert archived(prepared) == [1, 2]
    assert committed(prepared) == (5, 5)


def test_segments_close_by_size_and_what_is_closed_is_committed(prepared, monkeypatch):
    send(prepared, [message(n) for n in range(200)])
    monkeypatch.setattr(
        Archiver.__init__, "__kwdefaults__", {"bounds": Bounds(bytes=3_000), "clock": time.monotonic}
    )
    with working(prepared) as task:
        until(lambda: taken(task) == 200)
        until(lambda: committed(prepared)[0] > 100)
    from pathlib import Path

    assert len(find(Path(prepared.archive_dir))) > 10
    assert archived(prepared) == list(range(200))


def test_cut_off_before_the_commit_the_same_messages_come_again_and_are_read_once(prepared, monkeypatch):
    from kabar.runtime.kafka.polling import Member

    send(prepared, [message(n) for n in range(50)])
    with monkeypatch.context() as patch:
        patch.setattr(Member, "commit", lambda self: True)  # as if it died just before
        with working(prepared) as task:
            until(lambda: taken(task) == 50)
    assert committed(prepared)[0] == 0
    first = archived(prepared)
    send(prepared, [message(n) for n in range(50, 60)])
    with working(prepared) as task:
        until(lambda: taken(task) == 60)
    assert first == list(range(50))
    assert archived(prepared) == list(range(60))


def test_a_directory_that_takes_nothing_pauses_it_and_loses_nothing(prepared, tmp_path):
    (tmp_path / "archive").write_text("in the way")
    send(prepared, [message(n) for n in range(20)])
    task = work(prepared)
    with working(prepared, task):
        until(lambda: "cannot write the archive" in task.health.reason)
        assert not task.health.ready
        (tmp_path / "archive").unlink()
        until(lambda: task.health.ready)
        until(lambda: taken(task) >= 20)
    assert archived(prepared) == list(range(20))
    assert committed(prepared) == (20, 20)


def test_two_workers_share_the_partitions_and_nothing_is_lost(prepared):
    send(prepared, [message(n) for n in range(100)])
    with working(prepared) as first:
        until(lambda: taken(first) == 100)
        with working(prepared) as second:
            until(lambda: second.health.ready)
            send(prepared, [message(n) for n in range(100, 200)])
            until(lambda: taken(first) + taken(second) >= 200)
    done, end = committed(prepared)
    assert end == 200
    assert len(archived(prepared)) >= done  # whatever was committed is on the disk
    with working(prepared) as third:
        until(lambda: third.health.ready)
        until(lambda: taken(third) == end - done)
    assert archived(prepared) == list(range(200))
    assert committed(prepared) == (200, 200)


def test_where_it_cannot_start_it_says_why(prepared, place):
    with pytest.raises(ConfigError, match="archive_days is 0"):
        archive.run(work(prepared.replace(archive_days=0)))
    elsewhere = prepared.replace(topic_prefix=prepared.topic_prefix + "none-")
    with pytest.raises(NotPrepared):
        archive.run(work(elsewhere))
    with pytest.raises((BrokerError, NotPrepared)):
        archive.run(work(prepared.replace(kafka_bootstrap="127.0.0.1:1")))


def test_old_segments_go_by_themselves(prepared, tmp_path):
    import os

    from kabar.runtime.archive import Writing
    from kabar.runtime.rerun import header_of

    old = Writing(tmp_path / "archive", "news.raw", 0, 0)
    data = message(1).encode()
    old.add(0, header_of(data), data)
    path = old.seal()
    long_ago = time.time() - 8 * 86_400
    os.utime(path, (long_ago, long_ago))
    with working(prepared) as task:
        until(lambda: task.health.ready)
        assert not path.exists()


def test_given_up_partitions_leave_nothing_half_written(prepared, tmp_path):
    """What goes to another worker is thrown away here, also in the middle."""
    from kafka import TopicPartition

    record = msgspec.defstruct(
        "Given", [("topic", str), ("partition", int), ("offset", int), ("value", bytes | None)]
    )
    archiver = Archiver(work(prepared), tmp_path / "archive")
    done = []
    archiver.take([record("t", 0, n, message(n).encode()) for n in range(3)], lambda p, o: done.append(o))
    assert len(list((tmp_path / "archive").glob("*.part"))) == 1
    archiver.give_up({TopicPartition("t", 0), TopicPartition("t", 1)})
    archiver.seal_all(lambda p, o: done.append(o))
    assert list((tmp_path / "archive").iterdir()) == []
    assert done == []
