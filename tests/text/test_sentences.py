from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.text.sentences import split


def sentences(text: str, language: str = "id") -> list[str]:
    return [text[start:end] for start, end in split(text, language)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        ("  \n \n", []),
        ("Satu kalimat tanpa titik", ["Satu kalimat tanpa titik"]),
        ("Ia datang. Ia pergi.", ["Ia datang.", "Ia pergi."]),
        ("PT. Maju Terus Tbk. naik tajam. Bursa ramai.", ["PT. Maju Terus Tbk. naik tajam.", "Bursa ramai."]),
        ("PT Maju Tbk. (MJTR) turun.", ["PT Maju Tbk. (MJTR) turun."]),
        ("Ia bekerja di PT Maju Tbk. Kini ia pensiun.", ["Ia bekerja di PT Maju Tbk.", "Kini ia pensiun."]),
        ("Dr. H. Ahmad, S.H., M.H. hadir. Rapat mulai.", ["Dr. H. Ahmad, S.H., M.H. hadir.", "Rapat mulai."]),
        ("Brigjen. Sukma bicara.", ["Brigjen. Sukma bicara."]),
        ("Kombes Pol. Sukma bicara.", ["Kombes Pol. Sukma bicara."]),
        ("Rumahnya di Jl. Melati No. 5 Bandung.", ["Rumahnya di Jl. Melati No. 5 Bandung."]),
        ("Harganya Rp 1.500.000. Mahal.", ["Harganya Rp 1.500.000.", "Mahal."]),
        ("Mulai pukul 10.30 WIB. Selesai siang.", ["Mulai pukul 10.30 WIB.", "Selesai siang."]),
        ("“Kami siap.” katanya. Ia pergi.", ["“Kami siap.” katanya.", "Ia pergi."]),
        ("“Kami siap.” Ia pergi.", ["“Kami siap.”", "Ia pergi."]),
        (
            "TEMPOKINI.CO, Jakarta - Presiden hadir. Rapat mulai.",
            ["TEMPOKINI.CO, Jakarta - Presiden hadir.", "Rapat mulai."],
        ),
        ("Baris satu\nBaris dua. Tiga.", ["Baris satu", "Baris dua.", "Tiga."]),
        ("Bagus 😀 sekali. Ya!", ["Bagus 😀 sekali.", "Ya!"]),
        ("Apel, jeruk, dll. Semua segar.", ["Apel, jeruk, dll.", "Semua segar."]),
        ("Apel, jeruk, dll. dijual murah.", ["Apel, jeruk, dll. dijual murah."]),
    ],
)
def test_indonesian(text, expected):
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Mr. Smith of Acme Inc. said so. He left.", ["Mr. Smith of Acme Inc. said so.", "He left."]),
        ("He works at Acme Inc. The end.", ["He works at Acme Inc.", "The end."]),
        ("U.S. officials met. They agreed.", ["U.S. officials met.", "They agreed."]),
        ("Sen. Lee voted. It cost 50 sen. It passed.", ["Sen. Lee voted.", "It cost 50 sen.", "It passed."]),
        ('"Go," he said. "Now!" She went.', ['"Go," he said.', '"Now!"', "She went."]),
        ("J. K. Rowan wrote it. Fine.", ["J. K. Rowan wrote it.", "Fine."]),
    ],
)
def test_english(text, expected):
    assert sentences(text, "en") == expected


@pytest.mark.parametrize("language", ["", "id", "en", "zz", "zh", "min"])
def test_any_language_code_is_accepted(language):
    assert sentences("Satu. Dua.", language) == ["Satu.", "Dua."]


def test_chinese():
    assert sentences("今天天气好。明天下雨！", "zh") == ["今天天气好。", "明天下雨！"]


@settings(deadline=None)
@given(st.text(alphabet='ab .!?"”“\n\tPT.Dr A1é😀', max_size=120))
def test_spans_are_trimmed_ordered_and_lose_no_word(text):
    spans = split(text, "id")
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
        assert "\n" not in text[start:end]
        last = end
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text", ["a. " * 100_000, "x" * 300_000, "PT. " * 80_000, '"' * 100_000, "\n" * 100_000, "." * 99_999]
)
def test_hostile_texts_end_and_lose_nothing(text):
    spans = split(text, "id")
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_a_long_line_is_cut_at_a_space():
    text = "kata " * 10_000
    assert all(text[start:end].startswith("kata") for start, end in split(text, "id"))


def test_every_abbreviation_is_written_as_it_is_compared():
    data = tomllib.loads(resources.files("kabar.text").joinpath("abbreviations.toml").read_text("utf-8"))
    words = [
        word
        for lists in data.values()
        for words in lists.values()
        if isinstance(words, list)
        for word in words
    ]
    assert words
    assert all(word == word.casefold() and not word.endswith(".") for word in words)
    assert len(words) == len(set(words))
