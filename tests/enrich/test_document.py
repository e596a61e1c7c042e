"""The shared analysis: surface tokens, their places, and the sentences they belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.enrich.document import MAX_TOKENS, Text, surface_tokens


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("", []),
        (" \n\t ", []),
        ("Budi tiba.", ["Budi", "tiba", "."]),
        ("Rusia-nya", ["Rusia", "-", "nya"]),
        ("Ma'ruf dan d’Artois", ["Ma'ruf", "dan", "d’Artois"]),
        ("Sari's office", ["Sari", "'s", "office"]),
        ("Sari’s", ["Sari", "’s"]),
        ("the U.S. and S.H.", ["the", "U.S.", "and", "S.H."]),
        ("George W. Marsh", ["George", "W.", "Marsh"]),
        ("vitamin C. Lalu", ["vitamin", "C.", "Lalu"]),
        ("PT. Maju", ["PT", ".", "Maju"]),
        ("Warta7.com, WARTA.CO", ["Warta7.com", ",", "WARTA.CO"]),
        ("selesai.Namun ia", ["selesai", ".", "Namun", "ia"]),
        ("Rp1.500,00 pukul 10:30", ["Rp1.500,00", "pukul", "10:30"]),
        ("(29/10/2013)", ["(", "29/10/2013", ")"]),
        ("G20", ["G20"]),
        ("“Ya!”", ["“", "Ya", "!", "”"]),
        ("José e\u0301", ["José", "e\u0301"]),
        ("北京", ["北京"]),
    ],
)
def test_tokens(text, tokens):
    assert [token.text for token in surface_tokens(text)] == tokens


@given(st.text())
def test_every_token_is_where_it_says(text):
    end = 0
    for token in surface_tokens(text):
        assert text[token.start : token.end] == token.text
        assert token.start >= end
        assert text[end : token.start].strip() == ""
        end = token.end


@given(st.text(alphabet=st.sampled_from("Ab .,!?\n\"'’-1"), max_size=200))
def test_sentences_cover_all_tokens_once(text):
    doc = Text(text, "", "id")
    covered = [index for first, last in doc.sentence_tokens for index in range(first, last)]
    assert covered == list(range(len(doc.tokens)))


def test_forms_are_counted_as_written():
    doc = Text("Warga desa. Warga kota, warga.", "", "id")
    assert doc.forms["Warga"] == 2
    assert doc.forms["warga"] == 1


def test_token_at_finds_the_next_start():
    doc = Text("satu dua tiga", "", "id")
    assert [doc.token_at(offset) for offset in (0, 1, 5, 9, 99)] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 300_000,
        "a'" * 150_000,
        "1." * 150_000,
        "a.b" * 100_000,
        "A." * 150_000,
        "e\u0301" * 150_000,
        "-" * 300_000,
    ],
    ids=lambda text: text[:3],
)
def test_hostile_text_stays_within_the_limit(hostile):
    assert len(surface_tokens(hostile)) <= MAX_TOKENS


def test_a_text_beyond_the_limit_has_tokens_at_its_beginning_only():
    doc = Text("kata " * (MAX_TOKENS + 500), "", "id")
    assert len(doc.tokens) == MAX_TOKENS
    assert doc.sentence_tokens[-1][1] == MAX_TOKENS
