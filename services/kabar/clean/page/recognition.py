"""Whether what was extracted from a page is an article at all.

Front pages, lists of headlines, notices ("page not found", "checking your browser") and binary data are none. A page
that calls itself an article is believed, unless what it holds is no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kabar.clean.page.choice import measure, squash

_JUDGED = 20_000
"""Characters that are looked at."""
_LONGEST_WORD = 40
"""Mean length of words, in characters, above which ASCII is no text."""
_TEASER = 100
"""Characters of prose that a page which does not call itself an article must have, and a quarter of its text."""
_OWN = 0.8
"""Share of a text in lines that are not links: verses and tables are no prose, but its own."""
_ENOUGH = 300
"""Characters of such lines."""
_SHORTEST = 20
"""Characters of the one sentence a page without any link may consist of."""
_LONGEST_NOTICE = 800
_NOTICE = re.compile(
    r"\b(?:enable|activate|turn on|aktifkan)\b.{0,20}\b(?:javascript|cookies)\b|\bchecking your browser\b|\bcaptcha\b"
    r"|\bverify (?:that )?you are (?:a )?human\b|\baccess denied\b|\bjust a moment\b"
    r"|\b(?:404|403|50[0234])\b.{0,40}\berror\b"
    r"|\b(?:page|article|halaman|artikel)\b.{0,60}\b(?:not (?:be )?found|not exist|no longer|tidak ditemukan)\b"
    r"|\btoo many requests\b|\bservice unavailable\b|\bredirecting\b",
    re.IGNORECASE,
)
"""What servers say in place of an article."""
_SENTENCE_END = re.compile(r"[.!?…。！？।॥؟۔။]$")


def is_article(text: str, *, declared: bool, links: Callable[[], frozenset[str]] = frozenset) -> bool:
    """Whether an extracted text can be an article.

    Args:
        text: what was extracted.
        declared: whether the page says of itself that it is an article. Lists of headlines and one-line pages are
            believed only then: a page of results or of players' marks is an article, a front page is none.
        links: texts of the page's links, squashed; asked for only where there is hardly any prose.
    """
    if not _is_text(text[:_JUDGED]):
        return False
    if declared:
        return True
    if len(text) <= _LONGEST_NOTICE and _NOTICE.search(text):
        return False
    prose = measure(text)
    return (prose.good >= _TEASER and prose.good >= prose.junk / 3) or _stands_alone(text, links())


def _is_text(start: str) -> bool:
    words = start.split()
    # Vowel signs of Burmese or Hindi are no letters; punctuation of drafts and tables is no binary data.
    letters = sum(char.isalpha() or char > "\u02ff" for char in start)
    if not words or letters < 0.5 * sum(map(len, words)) or start.count("\ufffd") > 0.02 * len(start):
        return False  # numbers, markup, binary data
    return not (start.isascii() and len(start) > _LONGEST_WORD * len(words))  # base64 and its like


def _stands_alone(text: str, links: frozenset[str]) -> bool:
    """Whether short lines are text of the page's own: verses, or the one sentence of a page without links."""
    lines = text[:_JUDGED].split("\n")
    own = sum(len(line) for line in lines if squash(line) not in links)
    if not links:
        return any(len(line) >= _SHORTEST and _SENTENCE_END.search(line) for line in lines)
    return own >= _ENOUGH and own >= _OWN * sum(map(len, lines))
