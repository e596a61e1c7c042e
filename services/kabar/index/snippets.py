"""Where the words of a query stand in a text, and the pieces of it worth showing.

Found in the original text with the places of its own tokens: nothing is re-joined, so offsets are exact in any
script. Linear; a text is read up to :data:`MAX_CHARS`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from kabar.index.api import Mark, Snippet
from kabar.query.nodes import Match, Node, wanted_words
from kabar.text.tokens import Token, tokenize

MAX_CHARS = 30_000
"""Some 5,000 words. Beyond it nothing is marked, so that a page of 200 monsters stays affordable."""
MAX_MARKS = 200
PIECE_CHARS = 200
PIECES = 2
_LEAD_CHARS = 40
"""Shown before the first marked word of a piece."""


def highlights(text: str, node: Node, field: str) -> list[Mark]:
    """Places of the wanted words of a query, in order, not overlapping; adjacent words of a phrase are one place.

    Args:
        text: the original title or text.
        node: the query. Words asked for in ``field`` or in any field count; excluded words do not.
        field: ``title`` or ``text``.
    """
    wanted = list(dict.fromkeys(m for m in wanted_words(node) if m.field in ("", field)))
    if not wanted:
        return []
    tokens = tokenize(text[:MAX_CHARS])
    line = f" {' '.join(token.text for token in tokens)} "
    begins = list(accumulate((len(token.text) + 1 for token in tokens), initial=1))
    return _merged([mark for match in wanted for mark in _places(match, line, begins, tokens)])[:MAX_MARKS]


def _places(match: Match, line: str, begins: list[int], tokens: Sequence[Token]) -> list[Mark]:
    """Occurrences in the line of words, as the predicate finds them; ``begins`` are the words' offsets there."""
    needle = f" {' '.join(match.words)}" + ("" if match.mode == "prefix" else " ")
    out: list[Mark] = []
    at = line.find(needle)
    while at >= 0 and len(out) < MAX_MARKS:
        first = bisect_left(begins, at + 1)
        out.append(Mark(tokens[first].start, tokens[first + len(match.words) - 1].end))
        at = line.find(needle, at + 1)
    return out


def _merged(marks: list[Mark]) -> list[Mark]:
    """In order, overlapping ones joined."""
    out: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if out and mark.start < out[-1].end:
            out[-1] = Mark(out[-1].start, max(out[-1].end, mark.end))
        else:
            out.append(mark)
    return out


def snippets(text: str, node: Node) -> list[Snippet]:
    """Up to two pieces of the text around the query's words; without any, the beginning of the text."""
    marks = highlights(text, node, "text")
    if not marks:
        end = _word_end(text, PIECE_CHARS)
        return [Snippet(text=text[:end], start=0)] if text else []
    out: list[Snippet] = []
    done = 0
    for mark in marks:
        if mark.start < done:
            continue
        start = min(_word_start(text, max(done, mark.start - _LEAD_CHARS)), mark.start)
        end = _word_end(text, start + PIECE_CHARS)
        # A phrase longer than the piece is marked as far as it is shown.
        inside = [Mark(m.start - start, min(m.end, end) - start) for m in marks if start <= m.start < end]
        out.append(Snippet(text=text[start:end], start=start, marks=inside))
        done = end
        if len(out) == PIECES:
            break
    return out


_SEARCH_CHARS = 30
"""How far a cut may move to fall between two words; scripts without blanks are cut where the length ends."""


def _word_start(text: str, at: int) -> int:
    """The nearest beginning of a word at or after ``at``."""
    if at == 0 or text[at - 1].isspace():
        return at
    for place in range(at, min(at + _SEARCH_CHARS, len(text))):
        if text[place].isspace():
            return place + 1
    return at


def _word_end(text: str, at: int) -> int:
    """The nearest end of a word at or before ``at``."""
    if at >= len(text):
        return len(text)
    for place in range(at, max(at - _SEARCH_CHARS, 0), -1):
        if text[place].isspace():
            return place
    return at
