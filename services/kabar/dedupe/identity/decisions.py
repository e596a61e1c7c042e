"""What was decided for each observation, so that a redelivery decides the same again."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from kabar.contracts.outcomes import Ended, Outcome, StateChanged
from kabar.contracts.sections import Change, DedupeSection, Duplicate
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.state import DECISION, Clock, Window

Ending = Literal[Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.DROPPED]

ENDINGS: dict[str, Ending] = {
    "unchanged": Outcome.UNCHANGED,
    "superseded": Outcome.SUPERSEDED,
    "dropped": Outcome.DROPPED,
}


class Decision(Struct, frozen=True):
    """Either a section (the message goes on) or an end. ``generation`` is the highest it was asked under."""

    generation: int = 0
    section: DedupeSection | None = None
    outcome: Ending = Outcome.UNCHANGED
    reason: str = ""

    def ended(self) -> Ended:
        """The end it stands for; only where there is no section."""
        return Ended(self.outcome, self.reason)


def forwarded(section: DedupeSection) -> Decision:
    """The message goes on with this section."""
    return Decision(section=section)


def ended(outcome: Ending, reason: str = "") -> Decision:
    """The observation ends here."""
    return Decision(outcome=outcome, reason=reason)


class _Copy(Struct, frozen=True, array_like=True):
    kind: Literal["exact", "near"]
    of: bytes
    similarity: float
    differs: list[str]


class _Kept(Struct, frozen=True, array_like=True):
    """A decision as it is kept: by position, ids as bytes: a third of the JSON form."""

    generation: int
    outcome: str = ""
    reason: str = ""
    first_seen_at: int = 0
    story: bytes = b""
    version: int = 1
    status: Literal["active", "updated", "killed"] = "active"
    kind: Literal["first", "typo", "update", "correction", "kill"] = "first"
    similarity: float = 1.0
    added: int = 0
    removed: int = 0
    copy: _Copy | None = None


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Kept)


def pack(decision: Decision) -> bytes:
    """A decision as bytes."""
    section = decision.section
    if section is None:
        return _ENCODER.encode(_Kept(decision.generation, decision.outcome.value, decision.reason))
    change, duplicate = section.change, section.duplicate
    copy = None
    if duplicate is not None:
        of = bytes.fromhex(duplicate.of)
        copy = _Copy(duplicate.kind, of, duplicate.similarity, duplicate.differs)
    kept = _Kept(
        generation=decision.generation,
        first_seen_at=section.first_seen_at,
        story=bytes.fromhex(section.story_id or ""),
        version=section.version,
        status=section.status,
        kind=change.kind,
        similarity=change.similarity,
        added=change.added,
        removed=change.removed,
        copy=copy,
    )
    return _ENCODER.encode(kept)


def unpack(payload: bytes) -> Decision:
    """The inverse of :func:`pack`."""
    kept = _DECODER.decode(payload)
    if kept.outcome:
        return Decision(generation=kept.generation, outcome=ENDINGS[kept.outcome], reason=kept.reason)
    copy, duplicate = kept.copy, None
    if copy is not None:
        duplicate = Duplicate(
            kind=copy.kind, of=copy.of.hex(), similarity=copy.similarity, differs=copy.differs
        )
    section = DedupeSection(
        version=kept.version,
        status=kept.status,
        first_seen_at=kept.first_seen_at,
        change=Change(kind=kept.kind, similarity=kept.similarity, added=kept.added, removed=kept.removed),
        duplicate=duplicate,
        story_id=kept.story.hex() or None,
    )
    return Decision(generation=kept.generation, section=section)


class Decisions:
    """Decisions by observation id, for the time in which observations may come again."""

    def __init__(self, options: DedupeOptions, clock: Clock) -> None:
        self._clock = clock
        self._limit = options.expire_per_tick
        self._window = Window(DECISION, length_ms=options.decision_window_ms, cap=options.max_decisions)

    def __len__(self) -> int:
        return len(self._window)

    def get(self, observation_id: str) -> Decision | None:
        """What was decided; None if it was never seen, or too long ago."""
        value = self._window.get(bytes.fromhex(observation_id), self._clock.now)
        return None if value is None else unpack(value)

    def put(self, observation_id: str, decision: Decision, generation: int) -> list[StateChanged]:
        """Remember a decision."""
        payload = pack(msgspec.structs.replace(decision, generation=generation))
        changes = [self._window.forget(key) for key in self._window.surplus()]
        return [*changes, self._window.put(bytes.fromhex(observation_id), self._clock.stamp(), payload)]

    def expire(self) -> list[StateChanged]:
        """Forget what is too old."""
        return [self._window.forget(key) for key in self._window.overdue(self._clock.now, self._limit)]

    def load(self, key: bytes, value: bytes) -> None:
        """Take a record of an earlier run, in order of stamps."""
        self._window.load(key, value)
