"""Keywords: words and short phrases that are frequent here and rare elsewhere.

Term frequency × inverse document frequency, with word frequencies of the language in place of a document
collection (:mod:`kabar.enrich.wordlists`); names and repeated phrases compete with single words and push out
those they contain. Title and early words count more. In a language without a table there are no keywords: without
one the most frequent words are "the" and "of".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from kabar.contracts.sections import Entity, Keyword
from kabar.enrich.document import Text, Word
from kabar.enrich.wordlists import frequencies
from kabar.text.tokens import fold, words

VERSION = "tfidf-1"
MAX_KEYWORDS = 12
MAX_TOKENS = 10_000
"""Only so many are read (about 60,000 characters): the subject of an article stands in its first pages."""
MIN_WORDS = 10
"""A shorter text says too little to weigh words in."""
COMMON = 5.6
"""Words from this Zipf frequency on (one in 2,500) carry grammar, not a subject; they also break phrases."""
UNKNOWN = 3.2
"""Zipf frequency taken for a word the table lacks: rarer than its rarest, but a name or a typo as likely as a term."""
CEILING = 7.5
LONGEST = 40
"""A longer "word" is none, in characters."""
MAX_PHRASE = 3
EARLY_WORDS = 60
"""In a longer text a word that comes once counts only if it is among the first ones."""
SHORT = 200
"""In a text of so few words hardly any phrase comes twice."""
TITLE_WEIGHT = 1.6
EARLY_WEIGHT = 0.6
"""What standing at the very start adds; it falls to nothing at the end of the text."""
NAME_WEIGHT = 1.3
PHRASE_WEIGHT, ONCE_WEIGHT = 1.7, 2.0
"""Two words together say more than each; one that stands in a short text only once has its count against it."""


class _Term(NamedTuple):
    words: tuple[str, ...]
    times: int
    first: int
    """Index of the first occurrence among the words of the text."""
    score: float
    shown: str


def find(doc: Text, entities: Sequence[Entity]) -> list[Keyword]:
    """At most :data:`MAX_KEYWORDS`, best first, scores relative to the best. [] = language or text gives no ground."""
    table = frequencies(doc.language)
    tokens = doc.tokens[:MAX_TOKENS]
    if table is None or len(tokens) < MIN_WORDS:
        return []
    scale = _Scale(table, frozenset(words(doc.title[:1_000])), len(tokens))
    stream = _stream(doc.text, tokens, scale)
    taken = _surface_forms(doc.text, entities)
    plain = [term for term in _words(stream, scale) + _phrases(stream, scale) if term.words not in taken]
    terms = sorted(
        plain + _names(tokens, entities, scale), key=lambda term: (-term.score, term.first, term.words)
    )
    chosen = _choose(terms)
    return [Keyword(term=term.shown, score=round(term.score / chosen[0].score, 4)) for term in chosen]


class _Scale:
    """Weighs words of one article."""

    def __init__(self, table: Mapping[str, float], title: frozenset[str], total: int) -> None:
        self._table = table
        self._cache: dict[str, float] = {}
        self._total = total
        self.title = title
        self.short = total <= SHORT

    def rarity(self, word: str) -> float:
        """Inverse document frequency; 0 for words of grammar, numbers and single letters."""
        known = self._cache.get(word)
        if known is None:
            known = self._cache[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> float:
        zipf = self._table.get(word, UNKNOWN)
        if word.endswith("nya"):
            zipf = max(zipf, self._table.get(word[:-3], UNKNOWN))
        return CEILING - zipf if zipf < COMMON and 2 < len(word) <= LONGEST and word.isalpha() else 0.0

    def weight(self, words: Sequence[str], count: int, first: int) -> float:
        """Score of a term from its rarity, count, place, and whether the title has it."""
        rarity = sum(map(self.rarity, words)) / len(words)
        place = 1 + EARLY_WEIGHT * (1 - min(1.0, first / self._total))
        title = TITLE_WEIGHT if self.title.issuperset(words) else 1.0
        return float(count**0.8) * rarity * place * title


def _stream(text: str, tokens: Sequence[Word], scale: _Scale) -> list[str]:
    """The content words in order, "" for each word of grammar, mark or line break between them; hyphens join."""
    out: list[str] = []
    end = 0
    for form, start, stop in tokens:
        if form == "-" and start == end:
            end = stop
            continue
        if start - end > 1 or (start > end and text[end] != " "):
            out.append("")
        word = form.lower()
        out.append(word if scale.rarity(word) else "")
        end = stop
    return out


def _words(stream: Sequence[str], scale: _Scale) -> list[_Term]:
    """Single words; in a longer text those that come twice, stand at its start or in the title."""
    least = 1 if scale.short else 2
    first = {word: index for index, word in reversed(list(enumerate(stream)))}
    return [
        _Term((word,), count, first[word], scale.weight((word,), count, first[word]), word)
        for word, count in Counter(stream).items()
        if word and (count >= least or first[word] < EARLY_WORDS or word in scale.title)
    ]


def _phrases(stream: Sequence[str], scale: _Scale) -> list[_Term]:
    """Two or three content words side by side, more than once; in a short text a whole run of them once."""
    pairs = list(pairwise(stream))
    grams = [*pairs, *((*pair, word) for pair, word in zip(pairs, stream[2:], strict=False))]
    counts = Counter(grams)
    first = {gram: index % len(pairs) for index, gram in reversed(list(enumerate(grams)))}
    runs = (tuple(run) for content, run in groupby(stream, bool) if content) if scale.short else ()
    whole = {run for run in runs if 1 < len(run) <= MAX_PHRASE}
    parts = {
        part
        for gram, count in counts.items()
        if count > 1 and len(gram) == MAX_PHRASE and all(gram)
        for part in (gram[1:], gram[:-1])
        if counts[part] == count
    }
    out = []
    for gram, count in counts.items():
        if (count > 1 or gram in whole) and all(gram) and gram not in parts:
            weight = PHRASE_WEIGHT if count > 1 else ONCE_WEIGHT
            out.append(
                _Term(
                    gram, count, first[gram], weight * scale.weight(gram, count, first[gram]), " ".join(gram)
                )
            )
    return out


def _surface_forms(text: str, entities: Sequence[Entity]) -> set[tuple[str, ...]]:
    """The words of every mention: they count for the entity and are no terms of their own."""
    forms = {text[span.start : span.end] for entity in entities for span in entity.spans}
    return {tuple(words(form)) for form in forms}


def _names(tokens: Sequence[Word], entities: Sequence[Entity], scale: _Scale) -> list[_Term]:
    """Entities under their one name, as written; all mentions count, short ones too."""
    out = []
    starts = {start: index for index, (_, start, _) in enumerate(tokens)}
    for entity in entities:
        named = tuple(words(entity.name))
        places = [starts[span.start] for span in entity.spans if span.start in starts]
        if named and places and any(map(scale.rarity, named)):
            score = NAME_WEIGHT * scale.weight(named, entity.count, min(places))
            out.append(_Term(named, entity.count, min(places), score, entity.name))
    return out


def _choose(terms: Sequence[_Term]) -> list[_Term]:
    """The best terms; none that lies within a better one, and none that only lengthens it."""
    chosen: list[_Term] = []
    seen: set[str] = set()
    for term in terms:
        key = fold(term.shown)
        if key in seen or any(_overlaps(term, other) for other in chosen):
            continue
        seen.add(key)
        chosen.append(term)
        if len(chosen) == MAX_KEYWORDS:
            break
    return chosen


def _overlaps(term: _Term, better: _Term) -> bool:
    """Whether a better term says the same: it holds this one's words, or this one adds little to it."""
    mine, others = set(term.words), set(better.words)
    return mine <= others or (others < mine and term.times * 2 <= better.times)
