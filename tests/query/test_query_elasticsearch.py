"""The compiled form, without a server: what clauses a query becomes, how deep they nest, how long words are cut."""

from __future__ import annotations

import pytest
from conformance import CASES

from kabar.query import FIELDS
from kabar.query.analysis import BOUNDARY, word_string
from kabar.query.elasticsearch import CUT, PIECE_CHARS, compile_dsl, indexed
from kabar.query.nodes import All, And, Exists, Flag, Match, Not, Range
from kabar.query.parser import MAX_DEPTH, parse

MAX_NESTING = 30
"""Elasticsearch's ``indices.query.bool.max_nested_depth``."""
A, B = "a" * PIECE_CHARS, "b" * PIECE_CHARS

CLAUSES = [
    (All(), {"match_all": {}}),
    (Match("person", ("ratna",)), {"term": {"search.person": {"value": "ratna", "boost": 1.0}}}),
    (Match("title", ("ratna",)), {"term": {"search.title": {"value": "ratna", "boost": 4.0}}}),
    (Match("person", ("a", "b")), {"match_phrase": {"search.person": {"query": "a b", "boost": 1.0}}}),
    (
        Match("person", ("a",), "whole"),
        {"match_phrase": {"search.person": {"query": f"{BOUNDARY} a {BOUNDARY}", "boost": 1.0}}},
    ),
    (Match("person", ("pre",), "prefix"), {"prefix": {"search.person": {"value": "pre", "boost": 1.0}}}),
    (Exists("person"), {"term": {"search.person": BOUNDARY}}),
    (Exists("words"), {"exists": {"field": "search.words"}}),
    (Range("words", 1, 5), {"range": {"search.words": {"gte": 1, "lte": 5}}}),
    (Range("words", low=1, open=True), {"range": {"search.words": {"gt": 1}}}),
    (Range("words", high=0, open=True), {"range": {"search.words": {"lt": 0}}}),
    (Flag("copy", False), {"term": {"search.copy": 0}}),
    (Not(All()), {"bool": {"must_not": [{"match_all": {}}]}}),
    (
        And((All(), Not(Exists("words")), And((All(), Not(Flag("copy", True)))))),
        {
            "bool": {
                "filter": [{"match_all": {}}, {"match_all": {}}],
                "must_not": [{"exists": {"field": "search.words"}}, {"term": {"search.copy": 1}}],
            }
        },
    ),
    (And((Not(All()), Not(All()))), {"bool": {"must_not": [{"match_all": {}}, {"match_all": {}}]}}),
]


@pytest.mark.parametrize("node, clause", CLAUSES, ids=lambda value: str(value)[:60])
def test_compiles(node, clause):
    assert compile_dsl(node).filter == clause


def test_a_word_without_a_field_is_looked_for_in_title_and_text():
    compiled = compile_dsl(parse("putin"))
    title, text = compiled.filter["bool"]["should"]
    assert compiled.filter["bool"]["minimum_should_match"] == 1
    assert (list(title["term"]), list(text["term"])) == (["search.title"], ["search.text"])


def test_alternatives_stand_beside_each_other():
    """Two levels would cost one of the thirty there are."""
    compiled = compile_dsl(parse("putin or biden or words:3"))
    assert len(compiled.filter["bool"]["should"]) == 5


@pytest.mark.parametrize(
    "query, clauses",
    [("putin", 2), ("putin putin", 2), ("-putin", 0), ("words:3", 0), ("person:a title:b", 2)],
)
def test_ranks_by_the_words_wanted(query, clauses):
    assert len(compile_dsl(parse(query)).ranking) == clauses


def test_a_scored_query_finds_what_the_filter_finds():
    compiled = compile_dsl(parse("putin or words:3"))
    scored = compiled.scored()["bool"]
    assert scored["filter"] == [compiled.filter]
    assert scored["should"] == compiled.ranking
    assert scored["minimum_should_match"] == 0


