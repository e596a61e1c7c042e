"""Whether a piece of text looks like a headline: the second sign that a cue without a colon needs."""

from __future__ import annotations

import re

from kabar.clean.rulebook import table

_WORD = re.compile(r"[^\s\"“”'‘’()\[\]:;,|–—-]+")
_SENTENCE_END = re.compile(r"[.!?…][\"”’')\]]?\s+(?=[\"“‘']?[A-Z0-9À-Þ])")
_LITTLE = frozenset(table("words")["little"])


def word_count(text: str) -> int:
    """Words between white space."""
    return len(text.split())


def is_titled(text: str) -> bool:
    """Headline case: most words that are not little ones begin with a capital or a digit, and no full stop ends it."""
    stripped = text.rstrip()
    if not stripped or (stripped.endswith(".") and not stripped.endswith("..")):
        return False
    words = [word for word in _WORD.findall(stripped) if word.casefold() not in _LITTLE]
    capital = sum(1 for word in words if word[0].isupper() or word[0].isdigit())
    return len(words) >= 2 and capital >= len(words) * 0.7


def looks_like_title(text: str) -> bool:
    """A line that may be a headline in sentence case: short, begins as one, does not end as a sentence."""
    stripped = text.strip()
    if not stripped or word_count(stripped) > 22 or len(stripped) > 180:
        return False
    first = stripped.lstrip("\"“‘'([-–•*# ")[:1]
    if not (first.isupper() or first.isdigit()):
        return False
    if stripped.endswith((".", ":", ",", ";")) and not stripped.endswith("..."):
        return False
    return not _SENTENCE_END.search(stripped)


def first_sentence_end(text: str) -> int | None:
    """Where the first sentence ends inside the text (after its stop); None where the text is one sentence."""
    match = _SENTENCE_END.search(text)
    return None if match is None else match.start() + len(match.group().rstrip())


def titled_run(text: str) -> int | None:
    """Where a headline glued to running text ends: after its last word in headline case.

    The word before the first small word that no headline would hold begins the next sentence ("... Harga Gabah
    Naik | Menurut dia"). None where no such place is found.
    """
    words = list(_WORD.finditer(text))
    for index, match in enumerate(words):
        word = match.group()
        if not word[0].islower() or word.casefold() in _LITTLE:
            continue
        # `match` is running text; the capitalised word right before it opened the sentence.
        at = index - 1
        if at < 3 or not words[at].group()[0].isupper():
            return None
        return words[at].start() if is_titled(text[: words[at].start()]) else None
    return None
