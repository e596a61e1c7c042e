"""What a sink is given and what it answers, whichever the engine."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kabar.contracts.document import Document

Written = Literal["written", "superseded"]
"""``superseded``: a newer version was there, which stays."""


class Entry(Struct, frozen=True):
    """One article to index: its document, the message it was made from, and what decides between two writes."""

    document: Document
    message: bytes
    version_key: int
    """:func:`kabar.index.document.version_key`."""


class Refused(Struct, frozen=True):
    """The index will not take this document, now or later: it becomes a dead letter, the others go on."""

    reason: str
    """A :class:`kabar.contracts.outcomes.DeadReason`."""
    error: str
    """What is wrong with the document, for a human."""


def copy_group(document: Document) -> str:
    """What an article and its copies share: the id of the original. A killed one is in no group but its own."""
    if document.article.status == "killed":
        return f"killed {document.article.id}"
    return document.duplicate.of if document.duplicate else document.article.id
