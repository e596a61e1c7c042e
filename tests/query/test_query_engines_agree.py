"""Random trees over random small documents: SQLite, Elasticsearch and the predicate find the same."""

from __future__ import annotations

import pytest
from conformance import document
from engines import PredicateEngine, SqliteEngine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kabar.contracts.document import iso
from kabar.errors import QueryError
from kabar.query import parse
from kabar.query.analysis import BOUNDARY, View, word_string
from kabar.query.nodes import All, And, Exists, Flag, Match, Not, Or, Range
from kabar.text.tokens import words

# Few words, so that they meet; some fold, some have no blanks around them, some are no words at all.
PIECES = [
    "putin",
    "Putin",
    "biden",
    "bidens",
    "東京",
    "京",
    "é",
    "e\u0301",
    "ß",
    "SS",
    "½",
    "19",
    "-",
    "'",
    "\n",
    "_",
    "ﬁ",
    "fi",
    "ⅷ",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join)
WORDS = sorted({w for piece in PIECES for w in words(piece)})
BASE = 1_767_225_600_000

documents = st.builds(
    lambda title, text, persons, published, count, score, copy, quotes: {
        "title": title,
        "text": text,
        "persons": persons,
        "words": count,
        "copy_of": "other" if copy else None,
        "published": None if published is None else iso(published),
        "quote_texts": quotes,
        "sentiment": None if score is None else ("neutral", score),
    },
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=3),
    st.none() | st.integers(BASE - 3, BASE + 3),
    st.integers(0, 4),
    st.none() | st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]),
    st.booleans(),
    st.lists(TEXTS, max_size=2),
)

word_fields = st.sampled_from(["", "title", "text", "person", "quote"])
bounds = st.integers(BASE - 4, BASE + 4)
small = st.integers(-1, 5)
scores = st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 1.5, 1e-07])


def _range(field, values):
    pair = st.tuples(values, values).map(sorted)
    return st.one_of(
        pair.map(lambda p: Range(field, p[0], p[1])),
        values.map(lambda v: Range(field, low=v)),
        values.map(lambda v: Range(field, high=v)),
        *(
            []
            if field == "published"
            else [
                values.map(lambda v: Range(field, low=v, open=True)),
                values.map(lambda v: Range(field, high=v, open=True)),
            ]
        ),
    )


leaves = st.one_of(
    st.builds(
        Match,
        word_fields,
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple),
        st.just("phrase"),
    ),
    st.builds(
        Match,
        word_fields.filter(bool),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple),
        st.just("whole"),
    ),
    st.builds(
        Match,
        word_fields,
        st.sampled_from([("pu",), ("putin",), ("bid",), ("fi",), ("ss",)]),
        st.just("prefix"),
    ),
    st.builds(Exists, st.sampled_from(["title", "text", "person", "published", "sentiment_score", "words"])),
    _range("published", bounds),
    _range("words", small),
    _range("sentiment_score", scores),
    st.builds(Flag, st.just("copy"), st.booleans()),
    st.just(All()),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda c: And(tuple(c))),
        st.lists(inner, min_size=2, max_size=4).map(lambda c: Or(tuple(c))),
        inner.map(Not),
    ),
    max_leaves=10,
)

QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@QUIET
@given(st.lists(documents, min_size=1, max_size=6), st.lists(trees, min_size=1, max_size=8))
def test_same_documents(corpus, nodes):
    made = [document(str(n), **fields) for n, fields in enumerate(corpus)]
    engines = [PredicateEngine(), SqliteEngine()]
    for engine in engines:
        engine.load(made)
    for node in nodes:
        predicate, sqlite = (engine.find_node(node) for engine in engines)
        assert sqlite == predicate, str(node)


@pytest.mark.stack
@settings(QUIET, max_examples=6)
@given(corpus=st.lists(documents, min_size=15, max_size=30), nodes=st.lists(trees, min_size=30, max_size=60))
def test_same_documents_on_elasticsearch(elasticsearch, corpus, nodes):
    """Few examples, each of many trees: making an index takes a while, asking it does not."""
    made = [document(str(n), **fields) for n, fields in enumerate(corpus)]
    predicate = PredicateEngine()
    predicate.load(made)
    elasticsearch.load(made)
    for node, found in zip(nodes, elasticsearch.find_all(nodes), strict=True):
        assert found == predicate.find_node(node), str(node)


# What a tokeniser may cut: at 120 code points (ours) and at 255 UTF-16 units (Elasticsearch's own limit). The last
# letters of a long word are no word, nor is its beginning.
LETTERS = {"one unit": "a", "two units": "\U00010428"}
LENGTHS = [1, 119, 120, 121, 127, 128, 239, 240, 241, 254, 255, 256, 257, 360, 510, 511, 1_000]


