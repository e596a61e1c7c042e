"""Writing: the guard, order, kills, versions, contents that leave nothing behind."""

from __future__ import annotations

import itertools
import random
import sqlite3

import pytest
from index_samples import DAY, T0, create, entry, id_of, kill, message, rich, story

from kabar.errors import DiskFull, StoreBusy, StoreError
from kabar.index.entry import Entry
from kabar.index.sqlite import TABLES, SqliteWriter, dump, stored_bytes
from kabar.query.fields import VALUE_FIELDS, WORD_FIELDS

# Key of what is stored, key of what comes, answer.
GUARD = [
    ((T0, 0), (T0 + 1, 0), "written"),
    ((T0, 0), (T0, 0), "written"),
    ((T0, 0), (T0, 1), "written"),
    ((T0, 1), (T0, 0), "superseded"),
    ((T0 + 1, 0), (T0, 0), "superseded"),
    ((T0 + 1, 0), (T0, 999), "superseded"),
    ((T0, 999), (T0 + 1, 0), "written"),
]


@pytest.mark.parametrize("stored,coming,answer", GUARD)
@pytest.mark.parametrize("one_batch", [True, False])
def test_guard(index, stored, coming, answer, one_batch):
    first = message(title="stored", observed=stored[0], generation=stored[1], observation="1")
    second = message(title="coming", observed=coming[0], generation=coming[1], observation="2")
    answers = index.write(first, second) if one_batch else index.write(first) + index.write(second)
    assert answers == ["written", answer]
    kept = "coming" if answer == "written" else "stored"
    assert index.reader.get(id_of("a")).article.title == kept
    assert index.titles("coming or stored") == [kept]
    assert len(index.reader.versions(id_of("a"))) == (2 if answer == "written" else 1)


def test_nothing_of_the_earlier_version_can_be_found(index):
    index.write(
        message(
            title="lama", text="kata usang", persons=("Ratna",), topic="Kota", keywords=("usang",), story="s"
        )
    )
    index.write(message(title="baru", text="kata segar", persons=("Bayu",), observed=T0 + 1, version=2))
    for gone in ("lama", "usang", "person:ratna", "topic:kota", "keyword:usang", "story:*"):
        assert index.titles(gone) == [], gone
    assert index.titles("baru segar person:bayu version:2") == ["baru"]
    count = {t: index.connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES}
    assert count == {
        "articles": 1,
        "article_bodies": 1,
        "article_words": 1,
        "article_facets": 1,
        "versions": 2,
        "stories": 0,
    }
    index.connection.execute("INSERT INTO article_words(article_words) VALUES('integrity-check')")


def test_words_are_taken_out_as_they_were_put_in(index, monkeypatch):
    """Also where today's tokeniser would make other words of the stored text."""
    index.write(message(title="satu", text="air naik"))
    monkeypatch.setattr(
        "kabar.query.analysis.words", lambda text: [w.upper()[::-1] + "x" for w in text.split()]
    )
    index.write(message(title="dua", text="air turun", observed=T0 + 1))
    monkeypatch.undo()
    assert index.titles("air or naik or satu or dua") == []
    index.write(message(title="tiga", text="air surut", observed=T0 + 2))
    rows = index.connection.execute(
        "SELECT rowid FROM article_words WHERE article_words MATCH 'naik OR riax OR turun'"
    )
    assert rows.fetchall() == []
    assert index.titles("air") == ["tiga"]


@pytest.mark.parametrize("seed", range(8))
def test_arrival_order_does_not_matter_for_what_is_newest(index, seed):
    versions = [message(title=f"v{n}", observed=T0 + n, version=n) for n in range(1, 7)]
    random.Random(seed).shuffle(versions)
    index.write(*versions)
    assert index.reader.get(id_of("a")).article.title == "v6"
    assert index.titles() == ["v6"]


def test_same_observation_again_changes_nothing(index):
    made = [rich(), message("b"), kill("c")]
    index.write(*made)
    before = list(dump(index.connection))
    assert index.write(*made) == ["written"] * 3
    assert list(dump(index.connection)) == before


def test_reprocessing_rewrites_the_version_in_place(index):
    index.write(message(title="alt", generation=0))
    index.write(message(title="neu", generation=1))
    assert [v.title for v in index.reader.versions(id_of("a"))] == ["neu"]


