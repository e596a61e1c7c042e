"""Dead letters, endings and alerts."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kabar.contracts.types import SCHEMA_VERSION, Count, Id, LongText, Millis, ShortText

MAX_LETTER_BYTES = 32_000_000
"""Original bytes kept with a dead letter; what is longer is cut, ``sha256`` and ``size`` tell the whole."""


class DeadLetter(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What could not be processed. The original bytes travel beside this envelope, never inside it."""

    schema_version: Count = SCHEMA_VERSION
    id: Id
    observation_id: Id | None = None
    article_id: Id | None = None
    observed_at: Millis = 0
    stage: Literal["accept", "clean", "dedupe", "enrich", "index", "alert"]
    reason: ShortText
    """A :class:`kabar.contracts.outcomes.DeadReason`."""
    error: LongText
    """What is wrong and where, for a human."""
    origin: ShortText = ""
    position: ShortText = ""
    """Where the message lay in the log: ``news.raw/0/1234``; '' = in no log."""
    attempts: Count = 1
    died_at: Millis
    size: Count = 0
    """Bytes of the original."""
    sha256: ShortText = ""
    cut: bool = False
    options: LongText = ""
    """How its record was read, as JSON: what an ingest was told; '' = nothing. Only where acceptance refused it."""


class Ending(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How one observation ended: the record the account of the distributed mode is made of.

    Written again by every redelivery and reprocessing; the newest one counts.
    """

    schema_version: Count = SCHEMA_VERSION
    observation_id: Id
    article_id: Id | None = None
    outcome: Literal["indexed", "unchanged", "superseded", "dropped", "dead"]
    reason: ShortText = ""
    """A :class:`kabar.contracts.outcomes.DropReason` or ``DeadReason``; '' otherwise."""
    stage: Literal["accept", "clean", "dedupe", "enrich", "index"]
    generation: Count = 0
    accepted_at: Millis = 0
    ended_at: Millis


class Alert(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a content rule found. The id is a function of rule, group and window: a replay repeats it."""

    schema_version: Count = SCHEMA_VERSION
    id: Id
    rule: ShortText
    state: Literal["firing", "follow_up", "resolved"] = "firing"
    fired_at: Millis
    """On the clock of ``observed_at`` and ticks."""
    title: ShortText
    reason: LongText = ""
    story_id: Id | None = None
    article_ids: Annotated[list[Id], Meta(max_length=1_000)] = []
    group: ShortText = ""
    values: Annotated[dict[str, float], Meta(max_length=50)] = {}
