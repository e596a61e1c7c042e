"""``kabar reprocess`` on a real Kafka, with stages that are stepped by hand, so that anything can be under way."""

import hashlib
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.structs import OffsetAndMetadata

from kabar.contracts.ids import digest, observation_id
from kabar.contracts.message import Header, Message, decode_message
from kabar.contracts.outcomes import Forward
from kabar.contracts.sections import CleanSection, EnrichSection, RawSection, Source
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.stage import DedupeStage
from kabar.errors import InputError, UsageError
from kabar.index.document import version_key
from kabar.runtime.archive import Writing
from kabar.runtime.clock import wall_ms
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.again import reprocess as reprocess_module
from kabar.runtime.kafka.again.reprocess import Reprocess
from kabar.runtime.kafka.clients import consumer, names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.names import INPUT, OUTPUT
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.records import Record, message_record
from kabar.runtime.kafka.scan import Scan
from kabar.runtime.rerun import Plan, header_of

pytestmark = pytest.mark.stack
NOW = wall_ms()
MINUTE = 60_000
DAY = 86_400_000


def article(name):
    return digest("article.url", name)


def accepted(name, text, at, *, number=None, kind="article", source="Harian Laut"):
    """An observation ``at`` milliseconds before or after now."""
    header = Header(
        observation_id=observation_id(name, number if number is not None else f"{at} {text}"),
        observed_at=NOW + at,
        accepted_at=NOW + at,
        article_id=article(name),
        kind=kind,
    )
    body = " ".join(f"{word}{name}" for word in text.split())
    return Message(header).with_section(RawSection(text=body, source=Source(name=source)))


class Clean:
    def __init__(self, version):
        self.version = version

    def __call__(self, message):
        if message.header.kind == "kill":
            return message
        text = f"v{self.version} {message.raw.text}"
        found = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return message.with_section(CleanSection(text=text, content_hash=found))


class Enrich:
    def __init__(self, version):
        self.version = version

    def __call__(self, message):
        if message.header.kind == "kill":
            return message
        return message.with_section(EnrichSection(summary=f"v{self.version}"))


class Flow:
    """The stages by hand, and what the index comes to."""

    def __init__(self, settings):
        self.settings = settings
        self.decide = DedupeStage()
        self.version = 1
        self.ended = {}
        self.position = {}

    def accept(self, *messages):
        self.send([message_record("news.raw", one) for one in messages])

    def send(self, records):
        with Publisher(self.settings) as publisher:
            publisher.send(records)

    def records(self, topic):
        """All of a topic."""
        with Cluster(self.settings) as cluster, Scan(self.settings, cluster, topic) as scan:
            return list(scan.read(scan.first(), scan.end()))

    def messages(self, topic):
        return [decode_message(one.value) for one in self.records(topic)]

    def step(self, stage):
        """Let a stage read everything there is, and commit."""
        out = []
        with Cluster(self.settings) as cluster, Scan(self.settings, cluster, INPUT[stage]) as scan:
            start = {**scan.first(), **self.position.get(stage, {})}
            end = scan.end()
            for record in scan.read(start, end):
                out += self.process(stage, record)
        self.send(out)
        self.position[stage] = end
        self.commit(stage, end)

    def process(self, stage, record):
        try:
            message = decode_message(record.value)
        except Exception:  # noqa: BLE001 - a tombstone, a tick, rubbish
            return []
        if stage == "dedupe":
            (end,) = [
                one
                for one in self.decide.process(message)
                if not hasattr(one, "key") and not hasattr(one, "story")
            ]
            if not isinstance(end, Forward):
                self.ended[message.header.observation_id] = end.outcome
                return []
            made = end.message
        else:
            made = (Clean if stage == "clean" else Enrich)(self.version)(message)
        return [message_record(OUTPUT[stage], made)]

    def commit(self, stage, offsets):
        reader = consumer(self.settings, group=names(self.settings).group(stage))
        topic = names(self.settings).topic(INPUT[stage])
        reader.assign([TopicPartition(topic, number) for number in offsets])
        reader.commit({TopicPartition(topic, n): OffsetAndMetadata(at, "", -1) for n, at in offsets.items()})
        reader.close(autocommit=False)

    def run(self):
        for stage in ("clean", "dedupe", "enrich"):
            self.step(stage)

    def index(self):
        """Article -> the message its document is made of."""
        found = {}
        for message in self.messages("news.enriched"):
            known = found.get(message.header.article_id)
            if known is None or version_key(message.header) >= version_key(known.header):
                found[message.header.article_id] = message
        return found

    def check_compaction(self, topic="news.enriched"):
        """What compaction leaves of each article is its newest version."""
        last = {message.header.article_id: message for message in self.messages(topic)}
        assert {k: version_key(m.header) for k, m in last.items()} == {
            k: version_key(m.header) for k, m in self.index().items()
        }


@pytest.fixture
def flow(place):
    topics.create(place, partitions={"news.raw": 2})
    return Flow(place)


