"""Reading from Elasticsearch: what only this engine does, and the same answers as SQLite over several months."""

from __future__ import annotations

import random
import threading
from collections import Counter

import elasticsearch
import msgspec
import pytest
from index_samples import DAY, HOUR, T0, entry, id_of, kill, message, story
from reading import ids, many, search, walk

from kabar.errors import IndexUnavailable, QueryError
from kabar.index.api import FACETS, SearchRequest, StoriesRequest
from kabar.index.cursors import belonging, encode_cursor
from kabar.index.elasticsearch import counting, listing, storylines
from kabar.index.elasticsearch.cursors import decode_cursor
from kabar.index.elasticsearch.reader import Sizes, opened
from kabar.query.fields import values_at
from kabar.settings import load

pytestmark = pytest.mark.stack
MONTH = 31 * DAY


@pytest.fixture
def es(es_index):
    es_index.empty()
    return es_index


def over_months(count, seed):
    """Articles of six months, so of six indices, many of them copies of one another."""
    rng = random.Random(seed)
    months = [T0 + n * MONTH for n in range(6)]
    return [
        message(
            f"m{n}",
            title=f"Judul {n}",
            text=" ".join(rng.choices(["air", "rob", "kota", "kapal"], k=rng.randrange(1, 9))),
            observed=rng.choice(months) + rng.randrange(40) * HOUR,
            source=f"Warta {min(int(rng.expovariate(0.2)), 30)}",
            persons=tuple({f"Ratna {int(rng.paretovariate(0.6))}" for _ in range(rng.randrange(4))}),
            keywords=tuple(rng.sample(["a", "b", "c", "d", "e"], 2)),
            story=rng.choice(["s1", "s2", "s3", None]),
            copy_of=f"m{n % 7}" if n >= 7 and rng.random() < 0.6 else None,
        )
        for n in range(count)
    ]


# ---------------------------------------------------------------- the other engine, month after month


@pytest.fixture
def both(es, index):
    made = over_months(150, seed=4)
    stories = [story("s1", size=3), story("s2", size=9, into="s1"), story("s3", size=4, velocity=0.3)]
    for one in (es, index):
        one.write(
            *made, message("gone", copy_of="m1"), kill("gone", observed=T0 + 7 * MONTH), stories=stories
        )
    return es, index


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("collapse", [False, True])
@pytest.mark.parametrize("query", ["", "air -kapal", "status:killed or person:ratna"])
def test_pages_are_those_of_the_other_engine(both, sort, collapse, query, monkeypatch):
    monkeypatch.setattr(listing, "BLOCK", 8)
    options = {"query": query, "sort": sort, "collapse_copies": collapse, "size": 11}
    pages, expected = (walk(one, **options) for one in both)
    assert ids(pages) == ids(expected)
    assert [page.total for page in pages] == [page.total for page in expected]
    assert [hit.copies for page in pages for hit in page.hits] == [
        hit.copies for page in expected for hit in page.hits
    ]


@pytest.mark.parametrize("query", ["", "air", "status:*", "story:*"])
def test_counts_are_those_of_the_other_engine(both, query, monkeypatch):
    monkeypatch.setattr(counting, "VALUES_A_REQUEST", 3)
    es, sqlite = (one.reader for one in both)
    assert es.count(query) == sqlite.count(query)
    for interval in ("hour", "day"):
        assert es.histogram(query, interval) == sqlite.histogram(query, interval)
    for sort in ("newest", "largest", "fastest"):
        request = StoriesRequest(query=query, sort=sort)
        assert es.stories(request) == sqlite.stories(request)
    for name in ("s1", "s2", "s3", "unknown"):
        assert es.story(id_of(name)) == sqlite.story(id_of(name))
        assert es.story_articles(id_of(name)) == sqlite.story_articles(id_of(name))


def test_versions_are_those_of_the_other_engine(both):
    es, sqlite = (one.reader for one in both)
    for name in ("m0", "gone", "unknown"):
        assert es.get(id_of(name)) == sqlite.get(id_of(name))
        assert es.versions(id_of(name)) == sqlite.versions(id_of(name))
        assert es.received(id_of(name)) == sqlite.received(id_of(name))


def test_relevance_weighs_a_word_the_same_in_every_month(es):
    """A word that is rare in one index and common in another: the articles are alike, so are their scores."""
    es.write(
        message("rare", text="air", title="x", observed=T0),
        *(message(f"other {n}", text="kota", title="x", observed=T0) for n in range(30)),
        *(message(f"common {n}", text="air", title="x", observed=T0 + MONTH + n) for n in range(10)),
    )
    scores = {hit.score for hit in search(es, "air", sort="relevance", size=50).hits}
    assert len(scores) == 1


# ---------------------------------------------------------------- facets are exact, whatever shards leave out


@pytest.mark.parametrize(
    "first, more, candidates",
    [(1_000, (), 300), (2, (60_000,), 10), (2, (4, 60_000), 10), (3, (60_000,), 300), (2, (3, 5, 60_000), 6)],
)
def test_facets_are_exact_though_a_shard_names_few_values(es, monkeypatch, first, more, candidates):
    monkeypatch.setattr(counting, "SHARD_VALUES", first)
    monkeypatch.setattr(counting, "MORE_SHARD_VALUES", more)
    monkeypatch.setattr(counting, "CANDIDATES", candidates)
    made = over_months(300, seed=9)
    es.write(*made)
    found = search(es, facets=tuple(FACETS), facet_size=5, size=1).facets
    documents = [entry(m).document for m in made]
    for name, path in FACETS.items():
        counts = Counter(v for d in documents for v in set(values_at(path)(d)) if v)
        assert found[name] == sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:5], name


