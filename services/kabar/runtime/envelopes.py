"""The envelope of a dead letter: what died, where, of what, in words a human can use."""

from __future__ import annotations

import hashlib

from kabar.contracts.ids import dead_letter_id
from kabar.contracts.letters import MAX_LETTER_BYTES, DeadLetter
from kabar.errors import KabarError

MAX_ERROR_CHARS = 4_000
MAX_ORIGIN_CHARS = 1_024


def letter(  # noqa: PLR0913 - the fields of an envelope, all by name
    original: bytes, *, observation_id: str, stage: str, reason: str, error: str, died_at: int,
    origin: str = "", article_id: str | None = None, observed_at: int = 0,
) -> DeadLetter:  # fmt: skip
    """The envelope of a dead letter. Its id is a function of observation and stage: dying twice is one letter."""
    return DeadLetter(
        id=dead_letter_id(observation_id, stage),
        observation_id=observation_id,
        article_id=article_id,
        observed_at=observed_at,
        stage=stage,  # type: ignore[arg-type]
        reason=reason,
        error=sound(error, MAX_ERROR_CHARS),
        origin=sound(origin, MAX_ORIGIN_CHARS),
        died_at=died_at,
        size=len(original),
        sha256=hashlib.sha256(original).hexdigest(),
        cut=len(original) > MAX_LETTER_BYTES,
    )


def sound(text: str, limit: int) -> str:
    """Text that can be encoded and fits its contract: an exception's words can hold anything."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


def said(error: KabarError) -> str:
    """What is wrong, and what to do."""
    return f"{error}; {error.hint}" if error.hint else str(error)
