"""Words that say nothing about what an article is about."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def common_words() -> frozenset[str]:
    """The folded words of ``common_words.toml``."""
    data: dict[str, str] = tomllib.loads(
        resources.files(__package__).joinpath("common_words.toml").read_text("utf-8")
    )
    return frozenset(word for words in data.values() for word in words.split())


def is_common(folded: str) -> bool:
    """Whether a folded word is one of them."""
    return folded in common_words()
