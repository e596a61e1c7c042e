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
_BLOB = 1_500
"""Mean length of lines, in characters, above which paragraphs were lost."""


_JUDGED = 20_000
_LONGEST_WORD = 40
"""Mean length of words, in characters, above which ASCII is no text."""
_TEASER = 100
"""Characters of prose that a page which does not call itself an article must have, and a quarter of its text."""


class Choice(NamedTuple):
    """The text taken, and how it was come by."""

    text: str
    method: str


class _Prose(NamedTuple):
    """Characters of prose, and of other lines (each counted with 15 more: many short lines are a list)."""

    good: int
    junk: int


def choose(fast: str, *, thorough: Callable[[], str], dense: str, described: str) -> Choice:
    """Choose.

    Args:
        fast: of the main extractor in its fast mode.
        thorough: the same in its standard mode; called only where needed.
        dense: of the fallback, which takes the densest stretch of prose in document order.
        described: the body according to JSON-LD; '' = none.
    """
    found = Choice(fast, "trafilatura")
    first, second = _measure(fast), _measure(dense)
    if first.junk > first.good:
        found = _without_lists(found, first, Choice(thorough(), "trafilatura-thorough"))
        first = _measure(found.text)
    if first.good < _ENOUGH:
        return _longest(found, Choice(dense, "density"), Choice(described, "json-ld"))
    if _is_part(found.text, first, dense, second) or _is_blob(found.text, first, dense, second):
        return Choice(dense, "density")
    return Choice(described, "json-ld") if _is_better_described(found.text, described) else found


def _without_lists(found: Choice, measured: _Prose, other: Choice) -> Choice:
    """The main extractor gave nothing, or lists of headlines around the article: is the other one free of them?"""
    prose = _measure(other.text)
    much = prose.good > 0.6 * measured.good
    return other if prose.good > _ENOUGH and much and prose.junk < 0.5 * measured.junk else found


def _longest(found: Choice, *others: Choice) -> Choice:
    """A short text stands unless another one has twice its prose and is an article by length."""
    best = found
    for other in others:
        prose = _measure(other.text).good
        if prose > _ENOUGH and prose > 2 * _measure(best.text).good:
            best = other
    return best


def _is_blob(fast: str, first: _Prose, dense: str, second: _Prose) -> bool:
    """Whether paragraphs were lost: few lines, all enormous, where the page has as much prose in more of them."""
    lines = fast.count("\n") + 1
    return len(fast) / lines > _BLOB and second.good > 0.5 * first.good and dense.count("\n") > lines


def _is_better_described(text: str, described: str) -> bool:
    """Whether the publisher's own body, with its paragraphs and of about this length, says something else."""
    if described.count("\n") < 5 or not 0.9 <= len(described) / len(text) <= 1.3:
        return False
    return _share(text, described) < 0.85


def _is_part(fast: str, first: _Prose, dense: str, second: _Prose) -> bool:
    """Whether ``fast`` is less than half of a stretch of whole sentences: the page holds its text in several boxes."""
    if second.good < 1.8 * first.good or _share(fast, dense) < 0.95 or _share(dense, fast) > 0.55:
        return False
    known = squash(fast)
    more = [line for line in dense.split("\n") if squash(line) not in known]
    return sum(_SENTENCE_END.search(line) is not None for line in more) >= 0.55 * len(more)


def is_article(text: str, *, declared: bool) -> bool:
    """Whether an extracted text can be an article at all.

    Args:
        text: what was extracted.
        declared: whether the page says of itself that it is an article. Lists of headlines and one-line pages are
            believed only then: a page of results or of players' marks is an article, a front page is none.
    """
    start = text[:_JUDGED]
    words = start.split()
    letters = sum(
        char.isalpha() or char > "\u02ff" for char in start
    )  # vowel signs of Burmese or Hindi are none
    if not words or letters < 0.5 * sum(map(len, words)) or start.count("\ufffd") > 0.02 * len(start):
        return False  # numbers, markup, binary data
    if start.isascii() and len(start) > _LONGEST_WORD * len(words):
        return False  # base64 and its like
    prose = _measure(text)
    return declared or (prose.good >= _TEASER and prose.good >= prose.junk / 3)


def squash(text: str) -> str:
    """Letters and digits alone, folded: the same text in two extractions differs in space and punctuation."""
    return _NOT_WORD.sub("", text).casefold()


def _share(part: str, whole: str) -> float:
    """How much of ``part`` is found in ``whole``, by lines."""
    known = squash(whole)
    lengths = [(len(line), squash(line) in known) for line in part.split("\n")]
    return sum(length for length, found in lengths if found) / max(1, sum(length for length, _ in lengths))


def _measure(text: str) -> _Prose:
    good = junk = 0
    for line in text.split("\n"):
        if len(line) >= _PROSE or (len(line) >= 25 and _SENTENCE_END.search(line)):
            good += len(line)
        elif line:
            junk += len(line) + 15
    return _Prose(good, junk)
