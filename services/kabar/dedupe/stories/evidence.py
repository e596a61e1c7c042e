"""What speaks for an article telling of a story's event.

One cosine is not enough: it cannot tell a few sharp words in common (the ship, the captain, the harbour) from many
dull ones (the form that all company results are written in). So the telling words in common are weighed apart from
the likeness as a whole, and those that belong to names apart from the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.stories.vectors import Bundle, Terms, Vector

Telling = Callable[[Terms], NDArray[np.float64]]
"""How much each term says about one event (:meth:`kabar.dedupe.stories.bags.Frequencies.telling`)."""
_DISTINCT = 1.5  # above the commonest telling word: in one article of ninety or fewer
_ORDER_OF_EVIDENCE = 0.01  # telling words decide between stories that are about equally alike
_LEAST_MASS = 1.0


class Evidence(Struct, frozen=True):
    """For each of some stories, by position.

    ``shared`` and ``shared_names`` sum how telling the words in common are; ``share`` and ``name_share`` are the
    same as a part of all that the article or the story has, whichever has less; ``names`` counts the distinct
    ones among the words of names in common.
    """

    cosine: NDArray[np.float64]
    shared: NDArray[np.float64]
    share: NDArray[np.float64]
    shared_names: NDArray[np.float64]
    name_share: NDArray[np.float64]
    names: NDArray[np.float64]

    def likely(self, centred: NDArray[np.float64], options: DedupeOptions) -> list[int]:
        """The stories that the article may join, the likeliest first, the earlier in the list among equals.

        Args:
            centred: of how many articles each story's centroid is the mean.
            options: the thresholds.
        """
        growth = options.growth_step * np.log2(np.maximum(centred / options.growth_from, 1.0))
        alike = (self.cosine >= options.story_threshold + growth) & (self.shared >= options.story_evidence)
        named = (
            (self.cosine >= options.named_threshold)
            & (self.share >= options.named_share)
            & (self.shared_names >= options.named_evidence)
            & (self.name_share >= options.named_agreement)
            & (self.names >= options.named_words)
        )
        rank = self.cosine + _ORDER_OF_EVIDENCE * self.shared
        return sorted(np.flatnonzero(alike | named).tolist(), key=lambda i: (-rank[i], i))


def weigh(article: Vector, stories: Bundle, telling: Telling) -> Evidence:
    """Compare an article with some stories."""
    count = len(stories.sizes)
    if not stories.terms.size or not article.terms.size:
        return Evidence(*(np.zeros(count) for _ in range(6)))
    owner = np.repeat(np.arange(count), stories.sizes)
    says, theirs = telling(article.terms), telling(stories.terms)
    place = np.minimum(np.searchsorted(article.terms, stories.terms), article.terms.size - 1)
    common = article.terms[place] == stories.terms
    here, whose, value = place[common], owner[common], theirs[common]
    named = article.named[here] & stories.named[common]

    def sums(owners: NDArray[np.intp], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(owners, weights=weights, minlength=count).astype(np.float64)

    shared, shared_names = sums(whose, value), sums(whose, value * named)
    least = np.minimum(sums(owner, theirs), says.sum())
    least_names = np.minimum(sums(owner, theirs * stories.named), says[article.named].sum())
    return Evidence(
        cosine=sums(whose, stories.weights[common] * article.weights[here].astype(np.float64)),
        shared=shared,
        share=shared / np.maximum(least, _LEAST_MASS),
        shared_names=shared_names,
        name_share=shared_names / np.maximum(least_names, _LEAST_MASS),
        names=sums(whose, (named & (value > _DISTINCT)).astype(np.float64)),
    )
