"""The stream engine: a query as a function from document to yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from kabar.contracts.document import Document
from kabar.query.analysis import BOUNDARY, View
from kabar.query.fields import DEFAULT_FIELDS, field_named
from kabar.query.nodes import All, And, Exists, Flag, Match, Node, Not, Or, Range

Test = Callable[[View], bool]


def compile_predicate(node: Node) -> Callable[[Document], bool]:
    """A function that says whether a document meets the query. Pure; linear in the length of the text.

    For many queries about one document share its :class:`~kabar.query.analysis.View` with :func:`compile_test`.
    """
    test = compile_test(node)
    return lambda document: test(View(document))


def compile_test(node: Node) -> Test:  # noqa: PLR0911 - one arm per node type, proven complete by assert_never
    """As :func:`compile_predicate`, over a view whose words are folded once for all queries."""
    match node:
        case All():
            return lambda _: True
        case Match():
            return _match(node)
        case Exists():
            return _exists(node)
        case Range():
            return _range(node)
        case Flag(field, value):
            return lambda view: view.value(field) == value
        case And(children):
            tests = [compile_test(child) for child in children]
            return lambda view: all(test(view) for test in tests)
        case Or(children):
            tests = [compile_test(child) for child in children]
            return lambda view: any(test(view) for test in tests)
        case Not(child):
            test = compile_test(child)
            return lambda view: not test(view)
    assert_never(node)


def _match(node: Match) -> Test:
    """Words between blanks are whole words; a prefix has none behind it; boundaries make it a whole value."""
    joined = " ".join(node.words)
    forms = {"phrase": f" {joined} ", "prefix": f" {joined}", "whole": f" {BOUNDARY} {joined} {BOUNDARY} "}
    needle = forms[node.mode]
    if node.field:
        field = node.field
        return lambda view: needle in view.words(field)
    return lambda view: any(needle in view.words(field) for field in DEFAULT_FIELDS)


def _exists(node: Exists) -> Test:
    if field_named(node.field).holds_words:
        return lambda view: bool(view.words(node.field))
    return lambda view: view.value(node.field) is not None


def _range(node: Range) -> Test:
    field, low, high, is_open = node.field, node.low, node.high, node.open

    def within(view: View) -> bool:
        value = view.value(field)
        if value is None or (is_open and value in (low, high)):
            return False
        return (low is None or value >= low) and (high is None or value <= high)

    return within
