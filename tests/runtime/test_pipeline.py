"""From the inbox to the index: outcomes, atomicity, recovery, independence of batch sizes."""

import sqlite3

import pytest
from identifiers import identifier
from simple_stages import build

from kabar import settings
from kabar.errors import DiskFull
from kabar.index.sqlite.reader import SqliteReader
from kabar.runtime.embedded import letters
from kabar.runtime.embedded.audit import audit
from kabar.runtime.embedded.dump import dump
from kabar.runtime.embedded.engine import Embedded
from kabar.runtime.embedded.prune import prune
from kabar.runtime.embedded.store import open_reader, transaction
from kabar.runtime.envelopes import letter
from kabar.runtime.inline import InlinePool
from kabar.runtime.refusals import Refused

START = 1_790_000_000_000
WORDS = [
    "banjir",
    "jalan",
    "kota",
    "hujan",
    "warga",
    "petugas",
    "sungai",
    "malam",
    "pagi",
    "bantuan",
    "tenda",
    "camat",
]


def body(number):
    """Distinct enough not to be a copy of any other."""
    return " ".join(f"{word}{number * 7 + i}" for i, word in enumerate(WORDS * 3))


@pytest.fixture
def engine(tmp_path):
    """A runtime over simple stages: ``engine(batch_max=…)``."""
    opened = []

    def make(directory="store", **given):
        loaded = settings.load({}).replace(data_dir=str(tmp_path / directory), **given)
        one = Embedded(loaded, pool=InlinePool(build()))
        one.__enter__()
        opened.append(one)
        return one

    yield make
    for one in opened:
        one.__exit__(None, None, None)


def accept(engine, *items):
    with transaction(engine.acceptance):
        return engine.inbox.accept(items)


def outcomes(engine):
    rows = engine.acceptance.execute("SELECT origin, outcome, reason FROM observations ORDER BY seq, origin")
    return {origin.partition("#")[2]: (outcome, reason) for origin, outcome, reason in rows}


def wire(message):
    """One of everything, in order."""

    def one(number, text, at, article=None, **more):
        made = message(text, number=number, observed_at=START + at * 1000, **more)
        if article is None:
            return made
        import msgspec

        header = msgspec.structs.replace(made.header, article_id=identifier("article", article))
        return type(made)(header).with_section(made.raw)

    return [
        one(1, body(1), 0),
        one(2, body(2), 10),
        one(3, body(1), 20, article=1),                 # the same again
        one(4, body(2) + " ralat satu dua", 90, article=2),  # changed
        one(5, body(2) + " lama", 5, article=2),        # older, arriving late
        one(6, "", 100),                                # nothing in it
        one(7, "poison", 110),
        one(8, body(8) + " unenrichable", 120),
        one(9, body(1), 130),                           # copy under another id
        one(10, "", 140, article=1, kind="kill"),
        one(11, "", 150, kind="kill"),                  # of something unknown
        one(12, body(12), 400_000),                     # days later: ticks fell due
    ]  # fmt: skip


EXPECTED = {
    "1": ("indexed", ""),
    "2": ("indexed", ""),
    "3": ("unchanged", ""),
    "4": ("indexed", ""),
    "5": ("superseded", ""),
    "6": ("dropped", "empty"),
    "7": ("dead", "bad_message"),
    "8": ("dead", "crashed"),
    "9": ("indexed", ""),
    "10": ("indexed", ""),
    "11": ("dropped", "unknown_kill"),
    "12": ("indexed", ""),
}


def test_every_observation_ends_in_exactly_one_outcome(engine, message):
    one = engine()
    assert accept(one, *wire(message)) == 12
    one.drain()
    assert outcomes(one) == EXPECTED
    account = audit(one.acceptance)
    assert (account.gap, account.accepted, account.waiting) == (0, 12, 0)
    assert one.inbox.depth() == 0


