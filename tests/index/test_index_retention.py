"""Prune and dump."""

from __future__ import annotations

import json

import pytest
from index_samples import DAY, HOUR, T0, id_of, kill, message, rich, story

from kabar.errors import StoreError
from kabar.index.api import StoriesRequest
from kabar.index.sqlite import TABLES, Pruned, dump, prune, stored_bytes


def rows(index):
    return {t: index.connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES}


def filled(index, count=20):
    index.write(
        *[
            message(f"a{n}", title=f"t{n}", text=f"air kata{n}", observed=T0 + n * HOUR, story=f"s{n}")
            for n in range(count)
        ]
    )


def test_prune_by_age_takes_everything_of_an_article(index):
    filled(index)
    index.write(kill("a3", observed=T0 + 3 * HOUR + 1))
    done = prune(index.connection, older_than_ms=T0 + 10 * HOUR)
    assert (done.articles, done.versions, done.stories, done.more) == (10, 11, 0, False)
    assert len(set(done.observations)) == 11
    assert rows(index) == {
        "articles": 10,
        "article_bodies": 10,
        "article_words": 10,
        "article_facets": 10,
        "versions": 10,
        "stories": 0,
    }
    assert index.titles("kata5") == []
    assert index.titles("air", sort="oldest", size=1) == ["t10"]
    assert index.reader.get(id_of("a0")) is None
    assert index.reader.versions(id_of("a0")) == []
    index.connection.execute("INSERT INTO article_words(article_words) VALUES('integrity-check')")
    assert index.connection.execute(
        "SELECT count(*) FROM article_words WHERE article_words MATCH 'air'"
    ).fetchone() == (10,)


def test_prune_in_pieces(index):
    filled(index)
    pieces = []
    while not pieces or pieces[-1].more:
        pieces.append(prune(index.connection, older_than_ms=T0 + 10 * HOUR, chunk=4))
    assert [p.articles for p in pieces] == [4, 4, 2]
    assert [p.more for p in pieces] == [True, True, False]


def test_age_is_the_newest_observation_not_the_publishers_date(index):
    index.write(
        message("claims-old", published=T0 - 300 * DAY, observed=T0 + DAY),
        message("seen-long-ago", published=T0 + HOUR, observed=T0),
        message("seen-again", observed=T0),
        message("seen-again", observed=T0 + DAY, version=2),
    )
    assert prune(index.connection, older_than_ms=T0 + 1).articles == 1
    assert index.reader.get(id_of("seen-long-ago")) is None
    assert len(index.reader.versions(id_of("seen-again"))) == 2


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0.0])
def test_prune_by_size_takes_the_oldest_and_no_more_than_needed(index, share):
    filled(index)
    limit = int(stored_bytes(index.connection) * share)
    while prune(index.connection, max_bytes=limit, chunk=3).more:
        pass
    assert stored_bytes(index.connection) <= limit
    left = rows(index)["articles"]
    assert abs(left - 20 * share) <= 1.5
    assert index.titles(sort="oldest") == [f"t{n}" for n in range(20 - left, 20)]


def test_size_counts_all_versions(index):
    index.write(message("a", text="air " * 500), message("b", text="air", observed=T0 + 1))
    index.write(
        *[message("a", text="air " * 500 + str(n), observed=T0 + HOUR + n, version=n) for n in range(2, 9)]
    )
    biggest = stored_bytes(index.connection)
    prune(index.connection, max_bytes=biggest - 1)
    assert index.reader.get(id_of("b")) is None
    assert len(index.reader.versions(id_of("a"))) == 8


def test_nothing_to_prune(index):
    assert prune(index.connection) == prune(index.connection, older_than_ms=T0, max_bytes=0) == Pruned()
    filled(index)
    before = list(dump(index.connection))
    assert prune(index.connection) == Pruned()
    assert prune(index.connection, older_than_ms=T0, max_bytes=10**9) == Pruned()
    assert list(dump(index.connection)) == before


