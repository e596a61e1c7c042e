"""From a mention to the one name of its entity: "Putin", "Presiden Putin" → "Vladimir Putin".

Whoever has a mention in hand (the speaker of a quote, a person of a query) asks here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kabar.contracts.sections import Entity
from kabar.text.tokens import words

_AMBIGUOUS = ""
_LONGEST_MENTION = 30
"""Words of a mention that are looked at, from its end: a name stands last in "Presiden Rusia Vladimir Putin"."""


@dataclass(frozen=True)
class Names:
    """Mentions of one article and the names they stand for. Made by :func:`unify`."""

    _by_words: dict[tuple[str, ...], str]
    _spans: list[tuple[int, int, Entity]]

    def name(self, mention: str) -> str:
        """The unified name a mention stands for, '' when none or more than one fits.

        Titles and offices before the name are passed over: the longest ending of the mention that is a name, or an
        unambiguous part of a person's name, decides.
        """
        tail = words(mention)[-_LONGEST_MENTION:]
        for first in range(len(tail)):
            found = self._by_words.get(tuple(tail[first:]))
            if found is not None:
                return found
        return ""

    def at(self, start: int, end: int) -> Entity | None:
        """The first entity one of whose mentions overlaps a span of the article text."""
        return next((entity for a, b, entity in self._spans if a < end and start < b), None)

    def within(self, start: int, end: int) -> list[Entity]:
        """The entities mentioned wholly inside a span, in the order of their mentions there, repeats included."""
        return [entity for a, b, entity in self._spans if start <= a and b <= end]


def unify(entities: Iterable[Entity]) -> Names:
    """The names of an article, from what :func:`kabar.enrich.entities.find` returned."""
    by_words: dict[tuple[str, ...], set[str]] = defaultdict(set)
    exact: dict[tuple[str, ...], set[str]] = defaultdict(set)
    spans: list[tuple[int, int, Entity]] = []
    for entity in entities:
        spans.extend((span.start, span.end, entity) for span in entity.spans)
        for text in (entity.name, entity.text):
            exact[tuple(words(text))].add(entity.name)
            if entity.type == "person":
                for part in _parts(words(text)):
                    by_words[part].add(entity.name)
    by_words.update(exact)  # a whole name is never ambiguous with a part of another
    spans.sort(key=lambda item: item[:2])
    single = {key: names.pop() if len(names) == 1 else _AMBIGUOUS for key, names in by_words.items() if key}
    return Names(single, spans)


def _parts(name: list[str]) -> Iterator[tuple[str, ...]]:
    """Single words of a name and its endings; initials stand for nobody."""
    for index, word in enumerate(name):
        if len(word) > 1:
            yield (word,)
        yield tuple(name[index:])
