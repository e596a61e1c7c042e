"""Processing again: new readings of what came in, and nothing that looks like news of a publisher."""

import hashlib

import msgspec
import pytest
from identifiers import identifier
from simple_stages import SimpleClean, SimpleEnrich, build

from kabar import settings
from kabar.contracts.message import Message, decode_message
from kabar.contracts.outcomes import Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection, EnrichSection
from kabar.errors import BadMessage, StoreError
from kabar.index.sqlite.packing import unpack
from kabar.index.sqlite.reader import SqliteReader
from kabar.runtime.embedded.audit import audit
from kabar.runtime.embedded.dump import dump
from kabar.runtime.embedded.engine import Embedded
from kabar.runtime.embedded.letters import find, replay
from kabar.runtime.embedded.reprocess import Reprocess
from kabar.runtime.embedded.store import open_reader, open_writer, transaction
from kabar.runtime.inline import InlinePool
from kabar.runtime.rerun import Plan

START = 1_790_000_000_000


def body(number):
    return " ".join(f"kata{number * 100 + i}" for i in range(40))


class Shorter:
    """A later clean: leaves out the first word, so every content hash is another."""

    def process(self, message):
        if message.header.kind == "kill":
            return [Forward(message)]
        text = " ".join(message.raw.text.split()[1:])
        if message.raw.text == "poison":
            raise BadMessage("cannot be cleaned")
        if not text:
            return [Ended(Outcome.DROPPED, "empty")]
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        section = CleanSection(title=message.raw.title, text=text, language="id", content_hash=digest)
        return [Forward(message.with_section(section))]


class Louder:
    """A later enrich."""

    def process(self, message):
        if message.header.kind == "kill":
            return [Forward(message)]
        section = EnrichSection(summary=message.clean.text[:50].upper(), annotators={"summary": "2"})
        return [Forward(message.with_section(section))]


class Forbidden:
    def process(self, message):
        if message.header.kind == "kill":
            return [Forward(message)]
        raise AssertionError("this stage was not to run")


class Odd:
    """Drops, breaks or keeps, by the text."""

    def __init__(self, **verdicts):
        self.verdicts = verdicts

    def process(self, message):
        for word, verdict in self.verdicts.items():
            if word in message.raw.text.split():
                return verdict(message)
        return SimpleClean().process(message)


LATER = {"clean": Shorter(), "enrich": Louder()}


def dropped(_):
    return [Ended(Outcome.DROPPED, "not_article")]


def broken(_):
    raise BadMessage("breaks the new rules")


def given(tmp_path, **values):
    return settings.load({}).replace(data_dir=str(tmp_path / "store"), **values)


@pytest.fixture
def store(tmp_path, message):
    """Versions, a copy, a kill and one of each other outcome, processed by the first stages."""

    def one(number, text, at, article=None, **more):
        made = message(text, number=number, observed_at=START + at * 1000, **more)
        header = msgspec.structs.replace(made.header, article_id=identifier("article", article or number))
        return Message(header).with_section(made.raw)

    with Embedded(given(tmp_path), pool=InlinePool(build())) as engine:
        with transaction(engine.acceptance):
            engine.inbox.accept([
                one(1, body(1), 0),
                one(2, body(2), 10),
                one(3, body(2) + " ralat satu dua", 20, article=2),
                one(4, body(2) + " ralat satu dua", 30, article=2),  # unchanged
                one(5, body(2) + " lama", 5, article=2),  # superseded
                one(6, "", 40),  # dropped
                one(7, "poison", 50),
                one(8, body(1), 60),  # a copy
                one(9, body(9), 70),
                one(10, "", 80, article=9, kind="kill"),
                one(11, body(11), 400_000),
            ])  # fmt: skip
        engine.drain()
    return tmp_path


def outcomes(store):
    connection = open_reader(store / "store")
    rows = connection.execute("SELECT id, outcome, reason FROM observations").fetchall()
    connection.close()
    return {row[0]: row[1:] for row in rows}


def lines(store):
    connection = open_reader(store / "store")
    found = list(dump(connection))
    connection.close()
    return found


def generations(store):
    connection = open_reader(store / "store")
    rows = connection.execute("SELECT message FROM versions").fetchall()
    connection.close()
    return sorted(decode_message(unpack(row[0])).header.generation for row in rows)


def decided(document):
    """What dedupe says of an article: must never change by processing again."""
    return (
        document.article.version, document.article.status, document.article.first_seen_at, document.change,
        document.duplicate, document.story, document.event.id, document.event.created,
    )  # fmt: skip


def documents(store):
    connection = open_reader(store / "store")
    reader = SqliteReader(connection)
    found = {row[0]: reader.get(row[0]) for row in connection.execute("SELECT id FROM articles")}
    versions = {one: [(v.version, v.change, v.observation_id) for v in reader.versions(one)] for one in found}
    connection.close()
    return found, versions


