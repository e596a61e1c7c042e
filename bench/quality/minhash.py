"""Baselines for copies: MinHash of word pairs over numpy with a banded index, and the hash of the whole text."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bench.quality.articles import Article
from bench.quality.scoring import normal

VALUES = 128
BANDS = 32
THRESHOLD = 0.5
_EMPTY = np.full(VALUES, np.iinfo(np.uint32).max, np.uint32)


def _multipliers() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    generator = np.random.default_rng(1)
    odd = generator.integers(0, 2**63, VALUES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return odd[:, None], generator.integers(0, 2**63, VALUES, dtype=np.uint64)[:, None]


_FACTORS, _OFFSETS = _multipliers()


def signature(text: str) -> npt.NDArray[np.uint32]:
    """128 minima over hashed pairs of words. Source: Broder, 1997; multiply-shift hashing after Dietzfelbinger."""
    words = normal(text).split()
    pairs = {f"{first} {second}".encode() for first, second in pairwise(words)}
    if not pairs:
        return _EMPTY
    hashes = np.fromiter((zlib.crc32(pair) for pair in pairs), np.uint64, len(pairs))[None, :]
    values: npt.NDArray[np.uint64] = ((hashes * _FACTORS + _OFFSETS) >> np.uint64(32)).min(axis=1)
    return values.astype(np.uint32)


def minhash_copies(articles: Sequence[Article]) -> list[tuple[str, str]]:
    """(article, an earlier one it copies) wherever at least half the values of the signatures agree."""
    signatures = [signature(article.text) for article in articles]
    buckets: dict[tuple[int, bytes], list[int]] = {}
    copies: list[tuple[str, str]] = []
    for index, values in enumerate(signatures):
        keys = [(band, piece.tobytes()) for band, piece in enumerate(np.split(values, BANDS))]
        candidates = sorted({earlier for key in keys for earlier in buckets.get(key, ())})
        if values is not _EMPTY:
            alike = [earlier for earlier in candidates if np.mean(values == signatures[earlier]) >= THRESHOLD]
            copies.extend((articles[index].id, articles[earlier].id) for earlier in alike)
        for key in keys:
            buckets.setdefault(key, []).append(index)
    return copies


def exact_copies(articles: Sequence[Article]) -> list[tuple[str, str]]:
    """(article, the first one with the same words)."""
    first: dict[bytes, str] = {}
    copies = []
    for article in articles:
        key = hashlib.sha256(normal(article.text).encode()).digest()
        if first.setdefault(key, article.id) != article.id:
            copies.append((article.id, first[key]))
    return copies
