"""Random trees over random small documents: SQLite and the predicate find the same."""

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
    engine = SqliteEngine()
    engine.load([document("a", "putin", words=8)])
    wide = Or(tuple(Match("", (f"w{n}",)) if n % 2 else Range("words", n, n) for n in range(size)))
    assert len(engine.find_node(wide)) == 1
    assert engine.find_node(And((wide, Match("", ("putin",)))))


def test_deep_queries_run_in_sqlite():
    """Twenty levels, alternating, within FTS5's parser stack."""
    from kabar.query.parser import MAX_DEPTH

    engine = SqliteEngine()
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
