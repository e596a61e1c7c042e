"""One article as every annotator sees it: text, surface tokens, sentences, computed once and shared.

A :class:`Text` is cheap to make; each view is computed at its first use and kept. Offsets are code points of
``text``, end exclusive, everywhere. The title is a string beside the text and is not part of any offset.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from typing import NamedTuple

from kabar.text import sentences as sentence_splitter

MAX_TOKENS = 40_000
"""Annotators see this many tokens of a text (about 240,000 characters); the longest real article seen has fewer."""

_SURFACE = re.compile(
    r"""
      [^\W\d_]{1,60}+(?=[\ \n,])              # most words: letters, then a blank or comma (this is for speed alone)
    | (?:[^\W\d_]\.){2,}                      # initialisms: U.S.  S.H.
    | [A-Z]\.(?=\ [A-Z])                      # initials inside a name: George W. Bush
    | ['’]s\b                                 # the English possessive stands alone
    | [^\W_][^\W_\u0300-\u036f]{0,99}         # a run of letters and digits ...
      (?:
          [\u0300-\u036f]{1,9}                # ... with combining marks,
        | ['’`](?!s\b)[^\W_]{1,99}            # ... inner apostrophes: Ma'ruf  d'Ivoire  Jum'at
        | \.(?:[a-z]{2,9}|[A-Z]{2,9})(?![^\W_])   # ... host names: Liputan6.com  TEMPO.CO
        | (?<=\d)[.,:/](?=\d)                 # ... and the marks within numbers: 1.500,00  10:30
        | [^\W_]{1,99}
      ){0,99}
    | \S                                      # anything else is a token by itself
    """,
    re.VERBOSE,
)
# Every repetition is bounded and each alternative starts with another class of character: linear on any input.


class Word(NamedTuple):
    """A surface token: as written, with its place in the text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """One article under analysis.

    Attributes:
        text: The clean article text; all offsets index it.
        title: The headline, '' = none. Evidence only: nothing has offsets in it.
        language: ISO 639-1 code, '' = unknown.

    Computed at first use and kept:

    ==================== =========================== ==========================================================
    ``tokens``           ``list[Word]``              surface tokens in order, punctuation included, blanks not;
                                                     at most :data:`MAX_TOKENS`, the rest of the text has none
    ``starts``           ``list[int]``               the start of each token, for bisection
    ``sentences``        ``list[tuple[int, int]]``   spans of sentences, trimmed, never across a line break
    ``sentence_tokens``  ``list[tuple[int, int]]``   for each sentence that has tokens its range ``tokens[a:b]``;
                                                     the ranges are in order and cover all tokens exactly once
    ``forms``            ``Counter[str]``            how often each surface form occurs
    ==================== =========================== ==========================================================

    Tokens split at hyphens and keep inner apostrophes: ``Rusia-nya`` is three tokens, ``Ma'ruf`` one, ``Putin's``
    two, ``U.S.`` and ``Kompas.com`` one each. They are made for scripts with letter case; folded words of any
    script come from :mod:`kabar.text.tokens`.
    """

    text: str
    title: str = ""
    language: str = ""

    @cached_property
    def tokens(self) -> list[Word]:
        """Surface tokens, at most :data:`MAX_TOKENS`."""
        return surface_tokens(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """Start offset of each token."""
        return [token[1] for token in self.tokens]

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Spans of sentences, in order."""
        return sentence_splitter.split(self.text, self.language)

    @cached_property
    def sentence_tokens(self) -> list[tuple[int, int]]:
        """Token ranges of the sentences; together they cover all tokens exactly once."""
        total = len(self.tokens)
        cuts = sorted({bisect_left(self.starts, start) for start, _ in self.sentences} | {0, total})
        return [(a, b) for a, b in pairwise(cuts) if a < b]

    @cached_property
    def forms(self) -> Counter[str]:
        """How often each surface form occurs among the tokens."""
        return Counter(token[0] for token in self.tokens)

    def token_at(self, offset: int) -> int:
        """Index of the first token that starts at or after an offset; ``len(tokens)`` when there is none."""
        return bisect_left(self.starts, offset)


def surface_tokens(text: str, limit: int = MAX_TOKENS) -> list[Word]:
    """The first ``limit`` surface tokens of a text."""
    make = tuple.__new__  # half the time of calling the class; there are 400 tokens to an article
    return [make(Word, (m[0], *m.span())) for m in islice(_SURFACE.finditer(text), limit)]
