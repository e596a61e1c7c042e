"""One field and one value -> one leaf of the tree, by the field's type."""

from __future__ import annotations

import re
from typing import NamedTuple

from kabar.errors import QueryError
from kabar.query import dates
from kabar.query.fields import Field, field_named
from kabar.query.nodes import All, Exists, Flag, Match, Mode, Node, Number, Range
from kabar.text.tokens import fold, words

MAX_PHRASE_WORDS = 100
MAX_WORD_CHARS = 1_000
"""Far below the 32,768 bytes at which FTS5 cuts a token, so that no engine sees half a word."""
MIN_PREFIX_CHARS = 2
"""A shorter beginning is half the dictionary."""
MAX_NUMBER = 1e15
"""Exact in a double, and in every engine's integer."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Value(NamedTuple):
    """What stands behind the colon, or alone. ``position`` is where the text begins."""

    text: str
    position: int
    operator: str = ""
    quoted: bool = False
    now_ms: int | None = None


def condition(field: Field | None, value: Value) -> Node:
    """The leaf for a value; no field = words in title or text.

    Raises:
        QueryError: the value does not fit the field.
    """
    if field is None:
        if value.operator:
            raise QueryError(
                f"'{value.operator}' compares, but with which field?",
                position=value.position,
                hint="write words:>300 or published:>=2026-01-31; in quotes it is just text",
            )
        return _words(None, value)
    if field.compares and _compares(value):
        return _number(field_named(field.compares), value)
    match field.type:
        case "text" | "keyword":
            return _words(field, value)
        case "date":
            return _date(field, value)
        case "number":
            return _number(field, value)
        case "bool":
            return _flag(field, value)


def _compares(value: Value) -> bool:
    """Whether the value is a comparison or a range rather than words."""
    return value.operator not in ("", "=") or (not value.quoted and ".." in value.text)


# ---------------------------------------------------------------- words


def _words(field: Field | None, value: Value) -> Node:
    name = field.name if field else ""
    if value.operator not in ("", "="):
        raise QueryError(
            f"'{name}' holds words, which are neither more nor less",
            position=value.position,
            hint=f"ranges need a date or a number: published:>=2026-01-31, words:>300; or {name}:word",
        )
    if value.text == "*" and not value.quoted and not value.operator:
        return Exists(name) if field else All()
    mode: Mode = "whole" if value.operator else "phrase"
    if "*" in value.text and not value.quoted:
        mode = "prefix"
    _check_minus(name, value)
    found = tuple(words(value.text))
    _check_words(found, value)
    if mode == "prefix":
        _check_prefix(found, value)
    if field and field.choices:
        _check_choice(field, found, mode, value)
    return Match(name, found, mode)


def _check_minus(name: str, value: Value) -> None:
    if value.text.startswith("-") and not value.quoted and len(value.text) > 1:
        raise QueryError(
            f"'{name}:{value.text[:40]}': a minus stands before the field",
            position=value.position,
            hint=f"write -{name}:{value.text[1:41]}, or quotes around a value that begins with a minus",
        )


def _check_words(found: tuple[str, ...], value: Value) -> None:
    if not found:
        raise QueryError(
            f"'{value.text[:40]}' has no letter or digit to look for",
            position=value.position,
            hint="leave it out; conditions are joined with and, or, not, and '-' directly before a word excludes it",
        )
    if len(found) > MAX_PHRASE_WORDS:
        raise QueryError(
            f"a phrase of {len(found)} words",
            position=value.position,
            hint=f"use at most {MAX_PHRASE_WORDS} words",
        )
    if any(len(word) > MAX_WORD_CHARS for word in found):
        raise QueryError(
            f"a word of over {MAX_WORD_CHARS} characters",
            position=value.position,
            hint="no word is that long",
        )


def _check_prefix(found: tuple[str, ...], value: Value) -> None:
    """``pres*``: one word, its beginning, and nothing between it and the star."""
    folded = fold(value.text)
    if value.operator or len(found) != 1 or not folded.endswith(found[0] + "*") or folded.count("*") != 1:
        raise QueryError(
            f"'{value.text[:40]}': a star stands at the end of one word and means any ending",
            position=value.position,
            hint="write pres* or, for a word with a star in it, put it in quotes",
        )
    if len(found[0]) < MIN_PREFIX_CHARS:
        raise QueryError(
            f"'{value.text[:40]}' would match a large part of all words",
            position=value.position,
            hint=f"give at least {MIN_PREFIX_CHARS} characters before the star",
        )


def _check_choice(field: Field, found: tuple[str, ...], mode: Mode, value: Value) -> None:
    """A closed field: a value outside its list would silently find nothing."""
    joined = " ".join(found)
    known = any(c.startswith(joined) if mode == "prefix" else c == joined for c in field.choices)
    if not known:
        raise QueryError(
            f"'{field.name}' is never '{value.text[:40]}'",
            position=value.position,
            hint=f"it is one of: {', '.join(field.choices)}",
        )


# ---------------------------------------------------------------- dates, numbers, yes or no


def _date(field: Field, value: Value) -> Node:
    if value.text == "*" and not value.operator:
        return Exists(field.name)
    low_text, dots, high_text = value.text.partition("..")
    if dots:
        _check_range(low_text, high_text, value)
        low = dates.interval(low_text, now_ms=value.now_ms, position=value.position)[0] if low_text else None
        high = (
            dates.interval(high_text, now_ms=value.now_ms, position=value.position)[1] if high_text else None
        )
        return _bounded(field, low, high, value)
    start, end = dates.interval(value.text, now_ms=value.now_ms, position=value.position)
    if dates.is_relative(value.text):
        if value.operator:
            raise QueryError(
                f"'{value.operator}{value.text}' can be read both ways: before or after that time",
                position=value.position,
                hint=f"{field.name}:{value.text} is the last {value.text}; {field.name}:14d..7d lies between the two",
            )
        return Range(field.name, low=start)
    low, high = {
        "": (start, end),
        "=": (start, end),
        ">": (end + 1, None),
        ">=": (start, None),
        "<": (None, start - 1),
        "<=": (None, end),
    }[value.operator]
    return Range(field.name, low=low, high=high)


def _number(field: Field, value: Value) -> Node:
    if value.text == "*" and not value.operator:
        return Exists(field.name)
    low_text, dots, high_text = value.text.partition("..")
    if dots:
        _check_range(low_text, high_text, value)
        low = _parsed(field, low_text, value) if low_text else None
        high = _parsed(field, high_text, value) if high_text else None
        return _bounded(field, low, high, value)
    number = _parsed(field, value.text, value)
    match value.operator:
        case ">" | ">=":
            return Range(field.name, low=number, open=value.operator == ">")
        case "<" | "<=":
            return Range(field.name, high=number, open=value.operator == "<")
    return Range(field.name, low=number, high=number)


def _parsed(field: Field, text: str, value: Value) -> Number:
    if not _NUMBER.fullmatch(text) or abs(float(text)) > MAX_NUMBER:
        raise QueryError(
            f"'{field.name}' wants a number, not '{text[:40]}'",
            position=value.position,
            hint=f"write {field.name}:300, {field.name}:>300 or {field.name}:100..300",
        )
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _check_range(low: str, high: str, value: Value) -> None:
    """``a..b``, ``a..`` and ``..b`` are ranges; ``..`` and ``>a..b`` are not."""
    if value.operator or not (low or high):
        raise QueryError(
            f"'{value.operator}{value.text[:60]}' is not a range",
            position=value.position,
            hint="write first..last, first.. or ..last, without a sign before it",
        )


def _bounded(field: Field, low: Number | None, high: Number | None, value: Value) -> Range:
    if low is not None and high is not None and low > high:
        raise QueryError(
            f"nothing lies in {value.text[:60]}: it ends before it begins",
            position=value.position,
            hint="write the smaller bound first",
        )
    return Range(field.name, low=low, high=high)


def _flag(field: Field, value: Value) -> Node:
    wanted = _YES.get(value.text.lower())
    if wanted is None or value.operator not in ("", "="):
        raise QueryError(
            f"'{field.name}' is true or false",
            position=value.position,
            hint=f"write {field.name}:true or {field.name}:false",
        )
    return Flag(field.name, wanted)