def test_prune_is_inside_the_callers_transaction(index):
    filled(index)
    before = list(dump(index.connection))
    index.connection.execute("BEGIN IMMEDIATE")
    assert prune(index.connection, older_than_ms=T0 + DAY * 9).articles == 20
    assert index.connection.in_transaction
    assert len(index.titles()) == 20
    index.connection.execute("ROLLBACK")
    assert list(dump(index.connection)) == before


def test_stories_go_with_their_last_article(index):
    index.write(
        message("1", story="gone", observed=T0),
        message("2", story="kept", observed=T0 + DAY),
        stories=[
            story("gone", last=T0),
            story("kept", last=T0),
            story("running", last=T0 + DAY),
            story("merged", last=T0 - 1, into="kept"),
        ],
    )
    assert prune(index.connection, older_than_ms=T0 + 1).stories == 2
    assert {s.title for s in index.reader.stories(StoriesRequest()).stories} == {"kept", "running"}


def test_an_article_pruned_and_seen_again_is_new(index):
    filled(index, 3)
    prune(index.connection, older_than_ms=T0 + DAY)
    assert index.write(message("a0", title="lagi", observed=T0 - DAY)) == ["written"]
    assert index.titles() == ["lagi"]


def test_prune_on_a_foreign_database():
    import sqlite3

    with pytest.raises(StoreError):
        prune(sqlite3.connect(":memory:"), older_than_ms=T0)


# ---------------------------------------------------------------- dump


def test_dump_is_canonical_and_leaves_out_only_times_and_trace_ids(index):
    index.write(rich(), kill("b"), stories=[story("kapal")])
    lines = list(dump(index.connection))
    records = [json.loads(line) for line in lines]
    assert [r["table"] for r in records] == ["articles", "articles", "versions", "versions", "stories"]
    for line, record in zip(lines, records, strict=True):
        assert line == json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    document = next(
        r["document"] for r in records if r["table"] == "articles" and r["document"]["article"]["title"]
    )
    whole = index.reader.get(id_of("rich")).as_dict()
    del whole["event"]["ingested"], whole["trace"]["id"]
    assert document == whole


def test_dump_does_not_see_when_it_was_done(tmp_path):
    from index_samples import create, entry

    from kabar.index.sqlite import SqliteWriter

    dumps = []
    for number, accepted in enumerate((1, 2)):
        connection = create(tmp_path / f"{number}.db")
        writer = SqliteWriter(connection)
        writer.write([entry(message(accepted=accepted), ingested=T0 + number)], [story("s")])
        dumps.append(list(dump(connection)))
    assert dumps[0] == dumps[1]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE articles SET words = 99",
        "UPDATE articles SET copy_group = 'x'",
        "UPDATE articles SET version_key = 1",
        "UPDATE article_facets SET facets = '[[\"other\"]]'",
        "UPDATE article_bodies SET words = (SELECT words FROM article_bodies WHERE doc = 2)",
        "UPDATE versions SET status = 'x'",
        "UPDATE versions SET message = (SELECT message FROM versions WHERE rowid = 2)",
        "UPDATE stories SET record = '{\"id\": 1}'",
        "DELETE FROM versions WHERE rowid = 1",
        "DELETE FROM stories",
    ],
)
def test_dump_sees_every_difference(index, damage):
    index.write(rich(), message("b"), stories=[story("kapal")])
    before = list(dump(index.connection))
    index.connection.execute(damage)
    assert list(dump(index.connection)) != before


def test_dump_is_independent_of_arrival(index, tmp_path):
    from index_samples import create, entry

    from kabar.index.sqlite import SqliteWriter

    made = [message(f"a{n}", observed=T0 + n) for n in range(10)]
    index.write(*made)
    other = create(tmp_path / "other.db")
    SqliteWriter(other).write([entry(m) for m in reversed(made)])
    assert list(dump(index.connection)) == list(dump(other))
