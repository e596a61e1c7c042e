"""`kabar state rebuild`: dedupe's memory was deleted, the index was not."""

import msgspec
import pytest
from counting import running, until
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from kabar.contracts.message import decode_message
from kabar.contracts.outcomes import Forward
from kabar.dedupe.identity.ledger import unpack
from kabar.dedupe.state import LEDGER
from kabar.errors import NotPrepared, UsageError
from kabar.index.document import assemble, version_key
from kabar.index.entry import Entry
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import admin, consumer, names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.stateful import dedupe, rebuild
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress, replay
from kabar.runtime.kafka.stateful.transactions import Transactions
from tests.dedupe.dedupe_wire import BRIDGE, DAY, FERRY, MINUTE, ORCHARD, START, article, kill
from tests.index.es_index import EsIndex
from tests.runtime.stateful_log import fake_clean, put, read

pytestmark = pytest.mark.stack

LATER = START + 30 * DAY
"""After every window."""
BEFORE = [
    article("feri", FERRY, title="Feri kandas"),
    article("jembatan", BRIDGE, title="Bridge closed"),
    article("jembatan", BRIDGE + " It reopens in June.", title="Bridge closed", at=START + MINUTE),
    article("kebun", ORCHARD, title="Frost", at=START + 2 * MINUTE),
    kill("kebun", at=START + 3 * MINUTE),
    article("ralat", "Ralat: nama pembicara keliru.\n" + FERRY, title="Feri", at=START + 4 * MINUTE),
    article(
        "tanpa nama", BRIDGE[:200], title="Unnamed", source="", domain="seraya.example", at=START + 5 * MINUTE
    ),
]


@pytest.fixture
def settings(place):
    topics.create(place)
    return place


@pytest.fixture
def indexed(settings):
    """Everything decided and indexed as the stages behind would, and dedupe's memory as it was."""
    fake_clean(settings, BEFORE)
    with running(settings, dedupe.plan(settings)):
        until(lambda: len(read(settings, "news.deduped")) == len(BEFORE), "not decided")
    memory = replay(settings, dedupe.CHANGELOG)
    decided = [decode_message(record.value) for record in read(settings, "news.deduped")]
    index = EsIndex(settings)
    index.write_entries(
        [Entry(assemble(one, ingested_at=START), one.encode(), version_key(one.header)) for one in decided]
    )
    index.close()
    caught_up(settings, "enrich")
    return memory


def caught_up(settings, stage):
    """The stage has read and committed everything."""
    full = names(settings).topic(INPUT[stage])
    reader = consumer(settings, group=names(settings).group(stage))
    places = [TopicPartition(full, one) for one in reader.partitions_for_topic(full)]
    reader.assign(places)
    reader.commit(
        {place: OffsetAndMetadata(end, "", -1) for place, end in reader.end_offsets(places).items()}
    )
    reader.close()


@pytest.fixture
def lost(settings, indexed):
    """The changelog is gone."""
    client = admin(settings)
    client.delete_topics([names(settings).topic(dedupe.CHANGELOG)])
    client.close()
    with Cluster(settings) as cluster:
        until(lambda: cluster.found([dedupe.CHANGELOG])[dedupe.CHANGELOG] is None, "still there")
    topics.create(settings)
    return indexed


def ledger(found):
    return {key: unpack(value) for key, value in found.records.items() if key[:1] == LEDGER}


def test_the_ledger_comes_back_as_it_was(settings, lost):
    with running(settings, dedupe.plan(settings)) as refused:
        refused.join()
    assert isinstance(refused.error, NotPrepared)

    done = rebuild.rebuild(settings)
    assert (done.articles, done.written, done.killed, done.kept) == (5, 5, 1, 0)
    found = replay(settings, dedupe.CHANGELOG)
    assert ledger(found) == ledger(lost)
    assert not found.progress.rebuilding