def reprocess(flow, stage, *, archive_dir=None, report=lambda _: None, dry_run=False, **plan):
    one = Reprocess(flow.settings, Plan(stage=stage, **plan), archive_dir=archive_dir, report=report)
    return one.run(dry_run=dry_run)


def wire():
    return [
        accepted("satu", "air naik pagi", -50 * MINUTE),
        accepted("dua", "jalan putus malam", -40 * MINUTE),
        accepted("dua", "jalan putus malam sekali lagi dan lagi", -30 * MINUTE),
        accepted("dua", "jalan putus malam sekali lagi dan lagi", -20 * MINUTE),  # unchanged
        accepted("dua", "jalan lama", -45 * MINUTE),  # superseded
        accepted("tiga", "salah tulis", -15 * MINUTE),
        accepted("tiga", "", -10 * MINUTE, kind="kill"),
        accepted("empat", "kabar lain", -5 * MINUTE, source="Harian Darat"),
    ]


def decided(message):
    return message.dedupe


def test_from_clean_everything_is_read_anew_and_decided_as_before(flow):
    flow.accept(*wire())
    flow.run()
    before, ended = flow.index(), dict(flow.ended)
    flow.version = 2
    done = reprocess(flow, "clean")
    flow.run()
    after = flow.index()
    assert (done.generation, done.notes) == (1, [])
    assert done.queued == 7  # all but the late one: nothing older follows what is newer
    for key, old in before.items():
        assert decided(after[key]) == decided(old)
        assert after[key].header.observation_id == old.header.observation_id
        assert after[key].header.observed_at == old.header.observed_at
        assert after[key].header.generation == 1
        if old.header.kind == "article":
            assert after[key].clean.text == "v2" + old.clean.text[2:]
            assert after[key].enrich.summary == "v2"
    assert flow.ended == ended
    flow.check_compaction()


def test_older_versions_come_again_in_order(flow):
    flow.accept(*wire())
    flow.run()
    reprocess(flow, "clean")
    flow.run()
    versions = [
        (message.header.generation, message.dedupe.version)
        for message in flow.messages("news.enriched")
        if message.header.article_id == article("dua")
    ]
    assert versions == [(0, 1), (0, 2), (1, 1), (1, 2)]


def test_the_new_reading_is_what_the_next_observation_is_compared_with(flow):
    flow.accept(*wire())
    flow.run()
    flow.version = 2
    reprocess(flow, "clean")
    flow.run()
    late = accepted("satu", "air naik pagi", 0)
    flow.accept(late)
    flow.run()
    assert flow.ended[late.header.observation_id] == "unchanged"


@pytest.mark.parametrize("stage, cleaned, enriched", [("dedupe", 1, 2), ("enrich", 1, 2), ("index", 1, 1)])
def test_from_a_later_stage_the_newest_versions_come_again(flow, stage, cleaned, enriched):
    flow.accept(*wire())
    flow.run()
    before = flow.index()
    flow.version = 2
    done = reprocess(flow, stage)
    flow.run()
    after = flow.index()
    assert (done.queued, done.generation) == (4, 1)
    for key, old in before.items():
        assert decided(after[key]) == decided(old)
        assert after[key].header.generation == 1
        if old.header.kind == "article":
            assert after[key].clean.text.startswith(f"v{cleaned}")
            assert after[key].enrich.summary == f"v{enriched}"
    flow.check_compaction()


def test_each_time_the_generation_is_above_the_highest_in_use(flow):
    flow.accept(*wire())
    flow.run()
    for expected, stage in enumerate(["enrich", "clean", "index", "clean"], 1):
        assert reprocess(flow, stage).generation == expected
        flow.run()
        assert {message.header.generation for message in flow.index().values()} == {expected}
    assert {message.header.observation_id for message in flow.messages("news.raw")} == {
        message.header.observation_id for message in wire()
    }


@pytest.mark.parametrize(
    "stage, before", [("enrich", ["clean", "dedupe"]), ("dedupe", ["clean"]), ("dedupe", ["clean", "dedupe"])]
)
def test_a_newer_version_under_way_is_not_overtaken(flow, stage, before):
    flow.accept(*wire())
    flow.run()
    flow.accept(accepted("satu", "air surut sore hari ini juga", -MINUTE))
    for one in before:
        flow.step(one)
    flow.version = 2
    reprocess(flow, stage)
    flow.run()
    newest = flow.index()[article("satu")]
    assert (newest.dedupe.version, newest.header.generation) == (2, 1)
    flow.check_compaction()


