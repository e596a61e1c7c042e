"""The content hash: what decides whether a later observation says anything new."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b


def content_hash(title: Sequence[str], text: Sequence[str]) -> str:
    """128 bits over the folded words (:func:`kabar.text.tokens.words`) of title and text, in order, in hexadecimal.

    White space, punctuation and the style of quote marks make no difference; a word moved from the title to the
    text does.
    """
    digest = blake2b(digest_size=16)
    digest.update(" ".join(title).encode("utf-8", "surrogatepass"))
    digest.update(b"\n")
    digest.update(" ".join(text).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
