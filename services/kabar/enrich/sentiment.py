"""Sentiment: how the words of an article feel, on the whole. A weak signal, and "neutral" is an answer.

Valences of words are summed per sentence with negation, intensifiers and contrast, as VADER does (Hutto and
Gilbert, 2014), and squeezed to -1..1 by ``s / sqrt(s² + 15)``. An article is the weighted mean of its title
and its first sentences. Lists exist for Indonesian and English; in other languages, and for texts of a few
words, there is no answer.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from kabar.contracts.sections import Sentiment
from kabar.enrich.document import Text
from kabar.enrich.wordlists import Valences, valences
from kabar.text.tokens import words

VERSION = "valence-1"
MIN_WORDS = 4
"""Title and text together must have so many words."""
MAX_SENTENCES = 30
"""Only the title and so many first sentences are read: what follows is background."""
MAX_SENTENCE_CHARS = 2_000
TITLE_WEIGHT, LEAD_WEIGHT = 3.0, 2.0
LEAD_SENTENCES = 2
SATURATION = 15.0
"""VADER's constant: the sum at which a sentence is as good as certain is a few times its root."""
THRESHOLDS = {"id": (-0.2, 0.25), "en": (-0.2, 0.2)}
"""Up to the first it is negative, from the second on positive."""
NEGATION_REACH, NEGATION_FACTOR = 3, -0.6
MODIFIER_STEP = 0.3
BEFORE_CONTRAST, BEHIND_CONTRAST = 0.6, 1.3
MAX_TERM_WORDS = 3

Label = Literal["negative", "neutral", "positive"]


@dataclass(frozen=True)
class _Rules:
    """Modifiers of one language; ``sentiment_rules.toml`` says what each is for."""

    negations: frozenset[str]
    stronger: frozenset[str]
    weaker: frozenset[str]
    contrast: frozenset[str]
    after: frozenset[str]


@cache
def rules(language: str) -> _Rules:
    """The modifiers of a language."""
    table = tomllib.loads(resources.files("kabar.enrich").joinpath("sentiment_rules.toml").read_text("utf-8"))
    return _Rules(**{name: frozenset(value.split()) for name, value in table[language].items()})


def find(doc: Text) -> Sentiment | None:
    """The sentiment of title and text; None in a language without a list, or with hardly any words."""
    listed = valences(doc.language)
    if listed is None:
        return None
    sentences = [(words(doc.title[:MAX_SENTENCE_CHARS]), TITLE_WEIGHT)] if doc.title.strip() else []
    for index, (start, end) in enumerate(doc.sentences[:MAX_SENTENCES]):
        weight = LEAD_WEIGHT if index < LEAD_SENTENCES else 1.0
        sentences.append((words(doc.text[start : min(end, start + MAX_SENTENCE_CHARS)]), weight))
    if sum(len(sentence) for sentence, _ in sentences) < MIN_WORDS:
        return None
    total = sum(weight for _, weight in sentences)
    score = (
        sum(weight * squeeze(weigh(sentence, doc.language, listed)) for sentence, weight in sentences) / total
    )
    return Sentiment(label=label(score, doc.language), score=round(score, 4))


def label(score: float, language: str) -> Label:
    """The name of a score."""
    low, high = THRESHOLDS[language]
    return "negative" if score <= low else "positive" if score >= high else "neutral"


def squeeze(total: float) -> float:
    """A sum of valences as a number between -1 and 1."""
    return total / math.sqrt(total * total + SATURATION)


def weigh(sentence: Sequence[str], language: str, listed: Valences) -> float:
    """The sum of the valences of a sentence of folded words, each turned and weighted by the words around it."""
    rule = rules(language)
    hits: list[tuple[int, float]] = []
    index = 0
    while index < len(sentence):
        size, value = _longest(sentence, index, listed)
        if value:
            hits.append((index, value * _modifier(sentence, index, size, rule)))
        index += size
    if not hits:
        return 0.0
    turn = next((i for i in range(len(sentence) - 1, 0, -1) if sentence[i] in rule.contrast), None)
    if turn is None:
        return sum(value for _, value in hits)
    return sum(value * (BEFORE_CONTRAST if place < turn else BEHIND_CONTRAST) for place, value in hits)


def _longest(sentence: Sequence[str], index: int, listed: Valences) -> tuple[int, float]:
    """Words and valence of the longest listed term that starts here; (1, 0.0) = none."""
    word = sentence[index]
    if word in listed.heads:
        for size in range(min(MAX_TERM_WORDS, len(sentence) - index), 1, -1):
            value = listed.terms.get(" ".join(sentence[index : index + size]))
            if value is not None:
                return size, value
    return 1, listed.terms.get(word, 0.0)


def _modifier(sentence: Sequence[str], index: int, size: int, rule: _Rules) -> float:
    """What negation and intensifiers around a term make of it."""
    before = sentence[max(0, index - NEGATION_REACH) : index]
    factor = 1.0
    for word in before[-2:]:
        factor += MODIFIER_STEP * ((word in rule.stronger) - (word in rule.weaker))
    if index + size < len(sentence) and sentence[index + size] in rule.after:
        factor += MODIFIER_STEP
    return factor * (NEGATION_FACTOR if any(word in rule.negations for word in before) else 1.0)
