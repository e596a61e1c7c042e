"""Words: what is one, where it stands, and that every way of asking gives the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.text.tokens import fold, tokenize, words


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        (" ,.;- ", []),
        ("Halo DUNIA", ["halo", "dunia"]),
        ("COVID-19, ke-7.", ["covid", "19", "ke", "7"]),
        ("snake_case", ["snake", "case"]),
        ("Rp1.500.000", ["rp1", "500", "000"]),
        ("l’été ﬁnal", ["l", "été", "final"]),
        ("Straße", ["strasse"]),
        ("½", ["1", "2"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("東京都", ["東", "京", "都"]),
        ("สวัสดี", None),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("👍 ok", ["ok"]),
    ],
)
def test_words(text, expected):
    found = words(text)
    if expected is None:  # Thai: one word a consonant with its marks
        assert len(found) > 1
        assert "".join(found) == fold(text)
    else:
        assert found == expected


@given(st.text(max_size=300))
def test_a_token_is_a_word_of_what_it_points_at(text):
    for token in tokenize(text):
        assert token.text in words(text[token.start : token.end])


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=300))
def test_the_ascii_shortcut_changes_nothing(text):
    assert words(text) == [token.text for token in tokenize(text)]


@given(st.text(max_size=300))
def test_places_are_in_order_and_inside(text):
    last = 0
    for token in tokenize(text):
        assert 0 <= token.start < token.end <= len(text)
        assert token.start >= last or text[token.start : token.end] == text[last : token.end][-1:]
        last = token.start


@given(st.text(max_size=300))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=300))
def test_words_survive_being_joined_and_read_again(text):
    # The index stores words joined by blanks and relies on it.
    found = words(text)
    assert words(" ".join(found)) == found
