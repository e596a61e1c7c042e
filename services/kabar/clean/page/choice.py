"""Which of several extractions of one page is the article.

The main extractor is right on most pages. It goes wrong in ways that show without knowing the page: it takes lists of
headlines with the article, takes one of several boxes the text is spread over, or loses the paragraphs. JSON-LD is the
judge only where it has paragraphs: measured on 174 pages, of 34 bodies in JSON-LD 10 were cut short or nearly empty, 4
held more than the article, and most of the rest were one line, without the paragraphs that all later rules need.

Tried and left out: putting back paragraphs that the fallback finds between two of the article's. On the same pages it
helped 1 and hurt 12 (picture captions, teasers).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_PROSE = 80
"""Characters; a line of this length, or one of at least 25 that ends like a sentence, is prose."""
_SENTENCE_END = re.compile(r"[.!?…。！？।॥။؟۔።][\"'”’»)\]]{0,2}$")
_NOT_WORD = re.compile(r"[\W_]+")

_ENOUGH = 250
"""Characters of prose: a text with less is checked against the others."""
_LEAST = 100
"""Characters of prose below which a text is hardly a notice."""
_MUCH_MORE = 1.8
_BLOB = 1_500
"""Mean length of lines, in characters, above which paragraphs were lost."""


class Choice(NamedTuple):
    """The text taken, and how it was come by."""

    text: str
    method: str


class Prose(NamedTuple):
    """Characters of prose, and of other lines (each counted with 15 more: many short lines are a list)."""

    good: int
    junk: int


def choose(
    fast: str, *, thorough: Callable[[], str], dense: Callable[[], str], described: str, prose: int
) -> Choice:
    """Choose.

    Args:
        fast: of the main extractor in its fast mode.
        thorough: the same in its precise mode; called only where needed, like ``dense``.
        dense: of the fallback, which takes the densest stretch of prose in document order.
        described: the body according to JSON-LD; '' = none.
        prose: characters of all longer pieces of text in the page: no stretch of prose holds many more.
    """
    found = Choice(fast, "trafilatura")
    first = measure(fast)
    if first.junk > first.good:
        found = _without_lists(found, first, Choice(thorough(), "trafilatura-thorough"))
        first = measure(found.text)
    if first.good < _ENOUGH:
        if found.method == "trafilatura":
            found = _longest(found, Choice(thorough(), "trafilatura-thorough"))
        return _longest(found, Choice(dense(), "density"), Choice(described, "json-ld"))
    if (prose >= _MUCH_MORE * first.good or _is_coarse(found.text)) and _is_worse(
        found.text, first, other := dense()
    ):
        return Choice(other, "density")
    return Choice(described, "json-ld") if _is_better_described(found.text, described) else found


def _is_worse(fast: str, first: Prose, dense: str) -> bool:
    second = measure(dense)
    return _is_part(fast, first, dense, second) or _is_blob(fast, first, dense, second)


def _without_lists(found: Choice, measured: Prose, other: Choice) -> Choice:
    """The main extractor gave nothing, or lists of headlines around the article: is the other one free of them?"""
    prose = measure(other.text)
    much = prose.good > 0.6 * measured.good
    return other if prose.good > _LEAST and much and prose.junk < 0.5 * measured.junk else found


def _longest(found: Choice, *others: Choice) -> Choice:
    """A short text stands unless another one has twice its prose and is an article by length."""
    best = found
    for other in others:
        prose = measure(other.text).good
        if prose > _ENOUGH and prose > 2 * measure(best.text).good:
            best = other
    return best


def _is_blob(fast: str, first: Prose, dense: str, second: Prose) -> bool:
    """Whether paragraphs were lost: few lines, all enormous, where the page has as much prose in more of them."""
    more = dense.count("\n") > fast.count("\n") + 1
    return _is_coarse(fast) and second.good > 0.5 * first.good and more


def _is_coarse(text: str) -> bool:
    return len(text) / (text.count("\n") + 1) > _BLOB


def _is_better_described(text: str, described: str) -> bool:
    """Whether the publisher's own body, with its paragraphs and of about this length, says something else."""
    if described.count("\n") < 5 or not 0.9 <= len(described) / len(text) <= 1.3:
        return False
    return _share(text, described) < 0.85


def _is_part(fast: str, first: Prose, dense: str, second: Prose) -> bool:
    """Whether ``fast`` is less than half of a stretch of whole sentences: the page holds its text in several boxes."""
    if second.good < _MUCH_MORE * first.good or _share(fast, dense) < 0.95:
        return False
    if _is_twice(dense):
        return False
    known = squash(fast)
    more = [line for line in dense.split("\n") if squash(line) not in known]
    return sum(_SENTENCE_END.search(line) is not None for line in more) >= 0.55 * len(more)


def _is_twice(text: str) -> bool:
    """Whether the page holds its article twice, for large and for small screens."""
    lines = text.split("\n")
    different = len(set(lines))
    return different >= 3 and len(lines) >= 1.8 * different


def squash(text: str) -> str:
    """Letters and digits alone, folded: the same text in two extractions differs in space and punctuation."""
    return _NOT_WORD.sub("", text).casefold()


def _share(part: str, whole: str) -> float:
    """How much of ``part`` is found in ``whole``, by lines."""
    known = squash(whole)
    lengths = [(len(line), squash(line) in known) for line in part.split("\n")]
    return sum(length for length, found in lengths if found) / max(1, sum(length for length, _ in lengths))


def measure(text: str) -> Prose:
    """How much of a text is prose."""
    good = junk = 0
    for line in text.split("\n"):
        if len(line) >= _PROSE or (len(line) >= 25 and _SENTENCE_END.search(line)):
            good += len(line)
        elif line:
            junk += len(line) + 15
    return Prose(good, junk)
