"""Query text -> lexemes. Says nothing about what fits where: that is the parser's part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from kabar.errors import QueryError

Kind = Literal["(", ")", "and", "or", "not", "field", "operator", "phrase", "word"]

QUOTES = '"“”„'
"""Any of them opens a phrase, any closes it: word processors and telephones write the curly ones."""
_OPERATOR = re.compile(r">=|<=|>|<|=")
_RUN = re.compile(rf"[^\s(){QUOTES}]+")
_PHRASE = re.compile(rf"[{QUOTES}]([^{QUOTES}]*)[{QUOTES}]")
_CONNECTIVES: dict[str, Kind] = {"and": "and", "or": "or", "not": "not"}


class Lexeme(NamedTuple):
    """A piece of the query; ``position`` in code points. For a field the text is its name."""

    kind: Kind
    text: str
    position: int


def scan(query: str) -> Iterator[Lexeme]:
    """All lexemes in order, in one pass.

    Raises:
        QueryError: a quote is not closed, or a field has nothing behind its colon.
    """
    at = 0
    after_field = False
    while at < len(query):
        char = query[at]
        if char.isspace():
            at += 1
            continue
        lexeme, at = _next(query, at, value=after_field)
        yield lexeme
        after_field = lexeme.kind == "field"
        if after_field and (at == len(query) or query[at].isspace() or query[at] == ")"):
            raise QueryError(
                f"'{lexeme.text}:' has no value",
                position=at,
                hint=f'write the value right behind the colon: {lexeme.text}:word or {lexeme.text}:"two words"',
            )


def _next(query: str, at: int, *, value: bool) -> tuple[Lexeme, int]:
    """The lexeme that starts here, and where it ends. ``value``: a field stands directly before it."""
    char = query[at]
    if char == "(":
        return Lexeme("(", char, at), at + 1
    if char == ")":
        return Lexeme(")", char, at), at + 1
    if char in QUOTES:
        return _phrase(query, at)
    if operator := _OPERATOR.match(query, at):
        return Lexeme("operator", operator.group(), at), operator.end()
    free = not value and not _follows_operator(query, at)
    if free and char == "-" and _touches(query, at + 1):
        return Lexeme("not", char, at), at + 1
    run = _RUN.match(query, at)
    assert run is not None
    return _plain(run.group(), at) if free else (Lexeme("word", run.group(), at), run.end())


def _touches(query: str, at: int) -> bool:
    """Whether something a minus can stand before begins here."""
    return at < len(query) and not query[at].isspace() and query[at] != ")"


def _follows_operator(query: str, at: int) -> bool:
    """Whether the run is what an operator compares with: ``>=-0.5``, ``>2026-01-01T10:00``."""
    return at > 0 and query[at - 1] in "<>="


def _phrase(query: str, at: int) -> tuple[Lexeme, int]:
    found = _PHRASE.match(query, at)
    if found is None:
        raise QueryError("this quote is not closed", position=at, hint='end the phrase with "')
    return Lexeme("phrase", found.group(1), at), found.end()


def _plain(text: str, at: int) -> tuple[Lexeme, int]:
    """A run that stands free: a field's name, a connective or a word."""
    name, colon, _ = text.partition(":")
    if colon:
        return Lexeme("field", name, at), at + len(name) + 1
    return Lexeme(_CONNECTIVES.get(text.lower(), "word"), text, at), at + len(text)
