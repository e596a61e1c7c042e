"""The content hash: what counts as a difference."""

from __future__ import annotations

import re

import pytest

from kabar.clean import fingerprint
from kabar.text.tokens import words


def content_hash(title, text):
    return fingerprint.content_hash(words(title), words(text))


TITLE, TEXT = 'Harga "cabai" naik', "Harga cabai naik, kata Budi.\nWarga mengeluh."


@pytest.mark.parametrize(
    "title, text",
    [
        ("Harga “cabai” naik", TEXT),
        ("HARGA CABAI NAIK", TEXT),
        (TITLE, TEXT.replace("\n", "  \r\n\r\n")),
        (TITLE, TEXT.replace(",", " –")),
        (TITLE, TEXT.replace("cabai", "ｃａｂａｉ")),
    ],
)
def test_form_makes_no_difference(title, text):
    assert content_hash(title, text) == content_hash(TITLE, TEXT)


@pytest.mark.parametrize(
    "title, text",
    [
        (TITLE, TEXT.replace("naik", "turun")),
        (TITLE + " lagi", TEXT),
        ("", TITLE + " " + TEXT),
        (TITLE, TEXT + " 15"),
        (TITLE, ""),
        ("", ""),
    ],
)
def test_words_do(title, text):
    assert content_hash(title, text) != content_hash(TITLE, TEXT)


def test_form_of_the_hash():
    assert re.fullmatch("[0-9a-f]{32}", content_hash("", ""))
    assert content_hash("\ud800", "\ud800")
