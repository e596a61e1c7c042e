"""What every reader of an index does: one suite over both engines, on Elasticsearch marked ``stack``."""

from __future__ import annotations

import random
import threading
from collections import Counter

import msgspec
import pytest
from index_samples import DAY, HOUR, T0, entry, id_of, kill, message, rich, story
from reading import ids, many, search, walk

from kabar.errors import QueryError, UsageError
from kabar.index.api import FACETS, MAX_SIZE, SearchPage, SearchRequest, StoriesRequest
from kabar.query.fields import values_at
from kabar.query.parser import parse
from kabar.query.predicate import compile_predicate


@pytest.fixture(params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.stack)])
def index(request, index):
    """An empty index of either kind."""
    if request.param == "sqlite":
        return index
    made = request.getfixturevalue("es_index")
    made.empty()
    return made


# ---------------------------------------------------------------- order and pages


def test_newest_first_and_oldest_first(index):
    index.write(*[message(str(n), title=f"t{n}", observed=T0 + n * HOUR) for n in (2, 0, 1)])
    assert index.titles() == ["t2", "t1", "t0"]
    assert index.titles(sort="oldest") == ["t0", "t1", "t2"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
@pytest.mark.parametrize("collapse", [False, True])
@pytest.mark.parametrize("size", [1, 7, 200])
def test_pages_are_the_whole_in_order(index, sort, collapse, size):
    index.write(*many(90))
    options = {"query": "air", "sort": sort, "collapse_copies": collapse}
    whole = ids([search(index, size=MAX_SIZE, **options)])
    pages = walk(index, size=size, **options)
    assert ids(pages) == whole
    assert len(set(whole)) == len(whole) > 20
    assert all(len(p.hits) == size for p in pages[:-1])
    assert len({p.total for p in pages}) == 1


@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
@pytest.mark.parametrize("collapse", [False, True])
def test_pages_are_stable_while_others_write(index, sort, collapse):
    index.write(*many(60))
    options = {"query": "air or rob", "sort": sort, "collapse_copies": collapse}
    before = ids([search(index, size=MAX_SIZE, **options)])
    rng, counter = random.Random(5), iter(range(1000))

    def insert():
        n = next(counter)
        index.write(
            message(
                f"new{n}",
                text="air " * rng.randrange(1, 30),
                observed=T0 + rng.randrange(30) * HOUR,
                copy_of=rng.choice([None, "m0", "m5", "m10"]),
            )
        )

    seen = ids(walk(index, between=insert, size=4, **options))
    if sort == "relevance":  # scores shift as articles come; but each is shown once, and none is lost
        assert sorted(seen) == sorted(before)
    else:
        assert seen == before
    assert search(index, **options).total > len(before)


def test_equal_times_are_ordered_by_id(index):
    index.write(*[message(str(n)) for n in range(10)])
    assert ids([search(index)]) == sorted((id_of(str(n)) for n in range(10)), reverse=True)
    assert ids(walk(index, size=3, sort="oldest")) == sorted(id_of(str(n)) for n in range(10))


def test_relevance_prefers_headline_and_density(index):
    index.write(
        message("rare", title="Judul", text="air " + "lain " * 200),
        message("dense", title="Judul", text="air air air kota"),
        message("head", title="Air naik", text="kota " * 10),
        message("none", title="Judul", text="kota"),
    )
    page = search(index, "air", sort="relevance")
    assert ids([page]) == [id_of("head"), id_of("dense"), id_of("rare")]
    scores = [hit.score for hit in page.hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0
    assert [h.score for h in search(index, "air").hits] == [0.0] * 3


@pytest.mark.parametrize("query", ["", "words:>0", "-pasar", "person:*"])
def test_relevance_without_words_is_newest(index, query):
    index.write(*many(30))
    assert ids(walk(index, query=query, sort="relevance", size=7)) == ids([search(index, query, size=200)])


def test_relevance_of_mixed_queries_ranks_all(index):
    index.write(message("a", title="air", text="air"), message("b", text="kota", title="kota", topic="Laut"))
    assert ids([search(index, "air or topic:laut or words:>0", sort="relevance")]) == [id_of("a"), id_of("b")]


# ---------------------------------------------------------------- totals


def test_total_is_exact_up_to_the_cap(index, monkeypatch):
    index.write(*[message(str(n)) for n in range(12)])
    for cap, total, exact in [(100, 12, True), (12, 12, True), (11, 11, False)]:
        for engine, counts in (("sqlite", "listing.count"), ("elasticsearch", "counting.total")):
            monkeypatch.setattr(f"kabar.index.{engine}.reader.TOTAL_CAP", cap)
            monkeypatch.setattr(f"kabar.index.{engine}.{counts}.__kwdefaults__", {"cap": cap})
        page = search(index)
        assert (page.total, page.total_is_exact) == (total, exact)
    assert index.reader.count() == 12
    assert index.reader.count("zzz") == 0


def test_killed_are_found_only_by_status(index):
    index.write(message("a"), kill("b"))
    assert index.reader.count() == 1
    assert index.reader.count("source:pesisir") == 1
    assert index.reader.count("status:killed") == 1
    assert index.reader.count("status:*") == 2
    assert index.reader.count(f"id:{id_of('b')}") == 0
    assert index.reader.get(id_of("b")).article.status == "killed"
    assert sum(n for _, n in index.reader.histogram("", "day")) == 1


def test_empty_index(index):
    page = search(index, facets=tuple(FACETS))
    assert (page.hits, page.total, page.next) == ([], 0, "")
    assert page.facets == {name: [] for name in FACETS}
    assert index.reader.histogram("", "hour") == []
    assert (
        index.reader.get(id_of("a"))
        is index.reader.received(id_of("a"))
        is index.reader.story(id_of("s"))
        is None
    )
    assert index.reader.versions(id_of("a")) == index.reader.story_articles(id_of("s")) == []
    assert index.reader.stories(StoriesRequest()).stories == []


def test_relative_dates_continue_from_the_first_pages_now(index):
    index.write(*[message(str(n), published=T0 - n * HOUR) for n in range(6)])
    request = SearchRequest(query="published:3h", size=2, now_ms=T0)
    first = index.reader.search(request)
    later = msgspec.structs.replace(request, cursor=first.next, now_ms=T0 + DAY)
    assert first.total == 4
    assert len(index.reader.search(later).hits) == 2
    with pytest.raises(QueryError, match="no now"):
        search(index, "published:3h")


# ---------------------------------------------------------------- copies


def test_copies_collapse_to_the_first_in_order(index):
    index.write(
        message("orig", title="asli", text="air", observed=T0),
        message("c1", title="salinan satu", text="air kota", observed=T0 + HOUR, copy_of="orig"),
        message("c2", title="salinan dua", text="air", observed=T0 + 2 * HOUR, copy_of="orig"),
        message("other", title="lain", text="air", observed=T0 + 3 * HOUR),
    )
    assert index.titles(collapse_copies=True) == ["lain", "salinan dua"]
    assert index.titles(collapse_copies=True, sort="oldest") == ["asli", "lain"]
    assert index.titles("kota", collapse_copies=True) == ["salinan satu"]
    assert [h.copies for h in search(index, collapse_copies=True).hits] == [0, 2]
    assert [h.copies for h in search(index).hits] == [0, 2, 2, 2]
    assert search(index, collapse_copies=True).total == 4


def test_a_killed_original_is_no_copy(index):
    index.write(message("orig"), message("copy", copy_of="orig"), kill("orig"))
    assert [h.copies for h in search(index).hits] == [0]


# ---------------------------------------------------------------- facets, histogram: against brute force


@pytest.mark.parametrize(
    "query", ["", "air", "air -rob", "source:warta words:>3", "topic:*", "person:(ratna or bayu)", "zzz"]
)
def test_facets_and_histogram_equal_brute_force(index, query):
    made = many(120, seed=3)
    index.write(*made)
    meets = compile_predicate(parse(query))
    documents = [entry(m).document for m in made]
    found = [d for d in documents if meets(d)]
    page = search(index, query, facets=tuple(FACETS), facet_size=3, size=1)
    for name, path in FACETS.items():
        counts = Counter(v for d in found for v in set(values_at(path)(d)) if v)
        assert page.facets[name] == sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:3], name
    assert page.total == len(found)
    from kabar.contracts.document import millis

    for interval, step in (("hour", HOUR), ("day", DAY)):
        counts = Counter(millis(d.timestamp) // step * step for d in found)
        assert index.reader.histogram(query, interval) == sorted(counts.items())


def test_facets_count_an_article_once_and_only_those_asked(index):
    index.write(rich(), rich())
    assert search(index, facets=("person",)).facets == {"person": [("Bayu Segara", 1)]}
    assert search(index).facets == {}


def test_a_facet_value_narrows_with_the_whole_value(index):
    index.write(message("a", source="Warta"), message("b", source="Warta Pesisir"))
    assert search(index, 'source:="warta"').total == 1
    assert search(index, "source:warta").total == 2


def test_histogram_before_1970(index):
    index.write(message(observed=HOUR, published=-5 * HOUR))
    assert index.reader.histogram("", "day") == [(-DAY, 1)]
    assert index.reader.histogram("", "hour") == [(-5 * HOUR, 1)]


# ---------------------------------------------------------------- requests and cursors


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"size": 201},
        {"size": -1},
        {"sort": "best"},
        {"facets": ("nonsense",)},
        {"facet_size": 0},
        {"facet_size": 1000},
    ],
)
def test_requests_out_of_bounds(options):
    with pytest.raises(UsageError) as caught:
        SearchRequest(**options)
    assert caught.value.hint


