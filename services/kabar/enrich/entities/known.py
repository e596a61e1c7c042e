"""Names that lists know for certain: countries, areas, exonyms, landmarks, organisations, outlets.

Found by their words, longest first; an abbreviation counts only in the capitals it is listed with.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from kabar.enrich.document import surface_tokens
from kabar.enrich.entities.draft import Kind
from kabar.enrich.gazetteer import gazetteer, is_abbreviation, read_data
from kabar.enrich.lexicon import lexicon


class KnownName(NamedTuple):
    """One listed name. ``firm``: the type holds whatever the tagger says; a city may also be a person's name."""

    words: tuple[str, ...]
    """Folded, or as written for an abbreviation."""
    exact: bool
    kind: Kind
    english: str
    indonesian: str
    firm: bool

    def name(self, language: str) -> str:
        """The usual name in the language of a text."""
        return self.indonesian if language in ("id", "ms") else self.english


class Found(NamedTuple):
    """A listed name in a text: token range, end exclusive."""

    first: int
    last: int
    known: KnownName


class KnownNames:
    """All listed names, by their first word."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        by_first: dict[str, list[KnownName]] = defaultdict(list)
        self._by_words: dict[tuple[str, ...], KnownName] = {}
        for name in names:
            if name.words and name.words not in self._by_words:
                self._by_words[name.words] = name
                by_first[name.words[0].lower()].append(name)
        self._by_first = {
            first: sorted(some, key=lambda n: -len(n.words)) for first, some in by_first.items()
        }

    def scan(self, forms: Sequence[str], capitals: Iterable[int], language: str) -> Iterator[Found]:
        """The listed names that begin with a capitalised token, left to right, the longest first, not overlapping."""
        free_from = 0
        for first in capitals:
            if first < free_from:
                continue
            found = self._match(forms, first, language)
            if found is not None:
                free_from = found.last
                yield found

    @lru_cache(maxsize=10_000)  # noqa: B019 - there is one table per process
    def get(self, name: str, language: str) -> KnownName | None:
        """The listed name that a whole string is."""
        forms = [token.text for token in surface_tokens(name[:200])]
        found = self._match(forms, 0, language) if forms else None
        return found.known if found is not None and found.last == len(forms) else None

    def _match(self, forms: Sequence[str], first: int, language: str) -> Found | None:
        form = forms[first]
        if form == "AS" and language == "en":
            return None
        lowered = form.lower()
        for known in self._by_first.get(lowered, ()):
            last = first + len(known.words)
            written = tuple(forms[first:last])
            if (written if known.exact else _folded(written)) == known.words:
                return Found(first, last, known)
        return None


def _folded(forms: tuple[str, ...]) -> tuple[str, ...]:
    if not forms or (forms[-1][0].islower() and len(forms) > 1):
        return ()  # "Bank dunia" is not the World Bank
    return tuple(form.lower() for form in forms)


def _words(name: str) -> tuple[tuple[str, ...], bool]:
    exact = is_abbreviation(name) or (name.isupper() and " " not in name)
    return tuple(token.text if exact else token.text.lower() for token in surface_tokens(name)), exact


def _organizations() -> Iterator[KnownName]:
    entries = tomllib.loads(read_data("organizations.toml").decode())["organizations"]
    for entry in entries:
        name, english = entry["name"], entry.get("en", entry["name"])
        for alias in dict.fromkeys([name, english, *entry.get("also", [])]):
            words, exact = _words(alias)
            yield KnownName(words, exact, "organization", english, name, firm=True)


def _outlets() -> Iterator[KnownName]:
    words = lexicon()
    for outlet in sorted(words.outlets | words.single_outlets):
        if " " in outlet or outlet in words.single_outlets:  # "tempo", "time", "suara" are words as well
            parts = tuple(token.text.lower() for token in surface_tokens(outlet))
            yield KnownName(parts, exact=False, kind="organization", english="", indonesian="", firm=True)


def _places() -> Iterator[KnownName]:
    for name, site in gazetteer().listed():
        words, exact = _words(name)
        firm = site.kind in ("country", "region", "area")
        yield KnownName(words, exact, "place", site.english, site.indonesian, firm)


@cache
def known_names() -> KnownNames:
    """The listed names of this process; organisations win over outlets over places of the same words."""
    return KnownNames([*_organizations(), *_outlets(), *_places()])