def test_kill_keeps_a_stub_and_the_versions(index):
    index.write(message(text="rahasia", persons=("Ratna",), story="s"), kill())
    document = index.reader.get(id_of("a"))
    assert document.article.status == "killed"
    assert index.titles() == index.titles("rahasia") == index.titles("person:ratna") == []
    assert index.reader.story_articles(id_of("s")) == []
    assert [v.status for v in index.reader.versions(id_of("a"))] == ["active", "killed"]
    assert index.reader.versions(id_of("a"))[1].text == ""


def test_nothing_brings_a_killed_article_back_but_a_later_observation(index):
    index.write(message(), kill(observed=T0 + DAY))
    assert index.write(message(observed=T0 + DAY - 1)) == ["superseded"]
    assert index.reader.get(id_of("a")).article.status == "killed"
    assert index.write(message(observed=T0 + DAY + 1)) == ["written"]
    assert index.titles() == ["Banjir rob"]


def test_kill_of_an_unknown_article_is_a_stub_too(index):
    assert index.write(kill("never-seen")) == ["written"]
    assert index.reader.get(id_of("never-seen")).article.status == "killed"


def test_stories_keep_the_highest_revision(index):
    index.write(
        stories=[
            story("s", revision=2, size=5),
            story("s", revision=1, size=3),
            story("s", revision=2, size=6),
        ]
    )
    assert index.reader.story(id_of("s")).size == 6


# ---------------------------------------------------------------- transactions


def test_the_transaction_is_the_callers(index):
    connection = index.connection
    connection.execute("BEGIN IMMEDIATE")
    index.writer.write([entry(message())], [story("s")])
    assert connection.in_transaction
    assert index.titles() == []
    connection.execute("ROLLBACK")
    assert list(dump(connection)) == []
    index.write(message(), stories=[story("s")])
    assert index.titles() == ["Banjir rob"]


@pytest.mark.parametrize("size", [1, 7, 500])
def test_same_tables_whatever_the_batches(tmp_path, size):
    messages = [
        message(
            f"a{n % 40}",
            title=f"Judul {n}",
            text=f"kata {n % 11} air",
            observed=T0 + (n * 7919 % 97),
            observation=str(n),
            version=n + 1,
            persons=(f"Orang {n % 5}",),
            copy_of="a3" if n % 9 == 0 else None,
            story=f"s{n % 4}",
        )
        for n in range(120)
    ] + [kill("a5"), rich()]
    stories = [story(f"s{n % 4}", revision=n, size=n) for n in range(1, 20)]

    def filled(path, step):
        connection = create(path)
        writer = SqliteWriter(connection)
        for at in range(0, len(messages), step):
            connection.execute("BEGIN")
            writer.write([entry(m) for m in messages[at : at + step]])
            connection.execute("COMMIT")
        writer.write([], stories)
        return connection

    one, other = filled(tmp_path / "1.db", len(messages)), filled(tmp_path / "2.db", size)
    assert list(dump(one)) == list(dump(other))
    rows = "SELECT doc, id, version_key, bytes FROM articles ORDER BY doc"
    assert one.execute(rows).fetchall() == other.execute(rows).fetchall()


def test_row_numbers_are_never_given_again(index):
    index.write(message("a"), message("b"))
    index.connection.execute("DELETE FROM articles WHERE id = ?", (id_of("b"),))
    index.connection.execute("DELETE FROM article_bodies WHERE doc = 2")
    index.connection.execute("DELETE FROM article_facets WHERE doc = 2")
    index.write(message("c"))
    assert index.connection.execute("SELECT max(doc) FROM articles").fetchone() == (3,)


def test_bytes_add_up_over_versions(index):
    index.write(message(text="air " * 50))
    one = stored_bytes(index.connection)
    index.write(message(text="air " * 51, observed=T0 + 1, version=2))
    two = stored_bytes(index.connection)
    assert one < two < 3 * one
    index.write(message(text="air " * 51, observed=T0 + 1, version=2))
    assert stored_bytes(index.connection) == two
    blobs = "SELECT sum(length(document) + length(words)) FROM article_bodies"
    messages = "SELECT sum(length(message)) FROM versions"
    assert two == sum(index.connection.execute(sql).fetchone()[0] for sql in (blobs, messages))


# ---------------------------------------------------------------- errors


