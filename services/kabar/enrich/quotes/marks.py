"""Quote marks: which open, which close, and which words stand between them.

News text mixes marks freely: ``“opened curly, closed straight"``, marks glued to words, marks forgotten. So a mark
is judged by its neighbours first (a blank before it: it opens; a blank or a comma behind it: it closes) and by its
shape only where they do not tell. Marks are paired within one line, and what stays open at its end is forgotten:
one missing mark cannot swallow the article. The exception is speech over several paragraphs, where each paragraph
opens again, or the last one alone closes.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal, NamedTuple

MAX_QUOTE = 4_000
"""A longer run between two marks is not a quote, in characters: the longest paragraph of speech seen has 2,900."""
MAX_MARKS_IN_LINE = 2_000
"""A line with more marks than this is not prose; the rest of them is left alone."""
MAX_DEPTH = 3
MAX_PARAGRAPHS = 12
"""Speech that would go on over more paragraphs is a forgotten mark."""

_DOUBLE = re.compile(r"[\"“”„‟«»＂]|''|``")
_SINGLE = re.compile(r"(?<![^\s(\[—–])‘(?=\w)|(?<=[,.?!…])’(?!\w)")
_LINE = re.compile(r"[^\r\n]+")
_OPENING_SHAPES = ("“", "„", "«", "``", "‘")
_CLOSING_SHAPES = ("”", "»", "’")
_BEFORE_OPENING = "([{—–-:;/'‘’"
_BEHIND_CLOSING = ".,;:!?)]}—–-/…'‘’"

Role = Literal["open", "close", "either", "inch"]


class Piece(NamedTuple):
    """Words between two marks; one paragraph of them where speech goes on over several.

    ``start``/``end`` hold the words alone, blanks trimmed; ``outer_start``/``outer_end`` the marks as well.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int
    line_start: int
    line_end: int
    group: int
    """Pieces with one number are one speech."""
    closed: bool = True
    """False: the mark that closes stands in a later paragraph."""


class _Mark(NamedTuple):
    start: int
    end: int
    role: Role


class _Line(NamedTuple):
    """What the marks of one line came to."""

    start: int
    end: int
    pairs: list[tuple[_Mark, _Mark]]
    stray: _Mark | None
    """A first mark that closes what this line did not open."""
    left: _Mark | None
    """A last mark that opens what this line does not close."""


def scan(text: str) -> list[Piece]:
    """All quoted pieces in order: outermost marks only, none longer than :data:`MAX_QUOTE`. Linear."""
    pieces: list[Piece] = []
    waiting: list[Piece] = []
    group = 0
    for match in _LINE.finditer(text):
        if match.group().isspace():
            continue
        line = _read(text, match.start(), match.end())
        ending = _ending(text, line, group) if waiting else None
        if ending is not None:
            pieces += [*waiting, ending]
        elif waiting and not (line.left and not line.pairs and _at_start(text, line, line.left)):
            waiting = []
        for opened, closed in line.pairs:
            if ending is not None and opened.start == ending.outer_start:
                continue
            group += 1
            pieces.append(_piece(text, line, opened.start, opened.end, closed.start, closed.end, group))
        if ending is not None or not waiting:
            waiting = []
            group += 1
        if line.left is not None and len(waiting) < MAX_PARAGRAPHS:
            left = _piece(text, line, line.left.start, line.left.end, line.end, line.end, group)
            waiting.append(left._replace(closed=False))
        elif line.left is not None:
            waiting = []
    return [piece for piece in pieces if 0 < piece.end - piece.start <= MAX_QUOTE]


def _ending(text: str, line: _Line, group: int) -> Piece | None:
    """The paragraph that ends a speech begun before, where this line holds it."""
    if line.stray is not None:
        return _piece(text, line, line.start, line.start, line.stray.start, line.stray.end, group)
    if line.pairs and _at_start(text, line, line.pairs[0][0]):
        opened, closed = line.pairs[0]
        return _piece(text, line, opened.start, opened.end, closed.start, closed.end, group)
    return None


def _at_start(text: str, line: _Line, mark: _Mark) -> bool:
    return not text[line.start : mark.start].strip()


def _piece(text: str, line: _Line, outer: int, start: int, end: int, outer_end: int, group: int) -> Piece:
    words = text[start:end]
    left = len(words) - len(words.lstrip())
    inner_start = start + left
    inner_end = max(inner_start, end - (len(words) - len(words.rstrip())))
    return Piece(inner_start, inner_end, outer, outer_end, line.start, line.end, group)


def _read(text: str, start: int, end: int) -> _Line:
    """Pair the marks of one line."""
    marks = _marks(text, start, end)
    stack: list[_Mark] = []
    found: list[tuple[_Mark, _Mark]] = []
    stray: _Mark | None = None
    for index, mark in enumerate(marks):
        role = mark.role
        if role == "inch":
            following = next((m.role for m in marks[index + 1 : index + 4] if m.role != "inch"), "open")
            role = "close" if stack and following == "open" else "inch"
        if role == "either":
            role = "close" if stack else "open"
        if role == "open" and len(stack) < MAX_DEPTH:
            stack.append(mark)
        elif role == "close" and stack:
            found.append((stack.pop(), mark))
        elif role == "close" and not found and stray is None:
            stray = mark
    pairs = _outermost(found)
    left = stack[0] if stack and not (pairs and pairs[-1][0].start > stack[0].start) else None
    return _Line(start, end, pairs, stray, left)


def _outermost(found: list[tuple[_Mark, _Mark]]) -> list[tuple[_Mark, _Mark]]:
    """Pairs that stand in no other pair, in order. Pairs never cross: they come from a stack."""
    out: list[tuple[_Mark, _Mark]] = []
    for opened, closed in sorted(found):
        if not out or opened.start >= out[-1][1].end:
            out.append((opened, closed))
    return out


def _marks(text: str, start: int, end: int) -> list[_Mark]:
    """The marks of a line. Single ones count only where no double one stands: most of them are apostrophes."""
    double = [
        _Mark(m.start(), m.end(), _role(text, m.start(), m.end(), start, end))
        for m in islice(_DOUBLE.finditer(text, start, end), MAX_MARKS_IN_LINE)
    ]
    if double:
        return double
    singles = islice(_SINGLE.finditer(text, start, end), MAX_MARKS_IN_LINE)
    return [_Mark(m.start(), m.end(), "open" if m.group() == "‘" else "close") for m in singles]


def _role(text: str, start: int, end: int, line_start: int, line_end: int) -> Role:
    """What a mark does, from its neighbours and then from its shape."""
    before = text[start - 1] if start > line_start else " "
    behind = text[end] if end < line_end else " "
    shape = text[start:end]
    free_left = before.isspace() or before in _BEFORE_OPENING
    free_right = behind.isspace() or behind in _BEHIND_CLOSING
    if free_left and not free_right:
        return "open"
    if free_right and not free_left:
        measure = before.isdigit() and shape in ('"', "''") and behind.isspace()
        return "inch" if measure and end < line_end else "close"
    if shape in _OPENING_SHAPES:
        return "open"
    if shape in _CLOSING_SHAPES:
        return "close"
    return "either"
