"""The article as quote rules see it: tokens in lower case, mentions of entities by place, what is narration."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kabar.contracts.sections import Entity
from kabar.enrich.document import Text
from kabar.enrich.quotes.cues import Cues
from kabar.enrich.quotes.marks import Piece

MARKS = frozenset("\"“”„‟«»＂'`‘’")
SENTENCE_ENDS = frozenset(".?!…;")
MAX_REACH = 60
"""No rule looks further than this many tokens from a mark."""


class Mention(NamedTuple):
    """One occurrence of an entity."""

    start: int
    end: int
    name: str
    type: str


class Scene:
    """Tokens, mentions and pieces of one article, with the look-ups the rules need."""

    def __init__(self, doc: Text, entities: Sequence[Entity], pieces: Sequence[Piece], cues: Cues) -> None:
        self.text = doc.text
        self.doc = doc
        self.tokens = doc.tokens
        self.cues = cues
        self.pieces = pieces
        self._piece_starts = [piece.outer_start for piece in pieces]
        self.mentions = sorted(
            Mention(span.start, span.end, entity.name or entity.text, entity.type)
            for entity in entities
            for span in entity.spans
        )
        self._mention_starts = [mention.start for mention in self.mentions]
        self._known = _by_word(entities)

    def lower(self, index: int) -> str:
        """The token in lower case; '' outside the article."""
        return self.tokens[index].text.lower() if 0 <= index < len(self.tokens) else ""

    def form(self, index: int) -> str:
        """The token as written; '' outside the article."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def capital(self, index: int) -> bool:
        """Whether the token starts with a capital letter."""
        return self.form(index)[:1].isupper()

    def within(self, start: int, end: int) -> list[Mention]:
        """Mentions that start in ``[start, end)``."""
        return self.mentions[
            bisect_left(self._mention_starts, start) : bisect_left(self._mention_starts, end)
        ]

    def persons(self, start: int, end: int) -> list[Mention]:
        """Persons mentioned in ``[start, end)``."""
        return [mention for mention in self.within(start, end) if mention.type == "person"]

    def narrated_persons(self, start: int, end: int) -> list[Mention]:
        """Persons mentioned in ``[start, end)`` outside of quotes."""
        return [mention for mention in self.persons(start, end) if not self.quoted(mention.start)]

    def quoted(self, offset: int) -> bool:
        """Whether the offset stands within a quote."""
        index = bisect_right(self._piece_starts, offset) - 1
        return index >= 0 and offset < self.pieces[index].outer_end

    def ends_sentence(self, index: int) -> bool:
        """Whether the token ends a sentence; the full stop of an abbreviation or an initial does not."""
        form = self.form(index)
        if form not in SENTENCE_ENDS:
            return False
        if form != ".":
            return True
        before = self.form(index - 1)
        short = before.lower() in self.cues.abbreviations or (len(before) == 1 and before.isupper())
        return not (short and self.tokens[index - 1].end == self.tokens[index].start)

    def clause_start(self, index: int, floor: int) -> int:
        """First token of the sentence that holds token ``index``, not before token ``floor``; lines end sentences."""
        floor = max(floor, index - MAX_REACH)
        while index > floor and not self.ends_sentence(index - 1) and not self.starts_line(index):
            index -= 1
        return index

    def clause_end(self, index: int) -> int:
        """Token behind the sentence that holds token ``index``."""
        limit = min(len(self.tokens), index + MAX_REACH)
        while index < limit and not self.ends_sentence(index):
            index += 1
            if index < limit and self.starts_line(index):
                return index
        return min(index + 1, limit)

    def past_bracket(self, index: int, limit: int) -> int:
        """The token that closes a short bracket opened at ``index``; ``index`` itself where there is none."""
        if self.form(index) != "(":
            return index
        return next((i for i in range(index + 1, min(index + 9, limit)) if self.form(i) == ")"), index)

    def starts_line(self, index: int) -> bool:
        """Whether a line break stands before the token."""
        return index == 0 or "\n" in self.text[self.tokens[index - 1].end : self.tokens[index].start]

    def alias(self, words: str) -> str:
        """The one person whose name holds this word, as unified; the word itself where there is none or several."""
        names = self._known.get(words.lower(), ())
        return names[0] if len(names) == 1 else words

    def name_of(self, mention: Mention) -> str:
        """The unified name; as written where the word fits two persons and the last one named in full is the other."""
        written = self.text[mention.start : mention.end]
        if len(self._known.get(written.lower(), ())) < 2:
            return mention.name
        before = bisect_left(self._mention_starts, mention.start)
        for other in reversed(self.mentions[max(0, before - 30) : before]):
            full = self.text[other.start : other.end].lower().split()
            if other.type == "person" and len(full) > 1 and written.lower() in full:
                return mention.name if other.name == mention.name else written
        return mention.name


def _by_word(entities: Sequence[Entity]) -> dict[str, list[str]]:
    """Person names by each of their words."""
    out: dict[str, list[str]] = {}
    for entity in entities:
        if entity.type == "person":
            for word in entity.name.lower().split():
                names = out.setdefault(word, [])
                if entity.name not in names:
                    names.append(entity.name)
    return out