@pytest.mark.parametrize(
    "node", [Match("nonsense", ("a",)), Flag("title", True), Range("person", 1), Match("words", ("a",))]
)
def test_what_is_no_field_of_the_right_kind_is_refused(node):
    with pytest.raises(ValueError, match="not in"):
        compile_dsl(node)


@pytest.mark.parametrize("query", [query for query, _ in CASES])
def test_no_text_of_a_query_becomes_a_key(query):
    """Words are values; keys come from our own table."""
    assert keys(compile_dsl(parse(query)).filter) <= KEYS | {f"search.{n}" for n in FIELD_NAMES}


KEYS = {
    "bool", "filter", "must_not", "should", "minimum_should_match", "match_all", "term", "match_phrase", "prefix",
    "range", "exists", "field", "value", "query", "boost", "gte", "lte", "gt", "lt", "intervals",
}  # fmt: skip
FIELD_NAMES = {field.name for field in FIELDS}


def keys(query):
    if isinstance(query, dict):
        return set(query).union(*(keys(value) for value in query.values()))
    return set().union(*(keys(one) for one in query)) if isinstance(query, list) else set()


@pytest.mark.parametrize("pattern", ["({0}) or b", "b ({0})", "b -({0})", "not ({0})"])
def test_the_deepest_query_there_is_fits(pattern):
    query, depth = "a", 0
    while depth < MAX_DEPTH - 1:
        query, depth = pattern.format(query), depth + (2 if "-" in pattern or "not" in pattern else 1)
    assert nesting(And((parse(query), Not(Match("status", ("killed",)))))) <= MAX_NESTING - 3


def nesting(node):
    def depth(query):
        if isinstance(query, dict):
            return ("bool" in query) + max(map(depth, query.values()), default=0)
        return max(map(depth, query), default=0) if isinstance(query, list) else 0

    return depth(compile_dsl(node).filter)


# ---------------------------------------------------------------- long words

CUTS = [
    ("", ""),
    ("a b", "a b"),
    (A, A),
    (f"{A}b", f"{A}{CUT} {CUT}b"),
    (A + B, f"{A}{CUT} {CUT}{B}"),
    (f"{A}{B}c", f"{A}{CUT} {CUT}{B}{CUT} {CUT}c"),
    (f"x {A}b y", f"x {A}{CUT} {CUT}b y"),
    (f"{A}b {A}b", f"{A}{CUT} {CUT}b {A}{CUT} {CUT}b"),
]


@pytest.mark.parametrize("column, expected", CUTS, ids=range(len(CUTS)))
def test_long_words_are_cut_and_marked(column, expected):
    assert indexed(column) == expected


@pytest.mark.parametrize("letter", ["a", "\U00010428"])
def test_no_piece_is_cut_again_by_the_tokeniser(letter):
    """After 255 UTF-16 units it would."""
    pieces = indexed(word_string([letter * 10_000, "x"])).split(" ")
    assert max(len(piece.encode("utf-16-le")) // 2 for piece in pieces) <= 255
    assert "".join(pieces).replace(CUT, "") == f"{BOUNDARY}{letter * 10_000}{BOUNDARY}x{BOUNDARY}"


def test_a_long_word_is_looked_for_as_its_pieces():
    clause = compile_dsl(Match("person", ("x", f"{A}b"))).filter
    assert clause["match_phrase"]["search.person"]["query"] == f"x {A}{CUT} {CUT}b"


def test_of_a_long_beginning_all_pieces_but_the_last_are_whole():
    clause = compile_dsl(Match("person", (f"{A}{B}c",), "prefix")).filter
    rules = clause["intervals"]["search.person"]["all_of"]
    assert (rules["ordered"], rules["max_gaps"]) == (True, 0)
    assert rules["intervals"] == [
        {"match": {"query": f"{A}{CUT}"}},
        {"match": {"query": f"{CUT}{B}{CUT}"}},
        {"prefix": {"prefix": f"{CUT}c"}},
    ]


def test_a_beginning_as_long_as_a_piece_also_finds_longer_words():
    assert list(compile_dsl(Match("person", (A,), "prefix")).filter) == ["prefix"]
