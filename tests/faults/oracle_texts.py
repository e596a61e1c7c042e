"""Payloads as a function of a number: whoever knows the number knows what must be in the index.

Words are made of syllables, so that no rule of the clean stage takes anything for furniture and no two texts are
alike; sentences and lengths are those of short news items.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

_ONSETS = ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"]
_VOWELS = ["a", "e", "i", "o", "u"]
SENTENCES = 9
WORDS = 11
SOURCES = 7


def title(number: int, revision: int) -> str:
    """The headline of a revision."""
    return " ".join(_words(f"title {number} {revision}", 6)).capitalize()


def text(number: int, revision: int) -> str:
    """The body of a revision: another one shares nothing with it."""
    words = _words(f"text {number} {revision}", SENTENCES * WORDS)
    sentences = [" ".join(some).capitalize() + "." for some in _cut(words, WORDS)]
    return "\n".join(" ".join(some) for some in _cut(sentences, 3))


def source(number: int) -> str:
    """Who publishes it."""
    return f"Wire {number % SOURCES}"


def url(number: int) -> str:
    """Where it is."""
    return f"https://wire-{number % SOURCES}.example/items/{number}"


def record(number: int, revision: int, *, copy_of: int | None = None) -> dict[str, object]:
    """What a producer hands in; a copy has the words of another number."""
    words = number if copy_of is None else copy_of
    return {
        "url": url(number), "source": source(number),
        "title": title(words, revision), "text": text(words, revision),
    }  # fmt: skip


def kill(number: int) -> dict[str, object]:
    """The withdrawal of a number."""
    return {"url": url(number), "source": source(number), "kind": "kill"}


def _words(seed: str, count: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(_syllable(chance) for _ in range(chance.randint(2, 4))) for _ in range(count)]


def _syllable(chance: random.Random) -> str:
    return chance.choice(_ONSETS) + chance.choice(_VOWELS)


def _cut(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
