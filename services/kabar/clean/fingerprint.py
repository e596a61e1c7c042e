"""The content hash: what decides whether a later observation says anything new."""

from __future__ import annotations

from hashlib import blake2b

from kabar.text.tokens import words


def content_hash(title: str, text: str) -> str:
    """128 bits over the folded words of title and text, in order, in hexadecimal.

    White space, punctuation and the style of quote marks make no difference; a word moved from the title to the
    text does.
    """
    digest = blake2b(digest_size=16)
    digest.update(" ".join(words(title)).encode("utf-8", "surrogatepass"))
    digest.update(b"\n")
    digest.update(" ".join(words(text)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
