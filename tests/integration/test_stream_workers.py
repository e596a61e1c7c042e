"""Clean and enrich as processes on a real Kafka: what comes out, whatever comes in and whoever dies."""

import contextlib
import signal
import subprocess

import msgspec
import pytest
from stream_kit import Topics, Worker, observation, wait_until

from kabar.contracts.letters import Ending
from kabar.contracts.message import decode_message
from kabar.runtime.kafka import clients, records
from kabar.runtime.kafka import topics as topic_table
from kabar.runtime.kafka.names import INPUT, OUTPUT

pytestmark = pytest.mark.stack


@pytest.fixture
def topics(place):
    topic_table.create(place, partitions={"news.raw": 2})
    return Topics(place)


@pytest.fixture
def worker(place, tmp_path):
    started = []

    def start(stage="clean", **overrides):
        started.append(Worker(place, stage, tmp_path, **overrides))
        return started[-1]

    yield start
    for one in started:
        one.close()


def observations(found):
    return [decode_message(record.value).header.observation_id for record in found]


def endings(topics):
    """Observation id -> its newest ending."""
    found = [msgspec.json.decode(record.value, type=Ending) for record in topics.read("news.outcomes")]
    return {one.observation_id: one for one in found}


def letters(topics):
    """Observation id -> (envelope, original)."""
    found = topics.read("news.dead")
    return {
        envelope.observation_id: (envelope, record.value)
        for record in found
        for envelope, _ in [records.read_letter(record.headers)]
    }


def test_everything_comes_out_once_and_in_order_of_its_article(topics, worker):
    sent = [observation(number, article=number % 20) for number in range(400)]
    topics.write("news.raw", sent)
    clean = worker().wait_ready()
    wait_until(lambda: topics.committed("clean", "news.raw") == 400, lambda: clean.said[-3000:])
    assert clean.stop() == 0, clean.said[-3000:]

    out = [decode_message(record.value) for record in topics.read("news.clean")]
    assert len(out) == 400
    for article in {one.header.article_id for one in sent}:
        came = [one.header.observation_id for one in out if one.header.article_id == article]
        assert came == [one.header.observation_id for one in sent if one.header.article_id == article]
    assert all(one.clean.text == "calm sea" for one in out)
    assert endings(topics) == {}


def test_a_bad_one_in_the_middle_becomes_a_dead_letter_and_the_rest_goes_on(topics, worker):
    bad = {
        "poison": ("bad_message", "no good"),
        "crash": ("crashed", "KeyError"),
        "hang": ("deadline", "longer than"),
        "die": ("worker_died", "died in stage"),
        "grow": ("oversize", "takes"),
    }
    sent = [observation(number) for number in range(30)]
    dying = {text: observation(100 + number, text) for number, text in enumerate(bad)}
    dropped = observation(200, "drop")
    topics.write("news.raw", [*sent[:15], *dying.values(), dropped, *sent[15:]])
    clean = worker(article_deadline_seconds=1).wait_ready()
    wait_until(lambda: topics.committed("clean", "news.raw") == 36, lambda: clean.said[-3000:])

    assert sorted(observations(topics.read("news.clean"))) == sorted(
        one.header.observation_id for one in sent
    )
    found = letters(topics)
    assert found.keys() == {one.header.observation_id for one in dying.values()}
    for text, (reason, error) in bad.items():
        envelope, original = found[dying[text].header.observation_id]
        assert (envelope.reason, envelope.stage) == (reason, "clean")
        assert error in envelope.error
        assert envelope.position.startswith("news.raw/")
        assert original == dying[text].encode(), "the input is what can be replayed"
    ended = endings(topics)
    assert {(one.outcome, one.reason) for one in ended.values()} == {
        ("dropped", "empty"), *(("dead", reason) for reason, _ in bad.values()),
    }  # fmt: skip
    assert ended.keys() == found.keys() | {dropped.header.observation_id}
    assert 'kabar_outcomes_total{outcome="dropped",reason="empty"} 1.0' in clean.probe("/metrics")[1]
    assert clean.stop() == 0


def test_what_is_no_message_of_ours_is_kept_by_its_position(topics, worker):
    foreign = [b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b'{"schema_version": 99}', b""]
    first, last = observation(1), observation(2)
    odd = [(b"k%d" % number, value) for number, value in enumerate(foreign)]
    topics.write("news.raw", [first, *odd, (b"gone", None), (None, b"keyless"), last])
    clean = worker().wait_ready()
    wait_until(lambda: topics.committed("clean", "news.raw") == 10, lambda: clean.said[-3000:])

    assert sorted(observations(topics.read("news.clean"))) == sorted(
        one.header.observation_id for one in (first, last)
    )
    found = letters(topics)
    assert sorted(original for _, original in found.values()) == sorted([*foreign, b"keyless"])
    assert {envelope.reason for envelope, _ in found.values()} == {"bad_message"}
    assert found.keys() == {records.foreign_observation(envelope.position) for envelope, _ in found.values()}
    assert endings(topics).keys() == found.keys(), "a tombstone is no observation"
    assert 'kabar_stage_messages_total{result="tombstone",stage="clean"} 1.0' in clean.probe("/metrics")[1]
    assert clean.stop() == 0


