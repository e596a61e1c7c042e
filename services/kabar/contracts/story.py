"""A story: articles about one event, under an id that never changes once published."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kabar.contracts.types import SCHEMA_VERSION, Count, Id, Millis, Names, Title


class Story(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One document of ``news.stories``; ``revision`` grows by one with each change."""

    schema_version: Count = SCHEMA_VERSION
    id: Id
    revision: Count = 1
    title: Title = ""
    size: Count = 1
    """Distinct articles, copies included."""
    sources: Names = []
    """Distinct source names, in order of appearance, at most 200."""
    first_at: Millis
    last_at: Millis
    names: Annotated[list[str], Meta(max_length=20)] = []
    """Main names, most frequent first."""
    velocity: Annotated[float, Meta(ge=0)] = 0.0
    """Articles in the last hour before ``last_at`` or the latest tick, whichever is later."""
    state: Literal["open", "closed", "merged"] = "open"
    merged_into: Id | None = None
