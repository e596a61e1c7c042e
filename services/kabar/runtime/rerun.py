"""What of a message is made anew when it is processed again.

A message that is processed again has a higher generation than any before it, and lacks the sections of the stages
that are to run; a stage whose section is there is passed over. What dedupe once decided travels along: its memory
forgets after a week, and the same observation must not be decided twice.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from kabar.contracts.message import SECTIONS, Header, Message, decode
from kabar.contracts.sections import RawSection, Section, Source

From = Literal["clean", "dedupe", "enrich", "index"]
STAGES: tuple[From, ...] = get_args(From)
"""Where processing again may begin, in the order of the flow."""

_MADE_ANEW: dict[From, tuple[str, ...]] = {
    "clean": ("clean", "enrich"),
    "dedupe": ("enrich",),
    "enrich": ("enrich",),
    "index": (),
}


class Plan(msgspec.Struct, frozen=True):
    """What to process again. ``since`` is what the user wrote: a call is resumed by one that says the same."""

    stage: From
    since: str = ""
    since_ms: int = 0
    """Observed at or after, milliseconds."""
    source: str = ""
    """Name or registrable domain of the publisher; '' = any."""


class Progress(msgspec.Struct):
    """What a progress bar shows; updated in place."""

    chosen: int = 0
    """What there is to look at; 0 = still counting."""
    looked_at: int = 0
    queued: int = 0
    resumed: bool = False


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a call did, or with ``dry_run`` would do."""

    generation: int
    queued: int
    outcomes: dict[str, int] = {}
    """How they ended; only where the call waited for it."""
    resumed: bool = False
    dry_run: bool = False
    notes: list[str] = []
    """What a human should know: what could not be had, and what to do."""


class _Published(msgspec.Struct, frozen=True):
    source: Source = Source()


class _Received(msgspec.Struct, frozen=True):
    raw: _Published = _Published()


def again(data: bytes, stage: From, generation: int, *, decision: bytes = b"") -> bytes:
    """The message as it is handed in again: from this stage on, under this generation.

    Fields this version does not know stay as they are.

    Args:
        data: the message.
        stage: where processing begins.
        generation: higher than any it had.
        decision: what dedupe once said of it, JSON, where the message itself does not know.

    Raises:
        BadMessage: the bytes are no message.
    """
    fields = decode(data, dict[str, msgspec.Raw], what="message")
    for name in _MADE_ANEW[stage]:
        fields.pop(name, None)
    if decision:
        fields["dedupe"] = msgspec.Raw(decision)
    fields["generation"] = msgspec.Raw(b"%d" % generation)
    return msgspec.json.encode(fields)


def header_of(data: bytes) -> Header:
    """The header alone, which is all that choosing needs.

    Raises:
        BadMessage: the bytes are no message.
    """
    return decode(data, Header, what="message header")


def as_received(message: Message) -> bytes:
    """The message as it was accepted: header and raw section."""
    raw = msgspec.Raw(message.encoded(RawSection))
    return Message(message.header, {SECTIONS[RawSection]: raw}).encode()


def made_before(message: Message, kind: type[Section]) -> bool:
    """Whether the stage that adds this section need not run: the message comes again, and brings it along."""
    return message.header.generation > 0 and message.has(kind)


def published_by(data: bytes, source: str) -> bool:
    """Whether the message is of this publisher, by name or registrable domain, whatever the case; '' = any.

    Raises:
        BadMessage: the bytes are no message.
    """
    if not source:
        return True
    found = decode(data, _Received, what="message").raw.source
    return source.strip().casefold() in (found.name.strip().casefold(), found.domain.casefold())
