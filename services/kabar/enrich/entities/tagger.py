"""The trained tagger: tokens of a text → raw mentions with their probability.

A linear-chain CRF (Lafferty, McCallum and Pereira 2001) over the candidates of ``features``, run by python-crfsuite.
What it says is raw: :mod:`kabar.enrich.entities` filters, completes and unifies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import pycrfsuite

from kabar.enrich.document import Text, surface_tokens
from kabar.enrich.entities.draft import Kind
from kabar.enrich.entities.features import SEPARATOR, FeatureMaker, Item
from kabar.enrich.gazetteer import gazetteer, read_data
from kabar.enrich.lexicon import lexicon

VERSION = "crf-1"
MODEL_FILE = "entities.crfsuite"
PROVENANCE_FILE = "entities.json"


class Tagged(NamedTuple):
    """A raw mention: token range (end exclusive), type, and the least probability of its tokens' labels."""

    first: int
    last: int
    kind: Kind
    probability: float


class Hint(NamedTuple):
    """A capitalised token that is no mention to the tagger, though one was not far: its likeliest type."""

    token: int
    kind: Kind
    probability: float


MOST_OUTSIDE = 0.9
"""A capitalised token outside all mentions gives a hint when its probability of being outside is less than this."""
_KINDS: tuple[Kind, ...] = ("person", "organization", "place")
_KIND_OF: dict[str, Kind] = {f"{prefix}-{kind}": kind for kind in _KINDS for prefix in "BI"}


class Tagger:
    """A model in memory.

    Args:
        maker: Makes the features; the one the model was trained with.
        model: The bytes of a CRFsuite model.
    """

    def __init__(self, maker: FeatureMaker, model: bytes) -> None:
        self.maker = maker
        self._model = model  # the library points into these bytes and does not keep them alive
        self._crf = pycrfsuite.Tagger()
        self._crf.open_inmemory(model)

    def tag(
        self, texts: Sequence[str], sentences: Sequence[tuple[int, int]]
    ) -> tuple[list[Tagged], list[Hint]]:
        """Raw mentions and hints, in order.

        Args:
            texts: Surface forms of all tokens.
            sentences: Token ranges; no mention crosses one.
        """
        items: list[Item] = []
        places: list[int] = []
        for a, b in sentences:
            inside = texts[a:b]
            forms = [self.maker.form(text) for text in inside]
            for run in self.maker.runs(forms):
                items.append(SEPARATOR)
                items += self.maker.items(inside, forms, run)
                places.append(-1)
                places.extend(range(a + run[0], a + run[1]))
        if not items:
            return [], []
        labels = self._crf.tag(items)
        return self._mentions(labels, places), self._hints(labels, places, texts)

    def _mentions(self, labels: Sequence[str], places: Sequence[int]) -> list[Tagged]:
        out: list[Tagged] = []
        start = 0
        while start < len(labels):
            label = labels[start]
            if label == "O":
                start += 1
                continue
            end = start + 1
            while end < len(labels) and labels[end] == "I-" + label[2:]:
                end += 1
            probability = min(self._crf.marginal(labels[i], i) for i in range(start, end))
            out.append(Tagged(places[start], places[end - 1] + 1, _KIND_OF[label], probability))
            start = end
        return out

    def _hints(self, labels: Sequence[str], places: Sequence[int], texts: Sequence[str]) -> list[Hint]:
        out: list[Hint] = []
        for position, (label, token) in enumerate(zip(labels, places, strict=True)):
            if label != "O" or token < 0 or not texts[token][0].isupper():
                continue
            if self._crf.marginal("O", position) < MOST_OUTSIDE:
                chances = {kind: self._chance(kind, position) for kind in _KINDS}
                kind = max(_KINDS, key=chances.__getitem__)
                out.append(Hint(token, kind, chances[kind]))
        return out

    def _chance(self, kind: str, position: int) -> float:
        return float(self._crf.marginal("B-" + kind, position) + self._crf.marginal("I-" + kind, position))

    def mentions_of(self, sentence: str) -> list[tuple[int, int, str]]:
        """Raw mentions of one sentence as character spans: what a measurement compares."""
        tokens = surface_tokens(sentence)
        found, _ = self.tag([token.text for token in tokens], [(0, len(tokens))])
        return [(tokens[m.first].start, tokens[m.last - 1].end, m.kind) for m in found]

    def tag_text(self, doc: Text) -> tuple[list[Tagged], list[Hint]]:
        """Raw mentions and hints of an article."""
        return self.tag([token.text for token in doc.tokens], doc.sentence_tokens)


@cache
def tagger() -> Tagger:
    """The tagger of this process, read at the first call."""
    return Tagger(FeatureMaker(lexicon(), gazetteer()), read_data(MODEL_FILE))