def test_a_closed_or_foreign_database_is_a_store_error(tmp_path):
    connection = sqlite3.connect(tmp_path / "empty.db")
    with pytest.raises(StoreError, match="no such table"):
        SqliteWriter(connection).write([entry(message())])
    connection.close()
    with pytest.raises(StoreError):
        SqliteWriter(connection).write([entry(message())])


def test_a_locked_database_is_busy(index):
    index.connection.execute("BEGIN IMMEDIATE")
    other = sqlite3.connect(index.path, timeout=0, isolation_level=None)
    with pytest.raises(StoreBusy):
        SqliteWriter(other).write([entry(message())])
    index.connection.execute("ROLLBACK")


def test_a_full_disk_says_so_and_loses_nothing(index):
    index.write(message("kept"))
    pages = index.connection.execute("PRAGMA page_count").fetchone()[0]
    index.connection.execute(f"PRAGMA max_page_count={pages}")
    noise = " ".join(random.Random(1).choices("abcdefghij", k=200_000))
    index.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(DiskFull):
        index.writer.write(
            [
                entry(
                    message(
                        "big", text=noise + "".join(random.Random(2).choices("abcdefghijklm ", k=300_000))
                    )
                )
            ]
        )
    if index.connection.in_transaction:
        index.connection.execute("ROLLBACK")
    assert index.titles() == ["Banjir rob"]
    assert index.reader.get(id_of("big")) is None


# ---------------------------------------------------------------- schema


def test_schema_has_a_column_for_every_field(index):
    words = [row[1] for row in index.connection.execute("PRAGMA table_info(article_words)")]
    assert words == list(WORD_FIELDS)
    columns = [row[1] for row in index.connection.execute("PRAGMA table_info(articles)")]
    assert set(VALUE_FIELDS) < set(columns)


def test_schema_of_this_version(index):
    """A change of the field table changes stored columns: then the schema's version must rise as well."""
    assert list(WORD_FIELDS) == [
        "title",
        "text",
        "quote",
        "source",
        "domain",
        "feed",
        "collection",
        "language",
        "person",
        "organization",
        "place",
        "country",
        "speaker",
        "keyword",
        "topic",
        "author",
        "attribution",
        "dateline",
        "story",
        "id",
        "url",
        "copy_of",
        "rule",
        "status",
        "change",
        "sentiment",
    ]
    assert list(VALUE_FIELDS) == [
        "sentiment_score",
        "words",
        "version",
        "date",
        "published",
        "modified",
        "observed",
        "first_seen",
        "ingested",
        "copy",
    ]


def test_odd_articles_are_indexed_as_they_are(index):
    texts = [
        "",
        "\x00",
        "a\x00b",
        "'; DROP TABLE articles; --",
        '" OR "',
        "\ue000",
        "x" * 40_000,
        "\U0001f600" * 1000,
        "ﷺ" * 3000,
    ]
    made = [message(f"odd{n}", title=t, text=t) for n, t in enumerate(texts)]
    assert set(index.write(*made)) == {"written"}
    for n, text in enumerate(texts):
        assert index.reader.get(id_of(f"odd{n}")).article.text == text
    assert index.titles('"drop table"') == [texts[3]]


def test_large_article(index):
    text = "air naik " * 300_000
    index.write(message(text=text))
    assert index.titles("naik", snippets=True) == ["Banjir rob"]
    index.write(message(text="surut", observed=T0 + 1))
    assert index.titles("naik") == []


def test_entries_of_one_article_in_one_batch_in_any_order(tmp_path):
    versions = [message(title=f"v{n}", observed=T0 + n, observation=str(n)) for n in range(3)]
    for number, order in enumerate(itertools.permutations(versions)):
        connection = create(tmp_path / f"{number}.db")
        answers = SqliteWriter(connection).write([entry(m) for m in order])
        newest = -1
        for m, answer in zip(order, answers, strict=True):
            at = m.header.observed_at - T0
            assert answer == ("written" if at >= newest else "superseded")
            newest = max(newest, at)
        titles = [r[0] for r in connection.execute("SELECT version_key FROM articles")]
        assert titles == [(T0 + 2) * 1000]


def test_entry_is_immutable():
    with pytest.raises(AttributeError):
        Entry(entry(message()).document, b"", 1).version_key = 2
