from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.text.repair import repair

REPAIRED = [
    ("mojibake", "JÃ³hann ViÃ°ar mencetak gol", "Jóhann Viðar mencetak gol"),
    ("mojibake with a soft hyphen in it", "sÃ\xad, seÃ±or", "sí, señor"),
    ("quotes as mojibake", "â€œSiap,â€\x9d katanya", "“Siap,” katanya"),
    ("entities", "Budi &amp; Ani &quot;siap&quot;", 'Budi & Ani "siap"'),
    ("entities escaped twice", "Budi &amp;amp; Ani", "Budi & Ani"),
    ("a numeric entity", "Rp&#160;5.000", "Rp 5.000"),
    ("controls of Windows-1252", "\x93Siap\x94 \x96 kata dia", "“Siap” – kata dia"),
    ("zero-width space", "Ja\u200bkarta", "Jakarta"),
    ("soft hyphen", "ke\u00admenterian", "kementerian"),
    ("byte order mark", "\ufeffJakarta", "Jakarta"),
    ("word joiner and overrides", "A\u2060B\u202eC", "ABC"),
    ("C0 controls", "a\x00b\x08c\x1bd", "abcd"),
    ("no-break space", "PT\u00a0Maju", "PT Maju"),
    ("odd spaces", "a\u2003b\u202fc\u3000d", "a b c d"),
    ("Windows line breaks", "satu\r\ndua", "satu\ndua"),
    ("old Macintosh line breaks", "satu\rdua", "satu\ndua"),
    ("separators of Unicode", "satu\u2028dua\u2029tiga", "satu\ndua\ntiga"),
    ("decomposed letters", "cafe\u0301", "café"),
    ("ligatures", "ﬁnal", "final"),
    ("a lone surrogate", "a\ud800b", "a\ufffdb"),
    ("a line break as an entity stays within its line", "a&#10;b", "a b"),
]

KEPT = [
    "",
    "Presiden membuka rapat.\nMenteri datang.\n",
    "“Siap,” katanya. ‘Ya’ – l’actualité … selesai",
    "a\tb",
    "＠ＡＢＣ（東京）、１２３",  # full-width characters are right here
    "می‌خواهم",  # the joiner is part of the word
    "👩‍🔬 meneliti",
    "naïve façade Ångström",
    "5 < 6 > 4",
]


@pytest.mark.parametrize("before, after", [case[1:] for case in REPAIRED], ids=[case[0] for case in REPAIRED])
def test_repairs(before, after):
    result = repair(before)
    assert result.text == after
    assert result.changed


@pytest.mark.parametrize("text", KEPT)
def test_keeps_what_is_right(text):
    result = repair(text)
    assert result.text == text
    assert not result.changed


@pytest.mark.parametrize("text", KEPT)
def test_offsets_are_the_same_where_nothing_changed(text):
    result = repair(text)
    assert [result.to_original(at) for at in range(len(text) + 1)] == list(range(len(text) + 1))


def _word_at(original: str, repaired: str, word: str, in_original: str) -> None:
    result = repair(original)
    assert result.text == repaired
    at = result.text.index(word)
    start, end = result.to_original(at), result.to_original(at + len(word))
    assert original[start:end] == in_original


@pytest.mark.parametrize(
    "original, repaired, word, in_original",
    [
        ("satu\r\ndua tiga", "satu\ndua tiga", "tiga", "tiga"),
        ("\ufeffsatu dua", "satu dua", "satu", "satu"),
        ("JÃ³hann pergi ke Bandung", "Jóhann pergi ke Bandung", "Bandung", "Bandung"),
        ("JÃ³hann pergi", "Jóhann pergi", "Jóhann", "JÃ³hann"),
        ("kata &amp;quot;ya&amp;quot; itu", 'kata "ya" itu', "ya", "ya"),
        ("kata &quot;ya&quot; itu", 'kata "ya" itu', '"ya"', "&quot;ya&quot;"),
        ("a\u00a0b\u200bc\u00add e", "a bcd e", "bcd", "b\u200bc\u00add"),
        ("baris satu\nbaris &amp; dua\nbaris tiga", "baris satu\nbaris & dua\nbaris tiga", "tiga", "tiga"),
        ("cafe\u0301 buka", "café buka", "buka", "buka"),
        ("\x93Siap\x94 kata", "“Siap” kata", "Siap", "Siap"),
        ("ﬁnal tiba", "final tiba", "tiba", "tiba"),
    ],
)
def test_a_span_points_at_the_same_words_in_the_original(original, repaired, word, in_original):
    _word_at(original, repaired, word, in_original)


def test_a_changed_line_leaves_the_offsets_of_its_neighbours_exact():
    original = "satu dua\nJÃ³hann &amp; teman\r\n\u200btiga empat\n"
    result = repair(original)
    for word in ("satu", "dua", "teman", "tiga", "empat"):
        start = result.text.index(word)
        found = original[result.to_original(start) : result.to_original(start + len(word))]
        assert found == word


def test_the_ends_map_to_the_ends():
    original = "\ufeff JÃ³hann \u200b"
    result = repair(original)
    assert result.to_original(len(result.text)) == len(original)
    assert result.to_original(10_000) == len(original)
    assert result.to_original(-5) == result.to_original(0)


_PIECES = st.sampled_from(
    [
        "a",
        "Jakarta",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\u2028",
        "&amp;",
        "&",
        "&#8220;",
        "Ã³",
        "â€œ",
        "\u00a0",
        "\u200b",
        "\u00ad",
        *("e\u0301", "\ufeff", "\x93", "\ud83d", "\ud83d\ude00", "\x00", "“", "é", "ﬁ", "中", "<b>"),
    ]
)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_mixture_keeps_its_promises(text):
    result = repair(text)
    assert not set(result.text) & set("\r\u2028\u2029\u200b\u00ad\ufeff\u00a0\x00\v\f")
    assert unicodedata.is_normalized("NFC", result.text)
    result.text.encode("utf-8")  # no surrogate is left
    places = [result.to_original(at) for at in range(len(result.text) + 1)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)
    assert result.changed == (result.text != text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_repaired_for_good(text):
    once = repair(text).text
    assert repair(once).text.count("\n") == once.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "é " * 300_000,
        "\u200b" * 300_000,
        "a\u00a0" * 49_000,
        "&amp;" * 60_000,
        "Ã³" * 40_000,
        "é\n" * 30_000,
        "\n" * 300_000,
        "&" * 200_000,
    ],
    ids=[
        "long line",
        "nothing visible",
        "odd spaces",
        "entities",
        "mojibake",
        "lines",
        "empty lines",
        "ampersands",
    ],
)
def test_hostile_texts_end(text):
    result = repair(text)
    assert 0 <= result.to_original(len(result.text) // 2) <= len(text)


def test_a_line_that_is_no_prose_still_loses_what_nobody_sees():
    text = "kata\u200b &amp; " * 10_000
    result = repair(text)
    assert result.text == ("kata & " * 10_000)
    assert result.to_original(0) == 0
    assert result.to_original(len(result.text)) == len(text)