def test_what_is_indexed_can_be_read(engine, message):
    one = engine()
    accept(one, *wire(message))
    one.drain()
    reader = SqliteReader(open_reader(one.directory))
    changed = reader.get(identifier("article", 2))
    assert (changed.article.version, changed.article.status) == (2, "updated")
    assert len(reader.versions(changed.article.id)) == 2
    killed = reader.get(identifier("article", 1))
    assert (killed.article.status, killed.article.text) == ("killed", "")
    copy = reader.get(identifier("article", 9))
    assert (copy.duplicate.kind, copy.duplicate.of) == ("exact", killed.article.id)


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 500])
def test_batches_do_not_matter(engine, message, batch):
    whole, cut = engine("whole"), engine("cut", batch_max=batch)
    for one in (whole, cut):
        accept(one, *wire(message))
        one.drain()
    assert list(dump(whole.acceptance)) == list(dump(cut.acceptance))


@pytest.mark.parametrize("steps", range(1, 12, 2))
def test_a_restart_anywhere_changes_nothing(engine, message, steps):
    whole, broken = engine("whole"), engine("broken", batch_max=1)
    accept(whole, *wire(message))
    whole.drain()
    accept(broken, *wire(message))
    for _ in range(steps):
        broken.step()
    broken.__exit__(None, None, None)
    again = engine("broken", batch_max=1)
    again.drain()
    assert list(dump(whole.acceptance)) == list(dump(again.acceptance))


def test_the_dump_sees_a_difference(engine, message):
    first, second = engine("first"), engine("second")
    accept(first, *wire(message))
    accept(second, *wire(message)[:-1])
    for one in (first, second):
        one.drain()
    assert list(dump(first.acceptance)) != list(dump(second.acceptance))


def test_an_observation_accepted_twice_is_one(engine, message):
    one = engine()
    assert accept(one, message(body(1))) == 1
    assert accept(one, message(body(1))) == 0
    one.drain()
    assert accept(one, message(body(1))) == 0
    assert audit(one.acceptance).accepted == 1


def test_a_failed_commit_leaves_nothing_and_is_tried_again(engine, message, monkeypatch):
    one = engine()
    accept(one, *wire(message))
    real = one.pipeline._write_state
    monkeypatch.setattr(
        one.pipeline,
        "_write_state",
        lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("disk I/O error")),
    )
    from kabar.errors import StoreError

    with pytest.raises(StoreError):
        one.step()
    assert one.acceptance.execute("SELECT count(*) FROM articles").fetchone()[0] == 0
    assert one.inbox.depth() > 0
    monkeypatch.setattr(one.pipeline, "_write_state", real)
    one.drain()
    assert outcomes(one) == EXPECTED


def test_a_full_disk_pauses_and_loses_nothing(engine, message):
    one = engine()
    long = [
        message(" ".join(f"kata{n * 5_000 + i}" for i in range(2_000)), number=n, observed_at=START + n)
        for n in range(30)
    ]
    accept(one, *long)
    connection = one.pipeline._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(DiskFull):
        one.drain()
    assert audit(one.acceptance).waiting == 30
    connection.execute("PRAGMA max_page_count = 1000000")
    one.drain()
    assert set(outcomes(one).values()) == {("indexed", "")}
    assert audit(one.acceptance).gap == 0


def test_a_crash_in_dedupe_costs_one_message(engine, message, monkeypatch):
    from kabar.dedupe.stage import DedupeStage

    real = DedupeStage.process

    def process(self, one):
        if one.header.observation_id == identifier("observation", 2):
            self._clock.advance(10**15)  # half done, then
            raise ZeroDivisionError("bug")
        return real(self, one)

    monkeypatch.setattr(DedupeStage, "process", process)
    one = engine()
    accept(one, *[message(body(n), number=n, observed_at=START + n) for n in (1, 2, 3)])
    one.drain()
    assert outcomes(one) == {"1": ("indexed", ""), "2": ("dead", "crashed"), "3": ("indexed", "")}
    (kept,) = letters.find(one.acceptance)
    assert "ZeroDivisionError" in kept.letter.error


def test_a_dead_letter_can_be_replayed_and_keeps_its_observation(engine, message, monkeypatch):
    one = engine()
    accept(one, message(body(8) + " unenrichable", number=8))
    one.drain()
    (kept,) = letters.find(one.acceptance, stage="enrich")
    monkeypatch.setattr(
        "simple_stages.SimpleEnrich.process",
        lambda self, m: [__import__("kabar.contracts.outcomes", fromlist=["x"]).Forward(m)],
    )
    dry = letters.replay(one.acceptance, one.inbox, [kept.letter], reread=None, dry_run=True)
    assert (dry.queued, one.inbox.depth()) == ([kept.letter.id], 0)
    letters.replay(one.acceptance, one.inbox, [kept.letter], reread=None)
    one.drain()
    assert outcomes(one) == {"8": ("indexed", "")}
    assert letters.find(one.acceptance) == []
    assert [k.state for k in letters.find(one.acceptance, state="")] == ["replayed"]
    assert audit(one.acceptance).gap == 0


