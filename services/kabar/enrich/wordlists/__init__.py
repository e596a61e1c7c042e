"""Word tables of the enrichment, and how to read them. ``NOTICE`` says where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

VALENCE_LANGUAGES = ("id", "en")
FREQUENCY_LANGUAGES = {"id": "id", "ms": "id", "en": "en"}
"""Article language → frequency table. Malay borrows the Indonesian one: the common words are the same."""


@cache
def frequencies(language: str) -> dict[str, float] | None:
    """Word → Zipf frequency (log10 of occurrences per billion words, 3.0 = once in a million); None = no table."""
    table = FREQUENCY_LANGUAGES.get(language)
    if table is None:
        return None
    out: dict[str, float] = {}
    for line in lines(f"frequency_{table}.txt"):
        zipf, _, words = line.partition("\t")
        out.update(dict.fromkeys(words.split(), float(zipf)))
    return out


def lines(name: str) -> list[str]:
    """The lines of a table without comments and blank ones."""
    text = resources.files("kabar.enrich.wordlists").joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


class Valences(NamedTuple):
    """Valence of words and phrases, about -4 to 4. ``heads``: first words of the phrases, so that few are tried."""

    terms: Mapping[str, float]
    heads: frozenset[str]

    @classmethod
    def of(cls, terms: Mapping[str, float]) -> Valences:
        """A list with its heads."""
        return cls(terms, frozenset(term.partition(" ")[0] for term in terms if " " in term))


@cache
def valences(language: str) -> Valences | None:
    """The written list of a language and the learned one, added up; None = no list."""
    if language not in VALENCE_LANGUAGES:
        return None
    out: dict[str, float] = {}
    for name in ("valence", "learned"):
        for line in lines(f"{name}_{language}.txt"):
            score, _, terms = line.partition("\t")
            for term in terms.split(", "):
                out[term] = out.get(term, 0.0) + float(score)
    return Valences.of(out)
