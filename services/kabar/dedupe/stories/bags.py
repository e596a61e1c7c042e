"""The words of an article that say what it is about, and how telling each is.

The document frequencies are those of the stream itself: of the texts kept in the revision window, on top of what is
known of the language beforehand. So they follow the news, and a restart counts them anew from the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from kabar.dedupe.similarity.sketch import Hashes, hash_words
from kabar.dedupe.stories.vectors import Terms, Vector, among, heaviest
from kabar.dedupe.vocabulary import common_words, word_shares

MAX_WORDS = 300
"""Read from the beginning of a text: news says first what it is about."""
LEAD_WORDS = 60
LEAD_WEIGHT = 1.5
"""The title and the first words of the text weigh more: they say what it is about, the rest is background."""
RARITY_POWER = 1.5
"""Sharpens the inverse document frequency: two articles of one event share its rare words. Measured: .916 -> .928."""
TABLE_SHARE = 0.25
"""Share of figures among its words from which a text is a table. Tables of one form (results, prices, fixtures) are
alike whatever they tell of; prose stays below .15. A flash of one sentence and many figures may count as
one too, and stands alone: better than to join what it is not."""
_COMMON_RARITY = 3.0  # of a word in one article of twenty: what is commoner is no evidence of one event
_BUCKET_BITS = 20
_SHIFT = np.uint32(32 - _BUCKET_BITS)
_LOADED_TEXTS = 10_000  # at a time: some 10 MB
_BUCKET_BYTES = 3  # 20 bits
_PRIOR_TEXTS = 500.0
"""As if so many texts had been seen before the first. More hold a stream's own words back, fewer make an empty index
take a season's word for a rare one."""


class Bag(Struct, frozen=True):
    """Sorted distinct terms of a text that say something; ``frequencies`` grow with how often each occurs."""

    terms: Terms
    frequencies: NDArray[np.float64]
    table: bool = False


def bag_of(title: list[str], body: list[str], hashed: Hashes | None = None) -> Bag:
    """The terms of folded words.

    Args:
        title: folded words.
        body: folded words; the first ``MAX_WORDS`` are read.
        hashed: the hashes of all that is read, title first, where they are known already.
    """
    body = body[:MAX_WORDS]
    read = title + body
    all_terms = _terms(hash_words(read) if hashed is None else hashed)
    tells = np.array([len(w) > 3 or (len(w) == 3 and not w.isdigit()) for w in read], dtype=np.bool_)
    leading = all_terms[: len(title) + LEAD_WORDS][tells[: len(title) + LEAD_WORDS]]
    distinct, counts = np.unique(all_terms[tells], return_counts=True)
    keep = ~among(distinct, _common_terms())
    distinct, counts = distinct[keep], counts[keep]
    weights = (1.0 + np.log(counts)) * np.where(among(distinct, np.sort(leading)), LEAD_WEIGHT, 1.0)
    return Bag(distinct, weights, table=sum(map(str.isdigit, body)) > TABLE_SHARE * len(body))


def pack_terms(terms: Terms) -> bytes:
    """What a text is counted by, three bytes each: a restart need not read the text again."""
    wide = (terms >> _SHIFT).astype("<u4").view(np.uint8).reshape(-1, 4)
    return wide[:, :_BUCKET_BYTES].tobytes()


def term_hashes(folded: list[str]) -> Terms:
    """One term per folded word: the upper half of its hash."""
    return _terms(hash_words(folded))


def _terms(hashed: Hashes) -> Terms:
    return (hashed >> np.uint64(32)).astype(np.uint32)


@cache
def _common_terms() -> Terms:
    return np.unique(term_hashes(sorted(common_words())))


@cache
def _expected_counts() -> NDArray[np.float32]:
    """In how many of the ``_PRIOR_TEXTS`` each term would have occurred; in halves, so that sums stay exact."""
    counts = np.zeros(1 << _BUCKET_BITS, dtype=np.float32)
    shares = word_shares()
    expected = np.round(np.array(list(shares.values())) * (2 * _PRIOR_TEXTS)) / 2
    np.maximum.at(counts, term_hashes(list(shares)) >> _SHIFT, expected.astype(np.float32))
    return counts


class Frequencies:
    """In how many kept texts a term occurs. 2^20 counters: terms that share one only look a little commoner."""

    def __init__(self) -> None:
        self._counts = _expected_counts().copy()
        self._texts = _PRIOR_TEXTS

    def count(self, terms: Terms, change: int) -> None:
        """A text with these terms came (+1) or went (-1)."""
        np.add.at(self._counts, terms >> _SHIFT, change)
        self._texts += change

    def load(self, packed: Sequence[bytes]) -> None:
        """Count many texts at once, each as :func:`pack_terms` wrote it."""
        for start in range(0, len(packed), _LOADED_TEXTS):
            some = packed[start : start + _LOADED_TEXTS]
            data = np.frombuffer(b"".join(some), dtype=np.uint8).reshape(-1, _BUCKET_BYTES)
            buckets = np.zeros((data.shape[0], 4), dtype=np.uint8)
            buckets[:, :_BUCKET_BYTES] = data
            np.add.at(self._counts, buckets.view("<u4").ravel(), 1)
            self._texts += len(some)

    def rarity(self, terms: Terms) -> NDArray[np.float64]:
        """Inverse document frequency of each: the logarithm of how many texts there are to one that has it."""
        seen = self._counts[terms >> _SHIFT].astype(np.float64)
        rare: NDArray[np.float64] = np.log1p(self._texts / (seen + 1.0))
        return rare

    def telling(self, terms: Terms) -> NDArray[np.float64]:
        """How much each says about one event when two articles share it; nought for common words."""
        return np.maximum(self.rarity(terms) - _COMMON_RARITY, 0.0)

    def vector(self, bag: Bag, names: list[str] | None = None) -> Vector:
        """The heaviest terms of a text.

        Args:
            bag: its terms.
            names: the folded words that its names are made of.
        """
        named = np.sort(term_hashes(names or []))
        return heaviest(
            bag.terms, bag.frequencies * self.rarity(bag.terms) ** RARITY_POWER, among(bag.terms, named)
        )
