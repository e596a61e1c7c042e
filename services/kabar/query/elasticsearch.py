"""The Elasticsearch engine: a query as one filter of its query DSL, and the clauses to rank by.

What it expects of the index (:mod:`kabar.index.elasticsearch.mapping` builds it from the names here): an object
:data:`ROOT` with one field per field of the language. A word field is a ``text`` split at blanks only that holds
:func:`kabar.query.analysis.word_column` as :func:`indexed` rewrites it; a value field is a ``long`` or ``double``
that holds :func:`kabar.query.analysis.comparable`.

Elasticsearch's whitespace tokeniser cuts what is longer than 255 UTF-16 units into several tokens, so that the tail
of a long word would be found as a word, and a query for its head would find it. Therefore long words are cut here,
by the index and by the query alike, and each cut is marked on both sides: no piece can be taken for a word. ::

    aaaa…aaaabbb   ->   aaaa…aaaa▹ ▹bbb
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias, assert_never

from msgspec import Struct

from kabar.query.analysis import BOUNDARY
from kabar.query.fields import DEFAULT_FIELDS, VALUE_FIELDS, WORD_FIELDS, field_named
from kabar.query.nodes import All, And, Exists, Flag, Match, Node, Not, Or, Range, wanted_words

ROOT = "search"
"""The object that holds the fields of the language."""
PIECE_CHARS = 120
"""Code points. With both marks at most 242 UTF-16 units: the tokeniser, which cuts after 255, never does."""
CUT = "\ue001"
"""Stands on both sides of a cut (shown as ▹). Private use: never part of a word."""
TITLE_BOOST = 4.0
"""A word in the headline says four times as much, as in :mod:`kabar.index.sqlite.listing`."""

Query: TypeAlias = dict[str, Any]

_LONG_WORD = re.compile(rf"[^ ]{{{PIECE_CHARS + 1},}}")


class Compiled(Struct, frozen=True):
    """``filter`` decides which documents; ``ranking`` holds the clauses whose scores are added, none = no order."""

    filter: Query
    ranking: list[Query]

    def scored(self) -> Query:
        """All documents of the filter, scored by the ranking; 0 for one that meets none of it."""
        return {"bool": {"filter": [self.filter], "should": self.ranking, "minimum_should_match": 0}}


def compile_dsl(node: Node) -> Compiled:
    """Translate a query."""
    wanted = dict.fromkeys(wanted_words(node))
    return Compiled(_compile(node), [clause for match in wanted for clause in _match_clauses(match)])


def indexed(column: str) -> str:
    """A word column as the index holds it: long words in marked pieces."""
    return _LONG_WORD.sub(lambda found: " ".join(_pieces(found.group())), column)


def path(field: str) -> str:
    """Where the index holds a field of the language."""
    return f"{ROOT}.{field}"


def _pieces(word: str) -> list[str]:
    """The word itself, or what it is cut into."""
    if len(word) <= PIECE_CHARS:
        return [word]
    parts = [word[at : at + PIECE_CHARS] for at in range(0, len(word), PIECE_CHARS)]
    inner = [f"{CUT}{part}{CUT}" for part in parts[1:-1]]
    return [f"{parts[0]}{CUT}", *inner, f"{CUT}{parts[-1]}"]


def _compile(node: Node) -> Query:  # noqa: PLR0911 - one arm per node type, proven complete by assert_never
    match node:
        case All():
            return {"match_all": {}}
        case Match():
            return _any(_match_clauses(node))
        case Exists(field):
            if field_named(field).holds_words:
                return {"term": {_path(field, WORD_FIELDS): BOUNDARY}}
            return {"exists": {"field": _path(field, VALUE_FIELDS)}}
        case Range():
            return _range(node)
        case Flag(field, value):
            return {"term": {_path(field, VALUE_FIELDS): int(value)}}
        case And():
            return _all(node)
        case Or(children):
            return _any([clause for child in children for clause in _alternatives(child)])
        case Not(child):
            return _none_of([_compile(child)])
    assert_never(node)


def _path(field: str, known: Sequence[str]) -> str:
    """The path of a field: from our own table, whatever a hand-built tree holds."""
    return path(known[known.index(field)])


# Elasticsearch refuses queries nested more than 30 deep; the parser allows 20 parentheses and nots. So no level is
# spent where none is needed: an "and" within an "and" and a "not" within it stand beside the rest.


def _all(node: And) -> Query:
    wanted, excluded = _conjuncts(node)
    clauses: Query = {}
    if wanted:
        clauses["filter"] = wanted
    if excluded:
        clauses["must_not"] = excluded
    return {"bool": clauses}


def _conjuncts(node: And) -> tuple[list[Query], list[Query]]:
    """What must hold and what must not."""
    wanted: list[Query] = []
    excluded: list[Query] = []
    for child in node.children:
        if isinstance(child, And):
            also_wanted, also_excluded = _conjuncts(child)
            wanted += also_wanted
            excluded += also_excluded
        elif isinstance(child, Not):
            excluded.append(_compile(child.child))
        else:
            wanted.append(_compile(child))
    return wanted, excluded


def _alternatives(node: Node) -> list[Query]:
    return _match_clauses(node) if isinstance(node, Match) else [_compile(node)]


def _any(clauses: list[Query]) -> Query:
    if len(clauses) == 1:
        return clauses[0]
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _none_of(clauses: list[Query]) -> Query:
    return {"bool": {"must_not": clauses}}


def _match_clauses(node: Match) -> list[Query]:
    """One clause per field it is looked for in."""
    names = (node.field,) if node.field else DEFAULT_FIELDS
    return [_words(_path(name, WORD_FIELDS), node, TITLE_BOOST if name == "title" else 1.0) for name in names]


def _words(at: str, node: Match, boost: float) -> Query:
    pieces = [piece for word in node.words for piece in _pieces(word)]
    match node.mode:
        case "prefix":
            return _prefix(at, node.words[0], boost)
        case "whole":
            return _phrase(at, [BOUNDARY, *pieces, BOUNDARY], boost)
        case "phrase":
            return _phrase(at, pieces, boost)
    assert_never(node.mode)


def _phrase(at: str, pieces: list[str], boost: float) -> Query:
    if len(pieces) == 1:
        return {"term": {at: {"value": pieces[0], "boost": boost}}}
    return {"match_phrase": {at: {"query": " ".join(pieces), "boost": boost}}}


def _prefix(at: str, beginning: str, boost: float) -> Query:
    """Of a long beginning all pieces but the last are whole ones."""
    *whole, last = _pieces(beginning)
    if not whole:
        return {"prefix": {at: {"value": last, "boost": boost}}}
    rules = [*({"match": {"query": piece}} for piece in whole), {"prefix": {"prefix": last}}]
    return {
        "intervals": {at: {"all_of": {"ordered": True, "max_gaps": 0, "intervals": rules}, "boost": boost}}
    }


def _range(node: Range) -> Query:
    """A document without a value is outside every range."""
    signs = ("gt", "lt") if node.open else ("gte", "lte")
    bounds = {
        sign: bound for sign, bound in zip(signs, (node.low, node.high), strict=True) if bound is not None
    }
    return {"range": {_path(node.field, VALUE_FIELDS): bounds}}