def long_words(letter):
    return [letter * length for length in LENGTHS] + [letter * length + "putin" for length in LENGTHS]


def long_queries(letter):
    nodes = [
        Match(field, ("putin",), mode) for field in ("", "text") for mode in ("phrase", "whole", "prefix")
    ]
    for word in long_words(letter):
        nodes += [Match("text", (word,), mode) for mode in ("phrase", "whole", "prefix")]
        nodes += [Match("text", (word, "biden")), Match("text", ("biden", word)), Match("text", (word, word))]
    return nodes


@pytest.mark.stack
@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
def test_long_words_are_words_on_elasticsearch_too(elasticsearch, letter):
    texts = ["putin", "biden"]
    for word in long_words(letter):
        texts += [word, f"biden {word}", f"{word} biden", f"{word} putin", f"{word} {word}"]
    made = [document(str(n), text=text) for n, text in enumerate(texts)]
    engines = [PredicateEngine(), SqliteEngine(), elasticsearch]
    for engine in engines:
        engine.load(made)
    nodes = long_queries(letter)
    for node, found in zip(nodes, elasticsearch.find_all(nodes), strict=True):
        by_predicate, by_sqlite = (engine.find_node(node) for engine in engines[:2])
        assert found == by_predicate == by_sqlite, str(node)[:60]
    assert elasticsearch.find_node(Match("text", ("putin",))) < {d.article.id for d in made}


@settings(max_examples=300, deadline=None)
@given(trees)
def test_printed_form_parses_to_the_same_tree(node):
    assert parse(str(node)) == node


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_parses_or_says_why(text):
    node, error = read(text)
    if error:
        assert 0 <= error.position <= len(text)
        assert error.hint
    else:
        assert parse(str(node)) == node


def read(text):
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_a_quoted_title_finds_its_article(title):
    """Whatever the script: the words of a title, as a phrase, are found by both engines."""
    if not words(title):
        return
    made = [document("a", title), document("b", "something else")]
    node = Match("title", tuple(words(title)), "whole")
    for engine in (PredicateEngine(), SqliteEngine()):
        engine.load(made)
        assert made[0].article.id in engine.find_node(node)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=4))
def test_word_strings_hold_words_and_boundaries_only(values):
    pieces = word_string(values).split(" ") if word_string(values) else []
    assert [p for p in pieces if p != BOUNDARY] == [w for v in dict.fromkeys(values) for w in words(v)]
    assert not pieces or pieces[0] == pieces[-1] == BOUNDARY


def test_boundary_is_no_word():
    assert words(BOUNDARY) == []
    assert words(f"a{BOUNDARY}b") == ["a", "b"]


def test_a_phrase_does_not_reach_over_values():
    view = View(document("a", persons=["Ratna", "Wulandari"]))
    assert view.words("person") == f" {BOUNDARY} ratna {BOUNDARY} wulandari {BOUNDARY} "
    assert view.words("person") is view.words("person")


@pytest.mark.parametrize("size", [300, 400])
def test_wide_queries_compile_for_sqlite(size):
    """SQLite's expression depth and FTS5's stack are not met by width."""
    finds_wide(SqliteEngine(), size)


@pytest.mark.stack
def test_wide_queries_run_on_elasticsearch(elasticsearch):
    finds_wide(elasticsearch, 400)


def finds_wide(engine, size):
    engine.load([document("a", "putin", words=8)])
    wide = Or(tuple(Match("", (f"w{n}",)) if n % 2 else Range("words", n, n) for n in range(size)))
    assert len(engine.find_node(wide)) == 1
    assert engine.find_node(And((wide, Match("", ("putin",)))))


def test_deep_queries_run_in_sqlite():
    """Twenty levels, alternating, within FTS5's parser stack."""
    finds_deep(SqliteEngine())


@pytest.mark.stack
def test_deep_queries_run_on_elasticsearch(elasticsearch):
    """Within the 30 levels it allows."""
    finds_deep(elasticsearch)


def finds_deep(engine):
    from kabar.query.parser import MAX_DEPTH

    engine.load([document("a", "putin biden")])
    right = left = excluding = "putin"
    for level in range(MAX_DEPTH - 1):
        right = f"biden {('or', 'and')[level % 2]} ({right})"
        left = f"({left}) {('or', 'and')[level % 2]} title:biden"
    for _ in range(MAX_DEPTH // 2):
        excluding = f"biden -({excluding})"  # a not and a parenthesis: two levels
    assert engine.find(right)
    assert engine.find(left)
    assert engine.find(excluding) == by_predicate(excluding)


def by_predicate(query):
    other = PredicateEngine()
    other.load([document("a", "putin biden")])
    return other.find(query)