def test_story_requests_out_of_bounds(index):
    for options in ({"size": 0}, {"sort": "relevance"}):
        with pytest.raises(UsageError):
            StoriesRequest(**options)
    with pytest.raises(UsageError, match="interval"):
        index.reader.histogram("", "week")


FORGED = [
    "x",
    "!!!!",
    "a" * 20_000,
    "eJwDAAAAAAE",
    "💥",
    "' OR 1=1 --",
    "AAAA",
    "==",
    "%00",
]


@pytest.mark.parametrize("cursor", FORGED)
def test_damaged_cursors(index, cursor):
    index.write(message())
    with pytest.raises(QueryError, match="damaged"):
        search(index, cursor=cursor)
    with pytest.raises(QueryError, match="damaged"):
        index.reader.stories(StoriesRequest(cursor=cursor))


@pytest.mark.parametrize("other", [{"query": "b"}, {"sort": "oldest"}, {"collapse_copies": True}])
def test_a_cursor_belongs_to_its_search(index, other):
    index.write(*[message(str(n), text="a b") for n in range(5)])
    cursor = search(index, "a", size=2).next
    with pytest.raises(QueryError, match="another search"):
        search(index, **{"query": "a", "size": 2, "cursor": cursor, **other})
    assert search(index, "a", size=3, cursor=cursor, facets=("source",)).hits