@pytest.mark.parametrize("sent_signal", ["KILL", "TERM"])
@pytest.mark.parametrize("point", ["work_pending", "sends_pending"])
@pytest.mark.parametrize("stage", ["clean", "enrich"])
def test_nothing_is_lost_when_a_worker_dies_at_the_worst_instant(
    topics, worker, tmp_path, stage, point, sent_signal
):
    source, target = INPUT[stage], OUTPUT[stage]
    points = tmp_path / "failpoints"
    points.mkdir()
    (points / f"{stage}.{point}").write_text(sent_signal)
    sent = [observation(number, "slow 0.01") for number in range(150)]
    topics.write(source, sent)
    first = worker(stage, failpoints=points)
    code = first.process.wait(60)
    assert code == (-9 if sent_signal == "KILL" else 0), first.said[-3000:]
    assert list(points.glob("*.fired")), "the fault did not happen"
    second = worker(stage).wait_ready()
    wait_until(lambda: topics.committed(stage, source) == 150, lambda: second.said[-3000:])
    assert second.stop() == 0
    assert set(observations(topics.read(target))) == {one.header.observation_id for one in sent}
    if sent_signal == "TERM":  # told in time: what was begun is finished and committed
        assert len(topics.read(target)) == 150


def test_a_second_worker_joins_and_leaves(topics, worker):
    topics.write("news.raw", [observation(number, "slow 0.02") for number in range(200)])
    first = worker().wait_ready()
    wait_until(lambda: topics.committed("clean", "news.raw") > 20, lambda: first.said[-3000:])
    second = worker().wait_ready()
    more = [observation(number, "slow 0.02") for number in range(200, 600)]  # it may have been slow to start
    topics.write("news.raw", more)
    wait_until(
        lambda: 'result="forward"' in second.probe("/metrics")[1],
        lambda: (
            f"the second one got nothing to do; first: {first.said[-2000:]} second: {second.said[-2000:]}"
        ),
    )
    assert second.stop() == 0, second.said[-3000:]
    wait_until(lambda: topics.committed("clean", "news.raw") == 600, lambda: first.said[-3000:])
    assert first.stop() == 0, first.said[-3000:]
    out = observations(topics.read("news.clean"))
    assert set(out) == {observation(number).header.observation_id for number in range(600)}
    print(len(out) - 600, "came twice")
    assert len(out) <= 600 + 200, "at most what was under way at each of two rebalances comes twice"


def test_a_third_worker_of_two_partitions_stands_by_and_takes_over(topics, worker):
    three = [worker() for _ in range(3)]
    for one in three:
        one.wait_ready()
    for one in three[:2]:
        one.signal(signal.SIGKILL)
    topics.write("news.raw", [observation(number) for number in range(20)])
    wait_until(lambda: topics.committed("clean", "news.raw") == 20, lambda: three[2].said[-3000:])
    assert len(topics.read("news.clean")) == 20


def test_what_dedupe_took_back_is_never_enriched(topics, worker, place):
    producer = clients.producer(place, transactional_id=f"{place.topic_prefix}test")
    producer.init_transactions()
    full = clients.names(place).topic("news.deduped")
    kept = []
    for number in range(12):
        message = observation(number, article=1)
        producer.begin_transaction()
        producer.send(full, key=b"1", value=message.encode())
        producer.flush()
        if number % 3:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
            kept.append(message.header.observation_id)
    producer.close()
    enrich = worker("enrich").wait_ready()
    wait_until(lambda: len(topics.read("news.enriched")) >= len(kept), lambda: enrich.said[-3000:])
    assert enrich.stop() == 0
    assert observations(topics.read("news.enriched")) == kept
    assert observations(topics.read("news.deduped", isolation="read_uncommitted")) != kept, (
        "the test shows nothing"
    )


def test_a_worker_that_cannot_finish_in_time_ends_and_its_work_comes_again(topics, worker):
    topics.write("news.raw", [observation(1, "slow 8")])
    first = worker(drain_seconds=1).wait_ready()
    wait_until(lambda: _busy(first), "it never began")
    assert first.stop() == 4
    assert "comes again" in first.said
    assert topics.committed("clean", "news.raw") == 0
    second = worker().wait_ready()
    wait_until(lambda: topics.committed("clean", "news.raw") == 1, lambda: second.said[-3000:])
    assert len(topics.read("news.clean")) == 1


def test_a_worker_that_stands_still_is_ended_by_its_watchdog(topics, worker):
    topics.write("news.raw", [observation(1, "slow 60")])
    stuck = worker(stall_seconds=5, article_deadline_seconds=120)
    assert stuck.process.wait(60) == 4
    assert "nothing of news.raw/" in stuck.said


def test_an_idle_worker_and_one_behind_a_marker_are_left_alone(topics, worker, place):
    producer = clients.producer(place, transactional_id=f"{place.topic_prefix}test")
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(clients.names(place).topic("news.deduped"), key=b"1", value=observation(1).encode())
    producer.commit_transaction()
    producer.close()
    enrich = worker("enrich", stall_seconds=5).wait_ready()
    with contextlib.suppress(subprocess.TimeoutExpired):
        enrich.process.wait(12)
    assert enrich.process.poll() is None, enrich.said[-3000:]
    assert enrich.probe("/readyz")[0] == 200
    assert enrich.stop() == 0


def test_missing_topics_are_said_at_the_start(place, worker):
    lost = worker()
    assert lost.process.wait(60) == 4
    assert "kabar topics create" in lost.said


def _busy(one):
    return 'kabar_behind_offsets{topic="news.raw"} 1.0' in one.probe("/metrics")[1]
