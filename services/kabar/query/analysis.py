"""A document as the engines see it: its words per field, folded once, and its comparable values.

The words of a field are one string: every value's words joined by single blanks, values apart by
:data:`BOUNDARY`, which no word can be. ::

    persons = ["Vladimir Putin", "Biden"]   ->   "⌂ vladimir putin ⌂ biden ⌂"

SQLite stores exactly this string in an FTS5 column whose tokens are the blank-separated pieces; the predicate
looks for substrings of it; an index with a whitespace analyser can hold it as well. A phrase cannot reach over
a boundary, and a whole value is the phrase ``⌂ … ⌂``. So the engines agree by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kabar.contracts.document import Document, millis
from kabar.query.fields import FIELDS, values_at
from kabar.query.nodes import Number
from kabar.text.tokens import words

BOUNDARY = "\ue000"
"""Stands before, between and after values (shown as ⌂). Private use: never part of a word."""


def word_string(values: Iterable[str]) -> str:
    """The words of a field as one string; '' where no value has a word. A repeated value counts once."""
    kept = [joined for value in dict.fromkeys(values) if value and (joined := " ".join(words(value)))]
    return f"{BOUNDARY} {f' {BOUNDARY} '.join(kept)} {BOUNDARY}" if kept else ""


def _reader(paths: Sequence[str]) -> Callable[[Document], Sequence[Any]]:
    """All values at the paths, in order."""
    readers = [values_at(path) for path in paths]
    if len(readers) == 1:
        return readers[0]
    return lambda document: [value for read in readers for value in read(document)]


_READERS = {field.name: _reader(field.paths) for field in FIELDS}
_TYPES = {field.name: field.type for field in FIELDS}


def word_column(document: Document, field: str) -> str:
    """The words of one field of a document, as :func:`word_string`."""
    return word_string(_READERS[field](document))


def comparable(document: Document, field: str) -> Number | None:
    """The value of a ``date`` (milliseconds), ``number`` or ``bool`` (0 or 1) field; None = it has none."""
    found = _READERS[field](document)
    kind = _TYPES[field]
    if kind == "bool":
        return int(len(found) > 0)
    if not found:
        return None
    value: Number = millis(found[0]) if kind == "date" else found[0]
    return value


class View:
    """One document under many questions: each field is folded once, when first asked for."""

    __slots__ = ("_values", "_words", "document")

    def __init__(self, document: Document) -> None:
        self.document = document
        self._words: dict[str, str] = {}
        self._values: dict[str, Number | None] = {}

    def words(self, field: str) -> str:
        """The word string between two blanks, so that every word has one on either side; '' = no words."""
        found = self._words.get(field)
        if found is None:
            column = word_column(self.document, field)
            found = self._words[field] = f" {column} " if column else ""
        return found

    def value(self, field: str) -> Number | None:
        """As :func:`comparable`."""
        if field not in self._values:
            self._values[field] = comparable(self.document, field)
        return self._values[field]
