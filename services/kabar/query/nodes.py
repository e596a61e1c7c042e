"""The syntax tree. Every engine handles every node or raises; ``str(node)`` parses to an equal node.

::

    Node
    ├── All()                              every document
    ├── Match(field, words, mode)          words next to each other inside one value of the field
    ├── Exists(field)                      the field has a value
    ├── Range(field, low, high, open)      a date or number between bounds
    ├── Flag(field, value)                 a yes or no
    ├── And(children) · Or(children)       two or more
    └── Not(child)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from kabar.contracts.document import iso
from kabar.query.fields import field_named

Mode = Literal["phrase", "prefix", "whole"]
Number: TypeAlias = int | float


class All(Struct, frozen=True):
    """Every document."""

    def __str__(self) -> str:
        return "*"


class Match(Struct, frozen=True):
    """Folded words that follow each other inside one value of a word field; '' = title or text.

    ``phrase``: a run of the value's words; ``whole``: all of them; ``prefix``: the one word given is the
    beginning of a word.
    """

    field: str
    words: tuple[str, ...]
    mode: Mode = "phrase"

    def __str__(self) -> str:
        joined = " ".join(self.words)
        shown = f"{joined}*" if self.mode == "prefix" else f'{"=" if self.mode == "whole" else ""}"{joined}"'
        return f"{self.field}:{shown}" if self.field else shown


class Exists(Struct, frozen=True):
    """The field has a value: at least one word, a date, a number."""

    field: str

    def __str__(self) -> str:
        return f"{self.field}:*"


class Range(Struct, frozen=True):
    """A date (milliseconds, UTC) or number within bounds; None = no bound. A document without a value is outside.

    ``open`` leaves the bound itself out; only where there is one bound. Dates are always closed: a date in a
    query means an interval (a year, a day, a second), and its first or last millisecond is the bound.
    """

    field: str
    low: Number | None = None
    high: Number | None = None
    open: bool = False

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"{self.field}:{self._shown(self.low)}..{self._shown(self.high)}"
        sign = "" if self.open else "="
        if self.low is not None:
            return f"{self.field}:>{sign}{self._shown(self.low)}"
        assert self.high is not None
        return f"{self.field}:<{sign}{self._shown(self.high)}"

    def _shown(self, bound: Number) -> str:
        return iso(int(bound)) if field_named(self.field).type == "date" else repr(bound)


class Flag(Struct, frozen=True):
    """A yes-or-no field has this value."""

    field: str
    value: bool

    def __str__(self) -> str:
        return f"{self.field}:{'true' if self.value else 'false'}"


class And(Struct, frozen=True):
    """All children hold."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(_inner(child) for child in self.children)


class Or(Struct, frozen=True):
    """At least one child holds."""

    children: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(_inner(child) for child in self.children)


class Not(Struct, frozen=True):
    """The child does not hold."""

    child: Node

    def __str__(self) -> str:
        return f"not {_inner(self.child)}"


Node: TypeAlias = All | Match | Exists | Range | Flag | And | Or | Not


def _inner(node: Node) -> str:
    """A node as printed inside another one."""
    return f"({node})" if isinstance(node, And | Or) else str(node)


def leaves(node: Node, *, negated: bool = False) -> Iterator[tuple[Node, bool]]:
    """The conditions of a tree in order, each with whether an odd number of nots stands above it."""
    if isinstance(node, And | Or):
        for child in node.children:
            yield from leaves(child, negated=negated)
    elif isinstance(node, Not):
        yield from leaves(node.child, negated=not negated)
    else:
        yield node, negated


def fields_of(node: Node) -> frozenset[str]:
    """The names of the fields a query asks about; '' where it asks for words anywhere."""
    return frozenset(leaf.field for leaf, _ in leaves(node) if not isinstance(leaf, All | And | Or | Not))


def wanted_words(node: Node) -> list[Match]:
    """The word conditions a document may meet by having them (not the excluded ones): what to rank by and mark."""
    return [leaf for leaf, negated in leaves(node) if isinstance(leaf, Match) and not negated]
