"""Words that say nothing about what an article is about, and how rare the others are."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def common_words() -> frozenset[str]:
    """The folded words of ``common_words.toml``."""
    return frozenset(word for words in _read("common_words.toml").values() for word in words.split())


def is_common(folded: str) -> bool:
    """Whether a folded word is one of them."""
    return folded in common_words()


@cache
def word_shares() -> dict[str, float]:
    """Share of news articles that a folded word occurs in, from ``word_shares.toml``.

    A word of two languages has its share in the one that uses it more: what is a plain word for some readers names
    nothing for the others. Words that are not listed are rarer than all that are.
    """
    shares: dict[str, float] = {}
    for band in _read("word_shares.toml")["band"]:
        for text in (band["indonesian"], band["english"]):
            for word in text.split():
                shares[word] = max(shares.get(word, 0.0), band["share"])
    return shares


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
