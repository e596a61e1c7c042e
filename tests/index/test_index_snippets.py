"""Pieces of text and marks: exact offsets into the original, whatever the script."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_samples import message

from kabar.index.snippets import MAX_CHARS, MAX_MARKS, PIECE_CHARS, highlights, snippets
from kabar.query import parse
from kabar.text.tokens import words

MARKED = [
    # query, text, what is marked
    ("putin", "Putin met Putin; putinism did not.", ["Putin", "Putin"]),
    ("putin*", "Putin and putinism", ["Putin", "putinism"]),
    ('"joe biden"', "Joe\n Biden and Biden Joe", ["Joe\n Biden"]),
    ("covid-19", "COVID-19, covid 19", ["COVID-19", "covid 19"]),
    ("strasse", "Die Straße, die STRASSE", ["Straße", "STRASSE"]),
    ("cafe\u0301", "Le café, le cafe\u0301.", ["café", "cafe\u0301"]),
    ("東京", "私は東京に行く。京東", ["東京"]),
    ("京", "東京と京都", ["京", "京"]),
    ("putin or biden", "Biden, Putin", ["Biden", "Putin"]),
    ("putin -biden", "Biden, Putin", ["Putin"]),
    ("not putin", "Putin", []),
    ("not not putin", "Putin", ["Putin"]),
    ("text:putin", "Putin", ["Putin"]),
    ("title:putin", "Putin", []),
    ("person:putin", "Putin", []),
    ("words:>3", "Putin", []),
    ("*", "Putin", []),
    ('putin "vladimir putin"', "Vladimir Putin left", ["Vladimir Putin"]),
    ('"a b" "b c"', "a b c d", ["a b c"]),
    ("a", "a a a", ["a", "a", "a"]),
    ('"a a"', "a a a", ["a a a"]),
    ("script", "<script>alert(1)</script> & script", ["script", "script", "script"]),
    ("naik", "😀😀 naik", ["naik"]),
    ("fi", "ﬁ fi", ["ﬁ", "fi"]),
    ("zzz", "nothing", []),
    ("a", "", []),
]


@pytest.mark.parametrize("query,text,expected", MARKED)
def test_marks(query, text, expected):
    marks = highlights(text, parse(query), "text")
    assert [text[m.start : m.end] for m in marks] == expected


def test_title_marks_take_title_conditions():
    node = parse("title:putin text:biden geneva")
    assert [m.start for m in highlights("Putin Biden Geneva", node, "title")] == [0, 12]
    assert [m.start for m in highlights("Putin Biden Geneva", node, "text")] == [6, 12]


def pieces_of(text, query):
    found = snippets(text, parse(query))
    for piece in found:
        assert text[piece.start : piece.start + len(piece.text)] == piece.text
        assert len(piece.text) <= PIECE_CHARS
        last = 0
        for mark in piece.marks:
            assert last <= mark.start < mark.end <= len(piece.text)
            last = mark.end
    for one, two in pairwise(found):
        assert one.start + len(one.text) <= two.start
    return found


def test_piece_around_the_word_begins_and_ends_between_words():
    text = "pembuka " * 50 + "PUTIN datang " + "penutup " * 50
    (piece,) = pieces_of(text, "putin")
    assert [piece.text[m.start : m.end] for m in piece.marks] == ["PUTIN"]
    assert set(piece.text.split()) == {"pembuka", "PUTIN", "datang", "penutup"}


def test_two_pieces_for_words_far_apart():
    text = "putin " + "kata " * 200 + "biden " + "kata " * 200 + "putin"
    assert len(pieces_of(text, "putin biden")) == 2


def test_without_marks_the_beginning():
    text = "kata " * 100
    (piece,) = pieces_of(text, "person:putin")
    assert piece.start == 0
    assert piece.text.split()[-1] == "kata"
    assert pieces_of("", "a") == []
    assert pieces_of("pendek", "*")[0].text == "pendek"


def test_nothing_is_escaped():
    text = '<b onclick="x">Putin</b> &amp; \u202e'
    assert pieces_of(text, "putin")[0].text == text


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5_000 + " putin",
        "putin" + "x" * 5_000,
        "漢" * 500 + "京" + "漢" * 500,
        "a" * 90 + "\n" + "京" * 400,
        " " * 3_000 + "putin" + " " * 3_000,
    ],
)
def test_texts_without_places_to_cut(text):
    for query in ("putin*", "putin", "京", '"' + "京" * 99 + '"'):
        pieces_of(text, query)


def test_long_phrase_is_marked_as_far_as_shown():
    text = "kata " * 300
    (piece,) = pieces_of(text, '"' + "kata " * 100 + '"')
    assert piece.marks[0].start == 0
    assert piece.marks[-1].end == len(piece.text)


def test_bounded_on_monsters():
    text = "ab " * 2_000_000
    assert len(highlights(text, parse("ab"), "text")) == MAX_MARKS
    assert highlights(" " * MAX_CHARS + "ab", parse("ab"), "text") == []
    pieces_of(text, " or ".join(["ab", *(f'"{"ab " * n}"' for n in range(2, 60))]))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600), st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4))
def test_any_text(text, wanted):
    known = [w for w in wanted if words(w)]
    if known:
        pieces_of(text, " or ".join('"' + " ".join(words(w)) + '"' for w in known))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab Cé東. -", max_size=80), st.text(alphabet="abcé東", min_size=1, max_size=3))
def test_marks_where_the_predicate_finds(text, word):
    from kabar.index.document import assemble
    from kabar.query.predicate import compile_predicate

    node = parse(f'text:"{word}"')
    document = assemble(message(text=text), ingested_at=0)
    assert bool(highlights(text, node, "text")) == compile_predicate(node)(document)


def test_hits_carry_them(index):
    index.write(message(title="Air naik lagi", text="Air naik di kota."))
    from kabar.index.api import SearchRequest

    (hit,) = index.reader.search(SearchRequest(query='naik "di kota"', snippets=True)).hits
    assert [(m.start, m.end) for m in hit.title_marks] == [(4, 8)]
    assert [(m.start, m.end) for m in hit.snippets[0].marks] == [(4, 8), (9, 16)]
    (plain,) = index.reader.search(SearchRequest(query="naik")).hits
    assert plain.snippets == plain.title_marks == []
