"""What was accepted is kept for a while, and stores of an older kabar go on working."""

import json
import sqlite3

import pytest
from identifiers import identifier
from simple_stages import build

from kabar import settings
from kabar.contracts.message import Message, decode_message
from kabar.errors import StoreError
from kabar.index.sqlite import schema as index_schema
from kabar.runtime.embedded import archive, schema
from kabar.runtime.embedded.audit import audit
from kabar.runtime.embedded.dump import dump
from kabar.runtime.embedded.engine import Embedded
from kabar.runtime.embedded.prune import prune
from kabar.runtime.embedded.store import database_path, open_reader, open_writer, transaction
from kabar.runtime.inline import InlinePool

DAY = 86_400_000
START = 1_700_000_000_000
LONG = " ".join(f"kata{n}" for n in range(60))


@pytest.fixture
def engine(tmp_path):
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


def of_article(message, article):
    import msgspec

    header = msgspec.structs.replace(message.header, article_id=identifier("article", article))
    return Message(header).with_section(message.raw)


def fill(engine, message):
    """One of each outcome; returns what was accepted by its number."""
    made = [
        message(LONG, number=1),
        of_article(message(LONG, number=2, observed_at=START + 10), 1),  # unchanged
        of_article(message(LONG + " lama", number=3, observed_at=START - 10), 1),  # superseded
        message("", number=4),  # dropped by clean
        message("", number=5, kind="kill"),  # dropped by dedupe: of nothing known
        message("poison", number=6),
    ]
    with transaction(engine.acceptance):
        engine.inbox.accept(made)
    engine.drain()
    return dict(enumerate(made, 1))


def kept(connection):
    return {row[0] for row in connection.execute("SELECT observation_id FROM archive")}


def test_what_leaves_no_version_and_no_letter_is_kept_as_it_was_accepted(engine, message):
    one = engine()
    made = fill(one, message)
    assert kept(one.acceptance) == {identifier("observation", n) for n in (2, 3, 4, 5)}
    for number in (2, 3, 4, 5):
        found = archive.find(one.acceptance, identifier("observation", number))
        assert json.loads(found) == json.loads(made[number].encode())
        assert b'"clean"' not in found


def test_a_version_is_found_with_all_its_sections_and_a_dead_one_not_at_all(engine, message):
    one = engine()
    fill(one, message)
    whole = decode_message(archive.find(one.acceptance, identifier("observation", 1)))
    assert (whole.dedupe.version, whole.enrich.summary) == (1, LONG[:50])
    assert archive.find(one.acceptance, identifier("observation", 6)) is None
    assert archive.find(one.acceptance, identifier("observation", 99)) is None


def test_a_document_that_comes_too_late_for_the_index_is_kept_too(engine, message):
    one = engine()
    with transaction(one.acceptance):
        one.inbox.accept([message(LONG, number=1)])
    one.drain()
    one.acceptance.execute("UPDATE articles SET version_key = version_key + 9000000")
    one.pipeline._dedupe.__init__()  # dedupe knows nothing: only the index can tell
    with transaction(one.acceptance):
        one.inbox.accept([of_article(message(LONG + " lagi", number=2, observed_at=START + 5), 1)])
    one.drain()
    outcome = one.acceptance.execute(
        "SELECT outcome FROM observations WHERE id = ?", (identifier("observation", 2),)
    ).fetchone()
    assert outcome == ("superseded",)
    assert kept(one.acceptance) == {identifier("observation", 2)}


def test_switched_off_nothing_is_kept(engine, message):
    one = engine(archive_days=0)
    fill(one, message)
    assert kept(one.acceptance) == set()


