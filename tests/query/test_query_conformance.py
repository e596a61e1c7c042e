"""Every engine finds the same documents, and the ones the table says."""

from __future__ import annotations

import pytest
from conformance import CASES, CORPUS, NOW, RELATIVE_CASES, id_of

from kabar.query import FIELDS, parse
from kabar.query.nodes import fields_of

NAMES = {id_of(name): name for name in CORPUS}


@pytest.mark.parametrize("query,expected", CASES, ids=[query for query, _ in CASES])
def test_finds(engine, query, expected):
    assert {NAMES[i] for i in engine.find(query)} == set(expected)


@pytest.mark.parametrize("query,expected", RELATIVE_CASES, ids=[query for query, _ in RELATIVE_CASES])
def test_finds_relative_to_now(engine, query, expected):
    assert {NAMES[i] for i in engine.find(query, NOW)} == set(expected)


@pytest.mark.parametrize("query", [query for query, _ in CASES])
def test_printed_form_parses_to_the_same_tree(query):
    node = parse(query)
    assert parse(str(node)) == node


@pytest.mark.parametrize("query", [query for query, _ in CASES if query.strip()])
def test_a_query_and_its_negation_share_nothing_and_leave_nothing_out(engine, query):
    found = engine.find(query)
    rest = engine.find(f"not ({query})")
    assert not found & rest
    assert found | rest == set(NAMES)


def test_the_table_asks_about_every_field():
    asked = set().union(*(fields_of(parse(query)) for query, _ in CASES))
    assert asked == {field.name for field in FIELDS} | {""}


def test_the_table_can_fail(engine):
    """A case that finds everything or nothing by accident proves little: most find a real part."""
    partial = [expected for _, expected in CASES if 0 < len(expected) < len(CORPUS)]
    assert len(partial) > 120