def reprocess(
    store, stage, stages=LATER, *, report=lambda _: None, since_ms=0, since="", source="", **values
):
    plan = Plan(stage=stage, since_ms=since_ms, since=since, source=source)
    return Reprocess(given(store, **values), plan, report=report, pool=InlinePool(stages))


def gap(store):
    connection = open_reader(store / "store")
    try:
        return audit(connection).gap
    finally:
        connection.close()


@pytest.mark.parametrize("batch", [1, 4, 200])
def test_from_clean_every_text_is_new_and_nothing_else_is(store, batch):
    before, versions_before = documents(store)
    outcomes_before = outcomes(store)
    done = reprocess(store, "clean", batch_max=batch).run()
    after, versions_after = documents(store)
    assert (done.generation, done.queued, done.notes) == (1, 10, [])
    assert done.outcomes == {"dropped": 1, "indexed": 7, "superseded": 1, "unchanged": 1}
    assert outcomes(store) == outcomes_before
    assert versions_after == versions_before
    for article, old in before.items():
        new = after[article]
        assert decided(new) == decided(old)
        if old.article.status != "killed":
            assert new.article.text == old.article.text.partition(" ")[2]
            assert new.article.summary == new.article.text[:50].upper()
            assert new.trace.annotators == {"summary": "2"}
    assert generations(store) == [1] * 7
    assert gap(store) == 0


def test_older_versions_show_the_new_reading_too(store):
    reprocess(store, "clean").run()
    connection = open_reader(store / "store")
    versions = SqliteReader(connection).versions(identifier("article", 2))
    stored = connection.execute(
        "SELECT bytes, (SELECT sum(length(message)) FROM versions v WHERE v.article_id = a.id)"
        " + (SELECT length(document) + length(words) FROM article_bodies b WHERE b.doc = a.doc) FROM articles a"
    ).fetchall()
    connection.close()
    assert [one.text.split()[0] for one in versions] == ["kata201", "kata201"]
    assert all(counted == there for counted, there in stored)


def test_the_newest_reading_is_what_the_next_observation_is_compared_with(store, message):
    reprocess(store, "clean").run()
    same = message(body(11), number=20, observed_at=START + 500_000_000)
    header = msgspec.structs.replace(same.header, article_id=identifier("article", 11))
    with Embedded(given(store), pool=InlinePool(LATER)) as engine:
        with transaction(engine.acceptance):
            engine.inbox.accept([Message(header).with_section(same.raw)])
        engine.drain()
    assert outcomes(store)[identifier("observation", 20)] == ("unchanged", "")


def test_decisions_that_dedupe_forgot_are_in_the_messages(store, monkeypatch):
    from kabar.dedupe.identity.decisions import Decisions

    before, versions_before = documents(store)
    outcomes_before = outcomes(store)
    monkeypatch.setattr(Decisions, "get", lambda *_: None)
    reprocess(store, "clean").run()
    after, versions_after = documents(store)
    assert versions_after == versions_before
    assert {one: decided(old) for one, old in before.items()} == {
        one: decided(new) for one, new in after.items()
    }
    indexed = [one for one, (outcome, _) in outcomes_before.items() if outcome == "indexed"]
    assert all(outcomes(store)[one] == ("indexed", "") for one in indexed)


@pytest.mark.parametrize(
    "stage, stages, changed",
    [
        ("dedupe", {"clean": Forbidden(), "enrich": Louder()}, "summary"),
        ("enrich", {"clean": Forbidden(), "enrich": Louder()}, "summary"),
        ("index", {"clean": Forbidden(), "enrich": Forbidden()}, None),
    ],
)
def test_a_later_beginning_leaves_the_stages_before_it_alone(store, stage, stages, changed):
    before, versions = documents(store)
    done = reprocess(store, stage, stages).run()
    after, versions_after = documents(store)
    assert (done.queued, done.outcomes) == (7, {"indexed": 7})
    assert versions_after == versions
    for article, old in before.items():
        assert decided(after[article]) == decided(old)
        assert after[article].article.text == old.article.text
        assert (after[article].article.summary == old.article.summary) == (
            changed is None or old.article.status == "killed"
        )
    assert gap(store) == 0


def test_a_second_time_has_a_higher_generation(store):
    assert reprocess(store, "clean").run().generation == 1
    assert reprocess(store, "enrich", {"clean": Forbidden(), "enrich": SimpleEnrich()}).run().generation == 2
    found, _ = documents(store)
    article = found[identifier("article", 11)].article
    assert article.summary == article.text[:50]
    assert generations(store) == [2] * 7


def test_the_account_balances_at_every_moment(store):
    seen = []

    def look(progress):
        seen.append(gap(store))

    reprocess(store, "clean", batch_max=1, report=look).run()
    assert len(seen) > 10
    assert set(seen) == {0}