def test_what_comes_after_gets_the_right_version_and_status(settings, lost):
    rebuild.rebuild(settings)
    after = [
        article("feri", FERRY + " Mesin diperbaiki.", title="Feri kandas", at=LATER),
        article("jembatan", BRIDGE + " It reopens in June.", title="Bridge closed", at=LATER + 1),
        kill("jembatan", at=LATER + 2),
        article("kebun", ORCHARD, title="Frost", at=LATER + 3),
        article("ralat", "Ralat: nama pembicara keliru.\n" + FERRY + " Lagi.", title="Feri", at=LATER + 4),
        article("feri", FERRY, title="Feri kandas", at=START - DAY),
        article("baru", BRIDGE[::-1], title="New", at=LATER + 5),
        article("jembatan", BRIDGE, title="Stolen", at=LATER + 6, source="Lain", domain="lain.example"),
        kill("tanpa nama", at=LATER + 7, source="seraya.example", domain=""),
    ]
    fake_clean(settings, after)
    with running(settings, dedupe.plan(settings)) as one:
        until(lambda: len(read(settings, "news.outcomes")) == 5, "not decided")
    assert one.error is None
    told = {message.header.observation_id: message for message in after}
    new = [decode_message(record.value) for record in read(settings, "news.deduped")]
    decided = [
        (message.header.article_id, message.dedupe.version, message.dedupe.status, message.dedupe.change.kind)
        for message in new
        if message.header.observation_id in told
    ]
    assert sorted(decided) == sorted(
        (told_article.header.article_id, version, status, change)
        for told_article, version, status, change in [
            (after[0], 2, "updated", "update"),
            (after[2], 3, "killed", "kill"),
            (after[4], 2, "updated", "update"),  # the correction was there before: it is no new one
            (after[6], 1, "active", "first"),
        ]
    )
    first_seen = {one.header.article_id: one.dedupe.first_seen_at for one in new}
    assert first_seen[after[0].header.article_id] == START
    ends = [msgspec.json.decode(record.value) for record in read(settings, "news.outcomes")]
    assert {(end["observation_id"], end["outcome"], end.get("reason", "")) for end in ends} == {
        (after[1].header.observation_id, "unchanged", ""),
        (after[3].header.observation_id, "dropped", "killed"),
        (after[5].header.observation_id, "superseded", ""),
        (after[7].header.observation_id, "dropped", "foreign_source"),
        (after[8].header.observation_id, "dropped", "foreign_source"),
    }


def test_a_dry_run_writes_nothing(settings, lost):
    said = []
    done = rebuild.rebuild(settings, dry_run=True, say=lambda read, total: said.append((read, total)))
    assert done.written == 5
    assert said == [(5, 5)]
    assert replay(settings, dedupe.CHANGELOG).read == 0


def test_a_rebuild_that_was_cut_off_is_done_again(settings, lost, monkeypatch):
    real, calls = Transactions.commit, []

    def commit(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(self, *arguments)

    monkeypatch.setattr(Transactions, "commit", commit)
    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(settings)
    assert rebuild.show(settings).rebuilding
    with running(settings, dedupe.plan(settings)) as refused:
        refused.join()
    assert isinstance(refused.error, NotPrepared), "half a ledger was taken for a whole one"

    done = rebuild.rebuild(settings)
    assert (done.written, done.kept) == (0, 5)
    assert not rebuild.show(settings).rebuilding


def test_it_refuses_while_there_is_a_memory(settings, indexed):
    with pytest.raises(UsageError, match="is not empty"):
        rebuild.rebuild(settings)
    with pytest.raises(UsageError, match="is not empty"):
        rebuild.rebuild(settings, dry_run=True)
    before = replay(settings, dedupe.CHANGELOG)
    done = rebuild.rebuild(settings, force=True)
    assert (done.written, done.kept) == (0, 5), "the index knows nothing better"
    after = replay(settings, dedupe.CHANGELOG)
    assert after.records == before.records
    assert after.progress == before.progress


def test_it_refuses_while_a_worker_is_active(settings, lost):
    put(settings, dedupe.CHANGELOG, (HARNESS_KEY, Progress().encode()))
    elsewhere = settings.replace(elasticsearch_url="")
    with running(elsewhere, dedupe.plan(elsewhere)) as one:
        until(lambda: one.ready, "it never became active")
        with pytest.raises(UsageError, match="worker is active"):
            rebuild.rebuild(settings)
        rebuild.rebuild(settings, force=True)
        fake_clean(settings, [article("feri", FERRY + " Mesin mati.", title="Feri kandas", at=LATER)])
        until(lambda: len(read(settings, "news.deduped")) == len(BEFORE) + 1, "it did not go on")
    assert one.error is None
    newest = max(read(settings, "news.deduped"), key=lambda record: record.timestamp)
    assert decode_message(newest.value).dedupe.version == 2, "the active one went on with its old memory"


def test_it_says_what_the_log_holds(settings, indexed):
    found = rebuild.show(settings)
    assert found.keys["ledger"] == 5
    assert found.keys["clock"] == 1
    assert found.workers == 0
    assert found.newest == BEFORE[-1].header.observed_at
    assert found.records >= sum(found.keys.values())


def test_what_is_not_indexed_yet_is_waited_for(settings, lost):
    put(settings, "news.deduped", (b"k", b"under way"))
    with pytest.raises(UsageError, match="'enrich' is 1 messages behind"):
        rebuild.rebuild(settings)
    caught_up(settings, "enrich")
    assert rebuild.rebuild(settings).written == 5


def test_forward_is_what_goes_on():
    with pytest.raises(AssertionError):
        dedupe.record(object())
    record = dedupe.record(Forward(BEFORE[0]))
    assert (record.topic, record.key) == ("news.deduped", BEFORE[0].header.article_id.encode())