def test_a_bomb_in_a_cursor(index):
    import base64
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" * 8_000_000, 9)).decode().rstrip("=")
    with pytest.raises(QueryError, match="damaged"):
        search(index, cursor=bomb)


def test_answers_are_json(index):
    index.write(rich(), message("b", copy_of="rich"))
    page = search(index, "kapal or air", facets=("person",), snippets=True, sort="relevance")
    assert msgspec.json.decode(msgspec.json.encode(page), type=SearchPage) == page


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.search(SearchRequest(query="air", facets=tuple(FACETS))),
        lambda r: r.search(SearchRequest(query="air", sort="relevance")),
        lambda r: r.search(SearchRequest(collapse_copies=True)),
        lambda r: r.count("air or words:>0"),
        lambda r: r.histogram("", "hour"),
        lambda r: r.stories(StoriesRequest(query="air")),
    ],
)
def test_too_expensive(index, call, monkeypatch):
    index.write(*many(40))
    monkeypatch.setattr("kabar.index.sqlite.reader._STEPS_BETWEEN_CHECKS", 10)
    with pytest.raises(QueryError, match="too expensive"):
        call(index.reader_with(time_limit_s=-1))
    call(index.reader_with(time_limit_s=60))


def test_hostile_queries_end(index):
    index.write(*many(60))
    wide = " or ".join(f"w{n}" for n in range(300)) + " or air"
    phrase = '"' + "air " * 100 + '"'
    for query in (
        wide,
        phrase,
        " ".join(["ai*"] * 16),
        " or ".join(["words:>0"] * 399),
        "(((((air)))))",
        "-air " * 300,
    ):
        for sort in ("newest", "relevance"):
            search(index, query, sort=sort, snippets=True, facets=("person",))


# ---------------------------------------------------------------- versions, received


def test_versions_oldest_first_with_texts(index):
    index.write(
        message(title="satu", text="air naik"),
        message(
            title="dua", text="air surut", observed=T0 + HOUR, version=2, status="updated", change="update"
        ),
        kill(version=3),
    )
    found = index.reader.versions(id_of("a"))
    assert [(v.version, v.title, v.text, v.status, v.change.kind) for v in found] == [
        (1, "satu", "air naik", "active", "first"),
        (2, "dua", "air surut", "updated", "update"),
        (3, "", "", "killed", "kill"),
    ]
    assert [v.observed_at for v in found] == [T0, T0 + HOUR, T0 + DAY]
    assert index.reader.version(id_of("a"), found[1].observation_id) == found[1]
    assert index.reader.version(id_of("b"), found[1].observation_id) is None
    assert index.reader.version(id_of("a"), id_of("nothing")) is None


