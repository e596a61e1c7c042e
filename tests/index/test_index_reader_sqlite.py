"""Reading from SQLite: what only this engine does, and reading beside a writer."""

from __future__ import annotations

import sqlite3
import threading

import msgspec
import pytest
from index_samples import DAY, HOUR, T0, create, entry, kill, message, rich, story
from reading import ids, many, search, walk

from kabar.errors import QueryError, StoreError
from kabar.index.api import FACETS, StoriesRequest
from kabar.index.cursors import belonging
from kabar.index.sqlite import SqliteReader, SqliteWriter, cursors, listing


def test_an_article_changed_meanwhile_is_shown_as_it_is_now(index):
    index.write(*[message(str(n), title=f"t{n}", observed=T0 + n * HOUR) for n in range(4)])
    first = search(index, size=2)
    index.write(message("0", title="t0 baru", observed=T0 + DAY, version=2), kill("1"))
    rest = search(index, size=2, cursor=first.next)
    assert [h.document.article.title for h in rest.hits] == ["t0 baru"]


def test_a_listing_by_relevance_ends(index, monkeypatch):
    monkeypatch.setattr(listing, "MAX_RELEVANT", 20)
    index.write(*many(90))
    assert len(ids(walk(index, query="air", sort="relevance", size=8))) == 24


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "' OR 1=1 --"},
        {"key": 2**70},
        {"newest_doc": -(2**70)},
        {"seen": [2**64]},
        {"key": 1e308},
        {"seen": [-1, 0, 5]},
    ],
)
def test_a_forged_cursor_reaches_nothing_else(index, fields):
    index.write(*[message(str(n)) for n in range(3)])
    good = cursors.decode_cursor(search(index, size=1).next, belonging("", "newest", False))
    forged = msgspec.structs.replace(good, **fields).encode()
    try:
        page = search(index, size=1, cursor=forged)
    except QueryError:
        return
    assert page.total <= 3
    assert index.reader.count() == 3


def test_a_stopped_query_leaves_the_reader_usable(index, monkeypatch):
    index.write(*many(40))
    monkeypatch.setattr("kabar.index.sqlite.reader._STEPS_BETWEEN_CHECKS", 10)
    reader = SqliteReader(index.opened(), time_limit_s=-1)
    with pytest.raises(QueryError):
        reader.count("air")
    reader._time_limit_s = 60
    assert reader.count("air") > 0
    assert not reader._connection.in_transaction


def test_a_bad_query_is_told_before_the_database_is_touched(index):
    index.reader._connection.close()
    with pytest.raises(QueryError) as caught:
        search(index, "a or b and c")
    assert caught.value.position == 7
    with pytest.raises(StoreError):
        search(index, "a")


def test_a_damaged_document_says_so(index):
    index.write(message())
    index.connection.execute("UPDATE article_bodies SET document = x'00'")
    with pytest.raises(StoreError, match="unpacked"):
        search(index)


def test_one_call_is_one_snapshot(index):
    """Total, hits and facets of a page belong together while a writer commits; counts never go back."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def write():
        connection = sqlite3.connect(index.path, isolation_level=None)
        writer, n = SqliteWriter(connection), 0
        while not stop.is_set() and n < 400:
            connection.execute("BEGIN IMMEDIATE")
            writer.write([entry(message(f"w{n + k}", source="Warta")) for k in range(5)])
            connection.execute("COMMIT")
            n += 5
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    last = 0
    try:
        for _ in range(40):
            page = search(index, facets=("source",), size=200)
            assert page.total % 5 == 0
            assert page.facets["source"] == ([("Warta", page.total)] if page.total else [])
            assert len(page.hits) == min(page.total, 200)
            assert page.total >= last
            last = page.total
    except BaseException as error:  # noqa: BLE001 - the writer must be stopped first
        failures.append(error)
    stop.set()
    thread.join()
    assert not failures, failures[0]


def test_inside_a_callers_transaction_the_reader_sees_it(tmp_path):
    connection = create(tmp_path / "i.db")
    reader = SqliteReader(connection)
    connection.execute("BEGIN")
    SqliteWriter(connection).write([entry(message())])
    assert reader.count() == 1
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    assert reader.count() == 0


def test_a_read_only_connection_is_enough(index):
    index.write(rich(), stories=[story("kapal")])
    with pytest.raises(sqlite3.OperationalError):
        index.reader._connection.execute("DELETE FROM articles")
    search(index, "kapal", sort="relevance", collapse_copies=True, facets=tuple(FACETS), snippets=True)
    index.reader.stories(StoriesRequest(query="kapal"))
