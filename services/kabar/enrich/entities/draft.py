"""The mentions of one article while they are being worked out: who owns which token."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from kabar.enrich.document import Text

Kind = Literal["person", "organization", "place"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of tokens that names something. ``last`` is exclusive.

    ``name`` is set where a list knows the entity; ``role`` is what was split off in front.
    """

    first: int
    last: int
    kind: Kind
    score: float
    name: str = ""
    role: str = ""

    def __len__(self) -> int:
        return self.last - self.first


@dataclass
class Draft:
    """Mentions by their first token; no two share a token."""

    doc: Text
    forms: list[str] = field(default_factory=list)
    """Surface form of each token."""
    capitals: list[int] = field(default_factory=list)
    """Tokens that begin with a capital letter."""
    openers: frozenset[int] = frozenset()
    """Tokens that a sentence, a line or an opening quote mark makes begin with a capital."""
    _by_token: dict[int, Mention] = field(default_factory=dict)

    @classmethod
    def of(cls, doc: Text) -> Draft:
        """An empty draft of an article."""
        forms = [token[0] for token in doc.tokens]
        capitals = [i for i, form in enumerate(forms) if form[0].isupper()]
        openers = {first for first, _ in doc.sentence_tokens}
        openers.update(i for i in capitals if i and forms[i - 1] in _OPENING)
        return cls(doc, forms, capitals, frozenset(openers))

    def __iter__(self) -> Iterator[Mention]:
        """The mentions in the order of the text."""
        seen = [mention for token, mention in self._by_token.items() if token == mention.first]
        return iter(sorted(seen, key=lambda m: m.first))

    def at(self, token: int) -> Mention | None:
        """The mention a token belongs to."""
        return self._by_token.get(token)

    def free(self, first: int, last: int) -> bool:
        """Whether no mention holds any of these tokens."""
        return not any(token in self._by_token for token in range(first, last))

    def overlapping(self, first: int, last: int) -> list[Mention]:
        """The mentions that hold one of these tokens, in order."""
        found = [self._by_token[token] for token in range(first, last) if token in self._by_token]
        return list(dict.fromkeys(found))

    def add(self, mention: Mention) -> bool:
        """Adds a mention unless its tokens are taken."""
        if not self.free(mention.first, mention.last):
            return False
        for token in range(mention.first, mention.last):
            self._by_token[token] = mention
        return True

    def remove(self, mentions: Iterable[Mention]) -> None:
        """Takes mentions out again."""
        for mention in mentions:
            for token in range(mention.first, mention.last):
                self._by_token.pop(token, None)

    def replace(self, mention: Mention) -> None:
        """Puts a mention in the place of whatever overlaps it."""
        self.remove(self.overlapping(mention.first, mention.last))
        self.add(mention)

    def capital(self, token: int) -> bool:
        """Whether a token exists and begins with a capital letter."""
        return 0 <= token < len(self.forms) and self.forms[token][0].isupper()

    def same_line(self, left: int, right: int) -> bool:
        """Whether no line break stands between two tokens."""
        tokens = self.doc.tokens
        return "\n" not in self.doc.text[tokens[left].end : tokens[right].start]

    def sentence_end(self, token: int) -> int:
        """The token after the last one of the sentence that holds a token."""
        ranges = self.doc.sentence_tokens
        return ranges[bisect_right(ranges, (token, len(self.forms))) - 1][1]

    def surface(self, first: int, last: int) -> str:
        """The words of a stretch of tokens as they stand in the text."""
        tokens = self.doc.tokens
        return self.doc.text[tokens[first].start : tokens[last - 1].end]


_OPENING = frozenset('"“„«‘(')
