"""The transactional harness on a real broker, with a stage that counts."""

import msgspec
import pytest
from counting import Counting, plan, running, saying, until
from kafka import TopicPartition
from kafka.errors import MessageSizeTooLargeError

from kabar.contracts.letters import Ending
from kabar.contracts.message import Tick, decode_message
from kabar.errors import BrokerError, NotPrepared, StoreError
from kabar.runtime import breaker
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import consumer, names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.stateful import dedupe, transactions
from kabar.runtime.kafka.stateful import loop as transactional
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress, replay
from kabar.runtime.kafka.stateful.transactions import Transactions
from tests.dedupe.dedupe_wire import FERRY, MINUTE, START, article
from tests.runtime.stateful_log import fake_clean, put, read
from tests.stack.fixtures import ask

pytestmark = pytest.mark.stack

OUTPUTS = ("news.deduped", "news.outcomes", "news.dead", dedupe.CHANGELOG)


@pytest.fixture
def settings(place):
    topics.create(place)
    return place


def load(count, *, text="a", start=0):
    return [
        saying(text, number=number, name=f"artikel {number % 5}") for number in range(start, start + count)
    ]


def versions(settings):
    """Version by observation, in order; an observation that came twice is here twice."""
    found = [decode_message(record.value) for record in read(settings, "news.deduped")]
    return sorted((one.header.observation_id, one.dedupe.version) for one in found)


def expected(messages):
    seen, out = {}, []
    for message in messages:
        article_id = message.header.article_id
        seen[article_id] = seen.get(article_id, 0) + 1
        out.append((message.header.observation_id, seen[article_id]))
    return sorted(out)


def uncommitted(settings, topic):
    """Records of a topic, those of aborted transactions too."""
    reader = consumer(settings, isolation_level="read_uncommitted")
    full = names(settings).topic(topic)
    places = [TopicPartition(full, one) for one in reader.partitions_for_topic(full)]
    reader.assign(places)
    reader.seek_to_beginning()
    ends, count = reader.end_offsets(places), 0
    while any(reader.position(one) < ends[one] for one in places):
        count += sum(map(len, reader.poll(timeout_ms=200).values()))
    reader.close()
    return count


def ends_of(settings, *chosen):
    with Cluster(settings) as cluster:
        found = cluster.found(chosen)
        places = [(name, n) for name in chosen for n in range(found[name].partitions)]
        return {place: after for place, (_, after) in cluster.offsets(places).items()}


def once(monkeypatch, act):
    """Do something the first time a transaction is open with everything sent."""
    fired = []

    def reached(_name):
        if not fired:
            fired.append(True)
            act()

    monkeypatch.setattr(transactions, "reached", reached)
    return fired


def test_a_log_goes_through_with_outputs_memory_and_offsets(settings):
    messages = load(250)
    with running(settings) as one:
        until(lambda: one.ready, "it never became active")
        fake_clean(settings, messages)
        until(lambda: len(read(settings, "news.deduped")) == 250, "not all came out")
    assert one.error is None
    assert versions(settings) == expected(messages)
    found = replay(settings, dedupe.CHANGELOG)
    assert {value for key, value in found.records.items() if key[:1] == b"n"} == {b"50"}
    assert found.progress.newest == START
    with Cluster(settings) as cluster:
        assert cluster.committed(names(settings).group("dedupe")) == {("news.clean", 0): 250}
    assert one.reason == "stopped"


@pytest.mark.parametrize("how", ["no answer", "fenced off", "refused by the client"])
def test_an_aborted_transaction_is_rewound_and_done_again(settings, monkeypatch, how):
    def fail():
        if how == "fenced off":
            Transactions(settings, "dedupe").close()
        elif how == "no answer":
            raise BrokerError("the broker did not finish")
        else:
            raise MessageSizeTooLargeError("too large for this topic")

    fired = once(monkeypatch, fail)
    messages = load(120)
    fake_clean(settings, messages)
    with running(settings) as one:
        until(lambda: len(read(settings, "news.deduped")) == 120, "it did not recover")
        fake_clean(settings, more := load(30, start=120))
        until(lambda: len(read(settings, "news.deduped")) == 150, "it does not go on")
    assert fired
    assert one.error is None
    assert uncommitted(settings, "news.deduped") > 150, "nothing was aborted: the test tests nothing"
    assert versions(settings) == expected(messages + more), "memory ran ahead of the log, or fell behind"