def test_what_cannot_be_accepted_is_a_dead_letter_from_the_start(engine):
    one = engine()
    original = b"\xff not json"
    refused = Refused(
        letter(original, observation_id="d" * 32, stage="accept", reason="bad_message", error="no", died_at=5,
               origin="file:x#1"),
        original,
    )  # fmt: skip
    assert accept(one, refused, refused) == 1
    assert outcomes(one) == {"1": ("dead", "bad_message")}
    (kept,) = letters.find(one.acceptance)
    assert letters.get(one.acceptance, kept.letter.id[:8])[1] == original
    assert audit(one.acceptance).gap == 0


def test_the_audit_notices_what_is_missing(engine, message):
    one = engine()
    accept(one, *wire(message))
    one.drain()
    assert audit(one.acceptance).gap == 0
    for sql, check in [
        (
            f"DELETE FROM versions WHERE observation_id = '{identifier('observation', 12)}'",
            "indexed_without_version",
        ),
        ("DELETE FROM dead_letters", "dead_without_letter"),
        (
            f"UPDATE observations SET outcome = NULL WHERE id = '{identifier('observation', 3)}'",
            "waiting_without_message",
        ),
        (f"DELETE FROM observations WHERE id = '{identifier('observation', 6)}'", None),
    ]:
        one.acceptance.execute("BEGIN")
        one.acceptance.execute(sql)
        rows = {c.name: c.count for c in _audit_inside(one.acceptance).checks}
        gap = _audit_inside(one.acceptance).gap
        one.acceptance.execute("ROLLBACK")
        assert gap > 0, sql
        assert check is None or rows[check] > 0, sql


def _audit_inside(connection):
    """The audit opens its own snapshot; inside a transaction it must see our damage."""

    class Inside:
        def execute(self, sql, *arguments):
            return connection.execute("SELECT 1" if sql in ("BEGIN", "ROLLBACK") else sql, *arguments)

    return audit(Inside())


def test_the_observation_clock_never_goes_back(engine, message):
    one = engine()
    accept(one, message(body(1), observed_at=START))
    assert one.inbox.clock(START - 5_000) == START
    assert one.inbox.clock(START + 5_000) == START + 5_000


def test_ticks_fall_between_observations_and_never_twice(engine, message):
    one = engine(tick_seconds=60)
    accept(
        one,
        message(body(1), number=1, observed_at=START),
        message(body(2), number=2, observed_at=START + 61_000),
    )
    kinds = [row[0] for row in one.acceptance.execute("SELECT kind FROM inbox ORDER BY seq")]
    assert kinds == ["tick", "message", "tick", "message"]
    with transaction(one.acceptance):
        assert one.inbox.tick(START + 62_000) is False
        assert one.inbox.tick(START + 130_000) is True


