"""The recipe of the table of words, on invented frequencies; the real ones are not needed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/data/language_words.py"


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("language_words", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frequencies(**shares):
    return {language: shares.get(language, {}) for language in ("id", "ms", "en", "fr")}


def test_a_word_of_one_language_is_strange_in_the_others(recipe):
    assert list(recipe.rows(frequencies(id={"dengan": 1e-2}))) == ["dengan\t0999"]


def test_a_word_of_two_languages_is_strange_in_the_other_two(recipe):
    assert list(recipe.rows(frequencies(id={"dan": 1e-2}, ms={"dan": 6e-3}))) == ["dan\t0199"]


@pytest.mark.parametrize(
    "word, share",
    [("a", 1e-2), ("x" * 21, 1e-2), ("4g", 1e-2), ("dia-lah", 1e-2), ("langka", 1e-7)],
    ids=["one letter", "too long", "a figure", "a hyphen", "rare"],
)
def test_what_is_left_out(recipe, word, share):
    assert list(recipe.rows(frequencies(id={word: share}))) == []


def test_a_word_as_frequent_everywhere_tells_nothing(recipe):
    everywhere = {"radio": 1e-4}
    assert list(recipe.rows(frequencies(id=everywhere, ms=everywhere, en=everywhere, fr=everywhere))) == []


def test_rarer_words_are_kept_for_indonesian_than_for_english(recipe):
    assert list(recipe.rows(frequencies(id={"gabah": 5e-6})))
    assert not list(recipe.rows(frequencies(en={"chaff": 5e-6})))


def test_the_table_in_the_repository_has_the_recipes_form(recipe):
    table = recipe.TARGET.read_text(encoding="utf-8")
    assert table.startswith(recipe.HEADER)
    rows = [line.split("\t") for line in table.removeprefix(recipe.HEADER).splitlines()]
    words = [word for word, _ in rows]
    assert words == sorted(words)
    assert all(recipe.LETTERS.fullmatch(word) for word in words)
    assert all(len(digits) == 4 and digits.isdigit() and "0" in digits for _, digits in rows)
