"""Words that tell who speaks, read from ``cues.toml``: one :class:`Cues` per language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = {"id": "id", "ms": "id", "en": "en"}
"""Article language → section of the table. Malay speech verbs are those of Indonesian."""


@dataclass(frozen=True)
class Cues:
    """The word lists of one language; the file says what each is for."""

    language: str
    verb_first: frozenset[str]
    subject_first: frozenset[str]
    weak: frozenset[str]
    by: str
    suffixed: frozenset[str]
    pronouns: frozenset[str]
    group: frozenset[str]
    roles: frozenset[str]
    kin: frozenset[str]
    pointers: frozenset[str]
    honorifics: frozenset[str]
    titles: frozenset[str]
    """Honorifics included."""
    stops: frozenset[str]
    joints: frozenset[str]
    fillers: frozenset[str]
    openers: frozenset[str]
    titled: frozenset[str]
    prepositions: frozenset[str]
    abbreviations: frozenset[str]


@cache
def cues_of(language: str) -> Cues | None:
    """The lists for an article language; None where we have none and no speaker can be told."""
    section = LANGUAGES.get(language)
    if section is None:
        return None
    words = table()[section]
    lists = {name: frozenset(value.split()) for name, value in words.items() if name not in ("by", "suffix")}
    lists["titles"] |= lists["honorifics"]
    suffix = words["suffix"]
    suffixed = frozenset(verb + suffix for verb in lists["verb_first"]) if suffix else frozenset()
    return Cues(language=section, by=words["by"], suffixed=suffixed, **lists)


@cache
def table() -> dict[str, dict[str, str]]:
    """The file as it is."""
    return tomllib.loads(resources.files("kabar.enrich.quotes").joinpath("cues.toml").read_text("utf-8"))