def test_a_crash_costs_one_message_and_no_count(settings):
    messages = load(20)
    bad = saying("crash", name="artikel 3", number=99)
    fake_clean(settings, [*messages[:10], bad, *messages[10:]])
    with running(settings) as one:
        until(lambda: len(read(settings, "news.deduped")) == 20, "the others did not come out")
    assert one.error is None
    assert versions(settings) == expected(messages), "the half-changed memory was used"
    (letter,) = read(settings, "news.dead")
    assert letter.value == bad.encode()
    (ending,) = [msgspec.json.decode(r.value, type=Ending) for r in read(settings, "news.outcomes")]
    assert (ending.outcome, ending.reason) == ("dead", "crashed")
    assert ending.observation_id == bad.header.observation_id


def test_poison_of_every_kind_stops_nothing(settings):
    put(settings, "news.clean", (b"x", b"\xff\xfe"), (b"x", None), (b"x", b"{}"), (b"tick", b"late"))
    fake_clean(settings, [saying("poison", number=1), saying("bloat", number=2), saying("grow", number=3)])
    fake_clean(settings, load(3))
    with running(settings) as one:
        until(lambda: len(read(settings, "news.deduped")) == 3, "the good ones did not come out")
    assert one.error is None
    endings = [msgspec.json.decode(r.value, type=Ending) for r in read(settings, "news.outcomes")]
    assert sorted(ending.reason for ending in endings) == ["bad_message"] * 4 + ["oversize"] * 2
    assert len(read(settings, "news.dead")) == 6


def test_a_spent_process_ends_and_buries_nothing(settings):
    fake_clean(settings, [*load(3), saying("memory", number=9)])
    with running(settings) as one:
        one.join()
    assert isinstance(one.error, MemoryError)
    assert read(settings, "news.dead") == []
    assert versions(settings) == [], "the batch was not committed"


def test_silence_makes_no_transactions(settings):
    with running(settings) as one:
        until(lambda: one.ready, "it never became active")
        before = ends_of(settings, *OUTPUTS)
        one.work.stop.wait(4 * transactional.POLL_SECONDS)
        assert ends_of(settings, *OUTPUTS) == before


def test_a_silent_log_is_told_the_time(settings):
    stages = []

    def new():
        stages.append(Counting())
        return stages[-1]

    ticking = settings.replace(tick_seconds=1)
    with running(ticking, plan(new=new)) as one:
        until(lambda: one.ready and len(stages[-1].ticks) >= 2, "no time passed")
    assert one.error is None
    logged = [msgspec.json.decode(r.value, type=Tick).now for r in read(settings, "news.clean")]
    assert stages[-1].ticks == logged[: len(stages[-1].ticks)], "time came from elsewhere than the log"
    assert all(now % 1000 == 0 for now in logged)


