"""Hard-wrapped text (old wire copy, e-mail): lines of one width, paragraphs set off by indentation or blank lines."""

from __future__ import annotations

import re
from itertools import pairwise

_TERMINAL = re.compile(r"[.!?:;\"”’)\]]\s*$")
_MIN_LINES = 6
_WIDTHS = range(45, 100)
"""A wrapped text is at least as wide as a narrow column and at most as wide as a terminal."""


def unwrap(text: str) -> str:
    """Join the lines of hard-wrapped paragraphs; the length stays: line breaks inside become spaces.

    A text counts as wrapped when nearly all its lines are as long as one column and most break in mid-sentence.
    """
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    if len(filled) < _MIN_LINES:
        return text
    width = max(len(line.rstrip()) for line in filled)
    if width not in _WIDTHS or not _looks_wrapped(filled, width):
        return text
    out = [lines[0]]
    for before, line in pairwise(lines):
        out.append(" " if _continues(before, line, width) else "\n")
        out.append(line)
    return "".join(out)


def _looks_wrapped(filled: list[str], width: int) -> bool:
    full = [line for line in filled if len(line.rstrip()) >= width * 0.75]
    open_ended = [line for line in full if not _TERMINAL.search(line[-4:])]
    return len(full) >= len(filled) * 0.5 and len(open_ended) >= len(filled) * 0.45


def _continues(before: str, line: str, width: int) -> bool:
    """Whether the second line goes on the paragraph of the first."""
    if not before.strip() or not line.strip() or line[0].isspace():
        return False
    first_word = line.split(maxsplit=1)[0]
    # The next word would have fitted: the writer ended the line on purpose.
    return len(before.rstrip()) + 1 + len(first_word) > width - 6
