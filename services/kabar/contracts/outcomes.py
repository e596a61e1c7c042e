"""What a stage may answer to one message or one tick.

Every accepted observation ends in exactly one :class:`Ended`: ``indexed`` is said by the sink, ``dead`` by the
runtime (a stage raises :class:`kabar.errors.Poison` or simply fails), the other three by stages.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from kabar.contracts.message import Message
from kabar.contracts.story import Story


class Outcome(StrEnum):
    """How an observation ended. The set is closed; metrics carry it as a label."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    DROPPED = "dropped"
    DEAD = "dead"


class DropReason(StrEnum):
    """Why something is not an article we keep. Closed."""

    EMPTY = "empty"
    NOT_ARTICLE = "not_article"
    UNKNOWN_KILL = "unknown_kill"
    FOREIGN_SOURCE = "foreign_source"
    KILLED = "killed"


class DeadReason(StrEnum):
    """Why a message is a dead letter. Closed."""

    BAD_MESSAGE = "bad_message"
    OVERSIZE = "oversize"
    CRASHED = "crashed"
    DEADLINE = "deadline"
    WORKER_DIED = "worker_died"
    REFUSED = "refused"
    """The index refuses the document for what it is."""
    QUARANTINED = "quarantined"
    """Not tried: nearly everything of its source was failing. Replay it when the source is well."""


class Forward(Struct, frozen=True):
    """The message goes on to the next stage, with the section this stage added."""

    message: Message


class Ended(Struct, frozen=True):
    """The observation ends here."""

    outcome: Literal[Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.DROPPED]
    reason: str = ""
    """A :class:`DropReason` for ``dropped``; '' otherwise."""


class StoryChanged(Struct, frozen=True):
    """A story was created, grew, merged or left the window: the whole new record."""

    story: Story


class StateChanged(Struct, frozen=True):
    """One record of a stateful stage's memory: appended to its log, compacted by key. None forgets the key."""

    key: bytes
    value: bytes | None


Effect = Forward | Ended | StoryChanged | StateChanged
