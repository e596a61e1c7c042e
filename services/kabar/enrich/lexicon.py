"""Word lists of the entity annotator: roles, first words of organisations, kinds of places, outlets, common words.

``data/lexicon.toml`` is written by hand, ``data/person_names.txt`` comes from
:mod:`kabar.enrich.training.person_names`, and ``data/common_words.txt`` comes out of training: the words that stand in
lower case in the training sets and so are no names when a sentence begins with them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from kabar.enrich.gazetteer import read_data

COMMON_WORDS_FILE = "common_words.txt"
PERSON_NAMES_FILE = "person_names.txt"


@dataclass(frozen=True)
class Lexicon:
    """All lists, lower case. Phrases (outlets) keep their blanks."""

    role_heads: frozenset[str]
    role_rest: frozenset[str]
    titles: frozenset[str]
    suffixes: frozenset[str]
    organization_heads: frozenset[str]
    organization_sure: frozenset[str]
    organization_tails: frozenset[str]
    organization_sure_tails: frozenset[str]
    outlets: frozenset[str]
    single_outlets: frozenset[str]
    outlet_tails: frozenset[str]
    place_heads: frozenset[str]
    place_tails: frozenset[str]
    place_lower_heads: frozenset[str]
    prepositions: frozenset[str]
    connectives: frozenset[str]
    speech: frozenset[str]
    calendar: frozenset[str]
    never: frozenset[str]
    given_names: frozenset[str]
    family_names: frozenset[str]
    common: frozenset[str]

    def is_plain(self, lowered: str) -> bool:
        """Whether a word, capitalised at the start of a sentence, is most likely no name."""
        return lowered in self.common or lowered in self.never or lowered in self.speech


def build(lists: dict[str, Any], common: frozenset[str]) -> Lexicon:
    """The lexicon of a parsed ``lexicon.toml`` and a set of common words."""
    roles, organizations = lists["roles"], lists["organizations"]
    places, words = lists["places"], lists["words"]
    persons = read_data(PERSON_NAMES_FILE).decode().split()

    def names(marks: str) -> frozenset[str]:
        return frozenset(line[1:] for line in persons if line[0] in marks)

    return Lexicon(
        role_heads=frozenset(roles["heads"]),
        role_rest=frozenset(roles["rest"]),
        titles=frozenset(roles["titles"]),
        suffixes=frozenset(roles["suffixes"]),
        organization_heads=frozenset(organizations["heads"]),
        organization_sure=frozenset(organizations["sure"]),
        organization_tails=frozenset(organizations["tails"]),
        organization_sure_tails=frozenset(organizations["sure_tails"]),
        outlets=frozenset(organizations["outlets"]),
        single_outlets=frozenset(organizations["single_outlets"]),
        outlet_tails=frozenset(organizations["outlet_tails"]),
        place_heads=frozenset(places["heads"]),
        place_tails=frozenset(places["tails"]),
        place_lower_heads=frozenset(places["lower_heads"]),
        prepositions=frozenset(places["prepositions"]),
        connectives=frozenset(words["connectives"]),
        speech=frozenset(words["speech"]),
        calendar=frozenset(words["calendar"]),
        never=frozenset(words["never"]),
        given_names=names("-*"),
        family_names=names("+*"),
        common=common,
    )


def read_lists() -> dict[str, Any]:
    """``lexicon.toml``, parsed."""
    return tomllib.loads(read_data("lexicon.toml").decode())


@cache
def lexicon() -> Lexicon:
    """The lexicon of this process, read at the first call."""
    return build(read_lists(), frozenset(read_data(COMMON_WORDS_FILE).decode().split()))
