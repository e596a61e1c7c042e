"""Identifiers: every one is a function of what it identifies, so that a replay makes the same ones.

All are blake2b-128 in hexadecimal (RFC 7693). Each kind has its own personalisation, and every part goes in
with its length, so that no two kinds and no two lists of parts ever share an input.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from kabar.contracts.urls import canonical
from kabar.errors import BadMessage

ID_BYTES = 16


def digest(kind: str, *parts: str | bytes) -> str:
    """An identifier of ``kind`` over ``parts``: 32 hexadecimal digits.

    Args:
        kind: what is identified; at most 16 ASCII characters, part of the input.
        parts: strings are taken as UTF-8 (a lone surrogate counts as itself) and never equal bytes.
    """
    state = blake2b(digest_size=ID_BYTES, person=kind.encode("ascii"))
    for part in parts:
        is_text = isinstance(part, str)
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(b"%c%d:" % (b"s" if is_text else b"b", len(data)))
        state.update(data)
    return state.hexdigest()


def content_digest(chunks: Iterable[bytes]) -> str:
    """Of a stream of bytes, however it is cut into chunks: the fingerprint of a file."""
    state = blake2b(digest_size=ID_BYTES, person=b"content")
    for chunk in chunks:
        state.update(chunk)
    return state.hexdigest()


def article_id(
    *,
    url: str = "",
    source: str = "",
    publisher_id: str = "",
    title: str = "",
    text: str = "",
    data: bytes = b"",
) -> str:
    """Whose versions belong together.

    The canonical URL decides alone. Without one it is the source with the publisher's own id, and without that
    the source with title and body. Sources compare without regard to case and outer spaces.

    Args:
        url: the final address, canonical or not; '' = none.
        source: name of the publisher; may be '' (ids of unnamed sources then share one space).
        publisher_id: the publisher's own id (a feed's guid); '' = none.
        title: as received.
        text: the body, where it is text.
        data: the body, where it is bytes.

    Raises:
        BadMessage: the URL cannot be one.
        Oversize: the URL is too long.
    """
    if url:
        return digest("article.url", canonical(url))
    name = source.strip().casefold()
    if publisher_id:
        return digest("article.own-id", name, publisher_id)
    return digest("article.content", name, title, text, data)


def observation_id(job_key: str, position: int | str) -> str:
    """Of the record at ``position`` of an ingest job: the same after a crash, different in another job."""
    return digest("observation", job_key, str(position))


def dead_letter_id(observation: str, stage: str) -> str:
    """One dead letter per observation and stage, however often it dies there."""
    return digest("dead-letter", observation, stage)


def trace_id(observation: str) -> str:
    """Ties the log lines of one observation together. W3C Trace Context form: 16 bytes, not all zero."""
    return digest("trace", observation)


def require_id(value: str, *, what: str) -> str:
    """Check that ``value`` is an identifier.

    Raises:
        BadMessage: it is not; the text names ``what``.
    """
    if len(value) != 2 * ID_BYTES or not set(value) <= set("0123456789abcdef"):
        raise BadMessage(f"{what} is {value[:80]!a}, not {2 * ID_BYTES} lower-case hexadecimal digits")
    return value