# ---------------------------------------------------------------- a listing is a point in time


def test_pages_show_the_articles_as_they_were_at_the_first(es):
    es.write(*[message(str(n), title=f"t{n}", observed=T0 + n * HOUR) for n in range(4)])
    first = search(es, size=2)
    es.write(message("0", title="t0 baru", observed=T0 + DAY, version=2), kill("1"), message("new"))
    rest = search(es, size=2, cursor=first.next)
    assert [hit.document.article.title for hit in rest.hits] == ["t1", "t0"]
    assert rest.total == 4
    assert es.titles()[:2] == ["t3", "t2"]
    assert set(es.titles()[2:]) == {"t0 baru", "Banjir rob"}


def test_who_read_the_last_page_may_go_back(es):
    es.write(*[message(str(n)) for n in range(5)])
    pages = walk(es, size=2)
    assert len(pages) == 3
    assert search(es, size=2, cursor=pages[0].next) == pages[1]


def test_a_listing_left_lying_says_so(es):
    es.write(*[message(str(n)) for n in range(5)])
    cursor = search(es, size=2).next
    pit = decode_cursor(cursor, belonging("", "newest", False)).pit
    es.client.close_point_in_time(id=pit)
    with pytest.raises(QueryError, match="no more") as caught:
        search(es, size=2, cursor=cursor)
    assert "first page" in caught.value.hint


@pytest.fixture
def points(monkeypatch):
    """How many points in time are held: opened and not closed."""
    held = []
    for name, step in (("open_point_in_time", 1), ("close_point_in_time", -1)):
        called = getattr(elasticsearch.Elasticsearch, name)

        def counted(self, *, _called=called, _step=step, **options):
            answer = _called(self, **options)
            held.append(_step)
            return answer

        monkeypatch.setattr(elasticsearch.Elasticsearch, name, counted)
    return held


def test_only_a_listing_with_more_pages_holds_on_to_the_index(es, points):
    es.write(*[message(str(n)) for n in range(5)])
    search(es, size=5)
    assert sum(points) == 0
    search(es, size=4)
    assert sum(points) == 1


def test_a_search_that_fails_holds_on_to_nothing(es, points, monkeypatch):
    es.write(message())
    monkeypatch.setattr(counting, "copies", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        search(es)
    assert points == [1, -1]


@pytest.mark.parametrize(
    "fields",
    [
        {"pit": "x"},
        {"pit": "AAAA"},
        {"pit": "' OR 1=1 --"},
        {"pit": "8M6bBAAA"},
        {"after": []},
        {"after": ["x", "y", "z"]},
        {"after": [1]},
        {"after": [1] * 50},
        {"after": [2**62, "z", 1]},
    ],
)
def test_a_forged_cursor_reaches_nothing_else(es, fields):
    es.write(*[message(str(n)) for n in range(3)])
    check = belonging("", "newest", False)
    good = decode_cursor(search(es, size=1).next, check)
    forged = encode_cursor(msgspec.structs.replace(good, **fields))
    try:
        page = search(es, size=1, cursor=forged)
    except QueryError:
        return
    assert page.total <= 3
    assert es.reader.count() == 3


def test_one_answer_is_one_snapshot_beside_a_writer(es):
    """Total, hits, facets and copies of a page belong together while a writer writes and the index refreshes."""

    def write():
        for n in range(0, 60, 5):
            es.write(*(message(f"w{n + k}", source="Warta", copy_of="w0") for k in range(5)))

    seen = []
    thread = threading.Thread(target=write)
    thread.start()
    while not seen or seen[-1] < 60:
        page = search(es, facets=("source",), size=200)
        seen.append(page.total)
        assert page.facets["source"] == ([("Warta", page.total)] if page.total else [])
        assert len(page.hits) == page.total
        assert {hit.copies for hit in page.hits} <= {page.total - 1}
    thread.join()
    assert seen == sorted(seen)


# ---------------------------------------------------------------- what goes wrong


def test_a_document_of_something_else_says_so(es):
    es.write(message())
    (index,) = es.client.indices.get_alias(name=es.names.alias("articles"))
    es.client.index(index=index, id="x", document={"article": {"id": "x"}}, refresh=True)
    with pytest.raises(IndexUnavailable, match="cannot be read") as caught:
        es.reader.get("x")
    assert "newer kabar" in caught.value.hint


def test_more_stories_than_can_be_asked_for(es, monkeypatch):
    monkeypatch.setattr(storylines, "MAX_STORIES", 3)
    es.write(*[message(str(n), story=f"s{n}") for n in range(4)], stories=[story(f"s{n}") for n in range(4)])
    with pytest.raises(QueryError, match="too expensive"):
        es.reader.stories(StoriesRequest(query="air"))
    assert es.reader.stories(StoriesRequest()).total == 4


def test_nobody_there():
    settings = load({"KABAR_ELASTICSEARCH_URL": "http://127.0.0.1:9"})
    with opened(settings) as reader, pytest.raises(IndexUnavailable):
        reader.search(SearchRequest())


def test_sizes_count_everything(es):
    assert es.reader.sizes() == Sizes(articles=0, versions=0, stories=0)
    es.write(message("a"), message("b"), kill("b"), stories=[story("s"), story("t", into="s")])
    assert es.reader.sizes() == Sizes(articles=2, versions=3, stories=1)


def test_many_threads_share_one_reader(es):
    es.write(*many(40))
    expected, wrong = search(es, "air", size=200), []

    def read():
        wrong.extend(1 for _ in range(5) if search(es, "air", size=200) != expected)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