def test_the_archive_is_in_the_transaction_of_the_outcome(engine, message, monkeypatch):
    one = engine()

    def fail(*_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(one.pipeline._archive, "settle", fail)
    with pytest.raises(StoreError):
        fill(one, message)
    assert audit(one.acceptance).waiting == 6
    monkeypatch.undo()
    one.drain()
    assert len(kept(one.acceptance)) == 4
    assert audit(one.acceptance).gap == 0


def test_the_dump_holds_the_archive(engine, message):
    first, second = engine("first"), engine("second", archive_days=0)
    fill(first, message)
    fill(second, message)
    lines = list(dump(first.acceptance))
    assert sum(line.startswith("archive\t") for line in lines) == 4
    assert [line for line in lines if not line.startswith("archive\t")] == list(dump(second.acceptance))


@pytest.mark.parametrize("days, after_days, left", [(7, 6, 4), (7, 8, 0), (0, 0, 0), (36_500, 5_000, 4)])
def test_what_is_older_than_archive_days_goes(engine, message, days, after_days, left):
    one = engine()
    fill(one, message)
    gone = archive.prune(one.acceptance, one.directory, now_ms=START + after_days * DAY, days=days)
    assert (gone, len(kept(one.acceptance))) == (4 - left, left)
    assert audit(one.acceptance).gap == 0
    assert audit(one.acceptance).accepted == 6


def test_pruning_stops_at_what_is_young_and_works_in_pieces(engine, monkeypatch):
    monkeypatch.setattr(archive, "CHUNK", 3)
    one = engine()
    one.acceptance.executemany(
        "INSERT INTO archive VALUES (?, ?, x'')", [(str(n), START + (n // 4) * DAY) for n in range(20)]
    )
    assert archive.prune(one.acceptance, one.directory, now_ms=START + 9 * DAY, days=7) == 8
    left = [row[0] for row in one.acceptance.execute("SELECT observation_id FROM archive ORDER BY rowid")]
    assert left == [str(n) for n in range(8, 20)]


def test_what_goes_with_its_observation_leaves_nothing(engine, message):
    one = engine()
    fill(one, message)
    prune(one.acceptance, one.directory, now_ms=START + 20_000 * DAY, days=1)
    assert kept(one.acceptance) == set()
    assert audit(one.acceptance).gap == 0


# ---------------------------------------------------------------- older stores


def of_schema_1(directory):
    """The tables as the first version made them."""
    directory.mkdir()
    connection = sqlite3.connect(database_path(directory), isolation_level=None)
    for statement in (*schema.SCHEMA, *index_schema.SCHEMA):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("INSERT INTO meta VALUES ('accepted', 0)")
    connection.close()


def test_an_older_store_is_brought_up_to_date_and_works(engine, message, tmp_path):
    of_schema_1(tmp_path / "old")
    one = engine("old")
    assert one.acceptance.execute("PRAGMA user_version").fetchone()[0] == schema.SCHEMA_NUMBER
    fill(one, message)
    assert len(kept(one.acceptance)) == 4
    new = engine("new")
    fill(new, message)
    assert list(dump(one.acceptance)) == list(dump(new.acceptance))


def test_an_older_and_a_new_store_have_the_same_tables(tmp_path):
    of_schema_1(tmp_path / "old")
    tables = []
    for name in ("old", "new"):
        connection = open_writer(tmp_path / name)
        tables.append(set(connection.execute("SELECT name, sql FROM sqlite_master").fetchall()))
        connection.close()
    assert tables[0] == tables[1]


def test_an_older_store_can_be_read_as_it_is(tmp_path):
    of_schema_1(tmp_path / "old")
    before = database_path(tmp_path / "old").read_bytes()
    connection = open_reader(tmp_path / "old")
    assert audit(connection).gap == 0
    connection.close()
    assert database_path(tmp_path / "old").read_bytes() == before


def test_an_update_that_fails_leaves_the_older_store(tmp_path, monkeypatch):
    of_schema_1(tmp_path / "old")
    broken = {2: (*schema.MIGRATIONS[2], "CREATE TABLE meta (again)")}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", broken)
        with pytest.raises(StoreError):
            open_writer(tmp_path / "old")
    connection = open_reader(tmp_path / "old")
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'archive'").fetchall()
    connection.close()
    open_writer(tmp_path / "old").close()