def test_time_in_the_log_is_replayed_not_repeated(settings):
    messages = [saying("a", number=n, at=START + n * MINUTE) for n in range(6)]
    fake_clean(settings, messages[:3])
    with running(settings):
        until(lambda: len(read(settings, "news.deduped")) == 3, "not done")
    assert replay(settings, dedupe.CHANGELOG).progress.ticked == (START + 2 * MINUTE) // MINUTE * MINUTE
    stages = []

    def new():
        stages.append(Counting())
        return stages[-1]

    fake_clean(settings, messages[3:])
    with running(settings, plan(new=new)):
        until(lambda: len(read(settings, "news.deduped")) == 6, "not done")
    assert stages[-1].ticks == [(START + n * MINUTE) // MINUTE * MINUTE for n in (3, 4, 5)]


def test_a_standby_costs_the_active_one_nothing_and_takes_over_when_it_leaves(settings, monkeypatch):
    replays = []
    real = transactional.replay
    monkeypatch.setattr(transactional, "replay", lambda *a, **k: replays.append(1) or real(*a, **k))
    messages = load(40)
    with running(settings) as first:
        until(lambda: first.ready, "it never became active")
        fake_clean(settings, messages[:20])
        with running(settings) as second:
            until(lambda: second.reason == transactional.STANDING_BY, "it does not stand by")
            fake_clean(settings, messages[20:30])
            until(lambda: len(read(settings, "news.deduped")) == 30, "the active one stopped")
            assert not second.ready
            assert replays == [1], "the active one had to replay its memory"
            first.stop()
            until(lambda: second.ready, "nobody took over")
            fake_clean(settings, messages[30:])
            until(lambda: len(read(settings, "news.deduped")) == 40, "the new one does not work")
    assert versions(settings) == expected(messages)


def test_a_stage_that_is_sick_pauses_and_goes_on(settings, monkeypatch):
    monkeypatch.setattr(breaker, "PAUSE_MS", 2_500)
    sick = [saying("poison", number=n, source=f"Sumber {n % 4}") for n in range(30)]
    with running(settings.replace(batch_max=10)) as one:
        until(lambda: one.ready, "it never became active")
        fake_clean(settings, [*sick, *load(5)])
        until(lambda: one.reason.startswith("paused for"), "it does not pause")
        until(lambda: one.ready, "it does not come back")
        until(lambda: len(read(settings, "news.deduped")) == 5, "it lost what it had read ahead")
    assert len(read(settings, "news.dead")) == 30


def test_large_batches_are_cut(settings):
    messages = load(40)
    fake_clean(settings, messages)
    small = settings.replace(batch_max_bytes=1000)
    with running(small) as one:
        until(lambda: len(read(settings, "news.deduped")) == 40, "not all came out")
    assert versions(settings) == expected(messages)
    committed = one.work.metrics.registry.get_sample_value("kabar_commit_seconds_count")
    assert committed > 5


# ---------------------------------------------------------------- refusing to start


def test_without_topics_it_says_what_to_type(place):
    with running(place) as one:
        one.join()
    assert isinstance(one.error, NotPrepared)
    assert "kabar topics create" in one.error.hint


def test_half_a_rebuild_is_no_memory(settings):
    put(settings, dedupe.CHANGELOG, (HARNESS_KEY, Progress(rebuilding=True).encode()))
    with running(settings) as one:
        one.join()
    assert isinstance(one.error, NotPrepared)
    assert "kabar state rebuild" in one.error.hint


def test_memory_of_another_version_is_not_read(settings):
    put(settings, dedupe.CHANGELOG, (b"a" + bytes(16), b"\x63" + bytes(63)))
    with running(settings, dedupe.plan(settings)) as one:
        one.join()
    assert isinstance(one.error, StoreError)


def test_dedupe_does_not_start_without_memory_of_what_is_indexed(settings):
    index = f"{settings.index_prefix}articles-v1-2025.10"
    ask(settings.elasticsearch_url, "PUT", f"/{index}", {"aliases": {f"{settings.index_prefix}articles": {}}})
    with running(settings, dedupe.plan(settings)) as empty:
        until(lambda: empty.ready, "an empty index is a fresh start")
    ask(settings.elasticsearch_url, "PUT", f"/{index}/_doc/1?refresh=true", {"title": "x"})
    with running(settings, dedupe.plan(settings)) as one:
        one.join()
    assert isinstance(one.error, NotPrepared)
    assert "kabar state rebuild" in one.error.hint

    elsewhere = settings.replace(elasticsearch_url="")
    fake_clean(settings, [article("feri", FERRY)])
    with running(elsewhere, dedupe.plan(elsewhere)):
        until(lambda: len(read(settings, "news.deduped")) == 1, "nothing to compare with is no reason")
    with running(settings, dedupe.plan(settings)) as one:
        until(lambda: one.ready, "it has a memory now")


def test_nobody_answers(settings):
    away = settings.replace(kafka_bootstrap="127.0.0.1:1")
    with running(away) as one:
        one.join()
    assert isinstance(one.error, BrokerError)
