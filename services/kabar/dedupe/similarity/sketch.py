"""Fingerprints of a text: hashed words, 2-word shingles, and their MinHash signature.

Everything is a pure function of the text: hashes come from constants derived with BLAKE2b, never from ``hash()``
or a random generator, so that signatures kept by one process can be compared by another.
"""

from __future__ import annotations

import hashlib

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from kabar.text.tokens import words

Hashes = NDArray[np.uint64]
Signature = NDArray[np.uint16]

SLOTS = 64
"""MinHash values per text: 128 find next to nothing more (recall .995 -> 1.0 on the hardest edits), at twice the
memory."""

_BLOCK = 2_048  # shingles hashed at once: 2,048 x 64 x 8 B = 1 MB, which stays in the cache
_POWERS_LENGTH = 256  # positions within a word repeat from here on; no word of a language is longer


def _constant(label: str) -> int:
    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "little") | 1


def _powers() -> Hashes:
    base, modulus = _constant("kabar word"), 1 << 64
    return np.array([pow(base, i + 1, modulus) for i in range(_POWERS_LENGTH)], dtype=np.uint64)


_POWERS = _powers()
_FINAL = np.uint64(_constant("kabar final"))
_LEFT = np.uint64(_constant("kabar left"))
_RIGHT = np.uint64(_constant("kabar right"))
_FACTORS = np.array([_constant(f"kabar minhash a {i}") for i in range(SLOTS)], dtype=np.uint64)
_TERMS = np.array([_constant(f"kabar minhash b {i}") for i in range(SLOTS)], dtype=np.uint64)
_SPACE = 0x20
_HALF = np.uint64(32)


class Sketch(Struct, frozen=True):
    """A text in numbers.

    ``words``: one 64-bit hash per word, in order. ``shingles``: sorted distinct hashes of two words in a row.
    ``signature``: 64 MinHash values, the low 16 bits of each (Li and König, b-bit minwise hashing, 2010: two
    different values agree by chance once in 65,536, which is far below the sampling error).
    """

    words: Hashes
    shingles: Hashes
    signature: Signature


def sketch(folded: list[str]) -> Sketch:
    """The fingerprints of a list of folded words (:func:`kabar.text.tokens.words`)."""
    hashed = hash_words(folded)
    shingles = shingle(hashed)
    return Sketch(hashed, shingles, minhash(shingles))


def sketch_text(text: str) -> Sketch:
    """The fingerprints of a text."""
    return sketch(words(text))


def hash_words(folded: list[str]) -> Hashes:
    """One 64-bit hash per word: a polynomial over its UTF-8 bytes, mixed.

    All words are hashed in one pass over their joined bytes, an order of magnitude faster than word by word.
    """
    if not folded:
        return np.zeros(0, dtype=np.uint64)
    data = np.frombuffer(" ".join(folded).encode("utf-8", "surrogatepass"), dtype=np.uint8)
    ends = np.append(np.flatnonzero(data == _SPACE), data.size)
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts + 1  # the blank after a word belongs to it and counts for nothing
    position = np.arange(data.size) - np.repeat(starts, lengths)[: data.size]
    weighted = data.astype(np.uint64) * _POWERS[position % _POWERS_LENGTH]
    weighted[ends[:-1]] = 0
    return _mix(np.add.reduceat(weighted, starts))


def shingle(hashed: Hashes) -> Hashes:
    """Sorted distinct hashes of two words in a row; of the single word where there is only one."""
    if hashed.size < 2:
        return hashed.copy()
    pairs = np.sort(_mix(hashed[:-1] * _LEFT + hashed[1:] * _RIGHT))
    distinct: Hashes = pairs[np.append(True, pairs[1:] != pairs[:-1])]  # half the time of numpy.unique
    return distinct


def minhash(shingles: Hashes) -> Signature:
    """MinHash by multiply-shift hashing (Broder 1997; Dietzfelbinger et al. 1997). Empty in, all zeros out."""
    lowest = np.full(SLOTS, np.iinfo(np.uint64).max, dtype=np.uint64)
    if not shingles.size:
        return np.zeros(SLOTS, dtype=np.uint16)
    for start in range(0, shingles.size, _BLOCK):
        block = shingles[start : start + _BLOCK, None] * _FACTORS + _TERMS
        np.minimum(lowest, block.min(axis=0), out=lowest)
    return (lowest >> _HALF).astype(np.uint16)


def jaccard(left: Hashes, right: Hashes) -> tuple[float, float]:
    """Exact resemblance and containment of two sets of shingles.

    Containment is the share of the smaller set that the larger one holds: it stays near 1 for a shortened reprint
    while resemblance falls with every sentence cut.
    """
    smaller = min(left.size, right.size)
    if not smaller:
        return 0.0, 0.0
    both = np.concatenate((left, right))
    both.sort()
    common = int(np.count_nonzero(both[1:] == both[:-1]))
    return common / (left.size + right.size - common), common / smaller


def _mix(values: Hashes) -> Hashes:
    """Spreads every bit over the word (the finaliser of splitmix64, Steele et al. 2014)."""
    values = values ^ (values >> np.uint64(30))
    values = values * _FINAL
    values ^= values >> np.uint64(27)
    return values