def test_pruning_by_age_and_size_keeps_the_account_balanced(engine, message):
    one = engine()
    for number in range(20):
        accept(one, message(body(number), number=number + 1, observed_at=START + number * 86_400_000))
    accept(one, message("poison", number=99, observed_at=START + 20 * 86_400_000))
    one.drain()
    done = prune(one.pipeline._connection, one.directory, now_ms=START + 20 * 86_400_000, days=10)
    assert (done.articles, done.versions, done.observations) == (10, 10, 10)
    assert audit(one.acceptance).gap == 0
    bytes_left = one.acceptance.execute("SELECT sum(bytes) FROM articles").fetchone()[0]
    done = prune(one.pipeline._connection, one.directory, now_ms=START, max_bytes=bytes_left // 2)
    assert 4 <= done.articles <= 6
    assert audit(one.acceptance).gap == 0
    assert outcomes(one)["99"] == ("dead", "bad_message")


def test_a_late_replay_that_the_index_refuses_is_superseded_not_indexed(engine, message, monkeypatch):
    one = engine()
    accept(one, message(body(1) + " unenrichable", number=1, observed_at=START))
    one.drain()
    newer = message(body(1) + " sudah baru", number=2, observed_at=START + 5_000)
    import msgspec

    header = msgspec.structs.replace(newer.header, article_id=identifier("article", 1))
    accept(one, type(newer)(header).with_section(newer.raw))
    one.drain()
    monkeypatch.setattr("simple_stages.SimpleEnrich.process", _enrich_anything)
    (kept,) = letters.find(one.acceptance)
    letters.replay(one.acceptance, one.inbox, [kept.letter], reread=None)
    one.drain()
    assert outcomes(one) == {"1": ("superseded", ""), "2": ("indexed", "")}
    assert audit(one.acceptance).gap == 0


def _enrich_anything(self, message):
    from kabar.contracts.outcomes import Forward
    from kabar.contracts.sections import EnrichSection

    return [Forward(message.with_section(EnrichSection()))]


def test_after_a_failed_restore_the_advanced_memory_is_not_used(engine, message, monkeypatch):
    one = engine()
    accept(one, message(body(1), number=1))
    broken = sqlite3.OperationalError("disk I/O error")

    def fail(*_, **__):
        raise broken

    with monkeypatch.context() as patched:
        patched.setattr(one.pipeline, "_write_state", fail)
        with pytest.raises(Exception, match="disk I/O"):
            one.step()
        patched.setattr(one.pipeline, "_restored", fail)
        with pytest.raises(Exception, match="disk I/O"):
            one.step()
    one.drain()
    one.__exit__(None, None, None)
    again = engine()
    accept(again, *wire(message)[2:3])
    again.drain()
    assert outcomes(again)["3"] == ("unchanged", "")


def test_two_dumps_of_two_runs_agree_also_on_dead_letters(engine, message):
    first, second = engine("first"), engine("second")
    for turn, one in enumerate((first, second)):
        made = message("poison", number=1, observed_at=START)
        import msgspec

        header = msgspec.structs.replace(made.header, accepted_at=START + turn, trace_id=str(turn))
        accept(one, type(made)(header).with_section(made.raw))
        one.drain()
    assert list(dump(first.acceptance)) == list(dump(second.acceptance))


@pytest.mark.parametrize(
    "damage, check",
    [
        ("DELETE FROM articles WHERE doc = 1", "version_without_document"),
        ("DELETE FROM article_bodies", "document_without_body"),
        ("DELETE FROM article_facets", "document_without_facets"),
        ("UPDATE observations SET outcome = 'bogus' WHERE outcome = 'dropped'", "unknown_outcome"),
        ("INSERT INTO article_words(article_words) VALUES('delete-all')", "document_without_words"),
    ],
)
def test_the_audit_looks_into_the_index(engine, message, damage, check):
    one = engine()
    accept(one, *wire(message))
    one.drain()
    one.acceptance.execute(damage)
    assert {c.name: c.count for c in audit(one.acceptance).checks}[check] > 0


def test_a_damaged_inbox_row_stops_with_its_number(engine, message):
    one = engine()
    accept(one, message(body(1)))
    one.acceptance.execute("UPDATE inbox SET body = X'7B' WHERE kind = 'message'")
    from kabar.errors import StoreError

    with pytest.raises(StoreError, match="row 2 of the inbox"):
        one.drain()
    assert one.inbox.depth() > 0


def test_a_sick_environment_pauses_says_so_and_goes_on(engine, message, monkeypatch):
    import threading

    from kabar.runtime.embedded import engine as embedded

    monkeypatch.setattr(embedded, "PAUSE_MIN_SECONDS", 0.01)
    one = engine()
    accept(one, message(body(1)))
    stop, seen = threading.Event(), []
    real = one.pipeline.step

    def step():
        if len(seen) < 2:
            seen.append(one.health.ready)
            raise DiskFull("no space left", hint="free some")
        taken = real()
        if outcomes(one)["1"][0] is not None:
            stop.set()
        return taken

    monkeypatch.setattr(one.pipeline, "step", step)
    one.run(stop)
    assert seen == [True, False]
    assert one.health.ready
    assert outcomes(one) == {"1": ("indexed", "")}
    assert 'kabar_environment_errors_total{error="DiskFull"} 2.0' in one.metrics.expose().decode()
