"""Words: the one tokeniser of search, copies and enrichment.

A word is a run of letters, digits and combining marks, folded (NFKC, case-folded). Characters of scripts written
without spaces (Han, kana, Thai, Lao, Khmer, Burmese) are words of their own, so that a query for a part of a
run finds it as a phrase. The same definition serves every engine: what one finds the others find.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import chain
from typing import NamedTuple

_UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)


def _ranges_of_marks() -> str:
    """All combining marks as ranges of a character class: a plain word class would split Hindi words."""
    candidates = chain(
        range(0x300, 0x1F000), range(0xE0100, 0xE01F0)
    )  # no marks outside: an eighth of the scan
    marks = [c for c in candidates if unicodedata.category(chr(c))[0] == "M"]
    out: list[str] = []
    start = previous = marks[0]
    for code in [*marks[1:], sys.maxunicode + 2]:
        if code != previous + 1:
            out.append(f"{chr(start)}-{chr(previous)}")
            start = code
        previous = code
    return "".join(out)


_MARKS = _ranges_of_marks()
_WORD = re.compile(rf"[{_UNSPACED}][{_MARKS}]*|[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|[{_MARKS}])*")

_ASCII_WORD = re.compile("[a-z0-9]+")
"""The same words where there is nothing but ASCII, in a quarter of the time."""


class Token(NamedTuple):
    """A folded word and where it stands: code points of the original text, end exclusive."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """NFKC and case folding, until nothing changes (folding can undo normalisation)."""
    if text.isascii():
        return text.lower()
    for _ in range(4):
        folded = unicodedata.normalize("NFKC", text).casefold()
        if folded == text:
            break
        text = folded
    return text


def tokenize(text: str) -> list[Token]:
    """All words with their places. A character that folds to several words ("½") yields several with one place."""
    out: list[Token] = []
    for match in _WORD.finditer(text):
        raw = match.group()
        if raw.isascii():
            out.append(Token(raw.lower(), match.start(), match.end()))
        else:
            out.extend(Token(part, match.start(), match.end()) for part in _WORD.findall(fold(raw)))
    return out


def words(text: str) -> list[str]:
    """The words alone; several times faster than :func:`tokenize`."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _WORD.findall(fold(text))