@pytest.mark.parametrize("stage", ["clean", "enrich", "index"])
def test_what_comes_in_while_it_runs_is_not_overtaken(flow, stage, monkeypatch):
    monkeypatch.setattr(reprocess_module, "BATCH", 1)
    flow.accept(*wire())
    flow.run()
    came = []

    def come(_):
        """After the first message was sent again: newer versions of what is still to be sent."""
        if not came:
            came.append(1)
            flow.accept(
                *(accepted(name, "semuanya berubah sore hari ini", -MINUTE) for name in ("satu", "dua"))
            )
            flow.accept(accepted("empat", "semuanya berubah juga", -MINUTE, source="Harian Darat"))
            flow.run()

    flow.version = 2
    reprocess(flow, stage, report=come)
    flow.run()
    assert came
    found = {name: flow.index()[article(name)].dedupe.version for name in ("satu", "dua", "empat")}
    assert found == {"satu": 2, "dua": 3, "empat": 2}
    flow.check_compaction()


@pytest.mark.parametrize(
    "plan, names_chosen",
    [
        ({"source": "harian darat"}, {"empat"}),
        ({"since_ms": NOW - 16 * MINUTE}, {"tiga", "empat"}),
        ({"since_ms": NOW + DAY}, set()),
        ({"source": "Nobody"}, set()),
    ],
)
def test_what_is_chosen(flow, plan, names_chosen):
    flow.accept(*wire())
    flow.run()
    for stage in ("clean", "enrich"):
        reprocess(flow, stage, **plan)
        flow.run()
    changed = {key for key, message in flow.index().items() if message.header.generation}
    assert changed == {article(name) for name in names_chosen}


def test_a_dry_run_sends_nothing(flow):
    flow.accept(*wire())
    flow.run()
    before = len(flow.records("news.raw"))
    done = reprocess(flow, "clean", dry_run=True)
    assert (done.queued, done.generation, done.dry_run) == (8, 1, True)
    assert len(flow.records("news.raw")) == before


def test_what_is_no_message_is_passed_over(flow):
    flow.accept(*wire())
    flow.run()
    odd = [b"a letter to my aunt", None, b'{"type":"tick","now":5}']
    flow.send(
        [Record(topic, b"k", value) for value in odd for topic in ("news.raw", "news.clean", "news.enriched")]
    )
    assert reprocess(flow, "clean").queued == 7
    assert reprocess(flow, "dedupe").queued == 4


def archived(directory, messages):
    segment = Writing(directory, "news.raw", 0, 0)
    for number, message in enumerate(messages):
        data = message.encode()
        segment.add(number, header_of(data), data)
    segment.seal()


def test_from_the_archive_what_the_topic_lost(flow, tmp_path):
    flow.accept(*wire())
    flow.run()
    before = flow.index()
    with Cluster(flow.settings) as cluster:
        ends = cluster.offsets([("news.raw", 0), ("news.raw", 1)])
    topic = names(flow.settings).topic("news.raw")
    admin = KafkaAdminClient(bootstrap_servers=flow.settings.kafka_bootstrap)
    admin.delete_records({TopicPartition(topic, number): after for (_, number), (_, after) in ends.items()})
    admin.close()
    last = accepted("lima", "yang terakhir", -MINUTE)
    flow.accept(last)
    flow.step("clean")
    archived(tmp_path, [*wire(), last])
    without = reprocess(flow, "clean", dry_run=True)
    assert without.queued == 1
    assert "--archive" in without.notes[0]
    flow.version = 2
    done = reprocess(flow, "clean", archive_dir=tmp_path)
    assert done.queued == 8
    flow.run()
    after = flow.index()
    assert set(after) == {*before, article("lima")}
    assert all(decided(after[key]) == decided(old) for key, old in before.items())
    assert {message.header.generation for message in after.values()} == {1}
    flow.check_compaction()


def test_what_dedupe_forgot_long_ago_is_told_along(flow, tmp_path):
    old = [
        accepted("tua", "kabar lama sekali", -30 * DAY),
        accepted("tua", "kabar lama sekali yang diubah dan ditambah", -29 * DAY),
    ]
    flow.accept(*old, accepted("baru", "kabar baru", -MINUTE))
    flow.run()
    before = flow.index()
    assert before[article("tua")].dedupe.change.kind != "first"
    flow.decide._decisions._window._values.clear()
    flow.version = 2
    reprocess(flow, "clean")
    flow.run()
    after = flow.index()
    assert decided(after[article("tua")]) == decided(before[article("tua")])
    assert after[article("tua")].clean.text.startswith("v2")
    assert DedupeOptions().decision_window_ms < 29 * DAY
    flow.check_compaction()


@pytest.mark.parametrize("stage", ["dedupe", "enrich", "index"])
def test_the_archive_is_for_clean_alone(flow, stage):
    with pytest.raises(UsageError, match=f"cannot be processed from '{stage}' on") as caught:
        reprocess(flow, stage, archive_dir=Path())
    assert "--from clean" in caught.value.hint


def test_an_archive_that_is_not_there(flow, tmp_path):
    with pytest.raises(InputError, match="cannot read the archive"):
        reprocess(flow, "clean", archive_dir=tmp_path / "nowhere")
    assert flow.records("news.raw") == []
