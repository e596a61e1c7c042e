"""Outlets and places by name: the lists of ``rules/outlets.toml`` and ``rules/places.toml``."""

from __future__ import annotations

import re
from functools import cache

from kabar.clean.rulebook import table

_DOMAIN = re.compile(
    r"(?:www\.)?[a-z0-9][a-z0-9\-]{0,40}(?:\.[a-z0-9\-]{1,30}){0,2}"
    r"\.(?:com|co|id|net|org|news|tv|me|my|sg|au|uk|in|info|asia|press|today|media|online|live|fm)"
)
_DIRECTIONS = frozenset(table("words")["directions"])
_GROUPS = ("agencies", "indonesian", "malay", "world")
_ADMINISTRATIVE = frozenset(table("words")["administrative"])


def key(name: str) -> str:
    """How names are compared: case-folded, white space collapsed, without a trailing stop."""
    return " ".join(name.casefold().split()).rstrip(".")


@cache
def _outlets() -> frozenset[str]:
    data = table("outlets")
    return frozenset(key(name) for group in _GROUPS for name in data[group])


@cache
def _word_outlets() -> dict[str, frozenset[str]]:
    """Outlets that are also plain words: folded name to the spellings of the lists."""
    data = table("outlets")
    spellings: dict[str, set[str]] = {key(name): set() for name in data["words"]}
    for group in (*_GROUPS, "words"):
        for name in data[group]:
            if key(name) in spellings:
                spellings[key(name)].add(name)
    return {name: frozenset(found) for name, found in spellings.items()}


@cache
def _not_sources() -> frozenset[str]:
    return frozenset(key(name) for name in table("outlets")["not_sources"])


@cache
def _places() -> frozenset[str]:
    return frozenset(key(name) for names in table("places").values() for name in names)


def is_domain(name: str) -> bool:
    """Whether it has the form of a domain name: "KOMPAS.com", "rfa.org"."""
    return _DOMAIN.fullmatch(name.casefold()) is not None


def is_outlet(name: str) -> bool:
    """Whether it is a listed outlet or has the form of a domain name."""
    folded = key(name)
    if is_word_outlet(name):
        return name.strip() in _word_outlets()[folded] or name.isupper()
    return folded in _outlets() or is_domain(folded)


def is_word_outlet(name: str) -> bool:
    """Whether the outlet's name is also a plain word or initials of something else."""
    return key(name) in _word_outlets()


def is_listed_outlet(name: str) -> bool:
    """Whether it is a listed outlet, with or without its domain suffix."""
    folded = key(name)
    if folded in _outlets():
        return is_outlet(name)
    stem = folded.removeprefix("www.").split(".")[0]
    return is_domain(folded) and stem in _outlets()


def is_label(name: str) -> bool:
    """Whether it is a label or an institution that opens texts without being an outlet."""
    return key(name) in _not_sources()


def is_place(name: str) -> bool:
    """Whether it is a listed place, also with a direction behind it or "Kabupaten" before it."""
    folded = key(name)
    if folded in _places():
        return True
    head, _, last = folded.rpartition(" ")
    if head and last in _DIRECTIONS and head in _places():
        return True
    first, _, rest = folded.partition(" ")
    return first in _ADMINISTRATIVE and bool(rest)
