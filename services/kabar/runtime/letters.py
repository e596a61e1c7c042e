"""Dead letters for humans: what the command line and the page ask, whichever store keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from kabar.contracts.letters import DeadLetter
from kabar.errors import UsageError
from kabar.producers.files.fields import FieldMapper

STAGES = ("accept", "clean", "dedupe", "enrich", "index")
STATES = ("open", "replayed")
PURGED = "purged"
"""Reason in the :class:`~kabar.contracts.letters.Ending` of an observation whose dead letter was thrown away."""


class Kept(Struct, frozen=True):
    """A dead letter as stored."""

    letter: DeadLetter
    state: str
    """One of :data:`STATES`."""


class Replayed(Struct, frozen=True):
    """What a replay did: queued again, or still impossible and why. Keys are letter ids."""

    queued: list[str]
    refused: dict[str, str]


class Letters(Protocol):
    """One store of dead letters."""

    def find(
        self,
        *,
        stage: str = "",
        reason: str = "",
        state: str = "open",
        source: str = "",
        since_ms: int = 0,
        limit: int = 100,
    ) -> list[Kept]:
        """Dead letters, newest first; an empty filter matches all.

        Args:
            stage: one of :data:`STAGES`.
            reason: a :class:`kabar.contracts.outcomes.DeadReason`.
            state: one of :data:`STATES`.
            source: name or domain of the publisher, in any case; see :func:`sources_of`.
            since_ms: died at or after, milliseconds UTC.
            limit: at most so many.

        Raises:
            UsageError: there is no such stage or state.
        """
        ...

    def get(self, letter_id: str) -> tuple[Kept, bytes]:
        """One letter by id or unambiguous beginning, with the original bytes that are kept.

        Raises:
            UsageError: there is none, or several begin so.
        """
        ...

    def replay(self, chosen: Sequence[Kept], *, dry_run: bool = False) -> Replayed:
        """Queue dead observations again; each keeps its observation id and its place in time.

        One that was replayed before is queued once more only if it died again meanwhile.
        """
        ...

    def purge(self, chosen: Sequence[Kept], *, dry_run: bool = False) -> list[str]:
        """Throw letters and their originals away for good; returns the ids of those that were there.

        The account keeps balancing: it says that they were thrown away.
        """
        ...


def check(*, stage: str, state: str) -> None:
    """Check filters from closed sets.

    Raises:
        UsageError: there is no such stage or state.
    """
    for what, value, known in (("stage", stage, STAGES), ("state", state, STATES)):
        if value and value not in known:
            raise UsageError(f"there is no {what} '{value}'", hint=f"known: {', '.join(known)}")


def matches(kept: Kept, *, stage: str = "", reason: str = "", state: str = "", since_ms: int = 0) -> bool:
    """Whether an envelope passes the filters."""
    letter = kept.letter
    return (
        stage in ("", letter.stage)
        and reason in ("", letter.reason)
        and state in ("", kept.state)
        and letter.died_at >= since_ms
    )


def sources_of(original: bytes) -> frozenset[str]:
    """The publisher an original names: name and domain, case-folded; empty where it names none.

    The envelope does not know the source, which may be what could not be read.
    """
    try:
        source = msgspec.json.decode(original, type=_Message).raw.source
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _record_sources(original)
    return frozenset({source.name.strip().casefold(), source.domain.casefold()} - {""})


class _Source(Struct, frozen=True):
    name: str = ""
    domain: str = ""


class _Raw(Struct, frozen=True):
    source: _Source = _Source()


class _Message(Struct, frozen=True):
    raw: _Raw


def _record_sources(original: bytes) -> frozenset[str]:
    """Of a producer's record that was refused at acceptance."""
    try:
        fields = json.loads(original)
    except (ValueError, RecursionError):
        return frozenset()
    found = FieldMapper()(fields).get("source") if isinstance(fields, dict) else None
    return frozenset({found.strip().casefold()} - {""}) if isinstance(found, str) else frozenset()