@pytest.mark.parametrize("after", [1, 3, 7])
def test_cut_off_and_called_again_it_goes_on_with_the_same_generation(store, monkeypatch, after):
    from kabar.runtime.embedded import reprocess as module

    whole = documents(store)[1]
    monkeypatch.setattr(module, "CHUNK", 2)
    calls = []

    def stop(progress):
        calls.append(progress.queued)
        if len(calls) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reprocess(store, "clean", since="9000d", report=stop, batch_max=1).run()
    assert gap(store) == 0
    done = reprocess(
        store, "clean", since="9000d", since_ms=5
    ).run()  # later: the same words mean another instant
    assert (done.resumed, done.generation) == (True, 1)
    assert done.queued == 10 - max(calls)
    assert generations(store) == [1] * 7
    assert documents(store)[1] == whole
    assert reprocess(store, "clean", since="9000d").run().resumed is False


def test_an_unfinished_call_is_not_resumed_by_another(store):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reprocess(store, "clean", report=stop).run()
    done = reprocess(store, "index", {"clean": Shorter(), "enrich": Louder()}).run()
    assert (done.resumed, done.generation) == (False, 2)


@pytest.mark.parametrize(
    "choice, queued",
    [
        ({"since_ms": START + 60_000}, 4),
        ({"since_ms": START + 10**12}, 0),
        ({"source": "harian LAUT"}, 10),
        ({"source": "Harian Darat"}, 0),
    ],
)
def test_what_is_chosen(store, choice, queued):
    before = outcomes(store)
    done = reprocess(store, "clean", **choice).run()
    assert done.queued == queued
    assert outcomes(store) == before


def test_a_dry_run_says_it_and_does_nothing(store):
    before = lines(store)
    done = reprocess(store, "clean").dry_run()
    assert (done.queued, done.generation, done.dry_run) == (10, 1, True)
    assert lines(store) == before
    assert reprocess(store, "clean").run().queued == done.queued


def test_what_the_archive_does_not_hold_any_more_is_counted_and_left_alone(store):
    connection = open_writer(store / "store")
    connection.execute("DELETE FROM archive")
    connection.close()
    before = outcomes(store)
    done = reprocess(store, "clean").run()
    assert done.queued == 7
    assert done.notes[0].startswith("3 that ended without a version")
    assert outcomes(store) == before


def test_what_was_dropped_by_a_rule_that_changed_is_an_article_now(store, message):
    class Keeps(SimpleClean):
        def process(self, message):
            if message.raw.text or message.header.kind == "kill":
                return super().process(message)
            digest = hashlib.blake2b(b"kosong", digest_size=16).hexdigest()
            return [Forward(message.with_section(CleanSection(text="kosong", content_hash=digest)))]

    done = reprocess(store, "clean", {"clean": Keeps(), "enrich": SimpleEnrich()}).run()
    assert done.outcomes["indexed"] == 8
    _, versions = documents(store)
    assert versions[identifier("article", 6)][0][0] == 1
    connection = open_reader(store / "store")
    held = {row[0] for row in connection.execute("SELECT observation_id FROM archive")}
    connection.close()
    assert identifier("observation", 6) not in held
    assert gap(store) == 0


def test_what_a_new_rule_drops_keeps_its_document(store):
    stages = {"clean": Odd(kata1100=dropped), "enrich": SimpleEnrich()}
    done = reprocess(store, "clean", stages).run()
    assert done.outcomes["dropped"] == 2
    found, _ = documents(store)
    assert found[identifier("article", 11)].article.text == body(11)
    assert outcomes(store)[identifier("observation", 11)] == ("dropped", "not_article")
    assert gap(store) == 0


def test_what_dies_is_a_letter_and_its_replay_goes_on_from_there(store):
    stages = {"clean": Odd(kata1100=broken), "enrich": SimpleEnrich()}
    assert reprocess(store, "clean", stages).run().outcomes["dead"] == 1
    assert gap(store) == 0
    assert reprocess(store, "clean", stages).run().queued == 9  # dead ones have their letter
    with Embedded(given(store), pool=InlinePool(LATER)) as engine:
        letters = [kept.letter for kept in find(engine.acceptance, stage="clean") if kept.letter.article_id]
        mine = [one for one in letters if one.observation_id == identifier("observation", 11)]
        assert replay(engine.acceptance, engine.inbox, mine, reread=None).queued
        engine.drain()
    found, versions = documents(store)
    assert found[identifier("article", 11)].article.text == body(11).partition(" ")[2]
    assert len(versions[identifier("article", 11)]) == 1
    assert gap(store) == 0


def test_where_no_store_is_none_is_made(tmp_path):
    for act in (Reprocess.run, Reprocess.dry_run):
        with pytest.raises(StoreError, match="there is no store"):
            act(Reprocess(given(tmp_path), Plan(stage="clean"), pool=InlinePool(LATER)))
    assert not (tmp_path / "store").exists()


def test_a_damaged_message_stops_it_and_is_named(store):
    connection = open_writer(store / "store")
    import zlib

    connection.execute("UPDATE archive SET message = ?", (zlib.compress(b"{"),))
    connection.close()
    with pytest.raises(StoreError, match="stored message of observation"):
        reprocess(store, "clean").run()
    assert gap(store) == 0
