"""What looks like a headline, and where one that is glued to running text ends."""

from __future__ import annotations

import pytest

from kabar.clean.lines.headlines import first_sentence_end, is_titled, looks_like_title, titled_run


@pytest.mark.parametrize(
    "text",
    [
        "Harga Cabai Naik di Pasar Induk",
        "5 Cara Menyimpan Beras",
        "Farmers Count the Cost of Drought",
        "KPK Periksa Tiga Saksi?",
    ],
)
def test_titled(text):
    assert is_titled(text)


@pytest.mark.parametrize(
    "text",
    ["hati rakyat, katanya", "Harga cabai naik di pasar induk", "Harga Cabai Naik.", "Harga", "", "..."],
)
def test_not_titled(text):
    assert not is_titled(text)


@pytest.mark.parametrize(
    "text",
    [
        "Harga cabai naik lagi",
        "Lima desa berbagi satu dokter",
        "- Kapal tua jadi museum",
        "Begini Kata Wali Kota...",
    ],
)
def test_may_be_a_title(text):
    assert looks_like_title(text)


@pytest.mark.parametrize(
    "text",
    ["Warga pulang ke desa.", "kecil sekali", "Daftar:", "Warga pulang. Mereka lelah", "kata " * 40, ""],
)
def test_is_no_title(text):
    assert not looks_like_title(text)


@pytest.mark.parametrize(
    "text, title",
    [
        ("Harga Gabah Naik Lagi Menurut dia, panen bagus.", "Harga Gabah Naik Lagi"),
        ("Bupati Resmikan Jembatan di Lembah Warga kini menyeberang.", "Bupati Resmikan Jembatan di Lembah"),
    ],
)
def test_end_of_a_glued_title(text, title):
    assert text[: titled_run(text)].rstrip() == title


@pytest.mark.parametrize("text", ["Harga gabah naik lagi", "Harga Gabah Naik Lagi", "Pasal satu", ""])
def test_no_end_can_be_told(text):
    assert titled_run(text) is None


@pytest.mark.parametrize(
    "text, head",
    [
        ("Satu dua. Tiga empat", "Satu dua."),
        ("Benarkah? “Ya", "Benarkah?"),
        ("Rp 2.500 saja", None),
        ("Satu.", None),
    ],
)
def test_first_sentence(text, head):
    end = first_sentence_end(text)
    assert (None if end is None else text[:end]) == head
