"""Summary: the first two sentences that can stand alone, word for word.

News puts its point first; two lead sentences beat the graph methods on Indonesian news (ROUGE-1 .327 against .293).
What is not a sentence of the story is passed over: links, datelines, credits, headings, questions, half a quote.
"""

from __future__ import annotations

import re

from kabar.enrich.document import Text
from kabar.text.tokens import words

VERSION = "lead-1"
SENTENCES = 2
MIN_WORDS = 6
MAX_CHARS = 700
"""A longer "sentence" is a list or a text without full stops."""
LOOK_AT = 40
"""Sentences that are looked at: if none of these can stand alone there is no summary."""

_FOREIGN = re.compile(
    r"""^\W{0,3}(?:
        (?:baca|simak|tonton|lihat|dengar|saksikan)\ {1,2}(?:juga|selengkapnya|berita|video|artikel|pula)
      | (?:also\ |further\ )?read(?:\ (?:more|also|next|the\ full)|:)|see\ also|related\b
      | (?:watch|listen)\b[^.]{0,20}:
      | scroll\ to|advertisement|iklan\b|sponsored|continue\ reading|sign\ up|subscribe|follow\ us|click\ here
      | (?:foto|photo|image|gambar|video|ilustrasi|caption|editor|reporter|penulis|sumber|source|credit)s?\ {0,1}[:/(]
      | (?:laporan|report(?:ing)?\ by|writing\ by|editing\ by|by)\ [^.]{1,60}$
      | (?:copyright|hak\ cipta|©)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""How lines start that belong to the page and not to the story."""
_DATELINE = re.compile(r"[A-Z][\w .,/()]{1,60}[-–—:]\s*$")
_END = re.compile(r"[.!…。！।؟](?:[\"'”’»)\]]{0,3})$")
_OPEN, _CLOSE = "“«„", "”»"


def find(doc: Text) -> str:
    """Two sentences joined by a blank, one where only one can stand alone, '' where none can."""
    chosen: list[str] = []
    for start, end in doc.sentences[:LOOK_AT]:
        if end - start > MAX_CHARS:
            continue
        sentence = doc.text[start:end]
        if stands_alone(sentence) and sentence not in chosen:
            chosen.append(sentence)
            if len(chosen) == SENTENCES:
                break
    return " ".join(chosen)


def stands_alone(sentence: str) -> bool:
    """Whether a reader would take this for a sentence of the story: an end, six words, whole quotes, no question."""
    if not _END.search(sentence) or _FOREIGN.match(sentence) or _DATELINE.match(sentence):
        return False
    return len(words(sentence)) >= MIN_WORDS and _whole(sentence)


def _whole(sentence: str) -> bool:
    """Whether every quote that opens closes, and the words do not begin in the middle of one."""
    if sentence.count('"') % 2:
        return False
    marks = sum(sentence.count(mark) for mark in _OPEN), sum(sentence.count(mark) for mark in _CLOSE)
    bracketed = sentence.count("(") == sentence.count(")")
    return marks[0] == marks[1] and bracketed and not sentence[0].islower()