def test_versions_are_bounded_to_the_latest(index, monkeypatch):
    for engine in ("sqlite", "elasticsearch"):
        monkeypatch.setattr(f"kabar.index.{engine}.chronicle.MAX_VERSIONS", 3)
    index.write(*[message(title=f"v{n}", observed=T0 + n, version=n) for n in range(1, 6)])
    assert [v.title for v in index.reader.versions(id_of("a"))] == ["v3", "v4", "v5"]


def test_received_is_what_spans_point_into(index):
    index.write(rich(), message("plain", text="air"), kill("gone"))
    got = index.reader.received(id_of("rich"))
    assert got.text.startswith("KARANG, WARTA - Kapal")
    assert got.message == rich().encode()
    assert index.reader.received(id_of("plain")).text == "Terima: air"
    assert index.reader.received(id_of("gone")).text == ""


# ---------------------------------------------------------------- stories


def test_a_merged_story_answers_as_the_one_it_went_into(index):
    index.write(
        message("1", story="old", observed=T0),
        message("2", story="mid", observed=T0 + HOUR),
        message("3", story="new", observed=T0 + DAY),
        message("4", story="else"),
        stories=[story("old", into="mid"), story("mid", into="new"), story("new", size=3), story("else")],
    )
    for name in ("old", "mid", "new"):
        assert index.reader.story(id_of(name)).id == id_of("new")
        assert [d.article.id for d in index.reader.story_articles(id_of(name))] == [
            id_of("1"),
            id_of("2"),
            id_of("3"),
        ]
    assert [s.id for s in index.reader.stories(StoriesRequest()).stories] == sorted(
        [id_of("new"), id_of("else")], reverse=True
    )
    by_article = index.reader.stories(StoriesRequest(query=f"id:{id_of('1')}"))
    assert [s.id for s in by_article.stories] == [id_of("new")]
    assert by_article.total == 1


def test_merges_in_a_circle_end(index):
    index.write(
        message("1", story="a"), stories=[story("a", into="b"), story("b", into="a"), story("c", into="c")]
    )
    assert index.reader.story(id_of("a")) is not None
    assert index.reader.story(id_of("c")).id == id_of("c")
    assert len(index.reader.story_articles(id_of("a"))) == 1
    assert index.reader.stories(StoriesRequest(query="air")).stories == []


def test_a_merge_into_nothing_known_ends_before_it(index):
    index.write(stories=[story("a", into="lost")])
    assert index.reader.story(id_of("a")).id == id_of("a")


def test_articles_of_a_story_not_yet_known(index):
    index.write(message("1", story="s"))
    assert len(index.reader.story_articles(id_of("s"))) == 1


def test_stories_are_listed_by_time_size_and_speed(index):
    index.write(
        stories=[
            story("a", last=T0, size=9, velocity=0.5),
            story("b", last=T0 + 1, size=1, velocity=3.0),
            story("c", last=T0 + 2, size=5, velocity=0.0, state="closed"),
        ]
    )

    def order(**options):
        return [s.title for s in index.reader.stories(StoriesRequest(**options)).stories]

    assert order() == ["c", "b", "a"]
    assert order(sort="largest") == ["a", "c", "b"]
    assert order(sort="fastest") == ["b", "a", "c"]
    assert order(open_only=True) == ["b", "a"]


@pytest.mark.parametrize("sort", ["newest", "largest", "fastest"])
def test_pages_of_stories(index, sort):
    index.write(stories=[story(f"s{n}", last=T0 + n % 4, size=n % 3, velocity=n % 5 / 3) for n in range(23)])
    whole = index.reader.stories(StoriesRequest(sort=sort, size=200))
    seen, cursor = [], ""
    while True:
        page = index.reader.stories(StoriesRequest(sort=sort, size=4, cursor=cursor))
        seen += page.stories
        cursor = page.next
        if not cursor:
            break
    assert seen == whole.stories
    assert len({s.id for s in seen}) == whole.total == 23


def test_stories_of_articles_found(index):
    index.write(
        message("1", text="air", story="a"),
        message("2", text="kota", story="b"),
        message("3", text="air kota"),
        stories=[story("a"), story("b")],
    )
    assert [s.title for s in index.reader.stories(StoriesRequest(query="air")).stories] == ["a"]
    assert index.reader.stories(StoriesRequest(query="zzz")).total == 0


# ---------------------------------------------------------------- beside a writer


def test_threads_may_share_a_reader(index):
    index.write(*many(60))
    expected = search(index, "air", size=200)
    wrong = []

    def read():
        wrong.extend(1 for _ in range(10) if search(index, "air", size=200) != expected)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
