"""Which open stories share their heaviest terms with an article."""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np

from kabar.dedupe.stories.vectors import Vector, leading

INDEXED_TERMS = 16
"""Heaviest terms of a centroid that are indexed: an index of all 64 finds hardly more at four times the memory."""
SEARCHED_TERMS = 32
"""Heaviest terms of an article that are looked up."""
POSTINGS = 256
"""Newest stories taken per term: what more stories than that have in common tells nothing apart."""


class TermIndex:
    """Terms to stories. A story is known by its number, which grows with each new story."""

    def __init__(self) -> None:
        self._postings: dict[int, list[int]] = {}

    def add(self, number: int, centroid: Vector) -> None:
        """Index a story under its heaviest terms."""
        for term, _ in leading(centroid, INDEXED_TERMS):
            stories = self._postings.setdefault(term, [])
            insort(stories, number)

    def remove(self, number: int, centroid: Vector) -> None:
        """Undo :meth:`add` with the same centroid."""
        for term, _ in leading(centroid, INDEXED_TERMS):
            stories = self._postings[term]
            del stories[bisect_left(stories, number)]
            if not stories:
                del self._postings[term]

    def search(self, vector: Vector, limit: int) -> list[int]:
        """Numbers of stories, those with the heaviest terms in common first."""
        found: list[int] = []
        weights: list[float] = []
        for term, weight in leading(vector, SEARCHED_TERMS):
            stories = self._postings.get(term, ())[-POSTINGS:]
            found += stories
            weights += [weight] * len(stories)
        if not found:
            return []
        numbers, owner = np.unique(np.array(found, dtype=np.int64), return_inverse=True)
        score = np.bincount(owner, weights=weights)
        best: list[int] = numbers[np.lexsort((numbers, -score))[:limit]].tolist()
        return best
